"""Each declared fault over a real connection: what the adapter concludes, and what is true."""

import asyncio
from typing import NamedTuple

import pytest

from nostro.brokers.paper import PaperBroker
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    NotSent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.order import OrderRef, OrderStatus
from nostro.sim.exchange import Exchange
from nostro.sim.faults import NOT_DONE, FaultKind, FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import ACCOUNT, API_KEY, CASH, OPENED_AT, ToldClock, buy

from .brokerage import brokerage

Concluded = type[CancelOutcome] | UnknownCause | CancelRejectReason

CONCLUDED: dict[FaultKind, Concluded] = {
    FaultKind.HANG: UnknownCause.TIMEOUT,
    FaultKind.REPLY_DELAYED: Canceled,
    FaultKind.REPLY_AFTER_OUR_DEADLINE: UnknownCause.TIMEOUT,
    FaultKind.SLOW_DRIP: UnknownCause.TIMEOUT,
    FaultKind.REPLY_LOST: UnknownCause.CONNECTION_LOST,
    FaultKind.ACCEPTED_THEN_RESET: UnknownCause.CONNECTION_LOST,
    FaultKind.DROP_BEFORE: UnknownCause.CONNECTION_LOST,
    FaultKind.ERROR_500_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.ERROR_502_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.ERROR_503_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.ERROR_504_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.ERROR_500_NOT_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.ERROR_502_NOT_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.ERROR_503_NOT_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.ERROR_504_NOT_DONE: UnknownCause.SERVER_ERROR,
    FaultKind.RATE_LIMITED: UnknownCause.RATE_LIMITED,
    FaultKind.REDIRECT_TO_OTHER_HOST: UnknownCause.UNREADABLE_REPLY,
    FaultKind.MALFORMED: UnknownCause.UNREADABLE_REPLY,
    FaultKind.HTML_BODY: UnknownCause.UNREADABLE_REPLY,
    FaultKind.TRUNCATED: UnknownCause.UNREADABLE_REPLY,
    FaultKind.DUP_KEY_JSON: UnknownCause.UNREADABLE_REPLY,
    FaultKind.HUGE_BODY: UnknownCause.CONNECTION_LOST,
    FaultKind.GZIP_BOMB: UnknownCause.UNREADABLE_REPLY,
    FaultKind.OTHER_ORDER: UnknownCause.OTHER_ORDER_IN_REPLY,
    FaultKind.DUPLICATE_DELIVERY: CancelRejectReason.TOO_LATE,
    FaultKind.ACK_ONLY: CancelPending,
    FaultKind.ACK_THEN_FILL: CancelPending,
    FaultKind.ACK_NEVER_CANCELS: CancelPending,
    FaultKind.NOT_FOUND_LAG: CancelRejectReason.UNKNOWN_ORDER,
}
NEVER_CANCELED = NOT_DONE | {FaultKind.ACK_ONLY, FaultKind.ACK_THEN_FILL, FaultKind.NOT_FOUND_LAG}


class Seen(NamedTuple):
    outcome: CancelOutcome
    received: int
    done: int


def concluded(outcome: CancelOutcome) -> Concluded:
    match outcome:
        case CancelUnknown(cause=cause):
            return cause
        case CancelRejected(reason=reason):
            return reason
    return type(outcome)


def cancel_under(kind: FaultKind) -> Seen:
    async def run() -> Seen:
        async with brokerage() as broker:
            broker.faults.declare("cancel", kind)
            outcome = await broker.customer().cancel_order(ACCOUNT, OrderRef(broker.order_id))
            return Seen(outcome, broker.cancels_received(), broker.cancels_done())

    return asyncio.run(run())


def test_every_kind_that_can_happen_to_a_cancel_is_tried() -> None:
    assert set(CONCLUDED) == set(FaultKind) - {FaultKind.LIST_LAGS}


@pytest.mark.parametrize("kind", CONCLUDED)
def test_a_fault_over_http_lets_the_adapter_conclude_no_more_than_is_true(kind: FaultKind) -> None:
    seen = cancel_under(kind)
    received = {FaultKind.DROP_BEFORE: 0, FaultKind.DUPLICATE_DELIVERY: 2}.get(kind, 1)
    assert concluded(seen.outcome) == CONCLUDED[kind]
    assert (seen.received, seen.done) == (received, int(kind not in NEVER_CANCELED))


@pytest.mark.parametrize("kind", CONCLUDED)
def test_a_fault_in_this_process_lets_the_adapter_conclude_the_same(kind: FaultKind) -> None:
    clock = ToldClock()
    ledger = Ledger(":memory:")
    exchange = Exchange(ledger, clock.now, seed=7)
    exchange.open_account(ACCOUNT, CASH, owner=API_KEY)
    order_id = exchange.place(ACCOUNT, buy(limit="1")).brokerage_order_id
    faults = FaultPlan(exchange, clock)
    faults.declare("cancel", kind)
    customer = PaperBroker(EmbeddedVenue(exchange, faults, clock).transport(API_KEY))
    outcome = asyncio.run(customer.cancel_order(ACCOUNT, OrderRef(order_id)))
    ledger.close()
    is_refused = kind is FaultKind.DROP_BEFORE  # for certain, where there is no socket in between
    assert concluded(outcome) == (NotSent if is_refused else CONCLUDED[kind])


def test_without_a_fault_a_cancel_over_http_is_canceled() -> None:
    async def run() -> CancelOutcome:
        async with brokerage() as broker:
            return await broker.customer().cancel_order(ACCOUNT, OrderRef(broker.order_id))

    assert isinstance(asyncio.run(run()), Canceled)


def test_a_hung_reply_comes_when_the_faults_are_cleared() -> None:
    async def run() -> CancelOutcome:
        async with brokerage() as broker:
            broker.faults.declare("cancel", "hang")
            cancel = asyncio.create_task(broker.customer().cancel_order(ACCOUNT, OrderRef(broker.order_id)))
            await asyncio.sleep(0.1)
            assert not cancel.done()
            broker.faults.clear()
            return await cancel

    assert isinstance(asyncio.run(run()), Canceled)


def test_a_cancel_that_is_acknowledged_and_forgotten_leaves_the_order_open() -> None:
    async def run() -> OrderStatus:
        async with brokerage() as broker:
            broker.faults.declare("cancel", "ack_never_cancels")
            await broker.customer().cancel_order(ACCOUNT, OrderRef(broker.order_id))
            broker.faults.clear()
            broker.exchange.advance(2 * 86_400)
            look = await broker.customer().look_up_order(ACCOUNT, OrderRef(broker.order_id))
            assert isinstance(look, OrderFound)
            return look.order.status

    assert asyncio.run(run()) is not OrderStatus.CANCELED


def test_a_list_lags_for_as_many_reads_as_declared() -> None:
    async def run() -> list[list[OrderStatus]]:
        async with brokerage() as broker:
            customer = broker.customer()

            async def statuses() -> list[OrderStatus]:
                return [order.status for order in await customer.list_orders(ACCOUNT, OPENED_AT)]

            seen = [await statuses()]
            await customer.cancel_order(ACCOUNT, OrderRef(broker.order_id))
            broker.faults.declare("list", "list_lags", times=2)
            return [*seen, *[await statuses() for _ in range(3)]]

    new, canceled = [OrderStatus.NEW], [OrderStatus.CANCELED]
    assert asyncio.run(run()) == [new, new, new, canceled]


def test_a_list_that_lags_from_the_beginning_is_empty() -> None:
    async def run() -> int:
        async with brokerage() as broker:
            broker.faults.declare("list", "list_lags")
            return len(await broker.customer().list_orders(ACCOUNT, OPENED_AT))

    assert asyncio.run(run()) == 0


def test_a_key_that_opens_an_account_opens_one() -> None:
    async def run() -> list[str]:
        async with brokerage() as broker:
            customer = broker.customer(api_key="open-1")
            return [each.number for _ in range(2) for each in await customer.list_accounts()]

    first, second = asyncio.run(run())
    assert first == second
