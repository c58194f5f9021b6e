"""What tastytrade takes: orders, new terms and complex orders, and its rules on them.

Fields and words: tastytrade's OpenAPI file as api-evangelist/tastytrade 1ebc600 keeps it
(`openapi/_original/orders.json`). The rules: developer.tastytrade.com `/order-submission`. That a market
order cannot be GTC or GTD: QuantConnect/Lean.Brokerages.Tastytrade 84c03e8 `Error_Responses.json`. What an
OCO consists of: tastytrade/tastytrade-mcp#33 (August 2026). All else the exchange judges by itself.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import gcd
from typing import Literal, TypeVar

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
from nostro.sim.refusals import Malformed, Refused, UnknownSymbol
from nostro.sim.skins.tastytrade.refusals import Invalid, NotTaken
from nostro.sim.skins.tastytrade.shapes import TYPES, symbol_of
from nostro.sim.trading_day import next_roll

Find = Callable[[str], Instrument]
"""Finds what a symbol of the exchange's names; raises UnknownSymbol."""
T = TypeVar("T", bound="_Form")

_ORDER_TYPES = {
    "Market": OrderType.MARKET,
    "Notional Market": OrderType.MARKET,
    "Limit": OrderType.LIMIT,
    "Stop": OrderType.STOP,
    "Stop Limit": OrderType.STOP_LIMIT,
}
_TIMES = {
    "Day": TimeInForce.DAY,
    "Ext": TimeInForce.DAY,
    "GTC": TimeInForce.GTC,
    "GTC Ext": TimeInForce.GTC,
    "GTD": TimeInForce.GTD,
    "IOC": TimeInForce.IOC,
}
_ROLES = {
    GroupType.OCO: (GroupRole.PEER, GroupRole.PEER),
    GroupType.OTO: (GroupRole.CONDITIONAL,),
    GroupType.OTOCO: (GroupRole.PEER, GroupRole.PEER),
}
"""Of a complex order's `orders`."""
_MISSING = re.compile(r"missing required field `([^`]+)`")
_PLACE = re.compile(r" - at `\$\.?(.*)`")


class _Form(msgspec.Struct, kw_only=True, rename="kebab"):
    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not (value.is_finite() and value >= 0):
                raise ValueError(name.replace("_", "-"))


class LegForm(_Form, kw_only=True):
    action: Literal["Buy to Open", "Buy to Close", "Sell to Open", "Sell to Close", "Buy", "Sell"]
    instrument_type: Literal["Equity", "Equity Option", "Cryptocurrency", "Future", "Future Option"]
    symbol: str
    quantity: Decimal | None = None


class TermsForm(_Form, kw_only=True):
    order_type: Literal["Limit", "Market", "Marketable Limit", "Notional Market", "Stop", "Stop Limit"]
    time_in_force: Literal["Day", "Ext", "Ext Overnight", "GTC", "GTC Ext", "GTC Ext Overnight", "GTD", "IOC"]
    price: Decimal | None = None
    price_effect: Literal["Debit", "Credit"] | None = None
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    value_effect: Literal["Debit", "Credit"] | None = None
    gtc_date: date | None = None
    external_identifier: str | None = None
    rules: dict[str, object] | None = None

    @property
    def is_priced(self) -> bool:
        return self.order_type in ("Limit", "Stop Limit")


class OrderForm(TermsForm, kw_only=True):
    legs: list[LegForm]


class ComplexForm(_Form, kw_only=True):
    type: Literal["OCO", "OTO", "OTOCO", "PAIRS"]
    orders: list[OrderForm]
    trigger_order: OrderForm | None = None


def read(body: bytes, form: type[T]) -> T:
    """Read a body; raises Malformed for what is no JSON, and Invalid for what does not fit."""
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        place, missing = _PLACE.search(str(error)), _MISSING.search(str(error))
        path = place[1] if place else ""
        if missing:
            raise Invalid(_join(path, missing[1]), "is missing") from error
        name = str(error.__cause__) if isinstance(error.__cause__, ValueError) else ""
        raise Invalid(_join(path, name)) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed from error


def _join(path: str, name: str) -> str:
    return ".".join(filter(None, (path, name)))


# Orders


def read_new(form: OrderForm, find: Find) -> NewOrder:
    """Say the order; raises Refused."""
    order_type, time_in_force = _kind(form)
    if not form.legs:
        raise Invalid("legs", "is missing")
    is_notional = form.order_type == "Notional Market"
    units = None if is_notional else _units(form.legs)
    legs = tuple(_leg(leg, index, units, find) for index, leg in enumerate(form.legs))
    is_multi_leg = len(legs) > 1
    if form.time_in_force.endswith("Ext") and [leg.instrument_type for leg in form.legs] != ["Equity"]:
        raise NotTaken("extended_hours_not_supported", "Only equities trade outside the regular session.")
    if is_multi_leg and order_type is OrderType.MARKET:
        raise NotTaken("multi_leg_market_orders_not_supported", "Market orders have a single leg.")
    if is_notional and form.legs[0].quantity is not None:
        raise Invalid("legs[0].quantity")
    if not is_multi_leg:
        _check_effect(legs[0].side, form.value_effect if is_notional else form.price_effect)
    return NewOrder(
        legs=legs,
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=units,
        notional=form.value if is_notional else None,
        limit_price=form.price,
        stop_price=form.stop_trigger,
        price_effect=_net(form) if is_multi_leg else None,
        extended_hours=form.time_in_force.endswith("Ext"),
        expires_at=_expiry(form),
        client_order_id=ClientOrderId(form.external_identifier or ""),
    )


def read_terms(form: TermsForm, old: Order) -> Replacement:
    """Say an order's new terms: its legs and their sizes are the old ones; raises Refused."""
    order_type, time_in_force = _kind(form)
    if len(old.legs) == 1:
        _check_effect(old.legs[0].side, form.price_effect)
    elif _net(form) is not old.price_effect:
        raise NotTaken("replacement_not_supported", "The order cannot be replaced by such an order.")
    if time_in_force is TimeInForce.GTD or form.order_type == "Notional Market":
        raise NotTaken("replacement_not_supported", "The order cannot be replaced by such an order.")
    return Replacement(
        order_type=order_type,
        time_in_force=time_in_force,
        limit_price=form.price,
        stop_price=form.stop_trigger,
    )


def _kind(form: TermsForm) -> tuple[OrderType, TimeInForce]:
    """Check what belongs together."""
    if form.rules:
        raise NotTaken("rules_not_supported", "Orders with conditions are not supported.")
    if form.order_type not in _ORDER_TYPES or form.time_in_force not in _TIMES:
        raise NotTaken("order_type_not_supported", "Orders of this type and duration are not supported.")
    order_type, time_in_force = _ORDER_TYPES[form.order_type], _TIMES[form.time_in_force]
    if form.order_type == "Market" and time_in_force in (TimeInForce.GTC, TimeInForce.GTD):
        raise NotTaken("gtc_market_orders_not_supported", "GTC/GTD Market orders are not supported.")
    needs = {
        "price": (form.price, form.is_priced),
        "stop-trigger": (form.stop_trigger, form.order_type in ("Stop", "Stop Limit")),
        "gtc-date": (form.gtc_date, form.time_in_force == "GTD"),
        "value": (form.value, form.order_type == "Notional Market"),
        "value-effect": (form.value_effect, form.order_type == "Notional Market"),
    }
    for name, (value, is_needed) in needs.items():
        if (value is not None) is not is_needed:
            raise Invalid(name, "is missing" if is_needed else "is invalid")
    if form.price and form.price_effect is None:
        raise Invalid("price-effect", "is missing")
    return order_type, time_in_force


def _units(legs: list[LegForm]) -> Decimal:
    """Return what all legs have in common: their sizes are whole multiples of it."""
    sizes = []
    for index, leg in enumerate(legs):
        if not leg.quantity:
            raise Invalid(f"legs[{index}].quantity", "is missing" if leg.quantity is None else "is invalid")
        sizes.append(leg.quantity)
    if len(sizes) == 1:
        return sizes[0]
    if any(size != size.to_integral_value() for size in sizes):
        raise Invalid("legs.quantity")
    return Decimal(gcd(*map(int, sizes)))


def _leg(form: LegForm, index: int, units: Decimal | None, find: Find) -> NewLeg:
    is_future = form.instrument_type == "Future"
    instrument = find(form.symbol.removeprefix("/") if is_future else form.symbol)
    if TYPES[instrument.asset_class] != form.instrument_type or symbol_of(instrument) != form.symbol:
        raise UnknownSymbol(form.symbol)
    side, _, effect = form.action.partition(" to ")
    if not effect and instrument.asset_class is not AssetClass.FUTURE:
        raise Invalid(f"legs[{index}].action")
    return NewLeg(
        symbol=instrument.symbol,
        side=Side(side.lower()),
        position_effect=PositionEffect(effect.lower()) if effect else None,
        ratio=Decimal(1) if units is None or form.quantity is None else form.quantity / units,
    )


def _check_effect(side: Side, effect: str | None) -> None:
    if side is Side.BUY and effect == "Credit":
        raise NotTaken("cant_buy_for_credit", "You cannot buy for a credit.")
    if side is Side.SELL and effect == "Debit":
        raise NotTaken("cant_sell_for_debit", "You cannot sell for a debit.")


def _net(form: TermsForm) -> PriceEffect | None:
    """Say which way a multi-leg order's money goes; a price of nothing goes neither way."""
    if not form.price:
        return PriceEffect.EVEN
    return PriceEffect((form.price_effect or "").lower())


def _expiry(form: TermsForm) -> datetime | None:
    if form.gtc_date is None:
        return None
    return next_roll(datetime.combine(form.gtc_date, time(), UTC))


# Complex orders


def read_complex(form: ComplexForm, find: Find) -> NewGroup:
    """Say the group; raises Refused."""
    if form.type == "PAIRS":
        raise NotTaken("complex_order_not_supported", "Complex orders of this type are not supported.")
    group_type = GroupType(form.type.lower())
    roles = _ROLES[group_type]
    if (form.trigger_order is None) is not (group_type is GroupType.OCO):
        raise Invalid("trigger-order", "is missing" if form.trigger_order is None else "is invalid")
    if len(form.orders) != len(roles):
        raise Refused(f"An {form.type} order takes {len(roles)} orders besides its trigger.")
    types = {each.order_type for each in form.orders}
    if group_type is GroupType.OCO and not ("Limit" in types and types & {"Stop", "Stop Limit"}):
        raise NotTaken("invalid_oco_order_type_combo", "An OCO order has a limit order and one with a stop.")
    members = list(zip(roles, form.orders, strict=True))
    if form.trigger_order is not None:
        members.insert(0, (GroupRole.TRIGGER, form.trigger_order))
    return NewGroup(
        type=group_type,
        members=tuple(NewGroupMember(role=role, order=read_new(each, find)) for role, each in members),
        client_order_id=ClientOrderId(""),
    )
