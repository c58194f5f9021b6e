"""A cancel that the brokerage takes and does not carry out at once."""

from datetime import timedelta

from nostro.conformance.bench import Bench, expect
from nostro.conformance.case import case
from nostro.conformance.truth import cancel, describe, expect_status
from nostro.domain.cancel import CancelPending
from nostro.domain.order import Order, OrderStatus
from nostro.sim.faults import FaultKind

_TO_THE_NEXT_ROLL = timedelta(days=1)


@case("C19", "A cancel that is only acknowledged is pending until the exchange carries it out at its roll.")
async def carried_out_at_the_roll(bench: Bench) -> None:
    order = await _acknowledged(bench, FaultKind.ACK_ONLY)
    seen = await bench.see(order.brokerage_order_id)
    expect(not seen.status.is_closed, f"an order whose cancel is pending is shown as {seen.status}")
    bench.exchange.advance(_TO_THE_NEXT_ROLL.total_seconds())
    seen = await bench.see(order.brokerage_order_id)
    expect(seen.status is OrderStatus.CANCELED, f"after the roll the order is shown as {seen.status}")


@case("C20", "An order that fills after its cancel was acknowledged is shown as filled.")
async def filled_after_all(bench: Bench) -> None:
    order = await _acknowledged(bench, FaultKind.ACK_THEN_FILL)
    bench.faults.clear()
    if not (await bench.see(order.brokerage_order_id)).status.is_closed:
        bench.exchange.fill(order.brokerage_order_id)  # the reply is not one that the fault waits for
    seen = await bench.see(order.brokerage_order_id)
    expect(seen.status is OrderStatus.FILLED, f"a filled order is shown as {seen.status}")
    expect(seen.filled_quantity == order.quantity, "not all that was filled is shown")


@case("C21", "A cancel that was acknowledged and forgotten is never called done: the order is shown as open.")
async def forgotten(bench: Bench) -> None:
    order = await _acknowledged(bench, FaultKind.ACK_NEVER_CANCELS)
    expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)
    seen = await bench.see(order.brokerage_order_id)
    expect(not seen.status.is_closed, f"an open order is shown as {seen.status}")


async def _acknowledged(bench: Bench, kind: FaultKind) -> Order:
    order = await bench.place()
    bench.faults.declare("cancel", kind)
    outcome = await cancel(bench, order.ref)
    expect(isinstance(outcome, CancelPending), f"an acknowledged cancel came to {describe(outcome)}")
    return order


CASES = (carried_out_at_the_roll, filled_after_all, forgotten)
