"""What can be traded, and at what price: instruments, quotes, crypto pairs."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from nostro.domain.account import Quote
from nostro.domain.instrument import Instrument
from nostro.wire.reference import UniversalSymbol, render_symbol, split_pair, symbol_id, wire_symbol
from nostro.wire.values import decimal_number, decimal_text


class BrokerageInstrument(Struct, kw_only=True, frozen=True):
    symbol: str
    exchange_mic: str | None
    tradeable: bool | None = True
    fractionable: bool | None
    universal_symbol_id: str | None


class BrokerageInstrumentsResponse(Struct, kw_only=True, frozen=True):
    instruments: tuple[BrokerageInstrument, ...]


class SymbolQuote(Struct, kw_only=True, frozen=True):
    """One of `SymbolsQuotes`.

    A number that nobody knows is left out: the published fields are not nullable.
    """

    symbol: UniversalSymbol
    last_trade_price: Decimal | UnsetType
    bid_price: Decimal | UnsetType
    ask_price: Decimal | UnsetType
    bid_size: Decimal | UnsetType
    ask_size: Decimal | UnsetType


class CryptocurrencyPair(Struct, kw_only=True, frozen=True):
    symbol: str
    base: str
    quote: str
    increment: str | None = None


class CryptocurrencyPairs(Struct, kw_only=True, frozen=True):
    items: tuple[CryptocurrencyPair, ...]


class CryptocurrencyPairQuote(Struct, kw_only=True, frozen=True):
    bid: str
    ask: str
    mid: str
    timestamp: datetime


def render_instruments(instruments: Iterable[Instrument]) -> BrokerageInstrumentsResponse:
    return BrokerageInstrumentsResponse(
        instruments=tuple(
            BrokerageInstrument(
                symbol=wire_symbol(instrument),
                exchange_mic=instrument.exchange_mic or None,
                fractionable=instrument.fractionable,
                universal_symbol_id=symbol_id(instrument),
            )
            for instrument in instruments
        )
    )


def render_quotes(quotes: Iterable[Quote]) -> tuple[SymbolQuote, ...]:
    """Render quotes of anything but options."""
    return tuple(
        SymbolQuote(
            symbol=render_symbol(quote.instrument),
            last_trade_price=_known(quote.last),
            bid_price=_known(quote.bid),
            ask_price=_known(quote.ask),
            bid_size=_known(quote.bid_quantity),
            ask_size=_known(quote.ask_quantity),
        )
        for quote in quotes
    )


def render_pairs(instruments: Iterable[Instrument]) -> CryptocurrencyPairs:
    """Render crypto instruments as pairs."""
    return CryptocurrencyPairs(items=tuple(_render_pair(instrument) for instrument in instruments))


def render_pair_quote(quote: Quote) -> CryptocurrencyPairQuote | None:
    """Render a pair's quote; None where one side is missing, as both are required on the wire."""
    if quote.bid is None or quote.ask is None:
        return None
    return CryptocurrencyPairQuote(
        bid=decimal_text(quote.bid),
        ask=decimal_text(quote.ask),
        mid=decimal_text((quote.bid + quote.ask) / 2),
        timestamp=quote.at,
    )


def _render_pair(instrument: Instrument) -> CryptocurrencyPair:
    base, quote = split_pair(instrument)
    return CryptocurrencyPair(symbol=f"{base}-{quote}", base=base, quote=quote)


def _known(number: Decimal | None) -> Decimal | UnsetType:
    return UNSET if number is None else decimal_number(number)
