"""Which orders the exchange takes. Pure.

    class     types                  time in force               units
    stock     all                    all; FOK and IOC only       fractional, or by value (market)
    etf       all                      for market and limit      fractional, or by value (market)
    crypto    all                                                fractional, or by value (market)
    option    all                                                whole
    future    all                                                whole
    2-4 legs  market, limit          all                         whole; options on one underlying

A multi-leg limit order names its net price and whether that is a debit or a credit; an even order's price is
zero. `position_effect` and `extended_hours` are kept and have no effect.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from nostro.domain.instrument import Instrument
from nostro.domain.order import Leg, OrderType, PriceEffect, TimeInForce
from nostro.domain.place import NewOrder
from nostro.sim.refusals import Refused, UnknownSymbol

_LEGS_MAX = 4
_RATIO_MAX = 100
_AMOUNT_END = Decimal(10**9)
_DECIMALS_MAX = 9
_LIMITED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_STOPPED = (OrderType.STOP, OrderType.STOP_LIMIT)


def check_order(new: NewOrder, find: Callable[[str], Instrument | None], now: datetime) -> tuple[Leg, ...]:
    """Return the order's legs, each instrument found by `find`; raises Refused with a reason."""
    legs = tuple(_leg(new, index, find) for index in range(len(new.legs)))
    _check_legs(legs)
    _check_size(new, legs)
    _check_prices(new, is_multi_leg=len(legs) > 1)
    _check_time_in_force(new, now)
    return legs


def _leg(new: NewOrder, index: int, find: Callable[[str], Instrument | None]) -> Leg:
    asked = new.legs[index]
    instrument = find(asked.symbol)
    if instrument is None:
        raise UnknownSymbol(asked.symbol)
    return Leg(
        instrument=instrument, side=asked.side, position_effect=asked.position_effect, ratio=asked.ratio
    )


def _check_legs(legs: tuple[Leg, ...]) -> None:
    if not 1 <= len(legs) <= _LEGS_MAX:
        raise Refused(f"An order has 1 to {_LEGS_MAX} legs.")
    if len(legs) == 1:
        if not _is_whole(legs[0].ratio) or legs[0].ratio != 1:
            raise Refused("The ratio of a single leg is 1.")
        return
    if any(leg.instrument.option is None for leg in legs):
        raise Refused("Only options can be combined into a multi-leg order.")
    if len({leg.instrument.option.underlying for leg in legs if leg.instrument.option is not None}) > 1:
        raise Refused("All legs of an order must have the same underlying.")
    if len({leg.instrument.symbol for leg in legs}) < len(legs):
        raise Refused("Each leg of an order must have a symbol of its own.")
    if any(not _is_whole(leg.ratio) or not 1 <= leg.ratio <= _RATIO_MAX for leg in legs):
        raise Refused(f"Ratios of legs are whole numbers from 1 to {_RATIO_MAX}.")


def _check_size(new: NewOrder, legs: tuple[Leg, ...]) -> None:
    instrument = legs[0].instrument
    size = new.quantity if new.notional is None else new.notional
    if size is None or (new.quantity is not None and new.notional is not None):
        raise Refused("An order names either its units or its value.")
    check_amount("size of an order", size)
    if new.notional is not None:
        if not instrument.fractionable:
            raise Refused(f"{instrument.symbol} cannot be traded by value.")
        if new.order_type is not OrderType.MARKET:
            raise Refused("Only market orders can be placed by value.")
    elif not instrument.fractionable:
        check_units(instrument, size)


def check_units(instrument: Instrument, units: Decimal) -> None:
    """Raise Refused when `units` of the instrument cannot trade."""
    check_amount("number of units", units)
    if not instrument.fractionable and not _is_whole(units):
        raise Refused(f"{instrument.symbol} is traded in whole units only.")


def _check_prices(new: NewOrder, *, is_multi_leg: bool) -> None:
    if is_multi_leg and new.order_type in _STOPPED:
        raise Refused("A multi-leg order is a market or a limit order.")
    if not is_multi_leg and new.price_effect is not None:
        raise Refused("Only a multi-leg order has a price effect.")
    if new.price_effect is PriceEffect.EVEN and new.order_type is OrderType.LIMIT:
        if new.limit_price:
            raise Refused("The price of an even order is zero.")
    else:
        _check_price("limit", new.limit_price, needed=new.order_type in _LIMITED)
    _check_price("stop", new.stop_price, needed=new.order_type in _STOPPED)
    if is_multi_leg and new.order_type is OrderType.LIMIT and new.price_effect is None:
        raise Refused("A multi-leg limit order must say whether its price is a debit, a credit or even.")


def _check_price(name: str, price: Decimal | None, *, needed: bool) -> None:
    if price is None:
        if needed:
            raise Refused(f"An order of this type needs a {name} price.")
        return
    if not needed:
        raise Refused(f"An order of this type has no {name} price.")
    check_amount(f"{name} price", price)


def _check_time_in_force(new: NewOrder, now: datetime) -> None:
    if new.time_in_force in (TimeInForce.FOK, TimeInForce.IOC) and new.order_type in _STOPPED:
        raise Refused("A stop order cannot be fill-or-kill or immediate-or-cancel.")
    if new.time_in_force is TimeInForce.GTD:
        if new.expires_at is None:
            raise Refused("A good-till-date order needs the time at which it expires.")
        if new.expires_at.tzinfo is None:
            raise Refused("The time at which the order expires has no offset.")
        if new.expires_at <= now:
            raise Refused("The time at which the order expires is past.")
    elif new.expires_at is not None:
        raise Refused("Only a good-till-date order names the time at which it expires.")


def check_amount(name: str, amount: Decimal) -> None:
    """Raise Refused when `amount` is not positive, or too big or too fine to be kept exactly."""
    if not amount.is_finite() or amount <= 0:
        raise Refused(f"The {name} must be positive.")
    if amount >= _AMOUNT_END or amount != round(amount, _DECIMALS_MAX):
        raise Refused(f"The {name} must be below a billion and have at most {_DECIMALS_MAX} decimals.")


def _is_whole(number: Decimal) -> bool:
    return number.is_finite() and number == number.to_integral_value()
