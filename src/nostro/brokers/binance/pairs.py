"""Which symbols there are, and which of them an account can have traded.

Binance's symbols have nothing between the two assets: what `BTCUSDT` stands for only `exchangeInfo` says.
Whole it is larger than a reply may be, so that it is asked for the symbols that are met, each once in a
session.

Closed orders are shown by symbol alone. There are thousands of symbols, and Binance tells nobody which of
them an account has traded. Those are tried that can be told from the account: of its open orders, of this
session, and the pairs of an asset that it has with money or with another asset that it has. An order that
closed in a pair of which the account has nothing left is not found without its route.
"""

from collections.abc import Iterable, Mapping, Sequence

from nostro.brokers.ask import Asking
from nostro.brokers.binance.wire import read_holdings, read_pairs, read_prices, write_symbols
from nostro.domain.errors import ReadFailed

ACCOUNT = "/api/v3/account?omitZeroBalances=true"
PRICES = "/api/v3/ticker/price"

_COINS = ("USDT", "USDC", "FDUSD", "TUSD", "USD1", "BUSD", "DAI", "RLUSD", "EURI")
_CURRENCIES = ("USD", "EUR", "TRY", "BRL", "GBP", "JPY", "AUD", "ARS", "COP", "CZK", "MXN", "PLN", "ZAR")
MONEY = (*_COINS, *_CURRENCIES)
"""What counts as cash: currencies, and coins that stand for one. The first that trades an asset prices it.

A choice: Binance draws no line between money and other assets.
"""

PAIRS_MAX = 30
"""Pairs that are asked one by one: for one id at a weight of 4, for closed orders at 20, of 6000 a minute."""

_AT_ONCE = 100
"""Symbols in one question; each comes to about 2 KB."""


class Pairs:
    """What one session has learnt of symbols."""

    def __init__(self, ask: Asking) -> None:
        self._ask = ask
        self._known: dict[str, str] = {}

    async def tell(self, symbols: Iterable[str]) -> Mapping[str, str]:
        """Tell the pair of each symbol as the domain spells it; raises ReadFailed where there is none."""
        wanted = list(dict.fromkeys(symbols))
        unknown = [symbol for symbol in wanted if symbol not in self._known]
        for first in range(0, len(unknown), _AT_ONCE):
            listed = write_symbols(unknown[first : first + _AT_ONCE])
            path = f"/api/v3/exchangeInfo?symbols={listed}&showPermissionSets=false"
            found = await self._ask.read(path, read_pairs, "look_up")
            self._known |= {symbol: found[symbol] for symbol in unknown if symbol in found}
        if not self._known.keys() >= set(wanted):
            raise ReadFailed("the brokerage does not tell what its symbols stand for")
        return {symbol: self._known[symbol] for symbol in wanted}

    async def to_try(self, open_symbols: Sequence[str]) -> tuple[list[str], bool]:
        """List the symbols of which this account can have closed orders, and say whether these are all.

        Raises ReadFailed.
        """
        held = [each.asset for each in await self._ask.read(ACCOUNT, read_holdings, "look_up")]
        listed = await self._ask.read(PRICES, read_prices, "look_up")
        quotes = dict.fromkeys((*MONEY, *held))
        likely = (*open_symbols, *self._known, *(f"{asset}{each}" for each in quotes for asset in held))
        found = list(dict.fromkeys(symbol for symbol in likely if symbol in listed))
        return found[:PAIRS_MAX], len(found) <= PAIRS_MAX


def symbol_of(pair: str) -> str:
    """Spell a pair as Binance does; whether there is such a symbol, and it is this pair, `Pairs` says."""
    return pair.replace("/", "")
