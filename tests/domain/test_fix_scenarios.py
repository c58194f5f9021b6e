"""FIX's order state matrices, seen from the side that cancels (FIX 4.4 and 5.0 SP2, Appendix D "Order state
changes"), told in our own words: what each step makes of the intent.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from nostro.domain.cancel import (
    Canceled,
    CancelIntent,
    CancelRejectReason,
    CancelState,
    CancelUnknown,
    Looked,
    OrderFound,
    Replied,
    Restarted,
    UnknownCause,
    decide,
)
from nostro.domain.order import Order, OrderStatus

from .test_cancel_decide import ACK, INTENT, UNKNOWN, at, look, order, rejected, reply


def canceled(filled: int, at_s: int = 0) -> Order:
    return replace(
        order(OrderStatus.CANCELED, filled=filled),
        canceled_quantity=Decimal(10 - filled),
        updated_at=at(at_s),
    )


def shown(found: Order, known: CancelIntent | None = None) -> Looked:
    return look(OrderFound(order=found), known)


def facts(intent: CancelIntent) -> tuple[CancelState, OrderStatus, int, int]:
    """The state, then the order's status, filled and cancelled quantity."""
    assert intent.order is not None
    return (
        intent.state,
        intent.order.status,
        int(intent.order.filled_quantity),
        int(intent.order.canceled_quantity),
    )


def test_d3_an_order_without_fills_is_cancelled_whole() -> None:
    ended = decide(INTENT, reply(Canceled(raw={}, order=canceled(0))))
    assert facts(ended) == (CancelState.CONFIRMED, OrderStatus.CANCELED, 0, 10)


def test_d4_fills_while_the_cancel_is_pending_count_and_the_rest_is_cancelled() -> None:
    pending = decide(INTENT, reply(ACK))
    pending = decide(pending, shown(order(OrderStatus.PENDING_CANCEL, filled=2)))
    assert facts(pending) == (CancelState.ACKED, OrderStatus.PENDING_CANCEL, 2, 0)
    pending = decide(pending, shown(order(OrderStatus.PENDING_CANCEL, filled=5)))
    ended = decide(pending, shown(canceled(5)))
    assert facts(ended) == (CancelState.CONFIRMED, OrderStatus.CANCELED, 5, 5)


def test_b1c_an_order_filled_while_the_cancel_was_pending_is_too_late() -> None:
    pending = decide(INTENT, reply(ACK))
    pending = decide(pending, shown(order(OrderStatus.PENDING_CANCEL, filled=9)))
    ended = decide(pending, shown(order(OrderStatus.FILLED, filled=10)))
    assert facts(ended) == (CancelState.TOO_LATE, OrderStatus.FILLED, 10, 0)


def test_d9_a_fill_that_passed_the_request_on_its_way_is_too_late() -> None:
    refusal = rejected(CancelRejectReason.TOO_LATE, order(OrderStatus.FILLED, filled=10))
    assert facts(decide(INTENT, reply(refusal))) == (CancelState.TOO_LATE, OrderStatus.FILLED, 10, 0)


def test_d9_too_late_without_the_order_is_not_believed_before_the_order_is_seen() -> None:
    doubted = decide(INTENT, reply(rejected(CancelRejectReason.TOO_LATE)))
    assert doubted.state is CancelState.UNKNOWN
    ended = decide(doubted, shown(order(OrderStatus.FILLED, filled=10)))
    assert facts(ended) == (CancelState.TOO_LATE, OrderStatus.FILLED, 10, 0)


def test_7a_an_order_that_the_brokerage_does_not_know_yet_may_still_be_there() -> None:
    doubted = decide(INTENT, reply(rejected(CancelRejectReason.UNKNOWN_ORDER)))
    assert doubted.state is CancelState.UNKNOWN
    ended = decide(doubted, look(OrderStatus.NEW))
    assert (ended.state, ended.reason) == (CancelState.REFUSED, CancelRejectReason.UNKNOWN_ORDER)


def test_21_a_second_request_while_one_is_pending_joins_it() -> None:
    joined = decide(INTENT, reply(rejected(CancelRejectReason.ALREADY_PENDING)))
    assert joined.state is CancelState.ACKED
    assert decide(joined, shown(canceled(0))).state is CancelState.CONFIRMED


def test_a_named_refusal_holds_though_somebody_elses_cancel_was_pending_for_a_while() -> None:
    refused = decide(INTENT, reply(rejected(CancelRejectReason.BROKER_OPTION)))
    pending = decide(refused, look(OrderStatus.PENDING_CANCEL))
    assert pending.state is CancelState.ACKED
    ended = decide(pending, look(OrderStatus.NEW))
    assert (ended.state, ended.reason) == (CancelState.REFUSED, CancelRejectReason.BROKER_OPTION)


def test_silence_does_not_take_back_that_the_cancel_was_seen_pending() -> None:
    restarted = decide(INTENT, Restarted(at=at(1), settles_s=10))
    pending = decide(restarted, look(OrderStatus.PENDING_CANCEL, known=restarted))
    late = Replied(outcome=UNKNOWN, sent_at=at(0), ended_at=at(4), settles_s=10)
    after = decide(pending, late)
    assert (after.state, after.sent_at, after.ended_at) == (CancelState.ACKED, at(0), at(4))


def test_the_earlier_of_two_looks_heard_last_does_not_bring_fills_back() -> None:
    doubted = decide(INTENT, reply(CancelUnknown(cause=UnknownCause.TIMEOUT, message="?")))
    newer = replace(order(OrderStatus.PARTIALLY_FILLED, filled=6), updated_at=at(6))
    older = replace(order(OrderStatus.PARTIALLY_FILLED, filled=3), updated_at=at(5))
    seen = decide(decide(doubted, shown(newer)), shown(older))
    assert seen.order == newer


ENDED = decide(INTENT, reply(Canceled(raw={}, order=canceled(4, at_s=2))))


class TestBustAfterTheEnd:
    """J.1.b: a trade is busted or corrected after the order is closed. The status stays."""

    def test_a_bust_corrects_the_quantities_and_leaves_the_end(self) -> None:
        after = decide(ENDED, shown(canceled(1, at_s=8), ENDED))
        assert facts(after) == (CancelState.CONFIRMED, OrderStatus.CANCELED, 1, 9)
        assert replace(after, order=ENDED.order) == ENDED

    def test_a_busted_fill_leaves_too_late_too_late(self) -> None:
        ended = decide(INTENT, reply(rejected(CancelRejectReason.TOO_LATE, order(OrderStatus.FILLED))))
        busted = replace(order(OrderStatus.FILLED, filled=7), updated_at=at(8))
        after = decide(ended, shown(busted, ended))
        assert facts(after) == (CancelState.TOO_LATE, OrderStatus.FILLED, 7, 0)

    def test_fills_that_the_reply_did_not_show_are_taken_from_a_later_look(self) -> None:
        ended = decide(INTENT, reply(Canceled(raw={}, order=None)))
        assert facts(decide(ended, shown(canceled(4), ended))) == (
            CancelState.CONFIRMED,
            OrderStatus.CANCELED,
            4,
            6,
        )

    @pytest.mark.parametrize(
        "evidence",
        [
            shown(canceled(1, at_s=8)),
            shown(canceled(1, at_s=1), ENDED),
            shown(replace(order(OrderStatus.EXPIRED, filled=1), updated_at=at(8)), ENDED),
            shown(replace(order(OrderStatus.NEW, filled=1), updated_at=at(8)), ENDED),
            shown(replace(order(OrderStatus.CANCELED, "o-2", filled=1), updated_at=at(8)), ENDED),
            Restarted(at=at(9), settles_s=None),
            reply(Canceled(raw={}, order=canceled(1, at_s=8))),
        ],
        ids=["older look", "older news", "other end", "open again", "other order", "restart", "reply"],
    )
    def test_nothing_else_changes_what_has_ended(self, evidence: Looked | Restarted | Replied) -> None:
        assert decide(ENDED, evidence) is ENDED

    def test_an_order_left_open_by_a_refusal_is_not_followed_further(self) -> None:
        refused = decide(INTENT, reply(rejected(CancelRejectReason.OTHER)))
        refused = decide(refused, look(OrderStatus.NEW))
        assert decide(refused, shown(replace(canceled(0), updated_at=at(8)), refused)) is refused
