"""What an outcome of a cancel may say, given what the exchange received and did.

    Canceled         the exchange has the order as canceled
    CancelPending    one request was received, and answered with a success
    CancelRejected   this request canceled nothing; TOO_LATE: the order is closed
    NotSent          no cancel was received
    CancelUnknown    says nothing, so it is never a lie; whether it may be said, each case knows

At most one cancel is received, nothing is placed or replaced, and an order that an outcome shows is this one
in the state that it is in.
"""

from typing import assert_never

from nostro.conformance.bench import Bench, Failed, expect
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    NotSent,
    UnknownCause,
)
from nostro.domain.capability import CancelAck
from nostro.domain.order import Order, OrderRef, OrderStatus
from nostro.sim.faults import OPERATIONS
from nostro.sim.ledger import TruthEntry

READS = ("look_up", "list", "read")


async def cancel(bench: Bench, ref: OrderRef, *, account: str | None = None) -> CancelOutcome:
    """Cancel through the adapter, and judge what holds for every cancel; raises Failed."""
    began = bench.last_seq()
    outcome = await bench.broker.cancel_order(account or bench.account, ref)
    entries = bench.exchange.truth(began)
    judge_requests(outcome, entries)
    judge_outcome(bench, ref, outcome, entries)
    return outcome


def judge_requests(outcome: CancelOutcome, entries: list[TruthEntry]) -> None:
    received = [each.operation for each in entries if each.event == "request_received"]
    cancels = received.count("cancel")
    expect(cancels <= 1, f"one cancel was asked for, and the exchange received {cancels}")
    strange = set(received) - {"cancel", *READS}
    expect(not strange, f"a cancel sent requests of another kind: {', '.join(sorted(strange))}")
    if isinstance(outcome, NotSent):
        expect(cancels == 0, "a cancel that reached the exchange was called not sent")
    elif not isinstance(outcome, CancelUnknown):
        expect(cancels == 1, f"no cancel reached the exchange, and the outcome is {_name(outcome)}")


def judge_outcome(bench: Bench, ref: OrderRef, outcome: CancelOutcome, entries: list[TruthEntry]) -> None:
    order = bench.order(ref.brokerage_order_id)
    status = order.status if order is not None else None
    match outcome:
        case Canceled():
            expect(
                status is OrderStatus.CANCELED,
                f"the order was called canceled, and the exchange has it as {status or 'unknown'}",
            )
            _judge_shown(order, outcome.order)
        case CancelPending():
            answers = [each for each in entries if each.event == "reply_sent" and each.operation == "cancel"]
            expect(
                answers and str(answers[-1].status).startswith("2"),
                "a cancel was called pending without a success of the brokerage's",
            )
        case CancelRejected():
            did = any(
                each.event == "order_changed"
                and each.operation == "cancel"
                and each.brokerage_order_id == ref.brokerage_order_id
                for each in entries
            )
            expect(not did, "a cancel that was carried out was called rejected")
            if outcome.reason is CancelRejectReason.TOO_LATE:
                expect(
                    order is not None and order.status.is_closed,
                    f"the order was called closed, and the exchange has it as {status or 'unknown'}",
                )
            _judge_shown(order, outcome.order)
        case CancelUnknown() | NotSent():
            pass
        case _:
            assert_never(outcome)


def _judge_shown(order: Order | None, shown: Order | None) -> None:
    if shown is None:
        return
    if order is None:
        raise Failed("the outcome shows an order that does not exist")
    expect(shown.brokerage_order_id == order.brokerage_order_id, "the outcome shows another order")
    expect(
        shown.status is order.status,
        f"the outcome shows the order as {shown.status}, and the exchange has it as {order.status}",
    )
    expect(
        shown.filled_quantity == order.filled_quantity,
        f"the outcome shows {shown.filled_quantity} units filled, and the exchange {order.filled_quantity}",
    )


def expect_taken(bench: Bench, outcome: CancelOutcome) -> None:
    """Expect what the specification says a success proves."""
    proves = bench.spec.capabilities.cancel
    if proves is CancelAck.CONFIRMED:
        expect(isinstance(outcome, Canceled), f"a cancel that was carried out came to {describe(outcome)}")
    else:
        expect(
            isinstance(outcome, Canceled | CancelPending),
            f"a cancel that was taken came to {describe(outcome)}",
        )


def expect_refused(bench: Bench, outcome: CancelOutcome) -> None:
    """Expect a refusal; a brokerage that only accepts cancels may accept one that comes to nothing."""
    allowed = isinstance(outcome, CancelRejected) or (
        isinstance(outcome, CancelPending) and bench.spec.capabilities.cancel is CancelAck.ACCEPTED
    )
    expect(allowed, f"a cancel that can do nothing came to {describe(outcome)}")


def expect_unknown(outcome: CancelOutcome, *causes: UnknownCause) -> None:
    """Expect that nothing is claimed, for one of these causes; without any, for whichever."""
    if not isinstance(outcome, CancelUnknown):
        raise Failed(f"nothing is proven, and the outcome is {describe(outcome)}")
    expect(not causes or outcome.cause in causes, f"the cause is called {outcome.cause}")


async def settle(bench: Bench, order_id: str) -> Order:
    """Let the exchange carry out what it only acknowledged, and look at the order through the adapter."""
    bench.exchange.carry_out_pending_cancels()
    return await bench.see(order_id)


async def expect_canceled(bench: Bench, order_id: str) -> None:
    """Expect the order to be canceled in the end, at the exchange and in the adapter's eyes."""
    seen = await settle(bench, order_id)
    order = bench.order(order_id)
    expect(order is not None and order.status is OrderStatus.CANCELED, "the exchange did not cancel it")
    expect(seen.status is OrderStatus.CANCELED, f"a canceled order is shown as {seen.status}")


async def see_successor(bench: Bench, order_id: str) -> str:
    """Expect the order to be shown as replaced; return the id of what it names as its successor."""
    seen = await bench.see(order_id)
    expect(seen.status is OrderStatus.REPLACED, f"a replaced order is shown as {seen.status}")
    if seen.replaced_by is None:
        raise Failed("a replaced order does not name its successor")
    return seen.replaced_by


def expect_status(bench: Bench, order_id: str, status: OrderStatus) -> None:
    """Expect the exchange to have the order so."""
    order = bench.order(order_id)
    actual = order.status if order is not None else "unknown"
    expect(actual is status, f"the order should be {status} at the exchange, and is {actual}")


def judge_bystanders(bench: Bench) -> None:
    """Expect that what the case is not about is as it was, and that no request asked for what none may."""
    for bystander in bench.bystanders:
        order = bench.order(bystander.brokerage_order_id)
        # A case that moves the clock may outlive an order that is good for the day.
        is_left_alone = order is not None and order.status in (bystander.status, OrderStatus.EXPIRED)
        expect(is_left_alone, "another order than the one that was meant has changed")
    strange = {
        each.operation
        for each in bench.exchange.truth()
        if each.event == "request_received" and each.operation not in OPERATIONS
    }
    expect(not strange, f"the adapter asked for what it never may: {', '.join(sorted(strange))}")


def describe(outcome: object) -> str:
    detail = getattr(outcome, "reason", None) or getattr(outcome, "cause", None)
    return f"{_name(outcome)} ({detail})" if detail else _name(outcome)


def _name(outcome: object) -> str:
    return type(outcome).__name__
