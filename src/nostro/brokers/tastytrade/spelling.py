"""Orders in tastytrade's words ("Submitting an Order").

Prices are texts there and quantities are numbers. A price has its direction beside it: of one leg its side
says it. What is bought or sold by value has no quantity, and what has no limit has no price at all.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from nostro.brokers.tastytrade.wire import ACTIONS, DURATIONS, EFFECTS, TYPES, is_future
from nostro.domain.instrument import AssetClass, format_occ, instrument_of
from nostro.domain.order import (
    Leg,
    Order,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewLeg, NewOrder, Replacement

_TYPE_WORDS = {meant: word for word, meant in reversed(TYPES.items())}
_DURATION_WORDS = {(meant, is_extended): word for (word, is_extended), meant in reversed(DURATIONS.items())}
_ACTION_WORDS = {meant: word for word, meant in reversed(ACTIONS.items())}
_EFFECT_WORDS: Mapping[PriceEffect, str] = {meant: word for word, meant in EFFECTS.items() if word != "None"}
_PLAIN = {Side.BUY: PositionEffect.OPEN, Side.SELL: PositionEffect.CLOSE}
"""What a side does where nobody says it. tastytrade corrects it if there is no position to close."""

_LIMITED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_STOPPED = (OrderType.STOP, OrderType.STOP_LIMIT)
_json = msgspec.json.Encoder(decimal_format="number")


def write_order(order: NewOrder) -> bytes | str:
    """Spell a new order of a kind that the specification has, or say why it has no words."""
    effect = _effect(order.legs, order.price_effect)
    if effect is None:
        return "a net price that is neither a debit nor a credit has no word here"
    duration = _DURATION_WORDS[order.time_in_force, order.extended_hours]
    document: dict[str, Any] = {
        "time-in-force": duration,
        "order-type": _TYPE_WORDS[order.order_type],
        "external-identifier": order.client_order_id,
    }
    if order.notional is not None:
        document |= {"order-type": "Notional Market", "value": _text(order.notional), "value-effect": effect}
    document |= _prices(order.order_type, order.limit_price, order.stop_price, effect)
    if any(leg.position_effect is PositionEffect.CLOSE for leg in order.legs):
        # Without it what closes nothing opens a position.
        document["advanced-instructions"] = {"strict-position-effect-validation": True}
    return _json.encode(document | {"legs": [_leg(leg, order.quantity) for leg in order.legs]})


def write_replacement(old: Order, terms: Replacement) -> bytes | str:
    """Spell new terms for an order, or say why they are not asked for.

    Only the price, the type and the duration can be changed ("Edit Order"), whatever its schema has.
    """
    if old.order_type is None or old.time_in_force is None or old.notional is not None:
        return "orders of this kind are not replaced here"
    if old.filled_quantity:
        return "an order that is filled in part is not replaced here: nobody says what its quantity would be"
    if terms.quantity is not None and terms.quantity != old.quantity:
        return "this brokerage does not change the quantity of an order"
    if (terms.time_in_force, old.extended_hours) not in _DURATION_WORDS or (
        terms.time_in_force is TimeInForce.GTD
    ):
        return "this duration is not asked for here"
    effect = _effect(old.legs, old.price_effect)
    if effect is None:
        return "a net price that is neither a debit nor a credit has no word here"
    limit_price, stop_price = terms.limit_price or old.limit_price, terms.stop_price or old.stop_price
    document = {
        "time-in-force": _DURATION_WORDS[terms.time_in_force, old.extended_hours],
        "order-type": _TYPE_WORDS[terms.order_type],
    }
    return _json.encode(document | _prices(terms.order_type, limit_price, stop_price, effect))


def _prices(
    type_: OrderType, limit_price: Decimal | None, stop_price: Decimal | None, effect: str
) -> dict[str, str]:
    said: dict[str, str] = {}
    if type_ in _LIMITED and limit_price is not None:
        said |= {"price": _text(limit_price), "price-effect": effect}
    if type_ in _STOPPED and stop_price is not None:
        said["stop-trigger"] = _text(stop_price)
    return said


def _effect(legs: tuple[NewLeg, ...] | tuple[Leg, ...], net: PriceEffect | None) -> str | None:
    """Say which way the money goes; None where there is no word for it."""
    if len(legs) > 1:
        return None if net is None else _EFFECT_WORDS.get(net)
    return "Debit" if legs[0].side is Side.BUY else "Credit"


def _leg(leg: NewLeg, whole: Decimal | None) -> dict[str, Any]:
    kind, symbol = _kind(leg.symbol)
    effect = leg.position_effect
    if effect is None and kind != "Future":
        effect = _PLAIN[leg.side]
    said = {"instrument-type": kind, "symbol": symbol, "action": _ACTION_WORDS[leg.side, effect]}
    return said if whole is None else said | {"quantity": Decimal(_text(whole * leg.ratio))}


def _kind(symbol: str) -> tuple[str, str]:
    if is_future(symbol):
        return "Future", f"/{symbol.removeprefix('/')}"
    found = instrument_of(symbol)
    if found.option is not None:
        return "Equity Option", format_occ(found.option)
    if found.asset_class is AssetClass.CRYPTO:
        return "Cryptocurrency", symbol
    return "Equity", symbol.replace(".", "/")


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}"
