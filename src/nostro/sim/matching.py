"""When an open order trades, and at which prices. Pure.

The exchange itself stands on the other side of every trade, for any quantity, at its quote; customers' orders
never trade with each other. A price of an order is per unit of the order: for a multi-leg order the net price
of one strategy, counted in the order's own direction (a credit is positive in a credit order, everywhere else
a debit is).
"""

from collections.abc import Callable
from decimal import Decimal

from nostro.domain.order import Order, PriceEffect, Side
from nostro.sim.instruments import Prices

LegPrices = tuple[Decimal, ...]
"""One price per leg, in the order of the legs."""


def touch(order: Order, prices_of: Callable[[str], Prices]) -> LegPrices | None:
    """Return what each leg trades at now: buys at the ask, sells at the bid; None when one is not quoted."""
    prices = []
    for leg in order.legs:
        quote = prices_of(leg.instrument.symbol)
        price = quote.ask if leg.side is Side.BUY else quote.bid
        if price is None:
            return None
        prices.append(price)
    return tuple(prices)


def net(order: Order, prices: LegPrices) -> Decimal:
    """Return the order's price when its legs trade at `prices`."""
    if len(order.legs) == 1:
        return prices[0]
    debit = sum(
        (
            leg.ratio * (price if leg.side is Side.BUY else -price)
            for leg, price in zip(order.legs, prices, strict=True)
        ),
        Decimal(0),
    )
    return -debit if order.price_effect is PriceEffect.CREDIT else debit


def with_net(order: Order, prices: LegPrices, price: Decimal) -> LegPrices:
    """Move the first leg's price so that the order's price becomes `price`."""
    if len(order.legs) == 1:
        return (price,)
    first = order.legs[0]
    difference = (price - net(order, prices)) / first.ratio
    counts_against = (first.side is Side.SELL) is not (order.price_effect is PriceEffect.CREDIT)
    return (prices[0] - difference if counts_against else prices[0] + difference, *prices[1:])


def stop_reached(order: Order, price: Decimal) -> bool:
    """Say whether a single-leg order's stop price is reached when it would trade at `price`."""
    if order.stop_price is None:
        return True
    return price >= order.stop_price if order.legs[0].side is Side.BUY else price <= order.stop_price


def limit_allows(order: Order, price: Decimal) -> bool:
    """Say whether the order's limit allows a trade at `price`."""
    if order.limit_price is None:
        return True
    wants_more = (
        order.legs[0].side is Side.SELL if len(order.legs) == 1 else order.price_effect is PriceEffect.CREDIT
    )
    return price >= order.limit_price if wants_more else price <= order.limit_price
