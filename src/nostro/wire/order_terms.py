"""What every order form shares: reading words and amounts, and the rules that hold for any order anywhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from nostro.domain.errors import InvalidRequest
from nostro.domain.ids import ClientOrderId, is_uuid
from nostro.domain.order import OrderType, PriceEffect, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from nostro.ports import Ids
from nostro.wire.statuses import ACTIONS, ORDER_TYPES, TIMES_IN_FORCE

T = TypeVar("T")

LIMIT_TYPES = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
STOP_TYPES = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_MAX_MAGNITUDE = 18
"""Amounts lie between 1e-18 and 1e18: beyond that a number is a mistake, or an attack."""
_PAIR = re.compile(r"([A-Za-z0-9.]+)[-/_]([A-Za-z0-9.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one order as sent, and what the form calls their fields, for the refusals."""

    order_type: str
    time_in_force: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    quantity: Decimal | None = None
    notional: Decimal | None = None
    expires_at: datetime | None = None
    price_effect: PriceEffect | None = None
    type_field: str = "order_type"
    limit_field: str = "limit_price"
    stop_field: str = "stop_price"
    quantity_field: str = "units"
    expiry_field: str = "expiry_date"


def new_order(
    terms: Terms, legs: tuple[NewLeg, ...], client_id: ClientOrderId, *, extended_hours: bool = False
) -> NewOrder:
    """Check the terms and build the order; raises InvalidRequest with a sentence that names the field."""
    order_type = read_order_type(terms.type_field, terms.order_type)
    time_in_force = read_time_in_force(terms.time_in_force)
    if (terms.quantity is None) == (terms.notional is None):
        message = f"Give exactly one of `{terms.quantity_field}` and `notional_value`."
        raise InvalidRequest(message)
    return NewOrder(
        legs=legs,
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=None if terms.quantity is None else positive(terms.quantity_field, terms.quantity),
        notional=None if terms.notional is None else positive("notional_value", terms.notional),
        limit_price=_limit_price(terms, order_type),
        stop_price=applicable_price(
            terms.stop_price, field=terms.stop_field, applies=order_type in STOP_TYPES, required=True
        ),
        price_effect=terms.price_effect if order_type in LIMIT_TYPES else None,
        extended_hours=extended_hours,
        expires_at=_expiry(terms, time_in_force),
        client_order_id=client_id,
    )


def applicable_price(price: Decimal | None, *, field: str, applies: bool, required: bool) -> Decimal | None:
    """Return the price; refuse one that this type of order does not have.

    What the caller meant would be a guess.
    """
    if not applies and price is not None:
        message = f"`{field}` must be null for this type of order."
        raise InvalidRequest(message)
    if applies and required and price is None:
        message = f"`{field}` is required for this type of order."
        raise InvalidRequest(message)
    return None if price is None else positive(field, price)


def word(field: str, text: str, words: Mapping[str, T]) -> T:
    """Read one of `words`, case and underscores ignored."""
    bare = _bare(text)
    for name, meaning in words.items():
        if _bare(name) == bare:
            return meaning
    message = f"`{field}` must be one of {', '.join(words)}."
    raise InvalidRequest(message)


def _bare(text: str) -> str:
    return text.upper().replace("_", "")


def read_order_type(field: str, text: str) -> OrderType:
    return word(field, text, ORDER_TYPES)


def read_time_in_force(text: str) -> TimeInForce:
    return word("time_in_force", text, TIMES_IN_FORCE)


def leg_of(field: str, action: str, symbol: str, *, ratio: Decimal = Decimal(1)) -> NewLeg:
    """Build one leg; `field` is where the action stood."""
    if not symbol.strip():
        message = "`symbol` must not be blank."
        raise InvalidRequest(message)
    side, effect = word(field, action, ACTIONS)
    return NewLeg(symbol=symbol, side=side, position_effect=effect, ratio=ratio)


def positive(field: str, amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount <= 0:
        message = f"`{field}` must be greater than zero."
        raise InvalidRequest(message)
    if abs(amount.adjusted()) > _MAX_MAGNITUDE:
        message = f"`{field}` is out of range."
        raise InvalidRequest(message)
    return amount


def client_order_id(given: str | None, ids: Ids) -> ClientOrderId:
    """Take the caller's id, which must be a UUID, in lower case; make one where there is none."""
    if given is None:
        return ClientOrderId(ids.uuid())
    if not is_uuid(given):
        message = "`client_order_id` must be a UUID of 36 characters."
        raise InvalidRequest(message)
    return ClientOrderId(given.lower())


def pair_symbol(symbol: str) -> str:
    """Spell a crypto pair as the domain does, `BTC/USD`; raises InvalidRequest for a lone coin."""
    match = _PAIR.fullmatch(symbol.strip())
    if match is None:
        message = "`instrument.symbol` must name a pair, such as BTC-USD."
        raise InvalidRequest(message)
    return f"{match[1]}/{match[2]}".upper()


def _limit_price(terms: Terms, order_type: OrderType) -> Decimal | None:
    """Read the limit price; an even multi-leg order is priced at zero, as its form says."""
    applies = order_type in LIMIT_TYPES
    if not applies or terms.price_effect is not PriceEffect.EVEN:
        return applicable_price(terms.limit_price, field=terms.limit_field, applies=applies, required=True)
    if terms.limit_price:
        message = f"`{terms.limit_field}` must be 0 or null when `price_effect` is EVEN."
        raise InvalidRequest(message)
    return Decimal(0)


def _expiry(terms: Terms, time_in_force: TimeInForce) -> datetime | None:
    if time_in_force is TimeInForce.GTD and terms.expires_at is None:
        message = f"`{terms.expiry_field}` is required when `time_in_force` is GTD."
        raise InvalidRequest(message)
    if terms.expires_at is None:
        return None
    if time_in_force is not TimeInForce.GTD:
        message = f"`{terms.expiry_field}` must be null unless `time_in_force` is GTD."
        raise InvalidRequest(message)
    if terms.expires_at.tzinfo is None:
        return terms.expires_at.replace(tzinfo=UTC)
    return terms.expires_at.astimezone(UTC)
