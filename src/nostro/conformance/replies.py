"""Replies that came and prove nothing: errors, and successes that are not about this order."""

from nostro.brokers.transport import Reply
from nostro.conformance.bench import Bench, Failed, expect
from nostro.conformance.case import case
from nostro.conformance.truth import (
    cancel,
    describe,
    expect_canceled,
    expect_status,
    expect_unknown,
)
from nostro.domain.cancel import CancelRejected, CancelUnknown, LookFailed, OrderAbsent, UnknownCause
from nostro.domain.errors import ReadFailed
from nostro.domain.order import Order, OrderStatus
from nostro.sim.faults import NOT_DONE, FaultKind


@case("C22", "A success status with an error in its body is no success.")
async def error_in_a_success(bench: Bench) -> None:
    order = await bench.place()
    body = bench.refusal("The order cannot be canceled.").body
    bench.answer("cancel", lambda _asked, _carry_out: Reply(200, body))
    outcome = await cancel(bench, order.ref)
    expect(isinstance(outcome, CancelUnknown | CancelRejected), f"it came to {describe(outcome)}")


@case("C23", "A reply about another order proves nothing about this one.")
async def another_order(bench: Bench) -> None:
    order, usual = await bench.place(), await bench.place()
    if usual.brokerage_order_id.encode() in await _body_of_a_cancel(bench, usual):
        await _cancel_under(bench, order, FaultKind.OTHER_ORDER, UnknownCause.OTHER_ORDER_IN_REPLY)
    bench.faults.declare("*", FaultKind.OTHER_ORDER, times=None)
    look = await bench.look(order.brokerage_order_id, order.route)
    expect(
        isinstance(look, LookFailed | OrderAbsent), f"a look at another order came to {type(look).__name__}"
    )


@case("C24", "A page of HTML with status 200 proves nothing.")
async def html(bench: Bench) -> None:
    order = await bench.place()
    await _cancel_under(bench, order, FaultKind.HTML_BODY, UnknownCause.UNREADABLE_REPLY)
    await _look_under(bench, order, FaultKind.HTML_BODY)


@case("C25", "A reply that is cut off in the middle proves nothing.")
async def truncated(bench: Bench) -> None:
    await _unreadable(bench, FaultKind.TRUNCATED)


@case("C26", "A reply with a key twice proves nothing, whichever of its values is right.")
async def key_twice(bench: Bench) -> None:
    await _unreadable(bench, FaultKind.DUP_KEY_JSON)


@case("C27", "A reply that is not JSON proves nothing.")
async def malformed(bench: Bench) -> None:
    await _unreadable(bench, FaultKind.MALFORMED)


@case("C28", "A reply of megabytes, sent plain or packed unasked, proves nothing and is not kept.")
async def too_large(bench: Bench) -> None:
    for kind in (FaultKind.HUGE_BODY, FaultKind.GZIP_BOMB):
        await _unreadable(bench, kind)


@case("C29", "Credentials that are refused in the middle of a cancel say nothing about the order.")
async def key_revoked(bench: Bench) -> None:
    order = await bench.place()
    bench.revoke()
    expect_unknown(await cancel(bench, order.ref), UnknownCause.AUTH_REFUSED)
    expect_status(bench, order.brokerage_order_id, OrderStatus.NEW)
    look = await bench.look(order.brokerage_order_id, order.route)
    expect(isinstance(look, LookFailed), f"a look that was refused came to {type(look).__name__}")
    try:
        await bench.broker.list_accounts()
    except ReadFailed:
        return
    raise Failed("with credentials that are refused, accounts are listed")


@case("C30", "A brokerage that has had too many requests says nothing about the order.")
async def rate_limited(bench: Bench) -> None:
    order = await bench.place()
    await _cancel_under(bench, order, FaultKind.RATE_LIMITED, UnknownCause.RATE_LIMITED)
    await _look_under(bench, order, FaultKind.RATE_LIMITED)


@case("C31", "A 500 after the cancel was carried out is unknown; a look shows the order as canceled.")
async def error_done(bench: Bench) -> None:
    order = await bench.place()
    await _cancel_under(bench, order, FaultKind.ERROR_500_DONE, UnknownCause.SERVER_ERROR)
    await expect_canceled(bench, order.brokerage_order_id)


@case("C32", "A 500 before anything was done is unknown too; a look shows the order as open.")
async def error_not_done(bench: Bench) -> None:
    order = await bench.place()
    await _cancel_under(bench, order, FaultKind.ERROR_500_NOT_DONE, UnknownCause.SERVER_ERROR)
    seen = await bench.see(order.brokerage_order_id)
    expect(not seen.status.is_closed, f"an open order is shown as {seen.status}")


@case("C33", "502, 503 and 504 are unknown, whether the cancel was carried out behind them or not.")
async def gateway_errors(bench: Bench) -> None:
    for kind in (
        FaultKind.ERROR_502_DONE,
        FaultKind.ERROR_503_DONE,
        FaultKind.ERROR_504_DONE,
        FaultKind.ERROR_502_NOT_DONE,
        FaultKind.ERROR_503_NOT_DONE,
        FaultKind.ERROR_504_NOT_DONE,
    ):
        await _cancel_under(bench, await bench.place(), kind, UnknownCause.SERVER_ERROR)


@case("C34", "A redirect is not followed, and proves nothing.")
async def redirected(bench: Bench) -> None:
    order = await bench.place()
    await _cancel_under(bench, order, FaultKind.REDIRECT_TO_OTHER_HOST)
    await _look_under(bench, order, FaultKind.REDIRECT_TO_OTHER_HOST)


async def _unreadable(bench: Bench, kind: FaultKind) -> None:
    """Spoil a cancel's reply, where it has a body to spoil, and a look's, which always has."""
    order = await bench.place()
    if await _body_of_a_cancel(bench, await bench.place()):
        await _cancel_under(bench, order, kind)
    await _look_under(bench, order, kind)


async def _cancel_under(bench: Bench, order: Order, kind: FaultKind, *causes: UnknownCause) -> None:
    bench.faults.declare("cancel", kind)
    outcome = await cancel(bench, order.ref)
    expect_unknown(outcome, *causes)
    bench.faults.clear()
    status = OrderStatus.NEW if kind in NOT_DONE else OrderStatus.CANCELED
    expect_status(bench, order.brokerage_order_id, status)


async def _look_under(bench: Bench, order: Order, kind: FaultKind) -> None:
    bench.faults.declare("*", kind, times=None)
    look = await bench.look(order.brokerage_order_id, order.route)
    bench.faults.clear()
    expect(isinstance(look, LookFailed), f"a look that came to nothing is called {type(look).__name__}")


async def _body_of_a_cancel(bench: Bench, order: Order) -> bytes:
    """Find out what the brokerage's success to a cancel says beside its status."""
    await cancel(bench, order.ref)
    bodies = [reply.body for operation, reply in bench.replies if operation == "cancel"]
    expect(bodies, "the requests that cancel are not called `cancel`")
    return bodies[-1]


CASES = (
    error_in_a_success,
    another_order,
    html,
    truncated,
    key_twice,
    malformed,
    too_large,
    key_revoked,
    rate_limited,
    error_done,
    error_not_done,
    gateway_errors,
    redirected,
)
