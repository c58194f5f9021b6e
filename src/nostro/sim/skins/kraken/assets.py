"""Kraken's names for what is traded, and how fine amounts are.

Names of assets and pairs, with their spellings: docs.kraken.com `api-reference/market-data`, and replies that
JKorf/Kraken.Net e597f1d keeps (`GetAssets.txt`, `GetSymbols.txt`); decimals of XBT and USD from there. The
exchange's dollars are `ZUSD`.
"""

from dataclasses import dataclass
from decimal import Decimal

from nostro.domain.instrument import Instrument
from nostro.sim.refusals import UnknownSymbol

USD = "ZUSD"
USD_DECIMALS = 4
ASSET_DECIMALS = 10
LOT_DECIMALS = 8
COST_DECIMALS = 5
VOLUME_MIN = Decimal("0.0001")
COST_MIN = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    symbol: str
    """As the exchange has it."""
    name: str
    """Under which Kraken lists it."""
    base: str
    base_altname: str
    decimals: int
    """Of its prices: as fine as the exchange's ticks."""

    @property
    def altname(self) -> str:
        """Spell it as orders show it."""
        return f"{self.base_altname}USD"

    @property
    def wsname(self) -> str:
        return f"{self.base_altname}/USD"


def _pair(symbol: str, name: str, base: str, base_altname: str, decimals: int = 2) -> Pair:
    return Pair(symbol=symbol, name=name, base=base, base_altname=base_altname, decimals=decimals)


PAIRS = (
    _pair("BTC/USD", "XXBTZUSD", "XXBT", "XBT"),
    _pair("ETH/USD", "XETHZUSD", "XETH", "ETH"),
    _pair("SOL/USD", "SOLUSD", "SOL", "SOL"),
    _pair("LTC/USD", "XLTCZUSD", "XLTC", "LTC"),
    _pair("DOGE/USD", "XDGUSD", "XXDG", "XDG", 4),
)
_BY_SPELLING = {spelling: pair for pair in PAIRS for spelling in (pair.name, pair.altname, pair.wsname)}
_BY_SYMBOL = {pair.symbol: pair for pair in PAIRS}


def find_pair(spelling: str) -> Pair:
    """Find a pair by any of its spellings; raises UnknownSymbol."""
    if spelling not in _BY_SPELLING:
        raise UnknownSymbol(spelling)
    return _BY_SPELLING[spelling]


def is_traded(instrument: Instrument) -> bool:
    return instrument.symbol in _BY_SYMBOL


def pair_of(instrument: Instrument) -> Pair:
    return _BY_SYMBOL[instrument.symbol]


def amount(value: Decimal, places: int) -> str:
    """Spell an amount with so many decimals, or with more where it would not be exact."""
    rounded = round(value, places)
    return f"{rounded:f}" if rounded == value else f"{value.normalize():f}"
