"""tastytrade's JSON of orders, as the domain's values.

Shapes: tastytrade's guides and Swagger documents, and answers that its users recorded (see SOURCES in
`spec.py`). Numbers and ids are texts in one and numbers in the other; `updated-at` is milliseconds, or 0.

An order that was replaced is "Cancelled" to tastytrade. What tells it apart is the id of its successor, and
`edited` (recorded in lists by tastytrade's own tastytrade-mcp, June 2026, and by Lean, September 2026); in
lists of 2024 the latter stood alone (tastyware's guide).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from math import gcd
from typing import Annotated

import msgspec

from nostro.brokers.reply import Unreadable, decimal
from nostro.brokers.tastytrade.envelope import Row, read_data, read_items
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument, instrument_of, parse_occ
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

SIMPLE = "orders"
COMPLEX = "complex-orders"
"""Routes, which are parts of paths: each has ids of its own, and they look the same."""

STATUSES = {
    "Received": OrderStatus.PENDING_NEW,
    "Routed": OrderStatus.PENDING_NEW,
    "In Flight": OrderStatus.PENDING_NEW,
    "Live": OrderStatus.NEW,
    "Contingent": OrderStatus.HELD,
    "Cancel Requested": OrderStatus.PENDING_CANCEL,
    "Replace Requested": OrderStatus.PENDING_REPLACE,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELED,
    "Expired": OrderStatus.EXPIRED,
    "Rejected": OrderStatus.REJECTED,
    "Removed": OrderStatus.CANCELED,
    "Partially Removed": OrderStatus.CANCELED,
}
"""The last two are ends, too: somebody at tastytrade took the order out, or what was left of it."""

TYPES = {
    "Limit": OrderType.LIMIT,
    "Market": OrderType.MARKET,
    "Stop": OrderType.STOP,
    "Stop Limit": OrderType.STOP_LIMIT,
    "Notional Market": OrderType.MARKET,
}
DURATIONS = {
    ("Day", False): TimeInForce.DAY,
    ("GTC", False): TimeInForce.GTC,
    ("GTD", False): TimeInForce.GTD,
    ("IOC", False): TimeInForce.IOC,
    ("Ext", True): TimeInForce.DAY,
    ("GTC Ext", True): TimeInForce.GTC,
    ("Ext Overnight", True): TimeInForce.DAY,
    ("GTC Ext Overnight", True): TimeInForce.GTC,
}
"""With each word, whether it is one of extended hours."""

ACTIONS = {
    "Buy to Open": (Side.BUY, PositionEffect.OPEN),
    "Buy to Close": (Side.BUY, PositionEffect.CLOSE),
    "Sell to Open": (Side.SELL, PositionEffect.OPEN),
    "Sell to Close": (Side.SELL, PositionEffect.CLOSE),
    "Buy": (Side.BUY, None),
    "Sell": (Side.SELL, None),
    "Allocate": (Side.BUY, None),
}
"""The last one gives money to a pool."""

EFFECTS = {"Debit": PriceEffect.DEBIT, "Credit": PriceEffect.CREDIT, "None": PriceEffect.EVEN}

_CLASSES = {
    "Cryptocurrency": AssetClass.CRYPTO,
    "Future": AssetClass.FUTURE,
    "Future Option": AssetClass.FUTURE,
}
_GROUPS = {each.name: each for each in GroupType}

_UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)
_MS_MAX = 10**14
_FUTURE = re.compile(r"/?[A-Z0-9]{1,3}[FGHJKMNQUVXZ][0-9]{1,2}")

_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_Id = int | str


class _FillRow(Row, kw_only=True):
    quantity: Decimal
    fill_price: Decimal
    filled_at: _Time | None = None


class _LegRow(Row, kw_only=True):
    instrument_type: str = ""
    symbol: str
    action: str
    quantity: Decimal | None = None
    remaining_quantity: Decimal | None = None
    fills: tuple[_FillRow, ...] | None = None

    def filled(self) -> Decimal:
        """Add up what was filled; without fills to add up, tell it from what remains."""
        if self.fills is not None:
            return sum((amount(each.quantity) for each in self.fills), Decimal(0))
        if self.remaining_quantity is None:
            return Decimal(0)
        return amount(self.quantity) - amount(self.remaining_quantity)

    def average_price(self) -> Decimal | None:
        filled = self.filled()
        if not filled or not self.fills:
            return None
        value = sum((amount(each.quantity) * amount(each.fill_price) for each in self.fills), Decimal(0))
        return value / filled

    def to_domain(self, whole: Decimal | None) -> Leg:
        if self.action not in ACTIONS:
            raise Unreadable(f"{self.action!r} is no side")
        side, effect = ACTIONS[self.action]
        return Leg(
            instrument=read_instrument(self.instrument_type, self.symbol),
            side=side,
            position_effect=effect,
            ratio=amount(self.quantity) / whole if whole and self.quantity else Decimal(1),
            average_price=self.average_price(),
        )


class OrderRow(Row, kw_only=True):
    id: _Id
    status: str
    order_type: str = ""
    time_in_force: str = ""
    price: Decimal | None = None
    price_effect: str | None = None
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    edited: bool = False
    external_identifier: str | None = None
    complex_order_id: _Id | None = None
    complex_order_tag: str | None = None
    replaces_order_id: _Id | None = None
    replacing_order_id: _Id | None = None
    reject_reason: str | None = None
    received_at: _Time | None = None
    live_at: _Time | None = None
    terminal_at: _Time | None = None
    updated_at: _Time | int | None = None
    legs: Annotated[tuple[_LegRow, ...], msgspec.Meta(min_length=1)]

    def to_domain(self) -> Order:
        status, whole = self._status(), self._whole()
        legs = tuple(each.to_domain(whole) for each in self.legs)
        filled = self._filled(whole, legs)
        is_by_value = self.order_type == "Notional Market"
        quantity = (filled or None) if is_by_value and whole is None else whole
        is_canceled = status is OrderStatus.CANCELED and quantity is not None
        type_, _, tag = (self.complex_order_tag or "").partition("::")
        filled_at = max((each.filled_at for each in self._fills() if each.filled_at), default=None)
        extended_hours = (self.time_in_force, True) in DURATIONS
        times = [self.received_at, self.live_at, self.terminal_at, filled_at, self._updated_at()]
        known = [each for each in times if each is not None] or [_UNKNOWN_TIME]
        return Order(
            brokerage_order_id=BrokerageOrderId(str(self.id)),
            client_order_id=ClientOrderId(self.external_identifier) if self.external_identifier else None,
            status=OrderStatus.PARTIALLY_FILLED if status is OrderStatus.NEW and filled else status,
            raw_status=self.status,
            order_type=TYPES.get(self.order_type),
            time_in_force=DURATIONS.get((self.time_in_force, extended_hours)),
            legs=legs,
            quantity=quantity,
            notional=amount(self.value) if is_by_value else None,
            filled_quantity=filled,
            canceled_quantity=(quantity or Decimal(0)) - filled if is_canceled else Decimal(0),
            average_price=_net(legs),
            limit_price=amount(self.price) or None,
            stop_price=amount(self.stop_trigger) or None,
            price_effect=EFFECTS.get(self.price_effect or "") if len(legs) > 1 else None,
            extended_hours=extended_hours,
            placed_at=self.received_at or min(known),
            updated_at=max(known),
            filled_at=filled_at,
            group_id=_id(self.complex_order_id),
            group_type=_GROUPS.get(type_),
            group_role=_role(type_, tag),
            replaces=_id(self.replaces_order_id),
            replaced_by=_id(self.replacing_order_id) if status is OrderStatus.REPLACED else None,
            reject_reason=(self.reject_reason or "") if status is OrderStatus.REJECTED else None,
            route=SIMPLE,
        )

    def _status(self) -> OrderStatus:
        is_replaced = self.replacing_order_id is not None or self.edited
        if self.status == "Cancelled" and is_replaced:
            return OrderStatus.REPLACED
        return STATUSES.get(self.status, OrderStatus.UNRECOGNIZED)

    def _whole(self) -> Decimal | None:
        """Give how many units the order is for: the greatest number that divides the legs'."""
        quantities = [amount(each.quantity) for each in self.legs]
        if len(quantities) == 1 or any(each % 1 for each in quantities):
            return quantities[0] or None
        return Decimal(gcd(*(int(each) for each in quantities))) or None

    def _filled(self, whole: Decimal | None, legs: Sequence[Leg]) -> Decimal:
        if self.status == "Filled" and whole is not None:
            return whole
        return min(row.filled() / leg.ratio for row, leg in zip(self.legs, legs, strict=True))

    def _fills(self) -> Iterator[_FillRow]:
        return chain.from_iterable(each.fills or () for each in self.legs)

    def _updated_at(self) -> datetime | None:
        if isinstance(self.updated_at, int):
            is_time = 0 < self.updated_at < _MS_MAX
            return datetime.fromtimestamp(self.updated_at / 1000, UTC) if is_time else None
        return self.updated_at


class _ComplexRow(Row, kw_only=True):
    id: _Id
    type: str = ""
    trigger_order: OrderRow | None = None
    orders: tuple[OrderRow, ...] = ()

    def to_domain(self) -> Order:
        """Tell a complex order as one: by what one order of it says that stands for all."""
        trigger = self.trigger_order.to_domain() if self.trigger_order is not None else None
        orders = [each.to_domain() for each in self.orders]
        known = [*([trigger] if trigger is not None else ()), *orders]
        if not known:
            raise Unreadable("a complex order shows none of its orders")
        open_ones = [each for each in known if not each.status.is_closed]
        told: Order
        if open_ones:
            told = min(open_ones, key=lambda each: _OPENNESS.get(each.status, 0))
        elif trigger is not None and (trigger.status is not OrderStatus.FILLED or not orders):
            told = trigger
        else:
            told = min(orders, key=lambda each: _ENDS.get(each.status, len(_ENDS)))
        return replace(
            told,
            brokerage_order_id=BrokerageOrderId(str(self.id)),
            client_order_id=None,
            updated_at=max(each.updated_at for each in known),
            group_id=str(self.id),
            group_type=_GROUPS.get(self.type),
            group_role=None,
            route=COMPLEX,
        )


_OPENNESS = {OrderStatus.HELD: 1, OrderStatus.PENDING_CANCEL: 2}
"""Of open orders the one that works stands for all, and one whose cancel is pending only if all are so."""

_ENDS = {OrderStatus.FILLED: 0, OrderStatus.CANCELED: 1}
"""Of closed ones one that filled, since it ended the others; then one that was canceled."""


class _Receipt(Row, kw_only=True):
    order: OrderRow
    errors: tuple[object, ...] = ()


def read_placed(body: bytes) -> Order:
    receipt = read_data(body, _Receipt)
    if receipt.errors:
        raise Unreadable("the reply places an order and names errors")
    return receipt.order.to_domain()


def read_order(body: bytes, route: str = SIMPLE) -> Order:
    """Read one order, or a complex one as one."""
    if route == COMPLEX:
        return read_data(body, _ComplexRow).to_domain()
    return read_data(body, OrderRow).to_domain()


def read_orders(body: bytes) -> tuple[list[Order], int | None]:
    """Read a page of orders, and how many pages there are where that is said."""
    rows, pages = read_items(body, OrderRow)
    return [each.to_domain() for each in rows], pages


def read_instrument(kind: str, symbol: str) -> Instrument:
    """Tell an instrument; an option of a future has no class of its own here, and is shown as a future."""
    if kind == "Equity Option" and parse_occ(symbol) is None:
        raise Unreadable(f"{symbol!r} is not an option symbol")
    found = _CLASSES.get(kind)
    if found is AssetClass.FUTURE:
        return Instrument(symbol=symbol.removeprefix("/"), asset_class=found)
    return instrument_of(symbol if found is AssetClass.CRYPTO else symbol.replace("/", "."))


def is_future(symbol: str) -> bool:
    """Say whether a symbol is a futures contract's: no stock's ends in a month's letter and a year."""
    return _FUTURE.fullmatch(symbol) is not None


def amount(number: Decimal | None) -> Decimal:
    """Take a number, zero where there is none."""
    return decimal(number) or Decimal(0)


def _role(type_: str, tag: str) -> GroupRole | None:
    if type_ not in _GROUPS or not tag:
        return None
    if tag == "trigger-order":
        return GroupRole.TRIGGER
    return GroupRole.CONDITIONAL if _GROUPS[type_] is GroupType.OTO else GroupRole.PEER


def _net(legs: Sequence[Leg]) -> Decimal | None:
    """Give the price of one unit of the order, which is never negative; None while a leg has none."""
    net = Decimal(0)
    for leg in legs:
        if leg.average_price is None:
            return None
        net += leg.average_price * leg.ratio * (1 if leg.side is Side.BUY else -1)
    return abs(net)


def _id(number: _Id | None) -> BrokerageOrderId | None:
    return None if number is None else BrokerageOrderId(str(number))
