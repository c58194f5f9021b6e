"""What holds after any sequence of calls."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import Order, OrderType, Side, TimeInForce
from nostro.domain.place import Replacement
from nostro.sim.exchange import Exchange
from nostro.sim.ledger import Ledger
from nostro.sim.refusals import Refused
from tests.sim.market import ACCOUNT, API_KEY, CASH, OPENED_AT, buy, oco, otoco, sell

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PRICES = st.integers(90, 110).map(str)
UNITS = st.integers(1, 20).map(str)
PICK = st.integers(0, 30)
TIFS = st.sampled_from([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.FOK, TimeInForce.IOC])


class Trading(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(":memory:")
        self.exchange = self.reopened()
        self.exchange.open_account(ACCOUNT, CASH, owner=API_KEY)
        self.closed: dict[BrokerageOrderId, Order] = {}

    def reopened(self) -> Exchange:
        return Exchange(self.ledger, lambda: OPENED_AT, seed=7)

    def orders(self) -> list[Order]:
        return self.exchange.orders(ACCOUNT, LONG_AGO)

    def on_some_order(self, pick: int, act: Callable[[str], object]) -> None:
        orders = self.orders()
        if orders:
            self.attempt(lambda: act(orders[pick % len(orders)].brokerage_order_id))

    def attempt(self, act: Callable[[], object]) -> None:
        with suppress(Refused):
            act()

    @rule(units=UNITS, side=st.sampled_from(Side), tif=TIFS, limit=PRICES)
    def place_limit(self, units: str, side: Side, tif: TimeInForce, limit: str) -> None:
        order = buy(units, side=side, tif=tif, limit=limit)
        self.attempt(lambda: self.exchange.place(ACCOUNT, order))

    @rule(units=UNITS, side=st.sampled_from(Side))
    def place_market(self, units: str, side: Side) -> None:
        self.attempt(lambda: self.exchange.place(ACCOUNT, buy(units, side=side)))

    @rule(units=UNITS, side=st.sampled_from(Side), stop=PRICES, limit=st.none() | PRICES)
    def place_stop(self, units: str, side: Side, stop: str, limit: str | None) -> None:
        self.attempt(lambda: self.exchange.place(ACCOUNT, buy(units, side=side, stop=stop, limit=limit)))

    @rule(units=UNITS, low=PRICES, high=PRICES, triggered=st.booleans())
    def place_group(self, units: str, low: str, high: str, *, triggered: bool) -> None:
        exits = sell(units, limit=high), sell(units, stop=low)
        group = otoco(buy(units, limit="100"), *exits) if triggered else oco(*exits)
        self.attempt(lambda: self.exchange.place_group(ACCOUNT, group))

    @rule(bid=st.integers(90, 110), width=st.integers(0, 5))
    def move_market(self, bid: int, width: int) -> None:
        self.exchange.set_quote("AAPL", Decimal(bid), Decimal(bid + width))

    @rule(pick=PICK, units=st.none() | UNITS)
    def fill(self, pick: int, units: str | None) -> None:
        self.on_some_order(pick, lambda order: self.exchange.fill(order, Decimal(units) if units else None))

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        self.on_some_order(pick, lambda order: self.exchange.request_cancel(ACCOUNT, order))

    @rule(pick=PICK, delay_s=st.none() | st.integers(0, 3600))
    def acknowledge_cancel(self, pick: int, delay_s: float | None) -> None:
        self.on_some_order(pick, lambda order: self.exchange.acknowledge_cancel(ACCOUNT, order, delay_s))

    @rule(pick=PICK, limit=PRICES, units=st.none() | UNITS)
    def replace(self, pick: int, limit: str, units: str | None) -> None:
        terms = Replacement(
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.DAY,
            limit_price=Decimal(limit),
            quantity=Decimal(units) if units else None,
        )
        self.on_some_order(pick, lambda order: self.exchange.replace(ACCOUNT, order, terms))

    @rule(hours=st.integers(0, 8))
    def advance(self, hours: int) -> None:
        self.exchange.advance(hours * 3600)

    @rule()
    def restart(self) -> None:
        self.exchange = self.reopened()

    @invariant()
    def no_order_has_more_filled_and_canceled_than_ordered(self) -> None:
        for order in self.orders():
            assert order.quantity is not None
            assert order.filled_quantity + order.canceled_quantity <= order.quantity

    @invariant()
    def a_closed_order_never_changes(self) -> None:
        orders = {order.brokerage_order_id: order for order in self.orders()}
        assert {order_id: orders[order_id] for order_id in self.closed} == self.closed
        self.closed = {order_id: order for order_id, order in orders.items() if order.status.is_closed}

    @invariant()
    def money_and_positions_are_the_sum_of_all_fills(self) -> None:
        sides = {order.brokerage_order_id: order.legs[0].side for order in self.orders()}
        filled: defaultdict[BrokerageOrderId, Decimal] = defaultdict(Decimal)
        cash, held = CASH, Decimal(0)
        for entry in self.exchange.truth():
            order_id = BrokerageOrderId(entry.brokerage_order_id or "")
            after = Decimal(str(entry.detail["filled_quantity"]))
            units, filled[order_id] = after - filled[order_id], after
            if units:
                bought = units if sides[order_id] is Side.BUY else -units
                held += bought
                cash -= bought * Decimal(str(entry.detail["price"]))
        assert self.exchange.balance(ACCOUNT).cash == cash
        assert sum((position.quantity for position in self.exchange.positions(ACCOUNT)), Decimal(0)) == held

    @invariant()
    def exactly_what_open_buys_may_cost_is_set_aside(self) -> None:
        aside = Decimal(0)
        for order in self.orders():
            if not order.status.is_closed and order.legs[0].side is Side.BUY:
                aside += (order.limit_price or order.stop_price or Decimal(0)) * (order.open_quantity or 0)
        balance = self.exchange.balance(ACCOUNT)
        assert balance.buying_power == balance.cash - aside


Trading.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestTrading = Trading.TestCase
