"""Orders that a brokerage takes, made from its specification, at the prices that the suite sets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from nostro.brokers.spec import BrokerSpec
from nostro.domain.capability import OrderRow
from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import AssetClass, OptionContract, OptionRight, format_occ
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Order,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewGroup, NewGroupMember, NewLeg, NewOrder, Replacement
from nostro.sim.instruments import Prices

_EXPIRES_IN = timedelta(days=60)
_PREFERRED = (AssetClass.STOCK, AssetClass.ETF, AssetClass.CRYPTO, AssetClass.OPTION, AssetClass.FUTURE)


@dataclass(frozen=True, slots=True)
class _Sample:
    symbol: str
    quantity: Decimal
    prices: Prices
    """What the suite sets the market to."""
    limit: Decimal
    """Far below the bid: a buy at this price rests."""


class Samples:
    def __init__(self, spec: BrokerSpec, now: datetime, new_client_id: Callable[[], str]) -> None:
        """`now` decides which options are listed still; every order gets a client order id of its own."""
        self._rows = spec.capabilities.orders
        self._new_client_id = new_client_id
        expires_on = (now + _EXPIRES_IN).date()
        self._by_class = {
            AssetClass.STOCK: _sample("AAPL", "10", "230", "0.01", "100"),
            AssetClass.ETF: _sample("SPY", "10", "590", "0.01", "300"),
            AssetClass.CRYPTO: _sample("BTC/USD", "2", "95000", "1", "40000"),
            AssetClass.OPTION: _sample(_call(expires_on, 230), "10", "8", "0.05", "2"),
            AssetClass.FUTURE: _sample("ESZ6", "10", "6000", "0.25", "3000"),
        }
        self._higher_call = _sample(_call(expires_on, 250), "10", "3", "0.05", "1")

    @property
    def quotes(self) -> dict[str, Prices]:
        """What to set the market to, by symbol."""
        samples = (*self._by_class.values(), self._higher_call)
        return {sample.symbol: sample.prices for sample in samples}

    @property
    def main_class(self) -> AssetClass:
        """The class that cases use which are about no class: stocks, where they are traded."""
        traded = {row.asset_class for row in self._rows if OrderType.LIMIT in row.order_types}
        return next(each for each in _PREFERRED if each in traded)

    def symbol(self, asset_class: AssetClass | None = None) -> str:
        return self._by_class[asset_class or self.main_class].symbol

    def resting(self, asset_class: AssetClass | None = None) -> NewOrder:
        """Make a limit order to buy that rests; it can be filled in parts."""
        wanted = asset_class or self.main_class
        sample = self._by_class[wanted]
        return self._order(
            wanted, sample.symbol, OrderType.LIMIT, quantity=sample.quantity, limit_price=sample.limit
        )

    def selling(self, asset_class: AssetClass | None = None) -> NewOrder:
        """Make a limit order to sell, far above the ask."""
        order = self.resting(asset_class)
        limit = self._by_class[asset_class or self.main_class].limit * 10
        effect = PositionEffect.CLOSE if order.legs[0].position_effect else None
        leg = replace(order.legs[0], side=Side.SELL, position_effect=effect)
        return replace(order, legs=(leg,), limit_price=limit)

    def fine(self) -> NewOrder:
        """Make a resting order whose size has eight decimals."""
        row = next(row for row in self._rows if row.fractional and OrderType.LIMIT in row.order_types)
        return replace(self.resting(row.asset_class), quantity=Decimal("1.23456789"))

    def by_value(self) -> NewOrder:
        """Make a market order that names its value; it fills at once."""
        row = next(row for row in self._rows if row.notional)
        sample = self._by_class[row.asset_class]
        return self._order(row.asset_class, sample.symbol, OrderType.MARKET, notional=Decimal(250))

    def spread(self) -> NewOrder:
        """Make a vertical call spread, for a debit, that rests."""
        lower = self.resting(AssetClass.OPTION)
        short = NewLeg(symbol=self._higher_call.symbol, side=Side.SELL, position_effect=PositionEffect.OPEN)
        return replace(
            lower,
            legs=(*lower.legs, short),
            time_in_force=self._time_in_force(AssetClass.OPTION, OrderType.LIMIT, legs=2),
            limit_price=Decimal("0.5"),
            price_effect=PriceEffect.DEBIT,
        )

    def group(self, type_: GroupType) -> NewGroup:
        """Make a complex order whose orders rest, or wait for one that does."""
        trigger, first, second = self.resting(), self.selling(), replace(self.selling(), limit_price=None)
        stop_price = (self.resting().limit_price or Decimal(0)) / 2
        second = replace(second, order_type=OrderType.STOP, stop_price=stop_price)
        roles = {
            GroupType.OCO: ((GroupRole.PEER, first), (GroupRole.PEER, second)),
            GroupType.OTO: ((GroupRole.TRIGGER, trigger), (GroupRole.CONDITIONAL, first)),
            GroupType.OTOCO: (
                (GroupRole.TRIGGER, trigger),
                (GroupRole.PEER, first),
                (GroupRole.PEER, second),
            ),
        }
        members = tuple(NewGroupMember(role=role, order=order) for role, order in roles[type_])
        return NewGroup(type=type_, members=members, client_order_id=self._client_id())

    def _order(
        self,
        asset_class: AssetClass,
        symbol: str,
        order_type: OrderType,
        *,
        quantity: Decimal | None = None,
        notional: Decimal | None = None,
        limit_price: Decimal | None = None,
    ) -> NewOrder:
        effect = PositionEffect.OPEN if asset_class is AssetClass.OPTION else None
        return NewOrder(
            legs=(NewLeg(symbol=symbol, side=Side.BUY, position_effect=effect),),
            order_type=order_type,
            time_in_force=self._time_in_force(asset_class, order_type),
            quantity=quantity,
            notional=notional,
            limit_price=limit_price,
            client_order_id=self._client_id(),
        )

    def _time_in_force(self, asset_class: AssetClass, order_type: OrderType, *, legs: int = 1) -> TimeInForce:
        """Choose what outlives the day, where the brokerage has it."""
        offered = [
            each for row in self._fitting(asset_class, order_type, legs) for each in row.times_in_force
        ]
        preferred = (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK)
        return next((each for each in preferred if each in offered), TimeInForce.DAY)

    def _fitting(self, asset_class: AssetClass, order_type: OrderType, legs: int) -> list[OrderRow]:
        return [
            row
            for row in self._rows
            if row.asset_class is asset_class and order_type in row.order_types and row.legs_max >= legs
        ]

    def _client_id(self) -> ClientOrderId:
        return ClientOrderId(self._new_client_id())


def _sample(symbol: str, quantity: str, middle: str, tick: str, limit: str) -> _Sample:
    prices = Prices(Decimal(middle) - Decimal(tick), Decimal(middle) + Decimal(tick))
    return _Sample(symbol, Decimal(quantity), prices, Decimal(limit))


def _call(expires_on: date, strike: int) -> str:
    return format_occ(OptionContract("AAPL", expires_on, OptionRight.CALL, Decimal(strike)))


def same_terms(order: Order) -> Replacement:
    """Say the terms that an order of the exchange has already; it knows the type of each."""
    if order.order_type is None or order.time_in_force is None:
        message = f"the order {order.brokerage_order_id} has terms of no known word"
        raise ValueError(message)
    return Replacement(order_type=order.order_type, time_in_force=order.time_in_force)
