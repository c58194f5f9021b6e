"""What can be traded: stocks, ETFs, options (OCC symbols), crypto pairs, futures."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class AssetClass(StrEnum):
    STOCK = "stock"
    ETF = "etf"
    OPTION = "option"
    CRYPTO = "crypto"
    FUTURE = "future"


class OptionRight(StrEnum):
    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class OptionContract:
    """One listed option series."""

    underlying: str
    expires_on: date
    right: OptionRight
    strike: Decimal
    """In the currency of the underlying, per share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable thing, named as its brokerage names it."""

    symbol: str
    """Ticker; for options the OCC symbol padded to 21 characters; `BASE/QUOTE` for crypto pairs; `ESZ6`."""
    asset_class: AssetClass
    currency: str = "USD"
    """ISO 4217 code of prices; for a crypto pair its quote currency."""
    description: str = ""
    exchange_mic: str = ""
    """ISO 10383 code of the listing exchange; empty where none is known."""
    multiplier: Decimal = Decimal(1)
    """Units of the underlying behind one unit: 100 for US equity options, 50 for ES futures."""
    fractionable: bool = False
    option: OptionContract | None = None
    """Set exactly when `asset_class` is OPTION."""


OPTION_MULTIPLIER = Decimal(100)
"""Shares behind one US equity option."""

_OCC = re.compile(r"([A-Z][A-Z0-9.]{0,5}) *(\d{2})(\d{2})(\d{2})([CP])(\d{8})")


def parse_occ(symbol: str) -> OptionContract | None:
    """Read an OCC option symbol, padded (`AAPL  251114C00240000`) or not; None when it is not one.

    The last eight digits are the strike times 1000. Source: OCC "Options Symbology Initiative", 21-character
    form.
    """
    match = _OCC.fullmatch(symbol.strip().upper())
    if match is None:
        return None
    root, year, month, day, right, strike = match.groups()
    try:
        expires_on = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    kind = OptionRight.CALL if right == "C" else OptionRight.PUT
    return OptionContract(root, expires_on, kind, Decimal(strike) / 1000)


def format_occ(contract: OptionContract) -> str:
    """Write the 21-character OCC symbol, root padded with spaces to six characters."""
    strike = int(contract.strike * 1000)
    right = "C" if contract.right is OptionRight.CALL else "P"
    return f"{contract.underlying:<6}{contract.expires_on:%y%m%d}{right}{strike:08d}"


def instrument_of(symbol: str) -> Instrument:
    """Tell an instrument by its symbol: an option in either OCC spelling, a crypto pair, else a stock."""
    contract = parse_occ(symbol)
    if contract is not None:
        return Instrument(
            symbol=format_occ(contract),
            asset_class=AssetClass.OPTION,
            multiplier=OPTION_MULTIPLIER,
            option=contract,
        )
    _, is_pair, quote_currency = symbol.partition("/")
    if is_pair and quote_currency:
        return Instrument(
            symbol=symbol, asset_class=AssetClass.CRYPTO, currency=quote_currency, fractionable=True
        )
    return Instrument(symbol=symbol, asset_class=AssetClass.STOCK)


def classes_of(symbol: str) -> frozenset[AssetClass]:
    """Say what kinds of thing a symbol can name: of a plain one only its brokerage knows which."""
    found = instrument_of(symbol).asset_class
    if found is AssetClass.STOCK:
        return frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.FUTURE})
    return frozenset({found})
