"""What is told, when it is made, and who may deliver it: on both engines."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelState,
    CancelUnknown,
    NotSent,
    NotSentCause,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import Order, OrderStatus
from nostro.storage.outbox_port import DeliveryAttempt, EventState, OutboxEvent
from nostro.storage.port import PlaceIntent, PlaceState

from .conftest import Run
from .desk import ACCOUNT, OWNER, T0, Desk, of_order, opened, order

CANCELED = order(status=OrderStatus.CANCELED, canceled_quantity=Decimal(10))
FILLED = order(status=OrderStatus.FILLED, filled_quantity=Decimal(10))
PARTLY = order(status=OrderStatus.PARTIALLY_FILLED, filled_quantity=Decimal(3))
PENDING = CancelPending(raw=None)
UNKNOWN = CancelUnknown(cause=UnknownCause.TIMEOUT, message="")
ATTEMPT = DeliveryAttempt(at=T0, status=200, error="", duration_ms=1)


async def place(desk: Desk, placed: Order) -> None:
    intent = PlaceIntent(
        account_id=ACCOUNT,
        client_order_id=ClientOrderId(f"c-{placed.brokerage_order_id}"),
        content_hash=b"",
        state=PlaceState.PLACED,
        requested_at=T0,
        order_ids=(placed.brokerage_order_id,),
    )
    await desk.placements.claim(intent)
    await desk.placements.finish(intent, [placed], T0)


def finals(events: list[OutboxEvent]) -> list[tuple[str, CancelState, str]]:
    return [
        (each.ended.cancel_id, each.ended.state, each.ended.evidence)
        for each in map(of_order, events)
        if each.ended is not None
    ]


ENDS: list[tuple[list[CancelOutcome | Order], CancelState, str]] = [
    ([PENDING, CANCELED], CancelState.CONFIRMED, "look_up"),
    ([UNKNOWN, CANCELED], CancelState.CONFIRMED, "look_up"),
    ([UNKNOWN, FILLED], CancelState.TOO_LATE, "look_up"),
    ([UNKNOWN, order(status=OrderStatus.PENDING_CANCEL), PARTLY, CANCELED], CancelState.CONFIRMED, "look_up"),
    ([Canceled(raw=None)], CancelState.CONFIRMED, "reply"),
    ([NotSent(cause=NotSentCause.CONNECT_FAILED, message="")], CancelState.NOT_SENT, "reply"),
    (
        [CancelRejected(reason=CancelRejectReason.OTHER, message="", raw=None), order()],
        CancelState.REFUSED,
        "look_up",
    ),
]


@pytest.mark.parametrize(("steps", "state", "evidence"), ENDS, ids=str)
def test_every_cancel_ends_with_exactly_one_final_event(
    run_on_both: Run, steps: list[CancelOutcome | Order], state: CancelState, evidence: str
) -> None:
    async def work(desk: Desk) -> list[OutboxEvent]:
        await desk.listen()
        await desk.see(order())
        await desk.ask("x-1")
        for step in steps:
            desk.clock.elapsed_s += 1
            if isinstance(step, Order):
                await desk.look("x-1", step)
            else:
                await desk.answer("x-1", step)
        desk.clock.elapsed_s += 1
        await desk.look("x-1", CANCELED)  # what comes after the end ends nothing again
        return await desk.told()

    assert finals(run_on_both(work)) == [("x-1", state, evidence)]


def test_an_open_cancel_has_no_final_event(run: Run) -> None:
    async def work(desk: Desk) -> list[OutboxEvent]:
        await desk.listen()
        await desk.see(order())
        await desk.ask("x-1")
        await desk.answer("x-1", UNKNOWN)
        return await desk.told()

    assert run(work) == []


def test_the_change_that_ends_a_cancel_is_told_once(run: Run) -> None:
    async def work(desk: Desk) -> list[OutboxEvent]:
        await desk.listen()
        await desk.see(order())
        await desk.ask("x-1")
        await desk.answer("x-1", PENDING)
        desk.clock.elapsed_s += 1
        await desk.look("x-1", CANCELED)
        return await desk.told()

    assert len(run(work)) == 1


def test_a_cancel_confirmed_without_a_look_shows_the_order_canceled(run: Run) -> None:
    async def work(desk: Desk) -> Order | None:
        await desk.listen()
        await desk.see(PARTLY)
        await desk.ask("x-1")
        await desk.answer("x-1", Canceled(raw=None))
        seen: Order | None = of_order((await desk.told())[0]).order
        return seen

    seen = run(work)
    assert (seen.status, seen.filled_quantity) == (OrderStatus.CANCELED, 3)


def test_each_change_of_a_placed_order_is_told_with_an_id_of_its_own(run_on_both: Run) -> None:
    async def work(desk: Desk) -> list[OutboxEvent]:
        await desk.listen()
        await place(desk, order())
        for seen in (order(), PARTLY, PARTLY, order(), PARTLY, FILLED):
            desk.clock.elapsed_s += 1
            await desk.see(seen)
        return await desk.told()

    events = run_on_both(work)
    shown = [each.event.order.status for each in events]
    statuses = [PARTLY.status, order().status, PARTLY.status, FILLED.status]
    assert (shown, len({each.event_id for each in events})) == (statuses, 4)


def test_orders_that_nostro_neither_placed_nor_canceled_are_not_told(run: Run) -> None:
    async def work(desk: Desk) -> list[OutboxEvent]:
        await desk.listen()
        await desk.see(order())
        await desk.see(FILLED)
        return await desk.told()

    assert run(work) == []


def test_the_successor_of_a_placed_order_is_told_too(run: Run) -> None:
    async def work(desk: Desk) -> list[str]:
        await desk.listen()
        await place(desk, order())
        await desk.see(order("o-2", replaces=BrokerageOrderId("o-1")))
        await desk.see(order("o-2", OrderStatus.FILLED))
        return [of_order(each).brokerage_order_id for each in await desk.told()]

    assert run(work) == ["o-2"]


@pytest.mark.parametrize("is_on", [False, None], ids=["off", "never set"])
def test_nothing_is_kept_for_a_partner_without_webhooks(run_on_both: Run, is_on: bool | None) -> None:
    async def work(desk: Desk) -> list[OutboxEvent]:
        if is_on is not None:
            await desk.listen(is_on=is_on)
        await desk.see(order())
        await desk.ask("x-1")
        await desk.answer("x-1", Canceled(raw=None))
        return await desk.told()

    assert run_on_both(work) == []


def test_a_final_event_names_connection_and_owner(run: Run) -> None:
    async def work(desk: Desk) -> OutboxEvent:
        await desk.listen()
        await desk.see(order())
        await desk.ask("x-1")
        await desk.answer("x-1", Canceled(raw=None))
        return (await desk.told())[0]

    event = run(work)
    assert (event.client_id, event.user_id, event.broker_slug) == (OWNER.client_id, OWNER.user_id, "PAPER")


def test_the_end_of_a_cancel_is_told_also_when_its_connection_is_gone(run_on_both: Run) -> None:
    async def work(desk: Desk) -> tuple[str | None, str | None]:
        await desk.listen()
        await desk.see(order())
        await desk.ask("x-1")
        owned = await desk.connections.account_of_intent(ACCOUNT)
        assert owned is not None
        await desk.connections.delete(owned.connection.connection_id)
        await desk.answer("x-1", NotSent(cause=NotSentCause.CONNECT_FAILED, message=""))
        [event] = await desk.told()
        return event.connection_id, event.broker_slug

    assert run_on_both(work) == (None, None)


async def fill(desk: Desk, *order_ids: str) -> None:
    """Make one event for each order named, in this turn."""
    for order_id in order_ids:
        desk.clock.elapsed_s += 1
        await desk.see(order(order_id))
        await desk.ask(f"x-{desk.clock.elapsed_s}", order_id)
        await desk.answer(f"x-{desk.clock.elapsed_s}", NotSent(cause=NotSentCause.CONNECT_FAILED, message=""))


async def claim(desk: Desk, limit: int = 100) -> list[OutboxEvent]:
    now = desk.clock.now()
    return list(await desk.outbox.claim(OWNER.client_id, now, now + timedelta(seconds=30), limit))


def test_an_event_waits_for_the_earlier_ones_of_its_order_only(run_on_both: Run) -> None:
    async def work(desk: Desk) -> list[list[str]]:
        await desk.listen()
        await fill(desk, "o-1", "o-1", "o-2")
        first = await claim(desk)
        await desk.outbox.record(first[0], ATTEMPT, EventState.DELIVERED, desk.clock.now())
        return [[of_order(each).brokerage_order_id for each in batch] for batch in (first, await claim(desk))]

    assert run_on_both(work) == [["o-1", "o-2"], ["o-1"]]


def test_a_dead_event_holds_nobody_up(run: Run) -> None:
    async def work(desk: Desk) -> int:
        await desk.listen()
        await fill(desk, "o-1", "o-1")
        [first] = await claim(desk)
        await desk.outbox.record(first, ATTEMPT, EventState.DEAD, desk.clock.now())
        return len(await claim(desk))

    assert run(work) == 1


def test_a_claimed_event_is_nobody_elses_until_its_lease_ends(run_on_both: Run) -> None:
    async def work(desk: Desk) -> list[int]:
        await desk.listen()
        await fill(desk, "o-1")
        counts = [
            len(await claim(desk)),
            len(await claim(desk)),
            len(await desk.outbox.waiting(desk.clock.now())),
        ]
        desk.clock.elapsed_s += 31
        return [*counts, len(await claim(desk))]

    assert run_on_both(work) == [1, 0, 0, 1]


def test_of_two_processes_one_gets_each_event(tmp_path: Path) -> None:
    async def main() -> list[str]:
        async with opened(tmp_path) as one, opened(tmp_path, is_first=False) as two:
            await one.listen()
            await fill(one, *(f"o-{number}" for number in range(20)))
            two.clock = one.clock
            batches = await asyncio.gather(*(claim(desk, 3) for desk in (one, two) * 6))
            return [each.event_id for batch in batches for each in batch]

    claimed = asyncio.run(main())
    assert (len(claimed), len(set(claimed))) == (20, 20)


def test_a_late_record_does_not_undo_a_later_claim(run: Run) -> None:
    async def work(desk: Desk) -> EventState:
        await desk.listen()
        await fill(desk, "o-1")
        [stale] = await claim(desk)
        desk.clock.elapsed_s += 31
        await claim(desk)
        await desk.outbox.record(stale, ATTEMPT, EventState.DEAD, desk.clock.now())
        return (await desk.told())[0].state

    assert run(work) is EventState.PENDING


def test_every_attempt_is_logged(run: Run) -> None:
    async def work(desk: Desk) -> tuple[object, object]:
        await desk.listen()
        await fill(desk, "o-1")
        [event] = await claim(desk)
        await desk.outbox.record(event, ATTEMPT, EventState.DELIVERED, desk.clock.now())
        return await desk.outbox.attempts(event.event_id), await desk.outbox.attempts("none")

    assert run(work) == ([ATTEMPT], None)


def test_a_replayed_event_is_due_again_under_its_id(run: Run) -> None:
    async def work(desk: Desk) -> tuple[int, bool]:
        await desk.listen()
        await fill(desk, "o-1", "o-2")
        one, two = await claim(desk)
        await desk.outbox.record(one, ATTEMPT, EventState.DEAD, desk.clock.now())
        await desk.outbox.record(two, ATTEMPT, EventState.DELIVERED, desk.clock.now())
        count = await desk.outbox.replay(None, desk.clock.now())
        [again] = await claim(desk)
        return count, (again.event_id, again.attempts) == (one.event_id, 1)

    assert run(work) == (1, True)


def test_events_of_a_partner_switched_off_wait(run: Run) -> None:
    async def work(desk: Desk) -> list[int]:
        await desk.listen()
        await fill(desk, "o-1")
        await desk.listen(is_on=False)
        off = len(await claim(desk))
        await desk.listen()
        return [off, len(await claim(desk))]

    assert run(work) == [0, 1]


def test_the_secret_is_not_in_the_database_file(tmp_path: Path) -> None:
    async def main() -> str:
        async with opened(tmp_path) as desk:
            await desk.listen()
            endpoint = await desk.endpoints.get(OWNER.client_id)
            assert endpoint is not None
            return endpoint.secret

    secret = asyncio.run(main()).encode()
    assert all(secret not in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
