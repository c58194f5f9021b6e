"""TradeStation's names of what is traded.

    AAPL              a stock or a fund
    AAPL 260320C240   an option: underlying, day of expiry, right, strike without needless zeros
    ESZ26             a future: root, letter of the month, two digits of the year

As QuantConnect/Lean.Brokerages.TradeStation 3a67233 has them (`TradeStationBrokerageSymbolMapperTests.cs`).
The exchange names futures by one digit of the year, of the decade that began in 2020.
"""

import re

from nostro.domain.instrument import AssetClass, Instrument, OptionRight

TRADED = (AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION, AssetClass.FUTURE)
"""Pairs of currencies can be quoted at TradeStation, but not be traded by this API."""

_OPTION = re.compile(r"([A-Z.]{1,6}) (\d{6})([CP])(\d{1,5})(?:\.(\d{1,3}))?")
_FUTURE = re.compile(r"([A-Z0-9]{1,3}[FGHJKMNQUVXZ])2(\d)")


def read_symbol(symbol: str) -> str:
    """Return the exchange's name of what is called so; what is no option or future stays as it is."""
    name = symbol.upper()
    if match := _OPTION.fullmatch(name):
        root, expires_on, right, whole, part = match.groups(default="")
        return f"{root:<6}{expires_on}{right}{whole:>05}{part:<03}"
    if match := _FUTURE.fullmatch(name):
        return "".join(match.groups())
    return name


def write_symbol(instrument: Instrument) -> str:
    option = instrument.option
    if option is not None:
        right = "C" if option.right is OptionRight.CALL else "P"
        return f"{option.underlying} {option.expires_on:%y%m%d}{right}{option.strike.normalize():f}"
    if instrument.asset_class is AssetClass.FUTURE:
        return f"{instrument.symbol[:-1]}2{instrument.symbol[-1]}"
    return instrument.symbol


def write_asset_type(instrument: Instrument) -> str:
    names = {AssetClass.OPTION: "STOCKOPTION", AssetClass.FUTURE: "FUTURE"}
    return names.get(instrument.asset_class, "STOCK")


def write_series(instrument: Instrument) -> dict[str, str]:
    """Spell what an option or a future has and a stock has not."""
    option = instrument.option
    if option is not None:
        return {
            "Underlying": option.underlying,
            "ExpirationDate": f"{option.expires_on}T00:00:00Z",
            "OptionType": option.right.upper(),
            "StrikePrice": f"{option.strike.normalize():f}",
        }
    return {"Underlying": instrument.symbol[:-2]} if instrument.asset_class is AssetClass.FUTURE else {}
