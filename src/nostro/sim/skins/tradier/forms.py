"""What Tradier takes: the form of POST, in its own words.

Names and values: lumiwealth-tradier 0.1.18 `orders.py`, QuantConnect/Lean.Brokerages.Tradier `Common.cs`.
The grammar of tags: Networkgems/TradingAI- `docs/tra4484-tradier-sandbox-semantics.md`.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from math import gcd

from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import Instrument
from nostro.domain.order import OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from nostro.sim.refusals import UnknownSymbol
from nostro.sim.skins.tradier.refusals import InvalidParameter

Find = Callable[[str], Instrument]
"""Finds what a symbol names; raises UnknownSymbol."""

_TAG_LENGTH_MAX = 255
_TAG = re.compile(r"[A-Za-z0-9-]*")
_OUTSIDE = ("pre", "post")
_LEG = re.compile(r"option_symbol\[(\d+)\]")
_LEGS = range(2, 5)

_STOCK_SIDES = {
    "buy": (Side.BUY, None),
    "sell": (Side.SELL, None),
    "sell_short": (Side.SELL, PositionEffect.OPEN),
    "buy_to_cover": (Side.BUY, PositionEffect.CLOSE),
}
_OPTION_SIDES = {
    f"{side}_to_{effect}": (side, effect)
    for side in Side
    for effect in (PositionEffect.OPEN, PositionEffect.CLOSE)
}


def read_new(form: Mapping[str, str], find: Find) -> NewOrder:
    """Read an order; raises Refused."""
    match form.get("class"):
        case "equity" | "option":
            return _single(form, find)
        case "multileg":
            return _multi_leg(form, find)
    raise InvalidParameter("class", "is not supported")


def _single(form: Mapping[str, str], find: Find) -> NewOrder:
    is_option = form["class"] == "option"
    try:
        order_type = OrderType(form.get("type", ""))
    except ValueError as error:
        raise InvalidParameter("type", "is invalid") from error
    side, effect = _side(form, "side", _OPTION_SIDES if is_option else _STOCK_SIDES)
    symbol = form.get("option_symbol" if is_option else "symbol", "")
    instrument = find(symbol)
    if (instrument.option is not None) is not is_option:
        raise UnknownSymbol(symbol)
    time_in_force, is_outside = _duration(form)
    if is_outside and (is_option or order_type is not OrderType.LIMIT):
        raise InvalidParameter("duration", "only limit orders of equities can trade outside the session")
    is_limited = order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    is_stopped = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    return NewOrder(
        legs=(NewLeg(symbol=instrument.symbol, side=side, position_effect=effect),),
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=Decimal(_quantity(form, "quantity")),
        limit_price=_price(form, "price") if is_limited else None,
        stop_price=_price(form, "stop") if is_stopped else None,
        extended_hours=is_outside,
        client_order_id=_tag(form),
    )


def _multi_leg(form: Mapping[str, str], find: Find) -> NewOrder:
    """Read a multi-leg order; its legs name their own quantities, what they share is the order's."""
    indices = sorted(int(match[1]) for name in form if (match := _LEG.fullmatch(name)))
    if len(indices) not in _LEGS:
        raise InvalidParameter("option_symbol", "an order has two to four legs")
    quantities = [_quantity(form, f"quantity[{index}]") for index in indices]
    units = gcd(*quantities)
    legs = []
    for index, quantity in zip(indices, quantities, strict=True):
        side, effect = _side(form, f"side[{index}]", _OPTION_SIDES)
        instrument = find(form[f"option_symbol[{index}]"])
        legs.append(
            NewLeg(
                symbol=instrument.symbol,
                side=side,
                position_effect=effect,
                ratio=Decimal(quantity // units),
            )
        )
    kind = form.get("type", "")
    if kind != "market" and kind not in tuple(PriceEffect):
        raise InvalidParameter("type", "is invalid")
    price_effect = None if kind == "market" else PriceEffect(kind)
    limit = None
    if price_effect is not None:
        limit = Decimal(0) if price_effect is PriceEffect.EVEN else _price(form, "price")
    time_in_force, is_outside = _duration(form)
    if is_outside:
        raise InvalidParameter("duration", "options trade in the session only")
    return NewOrder(
        legs=tuple(legs),
        order_type=OrderType.MARKET if price_effect is None else OrderType.LIMIT,
        time_in_force=time_in_force,
        quantity=Decimal(units),
        limit_price=limit,
        price_effect=price_effect,
        client_order_id=_tag(form),
    )


# Values


def _side(
    form: Mapping[str, str], name: str, sides: Mapping[str, tuple[Side, PositionEffect | None]]
) -> tuple[Side, PositionEffect | None]:
    if (side := form.get(name, "")) not in sides:
        raise InvalidParameter(name, "is invalid")
    return sides[side]


def _duration(form: Mapping[str, str]) -> tuple[TimeInForce, bool]:
    """Return the time in force, and whether the order trades outside the session."""
    duration = form.get("duration", "")
    if duration in _OUTSIDE:
        return TimeInForce.DAY, True
    if duration not in (TimeInForce.DAY, TimeInForce.GTC):
        raise InvalidParameter("duration", "is invalid")
    return TimeInForce(duration), False


def _quantity(form: Mapping[str, str], name: str) -> int:
    quantity = _number(form, name)
    if quantity <= 0 or quantity != quantity.to_integral_value():
        raise InvalidParameter(name, "must be a whole number above zero")
    return int(quantity)


def _price(form: Mapping[str, str], name: str) -> Decimal:
    price = _number(form, name)
    if price <= 0:
        raise InvalidParameter(name, "must be above zero")
    return price


def _number(form: Mapping[str, str], name: str) -> Decimal:
    try:
        value = Decimal(form.get(name, ""))
    except InvalidOperation as error:
        raise InvalidParameter(name, "is invalid") from error
    if not value.is_finite():
        raise InvalidParameter(name, "is invalid")
    return value


def _tag(form: Mapping[str, str]) -> ClientOrderId:
    tag = form.get("tag", "")
    if len(tag) > _TAG_LENGTH_MAX:
        raise InvalidParameter("tag", f"contains more than {_TAG_LENGTH_MAX} characters")
    if not _TAG.fullmatch(tag):
        raise InvalidParameter("tag", "contains invalid characters")
    return ClientOrderId(tag)
