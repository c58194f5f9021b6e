"""The relay in virtual time, against a partner that the test plays."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from nostro.domain.cancel import NotSent, NotSentCause
from nostro.storage.outbox_port import DeliveryAttempt, EventState, OutboxEvent
from nostro.storage.port import Owner
from nostro.webhooks.relay import (
    AT_ONCE_MAX,
    ATTEMPTS_MAX,
    PER_PARTNER_MAX,
    DeliveryFailed,
    Relay,
    delay_s,
)

from .conftest import Run
from .desk import CONSUMER_KEY, OWNER, SECRET, T0, Desk, order
from .receiver import snaptrade_accepts, standard_webhooks_accepts

NOT_SENT = NotSent(cause=NotSentCause.CONNECT_FAILED, message="")


@dataclass
class Partner:
    """Answers 200, or as `answer` says; keeps what it got and when."""

    desk: Desk
    answer: Callable[[str], Awaitable[int]] | None = None
    got: list[tuple[datetime, bytes, Mapping[str, str]]] = field(default_factory=list)

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((self.desk.clock.now(), body, {name.lower(): each for name, each in headers.items()}))
        return 200 if self.answer is None else await self.answer(url)

    @property
    def orders(self) -> list[str]:
        return [json.loads(body)["details"]["brokerage_order_id"] for _, body, _ in self.got]

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["webhookId"] for _, body, _ in self.got]

    def times_s(self) -> list[float]:
        return [(at - T0).total_seconds() for at, _, _ in self.got]


def down_until(desk: Desk, end_s: float) -> Callable[[str], Awaitable[int]]:
    async def answer(_url: str) -> int:
        if desk.clock.elapsed_s < end_s:
            raise DeliveryFailed("down")
        return 200

    return answer


async def make(desk: Desk, *order_ids: str) -> None:
    """Make one event per order named."""
    for number, order_id in enumerate(order_ids):
        await desk.see(order(order_id))
        await desk.ask(f"x-{order_id}-{number}", order_id)
        await desk.answer(f"x-{order_id}-{number}", NOT_SENT)


def relay_of(desk: Desk, deliver: Partner) -> Relay:
    return Relay(
        outbox=desk.outbox,
        endpoints=desk.endpoints,
        keys=desk.keys,
        deliver=deliver,
        clock=desk.clock,
        tasks=desk.tasks,
    )


async def relay_for(desk: Desk, partner: Partner, virtual_s: float, *, step_s: float = 0.0) -> None:
    """Run a relay for so long, time going on only while no delivery is under way."""
    relay = relay_of(desk, partner)
    end_s = desk.clock.elapsed_s + virtual_s
    desk.clock.step_s = step_s

    async def between() -> None:
        await desk.tasks.drain(5.0)
        if desk.clock.elapsed_s >= end_s:
            relay.stop()

    desk.clock.between = between
    await relay.run()


def test_the_schedule_is_the_documented_one() -> None:
    delays = [delay_s(attempts) for attempts in range(1, ATTEMPTS_MAX + 1)]
    assert delays == [5, 30, 120, 600, *(1800 * 2**doubling for doubling in range(10)), None]


def test_a_delivered_event_is_not_delivered_again(run: Run) -> None:
    async def work(desk: Desk) -> tuple[int, EventState]:
        partner = Partner(desk)
        await desk.listen()
        await make(desk, "o-1")
        await relay_for(desk, partner, 60, step_s=10)
        return len(partner.got), (await desk.told())[0].state

    assert run(work) == (1, EventState.DELIVERED)


def test_retries_come_after_the_delays(run: Run) -> None:
    async def work(desk: Desk) -> list[float]:
        partner = Partner(desk, down_until(desk, 100))
        await desk.listen()
        await make(desk, "o-1")
        await relay_for(desk, partner, 160)
        return partner.times_s()

    assert run(work) == [0, 5, 35, 155]


@pytest.fixture
def after_two_hours(run: Run) -> tuple[Any, ...]:
    """What a receiver that was down for two hours got of four events of two orders."""

    async def work(desk: Desk) -> tuple[Any, ...]:
        partner = Partner(desk, down_until(desk, 7200))
        await desk.listen()
        await make(desk, "o-1", "o-2", "o-1", "o-2")
        await relay_for(desk, partner, 14_400, step_s=30)
        states = {each.state for each in await desk.told()}
        return partner.got, states, [each.event_id for each in await desk.told()]

    result: tuple[Any, ...] = run(work)
    return result


def test_a_receiver_that_was_down_for_two_hours_gets_everything_in_order_per_order(
    after_two_hours: tuple[Any, ...],
) -> None:
    got, states, event_ids = after_two_hours
    late = [json.loads(body) for at, body, _ in got if at >= T0 + timedelta(hours=2)]
    by_order = {
        order_id: [each["webhookId"] for each in late if each["details"]["brokerage_order_id"] == order_id]
        for order_id in ("o-1", "o-2")
    }
    assert states == {EventState.DELIVERED}
    assert by_order == {"o-1": event_ids[0::2], "o-2": event_ids[1::2]}


def test_every_attempt_is_stamped_and_signed_anew(after_two_hours: tuple[Any, ...]) -> None:
    got, *_ = after_two_hours
    judged = [
        snaptrade_accepts(body, headers, CONSUMER_KEY, at + timedelta(seconds=10))
        and standard_webhooks_accepts(body, headers, SECRET, at + timedelta(seconds=10))
        for at, body, headers in got
    ]
    assert (len(judged) > 10, all(judged)) == (True, True)


def test_an_event_keeps_its_id_over_all_attempts(after_two_hours: tuple[Any, ...]) -> None:
    got, _, event_ids = after_two_hours
    assert {headers["webhook-id"] for _, _, headers in got} == set(event_ids)


def test_after_the_last_attempt_the_event_is_dead_and_its_log_is_whole(run: Run) -> None:
    async def work(desk: Desk) -> tuple[EventState, int]:
        await desk.listen()
        await make(desk, "o-1")
        await relay_for(desk, Partner(desk, down_until(desk, 1e9)), 3_000_000, step_s=100_000)
        [event] = await desk.told()
        return event.state, len(await desk.outbox.attempts(event.event_id) or ())

    assert run(work) == (EventState.DEAD, ATTEMPTS_MAX)


def test_a_replayed_dead_event_is_delivered_under_its_id(run: Run) -> None:
    async def work(desk: Desk) -> tuple[list[str], list[str]]:
        await desk.listen()
        await make(desk, "o-1")
        await relay_for(desk, Partner(desk, down_until(desk, 1e9)), 3_000_000, step_s=100_000)
        await desk.outbox.replay(None, desk.clock.now())
        partner = Partner(desk)
        await relay_for(desk, partner, 10)
        return partner.ids, [each.event_id for each in await desk.told()]

    got, known = run(work)
    assert got == known


@pytest.mark.parametrize("code", [199, 203, 205, 206, 301, 302, 400, 404, 410, 500])
def test_no_other_status_counts_as_delivered(run: Run, code: int) -> None:
    async def work(desk: Desk) -> tuple[EventState, list[DeliveryAttempt]]:
        async def answer(_url: str) -> int:
            return code

        await desk.listen()
        await make(desk, "o-1")
        await relay_for(desk, Partner(desk, answer), 1)
        [event] = await desk.told()
        return event.state, list(await desk.outbox.attempts(event.event_id) or ())

    state, [attempt] = run(work)
    assert (state, attempt.status) == (EventState.PENDING, code)


def test_a_bug_in_delivering_is_one_failed_attempt(run: Run) -> None:
    async def work(desk: Desk) -> list[tuple[int | None, str]]:
        async def answer(_url: str) -> int:
            raise ZeroDivisionError

        await desk.listen()
        await make(desk, "o-1")
        await relay_for(desk, Partner(desk, answer), 6)
        [event] = await desk.told()
        return [(each.status, each.error) for each in await desk.outbox.attempts(event.event_id) or ()]

    assert run(work) == [(None, "internal error")] * 2


def test_what_is_due_to_a_revoked_key_is_dead_and_not_sent(run: Run) -> None:
    async def work(desk: Desk) -> tuple[int, EventState]:
        partner = Partner(desk)
        await desk.listen()
        await make(desk, "o-1")
        await desk.keys.revoke(OWNER.client_id, T0)
        await relay_for(desk, partner, 1)
        return len(partner.got), (await desk.told())[0].state

    assert run(work) == (0, EventState.DEAD)


def test_what_a_dead_process_had_claimed_is_delivered_by_the_next_under_the_same_id(run: Run) -> None:
    async def work(desk: Desk) -> tuple[list[OutboxEvent], list[str], list[float]]:
        await desk.listen()
        await make(desk, "o-1")
        lost = await desk.outbox.claim(OWNER.client_id, T0, T0 + timedelta(seconds=30), 10)
        partner = Partner(desk)
        await relay_for(desk, partner, 40)
        return list(lost), partner.ids, partner.times_s()

    lost, ids, times_s = run(work)
    assert (ids, times_s) == ([lost[0].event_id], [30])


async def fill(desk: Desk, owner: Owner, count: int) -> None:
    """Make that many events for the partner, each of an order of its own."""
    for number in range(count):
        name = f"{owner.client_id}-{number}"
        await desk.see(order(name))
        await desk.ask(f"x-{name}", name, owner)
        await desk.answer(f"x-{name}", NOT_SENT)


async def turns(desk: Desk, relay: Relay, count: int) -> None:
    """Let a relay run for some rounds of real time, whatever is under way."""
    left = count

    async def between() -> None:
        nonlocal left
        left -= 1
        await asyncio.sleep(0.01)
        if not left:
            relay.stop()

    desk.clock.between = between
    await relay.run()


def test_a_receiver_that_hangs_delays_no_other_partner(run: Run) -> None:
    async def work(desk: Desk) -> tuple[int, int]:
        release = asyncio.Event()
        reached: list[str] = []

        async def answer(url: str) -> int:
            reached.append(url)
            if "hanging" in url:
                await release.wait()
            return 200

        await fill(desk, await desk.join("HANGING"), 50)
        await fill(desk, await desk.join("QUICK"), 20)
        await turns(desk, relay_of(desk, Partner(desk, answer)), 40)
        counts = [sum(name in url for url in reached) for name in ("hanging", "quick")]
        release.set()
        return counts[0], counts[1]

    assert run(work) == (PER_PARTNER_MAX, 20)


def test_no_more_than_so_many_are_under_way_at_once(run: Run) -> None:
    async def work(desk: Desk) -> int:
        release = asyncio.Event()
        reached = 0

        async def answer(_url: str) -> int:
            nonlocal reached
            reached += 1
            await release.wait()
            return 200

        for number in range(6):
            await fill(desk, await desk.join(f"P{number}"), PER_PARTNER_MAX)
        await turns(desk, relay_of(desk, Partner(desk, answer)), 20)
        seen = reached
        release.set()
        return seen

    assert run(work) == AT_ONCE_MAX


def test_a_relay_that_was_stopped_begins_nothing(run: Run) -> None:
    async def work(desk: Desk) -> int:
        partner = Partner(desk)
        await desk.listen()
        await make(desk, "o-1")
        relay = relay_of(desk, partner)
        relay.stop()
        await relay.run()
        return len(partner.got)

    assert run(work) == 0
