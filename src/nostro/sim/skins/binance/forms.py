"""What Binance takes: parameters of a query or a form, in its own words.

Names and rules: `rest-api.md` and `enums.md` of binance/binance-spot-api-docs at a5e0bc3; that a parameter
which nobody reads is refused: binance/binance-connector-python#172; that a market order has no time in force:
freqtrade/freqtrade#1649; that a span which ends where it begins lacks its end:
binance/binance-spot-api-docs#38. Where a parameter stands in both, the query's counts.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from nostro.domain.account import Quote
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from nostro.sim.face import Call
from nostro.sim.skins.binance.credentials import MICROSECONDS_FROM, SIGNED
from nostro.sim.skins.binance.refusals import Error, illegal, missing, missing_both
from nostro.sim.skins.binance.shapes import EPOCH, PRECISION, TIMES_IN_FORCE, TYPES

Sent = Mapping[str, str]

ORDER = (
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "quoteOrderQty",
    "price",
    "stopPrice",
    "newClientOrderId",
    "newOrderRespType",
    "icebergQty",
    "trailingDelta",
)
"""What describes a new order."""

_SYMBOL = "^[A-Z0-9-_.]{1,20}$"
_ID = "^[0-9]{1,20}$"
_CLIENT_ID = "^[a-zA-Z0-9-_]{1,36}$"
_AMOUNT = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_NOT_SUPPORTED = {
    "icebergQty": "Iceberg orders are not supported for this symbol.",
    "trailingDelta": "Trailing stop orders are not supported for this symbol.",
}
_TYPES_NOT_SUPPORTED = {
    "TAKE_PROFIT": "Take profit orders are not supported for this symbol.",
    "TAKE_PROFIT_LIMIT": "Take profit limit orders are not supported for this symbol.",
}
_SIDES = {side.upper(): side for side in Side}
_RESTRICTIONS = {"ONLY_NEW": OrderStatus.NEW, "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED}
_KINDS = ("ACK", "RESULT", "FULL")
_LIST_SIZE, _LIST_SIZE_MAX = 500, 1000
_SPAN_MAX = timedelta(hours=24)


def read(call: Call, *known: str) -> Sent:
    """Take what was sent and is not empty; raises Error for a name that the route does not know."""
    sent = {name: value for name, value in {**call.form(), **call.query}.items() if value}
    count = sum(name in known or name in SIGNED for name in sent)
    if count < len(sent):
        words = f"Not all sent parameters were read; read '{count}' parameter(s) but was sent '{len(sent)}'."
        raise Error(-1104, words)
    return sent


# New orders


def read_new(sent: Sent, quote: Quote, made_id: str) -> NewOrder:
    """Read an order of the pair that is quoted; `made_id` is its client order id where none was sent."""
    for name, words in _NOT_SUPPORTED.items():
        if name in sent:
            raise Error(-1013, words)
    side_word = need(sent, "side")
    if side_word not in _SIDES:
        raise Error(-1117, "Invalid side.")
    order_type = _type(need(sent, "type"))
    is_limited = order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    is_stopped = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    is_by_value = order_type is OrderType.MARKET and "quantity" not in sent
    wanted = {
        "timeInForce": is_limited,
        "price": is_limited,
        "stopPrice": is_stopped,
        "quoteOrderQty": is_by_value,
    }
    for name, is_wanted in wanted.items():
        if name in sent and not is_wanted:
            raise Error(-1106, f"Parameter '{name}' sent when not required.")
    if is_by_value and "quoteOrderQty" not in sent:
        raise missing_both("quantity", "quoteOrderQty")
    time_in_force = _time_in_force(sent) if is_limited else TimeInForce.GTC
    if is_stopped and time_in_force is not TimeInForce.GTC:
        raise Error(-1014, "Unsupported order combination.")
    return NewOrder(
        legs=(NewLeg(symbol=quote.instrument.symbol, side=_SIDES[side_word]),),
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=None if is_by_value else _amount(sent, "quantity"),
        notional=_amount(sent, "quoteOrderQty") if is_by_value else None,
        limit_price=_amount(sent, "price") if is_limited else None,
        stop_price=_amount(sent, "stopPrice") if is_stopped else None,
        client_order_id=ClientOrderId(_client_id(sent, "newClientOrderId") or made_id),
    )


def read_kind(sent: Sent, new: NewOrder) -> str:
    """Say how much of a new order is answered."""
    usual = "FULL" if new.order_type in (OrderType.LIMIT, OrderType.MARKET) else "ACK"
    kind = sent.get("newOrderRespType", usual)
    if kind not in _KINDS:
        raise Error(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
    return kind


def _type(word: str) -> OrderType:
    if word in _TYPES_NOT_SUPPORTED:
        raise Error(-1013, _TYPES_NOT_SUPPORTED[word])
    if word not in TYPES:
        raise Error(-1116, "Invalid orderType.")
    return TYPES[word]


def _time_in_force(sent: Sent) -> TimeInForce:
    word = need(sent, "timeInForce")
    if word not in TIMES_IN_FORCE:
        raise Error(-1115, "Invalid timeInForce.")
    return TIMES_IN_FORCE[word]


# Orders that are there


class Named(NamedTuple):
    """What names an order: one of both, or both."""

    order_id: int | None
    client_order_id: str | None


class Cancel(NamedTuple):
    client_order_id: str | None
    """Of the cancel itself."""
    only: OrderStatus | None
    """The one status that an order can be canceled in."""


def read_named(sent: Sent, by_id: str, by_client_id: str) -> Named:
    named = Named(read_id(sent, by_id), _client_id(sent, by_client_id))
    if named == (None, None):
        raise missing_both(by_client_id, by_id)
    return named


def read_cancel(sent: Sent, by_client_id: str) -> Cancel:
    restriction = sent.get("cancelRestrictions")
    if restriction is not None and restriction not in _RESTRICTIONS:
        raise Error(-1145, "Invalid cancelRestrictions")
    return Cancel(_client_id(sent, by_client_id), _RESTRICTIONS[restriction] if restriction else None)


# Values


def need(sent: Sent, name: str) -> str:
    if name not in sent:
        raise missing(name)
    return sent[name]


def read_symbol(sent: Sent) -> str:
    return _check("symbol", need(sent, "symbol"), _SYMBOL)


def read_symbols(sent: Sent) -> list[str]:
    """Read a JSON array of symbols."""
    try:
        symbols = json.loads(need(sent, "symbols"))
    except ValueError as error:
        raise illegal("symbols", "an array of symbols") from error
    if not isinstance(symbols, list):
        raise illegal("symbols", "an array of symbols")
    return [_check("symbols", str(symbol), _SYMBOL) for symbol in symbols]


def read_id(sent: Sent, name: str) -> int | None:
    return int(_check(name, sent[name], _ID)) if name in sent else None


def _client_id(sent: Sent, name: str) -> str | None:
    return _check(name, sent[name], _CLIENT_ID) if name in sent else None


def read_limit(sent: Sent) -> int:
    limit = read_id(sent, "limit")
    return _LIST_SIZE if limit is None else min(limit, _LIST_SIZE_MAX)


def read_span(sent: Sent) -> tuple[datetime | None, datetime | None]:
    start, end = _moment(sent, "startTime"), _moment(sent, "endTime")
    if start is None or end is None:
        return start, end
    if end <= start:
        raise missing("endTime")
    if end - start > _SPAN_MAX:
        raise Error(-1127, "More than 24 hours between startTime and endTime.")
    return start, end


def _moment(sent: Sent, name: str) -> datetime | None:
    count = read_id(sent, name)
    if count is None:
        return None
    microseconds = count if count >= MICROSECONDS_FROM else 1000 * count
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise Error(-1108, f"Parameter '{name}' overflowed.") from error


def _amount(sent: Sent, name: str) -> Decimal:
    text = _check(name, need(sent, name), _AMOUNT)
    if len(text.partition(".")[2].rstrip("0")) > PRECISION:
        raise Error(-1111, f"Parameter '{name}' has too much precision.")
    return Decimal(text)


def _check(name: str, value: str, legal: str) -> str:
    if not re.fullmatch(legal.removeprefix("^").removesuffix("$"), value):
        raise illegal(name, legal)
    return value
