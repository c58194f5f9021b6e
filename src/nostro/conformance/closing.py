"""A cancel meets an order in each state that an order can be in."""

import contextlib
from collections.abc import Callable
from decimal import Decimal

from nostro.brokers.transport import Reply
from nostro.conformance.bench import NUMBER, Bench, Failed, expect
from nostro.conformance.case import atomic_replace, case, names_successors, rejects_later
from nostro.conformance.samples import same_terms
from nostro.conformance.truth import (
    cancel,
    describe,
    expect_canceled,
    expect_refused,
    expect_status,
    expect_taken,
    see_successor,
    settle,
)
from nostro.domain.cancel import Canceled, CancelPending, CancelRejected
from nostro.domain.order import Order, OrderStatus
from nostro.sim.face import Asked
from nostro.sim.refusals import Refused


@case("C01", "An open order is canceled, and the outcome says no more than the brokerage's success proves.")
async def open_order(bench: Bench) -> None:
    order = await bench.place()
    outcome = await cancel(bench, order.ref)
    expect_taken(bench, outcome)
    await expect_canceled(bench, order.brokerage_order_id)


@case("C02", "Of an order that is filled in part the rest is canceled, and the fill is still shown.")
async def part_filled(bench: Bench) -> None:
    order = await bench.place()
    half = _quantity(order) / 2
    bench.exchange.fill(order.brokerage_order_id, half)
    outcome = await cancel(bench, order.ref)
    expect_taken(bench, outcome)
    await expect_canceled(bench, order.brokerage_order_id)
    seen = await bench.see(order.brokerage_order_id)
    expect(seen.filled_quantity == half, f"{half} units were filled, and {seen.filled_quantity} are shown")


@case("C03", "A filled order is not called canceled, and shows its fill.")
async def filled(bench: Bench) -> None:
    order = await bench.place()
    bench.exchange.fill(order.brokerage_order_id)
    expect_refused(bench, await cancel(bench, order.ref))
    seen = await bench.see(order.brokerage_order_id)
    expect(seen.status is OrderStatus.FILLED, f"a filled order is shown as {seen.status}")
    expect(seen.filled_quantity == order.quantity, "not all that was filled is shown")


@case("C04", "When the fill overtakes the cancel on its way, the order is not called canceled.")
async def fill_comes_first(bench: Bench) -> None:
    order = await bench.place()

    def fill_then_cancel(_asked: Asked, carry_out: Callable[[], Reply]) -> Reply:
        bench.exchange.fill(order.brokerage_order_id)
        return carry_out()

    bench.answer("cancel", fill_then_cancel)
    expect_refused(bench, await cancel(bench, order.ref))
    expect_status(bench, order.brokerage_order_id, OrderStatus.FILLED)


@case("C05", "When the cancel overtakes the fill, the outcome is what the exchange has in the end.")
async def cancel_comes_first(bench: Bench) -> None:
    order = await bench.place()

    def cancel_then_fill(_asked: Asked, carry_out: Callable[[], Reply]) -> Reply:
        reply = carry_out()
        with contextlib.suppress(Refused):  # it is canceled; where the cancel is only pending, it fills
            bench.exchange.fill(order.brokerage_order_id)
        return reply

    bench.answer("cancel", cancel_then_fill)
    expect_taken(bench, await cancel(bench, order.ref))
    seen = await settle(bench, order.brokerage_order_id)
    truth = bench.order(order.brokerage_order_id)
    expect(truth is not None and seen.status is truth.status, f"the order is shown as {seen.status}")


@case("C06", "An order that is canceled already stays so, and no refusal claims that it is open.")
async def already_canceled(bench: Bench) -> None:
    order = await bench.place()
    bench.exchange.cancel(order.brokerage_order_id)
    outcome = await cancel(bench, order.ref)
    expect(
        isinstance(outcome, Canceled | CancelRejected | CancelPending),
        f"the brokerage answered, and the outcome is {describe(outcome)}",
    )
    seen = await bench.see(order.brokerage_order_id)
    expect(seen.status is OrderStatus.CANCELED, f"a canceled order is shown as {seen.status}")


@case("C07", "An expired order is not called canceled.")
async def expired(bench: Bench) -> None:
    await _ended(bench, bench.exchange.expire, OrderStatus.EXPIRED)


@case("C08", "An order that the brokerage rejected after it took it is not called canceled.", rejects_later)
async def rejected(bench: Bench) -> None:
    await _ended(bench, bench.exchange.reject, OrderStatus.REJECTED)


async def _ended(bench: Bench, end: Callable[[str], object], status: OrderStatus) -> None:
    order = await bench.place()
    end(order.brokerage_order_id)
    expect_refused(bench, await cancel(bench, order.ref))
    seen = await bench.see(order.brokerage_order_id)
    expect(seen.status is status, f"an order that is {status} is shown as {seen.status}")


@case(
    "C09",
    "A replaced order is not called canceled; it names its successor, which can be canceled in turn.",
    atomic_replace,
    names_successors,
)
async def replaced(bench: Bench) -> None:
    order = await bench.place()
    successor = bench.exchange.replace(NUMBER, order.brokerage_order_id, same_terms(order))
    expect_refused(bench, await cancel(bench, order.ref))
    expect_status(bench, successor.brokerage_order_id, OrderStatus.NEW)
    shown, actual = await see_successor(bench, order.brokerage_order_id), successor.brokerage_order_id
    expect(shown == actual, f"the successor is {actual}, and {shown} is shown")
    found = await bench.see(successor.brokerage_order_id)
    expect_taken(bench, await cancel(bench, found.ref))
    await expect_canceled(bench, successor.brokerage_order_id)


@case("C10", "A refusal for another reason, such as a pending replace, leaves the order open.")
async def refused_for_now(bench: Bench) -> None:
    order = await bench.place()
    bench.answer("cancel", lambda _asked, _carry_out: bench.refusal("A replace of the order is pending."))
    outcome = await cancel(bench, order.ref)
    expect(isinstance(outcome, CancelRejected), f"a refusal came to {describe(outcome)}")
    seen = await bench.see(order.brokerage_order_id)
    expect(not seen.status.is_closed, f"an open order is shown as {seen.status}")


@case("C11", "A second cancel while the first is pending changes nothing and proves nothing new.")
async def already_pending(bench: Bench) -> None:
    order = await bench.place()
    bench.exchange.acknowledge_cancel(NUMBER, order.brokerage_order_id)
    outcome = await cancel(bench, order.ref)
    expect(
        isinstance(outcome, CancelRejected | CancelPending),
        f"a cancel of an order whose cancel is pending came to {describe(outcome)}",
    )
    seen = await bench.see(order.brokerage_order_id)
    expect(not seen.status.is_closed, f"an order that may still fill is shown as {seen.status}")


def _quantity(order: Order) -> Decimal:
    if order.quantity is None:
        raise Failed("an order by units is shown without its quantity")
    return order.quantity


CASES = (
    open_order,
    part_filled,
    filled,
    fill_comes_first,
    cancel_comes_first,
    already_canceled,
    expired,
    rejected,
    replaced,
    refused_for_now,
    already_pending,
)
