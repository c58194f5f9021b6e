"""Orders in Schwab's words, as its own examples spell them (see SOURCES in `spec.py`).

Prices are texts and quantities are numbers there. A spread is told by its legs and its kind of net price:
the examples name no strategy (`complexOrderStrategyType`), and none is guessed here.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from nostro.brokers.schwab.wire import DURATIONS, NET_PRICES, OrderRow
from nostro.domain.instrument import format_occ, parse_occ
from nostro.domain.order import Order, OrderStatus, OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Replacement

_DURATION_WORDS: Mapping[TimeInForce | None, str] = {meant: word for word, meant in DURATIONS.items()}
_NET_PRICE_WORDS: Mapping[PriceEffect | None, str] = {meant: word for word, meant in NET_PRICES.items()}
_SHARES: Mapping[tuple[Side, PositionEffect | None], str] = {
    (Side.SELL, PositionEffect.OPEN): "SELL_SHORT",
    (Side.BUY, PositionEffect.CLOSE): "BUY_TO_COVER",
}
"""Of what is held, a share is bought and sold without a word."""

_LIMITED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_STOPPED = (OrderType.STOP, OrderType.STOP_LIMIT)


def write_order(order: NewOrder) -> bytes:
    """Spell a new order of a kind that the specification has."""
    word = order.order_type.name
    if len(order.legs) > 1:
        word = _NET_PRICE_WORDS.get(order.price_effect, word)
    return _encode(
        session="SEAMLESS" if order.extended_hours else "NORMAL",
        duration=_DURATION_WORDS[order.time_in_force],
        orderType=word,
        price=_price(order.limit_price, word),
        stopPrice=_price(order.stop_price, word),
        orderLegCollection=[_leg(leg, order.quantity or Decimal(0)) for leg in order.legs],
    )


def successor(old: Order, terms: Replacement) -> Order:
    """Tell what is to take the place of `old`: what its terms do not name is taken over."""
    limit_price = terms.limit_price or old.limit_price
    stop_price = terms.stop_price or old.stop_price
    return replace(
        old,
        status=OrderStatus.PENDING_NEW,
        raw_status="",
        order_type=terms.order_type,
        time_in_force=terms.time_in_force,
        quantity=terms.quantity or old.quantity,
        limit_price=limit_price if terms.order_type in _LIMITED else None,
        stop_price=stop_price if terms.order_type in _STOPPED else None,
        replaces=old.brokerage_order_id,
    )


def write_replacement(row: OrderRow, wanted: Order) -> bytes | str:
    """Spell a whole order that takes the place of the one in `row`, or say why it is not asked for."""
    old, quantity = row.to_domain(), wanted.quantity
    if old.order_type is None or row.order_strategy_type != "SINGLE":
        return "orders of this kind are not replaced here"
    if not all(each.instrument.symbol for each in row.order_leg_collection):
        return "the brokerage does not say what the order is for"
    if old.filled_quantity:
        return "an order that is filled in part is not replaced here: nobody says what a quantity would count"
    if quantity is None or any(quantity * leg.ratio % 1 for leg in old.legs):
        return "fractions are not ordered here"
    duration = row.duration
    if wanted.time_in_force is not old.time_in_force:
        duration = _DURATION_WORDS.get(wanted.time_in_force, "")
    if not duration:
        return "orders until a date are not placed here"
    word = row.order_type
    if wanted.order_type is not None and wanted.order_type is not old.order_type:
        word = wanted.order_type.name
    return _encode(
        session=row.session or None,
        duration=duration,
        orderType=word,
        price=_price(wanted.limit_price, word),
        stopPrice=_price(wanted.stop_price, word),
        complexOrderStrategyType=row.complex_order_strategy_type,
        specialInstruction=row.special_instruction,
        taxLotMethod=row.tax_lot_method,
        orderLegCollection=[
            {
                "instruction": each.instruction,
                "quantity": int(quantity * leg.ratio),
                "instrument": {"symbol": each.instrument.symbol, "assetType": each.instrument.asset_type},
            }
            for each, leg in zip(row.order_leg_collection, old.legs, strict=True)
        ],
    )


def _encode(**document: Any) -> bytes:
    said = {name: value for name, value in document.items() if value is not None}
    return msgspec.json.encode(said | {"orderStrategyType": "SINGLE"})


def _leg(leg: NewLeg, whole: Decimal) -> dict[str, Any]:
    contract = parse_occ(leg.symbol)
    symbol = leg.symbol.replace(".", "/") if contract is None else format_occ(contract)
    return {
        "instruction": _instruction(leg),
        "quantity": int(whole * leg.ratio),
        "instrument": {"symbol": symbol, "assetType": "EQUITY" if contract is None else "OPTION"},
    }


def _instruction(leg: NewLeg) -> str:
    effect = leg.position_effect
    if parse_occ(leg.symbol) is not None:
        # An option is always opened or closed; the wire forms ask for it.
        return f"{leg.side.name}_TO_{(effect or PositionEffect.OPEN).name}"
    return _SHARES.get((leg.side, effect), leg.side.name)


def _price(price: Decimal | None, word: str) -> str | None:
    return None if price is None or word == "NET_ZERO" else f"{price.normalize():f}"
