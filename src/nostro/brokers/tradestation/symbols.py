"""TradeStation's symbols: `AAPL 260320C240`, `ESZ26`, and `$SPXW.X` where an option is an index's.

The forms are those of its OpenAPI document and of Lean's `TradeStationSymbolMapper` (see SOURCES in
`spec.py`).
A future of ours names its year by one digit, TradeStation's by two.
"""

import re
from datetime import date
from decimal import Decimal

from nostro.domain.instrument import (
    OPTION_MULTIPLIER,
    AssetClass,
    Instrument,
    OptionContract,
    OptionRight,
    format_occ,
    parse_occ,
)

_OPTION = re.compile(r"\$?([A-Z0-9.]+?)(?:\.X)? +(\d{2})(\d{2})(\d{2})([CP])(\d{1,5}(?:\.\d{1,3})?)")
_FUTURE = re.compile(r"([A-Z0-9]{1,4}[FGHJKMNQUVXZ])(\d)")
_LISTED_FUTURE = re.compile(r"([A-Z0-9]{1,4}[FGHJKMNQUVXZ])\d(\d)")

_YEARS_BACK = 1
"""A future of last year may still be named; of the ten years that a digit can mean, that is the first."""


def is_future(symbol: str) -> bool:
    """Tell a future from a stock: no ticker of a US stock ends in a digit."""
    return _FUTURE.fullmatch(symbol) is not None or _LISTED_FUTURE.fullmatch(symbol) is not None


def write_symbol(symbol: str, this_year: int) -> str:
    contract = parse_occ(symbol)
    if contract is not None:
        right = "C" if contract.right is OptionRight.CALL else "P"
        strike = f"{contract.strike.normalize():f}"
        return f"{contract.underlying} {contract.expires_on:%y%m%d}{right}{strike}"
    future = _FUTURE.fullmatch(symbol)
    if future is not None:
        first = this_year - _YEARS_BACK
        year = first + (int(future[2]) - first) % 10
        return f"{future[1]}{year % 100:02d}"
    return symbol


def read_symbol(symbol: str, asset_type: str, currency: str = "USD") -> Instrument:
    """Tell what TradeStation names; what is neither a stock, an option nor a future keeps its name."""
    if asset_type in ("STOCKOPTION", "INDEXOPTION"):
        contract = _read_option(symbol)
        if contract is not None:
            return Instrument(
                symbol=format_occ(contract),
                asset_class=AssetClass.OPTION,
                currency=currency,
                multiplier=OPTION_MULTIPLIER,
                option=contract,
            )
    if asset_type == "FUTURE":
        name = _LISTED_FUTURE.sub(r"\1\2", symbol) if _LISTED_FUTURE.fullmatch(symbol) else symbol
        return Instrument(symbol=name, asset_class=AssetClass.FUTURE, currency=currency)
    return Instrument(symbol=symbol, asset_class=AssetClass.STOCK, currency=currency)


def _read_option(symbol: str) -> OptionContract | None:
    match = _OPTION.fullmatch(symbol)
    if match is None:
        return None
    root, year, month, day, right, strike = match.groups()
    try:
        expires_on = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    kind = OptionRight.CALL if right == "C" else OptionRight.PUT
    contract = OptionContract(root, expires_on, kind, Decimal(strike))
    return contract if parse_occ(format_occ(contract)) == contract else None
