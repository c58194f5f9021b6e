"""What Kraken's names of pairs and assets stand for.

Kraken calls the pair BTC/USD `XXBTZUSD` and `XBTUSD`, and says which letters are which only where it lists
pairs (AssetPairs, `wsname`); of an asset it does so in Assets (`altname`). Two assets have another name at
Kraken than with everybody else ("API symbols and tickers"). All of that is asked for once a session, and what
Kraken does not list is shown under Kraken's own name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from nostro.brokers.ask import Asking
from nostro.brokers.kraken.wire import Pair, read_assets, read_pairs
from nostro.domain.instrument import instrument_of
from nostro.domain.order import Order

_OURS = {"XBT": "BTC", "XDG": "DOGE"}
_THEIRS = {ours: theirs for theirs, ours in _OURS.items()}

_NAMES_MAX = 50
"""Pairs to ask for at once; the whole list is larger than a reply may be."""


class Names:
    def __init__(self, ask: Asking) -> None:
        self._ask = ask
        self._symbols: dict[str, str | None] = {}
        """Of each pair, by each of its names; None for what Kraken does not list."""
        self._assets: Mapping[str, str] = {}

    async def pair_of(self, symbol: str) -> str | None:
        """Find the name by which a pair is ordered; None where Kraken has no such pair. Raises ReadFailed."""
        name = "".join(_THEIRS.get(part, part) for part in symbol.split("/"))
        await self._learn([name])
        return name if self._symbols[name] == symbol else None

    async def named(self, orders: Sequence[Order]) -> list[Order]:
        """Give orders their symbols, in place of Kraken's names. Raises ReadFailed."""
        await self._learn(sorted({order.legs[0].instrument.symbol for order in orders}))
        return [self._named(order) for order in orders]

    async def asset_names(self) -> Mapping[str, str]:
        """Find what each asset is called by everybody, by Kraken's name. Raises ReadFailed."""
        if not self._assets:
            found = await self._ask.read("/0/public/Assets", read_assets)
            ours = {name: _OURS.get(altname, altname) for name, altname in found.items()}
            # What earns rewards is called after the second name: `XBT.F`.
            self._assets = {found[name]: known for name, known in ours.items()} | ours
        return self._assets

    def _named(self, order: Order) -> Order:
        [leg] = order.legs
        symbol = self._symbols[leg.instrument.symbol]
        if symbol is None:
            return order
        return replace(order, legs=(replace(leg, instrument=instrument_of(symbol)),))

    async def _learn(self, names: Sequence[str]) -> None:
        new = [name for name in names if name not in self._symbols]
        for first in range(0, len(new), _NAMES_MAX):
            await self._ask_for(new[first : first + _NAMES_MAX])

    async def _ask_for(self, names: Sequence[str]) -> None:
        """Ask; of several names, one that Kraken does not list any more makes it refuse the others too."""
        pairs = await self._ask.read(
            f"/0/public/AssetPairs?pair={quote(','.join(names), safe=',')}", read_pairs
        )
        if pairs is None and len(names) > 1:
            middle = len(names) // 2
            await self._ask_for(names[:middle])
            await self._ask_for(names[middle:])
            return
        found = {
            name: symbol
            for pair in pairs or ()
            if (symbol := _symbol(pair))
            for name in (pair.id, pair.altname)
        }
        self._symbols |= dict.fromkeys(names) | found


def _symbol(pair: Pair) -> str:
    return "/".join(_OURS.get(part, part) for part in pair.slashed.split("/"))
