"""`decide` against a model brokerage, under every history that hypothesis can think of.

The model knows the truth: what the order is, whether the request arrived and what became of it. Time is a
whole number of seconds. A request that nobody waits for any more can still arrive for SETTLE_S.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nostro.domain.cancel import (
    Canceled,
    CancelIntent,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelState,
    CancelUnknown,
    Evidence,
    Looked,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
    OrderLook,
    Replied,
    Restarted,
    UnknownCause,
    decide,
)
from nostro.domain.ids import BrokerageOrderId, CancelId
from nostro.domain.order import Order, OrderStatus

from .test_cancel_decide import INTENT, at, order

SETTLE_S = 5
NAMED = [
    CancelRejectReason.BROKER_OPTION,
    CancelRejectReason.OTHER,
    CancelRejectReason.UNKNOWN_ORDER,
]
ALLOWED = {
    CancelState.INTENT: set(CancelState) - {CancelState.REFUSED},
    CancelState.UNKNOWN: set(CancelState) - {CancelState.INTENT},
    # Back to UNKNOWN only when the late reply names a reason, though a look saw a cancel pending.
    CancelState.ACKED: set(CancelState) - {CancelState.INTENT},
}


@dataclass(slots=True)
class CancelRequest:
    """One request as the network and the brokerage know it."""

    is_under_way: bool = True
    """It has not arrived, and still can."""
    did_arrive: bool = False
    reply: CancelOutcome | None = None
    """What the brokerage made of it; None until it arrives."""
    dead_at: int | None = None
    """Nobody waits for it any more, and by then it cannot arrive any more."""


class CancelMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.wall_is_ahead_s = 0
        """How far the clock on our wall is from `now`. The brokerage's own is right."""
        self.truth = order(OrderStatus.NEW)
        self.intent: CancelIntent = INTENT
        self.request = CancelRequest()
        self.sent_at = 0
        self.is_waiting = True
        """Our process lives and waits for the reply."""
        self.has_crashed = False
        self.looks: list[Looked] = []
        """Looks that have begun, and that nobody has heard of yet."""
        self.ends: dict[tuple[datetime | None, datetime | None], int] = {}
        """When our side first knew of each end of a request."""

    @initialize()
    def begin(self) -> None:
        self._send()

    # Our side

    @precondition(
        lambda self: self.intent.state in (CancelState.REFUSED, CancelState.NOT_SENT) and not self.is_waiting
    )
    @rule()
    def request_again(self) -> None:
        assert not self.request.is_under_way
        self._send()

    def _send(self) -> None:
        self.intent = replace(
            INTENT, cancel_id=CancelId(f"c-{self.now}"), requested_at=at(self.now), order=self.truth
        )
        self.ends.clear()
        self.request, self.sent_at, self.is_waiting, self.has_crashed = CancelRequest(), self.now, True, False

    def _learn(self, evidence: Evidence) -> None:
        before, self.intent = self.intent, decide(self.intent, evidence)
        if before.state.is_final:
            assert self.intent == replace(before, order=self.intent.order)
        elif self.intent.state is not before.state:
            assert self.intent.state in ALLOWED[before.state]
        assert self.intent.order is not None
        assert before.order is not None
        assert self.intent.order.updated_at >= before.order.updated_at
        if not isinstance(evidence, Replied) and before.state is CancelState.ACKED:
            assert self.intent.state is not CancelState.UNKNOWN

    def _end(self, outcome: CancelOutcome) -> None:
        self.is_waiting = False
        self.request.dead_at = self.now + SETTLE_S
        self._learn(
            Replied(
                outcome=outcome,
                sent_at=self._wall(self.sent_at),
                ended_at=self._wall(self.now),
                settles_s=SETTLE_S,
            )
        )

    @precondition(lambda self: self.is_waiting and self.request.reply is not None)
    @rule()
    def hear_reply(self) -> None:
        assert self.request.reply is not None
        self._end(self.request.reply)

    @precondition(lambda self: self.is_waiting)
    @rule(cause=st.sampled_from([cause for cause in UnknownCause if cause is not UnknownCause.RESTARTED]))
    def give_up(self, cause: UnknownCause) -> None:
        self._end(CancelUnknown(cause=cause, message="?"))

    @precondition(lambda self: self.is_waiting and self.request.is_under_way)
    @rule()
    def fail_to_connect(self) -> None:
        self.request.is_under_way = False
        self._end(NotSent(cause=NotSentCause.CONNECT_FAILED, message="refused"))

    @precondition(lambda self: self.is_waiting)
    @rule()
    def crash(self) -> None:
        self.is_waiting, self.has_crashed = False, True
        self.looks.clear()

    @precondition(lambda self: self.has_crashed)
    @rule(does_old_process_live=st.booleans())
    def restart(self, does_old_process_live: bool) -> None:
        """`does_old_process_live`: it was only thought dead, and hears its reply after all."""
        self.has_crashed = False
        self.is_waiting = does_old_process_live
        self.request.dead_at = self.now + SETTLE_S
        self._learn(Restarted(at=self._wall(self.now), settles_s=SETTLE_S))

    @rule(hours=st.integers(-3, 3))
    def clock_jumps(self, hours: int) -> None:
        self.wall_is_ahead_s += 3600 * hours

    @rule()
    def begin_look(self) -> None:
        self.looks.append(self._look(OrderFound(order=self.truth)))

    def _look(self, look: OrderLook) -> Looked:
        """Look as it is now, by somebody who knows all that our side does."""
        end = (self.intent.ended_at, self.intent.sent_at)
        known_since = self.ends.setdefault(end, self.now)
        wall = self._wall(self.now)
        return Looked(
            look=look,
            known=self.intent,
            known_for_s=self.now - known_since,
            started_at=wall,
            ended_at=wall,
        )

    def _wall(self, now: int) -> datetime:
        return at(now + self.wall_is_ahead_s)

    @precondition(lambda self: self.looks)
    @rule(data=st.data())
    def end_look(self, data: st.DataObject) -> None:
        """Hear of any look that has begun: a snapshot can be old, and overtaken by later ones."""
        self._learn(self.looks.pop(data.draw(st.integers(0, len(self.looks) - 1))))

    @rule(look=st.sampled_from([OrderAbsent(), LookFailed("?")]))
    def see_nothing(self, look: OrderAbsent | LookFailed) -> None:
        before = self.intent
        self._learn(self._look(look))
        assert self.intent is before

    @rule(status=st.sampled_from(OrderStatus))
    def see_another_order(self, status: OrderStatus) -> None:
        before = self.intent
        self._learn(self._look(OrderFound(order=order(status, order_id="o-2", filled=3))))
        assert self.intent is before

    @rule(seconds=st.integers(1, 4))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        if self.request.dead_at is not None and self.now >= self.request.dead_at:
            self.request.is_under_way = False

    @rule()
    def heal(self) -> None:
        """Everybody behaves from here on: then a reply, a restart and two looks end every doubt."""
        if self.request.is_under_way:
            self.arrive(how="done", reason=NAMED[0])
        if self.is_waiting and self.request.reply is not None:
            self.hear_reply()
        if self.has_crashed:
            self.restart(does_old_process_live=False)
        self._look(OrderAbsent())  # from here on our side knows of the end
        self.wait(SETTLE_S)
        if self.truth.status is OrderStatus.PENDING_CANCEL:
            self.carry_out_pending()
        self.looks.clear()
        self._learn(self._look(OrderFound(order=self.truth)))
        # A brokerage that acknowledges and then forgets leaves a cancel pending; nothing proves its end.
        assert self.intent.state.is_final or self.intent.state is CancelState.ACKED

    # The brokerage

    def _becomes(self, status: OrderStatus, filled: Decimal | None = None) -> None:
        filled = self.truth.filled_quantity if filled is None else filled
        assert self.truth.quantity is not None
        left = self.truth.quantity - filled
        self.truth = replace(
            self.truth,
            status=status,
            filled_quantity=filled,
            canceled_quantity=left if status is OrderStatus.CANCELED else Decimal(0),
            replaced_by=BrokerageOrderId("o-3") if status is OrderStatus.REPLACED else None,
            updated_at=at(self.now),
        )

    @precondition(lambda self: self.request.is_under_way)
    @rule(
        how=st.sampled_from(["done", "done", "acknowledged", "refused"]),
        reason=st.sampled_from(NAMED),
    )
    def arrive(self, how: str, reason: CancelRejectReason) -> None:
        self.request.is_under_way, self.request.did_arrive = False, True
        # What arrives after our verdict would make a lie of it.
        assert self.intent.state not in (CancelState.NOT_SENT, CancelState.REFUSED)
        if self.truth.status.is_closed:
            reply: CancelOutcome = _refusal(CancelRejectReason.TOO_LATE, self.truth)
        elif self.truth.status is OrderStatus.PENDING_CANCEL:
            reply = _refusal(CancelRejectReason.ALREADY_PENDING, self.truth)
        elif how == "done":
            self._becomes(OrderStatus.CANCELED)
            reply = Canceled(raw={}, order=self.truth)
        elif how == "acknowledged":
            self._becomes(OrderStatus.PENDING_CANCEL)
            reply = CancelPending(raw={})
        else:
            reply = _refusal(reason, None)
        self.request.reply = reply

    @precondition(lambda self: not self.truth.status.is_closed)
    @rule(units=st.integers(1, 10))
    def fill(self, units: int) -> None:
        assert self.truth.quantity is not None
        filled = min(self.truth.filled_quantity + units, self.truth.quantity)
        was_pending = self.truth.status is OrderStatus.PENDING_CANCEL
        status = OrderStatus.PENDING_CANCEL if was_pending else OrderStatus.PARTIALLY_FILLED
        self._becomes(OrderStatus.FILLED if filled == self.truth.quantity else status, filled)

    @precondition(lambda self: not self.truth.status.is_closed)
    @rule(status=st.sampled_from([OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.REPLACED]))
    def close_otherwise(self, status: OrderStatus) -> None:
        self._becomes(status)

    @precondition(lambda self: self.truth.status in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED))
    @rule()
    def take_somebody_elses_cancel(self) -> None:
        self._becomes(OrderStatus.PENDING_CANCEL)

    @precondition(lambda self: self.truth.status is OrderStatus.PENDING_CANCEL)
    @rule()
    def carry_out_pending(self) -> None:
        self._becomes(OrderStatus.CANCELED)

    @precondition(lambda self: self.truth.status is OrderStatus.PENDING_CANCEL)
    @rule()
    def drop_pending(self) -> None:
        is_part_filled = self.truth.filled_quantity > 0
        self._becomes(OrderStatus.PARTIALLY_FILLED if is_part_filled else OrderStatus.NEW)

    @precondition(lambda self: self.truth.filled_quantity > 0 and self.truth.status.is_closed)
    @rule(units=st.integers(1, 10))
    def bust(self, units: int) -> None:
        """Undo fills after the end: the status stays (FIX matrix J.1.b)."""
        self._becomes(self.truth.status, max(self.truth.filled_quantity - units, Decimal(0)))

    # What must hold, whatever happened

    @invariant()
    def canceled_is_true(self) -> None:
        if self.intent.state is CancelState.CONFIRMED:
            assert self.truth.status is OrderStatus.CANCELED

    @invariant()
    def too_late_is_true_and_shows_how_the_order_ended(self) -> None:
        if self.intent.state is CancelState.TOO_LATE:
            assert self.intent.order is not None
            assert self.intent.order.status is self.truth.status
            assert self.truth.status.is_closed
            assert self.truth.status is not OrderStatus.CANCELED

    @invariant()
    def refused_means_that_the_request_can_do_nothing_any_more(self) -> None:
        if self.intent.state is CancelState.REFUSED:
            assert not self.request.is_under_way
            assert not isinstance(self.request.reply, Canceled)

    @invariant()
    def not_sent_means_that_nothing_arrived(self) -> None:
        if self.intent.state is CancelState.NOT_SENT:
            assert not self.request.did_arrive
            assert not self.request.is_under_way

    @invariant()
    def what_is_shown_of_the_order_adds_up(self) -> None:
        shown = self.intent.order
        assert shown is not None
        assert shown.quantity is not None
        assert shown.filled_quantity + shown.canceled_quantity <= shown.quantity

    @invariant()
    def final_states_and_only_they_say_when_they_were_reached(self) -> None:
        assert self.intent.state.is_final == (self.intent.resolved_at is not None)


def _refusal(reason: CancelRejectReason, shown: Order | None) -> CancelRejected:
    return CancelRejected(reason=reason, message="no", raw={}, order=shown)


TestCancelMachine = CancelMachine.TestCase
TestCancelMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
