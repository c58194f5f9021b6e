"""One script of faults through every adapter: a cancel goes through the same states at every brokerage.

The states are those that `decide` makes of what the adapter returned, and then of looks at the order until
the cancel has ended. ACKED is left out: whether a success is an acknowledgement or the end follows from the
specification, and its own test compares the two.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from nostro.conformance.bench import SHORT_PATIENCE_S, Bench, open_bench
from nostro.conformance.kinds import Subject, subjects
from nostro.domain.cancel import CancelIntent, CancelState, Looked, Replied, decide
from nostro.domain.capability import CancelAck
from nostro.domain.ids import AccountId, CancelId
from nostro.domain.order import Order
from nostro.sim.faults import FaultKind

SUBJECTS = {slug: each for slug, each in subjects().items() if slug.lower() == each.face.slug}
"""Each adapter once: a second entrance is the same code at another address."""

SETTLES_S = 1.0
LONG_AFTER_S = 1e6
LOOKS_MAX = 20
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

CONFIRMED, TOO_LATE, UNKNOWN, REFUSED, NOT_SENT = (
    CancelState.CONFIRMED,
    CancelState.TOO_LATE,
    CancelState.UNKNOWN,
    CancelState.REFUSED,
    CancelState.NOT_SENT,
)


@dataclass(frozen=True, slots=True)
class Scene:
    what: str
    states: tuple[CancelState, ...]
    happens: Callable[[Bench, Order], object]


def under(kind: FaultKind) -> Callable[[Bench, Order], object]:
    return lambda bench, _order: bench.faults.declare("cancel", kind)


SCRIPT = (
    Scene("nothing goes wrong", (CONFIRMED,), lambda _bench, _order: None),
    *(
        Scene(f"done, and then {kind}", (UNKNOWN, CONFIRMED), under(kind))
        for kind in (
            FaultKind.REPLY_LOST,
            FaultKind.ACCEPTED_THEN_RESET,
            FaultKind.HANG,
            FaultKind.ERROR_500_DONE,
            FaultKind.ERROR_503_DONE,
            FaultKind.HTML_BODY,
        )
    ),
    *(
        Scene(f"not done: {kind}", (UNKNOWN, REFUSED), under(kind))
        for kind in (
            FaultKind.ERROR_500_NOT_DONE,
            FaultKind.ERROR_504_NOT_DONE,
            FaultKind.RATE_LIMITED,
        )
    ),
    Scene("acknowledged, and then filled", (TOO_LATE,), under(FaultKind.ACK_THEN_FILL)),
)


async def states_of(bench: Bench, order: Order) -> list[CancelState]:
    """Cancel, and look until it has ended; list the states, each once."""
    intent = CancelIntent(
        cancel_id=CancelId("c"),
        account_id=AccountId("a"),
        brokerage_order_id=order.brokerage_order_id,
        requested_at=NOW,
    )
    outcome = await bench.broker.cancel_order(bench.account, order.ref)
    intent = decide(intent, Replied(outcome=outcome, sent_at=NOW, ended_at=NOW, settles_s=SETTLES_S))
    bench.faults.clear()
    seen = [intent.state]
    for _ in range(LOOKS_MAX):
        if intent.state.is_final:
            break
        look = await bench.broker.look_up_order(bench.account, order.ref)
        looked = Looked(look=look, known=intent, known_for_s=LONG_AFTER_S, started_at=NOW, ended_at=NOW)
        intent = decide(intent, looked)
        seen += [intent.state] if intent.state is not seen[-1] else []
        await asyncio.sleep(0.1)
    return seen


@asynccontextmanager
async def opened(subject: Subject) -> AsyncIterator[Bench]:
    async with open_bench(subject.kind, subject.face) as bench:
        bench.patience_s = SHORT_PATIENCE_S
        yield bench


@pytest.mark.parametrize("slug", sorted(SUBJECTS))
def test_the_same_script_leads_through_the_same_states(slug: str) -> None:
    async def run() -> None:
        for scene in SCRIPT:
            async with opened(SUBJECTS[slug]) as bench:
                order = await bench.place()
                scene.happens(bench, order)
                states = await states_of(bench, order)
                told = tuple(state for state in states if state is not CancelState.ACKED)
                assert told == scene.states, (slug, scene.what, states)

    asyncio.run(run())


@pytest.mark.parametrize("slug", sorted(SUBJECTS))
def test_an_order_that_filled_first_ends_too_late_and_one_that_cannot_be_sent_is_not_sent(slug: str) -> None:
    async def run() -> None:
        async with opened(SUBJECTS[slug]) as bench:
            filled, open_ = await bench.place(), await bench.place()
            bench.exchange.fill(filled.brokerage_order_id)
            # Some brokerages show the order with their refusal, and others leave that to a look.
            assert await states_of(bench, filled) in ([TOO_LATE], [UNKNOWN, TOO_LATE])
            await bench.shut()
            assert await states_of(bench, open_) == [NOT_SENT]

    asyncio.run(run())


@pytest.mark.parametrize("slug", sorted(SUBJECTS))
def test_a_success_is_what_the_specification_says_that_it_is(slug: str) -> None:
    async def run() -> list[CancelState]:
        async with opened(SUBJECTS[slug]) as bench:
            return await states_of(bench, await bench.place())

    accepted = SUBJECTS[slug].kind.spec.capabilities.cancel is CancelAck.ACCEPTED
    assert asyncio.run(run()) == ([CancelState.ACKED, CONFIRMED] if accepted else [CONFIRMED])
