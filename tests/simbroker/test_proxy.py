"""Connections that break at a named byte: what the adapter concludes is never more than what got through."""

import asyncio
from typing import NamedTuple

import pytest

from nostro.domain.cancel import Canceled, CancelOutcome, CancelUnknown, NotSent, UnknownCause
from nostro.domain.order import OrderRef
from nostro.ports import SystemClock
from nostro.sim.proxy import Direction, FaultProxy, Passage, Plan, ProxyFault, draw_plans
from tests.sim.market import ACCOUNT

from .brokerage import brokerage

FIRST_BYTES, ALL_BYTES = 10, 10_000


class Seen(NamedTuple):
    outcome: CancelOutcome
    passages: list[Passage]
    received: int
    done: int


def cancel_through(plan: Plan) -> Seen:
    return asyncio.run(_cancel_through(plan))


async def _cancel_through(plan: Plan) -> Seen:
    async with brokerage() as broker:
        proxy = FaultProxy("127.0.0.1", broker.port, lambda _number: plan, SystemClock())
        await proxy.listen()
        outcome = await broker.customer(proxy.url).cancel_order(ACCOUNT, OrderRef(broker.order_id))
        await proxy.refuse()
        through = sum(passage.requests for passage in proxy.log)
        for _ in range(200):  # what got through may still be in the brokerage's buffer
            if broker.cancels_received() >= through:
                break
            await asyncio.sleep(0.01)
        return Seen(outcome, proxy.log, broker.cancels_received(), broker.cancels_done())


@pytest.mark.parametrize("kind", [ProxyFault.RESET, ProxyFault.CLOSE, ProxyFault.HALF_CLOSE])
@pytest.mark.parametrize(
    ("direction", "after_bytes", "reaches"),
    [
        (Direction.UP, 0, 0),
        (Direction.UP, FIRST_BYTES, 0),
        (Direction.DOWN, 0, 1),
        (Direction.DOWN, FIRST_BYTES, 1),
        (Direction.DOWN, 200, 1),
    ],
)
def test_a_connection_that_breaks_leaves_the_cancel_unknown_and_says_what_got_through(
    kind: ProxyFault, direction: Direction, after_bytes: int, reaches: int
) -> None:
    seen = cancel_through(Plan(kind=kind, direction=direction, after_bytes=after_bytes))
    assert isinstance(seen.outcome, CancelUnknown)
    assert seen.outcome.cause is UnknownCause.CONNECTION_LOST
    [passage] = seen.passages
    assert (passage.happened, passage.requests, seen.received, seen.done) == (True, reaches, reaches, reaches)


@pytest.mark.parametrize("direction", Direction)
def test_a_blackhole_is_timed_out(direction: Direction) -> None:
    seen = cancel_through(Plan(kind=ProxyFault.BLACKHOLE, direction=direction, after_bytes=FIRST_BYTES))
    assert isinstance(seen.outcome, CancelUnknown)
    assert seen.outcome.cause is UnknownCause.TIMEOUT
    assert seen.received == seen.passages[0].requests == int(direction is Direction.DOWN)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("kind", [ProxyFault.DELAY, ProxyFault.NOTHING])
def test_a_connection_that_is_only_late_carries_the_proof(kind: ProxyFault, direction: Direction) -> None:
    seen = cancel_through(Plan(kind=kind, direction=direction, after_bytes=FIRST_BYTES))
    assert isinstance(seen.outcome, Canceled)


def test_a_fast_drip_arrives_whole() -> None:
    seen = cancel_through(Plan(kind=ProxyFault.DRIP, direction=Direction.UP, delay_s=0.001))
    assert isinstance(seen.outcome, Canceled)


def test_a_fault_beyond_the_last_byte_does_not_happen() -> None:
    seen = cancel_through(Plan(kind=ProxyFault.RESET, after_bytes=ALL_BYTES))
    assert isinstance(seen.outcome, Canceled)
    assert not seen.passages[0].happened


def test_a_proxy_that_refuses_lets_no_byte_leave_and_can_be_opened_again() -> None:
    async def run() -> list[CancelOutcome]:
        async with brokerage() as broker:
            plan = Plan(kind=ProxyFault.NOTHING)
            proxy = FaultProxy("127.0.0.1", broker.port, lambda _number: plan, SystemClock())
            await proxy.listen()
            customer = broker.customer(proxy.url)
            await customer.list_accounts()
            await proxy.refuse()
            refused = await customer.cancel_order(ACCOUNT, OrderRef(broker.order_id))
            await proxy.listen()
            done = await customer.cancel_order(ACCOUNT, OrderRef(broker.order_id))
            await proxy.refuse()
            return [refused, done]

    assert [type(outcome) for outcome in asyncio.run(run())] == [NotSent, Canceled]


@pytest.mark.parametrize("seed", range(2))
def test_drawn_faults_never_lead_to_a_lie(seed: int) -> None:
    async def run() -> list[Seen]:
        draw = draw_plans(seed)
        return await asyncio.gather(*(_cancel_through(draw(number)) for number in range(40)))

    for seen in asyncio.run(run()):
        assert seen.received == sum(passage.requests for passage in seen.passages) <= 1
        assert isinstance(seen.outcome, Canceled | CancelUnknown)
        if isinstance(seen.outcome, Canceled):
            assert seen.done == 1


def test_the_same_seed_draws_the_same_plans() -> None:
    first, second, other = ([draw_plans(seed)(number) for number in range(20)] for seed in (1, 1, 2))
    assert first == second != other
