"""Binance's JSON and queries, and the domain's values.

Shapes: rest-api.md (see SOURCES in `spec.py`). Quantities and prices are text; times are milliseconds since
1970. A cancel has a client order id of its own: in its reply the order's stands under `origClientOrderId`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec

from nostro.brokers.reply import Number, Unreadable, decimal, known_decimal, read, read_raw
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import instrument_of
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewOrder

STATUSES = {
    "NEW": OrderStatus.NEW,
    "PENDING_NEW": OrderStatus.HELD,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "PENDING_CANCEL": OrderStatus.PENDING_CANCEL,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
}
"""enums.md, "Order status". PENDING_NEW waits for another order of its list to fill."""

_TYPES = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "LIMIT_MAKER": OrderType.LIMIT,
    "STOP_LOSS": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
}
"""An order that only makes is a limit order once it rests. For those that take profit nostro has no word."""

_TYPE_WORDS = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
_WITH_A_TIME_IN_FORCE = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_TIMES_IN_FORCE = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MESSAGE_CHARS_MAX = 300

_Milliseconds = Annotated[int, msgspec.Meta(ge=-1, le=253402300799000)]
"""Up to the last second of the year 9999; -1 where there is no such time."""


class OrderRow(msgspec.Struct, kw_only=True, rename="camel"):
    symbol: str
    order_id: int
    order_list_id: int = -1
    client_order_id: str | None = None
    orig_client_order_id: str | None = None
    price: Number = None
    orig_qty: Number
    executed_qty: Number
    orig_quote_order_qty: Number = None
    cummulative_quote_qty: Number = None
    status: str
    time_in_force: str | None = None
    type: str
    side: str
    stop_price: Number = None
    trailing_delta: Number = None
    time: _Milliseconds | None = None
    update_time: _Milliseconds | None = None
    transact_time: _Milliseconds | None = None

    def to_domain(self, pair: str) -> Order:
        """Tell the order; `pair` is its symbol as the domain spells it.

        A reply to a change says when that was done, and not when the order was placed.
        """
        status = STATUSES.get(self.status, OrderStatus.UNRECOGNIZED)
        filled, notional = known_decimal(self.executed_qty), decimal(self.orig_quote_order_qty) or None
        # What an order by value comes to in units is not known before it fills.
        quantity = known_decimal(self.orig_qty) or (None if notional else Decimal(0))
        updated_at = _time(self.update_time, self.transact_time, self.time)
        is_canceled = status is OrderStatus.CANCELED and quantity is not None
        client_order_id = self.orig_client_order_id or self.client_order_id
        return Order(
            brokerage_order_id=BrokerageOrderId(str(self.order_id)),
            client_order_id=ClientOrderId(client_order_id) if client_order_id else None,
            status=status,
            raw_status=self.status,
            order_type=None if decimal(self.trailing_delta) else _TYPES.get(self.type),
            time_in_force=_TIMES_IN_FORCE.get(self.time_in_force or ""),
            legs=(Leg(instrument=instrument_of(pair), side=_side(self.side)),),
            quantity=quantity,
            notional=notional,
            filled_quantity=filled,
            canceled_quantity=(quantity or Decimal(0)) - filled if is_canceled else Decimal(0),
            average_price=self._average_price(filled),
            limit_price=decimal(self.price) or None,
            stop_price=decimal(self.stop_price) or None,
            placed_at=_time(self.time, self.transact_time),
            updated_at=updated_at,
            filled_at=updated_at if status is OrderStatus.FILLED else None,
            group_id=None if self.order_list_id == -1 else str(self.order_list_id),
            reject_reason="" if status is OrderStatus.REJECTED else None,
            route=pair,
        )

    def _average_price(self, filled: Decimal) -> Decimal | None:
        """Divide what was paid by what it bought; of some old orders the sum is negative, and not known."""
        paid = decimal(self.cummulative_quote_qty)
        return paid / filled if paid is not None and paid > 0 and filled > 0 else None


class _CanceledList(msgspec.Struct, rename="camel"):
    order_reports: tuple[OrderRow, ...]


class Failure(msgspec.Struct, kw_only=True):
    """What a reply says that is not a success."""

    code: int
    msg: str

    @property
    def message(self) -> str:
        return self.msg[:_MESSAGE_CHARS_MAX]


class _PairRow(msgspec.Struct, kw_only=True, rename="camel"):
    symbol: str
    base_asset: str
    quote_asset: str


class _ExchangeInfo(msgspec.Struct):
    symbols: tuple[_PairRow, ...]


class _PriceRow(msgspec.Struct, kw_only=True):
    symbol: str
    price: Number


class _BalanceRow(msgspec.Struct, kw_only=True):
    asset: str
    free: Number
    locked: Number


class _AccountBody(msgspec.Struct, kw_only=True):
    uid: int
    balances: tuple[_BalanceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What an account has of one asset."""

    asset: str
    free: Decimal
    total: Decimal


def read_row(body: bytes) -> OrderRow:
    return read(body, OrderRow)


def read_rows(body: bytes) -> tuple[OrderRow, ...]:
    return read(body, tuple[OrderRow, ...])


def read_canceled(body: bytes) -> tuple[OrderRow, ...]:
    """Read what a cancel ended: the order, and where it is one of a list, all orders of that list."""
    if "orderReports" in read_raw(body):
        return read(body, _CanceledList).order_reports
    return (read(body, OrderRow),)


def read_account_number(body: bytes) -> str:
    return str(read(body, _AccountBody).uid)


def read_holdings(body: bytes) -> list[Holding]:
    """Read what the account has; of what it has nothing of, nothing is said."""
    rows = read(body, _AccountBody).balances
    each = (
        Holding(
            asset=row.asset,
            free=known_decimal(row.free),
            total=known_decimal(row.free) + known_decimal(row.locked),
        )
        for row in rows
    )
    return [holding for holding in each if holding.total]


def read_pairs(body: bytes) -> dict[str, str]:
    """Read which pair each symbol names, as the domain spells it: of `BTCUSDT`, `BTC/USDT`."""
    rows = read(body, _ExchangeInfo).symbols
    return {row.symbol: f"{row.base_asset}/{row.quote_asset}" for row in rows}


def read_prices(body: bytes) -> dict[str, Decimal]:
    """Read the last price of each symbol that there is."""
    return {row.symbol: known_decimal(row.price) for row in read(body, tuple[_PriceRow, ...])}


def milliseconds(at: datetime) -> int:
    """Tell a time as Binance does; what is less than a millisecond is cut off."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def write_symbols(symbols: list[str]) -> str:
    return quote(msgspec.json.encode(symbols), safe="")


def write_order(order: NewOrder, symbol: str) -> str:
    """Spell a new order of one leg as a query; the reply shall tell what became of it, without its fills."""
    said: Mapping[str, str | None] = {
        "symbol": symbol,
        "side": order.legs[0].side.name,
        "type": _TYPE_WORDS[order.order_type],
        "timeInForce": order.time_in_force.name if order.order_type in _WITH_A_TIME_IN_FORCE else None,
        "quantity": _number(order.quantity),
        "quoteOrderQty": _number(order.notional),
        "price": _number(order.limit_price),
        "stopPrice": _number(order.stop_price),
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "RESULT",
    }
    return urlencode({name: value for name, value in said.items() if value is not None})


def _number(value: Decimal | None) -> str | None:
    """Write a number in plain notation, without zeros that only claim to be precise."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(*candidates: int | None) -> datetime:
    for milliseconds in candidates:
        if milliseconds is not None and milliseconds > 0:
            return _EPOCH + timedelta(milliseconds=milliseconds)
    raise Unreadable("a time is missing")


def _side(word: str) -> Side:
    side = _SIDES.get(word)
    if side is None:
        raise Unreadable(f"{word!r} is no side")
    return side
