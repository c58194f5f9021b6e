"""What Schwab takes: the order of POST and PUT, in its own words.

Names and values: major/schwab-go b51b93a `docs/trader_api.openapi.json`, `OrderRequest`. Prices come as
numbers and, from alexgolec/schwab-py, as text.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from math import gcd
from typing import TypeVar

import msgspec

from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order, OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Replacement
from nostro.sim.refusals import Refused, UnknownSymbol
from nostro.sim.skins.schwab.refusals import InvalidData
from nostro.sim.skins.schwab.shapes import effect_of

Find = Callable[[str], Instrument]
"""Finds what a symbol names; raises UnknownSymbol."""

T = TypeVar("T")

_NEEDED = ("orderType", "session", "duration", "orderStrategyType", "orderLegCollection")

ORDER_TYPES = {
    "MARKET": (OrderType.MARKET, None),
    "LIMIT": (OrderType.LIMIT, None),
    "STOP": (OrderType.STOP, None),
    "STOP_LIMIT": (OrderType.STOP_LIMIT, None),
    "NET_DEBIT": (OrderType.LIMIT, PriceEffect.DEBIT),
    "NET_CREDIT": (OrderType.LIMIT, PriceEffect.CREDIT),
    "NET_ZERO": (OrderType.LIMIT, PriceEffect.EVEN),
}
DURATIONS = {
    "DAY": TimeInForce.DAY,
    "GOOD_TILL_CANCEL": TimeInForce.GTC,
    "FILL_OR_KILL": TimeInForce.FOK,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
}
SESSIONS = {"NORMAL": False, "SEAMLESS": True}
"""Each with whether it has more than the regular hours."""
STOCK_INSTRUCTIONS: dict[str, tuple[Side, PositionEffect | None]] = {
    "BUY": (Side.BUY, None),
    "SELL": (Side.SELL, None),
    "SELL_SHORT": (Side.SELL, PositionEffect.OPEN),
    "BUY_TO_COVER": (Side.BUY, PositionEffect.CLOSE),
}
OPTION_INSTRUCTIONS: dict[str, tuple[Side, PositionEffect | None]] = {
    f"{side}_to_{effect}".upper(): (side, effect) for side in Side for effect in PositionEffect
}


class InstrumentForm(msgspec.Struct, rename="camel", kw_only=True):
    asset_type: str
    symbol: str


class LegForm(msgspec.Struct, rename="camel", kw_only=True):
    instruction: str
    quantity: Decimal
    quantity_type: str = "SHARES"
    instrument: InstrumentForm


class OrderForm(msgspec.Struct, rename="camel", kw_only=True):
    order_type: str | None = None
    session: str | None = None
    duration: str | None = None
    order_strategy_type: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    cancel_time: datetime | None = None
    special_instruction: str | None = None
    order_leg_collection: list[LegForm] | None = None


def read_new(body: bytes, find: Find) -> NewOrder:
    """Read an order; raises Refused."""
    form = _read(body)
    order_type, price_effect = _word("orderType", form.order_type, ORDER_TYPES)
    is_outside = _word("session", form.session, SESSIONS)
    time_in_force = _word("duration", form.duration, DURATIONS)
    if form.cancel_time is not None:
        if time_in_force is not TimeInForce.GTC or form.cancel_time.tzinfo is None:
            raise Refused("cancelTime is a time with its zone, of orders that are GOOD_TILL_CANCEL.")
        time_in_force = TimeInForce.GTD
    forms = form.order_leg_collection or []
    units = form.quantity if form.quantity is not None else Decimal(gcd(*(_whole(leg) for leg in forms)))
    legs = tuple(_leg(leg, units, find) for leg in forms)
    if is_outside and (order_type is not OrderType.LIMIT or forms[0].instruction not in STOCK_INSTRUCTIONS):
        raise Refused("Only limit orders of stocks trade outside the regular session.")
    return NewOrder(
        legs=legs,
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=units,
        limit_price=Decimal(0) if price_effect is PriceEffect.EVEN else form.price,
        stop_price=form.stop_price,
        price_effect=price_effect,
        extended_hours=is_outside,
        expires_at=form.cancel_time,
        client_order_id=ClientOrderId(""),
    )


def read_terms(body: bytes, old: Order, find: Find) -> Replacement:
    """Read the order that takes the place of `old`; raises Refused where more than its terms is new."""
    new = read_new(body, find)
    before = [(leg.instrument.symbol, leg.side, effect_of(leg), leg.ratio) for leg in old.legs]
    after = [(leg.symbol, leg.side, effect_of(leg), leg.ratio) for leg in new.legs]
    kept = (old.price_effect, old.extended_hours, old.expires_at)
    if before != after or kept != (new.price_effect, new.extended_hours, new.expires_at):
        raise Refused("Only type, duration, quantity and prices of an order can be replaced.")
    return Replacement(
        order_type=new.order_type,
        time_in_force=new.time_in_force,
        quantity=new.quantity,
        limit_price=new.limit_price,
        stop_price=new.stop_price,
    )


def _read(body: bytes) -> OrderForm:
    try:
        form = msgspec.json.decode(body, type=OrderForm)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidData([str(error)]) from error
    values = msgspec.to_builtins(form)
    missing = [f"Field: {name} - must not be null" for name in _NEEDED if values[name] in (None, [])]
    if missing:
        raise InvalidData(missing)
    if form.order_strategy_type != "SINGLE" or form.special_instruction is not None:
        raise Refused("Only single orders without special instructions are taken here.")
    return form


def _word(name: str, word: str | None, known: dict[str, T]) -> T:
    if word not in known:
        raise InvalidData([f"Field: {name} - '{word}' is not one of {', '.join(known)}"])
    return known[word]


def _whole(leg: LegForm) -> int:
    quantity = leg.quantity
    if not quantity.is_finite() or quantity <= 0 or quantity != quantity.to_integral_value():
        raise InvalidData(["Field: quantity - must be a whole number above zero"])
    if leg.quantity_type != "SHARES":
        raise InvalidData(["Field: quantityType - must be SHARES"])
    return int(quantity)


def _leg(form: LegForm, units: Decimal, find: Find) -> NewLeg:
    instrument = find(form.instrument.symbol)
    is_option = form.instrument.asset_type == "OPTION"
    if (instrument.option is not None) is not is_option:
        raise UnknownSymbol(form.instrument.symbol)
    known = OPTION_INSTRUCTIONS if is_option else STOCK_INSTRUCTIONS
    side, effect = _word("instruction", form.instruction, known)
    quantity = _whole(form)
    if not units.is_finite() or units <= 0 or quantity % units:
        raise Refused("Quantities of legs are multiples of the order's.")
    return NewLeg(
        symbol=instrument.symbol, side=side, position_effect=effect, ratio=Decimal(quantity) / units
    )
