"""Positions of every kind (`GET /accounts/{id}/positions/all`). All amounts are decimal strings."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeAlias, assert_never

from msgspec import Struct

from nostro.domain.account import Position
from nostro.domain.instrument import AssetClass, Instrument, OptionContract, OptionRight
from nostro.wire.reference import render_symbol, symbol_id, underlying_id, wire_symbol
from nostro.wire.values import decimal_text, optional_text

_FUTURE = re.compile(r"(?P<root>.+?)(?P<code>[FGHJKMNQUVXZ]\d{1,4})")
"""Root, month letter, year: the spelling that CME and its members use, e.g. `ESZ6`."""


class SecurityInstrument(Struct, kw_only=True, frozen=True, tag_field="kind"):
    """What a stock, an ETF and a cryptocurrency share."""

    id: str
    symbol: str
    raw_symbol: str
    description: str | None
    currency: str | None
    exchange: str | None
    figi_instrument: None = None


class StockInstrument(SecurityInstrument, kw_only=True, frozen=True, tag_field="kind", tag="stock"):
    pass


class EtfInstrument(SecurityInstrument, kw_only=True, frozen=True, tag_field="kind", tag="etf"):
    pass


class CryptoInstrument(SecurityInstrument, kw_only=True, frozen=True, tag_field="kind", tag="crypto"):
    pass


class FutureInstrument(Struct, kw_only=True, frozen=True, tag_field="kind", tag="future"):
    id: str
    symbol: str
    root_symbol: str
    expiration_code: str
    """Empty where the symbol does not end in one."""
    expiration_date: date | None = None
    multiplier: str
    currency: str | None
    exchange: str | None


class OptionInstrument(Struct, kw_only=True, frozen=True, tag_field="kind", tag="option"):
    id: str
    symbol: str
    option_type: str
    strike_price: str
    expiration_date: date
    multiplier: str
    description: str | None
    underlying: StockInstrument
    """Always a stock: an option symbol does not say whether its underlying is an ETF."""


AnyInstrument: TypeAlias = (
    StockInstrument | EtfInstrument | CryptoInstrument | FutureInstrument | OptionInstrument
)

_SECURITIES: dict[AssetClass, type[StockInstrument | EtfInstrument | CryptoInstrument]] = {
    AssetClass.STOCK: StockInstrument,
    AssetClass.ETF: EtfInstrument,
    AssetClass.CRYPTO: CryptoInstrument,
}


class AccountPosition(Struct, kw_only=True, frozen=True):
    instrument: AnyInstrument
    units: str
    """Negative when short."""
    price: str | None
    cost_basis: str | None
    """Per unit; for options per share."""
    currency: str


class DataFreshness(Struct, kw_only=True, frozen=True):
    as_of: datetime


class AllAccountPositionsResponse(Struct, kw_only=True, frozen=True):
    results: tuple[AccountPosition, ...]
    data_freshness: DataFreshness


def render_positions(positions: Iterable[Position], as_of: datetime) -> AllAccountPositionsResponse:
    """Render positions; `as_of` is when the brokerage listed them."""
    return AllAccountPositionsResponse(
        results=tuple(_render_position(position) for position in positions),
        data_freshness=DataFreshness(as_of=as_of),
    )


def _render_position(position: Position) -> AccountPosition:
    return AccountPosition(
        instrument=render_instrument(position.instrument),
        units=decimal_text(position.quantity),
        price=optional_text(position.last_price),
        cost_basis=optional_text(position.average_price),
        currency=position.instrument.currency,
    )


def render_instrument(instrument: Instrument) -> AnyInstrument:
    match instrument.asset_class:
        case AssetClass.STOCK | AssetClass.ETF | AssetClass.CRYPTO:
            return _render_security(instrument)
        case AssetClass.FUTURE:
            return _render_future(instrument)
        case AssetClass.OPTION:
            if instrument.option is None:
                message = "an option instrument without its contract"
                raise ValueError(message)
            return _render_option(instrument, instrument.option)
        case _:
            assert_never(instrument.asset_class)


def _render_security(instrument: Instrument) -> StockInstrument | EtfInstrument | CryptoInstrument:
    symbol = render_symbol(instrument)
    return _SECURITIES[instrument.asset_class](
        id=symbol.id,
        symbol=symbol.symbol,
        raw_symbol=symbol.raw_symbol,
        description=symbol.description,
        currency=instrument.currency,
        exchange=instrument.exchange_mic or None,
    )


def _render_future(instrument: Instrument) -> FutureInstrument:
    match = _FUTURE.fullmatch(instrument.symbol)
    return FutureInstrument(
        id=symbol_id(instrument),
        symbol=instrument.symbol,
        root_symbol=match["root"] if match else instrument.symbol,
        expiration_code=match["code"] if match else "",
        multiplier=decimal_text(instrument.multiplier),
        currency=instrument.currency,
        exchange=instrument.exchange_mic or None,
    )


def _render_option(instrument: Instrument, contract: OptionContract) -> OptionInstrument:
    return OptionInstrument(
        id=symbol_id(instrument),
        symbol=wire_symbol(instrument),
        option_type="CALL" if contract.right is OptionRight.CALL else "PUT",
        strike_price=decimal_text(contract.strike),
        expiration_date=contract.expires_on,
        multiplier=decimal_text(instrument.multiplier),
        description=instrument.description or None,
        underlying=StockInstrument(
            id=underlying_id(instrument, contract),
            symbol=contract.underlying,
            raw_symbol=contract.underlying,
            description=None,
            currency=instrument.currency,
            exchange=None,
        ),
    )
