"""`decide`: what each piece of evidence makes of a cancel, and what none of them may do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce

T0 = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ORDER_ID = BrokerageOrderId("o-1")
CLOSED = [status for status in OrderStatus if status.is_closed]
OPEN = [status for status in OrderStatus if not status.is_closed]


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def order(status: OrderStatus, order_id: str = ORDER_ID, filled: int = 0) -> Order:
    return Order(
        brokerage_order_id=BrokerageOrderId(order_id),
        status=status,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        legs=(Leg(instrument=Instrument(symbol="AAPL", asset_class=AssetClass.STOCK), side=Side.BUY),),
        quantity=Decimal(10),
        filled_quantity=Decimal(filled),
        placed_at=T0,
        updated_at=T0,
    )


INTENT = CancelIntent(
    cancel_id=CancelId("c-1"),
    account_id=AccountId("a-1"),
    brokerage_order_id=ORDER_ID,
    requested_at=T0,
    order=order(OrderStatus.NEW),
)


def reply(outcome: CancelOutcome, settles_s: float | None = 10) -> Replied:
    return Replied(outcome=outcome, sent_at=at(1), ended_at=at(2), settles_s=settles_s)


def look(found: OrderLook | OrderStatus, known: CancelIntent | None = None, known_for_s: float = 3) -> Looked:
    """Look by somebody who knew of the reply above, or what `known` says."""
    seen = OrderFound(order=order(found)) if isinstance(found, OrderStatus) else found
    known = known or decide(INTENT, reply(UNKNOWN))
    return Looked(look=seen, known=known, known_for_s=known_for_s, started_at=at(5), ended_at=at(6))


def rejected(reason: CancelRejectReason, shown: Order | None = None) -> CancelRejected:
    return CancelRejected(reason=reason, message="no", raw=None, order=shown)


UNKNOWN = CancelUnknown(cause=UnknownCause.TIMEOUT, message="no reply")
ACK = CancelPending(raw=None)
TOO_LATE = CancelRejectReason.TOO_LATE


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Canceled(raw={}), CancelState.CONFIRMED),
        (ACK, CancelState.ACKED),
        (UNKNOWN, CancelState.UNKNOWN),
        (NotSent(cause=NotSentCause.CONNECT_FAILED, message="refused"), CancelState.NOT_SENT),
        (rejected(CancelRejectReason.ALREADY_PENDING), CancelState.ACKED),
        (rejected(TOO_LATE), CancelState.UNKNOWN),
        (rejected(TOO_LATE, order(OrderStatus.FILLED, filled=10)), CancelState.TOO_LATE),
        (rejected(TOO_LATE, order(OrderStatus.EXPIRED)), CancelState.TOO_LATE),
        (rejected(TOO_LATE, order(OrderStatus.CANCELED)), CancelState.CONFIRMED),
        (rejected(TOO_LATE, order(OrderStatus.NEW)), CancelState.UNKNOWN),
        (rejected(CancelRejectReason.UNKNOWN_ORDER), CancelState.UNKNOWN),
        (rejected(CancelRejectReason.BROKER_OPTION), CancelState.UNKNOWN),
        (rejected(CancelRejectReason.OTHER), CancelState.UNKNOWN),
    ],
)
def test_a_reply_leads_to_what_it_proves(outcome: CancelOutcome, state: CancelState) -> None:
    assert decide(INTENT, reply(outcome)).state is state


@pytest.mark.parametrize(
    ("outcome", "found", "state"),
    [
        (UNKNOWN, OrderStatus.CANCELED, CancelState.CONFIRMED),
        (UNKNOWN, OrderStatus.FILLED, CancelState.TOO_LATE),
        (UNKNOWN, OrderStatus.REPLACED, CancelState.TOO_LATE),
        (UNKNOWN, OrderStatus.PENDING_CANCEL, CancelState.ACKED),
        (UNKNOWN, OrderStatus.NEW, CancelState.UNKNOWN),
        (UNKNOWN, OrderStatus.UNRECOGNIZED, CancelState.UNKNOWN),
        (ACK, OrderStatus.NEW, CancelState.ACKED),
        (ACK, OrderStatus.PARTIALLY_FILLED, CancelState.ACKED),
        (ACK, OrderStatus.FILLED, CancelState.TOO_LATE),
        (ACK, OrderStatus.CANCELED, CancelState.CONFIRMED),
        (rejected(TOO_LATE), OrderStatus.FILLED, CancelState.TOO_LATE),
        (rejected(TOO_LATE), OrderStatus.NEW, CancelState.REFUSED),
        (rejected(CancelRejectReason.UNKNOWN_ORDER), OrderStatus.NEW, CancelState.REFUSED),
        (rejected(CancelRejectReason.OTHER), OrderStatus.UNRECOGNIZED, CancelState.UNKNOWN),
    ],
)
def test_a_look_after_the_reply_leads_to_what_it_proves(
    outcome: CancelOutcome, found: OrderStatus, state: CancelState
) -> None:
    assert decide(decide(INTENT, reply(outcome)), look(found)).state is state


def test_an_open_order_after_the_request_can_no_longer_act_ends_a_doubt() -> None:
    doubtful = decide(INTENT, reply(UNKNOWN, settles_s=10))
    assert decide(doubtful, look(OrderStatus.NEW, known_for_s=9.9)).state is CancelState.UNKNOWN
    ended = decide(doubtful, look(OrderStatus.NEW, known_for_s=10))
    assert (ended.state, ended.reason) == (CancelState.REFUSED, CancelRejectReason.NOT_PROCESSED)


def test_where_no_bound_is_known_an_open_order_never_ends_a_doubt() -> None:
    doubtful = decide(INTENT, reply(UNKNOWN, settles_s=None))
    assert decide(doubtful, look(OrderStatus.NEW, known_for_s=1e9)).state is CancelState.UNKNOWN


def test_a_look_older_than_our_request_proves_nothing_while_the_order_is_open() -> None:
    refused = decide(INTENT, reply(rejected(CancelRejectReason.OTHER)))
    assert decide(refused, look(OrderStatus.NEW, known=INTENT, known_for_s=99)) is refused


def test_a_look_that_knew_of_another_end_proves_nothing_while_the_order_is_open() -> None:
    taken_over = decide(INTENT, Restarted(at=at(1), settles_s=1))
    ended_again = decide(taken_over, reply(UNKNOWN, settles_s=10))
    assert decide(ended_again, look(OrderStatus.NEW, known=taken_over, known_for_s=99)) is ended_again


def test_a_look_before_any_reply_does_not_call_the_order_open() -> None:
    assert decide(INTENT, look(OrderStatus.NEW)) is INTENT


def test_a_restart_makes_what_was_in_flight_unknown_and_leaves_the_rest() -> None:
    restarted = decide(INTENT, Restarted(at=at(3), settles_s=1))
    assert (restarted.state, restarted.cause) == (CancelState.UNKNOWN, UnknownCause.RESTARTED)
    acked = decide(INTENT, reply(ACK))
    assert decide(acked, Restarted(at=at(3), settles_s=1)) is acked


def test_after_a_fill_and_a_cancel_the_fill_is_kept() -> None:
    seen = OrderFound(order=order(OrderStatus.CANCELED, filled=4))
    confirmed = decide(decide(INTENT, reply(ACK)), look(seen))
    assert confirmed.order is not None
    assert confirmed.order.filled_quantity == 4


def test_a_look_at_another_order_proves_nothing() -> None:
    acked = decide(INTENT, reply(ACK))
    assert decide(acked, look(OrderFound(order=order(OrderStatus.CANCELED, order_id="o-2")))) is acked


def test_a_look_that_shows_nothing_new_leaves_the_intent_as_it_is() -> None:
    acked = decide(INTENT, reply(ACK))
    once = decide(acked, look(OrderStatus.PENDING_CANCEL))
    assert decide(once, look(OrderStatus.PENDING_CANCEL)) is once


orders = st.builds(
    order,
    status=st.sampled_from(OrderStatus),
    order_id=st.sampled_from([ORDER_ID, ORDER_ID, ORDER_ID, "o-2"]),
    filled=st.integers(0, 10),
)
outcomes = st.one_of(
    st.builds(Canceled, raw=st.none(), order=st.none()),
    st.just(ACK),
    st.builds(
        CancelRejected,
        reason=st.sampled_from(CancelRejectReason),
        message=st.just("no"),
        raw=st.none(),
        order=st.none() | orders.filter(lambda each: each.brokerage_order_id == ORDER_ID),
    ),
    st.builds(CancelUnknown, cause=st.sampled_from(UnknownCause), message=st.just("?")),
    st.builds(NotSent, cause=st.sampled_from(NotSentCause), message=st.just("-")),
)
moments = st.integers(0, 60).map(at)
lengths = st.none() | st.floats(0, 60)
looks = st.one_of(
    st.builds(OrderFound, order=orders), st.just(OrderAbsent()), st.builds(LookFailed, message=st.just("?"))
)
pieces = st.one_of(
    st.builds(Replied, outcome=outcomes, sent_at=moments, ended_at=moments, settles_s=lengths),
    st.builds(
        Looked,
        look=looks,
        known=st.builds(
            lambda outcome, sent_at, ended_at: decide(
                INTENT, Replied(outcome=outcome, sent_at=sent_at, ended_at=ended_at, settles_s=None)
            ),
            outcomes,
            moments,
            moments,
        )
        | st.just(INTENT),
        known_for_s=st.floats(0, 60),
        started_at=moments,
        ended_at=moments,
    ),
    st.builds(Restarted, at=moments, settles_s=lengths),
)


def says_canceled(evidence: Evidence) -> bool:
    shown: Order | None = None
    if isinstance(evidence, Replied):
        if isinstance(evidence.outcome, Canceled):
            return True
        shown = evidence.outcome.order if isinstance(evidence.outcome, CancelRejected) else None
    elif isinstance(evidence, Looked) and isinstance(evidence.look, OrderFound):
        shown = evidence.look.order
    return shown is not None and (shown.brokerage_order_id, shown.status) == (ORDER_ID, OrderStatus.CANCELED)


@given(st.lists(pieces, max_size=12))
def test_canceled_is_said_only_after_the_brokerage_said_it_of_this_order(history: list[Evidence]) -> None:
    intent = INTENT
    for evidence in history:
        after = decide(intent, evidence)
        if after.state is CancelState.CONFIRMED and intent.state is not CancelState.CONFIRMED:
            assert says_canceled(evidence)
        intent = after


@given(st.lists(pieces, max_size=12))
def test_a_final_state_never_changes(history: list[Evidence]) -> None:
    intent = INTENT
    for evidence in history:
        after = decide(intent, evidence)
        if intent.state.is_final:
            assert after == replace(intent, order=after.order)
        intent = after


@given(st.lists(pieces, max_size=12))
def test_too_late_comes_with_the_closed_order_and_not_sent_with_nothing_sent(history: list[Evidence]) -> None:
    intent = INTENT
    for evidence in history:
        intent = decide(intent, evidence)
    if intent.state is CancelState.TOO_LATE:
        assert intent.order is not None
        assert intent.order.status.is_closed
        assert intent.order.status is not OrderStatus.CANCELED
    if intent.state is CancelState.NOT_SENT:
        assert intent.sent_at is None
    assert intent.state.is_final == (intent.resolved_at is not None)


@given(st.sampled_from([OrderAbsent(), LookFailed("?")]), outcomes)
def test_absence_and_failed_looks_prove_nothing(blank: OrderLook, outcome: CancelOutcome) -> None:
    intent = decide(INTENT, reply(outcome))
    assert decide(intent, look(blank)) is intent


@given(st.lists(pieces, max_size=6), st.integers(1, 3600))
def test_the_age_of_an_intent_changes_nothing(history: list[Evidence], older_s: int) -> None:
    young, old = INTENT, replace(INTENT, requested_at=T0 - timedelta(seconds=older_s))
    for evidence in history:
        young, old = decide(young, evidence), decide(old, evidence)
    assert young.state is old.state
