"""Cash, holdings and buying power. Pure; all money is in US dollars.

- A trade moves its full price times the multiplier in cash; a future moves only what closing it gains or
  loses.
- buying power = cash - what open orders set aside - margin of futures held.
- A buy sets its limit (or stop, or the ask) aside; a multi-leg order its net debit; a sell nothing. A
  future's buy sets 10 % of its value aside, and holding futures, long or short, ties up 10 % of what they
  were opened at.
- An order that needs more than the buying power is refused at its entry, never later: a held order is not
  checked when it begins to work, and cash may go below zero when a stop fills above its price.
- Short selling is free: a sell needs neither a holding nor margin. There are no fees and no interest.
"""

from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal

from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Order, PriceEffect, Side
from nostro.sim.matching import LegPrices, net

_FUTURE_MARGIN = Decimal("0.1")
_SMALLEST_UNIT = Decimal("0.000000001")
_SMALLEST_COIN = Decimal("0.00000001")
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    instrument: Instrument
    quantity: Decimal
    """Negative when short; never zero."""
    average_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    number: str
    owner: str
    """The API key of the customer whose account it is."""
    name: str
    cash: Decimal
    holdings: dict[str, Holding] = field(default_factory=dict)
    """By symbol; only what is not zero."""

    @property
    def margin(self) -> Decimal:
        """Return what the futures held tie up."""
        return sum(
            (
                abs(holding.quantity) * holding.average_price * holding.instrument.multiplier * _FUTURE_MARGIN
                for holding in self.holdings.values()
                if holding.instrument.asset_class is AssetClass.FUTURE
            ),
            _NOTHING,
        )


def settle(account: AccountState, instrument: Instrument, change: Decimal, price: Decimal) -> AccountState:
    """Return the account after `change` units (negative: sold) traded at `price`."""
    before = account.holdings.get(instrument.symbol)
    held, average = (before.quantity, before.average_price) if before else (_NOTHING, _NOTHING)
    after = held + change
    if held * change >= 0:
        gain, new_average = _NOTHING, (held * average + change * price) / after
    elif held * after >= 0:
        gain, new_average = (average - price) * change, average
    else:
        gain, new_average = (price - average) * held, price
    is_future = instrument.asset_class is AssetClass.FUTURE
    moved = (gain if is_future else -change * price) * instrument.multiplier
    holdings = {symbol: other for symbol, other in account.holdings.items() if symbol != instrument.symbol}
    if after:
        holdings[instrument.symbol] = Holding(
            instrument=instrument, quantity=after, average_price=new_average
        )
    return replace(account, cash=account.cash + moved, holdings=holdings)


def reserve_per_unit(order: Order, prices: LegPrices | None) -> Decimal:
    """Return the money to set aside for one unit; `prices` are needed only for an order without price."""
    price = _expected_price(order, prices)
    first = order.legs[0]
    if len(order.legs) == 1:
        if first.side is Side.SELL:
            return _NOTHING
        share = _FUTURE_MARGIN if first.instrument.asset_class is AssetClass.FUTURE else 1
        return price * first.instrument.multiplier * share
    return max(_debit(order, price), _NOTHING) * first.instrument.multiplier


def needed(order: Order, prices: LegPrices | None) -> Decimal:
    """Return the buying power that entering the order takes."""
    if order.quantity is None:
        return _NOTHING if order.legs[0].side is Side.SELL else order.notional or _NOTHING
    return reserve_per_unit(order, prices) * order.quantity


def cash_change(order: Order, prices: LegPrices | None) -> Decimal:
    """Return what filling the order at its expected price would do to cash; nothing for an opened future."""
    first = order.legs[0]
    if first.instrument.asset_class is AssetClass.FUTURE:
        return _NOTHING
    if order.quantity is None:
        spent = order.notional or _NOTHING
        return -spent if first.side is Side.BUY else spent
    return -_debit(order, _expected_price(order, prices)) * first.instrument.multiplier * order.quantity


def units_for(notional: Decimal, instrument: Instrument, price: Decimal) -> Decimal:
    """Return how many units `notional` dollars are, rounded down to nine decimals, of a coin to eight."""
    step = _SMALLEST_COIN if instrument.asset_class is AssetClass.CRYPTO else _SMALLEST_UNIT
    return (notional / (price * instrument.multiplier)).quantize(step, ROUND_DOWN)


def _expected_price(order: Order, prices: LegPrices | None) -> Decimal:
    if order.limit_price is not None:
        return order.limit_price
    if order.stop_price is not None:
        return order.stop_price
    return net(order, prices) if prices is not None else _NOTHING


def _debit(order: Order, price: Decimal) -> Decimal:
    """Turn an order's price into what a buyer pays: negative when money comes in."""
    return -price if _brings_money(order) else price


def _brings_money(order: Order) -> bool:
    if len(order.legs) == 1:
        return order.legs[0].side is Side.SELL
    return order.price_effect is PriceEffect.CREDIT
