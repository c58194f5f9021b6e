"""The forms that place, preview or replace one order, of every SDK generation, and what they ask for.

    OrderForm         /trade/place, /trade/impact
    OptionsForm       /accounts/{id}/trading/options and .../impact
    CryptoForm        /accounts/{id}/trading/crypto and .../preview
    SimpleForm        /accounts/{id}/trading/simple (SDK 13)
    ReplaceForm       /accounts/{id}/trading/replace

Everything here raises InvalidRequest for what can never be right, with a sentence that names the field.
What a brokerage can do is not asked here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from math import gcd

from msgspec import Struct

from nostro.domain.errors import InvalidRequest
from nostro.domain.ids import AccountId, BrokerageOrderId
from nostro.domain.order import PriceEffect
from nostro.domain.place import NewLeg, NewOrder, Replacement
from nostro.ports import Ids
from nostro.wire.order_terms import (
    LIMIT_TYPES,
    STOP_TYPES,
    Terms,
    applicable_price,
    client_order_id,
    leg_of,
    new_order,
    pair_symbol,
    positive,
    read_order_type,
    read_time_in_force,
    word,
)
from nostro.wire.statuses import PRICE_EFFECTS, SESSIONS

ResolveSymbol = Callable[[str], str | None]
"""From a `universal_symbol_id` to `Instrument.symbol`; None for an id that nobody issued."""


class OrderForm(Struct, kw_only=True, frozen=True):
    account_id: AccountId
    action: str
    order_type: str
    time_in_force: str
    symbol: str | None = None
    universal_symbol_id: str | None = None
    trading_session: str | None = None
    expiry_date: datetime | None = None
    """UTC where no offset is given."""
    price: Decimal | None = None
    stop: Decimal | None = None
    units: Decimal | None = None
    notional_value: Decimal | None = None
    client_order_id: str | None = None

    def to_domain(self, ids: Ids, resolve: ResolveSymbol) -> NewOrder:
        terms = Terms(
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            limit_price=self.price,
            stop_price=self.stop,
            quantity=self.units,
            notional=self.notional_value,
            expires_at=self.expiry_date,
            limit_field="price",
            stop_field="stop",
        )
        leg = leg_of("action", self.action, self._symbol(resolve))
        extended = word("trading_session", self.trading_session or "REGULAR", SESSIONS)
        client_id = client_order_id(self.client_order_id, ids)
        return new_order(terms, (leg,), client_id, extended_hours=extended)

    def _symbol(self, resolve: ResolveSymbol) -> str:
        if self.symbol is not None and self.universal_symbol_id is not None:
            message = "Give `symbol` or `universal_symbol_id`, not both."
            raise InvalidRequest(message)
        if self.symbol is not None:
            return self.symbol
        if self.universal_symbol_id is None:
            message = "`symbol` or `universal_symbol_id` is required."
            raise InvalidRequest(message)
        symbol = resolve(self.universal_symbol_id)
        if symbol is None:
            message = "`universal_symbol_id` is not the id of a symbol known here."
            raise InvalidRequest(message)
        return symbol


class OptionsInstrument(Struct, kw_only=True, frozen=True):
    symbol: str
    instrument_type: str | None = None


class OptionsLeg(Struct, kw_only=True, frozen=True):
    instrument: OptionsInstrument
    action: str
    units: Decimal


class OptionsForm(Struct, kw_only=True, frozen=True):
    order_type: str
    time_in_force: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    price_effect: str | None = None
    legs: list[OptionsLeg]

    def to_domain(self, ids: Ids) -> NewOrder:
        parts = [(leg.instrument.symbol, leg.action, leg.units) for leg in self.legs]
        quantity, legs = _multi_leg(parts)
        terms = Terms(
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            quantity=quantity,
            price_effect=_price_effect(self.price_effect, legs),
        )
        return new_order(terms, legs, client_order_id(None, ids))


class CryptoInstrument(Struct, kw_only=True, frozen=True):
    symbol: str
    type: str


class CryptoForm(Struct, kw_only=True, frozen=True):
    instrument: CryptoInstrument
    side: str
    type: str
    time_in_force: str
    amount: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    post_only: bool | None = None
    expiration_date: datetime | None = None
    """UTC where no offset is given."""

    def to_domain(self, ids: Ids) -> NewOrder:
        if self.post_only:
            message = "`post_only` orders are not supported."
            raise InvalidRequest(message)
        if self.type.upper().startswith("TAKE_PROFIT"):
            message = "Take-profit orders are not supported: place a LIMIT order."
            raise InvalidRequest(message)
        terms = Terms(
            order_type=self.type,
            time_in_force=self.time_in_force,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            quantity=self.amount,
            expires_at=self.expiration_date,
            type_field="type",
            quantity_field="amount",
            expiry_field="expiration_date",
        )
        leg = leg_of("side", self.side, pair_symbol(self.instrument.symbol))
        return new_order(terms, (leg,), client_order_id(None, ids))


class SimpleInstrument(Struct, kw_only=True, frozen=True):
    kind: str
    symbol: str


class SimpleLeg(Struct, kw_only=True, frozen=True):
    instrument: SimpleInstrument
    action: str
    units: Decimal | None = None


class SimpleForm(Struct, kw_only=True, frozen=True):
    order_type: str
    time_in_force: str
    legs: list[SimpleLeg]
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    price_effect: str | None = None
    client_order_id: str | None = None
    expiry_date: datetime | None = None
    """UTC where no offset is given."""
    notional_value: Decimal | None = None
    trading_session: str | None = None

    def to_domain(self, ids: Ids) -> NewOrder:
        quantity, legs = self._legs()
        terms = Terms(
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            quantity=quantity,
            notional=self.notional_value,
            expires_at=self.expiry_date,
            price_effect=_price_effect(self.price_effect, legs),
            quantity_field="legs[0].units",
        )
        extended = word("trading_session", self.trading_session or "REGULAR", SESSIONS)
        return new_order(terms, legs, client_order_id(self.client_order_id, ids), extended_hours=extended)

    def _legs(self) -> tuple[Decimal | None, tuple[NewLeg, ...]]:
        parts = [(_simple_symbol(leg.instrument), leg.action, leg.units) for leg in self.legs]
        if len(parts) == 1 and parts[0][2] is None:
            symbol, action, _ = parts[0]
            return None, (leg_of("legs[0].action", action, symbol),)
        return _multi_leg(parts)


class ReplaceForm(Struct, kw_only=True, frozen=True):
    """`action` and `symbol` say what the order already is; they cannot be changed."""

    brokerage_order_id: BrokerageOrderId
    action: str
    order_type: str
    time_in_force: str
    price: Decimal | None = None
    symbol: str | None = None
    stop: Decimal | None = None
    units: Decimal | None = None

    def to_domain(self) -> Replacement:
        order_type = read_order_type("order_type", self.order_type)
        return Replacement(
            order_type=order_type,
            time_in_force=read_time_in_force(self.time_in_force),
            quantity=None if self.units is None else positive("units", self.units),
            limit_price=applicable_price(
                self.price, field="price", applies=order_type in LIMIT_TYPES, required=False
            ),
            stop_price=applicable_price(
                self.stop, field="stop", applies=order_type in STOP_TYPES, required=False
            ),
        )


def _multi_leg(parts: Sequence[tuple[str, str, Decimal | None]]) -> tuple[Decimal, tuple[NewLeg, ...]]:
    """Split the absolute units of all legs into whole strategies and a ratio per leg."""
    if not parts:
        message = "`legs` must have at least one leg."
        raise InvalidRequest(message)
    units = [_leg_units(number, leg_units) for number, (_, _, leg_units) in enumerate(parts)]
    if len(parts) == 1:
        symbol, action, _ = parts[0]
        return units[0], (leg_of("legs[0].action", action, symbol),)
    for number, leg_units in enumerate(units):
        if leg_units % 1 != 0:
            message = f"`legs[{number}].units` must be a whole number in a multi-leg order."
            raise InvalidRequest(message)
    quantity = Decimal(gcd(*(int(leg_units) for leg_units in units)))
    legs = tuple(
        leg_of(f"legs[{number}].action", action, symbol, ratio=units[number] / quantity)
        for number, (symbol, action, _) in enumerate(parts)
    )
    return quantity, legs


def _leg_units(number: int, units: Decimal | None) -> Decimal:
    field = f"legs[{number}].units"
    if units is None:
        message = f"`{field}` is required."
        raise InvalidRequest(message)
    return positive(field, units)


def _price_effect(effect: str | None, legs: tuple[NewLeg, ...]) -> PriceEffect | None:
    """Read the direction of the net price; a single leg's follows from its action, whatever was sent."""
    if effect is None or len(legs) == 1:
        return None
    return word("price_effect", effect, PRICE_EFFECTS)


def _simple_symbol(instrument: SimpleInstrument) -> str:
    match instrument.kind.lower():
        case "equity" | "option":
            return instrument.symbol
        case "future":
            return instrument.symbol.removeprefix("/")
        case "future_option":
            message = "Options on futures are not supported."
            raise InvalidRequest(message)
        case _:
            message = "`legs.instrument.kind` must be one of equity, option, future, future_option."
            raise InvalidRequest(message)
