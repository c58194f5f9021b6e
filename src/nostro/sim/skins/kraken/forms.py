"""What Kraken takes: bodies, form-encoded or JSON, and its rules on them.

Fields: docs.kraken.com `api-reference/trading`, and the fields of a description of it, api-evangelist/kraken
675d8f5 `openapi/_original/kraken-spot-rest-openapi.yml`. Forms of `cl_ord_id`: a UUID with or without dashes,
or up to 18 characters of text; that capitals are refused there, another client found by validating orders.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Replacement
from nostro.sim.face import form
from nostro.sim.skins.kraken.assets import COST_MIN, LOT_DECIMALS, VOLUME_MIN, Pair, find_pair, pair_of
from nostro.sim.skins.kraken.ids import USERREF, label, read_name
from nostro.sim.skins.kraken.refusals import InvalidArgument, OrderRefused

Fields = Mapping[str, Any]

_CLIENT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[!-@\[-~]{1,18}")
_USERREF_END = 2**31
_OFFSET = re.compile(r"[0-9]{1,9}")
_TYPES = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop-loss": OrderType.STOP,
    "stop-loss-limit": OrderType.STOP_LIMIT,
}
_TIMES = {"": TimeInForce.GTC, "GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "GTD": TimeInForce.GTD}
_FLAGS = {"post", "fcib", "fciq", "nompp", "viqc"}
_NOT_HERE = {"leverage": ("", "none"), "starttm": ("", "0"), "displayvol": ("",), "close[ordertype]": ("",)}
"""What this exchange has not, with the values that ask for nothing."""


def read_fields(body: bytes) -> dict[str, Any]:
    """Read a body; raises ValueError."""
    if not body.lstrip().startswith(b"{"):
        return dict(form(body))
    fields: dict[str, Any] = json.loads(body)
    return fields


def text(fields: Fields, name: str) -> str:
    """Return a field as a form would spell it; empty where it is missing."""
    value = fields.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def is_set(fields: Fields, name: str) -> bool:
    return text(fields, name).lower() == "true"


# Names of orders


def read_names(_query: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    """See `Route.names`."""
    fields = read_fields(body)
    return read_name(text(fields, "txid"), text(fields, "cl_ord_id"))


def read_filter(fields: Fields) -> ClientOrderId | None:
    """Say what orders have to be called to be listed; None where all are."""
    client_order_id = text(fields, "cl_ord_id")
    return read_userref(fields) or (ClientOrderId(client_order_id) if client_order_id else None)


def read_userref(fields: Fields) -> ClientOrderId | None:
    """Say what a user reference makes the exchange call an order by; None where there is none."""
    userref = text(fields, "userref")
    if not userref:
        return None
    if not USERREF.fullmatch(userref) or not -_USERREF_END <= int(userref) < _USERREF_END:
        raise InvalidArgument("userref")
    return label(int(userref))


def _client_id(fields: Fields) -> ClientOrderId:
    called, client_order_id = read_userref(fields), text(fields, "cl_ord_id")
    if client_order_id and (called or not _CLIENT_ID.fullmatch(client_order_id)):
        raise InvalidArgument("cl_ord_id")
    return called or ClientOrderId(client_order_id)


# New orders


def read_new(fields: Fields, now: datetime) -> NewOrder:
    """Read an order; raises Refused."""
    pair = find_pair(text(fields, "pair"))
    if text(fields, "type") not in tuple(Side):
        raise InvalidArgument("type")
    order_type = _TYPES.get(text(fields, "ordertype"))
    if order_type is None:
        raise InvalidArgument("ordertype")
    for name, nothing in _NOT_HERE.items():
        if text(fields, name) not in nothing:
            raise InvalidArgument(name)
    if is_set(fields, "reduce_only"):
        raise OrderRefused("EOrder:Reduce only:No position exists")
    side = Side(text(fields, "type"))
    is_by_value = _is_by_value(fields, order_type, side)
    volume = _number(fields, "volume")
    limit, stop = _prices(fields, order_type, pair)
    _check_size(volume, limit or stop, is_by_value=is_by_value)
    time_in_force, expires_at = _time_in_force(fields, order_type, now)
    return NewOrder(
        legs=(NewLeg(symbol=pair.symbol, side=side),),
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=None if is_by_value else volume,
        notional=volume if is_by_value else None,
        limit_price=limit,
        stop_price=stop,
        expires_at=expires_at,
        client_order_id=_client_id(fields),
    )


def flags(fields: Fields) -> set[str]:
    """Read `oflags`; raises Refused."""
    found = {flag for flag in text(fields, "oflags").split(",") if flag}
    if found - _FLAGS:
        raise InvalidArgument("oflags")
    return found


def _is_by_value(fields: Fields, order_type: OrderType, side: Side) -> bool:
    found = flags(fields)
    if "post" in found and order_type is not OrderType.LIMIT:
        raise InvalidArgument("oflags")
    if "viqc" in found and (order_type is not OrderType.MARKET or side is Side.SELL):
        raise InvalidArgument("viqc")
    return "viqc" in found


def _prices(fields: Fields, order_type: OrderType, pair: Pair) -> tuple[Decimal | None, Decimal | None]:
    """Return the limit and the stop: of an order with both, `price` is the stop."""
    match order_type:
        case OrderType.LIMIT:
            return read_price(fields, "price", pair), None
        case OrderType.STOP:
            return None, read_price(fields, "price", pair)
        case OrderType.STOP_LIMIT:
            return read_price(fields, "price2", pair), read_price(fields, "price", pair)
    return None, None


def _check_size(volume: Decimal, price: Decimal | None, *, is_by_value: bool) -> None:
    if not is_by_value and volume < VOLUME_MIN:
        raise OrderRefused("EOrder:Order minimum not met")
    cost = volume
    if not is_by_value:
        cost = COST_MIN if price is None else volume * price
    if cost < COST_MIN:
        raise OrderRefused("EOrder:Cost minimum not met")


def _time_in_force(
    fields: Fields, order_type: OrderType, now: datetime
) -> tuple[TimeInForce, datetime | None]:
    asked, expires = text(fields, "timeinforce").upper(), text(fields, "expiretm")
    if asked not in _TIMES or (asked == "GTD" and order_type is OrderType.MARKET):
        raise InvalidArgument("timeinforce")
    if (asked == "GTD") is (expires in ("", "0")):
        raise InvalidArgument("expiretm")
    if asked != "GTD":
        return _TIMES[asked], None
    try:
        seconds = float(expires)
        start = now if expires.startswith("+") else datetime.fromtimestamp(0, UTC)
        return TimeInForce.GTD, start + timedelta(seconds=seconds)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument("expiretm") from error


# New terms


def read_edit(fields: Fields, old: Order) -> Replacement:
    """Say the terms of the successor; `volume` counts what is filled of the old order, too."""
    pair = pair_of(old.legs[0].instrument)
    volume = _number(fields, "volume") if text(fields, "volume") else None
    if volume is not None and volume <= old.filled_quantity:
        raise InvalidArgument("volume")
    has_stop = old.stop_price is not None
    price = read_price(fields, "price", pair) if text(fields, "price") else None
    second = read_price(fields, "price2", pair) if text(fields, "price2") else None
    return _terms(
        old,
        quantity=None if volume is None else volume - old.filled_quantity,
        limit=second if has_stop else price,
        stop=price if has_stop else None,
    )


def read_amend(fields: Fields, old: Order) -> Replacement:
    """Say the terms that an order shall have."""
    pair = pair_of(old.legs[0].instrument)
    named = [name for name in ("order_qty", "limit_price", "trigger_price") if text(fields, name)]
    if not named:
        raise InvalidArgument("order_qty")
    if "limit_price" in named and old.limit_price is None:
        raise OrderRefused("EOrder:Invalid limit price")
    if "trigger_price" in named and old.stop_price is None:
        raise OrderRefused("EOrder:Invalid trigger price")
    return _terms(
        old,
        quantity=_number(fields, "order_qty") if "order_qty" in named else None,
        limit=read_price(fields, "limit_price", pair) if "limit_price" in named else None,
        stop=read_price(fields, "trigger_price", pair) if "trigger_price" in named else None,
    )


def _terms(
    old: Order, *, quantity: Decimal | None, limit: Decimal | None, stop: Decimal | None
) -> Replacement:
    if old.order_type is None or old.time_in_force is None:  # none that this exchange took
        raise OrderRefused("EOrder:Invalid order")
    return Replacement(
        order_type=old.order_type,
        time_in_force=old.time_in_force,
        quantity=quantity,
        limit_price=limit,
        stop_price=stop,
    )


# Values


def read_price(fields: Fields, name: str, pair: Pair) -> Decimal:
    """Read a price, which here is never relative; raises Refused."""
    price = _number(fields, name)
    if price != round(price, pair.decimals):
        raise OrderRefused("EOrder:Tick size check failed")
    return price


def read_time(fields: Fields, name: str) -> datetime | None:
    """Read a time in seconds since 1970; None where there is none."""
    value = text(fields, name)
    try:
        return datetime.fromtimestamp(float(value), UTC) if value not in ("", "0") else None
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidArgument(name) from error


def read_offset(fields: Fields) -> int:
    """Read how many rows of a list are left out."""
    value = text(fields, "ofs") or "0"
    if not _OFFSET.fullmatch(value):
        raise InvalidArgument("ofs")
    return int(value)


def check_deadline(fields: Fields, now: datetime) -> None:
    """Refuse what came after its own deadline, RFC 3339."""
    value = text(fields, "deadline")
    if not value:
        return
    try:
        is_over = datetime.fromisoformat(value) < now
    except (ValueError, TypeError) as error:
        raise InvalidArgument("deadline") from error
    if is_over:
        raise OrderRefused("EService:Deadline elapsed")


def _number(fields: Fields, name: str) -> Decimal:
    try:
        value = Decimal(text(fields, name))
        is_usable = value.is_finite() and value > 0 and value == round(value, LOT_DECIMALS)
    except InvalidOperation as error:  # no number, or one with too many digits
        raise InvalidArgument(name) from error
    if not is_usable:
        raise InvalidArgument(name)
    return value
