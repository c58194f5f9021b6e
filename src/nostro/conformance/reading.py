"""What is read agrees with the exchange, to the last digit, or is not given at all."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

from nostro.conformance.bench import CASH, NUMBER, SHORT_PATIENCE_S, Bench, Failed, expect
from nostro.conformance.case import case, fractional
from nostro.conformance.samples import same_terms
from nostro.conformance.truth import expect_canceled, expect_taken
from nostro.domain.capability import Replace
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import Order, OrderStatus
from nostro.domain.place import NewOrder
from nostro.sim.faults import FaultKind

_AT_ONCE = 5
_LONG_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
_LATER_S = 3600.0
_FAILING = (
    FaultKind.ERROR_500_NOT_DONE,
    FaultKind.ERROR_503_DONE,
    FaultKind.HTML_BODY,
    FaultKind.TRUNCATED,
    FaultKind.REPLY_LOST,
    FaultKind.HANG,
)


@case(
    "C51", "The list, each order of it and the exchange agree; of closed orders it begins where it is told."
)
async def list_and_detail(bench: Bench) -> None:
    made = _one_of_each_status(bench)
    listed = {
        each.brokerage_order_id: each for each in await bench.broker.list_orders(bench.account, _LONG_BEFORE)
    }
    true = {each.brokerage_order_id: each for each in bench.exchange.orders(NUMBER, _LONG_BEFORE)}
    expect(set(listed) == set(true), f"{len(true)} orders exist, and {len(listed)} are listed, or others")
    for order_id in made.values():
        seen = await bench.see(order_id)
        _agree(seen, listed[order_id])
        _agree(seen, true[order_id])
    bench.exchange.advance(_LATER_S)
    since = bench.exchange.now()
    recent = {each.brokerage_order_id for each in await bench.broker.list_orders(bench.account, since)}
    true_now = {each.brokerage_order_id for each in bench.exchange.orders(NUMBER, since)}
    expect(recent == true_now, "later the list does not hold exactly what is open")


@case(
    "C52", "No status of the brokerage's is unrecognized, and none that ends an order is taken for another."
)
async def statuses(bench: Bench) -> None:
    for status, order_id in _one_of_each_status(bench).items():
        seen = await bench.see(order_id)
        expect(seen.status is not OrderStatus.UNRECOGNIZED, f"{seen.raw_status!r} is not recognized")
        matches = seen.status is status if status.is_closed else not seen.status.is_closed
        expect(matches, f"an order that is {status} is shown as {seen.status}")


@case("C53", "Prices, quantities and the average of two fills are exact.")
async def exact(bench: Bench) -> None:
    await _fill_twice(bench, bench.samples.resting(), Decimal(1))


@case("C54", "Fractions of a unit are exact to the eighth decimal.", fractional)
async def exact_fractions(bench: Bench) -> None:
    await _fill_twice(bench, bench.samples.fine(), Decimal("0.5"))


@case("C55", "Each customer is shown the own accounts, and nobody else's.")
async def accounts(bench: Bench) -> None:
    expect(bench.account != bench.other_account, "two customers' accounts have the same number")
    for customer, number in ((1, bench.account), (2, bench.other_account)):
        shown = [each.number for each in await bench.connect(customer).list_accounts()]
        expect(shown == [number], f"the customer of {number} is shown {shown}")


@case("C56", "Cash and positions are the exchange's, before a trade and after it.")
async def balances_and_positions(bench: Bench) -> None:
    expect(await _cash(bench) == CASH, "the cash that an account opened with is shown as another sum")
    expect(not await bench.broker.list_positions(bench.account), "an account that never traded has positions")
    order = bench.rest()
    bench.exchange.fill(order.brokerage_order_id)
    true_cash = bench.exchange.balance(NUMBER).cash
    cash = await _cash(bench)
    expect(cash == true_cash, f"the exchange has {true_cash} in cash, and {cash} is shown")
    true = {each.instrument.symbol: each for each in bench.exchange.positions(NUMBER)}
    shown = {each.instrument.symbol: each for each in await bench.broker.list_positions(bench.account)}
    expect(set(shown) == set(true), f"positions are in {sorted(true)}, and shown in {sorted(shown)}")
    for symbol, position in shown.items():
        expect(position.quantity == true[symbol].quantity, f"{symbol}: {position.quantity} units are shown")
        expect(
            position.average_price in (None, true[symbol].average_price),
            f"{symbol}: {position.average_price} is shown as its average price",
        )


@case("C57", "Cancels that are sent at the same time are one request each, about one order each.")
async def at_once(bench: Bench) -> None:
    orders = [await bench.place() for _ in range(_AT_ONCE)]
    outcomes = await asyncio.gather(
        *(bench.broker.cancel_order(bench.account, order.ref) for order in orders)
    )
    count = bench.received("cancel")
    expect(count == _AT_ONCE, f"{_AT_ONCE} cancels were asked for, and the exchange received {count}")
    for order, outcome in zip(orders, outcomes, strict=True):
        expect_taken(bench, outcome)
        await expect_canceled(bench, order.brokerage_order_id)


@case("C58", "A read that comes to nothing fails as a read does, and shows nothing.")
async def failing_reads(bench: Bench) -> None:
    for kind in _FAILING:
        broker = bench.connect(1)
        bench.faults.declare("*", kind, times=None)
        bench.patience_s = SHORT_PATIENCE_S
        reads: tuple[tuple[str, Callable[[], Awaitable[object]]], ...] = (
            ("accounts", broker.list_accounts),
            ("balances", partial(broker.list_balances, bench.account)),
            ("positions", partial(broker.list_positions, bench.account)),
            ("orders", partial(broker.list_orders, bench.account, _LONG_BEFORE)),
        )
        await asyncio.gather(*(_fails(name, kind, read()) for name, read in reads))
        bench.patience_s = None
        bench.faults.clear()


async def _fails(name: str, kind: FaultKind, read: Awaitable[object]) -> None:
    try:
        shown = await read
    except ReadFailed:
        return
    raise Failed(f"under {kind} the {name} are shown as {shown}")


def _one_of_each_status(bench: Bench) -> dict[OrderStatus, BrokerageOrderId]:
    """Make an order in each status that orders at the exchange come to by themselves."""
    exchange = bench.exchange
    made: dict[OrderStatus, BrokerageOrderId] = {}

    def rest() -> BrokerageOrderId:
        return bench.rest().brokerage_order_id

    made[OrderStatus.NEW] = rest()
    made[OrderStatus.PARTIALLY_FILLED] = rest()
    exchange.fill(made[OrderStatus.PARTIALLY_FILLED], Decimal(1))
    made[OrderStatus.FILLED] = rest()
    exchange.fill(made[OrderStatus.FILLED])
    made[OrderStatus.CANCELED] = rest()
    exchange.cancel(made[OrderStatus.CANCELED])
    made[OrderStatus.EXPIRED] = rest()
    exchange.expire(made[OrderStatus.EXPIRED])
    if bench.spec.rejects_later:
        made[OrderStatus.REJECTED] = rest()
        exchange.reject(made[OrderStatus.REJECTED])
    made[OrderStatus.PENDING_CANCEL] = rest()
    exchange.acknowledge_cancel(NUMBER, made[OrderStatus.PENDING_CANCEL])
    if bench.spec.capabilities.replace is Replace.ATOMIC:
        order = bench.rest()
        terms = same_terms(order)
        exchange.replace(NUMBER, order.brokerage_order_id, terms)
        made[OrderStatus.REPLACED] = order.brokerage_order_id
    return made


def _agree(seen: Order, other: Order) -> None:
    for name in ("quantity", "filled_quantity", "limit_price", "average_price"):
        one, two = getattr(seen, name), getattr(other, name)
        expect(one == two, f"{name} of a {other.status} order is {two}, and by its id {one}")
    is_same = seen.status is other.status if other.status.is_closed else not seen.status.is_closed
    expect(is_same, f"a {other.status} order is shown as {seen.status} by its id")


async def _fill_twice(bench: Bench, new: NewOrder, units: Decimal) -> None:
    order = await bench.place(new)
    first = new.limit_price or Decimal(0)
    second = first * Decimal("0.99")
    for price in (first, second):
        bench.exchange.fill(order.brokerage_order_id, units, price)
    seen = await bench.see(order.brokerage_order_id)
    for name, true in (
        ("quantity", new.quantity),
        ("limit_price", new.limit_price),
        ("filled_quantity", 2 * units),
        ("average_price", (first + second) / 2),
    ):
        shown = getattr(seen, name)
        expect(isinstance(shown, Decimal), f"{name} is shown as {shown!r}, which is no exact number")
        expect(shown == true, f"{name} is {true}, and {shown} is shown")


async def _cash(bench: Bench) -> Decimal:
    balances = await bench.broker.list_balances(bench.account)
    return sum((each.cash for each in balances if each.currency == "USD"), Decimal(0))


CASES = (
    list_and_detail,
    statuses,
    exact,
    exact_fractions,
    accounts,
    balances_and_positions,
    at_once,
    failing_reads,
)
