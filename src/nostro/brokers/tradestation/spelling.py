"""Orders in TradeStation's words, as the examples of its OpenAPI document and Lean spell them.

All numbers are texts. A single order names its symbol and its action; an order of several legs names them in
its legs alone. The sign of a net price is its direction: what is above zero is a debit ("Iron Condor", and
Lean's `TradeStationExtensions`).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from nostro.brokers.tradestation.symbols import is_future, write_symbol
from nostro.domain.instrument import parse_occ
from nostro.domain.order import OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder

_TYPES: Mapping[OrderType, str] = {
    OrderType.MARKET: "Market",
    OrderType.LIMIT: "Limit",
    OrderType.STOP: "StopMarket",
    OrderType.STOP_LIMIT: "StopLimit",
}
_DURATIONS: Mapping[tuple[TimeInForce, bool], str] = {
    (TimeInForce.DAY, False): "DAY",
    (TimeInForce.DAY, True): "DYP",
    (TimeInForce.GTC, False): "GTC",
    (TimeInForce.GTC, True): "GCP",
    (TimeInForce.IOC, False): "IOC",
    (TimeInForce.FOK, False): "FOK",
}
_SHARES: Mapping[tuple[Side, PositionEffect | None], str] = {
    (Side.SELL, PositionEffect.OPEN): "SELLSHORT",
    (Side.BUY, PositionEffect.CLOSE): "BUYTOCOVER",
}
"""Of what is held, a share is bought and sold without a word; so is every future."""


def write_order(order: NewOrder, account: str, this_year: int) -> bytes:
    """Spell a new order of a kind that the specification has."""
    whole = order.quantity or Decimal(0)
    legs = [
        {
            "Symbol": write_symbol(leg.symbol, this_year),
            "Quantity": _number(whole * leg.ratio),
            "TradeAction": _action(leg),
        }
        for leg in order.legs
    ]
    document: dict[str, Any] = {
        "AccountID": account,
        "OrderType": _TYPES[order.order_type],
        "TimeInForce": {"Duration": _DURATIONS[order.time_in_force, order.extended_hours]},
        **(legs[0] if len(legs) == 1 else {"Legs": legs}),
    }
    if order.limit_price is not None:
        is_credit = order.price_effect is PriceEffect.CREDIT
        document["LimitPrice"] = _number(-order.limit_price if is_credit else order.limit_price)
    if order.stop_price is not None:
        document["StopPrice"] = _number(order.stop_price)
    return msgspec.json.encode(document)


def _action(leg: NewLeg) -> str:
    if parse_occ(leg.symbol) is not None:
        # An option is always opened or closed; the wire forms ask for it.
        return f"{leg.side.name}TO{(leg.position_effect or PositionEffect.OPEN).name}"
    if is_future(leg.symbol):
        return leg.side.name
    return _SHARES.get((leg.side, leg.position_effect), leg.side.name)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
