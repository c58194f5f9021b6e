"""Each declared fault: what the caller sees of a cancel, and what is true."""

import asyncio
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from nostro.brokers.paper import PaperBroker
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    OrderAbsent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import OrderRef, OrderStatus
from nostro.domain.place import Placed
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultKind, FaultPlan
from tests.sim.market import ACCOUNT, OPENED_AT, ToldClock, buy, oto


class Seen(NamedTuple):
    """What a cancel came to, and the truth."""

    outcome: CancelOutcome
    status: OrderStatus
    log: list[str]
    """The order's entries after its placing: `event` and `status`."""


@pytest.fixture
def order_id(exchange: Exchange) -> BrokerageOrderId:
    return exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id


@pytest.fixture
def cancel(exchange: Exchange, broker: PaperBroker, order_id: BrokerageOrderId) -> "Cancel":
    return Cancel(exchange, broker, order_id)


class Cancel:
    def __init__(self, exchange: Exchange, broker: PaperBroker, order_id: BrokerageOrderId) -> None:
        self._exchange = exchange
        self._broker = broker
        self._order_id = order_id

    def __call__(self) -> Seen:
        placed = len(self._exchange.truth())
        outcome = asyncio.run(self._broker.cancel_order(ACCOUNT, OrderRef(self._order_id)))
        log = [f"{entry.event} {entry.status}" for entry in self._exchange.truth(placed)]
        return Seen(outcome, self._exchange.order(ACCOUNT, self._order_id).status, log)


RECEIVED, DONE = "request_received None", "order_changed canceled"


def test_without_a_fault_a_cancel_is_received_done_and_answered(cancel: Cancel) -> None:
    seen = cancel()
    assert isinstance(seen.outcome, Canceled)
    assert seen.log == [RECEIVED, DONE, "reply_sent 200"]


@pytest.mark.parametrize(
    ("kind", "cause", "log"),
    [
        ("hang", UnknownCause.TIMEOUT, [RECEIVED, DONE]),
        ("reply_lost", UnknownCause.CONNECTION_LOST, [RECEIVED, DONE]),
        ("error_500_done", UnknownCause.SERVER_ERROR, [RECEIVED, DONE, "reply_sent 500"]),
        ("error_500_not_done", UnknownCause.SERVER_ERROR, [RECEIVED, "reply_sent 500"]),
        ("rate_limited", UnknownCause.RATE_LIMITED, [RECEIVED, "reply_sent 429"]),
        ("malformed", UnknownCause.UNREADABLE_REPLY, [RECEIVED, DONE, "reply_sent 200"]),
        ("html_body", UnknownCause.UNREADABLE_REPLY, [RECEIVED, DONE, "reply_sent 200"]),
        ("truncated", UnknownCause.UNREADABLE_REPLY, [RECEIVED, DONE, "reply_sent 200"]),
        ("other_order", UnknownCause.OTHER_ORDER_IN_REPLY, [RECEIVED, DONE, "reply_sent 200"]),
    ],
)
def test_a_fault_leaves_the_caller_without_proof(
    faults: FaultPlan, cancel: Cancel, kind: str, cause: UnknownCause, log: list[str]
) -> None:
    faults.declare("cancel", kind)
    seen = cancel()
    assert isinstance(seen.outcome, CancelUnknown)
    assert (seen.outcome.cause, seen.log) == (cause, log)


def test_an_unprocessed_hang_does_nothing(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "hang", processed=False)
    assert cancel().log == [RECEIVED]


def test_a_hang_ends_with_the_callers_patience(faults: FaultPlan, cancel: Cancel, clock: ToldClock) -> None:
    faults.declare("cancel", "hang")
    cancel()
    assert clock.monotonic() == pytest.approx(2.0)


def test_a_short_hang_answers_after_its_delay(faults: FaultPlan, cancel: Cancel, clock: ToldClock) -> None:
    faults.declare("cancel", "hang", delay_s=1.5)
    seen = cancel()
    assert isinstance(seen.outcome, Canceled)
    assert clock.monotonic() == pytest.approx(1.5)


def test_a_long_hang_answers_too_late(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "hang", delay_s=10)
    outcome = cancel().outcome
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.TIMEOUT


def test_an_unprocessed_short_hang_ends_in_a_lost_connection(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "hang", delay_s=1.5, processed=False)
    outcome = cancel().outcome
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.CONNECTION_LOST


def test_a_dropped_connection_was_never_received(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "drop_before")
    seen = cancel()
    assert isinstance(seen.outcome, NotSent)
    assert seen.log == []


def test_an_acknowledged_cancel_is_pending(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "ack_only")
    seen = cancel()
    assert isinstance(seen.outcome, CancelPending)
    assert seen.log == [RECEIVED, "order_changed pending_cancel", "reply_sent 202"]


def test_a_second_cancel_is_told_that_one_is_pending(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "ack_only")
    cancel()
    outcome = cancel().outcome
    assert isinstance(outcome, CancelRejected)
    assert outcome.reason is CancelRejectReason.ALREADY_PENDING


def test_an_acknowledged_cancel_is_done_after_its_delay(
    faults: FaultPlan, cancel: Cancel, clock: ToldClock
) -> None:
    faults.declare("cancel", "ack_only", delay_s=60)
    cancel()
    clock.pass_time(60)
    outcome = cancel().outcome
    assert isinstance(outcome, CancelRejected)
    assert outcome.order is not None
    assert outcome.order.status is OrderStatus.CANCELED


def test_clearing_carries_acknowledged_cancels_out(
    faults: FaultPlan, cancel: Cancel, exchange: Exchange, order_id: str
) -> None:
    faults.declare("cancel", "ack_only")
    cancel()
    faults.clear()
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.CANCELED


def test_an_acknowledged_cancel_can_lose_to_a_fill(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "ack_then_fill")
    seen = cancel()
    assert isinstance(seen.outcome, CancelPending)
    assert seen.log == [
        RECEIVED,
        "order_changed pending_cancel",
        "reply_sent 202",
        "order_changed filled",
    ]


def test_a_held_order_stays_pending_where_others_would_fill(
    faults: FaultPlan, exchange: Exchange, broker: PaperBroker
) -> None:
    _, held = exchange.place_group(ACCOUNT, oto(buy(limit="90"), buy(limit="80")))
    faults.declare("cancel", "ack_then_fill")
    asyncio.run(broker.cancel_order(ACCOUNT, OrderRef(held.brokerage_order_id)))
    assert exchange.order(ACCOUNT, held.brokerage_order_id).status is OrderStatus.PENDING_CANCEL


def test_a_lagging_order_is_not_found_and_not_canceled(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "not_found_lag")
    seen = cancel()
    assert isinstance(seen.outcome, CancelRejected)
    assert (seen.outcome.reason, seen.status) == (CancelRejectReason.UNKNOWN_ORDER, OrderStatus.NEW)


def test_nothing_shows_a_lagging_order(
    faults: FaultPlan, cancel: Cancel, broker: PaperBroker, order_id: BrokerageOrderId
) -> None:
    faults.declare("cancel", "not_found_lag")
    cancel()

    async def look() -> list[object]:
        return [
            await broker.look_up_order(ACCOUNT, OrderRef(order_id)),
            await broker.find_client_order(ACCOUNT, ClientOrderId("c-1")),
            await broker.list_orders(ACCOUNT, OPENED_AT),
        ]

    assert asyncio.run(look()) == [OrderAbsent(), OrderAbsent(), []]


@pytest.mark.parametrize(("waited_s", "visible"), [(1.9, False), (2.0, True)])
def test_a_lag_is_over_after_two_seconds(
    faults: FaultPlan,
    cancel: Cancel,
    broker: PaperBroker,
    order_id: BrokerageOrderId,
    clock: ToldClock,
    waited_s: float,
    *,
    visible: bool,
) -> None:
    faults.declare("cancel", "not_found_lag")
    cancel()
    clock.pass_time(waited_s)
    look = asyncio.run(broker.look_up_order(ACCOUNT, OrderRef(order_id)))
    assert isinstance(look, OrderFound) is visible


def test_clearing_ends_a_lag(
    faults: FaultPlan, cancel: Cancel, broker: PaperBroker, order_id: BrokerageOrderId
) -> None:
    faults.declare("cancel", "not_found_lag", delay_s=60)
    cancel()
    faults.clear()
    assert isinstance(asyncio.run(broker.look_up_order(ACCOUNT, OrderRef(order_id))), OrderFound)


def test_a_look_up_by_client_order_id_can_lag(
    faults: FaultPlan, broker: PaperBroker, order_id: BrokerageOrderId
) -> None:
    faults.declare("look_up", "not_found_lag")

    async def look_twice() -> list[object]:
        by_client_id = await broker.find_client_order(ACCOUNT, ClientOrderId("c-1"))
        return [by_client_id, await broker.look_up_order(ACCOUNT, OrderRef(order_id))]

    assert asyncio.run(look_twice()) == [OrderAbsent(), OrderAbsent()]


def test_a_look_up_by_client_order_id_is_not_fooled_by_another_order(
    faults: FaultPlan, broker: PaperBroker, exchange: Exchange
) -> None:
    exchange.place(ACCOUNT, buy(limit="90", client_id="mine"))
    faults.declare("look_up", "other_order")
    look = asyncio.run(broker.find_client_order(ACCOUNT, ClientOrderId("mine")))
    assert isinstance(look, LookFailed)


def test_a_placed_order_can_lag(faults: FaultPlan, broker: PaperBroker) -> None:
    faults.declare("place", "not_found_lag")

    async def place_and_look() -> tuple[object, object]:
        placed = await broker.place_order(ACCOUNT, buy(limit="90", client_id="lagging"))
        return placed, await broker.find_client_order(ACCOUNT, ClientOrderId("lagging"))

    placed, look = asyncio.run(place_and_look())
    assert isinstance(placed, Placed)
    assert look == OrderAbsent()


@pytest.mark.parametrize("kind", ["reply_lost", "malformed", "other_order"])
def test_a_place_that_went_wrong_after_it_was_done_is_found(
    faults: FaultPlan, broker: PaperBroker, kind: str
) -> None:
    faults.declare("place", kind)

    async def place_and_look() -> tuple[object, object]:
        placed = await broker.place_order(ACCOUNT, buy(limit="90", client_id="mine"))
        return placed, await broker.find_client_order(ACCOUNT, ClientOrderId("mine"))

    placed, look = asyncio.run(place_and_look())
    assert isinstance(placed, CancelUnknown)
    assert isinstance(look, OrderFound)


def test_a_fault_happens_as_often_as_declared(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "error_500_not_done", times=2)
    kinds = [type(cancel().outcome) for _ in range(3)]
    assert kinds == [CancelUnknown, CancelUnknown, Canceled]


def test_a_fault_without_times_goes_on(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "error_500_not_done", times=None)
    assert {type(cancel().outcome) for _ in range(5)} == {CancelUnknown}


def test_a_fault_of_one_order_spares_the_others(
    faults: FaultPlan, cancel: Cancel, exchange: Exchange
) -> None:
    other = exchange.place(ACCOUNT, buy(limit="90"))
    faults.declare("cancel", "error_500_done", order_id=other.brokerage_order_id)
    assert isinstance(cancel().outcome, Canceled)


def test_a_fault_of_another_operation_spares_a_cancel(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("look_up", "error_500_done")
    assert isinstance(cancel().outcome, Canceled)


def test_a_fault_of_any_operation_meets_a_cancel(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("*", "error_500_done")
    assert isinstance(cancel().outcome, CancelUnknown)


def test_clearing_ends_faults_that_did_not_happen_yet(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "reply_lost", times=None)
    faults.clear()
    assert isinstance(cancel().outcome, Canceled)


def test_the_truth_log_names_the_fault(faults: FaultPlan, cancel: Cancel, exchange: Exchange) -> None:
    faults.declare("cancel", "reply_lost")
    cancel()
    received = next(entry for entry in exchange.truth() if entry.event == "request_received")
    assert received.detail == {"fault": "reply_lost"}


def test_declared_faults_show_how_often_they_still_happen(faults: FaultPlan, cancel: Cancel) -> None:
    faults.declare("cancel", "error_500_not_done", times=3)
    cancel()
    assert [(fault.kind, fault.times) for fault in faults.declared] == [(FaultKind.ERROR_500_NOT_DONE, 2)]


@pytest.mark.parametrize(
    ("operation", "kind", "more", "words"),
    [
        ("cancel", "explode", {}, "hang, reply_lost"),
        ("destroy", "hang", {}, "cancel, place, replace, look_up, list, read"),
        ("place", "ack_only", {}, "only to: cancel"),
        ("list", "not_found_lag", {}, "cannot happen to list"),
        ("place", "reply_lost", {"order_id": "x"}, "names no order"),
        ("cancel", "hang", {"times": 0}, "times counts from 1"),
        ("cancel", "hang", {"delay_s": -1}, "not negative"),
        ("cancel", "reply_lost", {"delay_s": 1}, "ack_only, hang, not_found_lag"),
        ("cancel", "reply_lost", {"processed": True}, "processed belongs to hang"),
    ],
)
def test_an_impossible_fault_is_refused_with_what_exists(
    faults: FaultPlan, operation: str, kind: str, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        faults.declare(operation, kind, **more)


def test_a_part_filled_order_fills_completely_after_an_acknowledged_cancel(
    faults: FaultPlan, cancel: Cancel, exchange: Exchange, order_id: str
) -> None:
    exchange.fill(order_id, Decimal(3))
    faults.declare("cancel", "ack_then_fill")
    cancel()
    assert exchange.order(ACCOUNT, order_id).filled_quantity == Decimal(10)
