"""The rules of each pair: what exchangeInfo shows is what new orders are held to.

Which filters there are: `filters.md` of binance/binance-spot-api-docs at a5e0bc3. What stands in them is
chosen here.
"""

from decimal import Decimal

from nostro.domain.account import Quote
from nostro.domain.instrument import Instrument
from nostro.domain.place import NewOrder
from nostro.sim.skins.binance.refusals import filtered
from nostro.sim.skins.binance.shapes import (
    PRECISION,
    QUOTE_ASSET,
    TYPES,
    Document,
    amount,
    base_of,
    symbol_of,
)

_TICK = Decimal("0.01")
_TICKS = {"DOGE/USD": Decimal("0.00001")}
_PRICE_MAX = Decimal(1_000_000)
_STEP = Decimal("0.00000001")
_QUANTITY_MAX = Decimal(999_999_999)
_NOTIONAL_MIN = Decimal(5)


def check_filters(new: NewOrder, quote: Quote) -> None:
    """Raise Error when a new order of this pair breaks a rule; one without price is worth the last one."""
    tick = _tick(quote.instrument)
    for price in (new.limit_price, new.stop_price):
        if price is not None and (not tick <= price <= _PRICE_MAX or price % tick):
            raise filtered("PRICE_FILTER")
    if new.quantity is not None and not _STEP <= new.quantity <= _QUANTITY_MAX:
        raise filtered("LOT_SIZE")
    price = new.limit_price or new.stop_price or quote.last or Decimal(0)
    worth = new.notional if new.quantity is None else new.quantity * price
    if (worth or Decimal(0)) < _NOTIONAL_MIN:
        raise filtered("NOTIONAL")


def write_pair(pair: Instrument, *, shows_permissions: bool) -> Document:
    tick = amount(_tick(pair))
    return {
        "symbol": symbol_of(pair),
        "status": "TRADING",
        "baseAsset": base_of(pair),
        "baseAssetPrecision": PRECISION,
        "quoteAsset": QUOTE_ASSET,
        "quotePrecision": PRECISION,
        "quoteAssetPrecision": PRECISION,
        "baseCommissionPrecision": PRECISION,
        "quoteCommissionPrecision": PRECISION,
        "orderTypes": list(TYPES),
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": amount(_PRICE_MAX),
                "tickSize": tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": amount(_STEP),
                "maxQty": amount(_QUANTITY_MAX),
                "stepSize": amount(_STEP),
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": amount(_NOTIONAL_MIN),
                "applyMinToMarket": True,
                "maxNotional": amount(_PRICE_MAX * _QUANTITY_MAX),
                "applyMaxToMarket": False,
                "avgPriceMins": 0,
            },
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]] if shows_permissions else [],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def _tick(pair: Instrument) -> Decimal:
    return _TICKS.get(pair.symbol, _TICK)
