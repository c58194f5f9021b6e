"""Rank instruments against what a person typed."""

from collections.abc import Iterable

from nostro.domain.instrument import Instrument

FOUND_MAX = 20


def search_instruments(instruments: Iterable[Instrument], typed: str) -> list[Instrument]:
    """List the best matches first: the symbol itself, symbols that begin so, then words of the description.

    An empty text lists the first ones by symbol.
    """
    wanted = typed.strip().upper()
    found = [(_rank(each, wanted), each.symbol, each) for each in instruments]
    matches = sorted((each for each in found if each[0] < _NO_MATCH), key=lambda each: each[:2])
    return [instrument for _, _, instrument in matches[:FOUND_MAX]]


_NO_MATCH = 4


def _rank(instrument: Instrument, wanted: str) -> int:
    symbol, description = instrument.symbol.upper(), instrument.description.upper()
    if symbol == wanted:
        return 0
    if symbol.startswith(wanted):
        return 1
    if any(word.startswith(wanted) for word in description.split()):
        return 2
    return 3 if wanted in symbol or wanted in description else _NO_MATCH
