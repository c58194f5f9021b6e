"""What TradeStation takes: orders, groups of them, and new terms for one.

Names and values: mxcoppell/tradestation-api-python 40370f1 `docs/tradestation-webapi-v3-openapi.json`, whose
examples write quantities and prices as text and as numbers, and words in capitals and otherwise. A price of
several legs is negative where money comes in (the example of an iron condor, and `GetLimitPrice` of
QuantConnect/Lean.Brokerages.TradeStation 3a67233), which also repeats account, id and type in new terms.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from math import gcd
from typing import TypeVar

import msgspec

from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Order,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewGroup, NewGroupMember, NewLeg, NewOrder, Replacement
from nostro.sim.refusals import Refused
from nostro.sim.skins.tradestation.refusals import BadRequest

Find = Callable[[str], Instrument]
"""Finds what TradeStation calls so; raises UnknownSymbol."""

T = TypeVar("T")

_CONFIRM_ID_MAX = 22

_ENDS_AT = time(21)
"""When an order that is good through a date ends on it: at the exchange's roll, in UTC."""

_ORDER_TYPES = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOPMARKET": OrderType.STOP,
    "STOPLIMIT": OrderType.STOP_LIMIT,
}
_DURATIONS = {
    "DAY": (TimeInForce.DAY, False),
    "DYP": (TimeInForce.DAY, True),
    "GTC": (TimeInForce.GTC, False),
    "GCP": (TimeInForce.GTC, True),
    "GTD": (TimeInForce.GTD, False),
    "GDP": (TimeInForce.GTD, True),
    "IOC": (TimeInForce.IOC, False),
    "FOK": (TimeInForce.FOK, False),
}
"""Each with whether it has more than the regular hours."""
_Action = tuple[Side, PositionEffect | None]
_PLAIN: dict[str, _Action] = {"BUY": (Side.BUY, None), "SELL": (Side.SELL, None)}
_STOCK: dict[str, _Action] = {
    **_PLAIN,
    "SELLSHORT": (Side.SELL, PositionEffect.OPEN),
    "BUYTOCOVER": (Side.BUY, PositionEffect.CLOSE),
}
_OPTION: dict[str, _Action] = {
    f"{side}to{effect}".upper(): (side, effect) for side in Side for effect in PositionEffect
}
_ACTIONS: dict[AssetClass, dict[str, _Action]] = {
    AssetClass.STOCK: _STOCK,
    AssetClass.ETF: _STOCK,
    AssetClass.OPTION: _OPTION,
    AssetClass.FUTURE: _PLAIN,
}
_GROUPS = {
    ("OCO", 2): (GroupType.OCO, (GroupRole.PEER, GroupRole.PEER)),
    ("BRK", 2): (GroupType.OCO, (GroupRole.PEER, GroupRole.PEER)),
}
_SENT = {
    ("NORMAL", 1): (GroupType.OTO, (GroupRole.CONDITIONAL,)),
    ("OCO", 2): (GroupType.OTOCO, (GroupRole.PEER, GroupRole.PEER)),
    ("BRK", 2): (GroupType.OTOCO, (GroupRole.PEER, GroupRole.PEER)),
}


class LegForm(msgspec.Struct, rename="pascal", kw_only=True):
    symbol: str
    quantity: Decimal
    trade_action: str


class TimeForm(msgspec.Struct, rename="pascal", kw_only=True):
    duration: str
    expiration: datetime | None = None


class OrderForm(msgspec.Struct, rename="pascal", kw_only=True):
    account_id: str = msgspec.field(name="AccountID")
    order_type: str
    time_in_force: TimeForm
    symbol: str | None = None
    quantity: Decimal | None = None
    trade_action: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    order_confirm_id: str = msgspec.field(name="OrderConfirmID", default="")
    advanced_options: dict[str, object] = {}
    legs: list[LegForm] = []
    osos: "list[GroupForm]" = msgspec.field(name="OSOs", default_factory=list)


class GroupForm(msgspec.Struct, rename="pascal", kw_only=True):
    type: str
    orders: list[OrderForm]


class TermsForm(msgspec.Struct, rename="pascal", kw_only=True):
    order_type: str | None = None
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    advanced_options: dict[str, object] = {}


class _AddressForm(msgspec.Struct, rename="pascal", kw_only=True):
    account_id: str = msgspec.field(name="AccountID", default="")
    orders: "list[_AddressForm]" = []


def read(body: bytes, kind: type[T]) -> T:
    """Read a form; raises BadRequest."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadRequest(str(error)) from error


def account_of(body: bytes) -> str:
    """Find the account that an order, or the first of a group, is for; raises ValueError."""
    found = msgspec.json.decode(body, type=_AddressForm)
    return found.account_id or (found.orders[0].account_id if found.orders else "")


def read_new(form: OrderForm, find: Find) -> NewOrder:
    """Read an order, without those that it sends; raises Refused."""
    order_type = _word("OrderType", form.order_type, _ORDER_TYPES)
    time_in_force, is_outside = _word("Duration", form.time_in_force.duration, _DURATIONS)
    if any(form.advanced_options.values()):
        raise Refused("Advanced options are not taken here.")
    if len(form.order_confirm_id) > _CONFIRM_ID_MAX:
        raise BadRequest(f"OrderConfirmID has at most {_CONFIRM_ID_MAX} characters.")
    forms = form.legs or [_only_leg(form)]
    units = Decimal(gcd(*(_whole(leg.quantity) for leg in forms)))
    limit_price, price_effect = form.limit_price, None
    if len(forms) > 1 and limit_price is not None:
        limit_price, price_effect = abs(limit_price), _effect(limit_price)
    return NewOrder(
        legs=tuple(_leg(leg, units, find) for leg in forms),
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=units,
        limit_price=limit_price,
        stop_price=form.stop_price,
        price_effect=price_effect,
        extended_hours=is_outside,
        expires_at=_expiry(time_in_force, form.time_in_force.expiration),
        client_order_id=ClientOrderId(form.order_confirm_id),
    )


def read_group(form: GroupForm, find: Find) -> NewGroup:
    """Read orders that cancel each other; raises Refused."""
    return _group(_GROUPS, form, [], find)


def read_sender(form: OrderForm, find: Find) -> NewGroup:
    """Read an order and what it sends when it is filled; raises Refused."""
    if len(form.osos) != 1:
        raise Refused("An order sends one group of orders here.")
    sender = NewGroupMember(role=GroupRole.TRIGGER, order=read_new(form, find))
    return _group(_SENT, form.osos[0], [sender], find)


def read_terms(body: bytes, old: Order) -> Replacement:
    """Read new terms of `old`; raises Refused."""
    form = read(body, TermsForm)
    word = form.order_type
    order_type = old.order_type if word is None else _word("OrderType", word, _ORDER_TYPES)
    if order_type not in (old.order_type, OrderType.MARKET) or order_type is None:
        raise Refused("An order can become a market order only.")
    if any(form.advanced_options.values()):
        raise Refused("Advanced options are not taken here.")
    if word is None and form.quantity is form.limit_price is form.stop_price is None:
        raise BadRequest("At least one property must be updated.")
    if form.quantity is not None:
        _whole(form.quantity)
    limit_price = form.limit_price
    if limit_price is not None and old.price_effect is not None:
        if _effect(limit_price) is not old.price_effect:
            raise Refused("A debit cannot become a credit.")
        limit_price = abs(limit_price)
    return Replacement(
        order_type=order_type,
        time_in_force=old.time_in_force or TimeInForce.DAY,
        quantity=form.quantity,
        limit_price=limit_price,
        stop_price=form.stop_price,
    )


def _group(
    known: Mapping[tuple[str, int], tuple[GroupType, tuple[GroupRole, ...]]],
    form: GroupForm,
    first: list[NewGroupMember],
    find: Find,
) -> NewGroup:
    kind = known.get((form.type.upper(), len(form.orders)))
    if kind is None or any(each.osos for each in form.orders):
        raise Refused(f"{len(form.orders)} orders of type {form.type} are not taken here.")
    group_type, roles = kind
    members = [
        NewGroupMember(role=role, order=read_new(each, find))
        for role, each in zip(roles, form.orders, strict=True)
    ]
    return NewGroup(type=group_type, members=(*first, *members), client_order_id=ClientOrderId(""))


def _word(name: str, word: str, known: Mapping[str, T]) -> T:
    if word.upper() not in known:
        raise BadRequest(f"{name} '{word}' is not valid.")
    return known[word.upper()]


def _only_leg(form: OrderForm) -> LegForm:
    if form.symbol is None or form.quantity is None or form.trade_action is None:
        raise BadRequest("Symbol, Quantity and TradeAction are required.")
    return LegForm(symbol=form.symbol, quantity=form.quantity, trade_action=form.trade_action)


def _whole(quantity: Decimal) -> int:
    if not quantity.is_finite() or quantity <= 0 or quantity != quantity.to_integral_value():
        raise BadRequest("Quantity must be a whole number above zero.")
    return int(quantity)


def _effect(price: Decimal) -> PriceEffect:
    if price.is_zero():
        return PriceEffect.EVEN
    return PriceEffect.DEBIT if price > 0 else PriceEffect.CREDIT


def _expiry(time_in_force: TimeInForce, expiration: datetime | None) -> datetime | None:
    """Return when an order ends that is good through a date; that of another order is not looked at."""
    if time_in_force is not TimeInForce.GTD:
        return None
    if expiration is None or expiration.tzinfo is None:
        raise BadRequest("Expiration is required, with a time and its zone.")
    return datetime.combine(expiration.astimezone(UTC).date(), _ENDS_AT, UTC)


def _leg(form: LegForm, units: Decimal, find: Find) -> NewLeg:
    instrument = find(form.symbol)
    side, effect = _word("TradeAction", form.trade_action, _ACTIONS[instrument.asset_class])
    return NewLeg(
        symbol=instrument.symbol,
        side=side,
        position_effect=effect,
        ratio=_whole(form.quantity) / units,
    )
