"""TradeStation's JSON of orders, as the domain's values.

Shapes: TradeStation's OpenAPI document, and events that Lean recorded (see SOURCES in `spec.py`). An order
has no quantity of its own, its legs have: its units are the most that all legs can be divided by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import gcd
from typing import Annotated

import msgspec

from nostro.brokers.ask import must_be
from nostro.brokers.reply import Number, Unreadable, decimal, read
from nostro.brokers.tradestation.status import tell_status
from nostro.brokers.tradestation.symbols import read_symbol
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import (
    Leg,
    Order,
    OrderStatus,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)

_TYPES = {
    "Market": OrderType.MARKET,
    "Limit": OrderType.LIMIT,
    "StopMarket": OrderType.STOP,
    "StopLimit": OrderType.STOP_LIMIT,
}
_DURATIONS = {each.name: each for each in TimeInForce}
_EXTENDED = {
    "DYP": TimeInForce.DAY,
    "GCP": TimeInForce.GTC,
    "GDP": TimeInForce.GTD,
    "DAY+": TimeInForce.DAY,
    "GTC+": TimeInForce.GTC,
    "GTD+": TimeInForce.GTD,
}
"""As they are asked for, and as they are shown."""

_ACTIONS: Mapping[str, tuple[Side, PositionEffect | None]] = {
    "BUY": (Side.BUY, None),
    "SELL": (Side.SELL, None),
    "SELLSHORT": (Side.SELL, PositionEffect.OPEN),
    "BUYTOCOVER": (Side.BUY, PositionEffect.CLOSE),
    "BUYTOOPEN": (Side.BUY, PositionEffect.OPEN),
    "BUYTOCLOSE": (Side.BUY, PositionEffect.CLOSE),
    "SELLTOOPEN": (Side.SELL, PositionEffect.OPEN),
    "SELLTOCLOSE": (Side.SELL, PositionEffect.CLOSE),
}
_EFFECTS = {"Open": PositionEffect.OPEN, "Close": PositionEffect.CLOSE}


_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Row(msgspec.Struct, kw_only=True, rename="pascal"):
    """Fields are named as TradeStation names them, in Python's way of writing."""


class Problem(Row, kw_only=True):
    """What is wrong with one account or order among those that were asked about, or with all of it."""

    account_id: str = msgspec.field(default="", name="AccountID")
    order_id: str = msgspec.field(default="", name="OrderID")
    error: str
    message: str = ""


class _LegRow(Row, kw_only=True):
    asset_type: str = ""
    symbol: str
    buy_or_sell: str
    open_or_close: str = ""
    quantity_ordered: Number
    exec_quantity: Number = None
    execution_price: Number = None


class _OrderRow(Row, kw_only=True):
    account_id: str = msgspec.field(name="AccountID")
    order_id: str = msgspec.field(name="OrderID")
    status: str
    status_description: str = ""
    reject_reason: str = ""
    order_type: str = ""
    duration: str = ""
    currency: str = "USD"
    limit_price: Number = None
    stop_price: Number = None
    filled_price: Number = None
    trailing_stop: dict[str, Number] | None = None
    opened_date_time: _Time
    closed_date_time: _Time | None = None
    good_till_date: _Time | None = None
    legs: Annotated[tuple[_LegRow, ...], msgspec.Meta(min_length=1)]

    def to_domain(self) -> Order:
        quantity = _units([_ordered(each.quantity_ordered) for each in self.legs])
        legs = tuple(self._leg(each, quantity) for each in self.legs)
        executed = [decimal(each.exec_quantity) or Decimal(0) for each in self.legs]
        filled = executed[0]
        if len(legs) > 1:  # as many whole units as every leg has
            filled = min(done // leg.ratio for done, leg in zip(executed, legs, strict=True))
        status = tell_status(
            self.status,
            is_begun=any(executed),
            is_filled=filled >= quantity,
            is_dated=self.closed_date_time is not None,
        )
        closed_at = self.closed_date_time if status.is_closed else None
        limit_price, price = decimal(self.limit_price), decimal(self.filled_price)
        is_net = len(legs) > 1 and limit_price is not None and self.order_type == "Limit"
        return Order(
            brokerage_order_id=BrokerageOrderId(self.order_id),
            status=status,
            raw_status=self.status,
            order_type=None if self.trailing_stop else _TYPES.get(self.order_type),
            time_in_force=_DURATIONS.get(self.duration) or _EXTENDED.get(self.duration),
            legs=legs,
            quantity=quantity,
            filled_quantity=filled,
            canceled_quantity=quantity - filled if status is OrderStatus.CANCELED else Decimal(0),
            average_price=abs(price) if filled and price else None,
            limit_price=abs(limit_price or Decimal(0)) if is_net else limit_price or None,
            stop_price=decimal(self.stop_price) or None,
            price_effect=_effect(limit_price) if is_net else None,
            extended_hours=self.duration in _EXTENDED,
            placed_at=self.opened_date_time,
            updated_at=max(self.opened_date_time, closed_at or self.opened_date_time),
            filled_at=closed_at if status is OrderStatus.FILLED else None,
            expires_at=self.good_till_date if self.duration.startswith(("GTD", "GDP")) else None,
            reject_reason=(self.reject_reason or self.status_description)
            if status is OrderStatus.REJECTED
            else None,
            route=self.account_id,
        )

    def _leg(self, row: _LegRow, units: Decimal) -> Leg:
        side, effect = _ACTIONS.get(row.buy_or_sell.upper(), (None, None))
        if side is None:
            raise Unreadable(f"{row.buy_or_sell!r} is no side")
        if row.asset_type.endswith("OPTION"):
            effect = effect or _EFFECTS.get(row.open_or_close)
        return Leg(
            instrument=read_symbol(row.symbol, row.asset_type, self.currency),
            side=side,
            position_effect=effect,
            ratio=_ordered(row.quantity_ordered) / units,
            average_price=decimal(row.execution_price) if decimal(row.exec_quantity) else None,
        )


class _OrdersBody(Row, kw_only=True):
    orders: tuple[_OrderRow, ...]
    errors: tuple[Problem, ...] | None = None
    next_token: str | None = None


class Receipt(Row, kw_only=True):
    """What became of one order that was placed or canceled."""

    order_id: str = msgspec.field(default="", name="OrderID")
    message: str = ""
    error: str | None = None


class _ReceiptsBody(Row, kw_only=True):
    orders: tuple[Receipt, ...] | None = None
    errors: tuple[Receipt, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of orders."""

    orders: Sequence[Order]
    next_token: str
    """What the next page is asked for with; empty: there is none."""
    ends_at: datetime | None
    """When its last order was closed; None where that is not said."""


def read_page(body: bytes, account: str) -> Page:
    """Read one page of this account's orders."""
    page = read(body, _OrdersBody)
    must_be_whole(page.errors)
    return Page(
        orders=[_own(row, account) for row in page.orders],
        next_token=page.next_token or "",
        ends_at=page.orders[-1].closed_date_time if page.orders else None,
    )


def read_one(body: bytes, account: str, order_id: str) -> Order | Problem | None:
    """Read the answer to a question for one order of this account: it, why it is not there, or nothing."""
    page = read(body, _OrdersBody)
    answers: list[_OrderRow | Problem] = [*page.orders, *(page.errors or ())]
    if not answers:
        return None
    if len(answers) > 1:
        raise Unreadable("the reply has more than one answer")
    [only] = answers
    must_be(only.order_id, order_id)
    return _own(only, account) if isinstance(only, _OrderRow) else only


def read_placed(body: bytes) -> Receipt:
    """Read what became of the one order that was placed."""
    said = read(body, _ReceiptsBody)
    receipts = (*(said.orders or ()), *(said.errors or ()))
    if len(receipts) != 1 or (said.errors and not receipts[0].error):
        raise Unreadable("the reply neither takes the order nor refuses it")
    return receipts[0]


def must_be_said(number: Number) -> Decimal:
    """Take a number that must be there."""
    value = decimal(number)
    if value is None:
        raise Unreadable("a number is missing")
    return value


def must_be_whole(errors: tuple[Problem, ...] | None) -> None:
    """Raise Unreadable where the reply is not about all that was asked for."""
    if errors:
        raise Unreadable(f"the reply is not whole: {errors[0].error}")


def _ordered(number: Number) -> Decimal:
    value = must_be_said(number)
    if value <= 0:
        raise Unreadable(f"{number} is no quantity of an order")
    return value


def _own(row: _OrderRow, account: str) -> Order:
    must_be(row.account_id, account)
    return row.to_domain()


def _units(quantities: Sequence[Decimal]) -> Decimal:
    if len(quantities) == 1 or any(each % 1 for each in quantities):
        return min(quantities)
    return Decimal(gcd(*(int(each) for each in quantities)))


def _effect(net_price: Decimal | None) -> PriceEffect:
    if not net_price:
        return PriceEffect.EVEN
    return PriceEffect.DEBIT if net_price > 0 else PriceEffect.CREDIT
