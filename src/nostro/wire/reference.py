"""Currencies, exchanges, security types and symbols, as records and positions embed them.

Natural keys of ids: a currency's code, an exchange's MIC, a security type's code; for a symbol its family,
its text and its currency. Stocks and ETFs are one family, because not every brokerage tells them apart
everywhere.
"""

from datetime import date
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from nostro.domain.instrument import AssetClass, Instrument, OptionContract, OptionRight, format_occ
from nostro.wire.values import decimal_number, stable_id

CURRENCY_NAMES = {
    "AUD": "Australian Dollar",
    "BRL": "Brazilian Real",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "CNY": "Chinese Yuan",
    "CZK": "Czech Koruna",
    "DKK": "Danish Krone",
    "EUR": "Euro",
    "GBP": "Pound Sterling",
    "HKD": "Hong Kong Dollar",
    "HUF": "Hungarian Forint",
    "ILS": "Israeli New Shekel",
    "INR": "Indian Rupee",
    "JPY": "Japanese Yen",
    "KRW": "South Korean Won",
    "MXN": "Mexican Peso",
    "NOK": "Norwegian Krone",
    "NZD": "New Zealand Dollar",
    "PLN": "Polish Zloty",
    "SEK": "Swedish Krona",
    "SGD": "Singapore Dollar",
    "TRY": "Turkish Lira",
    "USD": "US Dollar",
    "ZAR": "South African Rand",
}
"""ISO 4217. A currency that is not here counts as a cryptocurrency where it is the quote of a pair."""

_TYPES = {
    AssetClass.STOCK: ("cs", "Common Stock"),
    AssetClass.ETF: ("et", "ETF"),
    AssetClass.CRYPTO: ("crypto", "Cryptocurrency"),
    AssetClass.OPTION: ("option", "Option"),
    AssetClass.FUTURE: ("future", "Future"),
}
"""SnapTrade documents `cs`, `et` and `crypto`; the other two are nostro's own words in its open list."""

_EXCHANGES = {
    "ARCX": ("ARCX", "NYSE Arca", "America/New_York", "09:30:00", "16:00:00"),
    "BATS": ("BATS", "Cboe BZX", "America/New_York", "09:30:00", "16:00:00"),
    "XASE": ("AMEX", "NYSE American", "America/New_York", "09:30:00", "16:00:00"),
    "XNAS": ("NASDAQ", "Nasdaq", "America/New_York", "09:30:00", "16:00:00"),
    "XNYS": ("NYSE", "New York Stock Exchange", "America/New_York", "09:30:00", "16:00:00"),
    "XTSE": ("TSX", "Toronto Stock Exchange", "America/Toronto", "09:30:00", "16:00:00"),
}
"""By ISO 10383 code: SnapTrade's short code, name, zone, regular hours in that zone."""


class Currency(Struct, kw_only=True, frozen=True):
    id: str
    code: str
    name: str


class Exchange(Struct, kw_only=True, frozen=True):
    id: str
    code: str
    mic_code: str | None
    name: str
    timezone: str | UnsetType = UNSET
    start_time: str | UnsetType = UNSET
    close_time: str | UnsetType = UNSET
    suffix: str | None = None


class SecurityType(Struct, kw_only=True, frozen=True):
    id: str
    code: str
    description: str
    is_supported: bool = True


class UniversalSymbol(Struct, kw_only=True, frozen=True):
    id: str
    symbol: str
    raw_symbol: str
    description: str | None
    currency: Currency
    exchange: Exchange | UnsetType = UNSET
    """Left out where no listing exchange is known: the published field is not nullable."""
    type: SecurityType
    figi_code: str | None = None
    figi_instrument: None = None
    currencies: tuple[Currency, ...]


class UnderlyingSymbol(Struct, kw_only=True, frozen=True):
    """The security behind an option.

    Its type is left out: an option symbol does not say whether it is an ETF.
    """

    id: str
    symbol: str
    raw_symbol: str
    description: str | None = None
    currency: Currency
    figi_code: str | None = None
    figi_instrument: None = None
    currencies: tuple[Currency, ...]


class OptionsSymbol(Struct, kw_only=True, frozen=True):
    id: str
    ticker: str
    option_type: str
    strike_price: Decimal
    expiration_date: date
    is_mini_option: bool
    underlying_symbol: UnderlyingSymbol


def render_currency(code: str) -> Currency:
    """Render an ISO 4217 or crypto currency code; an unknown code is its own name."""
    return Currency(id=stable_id("currency", code), code=code, name=CURRENCY_NAMES.get(code, code))


def render_exchange(mic: str) -> Exchange:
    """Render an exchange by its ISO 10383 code; of one that nostro does not know, only the code is said."""
    exchange_id = stable_id("exchange", mic)
    known = _EXCHANGES.get(mic)
    if known is None:
        return Exchange(id=exchange_id, code=mic, mic_code=mic, name=mic)
    code, name, zone, opens, closes = known
    return Exchange(
        id=exchange_id,
        code=code,
        mic_code=mic,
        name=name,
        timezone=zone,
        start_time=opens,
        close_time=closes,
        suffix=".TO" if mic == "XTSE" else None,
    )


def list_exchanges() -> tuple[Exchange, ...]:
    """List the exchanges nostro can describe (`GET /exchanges`)."""
    return tuple(render_exchange(mic) for mic in sorted(_EXCHANGES))


def render_security_type(asset_class: AssetClass) -> SecurityType:
    code, description = _TYPES[asset_class]
    return SecurityType(id=stable_id("security_type", code), code=code, description=description)


def list_security_types() -> tuple[SecurityType, ...]:
    """List all security types (`GET /securityTypes`)."""
    return tuple(render_security_type(asset_class) for asset_class in AssetClass)


def symbol_id(instrument: Instrument) -> str:
    """Return SnapTrade's `universal_symbol_id` or option symbol id of an instrument."""
    return _symbol_id(instrument.asset_class, wire_symbol(instrument), instrument.currency)


def wire_symbol(instrument: Instrument) -> str:
    """Spell a symbol as SnapTrade does: OCC padded to 21 characters; `BTC-USD` for the pair `BTC/USD`."""
    if instrument.option is not None:
        return format_occ(instrument.option)
    if instrument.asset_class is AssetClass.CRYPTO:
        return instrument.symbol.replace("/", "-")
    return instrument.symbol


def split_pair(instrument: Instrument) -> tuple[str, str]:
    """Split a crypto instrument into base and quote; one without a slash is quoted in its currency."""
    base, _, quote = instrument.symbol.partition("/")
    return base, quote or instrument.currency


def render_symbol(instrument: Instrument) -> UniversalSymbol:
    """Render any instrument but an option. A crypto pair is shown as its base, under the id of the pair."""
    is_crypto = instrument.asset_class is AssetClass.CRYPTO
    symbol = split_pair(instrument)[0] if is_crypto else instrument.symbol
    currency = render_currency(instrument.currency)
    exchange = render_exchange(instrument.exchange_mic) if instrument.exchange_mic else UNSET
    return UniversalSymbol(
        id=symbol_id(instrument),
        symbol=symbol,
        raw_symbol=symbol.removesuffix(".TO"),
        description=instrument.description or None,
        currency=currency,
        exchange=exchange,
        type=render_security_type(instrument.asset_class),
        currencies=(currency,),
    )


def render_option(instrument: Instrument, contract: OptionContract) -> OptionsSymbol:
    """Render an option; `contract` is `instrument.option`."""
    currency = render_currency(instrument.currency)
    return OptionsSymbol(
        id=symbol_id(instrument),
        ticker=wire_symbol(instrument),
        option_type="CALL" if contract.right is OptionRight.CALL else "PUT",
        strike_price=decimal_number(contract.strike),
        expiration_date=contract.expires_on,
        is_mini_option=instrument.multiplier == 10,
        underlying_symbol=UnderlyingSymbol(
            id=underlying_id(instrument, contract),
            symbol=contract.underlying,
            raw_symbol=contract.underlying,
            currency=currency,
            currencies=(currency,),
        ),
    )


def underlying_id(instrument: Instrument, contract: OptionContract) -> str:
    """Return the symbol id of what is behind an option."""
    return _symbol_id(AssetClass.STOCK, contract.underlying, instrument.currency)


def _symbol_id(asset_class: AssetClass, symbol: str, currency: str) -> str:
    family = AssetClass.STOCK if asset_class is AssetClass.ETF else asset_class
    return stable_id("symbol", f"{family.value}:{symbol}:{currency}")
