"""Schwab's JSON of orders, as the domain's values.

Shapes: Schwab's OpenAPI document, and answers that its users recorded (see SOURCES in `spec.py`). What the
document does not have and the records do: executions of type CANCELED, orders for ETFs without a symbol.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from nostro.brokers.reply import Unreadable, decimal, read
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.instrument import OPTION_MULTIPLIER, AssetClass, Instrument, format_occ, parse_occ
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

STATUSES = {
    "NEW": OrderStatus.PENDING_NEW,
    "PENDING_ACKNOWLEDGEMENT": OrderStatus.PENDING_NEW,
    "ACCEPTED": OrderStatus.NEW,
    "WORKING": OrderStatus.NEW,
    "QUEUED": OrderStatus.NEW,
    "PENDING_ACTIVATION": OrderStatus.NEW,
    "AWAITING_RELEASE_TIME": OrderStatus.NEW,
    "AWAITING_STOP_CONDITION": OrderStatus.NEW,
    "AWAITING_CONDITION": OrderStatus.HELD,
    "AWAITING_PARENT_ORDER": OrderStatus.HELD,
    "AWAITING_MANUAL_REVIEW": OrderStatus.PENDING_REVIEW,
    "AWAITING_UR_OUT": OrderStatus.PENDING_CANCEL,
    "PENDING_CANCEL": OrderStatus.PENDING_CANCEL,
    "PENDING_RECALL": OrderStatus.PENDING_CANCEL,
    "PENDING_REPLACE": OrderStatus.PENDING_REPLACE,
    "REPLACED": OrderStatus.REPLACED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
}
"""An order that is queued, or waits for its hour or its stop price, is an open one. Schwab's own UNKNOWN is
recognized by nobody."""

TYPES = {each.name: each for each in OrderType}
NET_PRICES = {
    "NET_DEBIT": PriceEffect.DEBIT,
    "NET_CREDIT": PriceEffect.CREDIT,
    "NET_ZERO": PriceEffect.EVEN,
}
DURATIONS = {
    "DAY": TimeInForce.DAY,
    "GOOD_TILL_CANCEL": TimeInForce.GTC,
    "FILL_OR_KILL": TimeInForce.FOK,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
}
INSTRUCTIONS = {
    "BUY": (Side.BUY, None),
    "SELL": (Side.SELL, None),
    "SELL_SHORT": (Side.SELL, PositionEffect.OPEN),
    "SELL_SHORT_EXEMPT": (Side.SELL, PositionEffect.OPEN),
    "BUY_TO_COVER": (Side.BUY, PositionEffect.CLOSE),
    "BUY_TO_OPEN": (Side.BUY, PositionEffect.OPEN),
    "BUY_TO_CLOSE": (Side.BUY, PositionEffect.CLOSE),
    "SELL_TO_OPEN": (Side.SELL, PositionEffect.OPEN),
    "SELL_TO_CLOSE": (Side.SELL, PositionEffect.CLOSE),
    "EXCHANGE": (Side.SELL, None),
}
"""EXCHANGE gives one fund away for another."""

_EXTENDED = ("AM", "PM", "SEAMLESS")
_FUND_ON_EXCHANGE = ("COLLECTIVE_INVESTMENT", "EXCHANGE_TRADED_FUND")


_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Row(msgspec.Struct, kw_only=True, rename="camel"):
    """Fields are named as Schwab names them, in Python's way of writing."""


class InstrumentRow(Row, kw_only=True):
    asset_type: str = ""
    symbol: str = ""
    type: str = ""

    def to_domain(self) -> Instrument:
        if self.asset_type == "OPTION":
            contract = parse_occ(self.symbol)
            if contract is None:
                raise Unreadable(f"{self.symbol!r} is not an option symbol")
            return Instrument(
                symbol=format_occ(contract),
                asset_class=AssetClass.OPTION,
                multiplier=OPTION_MULTIPLIER,
                option=contract,
            )
        is_etf = (self.asset_type, self.type) == _FUND_ON_EXCHANGE
        return Instrument(
            symbol=self.symbol.replace("/", "."),
            asset_class=AssetClass.ETF if is_etf else AssetClass.STOCK,
        )


class _LegRow(Row, kw_only=True):
    leg_id: int | None = None
    instrument: InstrumentRow
    instruction: str
    quantity: Decimal | None = None
    quantity_type: str = ""


class _ExecutionRow(Row, kw_only=True):
    leg_id: int | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    time: _Time | None = None


class _ActivityRow(Row, kw_only=True):
    activity_type: str = ""
    execution_type: str = ""
    execution_legs: tuple[_ExecutionRow, ...] = ()


class _RelatedRow(Row, kw_only=True):
    """The other order of a replacement. No document says which of the two names which."""

    order_id: int
    status: str = ""
    entered_time: _Time | None = None


class OrderRow(Row, kw_only=True):
    order_id: int
    status: str
    status_description: str | None = None
    entered_time: _Time
    close_time: _Time | None = None
    cancel_time: _Time | None = None
    session: str = ""
    duration: str = ""
    order_type: str = ""
    complex_order_strategy_type: str | None = None
    order_strategy_type: str = ""
    special_instruction: str | None = None
    tax_lot_method: str | None = None
    quantity: Decimal | None = None
    filled_quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    order_leg_collection: tuple[_LegRow, ...] = ()
    order_activity_collection: tuple[_ActivityRow, ...] = ()
    child_order_strategies: "tuple[OrderRow, ...]" = ()
    replacing_order_collection: tuple[_RelatedRow | str, ...] = ()
    """Of orders, says the document; of texts, says its example. No answer that was recorded has it."""

    def each(self) -> "Iterator[OrderRow]":
        """List this order and what hangs on it; what is nothing but a bracket around others is no order."""
        if self.order_leg_collection:
            yield self
        for child in self.child_order_strategies:
            yield from child.each()

    def to_domain(self) -> Order:
        status = self._status()
        is_by_value = any(leg.quantity_type == "DOLLARS" for leg in self.order_leg_collection)
        whole, filled = self._whole(), decimal(self.filled_quantity) or Decimal(0)
        quantity = None if is_by_value else whole
        fills = [each for activity in self._fills() for each in activity.execution_legs]
        times = [each.time for each in fills if each.time is not None]
        legs = tuple(self._leg(row, whole, filled, fills) for row in self.order_leg_collection)
        is_canceled = status is OrderStatus.CANCELED and quantity is not None
        return Order(
            brokerage_order_id=BrokerageOrderId(str(self.order_id)),
            status=status,
            raw_status=self.status,
            order_type=OrderType.LIMIT if self.order_type in NET_PRICES else TYPES.get(self.order_type),
            time_in_force=DURATIONS.get(self.duration),
            legs=legs,
            quantity=quantity,
            notional=whole if is_by_value else None,
            filled_quantity=filled,
            canceled_quantity=(quantity or Decimal(0)) - filled if is_canceled else Decimal(0),
            average_price=_net(legs),
            limit_price=decimal(self.price) or None,
            stop_price=decimal(self.stop_price) or None,
            price_effect=NET_PRICES.get(self.order_type) if len(legs) > 1 else None,
            extended_hours=self.session in _EXTENDED,
            placed_at=self.entered_time,
            updated_at=max([self.entered_time, *times, *([self.close_time] if self.close_time else ())]),
            filled_at=max(times, default=None),
            expires_at=self.cancel_time,
            replaces=self._replaces(),
            replaced_by=self._replaced_by(),
            reject_reason=(self.status_description or "") if status is OrderStatus.REJECTED else None,
        )

    def _status(self) -> OrderStatus:
        status = STATUSES.get(self.status, OrderStatus.UNRECOGNIZED)
        is_begun = status is OrderStatus.NEW and (decimal(self.filled_quantity) or 0) > 0
        return OrderStatus.PARTIALLY_FILLED if is_begun else status

    def _whole(self) -> Decimal | None:
        """Give the order's own quantity; where it is not said, the smallest of its legs'."""
        legs = [each for row in self.order_leg_collection if (each := decimal(row.quantity)) is not None]
        return decimal(self.quantity) or min(legs, default=None)

    def _fills(self) -> Iterator[_ActivityRow]:
        for each in self.order_activity_collection:
            if (each.activity_type, each.execution_type) == ("EXECUTION", "FILL"):
                yield each

    def _leg(
        self, row: _LegRow, whole: Decimal | None, filled: Decimal, fills: Sequence[_ExecutionRow]
    ) -> Leg:
        side, effect = INSTRUCTIONS.get(row.instruction, (None, None))
        if side is None:
            raise Unreadable(f"{row.instruction!r} is no side")
        quantity = decimal(row.quantity)
        ratio = quantity / whole if quantity and whole else Decimal(1)
        is_alone = len(self.order_leg_collection) == 1
        own = [each for each in fills if is_alone or each.leg_id == row.leg_id]
        return Leg(
            instrument=row.instrument.to_domain(),
            side=side,
            position_effect=effect,
            ratio=ratio,
            average_price=_average(own, filled * ratio),
        )

    def _replaced_by(self) -> BrokerageOrderId | None:
        return _only(each for each in self._related() if self.status == "REPLACED" and self._is_before(each))

    def _replaces(self) -> BrokerageOrderId | None:
        return _only(
            each for each in self._related() if each.status == "REPLACED" and not self._is_before(each)
        )

    def _related(self) -> Iterator[_RelatedRow]:
        return (each for each in self.replacing_order_collection if isinstance(each, _RelatedRow))

    def _is_before(self, other: _RelatedRow) -> bool:
        """Say which of two came first: the one that was replaced, or was entered earlier where both were."""
        if self.status != "REPLACED" or other.status != "REPLACED":
            return self.status == "REPLACED"
        return other.entered_time is not None and self.entered_time < other.entered_time


class Failure(Row, kw_only=True):
    """What a reply says that is not a success."""

    message: str
    errors: tuple[object, ...] = ()

    def words(self, chars_max: int) -> str:
        reasons = [each for each in self.errors if isinstance(each, str)]
        return "; ".join((self.message, *reasons))[:chars_max]


def read_row(body: bytes, order_id: str) -> OrderRow | None:
    """Read one order, which may hang on another that is shown; None where it is not there."""
    tree = read(body, OrderRow)
    return next((row for row in tree.each() if str(row.order_id) == order_id), None)


def read_orders(body: bytes) -> tuple[list[Order], int]:
    """Read a list, and how many rows it has: what hangs on an order is an order of its own beside it."""
    rows = read(body, tuple[OrderRow, ...])
    return [one.to_domain() for row in rows for one in row.each()], len(rows)


def _average(fills: Sequence[_ExecutionRow], filled: Decimal) -> Decimal | None:
    """Give the average price of what was filled; None where the executions do not add up to it."""
    known = [(decimal(each.price), decimal(each.quantity)) for each in fills]
    pairs = [(price, quantity) for price, quantity in known if price is not None and quantity is not None]
    total = sum((quantity for _, quantity in pairs), Decimal(0))
    if not total or total != filled:
        return None
    return sum((price * quantity for price, quantity in pairs), Decimal(0)) / total


def _net(legs: Sequence[Leg]) -> Decimal | None:
    """Give the price of one unit of the order, which is never negative; None while a leg has none."""
    net = Decimal(0)
    for leg in legs:
        if leg.average_price is None:
            return None
        net += leg.average_price * leg.ratio * (1 if leg.side is Side.BUY else -1)
    return abs(net)


def _only(rows: Iterator[_RelatedRow]) -> BrokerageOrderId | None:
    found = [row.order_id for row in rows]
    return BrokerageOrderId(str(found[0])) if len(found) == 1 else None
