"""Replies that do not come, requests that do not leave, and views that lag behind."""

from nostro.conformance.bench import NUMBER, SHORT_PATIENCE_S, Bench, expect
from nostro.conformance.case import case
from nostro.conformance.truth import (
    cancel,
    describe,
    expect_canceled,
    expect_status,
    expect_taken,
    expect_unknown,
)
from nostro.domain.cancel import (
    Canceled,
    CancelPending,
    LookFailed,
    NotSent,
    OrderAbsent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.order import Order, OrderStatus
from nostro.sim.faults import FaultKind

_LAG_S = 0.3


@case("C35", "A cancel that is carried out and never answered is unknown; a look shows it later.")
async def hangs_done(bench: Bench) -> None:
    order = await _hang(bench, processed=True)
    await expect_canceled(bench, order.brokerage_order_id)


@case("C36", "A cancel that is neither carried out nor answered is unknown; a look shows the order as open.")
async def hangs_not_done(bench: Bench) -> None:
    order = await _hang(bench, processed=False)
    expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)
    seen = await bench.see(order.brokerage_order_id)
    expect(not seen.status.is_closed, f"an open order is shown as {seen.status}")


async def _hang(bench: Bench, *, processed: bool) -> Order:
    order = await bench.place()
    bench.faults.declare("cancel", FaultKind.HANG, processed=processed)
    bench.patience_s = SHORT_PATIENCE_S
    expect_unknown(await cancel(bench, order.ref), UnknownCause.TIMEOUT)
    bench.patience_s = None
    bench.faults.clear()
    return order


@case("C37", "A cancel whose reply is lost with its connection is unknown, and is not sent again.")
async def reply_lost(bench: Bench) -> None:
    for kind in (FaultKind.REPLY_LOST, FaultKind.ACCEPTED_THEN_RESET):
        order = await bench.place()
        bench.faults.declare("cancel", kind)
        expect_unknown(await cancel(bench, order.ref), UnknownCause.CONNECTION_LOST)
        await expect_canceled(bench, order.brokerage_order_id)


@case("C38", "A reply that drips in too slowly is unknown.")
async def drips(bench: Bench) -> None:
    order = await bench.place()
    bench.faults.declare("*", FaultKind.SLOW_DRIP, times=None)
    bench.patience_s = SHORT_PATIENCE_S
    look = await bench.look(order.brokerage_order_id, order.route)
    expect(isinstance(look, LookFailed), f"a look that took too long came to {type(look).__name__}")


@case("C39", "When nobody listens, the cancel is not sent, and that is certain.")
async def nobody_listens(bench: Bench) -> None:
    order = bench.rest()
    seen = await bench.see(order.brokerage_order_id)
    bench.broker = bench.connect(1)
    await bench.shut()
    outcome = await cancel(bench, seen.ref)
    expect(isinstance(outcome, NotSent), f"a cancel that never left came to {describe(outcome)}")
    expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)


@case("C40", "A connection that is dropped before the cancel is read is never a success.")
async def dropped(bench: Bench) -> None:
    order = await bench.place()
    bench.faults.declare("cancel", FaultKind.DROP_BEFORE)
    expect_unknown(await cancel(bench, order.ref))
    expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)


@case("C41", "An order that the list does not show yet can be canceled all the same.")
async def list_lags(bench: Bench) -> None:
    order = await bench.place()
    bench.faults.declare("list", FaultKind.LIST_LAGS, times=None)
    listed = await bench.broker.list_orders(bench.account, bench.exchange.now())
    expect(
        order.brokerage_order_id not in {each.brokerage_order_id for each in listed},
        "the list shows what the brokerage did not say",
    )
    expect_taken(bench, await cancel(bench, order.ref))
    bench.faults.clear()
    await expect_canceled(bench, order.brokerage_order_id)


@case("C42", "A look-up that lags is no proof: an order that is absent for a moment is not called canceled.")
async def look_up_lags(bench: Bench) -> None:
    order = await bench.place()
    bench.faults.hide([order.brokerage_order_id], _LAG_S)
    look = await bench.look(order.brokerage_order_id, order.route)
    expect(
        isinstance(look, OrderAbsent | LookFailed), f"an order that is hidden came to {type(look).__name__}"
    )
    outcome = await cancel(bench, order.ref)
    expect(
        not isinstance(outcome, Canceled | CancelPending),
        f"a cancel of an order that is hidden came to {describe(outcome)}",
    )
    bench.faults.clear()
    look = await bench.look(order.brokerage_order_id, order.route)
    expect(isinstance(look, OrderFound), "after the lag the order is not found")
    expect(bench.exchange.order(NUMBER, order.brokerage_order_id).status is OrderStatus.NEW, "it has ended")


CASES = (
    hangs_done,
    hangs_not_done,
    reply_lost,
    drips,
    nobody_listens,
    dropped,
    list_lags,
    look_up_lags,
)
