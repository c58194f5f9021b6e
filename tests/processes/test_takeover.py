"""Several processes on one database: one of them wins each race, and what a dead one held is taken over."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from nostro.app import Nostro, build
from nostro.domain.cancel import CancelIntent, CancelState, UnknownCause
from nostro.domain.ids import CancelId, ClientOrderId
from nostro.settings import read_settings
from nostro.storage.journal import SqlJournal
from nostro.storage.open import Store
from nostro.storage.placements import SqlPlacements
from nostro.storage.port import MemberId, Members, PlaceIntent, PlaceState
from tests.storage.child import Child
from tests.storage.conftest import Place
from tests.storage.notes import make_table
from tests.storage.scene import ACCOUNT, T0, Crowd, furnish

PROCESSES = 4
NOTICED_S = 6.0
"""Two seconds, and what a busy machine adds."""


async def furnished(place: Place) -> None:
    async with place.opened() as store:
        await furnish(store.database)
        await make_table(store.database)


async def nostro_on(place: Place, store: Store) -> Nostro:
    settings = replace(read_settings({}), data=place.data, database_url=place.url)
    return await build(settings, store=store)


def all_at_once(place: Place, *job: str) -> list[Any]:
    """Let every process begin at the same word; return what each says."""
    with ExitStack() as stack:
        children = [stack.enter_context(Child(place, *job)) for _ in range(PROCESSES)]
        for child in children:
            child.tell()
        return [child.hear() for child in children]


def test_one_of_forty_claims_over_four_processes_wins_and_all_get_its_intent(place: Place) -> None:
    asyncio.run(furnished(place))
    claims = [claim for said in all_at_once(place, "race", "10") for claim in said]
    assert len(claims) == 40
    assert len({cancel_id for cancel_id, _ in claims}) == 1
    assert Counter(is_mine for _, is_mine in claims)[True] == 1


def test_no_process_is_kept_from_writing_by_the_others(place: Place) -> None:
    asyncio.run(furnished(place))
    written = [name for said in all_at_once(place, "write", "300") for name in said]
    assert len(set(written)) == PROCESSES * 300


def test_processes_that_start_at_once_all_come_up(place: Place) -> None:
    with ExitStack() as stack:
        children = [Child(place, "live") for _ in range(PROCESSES)]
        members = {stack.enter_context(child).member for child in children}
    assert len(members) == PROCESSES


def test_what_a_killed_process_held_is_taken_over_soon_and_not_before(place: Place) -> None:
    while_it_lives, after = asyncio.run(killed_beside(place, lambda members: members))
    assert while_it_lives.state is CancelState.INTENT
    assert (after.state, after.cause) == (CancelState.UNKNOWN, UnknownCause.RESTARTED)


def test_a_round_that_breaks_does_not_end_the_work_on_open_cancels(place: Place) -> None:
    _, after = asyncio.run(killed_beside(place, Stumbling))
    assert after.state is CancelState.UNKNOWN


async def killed_beside(
    place: Place, members_as: Callable[[Members], Members]
) -> tuple[CancelIntent, CancelIntent]:
    """Kill a process that has an intent, beside a server that works; return the intent before and after."""
    await furnished(place)
    async with place.opened() as store:
        nostro = await nostro_on(place, replace(store, members=members_as(store.members)))
        with Child(place, "claim", "c-1", "k-1") as child:
            await nostro.reconciler.recover()
            while_it_lives = await state_of(store)
            running = asyncio.create_task(nostro.reconciler.run())
            child.signal(signal.SIGKILL)
            after = await once_taken_over(store)
        nostro.reconciler.stop()
        await running
        await nostro.tasks.drain(5)
        await nostro.paper.close()
        return while_it_lives, after


def test_a_process_that_starts_alone_takes_over_at_once(place: Place) -> None:
    async def work() -> tuple[CancelState, PlaceState]:
        await furnished(place)
        with Child(place, "claim", "c-1", "k-1") as child:
            child.signal(signal.SIGKILL)
        async with place.opened() as store:
            nostro = await nostro_on(place, store)
            await nostro.reconciler.recover()
            await nostro.paper.close()
            placement = PlaceIntent(
                account_id=ACCOUNT,
                client_order_id=ClientOrderId("k-1"),
                content_hash=b"",
                state=PlaceState.SENT,
                requested_at=T0,
            )
            standing, _ = await SqlPlacements(store.database, Crowd()).claim(placement)
            return (await state_of(store)).state, standing.state

    assert asyncio.run(work()) == (CancelState.UNKNOWN, PlaceState.UNKNOWN)


class Stumbling:
    """Members whose second entry breaks, as a bug of ours or of a library would break it."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._entries = 0
        self.goes_on_s = members.goes_on_s

    def me(self) -> MemberId:
        return self._members.me()

    async def enter(self) -> None:
        self._entries += 1
        if self._entries == 2:
            raise ZeroDivisionError
        await self._members.enter()

    async def is_gone(self, member: MemberId) -> bool:
        return await self._members.is_gone(member)

    async def leave(self) -> None:
        await self._members.leave()


async def once_taken_over(store: Store) -> CancelIntent:
    deadline = time.monotonic() + NOTICED_S
    while True:
        intent = await state_of(store)
        if intent.state is not CancelState.INTENT or time.monotonic() > deadline:
            return intent
        await asyncio.sleep(0.02)


async def state_of(store: Store) -> CancelIntent:
    intent = await SqlJournal(store.database, Crowd()).get(CancelId("c-1"))
    assert intent is not None
    return intent
