"""Kraken's JSON and forms, and the domain's values.

Shapes: Kraken's API reference (see SOURCES in `spec.py`). Amounts are text, in a few answers numbers; times
are seconds of the Unix epoch. What is read here still has Kraken's own names for pairs and assets.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from nostro.brokers.kraken.failure import read_failure
from nostro.brokers.reply import Unreadable, known_decimal, read
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewOrder

T = TypeVar("T")

STATUSES = {
    "pending": OrderStatus.PENDING_NEW,
    "open": OrderStatus.NEW,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
}

_TYPES = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop-loss": OrderType.STOP,
    "stop-loss-limit": OrderType.STOP_LIMIT,
}
_TYPE_WORDS = {kind: word for word, kind in _TYPES.items()}
_UNKNOWN_PAIR = "EQuery:Unknown asset pair"
_PLAIN = re.compile(r"\d+(\.\d+)?")
_LOT_DECIMALS = 8
"""Of quantities (AssetPairs, `lot_decimals`)."""


class _Descr(msgspec.Struct, kw_only=True):
    pair: str
    type: str
    ordertype: str
    price: str = "0"
    price2: str = "0"


class _OrderRow(msgspec.Struct, kw_only=True):
    cl_ord_id: str | None = None
    status: str
    opentm: Decimal
    closetm: Decimal | None = None
    expiretm: Decimal | None = None
    time_in_force: str | None = None
    descr: _Descr
    vol: Decimal
    vol_exec: Decimal
    cost: Decimal
    price: Decimal
    """The average price."""
    oflags: str = ""

    def to_domain(self, order_id: str) -> Order:
        kind = _TYPES.get(self.descr.ordertype)
        filled, average = self._filled(), _amount(self.price) if self.vol_exec else None
        is_by_value = "viqc" in self.oflags.split(",")
        quantity = None if is_by_value else _amount(self.vol)
        status = STATUSES.get(self.status, OrderStatus.UNRECOGNIZED)
        if status is OrderStatus.NEW and filled:
            status = OrderStatus.PARTIALLY_FILLED
        is_canceled = status is OrderStatus.CANCELED and quantity is not None
        expires_at = _time(self.expiretm) if self.expiretm else None
        closed_at = _time(self.closetm) if self.closetm else None
        stop_price, limit_price = self._prices(kind)
        return Order(
            brokerage_order_id=BrokerageOrderId(order_id),
            client_order_id=ClientOrderId(self.cl_ord_id) if self.cl_ord_id else None,
            status=status,
            raw_status=self.status,
            order_type=kind,
            time_in_force=self._time_in_force(),
            legs=(
                Leg(
                    instrument=_instrument(self.descr.pair),
                    side=_side(self.descr.type),
                    average_price=average,
                ),
            ),
            quantity=filled if is_by_value and status.is_closed else quantity,
            notional=_amount(self.vol) if is_by_value else None,
            filled_quantity=filled,
            canceled_quantity=(quantity or Decimal(0)) - filled if is_canceled else Decimal(0),
            average_price=average,
            limit_price=limit_price,
            stop_price=stop_price,
            placed_at=_time(self.opentm),
            updated_at=closed_at or _time(self.opentm),
            filled_at=closed_at if status is OrderStatus.FILLED else None,
            expires_at=expires_at,
        )

    def _filled(self) -> Decimal:
        """Say how much of the base asset was filled.

        Of an order by value its documents have counted what was executed in the one asset and in the other;
        the cost is in the same one always.
        """
        if "viqc" not in self.oflags.split(","):
            return _amount(self.vol_exec)
        price = _amount(self.price)
        return Decimal(f"{_amount(self.cost) / price:.{_LOT_DECIMALS}f}") if price else Decimal(0)

    def _time_in_force(self) -> TimeInForce | None:
        """Read what is said; an order that is said to expire is good till then."""
        word = (self.time_in_force or "").lower()
        if word in list(TimeInForce):
            return TimeInForce(word)
        return TimeInForce.GTD if self.expiretm else None

    def _prices(self, kind: OrderType | None) -> tuple[Decimal | None, Decimal | None]:
        """Read the stop price and the limit price."""
        match kind:
            case OrderType.LIMIT:
                return None, _price(self.descr.price)
            case OrderType.STOP:
                return _price(self.descr.price), None
            case OrderType.STOP_LIMIT:
                return _price(self.descr.price), _price(self.descr.price2)
            case _:
                return None, None


class _QueriedBody(msgspec.Struct):
    result: dict[str, _OrderRow]


class _Open(msgspec.Struct):
    open: dict[str, _OrderRow]


class _OpenBody(msgspec.Struct):
    result: _Open


class _Closed(msgspec.Struct):
    closed: dict[str, _OrderRow]


class _ClosedBody(msgspec.Struct):
    result: _Closed


class _Cancel(msgspec.Struct):
    count: int
    pending: bool | None = None


class _CancelBody(msgspec.Struct):
    result: _Cancel


class _Receipt(msgspec.Struct):
    txid: tuple[str, ...]


class _ReceiptBody(msgspec.Struct):
    result: _Receipt


class _KeyInfo(msgspec.Struct):
    iban: str


class _KeyInfoBody(msgspec.Struct):
    result: _KeyInfo


class _BalanceRow(msgspec.Struct, kw_only=True):
    balance: Decimal
    credit: Decimal = Decimal(0)
    credit_used: Decimal = Decimal(0)
    hold_trade: Decimal = Decimal(0)


class _BalancesBody(msgspec.Struct):
    result: dict[str, _BalanceRow]


class _AssetRow(msgspec.Struct):
    altname: str


class _AssetsBody(msgspec.Struct):
    result: dict[str, _AssetRow]


class _PairRow(msgspec.Struct):
    altname: str
    wsname: str | None = None


class _PairsBody(msgspec.Struct):
    result: dict[str, _PairRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    total: Decimal
    available: Decimal
    """What can be traded: the credit is in it, what open orders hold is not."""


@dataclass(frozen=True, slots=True)
class Pair:
    id: str
    altname: str
    slashed: str
    """`XBT/USD`; empty for a pair that has no such name."""


def read_canceled_count(body: bytes) -> tuple[int, bool]:
    """Read how many orders a cancel was about, and whether it is pending still."""
    row = read(body, _CancelBody).result
    return row.count, bool(row.pending)


def read_receipt(body: bytes) -> BrokerageOrderId:
    """Read the id of the one order that was made."""
    ids = read(body, _ReceiptBody).result.txid
    if len(ids) != 1:
        raise Unreadable(f"the reply names {len(ids)} orders")
    return BrokerageOrderId(ids[0])


def read_queried(body: bytes) -> list[Order]:
    return _orders(_answer(body, _QueriedBody).result)


def read_open(body: bytes) -> list[Order]:
    return _orders(_answer(body, _OpenBody).result.open)


def read_closed(body: bytes) -> list[Order]:
    return _orders(_answer(body, _ClosedBody).result.closed)


def read_account_number(body: bytes) -> str:
    """Read the international number of the account that a key belongs to."""
    number = "".join(_answer(body, _KeyInfoBody).result.iban.split())
    if not number:
        raise Unreadable("the account has no number")
    return number


def read_holdings(body: bytes) -> Mapping[str, Holding]:
    return {
        name: Holding(
            total=_amount(row.balance),
            available=_amount(row.balance)
            + _amount(row.credit)
            - _amount(row.credit_used)
            - _amount(row.hold_trade),
        )
        for name, row in _answer(body, _BalancesBody).result.items()
    }


def read_assets(body: bytes) -> Mapping[str, str]:
    """Read what assets are called otherwise: `XXBT` is `XBT`."""
    return {name: row.altname for name, row in _answer(body, _AssetsBody).result.items()}


def read_pairs(body: bytes) -> list[Pair] | None:
    """Read pairs; None if Kraken does not know one of those that it was asked for."""
    failure = read_failure(body)
    if failure is not None and failure.words == (_UNKNOWN_PAIR,):
        return None
    found = _answer(body, _PairsBody).result
    return [Pair(name, row.altname, row.wsname or "") for name, row in found.items()]


def write_order(order: NewOrder, pair: str) -> str:
    """Spell a new order of one leg as a form. All its amounts are positive."""
    [leg] = order.legs
    form = {
        "ordertype": _TYPE_WORDS[order.order_type],
        "type": leg.side.value,
        "pair": pair,
        "cl_ord_id": order.client_order_id,
        "timeinforce": order.time_in_force.value.upper(),
    }
    limit = "price2" if order.order_type is OrderType.STOP_LIMIT else "price"
    amounts = (("volume", order.quantity), ("price", order.stop_price), (limit, order.limit_price))
    form |= {name: _number(amount) for name, amount in amounts if amount is not None}
    if order.expires_at is not None:
        form["expiretm"] = str(int(order.expires_at.timestamp()))
    return urlencode(form)


def _answer(body: bytes, kind: type[T]) -> T:
    """Read an answer of this shape; raises Unreadable with Kraken's words where it fails."""
    failure = read_failure(body)
    if failure is not None:
        raise Unreadable(f"the brokerage says: {failure.message}")
    return read(body, kind)


def _orders(rows: Mapping[str, _OrderRow]) -> list[Order]:
    return [row.to_domain(order_id) for order_id, row in rows.items()]


def _instrument(pair: str) -> Instrument:
    return Instrument(symbol=pair, asset_class=AssetClass.CRYPTO, currency="", fractionable=True)


def _side(word: str) -> Side:
    if word not in list(Side):
        raise Unreadable(f"{word!r} is no side")
    return Side(word)


def _amount(number: Decimal) -> Decimal:
    """Refuse what is read as a number and is none: text can say NaN."""
    return known_decimal(str(number))


def _price(text: str) -> Decimal | None:
    """Read a price; None for zero, which is none, and for one relative to the market's (`+5.0000%`)."""
    return known_decimal(text) or None if _PLAIN.fullmatch(text) else None


def _time(seconds: Decimal) -> datetime:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise Unreadable(f"{seconds} is no time") from error


def _number(value: Decimal) -> str:
    """Write every digit, and no zero after the last."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
