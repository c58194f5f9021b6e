"""tastytrade's answers about orders: which fields there are, and what stands in them.

An id is a number, whether it names an order or refers to one. Money and prices are text with at least one
decimal; whole quantities are numbers, others text; times have milliseconds, but `updated-at` counts them.
What is absent is left out.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
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
from nostro.sim.face import reply
from nostro.sim.groups import begins_held

Document = dict[str, Any]
"""A JSON object."""
Write = Callable[[Order, str], Document]
"""Spells an order of an account."""

EVER = datetime.min.replace(tzinfo=UTC)

_NAMES = UUID("5e1d2f0c-7f0b-4b63-9d0a-0f6ad1c4b7e9")
_ID_START = 10**14
_ID_COUNT = 9 * 10**14

_WORDS = {
    OrderStatus.PENDING_NEW: "Received",
    OrderStatus.HELD: "Contingent",
    OrderStatus.PENDING_CANCEL: "Cancel Requested",
    OrderStatus.PENDING_REPLACE: "Replace Requested",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Cancelled",
    OrderStatus.REPLACED: "Cancelled",
    OrderStatus.EXPIRED: "Expired",
    OrderStatus.REJECTED: "Rejected",
}
STATUSES = frozenset({*_WORDS.values(), "Routed", "In Flight", "Live", "Removed", "Partially Removed"})
"""All words that a list can be asked for."""
TYPES = {
    AssetClass.STOCK: "Equity",
    AssetClass.ETF: "Equity",
    AssetClass.OPTION: "Equity Option",
    AssetClass.CRYPTO: "Cryptocurrency",
    AssetClass.FUTURE: "Future",
}
_ORDER_TYPES = {
    None: "Market",
    OrderType.MARKET: "Market",
    OrderType.LIMIT: "Limit",
    OrderType.STOP: "Stop",
    OrderType.STOP_LIMIT: "Stop Limit",
}
_TIMES = {
    None: "Day",
    TimeInForce.DAY: "Day",
    TimeInForce.GTC: "GTC",
    TimeInForce.GTD: "GTD",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "IOC",
}
_ECHOED = frozenset(
    {
        "external-identifier",
        "gtc-date",
        "order-type",
        "price",
        "price-effect",
        "source",
        "stop-trigger",
        "time-in-force",
        "value",
        "value-effect",
    }
)
"""What an order that is only tried shows of its form."""
_EFFECTS = {PriceEffect.DEBIT: "Debit", PriceEffect.CREDIT: "Credit", PriceEffect.EVEN: "None"}


def answer(status: int, data: object, context: str, **more: object) -> Reply:
    """Put data into its envelope; `context` is the path that was asked for."""
    return reply(status, {"data": data, "context": context, **more})


def shape_id(made: UUID) -> int:
    """Make a number of fifteen digits."""
    return _ID_START + made.int % _ID_COUNT


def make_id(*parts: object) -> UUID:
    """Give the same id for the same parts, always."""
    return uuid5(_NAMES, ":".join(map(str, parts)))


def number_of(order_id: str) -> int | str:
    """Return an id as JSON has it; one that a test chose may be no number."""
    return int(order_id) if order_id.isdecimal() else order_id


def text(value: Decimal) -> str:
    shown = f"{value.normalize():f}"
    return shown if "." in shown else f"{shown}.0"


def number(value: Decimal) -> int | str:
    return int(value) if value == value.to_integral_value() else text(value)


def signed(name: str, value: Decimal) -> Document:
    """Spell a value that has no sign: which way the money goes stands beside it."""
    effect = "None" if value == 0 else "Debit" if value < 0 else "Credit"
    return {name: text(abs(value)), f"{name}-effect": effect}


def time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


# What is traded


def symbol_of(instrument: Instrument) -> str:
    return f"/{instrument.symbol}" if instrument.asset_class is AssetClass.FUTURE else instrument.symbol


def underlying_of(instrument: Instrument) -> str:
    return instrument.option.underlying if instrument.option else symbol_of(instrument)


def underlying_type_of(instrument: Instrument) -> str:
    return "Equity" if instrument.option else TYPES[instrument.asset_class]


# Orders


def word_of(order: Order) -> str:
    return _WORDS.get(order.status, "Live")


def write_order(order: Order, account: str) -> Document:
    instrument = order.legs[0].instrument
    can_change = not order.status.is_closed and order.status is not OrderStatus.PENDING_CANCEL
    document: Document = {
        "id": number_of(order.brokerage_order_id),
        "account-number": account,
        **_terms(order),
        "underlying-symbol": underlying_of(instrument),
        "underlying-instrument-type": underlying_type_of(instrument),
        "status": word_of(order),
        "cancellable": can_change,
        "editable": can_change,
        "edited": order.status is OrderStatus.REPLACED,
        "ext-client-order-id": make_id("client", order.brokerage_order_id).hex[:18],
        **_course(order),
        **_ties(order),
        "legs": [_write_leg(order, leg) for leg in order.legs],
    }
    if order.client_order_id:
        document["external-identifier"] = order.client_order_id
    if order.status is OrderStatus.REJECTED:
        document["reject-reason"] = order.reject_reason or "Rejected"
    return document


def write_received(order: Order, account: str) -> Document:
    """Spell an order as the answer to its placing does: nothing has become of it yet."""
    role, group_type = order.group_role, order.group_type
    is_held = role is not None and group_type is not None and begins_held(group_type, role)
    legs = tuple(replace(leg, average_price=None) for leg in order.legs)
    begun = replace(
        order,
        status=OrderStatus.HELD if is_held else OrderStatus.NEW,
        quantity=order.quantity if order.notional is None else None,
        filled_quantity=Decimal(0),
        canceled_quantity=Decimal(0),
        legs=legs,
        updated_at=order.placed_at,
    )
    document = write_order(begun, account)
    return document if is_held else document | {"status": "Routed", "cancellable": False, "editable": False}


def write_unplaced(asked: Document, instrument: Instrument, account: str) -> Document:
    """Spell what an order would be, in the words of `asked`, its form; `instrument` is its first leg's."""
    legs = [
        leg | {"remaining-quantity": leg["quantity"]} if "quantity" in leg else leg for leg in asked["legs"]
    ]
    return {
        **{name: value for name, value in asked.items() if name in _ECHOED},
        "account-number": account,
        "underlying-symbol": underlying_of(instrument),
        "underlying-instrument-type": underlying_type_of(instrument),
        "status": "Contingent",
        "contingent-status": "Pending Order",
        "cancellable": True,
        "editable": True,
        "edited": False,
        "updated-at": 0,
        "legs": [{**leg, "fills": []} for leg in legs],
    }


def write_successor(order: Order, account: str) -> Document:
    """Spell an order that waits until the one that it replaces is out of its way."""
    waits = {"status": "Contingent", "contingent-status": "Pending Order"}
    return write_received(order, account) | waits | {"cancellable": True, "editable": True}


def _terms(order: Order) -> Document:
    terms: Document = {"order-type": _ORDER_TYPES[order.order_type]}
    side = order.legs[0].side
    effect = "Debit" if side is Side.BUY else "Credit"
    if order.notional is not None:
        terms |= {"order-type": "Notional Market", "value": text(order.notional), "value-effect": effect}
    if order.quantity is not None:
        terms["size"] = number(order.quantity)
    if order.limit_price is not None:
        shown = effect if order.price_effect is None else _EFFECTS[order.price_effect]
        terms |= {"price": text(order.limit_price), "price-effect": shown}
    if order.stop_price is not None:
        terms["stop-trigger"] = text(order.stop_price)
    if order.expires_at is not None:
        terms["gtc-date"] = order.expires_at.date().isoformat()
    terms["time-in-force"] = _TIMES[order.time_in_force]
    if order.extended_hours:
        terms["time-in-force"] = "GTC Ext" if order.time_in_force is TimeInForce.GTC else "Ext"
    return terms


def _course(order: Order) -> Document:
    course: Document = {
        "received-at": time(order.placed_at),
        "updated-at": int(order.updated_at.timestamp() * 1000),
    }
    if order.status.is_closed:
        course["terminal-at"] = time(order.updated_at)
    if order.status in (OrderStatus.CANCELED, OrderStatus.REPLACED):
        course["cancelled-at"] = time(order.updated_at)
    return course


def _ties(order: Order) -> Document:
    """Say what an order has to do with others."""
    ties: Document = {}
    if order.status is OrderStatus.HELD:
        ties["contingent-status"] = "Pending Order"
    if order.group_id is not None and order.group_type is not None:
        role = "oco-1-order" if order.group_type is GroupType.OTOCO else "order"
        role = "trigger-order" if order.group_role is GroupRole.TRIGGER else role
        ties["complex-order-id"] = number_of(order.group_id)
        ties["complex-order-tag"] = f"{order.group_type.upper()}::{role}"
    if order.replaces is not None:
        ties["replaces-order-id"] = number_of(order.replaces)
    if order.replaced_by is not None:
        ties["replacing-order-id"] = number_of(order.replaced_by)
    return ties


def _write_leg(order: Order, leg: Leg) -> Document:
    document: Document = {
        "instrument-type": TYPES[leg.instrument.asset_class],
        "symbol": symbol_of(leg.instrument),
        "action": _action(leg),
        "fills": _fills(order, leg),
    }
    if order.quantity is not None:
        left = order.quantity - order.filled_quantity
        document["quantity"] = number(order.quantity * leg.ratio)
        document["remaining-quantity"] = number(left * leg.ratio)
    return document


def _action(leg: Leg) -> str:
    if leg.position_effect is None and leg.instrument.asset_class is AssetClass.FUTURE:
        return leg.side.capitalize()
    effect = leg.position_effect or (PositionEffect.OPEN if leg.side is Side.BUY else PositionEffect.CLOSE)
    return f"{leg.side.capitalize()} to {effect.capitalize()}"


def _fills(order: Order, leg: Leg) -> list[Document]:
    if leg.average_price is None or order.filled_at is None:
        return []
    made = make_id("fill", order.brokerage_order_id, leg.instrument.symbol)
    return [
        {
            "ext-group-fill-id": str(shape_id(made)),
            "ext-exec-id": made.hex[:5],
            "fill-id": f"1_{made.hex[:12]}",
            "quantity": number(order.filled_quantity * leg.ratio),
            "fill-price": text(leg.average_price),
            "filled-at": time(order.filled_at),
            "destination-venue": "SIMULATOR",
        }
    ]


# Complex orders


def write_complex(orders: Sequence[Order], account: str, write: Write = write_order) -> Document:
    """Spell the orders of one group; those that were replaced are only mentioned."""
    first = orders[0]
    current = [order for order in orders if order.status is not OrderStatus.REPLACED]
    document: Document = {
        "id": number_of(first.group_id or ""),
        "account-number": account,
        "type": (first.group_type or "").upper(),
        "orders": [write(order, account) for order in current if order.group_role is not GroupRole.TRIGGER],
    }
    for order in current:
        if order.group_role is GroupRole.TRIGGER:
            document["trigger-order"] = write(order, account)
    if related := [order for order in orders if order.status is OrderStatus.REPLACED]:
        document["related-orders"] = [
            {"id": number_of(order.brokerage_order_id), "status": word_of(order), **_ties(order)}
            for order in related
        ]
    if all(order.status.is_closed for order in orders):
        document["terminal-at"] = time(max(order.updated_at for order in orders))
    return document


# A fault

_IDS = frozenset({"id", "complex-order-id", "external-identifier", "replaces-order-id", "replacing-order-id"})


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last character of all its names."""
    return replace(true, body=json.dumps(_renamed(json.loads(true.body))).encode())


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    renamed = {name: _other(each) if name in _IDS else _renamed(each) for name, each in value.items()}
    path, _, last = str(value.get("context", "")).rpartition("/")
    return renamed | {"context": f"{path}/{_other(last)}"} if last.isdecimal() else renamed


def _other(name: int | str) -> int | str:
    shown = str(name)
    shown = shown[:-1] + ("1" if shown[-1] == "0" else "0")
    return int(shown) if isinstance(name, int) else shown
