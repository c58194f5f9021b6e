"""TradeStation's orders: which fields there are, and what stands in them.

Numbers are text without needless zeros, times are UTC in seconds, and what there is not is left out. As the
examples in mxcoppell/tradestation-api-python 40370f1 `docs/tradestation-webapi-v3-openapi.json` have it, and
what was recorded in QuantConnect/Lean.Brokerages.TradeStation 3a67233
(`TradeStationBrokerageStreamEventsTests.cs`: fills, stops, `FilledPrice` of nothing, `GoodTillDate` of GTC),
and in its #72 (what remains of an order that has ended is nothing).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from nostro.brokers.transport import Reply
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Leg,
    Order,
    OrderStatus,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewOrder
from nostro.sim.face import reply
from nostro.sim.skins.tradestation.symbols import write_asset_type, write_series, write_symbol

Document = dict[str, Any]
"""A JSON object."""

ROUTE = "Intelligent"

_NAMES = UUID("0d1c3c0e-6d7b-4f0f-9a55-4b5f7f8d2a41")
_GTC_LASTS = timedelta(days=90)
_DECIMALS = 8

_STATUSES = {
    OrderStatus.PARTIALLY_FILLED: ("FPR", "Partial Fill (alive)"),
    OrderStatus.PENDING_CANCEL: ("UCN", "Cancel Sent"),
    OrderStatus.CANCELED: ("OUT", "UROut"),
    OrderStatus.REPLACED: ("UCH", "Replaced"),
    OrderStatus.FILLED: ("FLL", "Filled"),
    OrderStatus.EXPIRED: ("EXP", "Expired"),
    OrderStatus.REJECTED: ("REJ", "Rejected"),
    OrderStatus.HELD: ("OSO", "OSO Order"),
}
_ORDER_TYPES = {
    None: "Market",
    OrderType.MARKET: "Market",
    OrderType.LIMIT: "Limit",
    OrderType.STOP: "StopMarket",
    OrderType.STOP_LIMIT: "StopLimit",
}
_DURATIONS = {
    None: "DAY",
    TimeInForce.DAY: "DAY",
    TimeInForce.GTC: "GTC",
    TimeInForce.GTD: "GTD",
    TimeInForce.FOK: "FOK",
    TimeInForce.IOC: "IOC",
}
_STOCK_ACTIONS = {
    (Side.SELL, PositionEffect.OPEN): "SellShort",
    (Side.BUY, PositionEffect.CLOSE): "BuyToCover",
}


def make_id(*parts: object) -> str:
    """Give the same id of ten digits for the same parts, always."""
    return shape_id(uuid5(_NAMES, ":".join(map(str, parts))))


def shape_id(made: UUID) -> str:
    return str(10**9 + made.int % (9 * 10**9))


def name_account(number: str) -> str:
    """Give an account's number the form that it has in TradeStation's simulator, for one with a margin."""
    return f"SIM{make_id('account', number)[-7:]}M"


def text(value: Decimal | None) -> str:
    """Spell a number; nothing is 0."""
    return f"{round(value or Decimal(0), _DECIMALS).normalize():f}"


def time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# Orders


def write_order(order: Order, account: str, group: Sequence[Order]) -> Document:
    """Spell an order of the account called so; `group` are all the orders of its group."""
    status, description = _word_of(order)
    document: Document = {
        "AccountID": account,
        "CommissionFee": "0",
        "Currency": "USD",
        "Duration": _DURATIONS[order.time_in_force] + ("+" if order.extended_hours else ""),
        "FilledPrice": text(_signed(order, order.average_price)),
        "Legs": [_write_leg(order, leg) for leg in order.legs],
        "OpenedDateTime": time(order.placed_at),
        "OrderID": order.brokerage_order_id,
        "OrderType": _ORDER_TYPES[order.order_type],
        "PriceUsedForBuyingPower": text(order.limit_price or order.stop_price or order.average_price),
        "Routing": ROUTE,
        "Status": status,
        "StatusDescription": description,
        "UnbundledRouteFee": "0",
    }
    options = "" if order.stop_price is None else "STPTRG=STT;"
    if order.group_id is not None:
        kind = "OCO" if order.group_type is GroupType.OCO else "OSO"
        document["GroupName"] = f"{kind} {order.group_id}"
        document["ConditionalOrders"] = list(_write_neighbors(order, group))
        options += f"OCA={order.group_id};" if order.group_role is GroupRole.PEER else ""
    if options:
        document["AdvancedOptions"] = options
    if order.status.is_closed:
        document["ClosedDateTime"] = time(order.updated_at)
    if order.expires_at is not None:
        document["GoodTillDate"] = f"{order.expires_at.date()}T00:00:00Z"
    elif order.time_in_force is TimeInForce.GTC:
        document["GoodTillDate"] = f"{(order.placed_at + _GTC_LASTS).date()}T00:00:00Z"
    if order.limit_price is not None:
        document["LimitPrice"] = text(_signed(order, order.limit_price))
    if order.stop_price is not None:
        document["StopPrice"] = text(order.stop_price)
    if order.status is OrderStatus.REJECTED:
        document["RejectReason"] = order.reject_reason or "Rejected"
    return document


def _word_of(order: Order) -> tuple[str, str]:
    """Return the status, and its description."""
    if order.status is OrderStatus.CANCELED and order.filled_quantity:
        return "FLP", "Partial Fill (UROut)"
    return _STATUSES.get(order.status, ("ACK", "Received"))


def _effect_of(leg: Leg) -> PositionEffect:
    """Say what a leg does to a position; where it is not said, a buy opens and a sell closes one."""
    return leg.position_effect or (PositionEffect.OPEN if leg.side is Side.BUY else PositionEffect.CLOSE)


def _signed(order: Order | NewOrder, price: Decimal | None) -> Decimal | None:
    """Turn a price around where it is received: the price of a credit is negative."""
    return -price if price is not None and order.price_effect is PriceEffect.CREDIT else price


def _write_leg(order: Order, leg: Leg) -> Document:
    action = leg.side.capitalize()
    if leg.instrument.asset_class in (AssetClass.STOCK, AssetClass.ETF):
        action = _STOCK_ACTIONS.get((leg.side, _effect_of(leg)), action)
    document: Document = {
        "AssetType": write_asset_type(leg.instrument),
        "BuyOrSell": action,
        "ExecQuantity": text(order.filled_quantity * leg.ratio),
        "OpenOrClose": _effect_of(leg).capitalize(),
        "QuantityOrdered": text((order.quantity or Decimal(0)) * leg.ratio),
        "QuantityRemaining": text((order.open_quantity or Decimal(0)) * leg.ratio),
        "Symbol": write_symbol(leg.instrument),
        **write_series(leg.instrument),
    }
    if leg.average_price is not None:
        document["ExecutionPrice"] = text(leg.average_price)
    return document


def _write_neighbors(order: Order, group: Iterable[Order]) -> Iterable[Document]:
    for other in group:
        if other.group_role is GroupRole.TRIGGER:
            relation = "OSP"
        else:
            relation = "OSO" if order.group_role is GroupRole.TRIGGER else "OCO"
        if other.brokerage_order_id != order.brokerage_order_id:
            yield {"OrderID": other.brokerage_order_id, "Relationship": relation}


def write_sent(order: Order) -> Document:
    summary = summary_of(order, [leg.instrument for leg in order.legs])
    return {"Message": f"Sent order: {summary}", "OrderID": order.brokerage_order_id}


def summary_of(order: Order | NewOrder, instruments: Sequence[Instrument]) -> str:
    """Say an order in a line, as `Buy 10 MSFT @ 132.52 Limit`."""
    units = order.quantity or Decimal(0)
    sides = [(leg.side.capitalize(), text(units * leg.ratio)) for leg in order.legs]
    legs = ", ".join(
        f"{side} {quantity} {write_symbol(instrument)}"
        for (side, quantity), instrument in zip(sides, instruments, strict=True)
    )
    limit = text(_signed(order, order.limit_price))
    stop = text(order.stop_price)
    terms = {
        OrderType.LIMIT: f"{limit} Limit",
        OrderType.STOP: f"{stop} Stop Market",
        OrderType.STOP_LIMIT: f"{stop} Stop, {limit} Limit",
    }
    return f"{legs} @ {terms.get(order.order_type or OrderType.MARKET, 'Market')}"


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last digit of its id."""
    document = json.loads(true.body)
    for order in [document, *document.get("Orders", [])]:
        if "OrderID" in order:
            order["OrderID"] = order["OrderID"][:-1] + ("1" if order["OrderID"][-1] == "0" else "0")
    return reply(true.status, document)
