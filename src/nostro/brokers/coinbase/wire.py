"""Orders as Coinbase shows them, and the domain's.

Shapes: the pages "Get Order" and "List Orders" of its API reference. Numbers are text, and empty where there
is none; in a few places they are numbers. Fields that are not read here may come and go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from nostro.brokers.reply import Number, Unreadable, decimal, read
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument, instrument_of
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce

Row = TypeVar("Row")

STATUSES = {
    "PENDING": OrderStatus.PENDING_NEW,
    "QUEUED": OrderStatus.PENDING_NEW,
    "OPEN": OrderStatus.NEW,
    "CANCEL_QUEUED": OrderStatus.PENDING_CANCEL,
    "EDIT_QUEUED": OrderStatus.PENDING_REPLACE,
    "FILLED": OrderStatus.FILLED,
    "CANCELLED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "FAILED": OrderStatus.REJECTED,
}
"""UNKNOWN_ORDER_STATUS is a word of Coinbase's for having none: it is as unrecognized as a new one."""

_TIMES_IN_FORCE = {
    "GOOD_UNTIL_CANCELLED": TimeInForce.GTC,
    "GOOD_UNTIL_DATE_TIME": TimeInForce.GTD,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
    "FILL_OR_KILL": TimeInForce.FOK,
}
_ORDER_TYPES = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOP": OrderType.STOP,
    "STOP_LIMIT": OrderType.STOP_LIMIT,
}
_CLASSES = {"FUTURE": AssetClass.FUTURE, "EQUITY": AssetClass.STOCK}


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    next: str | None
    """Where the next page begins; None after the last one."""


class _Terms(msgspec.Struct, kw_only=True):
    """What one of the many shapes of `order_configuration` holds, where it has it."""

    base_size: Number = None
    quote_size: Number = None
    limit_price: Number = None
    stop_price: Number = None
    end_time: str | None = None


class _OrderRow(msgspec.Struct, kw_only=True):
    order_id: str
    client_order_id: str | None = None
    product_id: str
    product_type: str | None = None
    side: str
    status: str
    pending_cancel: bool = False
    order_type: str | None = None
    time_in_force: str | None = None
    order_configuration: Mapping[str, _Terms | None] | None = None
    filled_size: Number = None
    average_filled_price: Number = None
    created_time: str
    last_fill_time: str | None = None
    last_update_time: str | None = None
    reject_reason: str | None = None
    reject_message: str | None = None

    def to_domain(self) -> Order:
        terms = next((each for each in (self.order_configuration or {}).values() if each), _Terms())
        filled = decimal(self.filled_size) or Decimal(0)
        status = self._status(filled)
        asked = decimal(terms.base_size)
        quantity = filled if asked is None and status is OrderStatus.FILLED else asked
        placed_at = _time(self.created_time)
        if placed_at is None:
            raise Unreadable("an order was made at no time")
        filled_at = _time(self.last_fill_time) if filled else None
        is_canceled = status is OrderStatus.CANCELED and quantity is not None
        return Order(
            brokerage_order_id=BrokerageOrderId(self.order_id),
            client_order_id=ClientOrderId(self.client_order_id) if self.client_order_id else None,
            status=status,
            raw_status=self.status,
            order_type=_ORDER_TYPES.get(self.order_type or ""),
            time_in_force=_TIMES_IN_FORCE.get(self.time_in_force or ""),
            legs=(Leg(instrument=_instrument(self.product_id, self.product_type), side=_side(self.side)),),
            quantity=quantity,
            notional=decimal(terms.quote_size) if asked is None else None,
            filled_quantity=filled,
            canceled_quantity=(quantity or Decimal(0)) - filled if is_canceled else Decimal(0),
            average_price=decimal(self.average_filled_price) if filled else None,
            limit_price=decimal(terms.limit_price),
            stop_price=decimal(terms.stop_price),
            placed_at=placed_at,
            updated_at=max(each for each in (placed_at, filled_at, _time(self.last_update_time)) if each),
            filled_at=filled_at,
            expires_at=_time(terms.end_time),
            reject_reason=self._reject_reason() if status is OrderStatus.REJECTED else None,
        )

    def _status(self, filled: Decimal) -> OrderStatus:
        status = STATUSES.get(self.status, OrderStatus.UNRECOGNIZED)
        if status is not OrderStatus.NEW:
            return status
        if self.pending_cancel:
            return OrderStatus.PENDING_CANCEL
        return OrderStatus.PARTIALLY_FILLED if filled else status

    def _reject_reason(self) -> str:
        named = self.reject_reason or ""
        return self.reject_message or ("" if named == "REJECT_REASON_UNSPECIFIED" else named)


class _OrderBody(msgspec.Struct):
    order: _OrderRow


class _OrdersBody(msgspec.Struct, kw_only=True):
    orders: tuple[_OrderRow, ...]
    has_next: bool
    cursor: str | None = None


def read_order(body: bytes) -> Order:
    return read(body, _OrderBody).order.to_domain()


def read_orders(body: bytes) -> Page[Order]:
    found = read(body, _OrdersBody)
    return Page(
        [row.to_domain() for row in found.orders], next_page(has_next=found.has_next, cursor=found.cursor)
    )


def write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def next_page(*, has_next: bool, cursor: str | None) -> str | None:
    if has_next and not cursor:
        raise Unreadable("there is another page, and nothing says where")
    return cursor if has_next else None


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{text!r} is no time") from error
    if at.tzinfo is None:
        raise Unreadable(f"{text!r} is a time of no zone")
    return at


def _instrument(product_id: str, product_type: str | None) -> Instrument:
    kind = _CLASSES.get(product_type or "")
    if kind is not None:
        return Instrument(symbol=product_id, asset_class=kind)
    return instrument_of(product_id.replace("-", "/", 1))


def _side(word: str) -> Side:
    if word not in ("BUY", "SELL"):
        raise Unreadable(f"{word!r} is no side")
    return Side(word.lower())
