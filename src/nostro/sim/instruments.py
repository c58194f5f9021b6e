"""What is listed, and the prices a market opens with.

Prices are invented: a round reference price, moved by up to 5 % either way by the seed. The same seed always
opens with the same quotes. Options are not listed one by one: every well-formed OCC symbol on a listed stock
or ETF can be entered until its last day, with a price made of intrinsic value and a premium that shrinks away
from the money. Nothing is exercised: orders and positions in an expired series, or in a future, stay until
somebody ends them.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from nostro.domain.instrument import AssetClass, Instrument, OptionRight, format_occ, parse_occ

OPTION_MULTIPLIER = Decimal(100)
_CENT = Decimal("0.01")
_OPTION_TICK = Decimal("0.05")


class Prices(NamedTuple):
    """Best prices per unit. A side is None when nobody quotes it."""

    bid: Decimal | None
    ask: Decimal | None


@dataclass(frozen=True, slots=True)
class _Listing:
    instrument: Instrument
    reference: Decimal
    tick: Decimal


def _listings() -> dict[str, _Listing]:
    rows = (
        (AssetClass.STOCK, "AAPL", "Apple Inc.", "XNAS", "230"),
        (AssetClass.STOCK, "MSFT", "Microsoft Corporation", "XNAS", "420"),
        (AssetClass.STOCK, "NVDA", "NVIDIA Corporation", "XNAS", "140"),
        (AssetClass.STOCK, "AMZN", "Amazon.com, Inc.", "XNAS", "200"),
        (AssetClass.STOCK, "GOOGL", "Alphabet Inc. Class A", "XNAS", "180"),
        (AssetClass.STOCK, "META", "Meta Platforms, Inc.", "XNAS", "600"),
        (AssetClass.STOCK, "TSLA", "Tesla, Inc.", "XNAS", "320"),
        (AssetClass.STOCK, "AMD", "Advanced Micro Devices, Inc.", "XNAS", "150"),
        (AssetClass.STOCK, "INTC", "Intel Corporation", "XNAS", "24"),
        (AssetClass.STOCK, "JPM", "JPMorgan Chase & Co.", "XNYS", "240"),
        (AssetClass.STOCK, "BAC", "Bank of America Corporation", "XNYS", "45"),
        (AssetClass.STOCK, "KO", "The Coca-Cola Company", "XNYS", "64"),
        (AssetClass.STOCK, "DIS", "The Walt Disney Company", "XNYS", "110"),
        (AssetClass.STOCK, "V", "Visa Inc.", "XNYS", "310"),
        (AssetClass.STOCK, "XOM", "Exxon Mobil Corporation", "XNYS", "118"),
        (AssetClass.ETF, "SPY", "SPDR S&P 500 ETF Trust", "ARCX", "590"),
        (AssetClass.ETF, "VOO", "Vanguard S&P 500 ETF", "ARCX", "540"),
        (AssetClass.ETF, "VTI", "Vanguard Total Stock Market ETF", "ARCX", "290"),
        (AssetClass.ETF, "QQQ", "Invesco QQQ Trust", "XNAS", "510"),
        (AssetClass.ETF, "IWM", "iShares Russell 2000 ETF", "ARCX", "225"),
        (AssetClass.ETF, "TLT", "iShares 20+ Year Treasury Bond ETF", "XNAS", "90"),
        (AssetClass.ETF, "GLD", "SPDR Gold Shares", "ARCX", "245"),
    )
    listed = [
        _Listing(_spot(asset_class, symbol, description, mic), Decimal(price), _CENT)
        for asset_class, symbol, description, mic, price in rows
    ]
    pairs = (
        ("BTC/USD", "Bitcoin", "95000", "0.01"),
        ("ETH/USD", "Ether", "3300", "0.01"),
        ("SOL/USD", "Solana", "190", "0.01"),
        ("LTC/USD", "Litecoin", "100", "0.01"),
        ("DOGE/USD", "Dogecoin", "0.2", "0.0001"),
    )
    listed += [
        _Listing(_spot(AssetClass.CRYPTO, symbol, description, ""), Decimal(price), Decimal(tick))
        for symbol, description, price, tick in pairs
    ]
    futures = (
        ("ESZ6", "E-mini S&P 500 December 2026", "XCME", "6000", "0.25", "50"),
        ("NQZ6", "E-mini Nasdaq-100 December 2026", "XCME", "21000", "0.25", "20"),
        ("CLF7", "Crude Oil January 2027", "XNYM", "70", "0.01", "1000"),
        ("GCZ6", "Gold December 2026", "XCEC", "2700", "0.1", "100"),
    )
    listed += [
        _Listing(_future(symbol, description, mic, Decimal(multiplier)), Decimal(price), Decimal(tick))
        for symbol, description, mic, price, tick, multiplier in futures
    ]
    return {listing.instrument.symbol: listing for listing in listed}


def _spot(asset_class: AssetClass, symbol: str, description: str, mic: str) -> Instrument:
    return Instrument(
        symbol=symbol, asset_class=asset_class, description=description, exchange_mic=mic, fractionable=True
    )


def _future(symbol: str, description: str, mic: str, multiplier: Decimal) -> Instrument:
    return Instrument(
        symbol=symbol,
        asset_class=AssetClass.FUTURE,
        description=description,
        exchange_mic=mic,
        multiplier=multiplier,
    )


_LISTED = _listings()


def listed_instruments() -> list[Instrument]:
    """List everything but option series."""
    return [listing.instrument for listing in _LISTED.values()]


def resolve(symbol: str, on: date) -> Instrument | None:
    """Find what `symbol` names on that day, options in either OCC spelling; None when it is not traded."""
    listing = _LISTED.get(symbol.strip().upper())
    if listing is not None:
        return listing.instrument
    contract = parse_occ(symbol)
    if contract is None or contract.expires_on < on or contract.strike <= 0:
        return None
    underlying = _LISTED.get(contract.underlying)
    if underlying is None or underlying.instrument.asset_class not in (AssetClass.STOCK, AssetClass.ETF):
        return None
    return Instrument(
        symbol=format_occ(contract),
        asset_class=AssetClass.OPTION,
        description=f"{contract.underlying} {contract.expires_on} {contract.strike:f} {contract.right.value}",
        multiplier=OPTION_MULTIPLIER,
        option=contract,
    )


def opening_prices(seed: int, instrument: Instrument) -> Prices:
    """Return the prices that `instrument`, one that `resolve` knows, opens with under this seed."""
    if instrument.option is None:
        listing = _LISTED[instrument.symbol]
        middle, tick = _spot_price(seed, listing), listing.tick
    else:
        contract, tick = instrument.option, _OPTION_TICK
        spot = _spot_price(seed, _LISTED[contract.underlying])
        in_the_money = (
            spot - contract.strike if contract.right is OptionRight.CALL else contract.strike - spot
        )
        premium = spot * spot * Decimal("0.03") / (spot + 4 * abs(in_the_money))
        worth = max(in_the_money, Decimal(0)) + premium * _draw(seed, instrument.symbol)
        middle = max(_to_tick(worth, tick), 2 * tick)
    return Prices(middle - tick, middle + tick)


def _spot_price(seed: int, listing: _Listing) -> Decimal:
    return _to_tick(listing.reference * _draw(seed, listing.instrument.symbol), listing.tick)


def _draw(seed: int, symbol: str) -> Decimal:
    """Draw a factor between 0.95 and 1.05."""
    digest = hashlib.sha256(f"{seed}:{symbol}".encode()).digest()
    return Decimal("0.95") + Decimal(int.from_bytes(digest[:4], "big") % 1001) / 10_000


def _to_tick(price: Decimal, tick: Decimal) -> Decimal:
    return (price / tick).to_integral_value() * tick
