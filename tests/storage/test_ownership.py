"""Who works on what: a claim belongs to its process while that lives, a look to whoever leased it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, text

from nostro.domain.cancel import CancelState, Looked, LookFailed, Restarted
from nostro.domain.errors import StoreFailed
from nostro.domain.ids import CancelId, ClientOrderId
from nostro.ports import SystemIds
from nostro.storage.database import Database
from nostro.storage.journal import SqlJournal
from nostro.storage.members import FileMembers
from nostro.storage.placements import SqlPlacements
from nostro.storage.port import LOOK_LEASE_S, PlaceIntent, PlaceState

from .conftest import Place, Run
from .scene import ACCOUNT, OWNER, T0, UNKNOWN, Crowd, furnish, replied, wish

T = TypeVar("T")


def test_what_is_due_is_given_out_once_until_the_lease_ends(place: Place) -> None:
    async def work() -> list[list[str]]:
        async with place.opened() as one, place.opened() as two:
            await furnish(one.database)
            journals = [SqlJournal(each.database, Crowd()) for each in (one, two)]
            await journals[0].claim(OWNER, wish("c-1"))
            await journals[0].apply(CancelId("c-1"), replied(UNKNOWN), T0)
            at_once = await asyncio.gather(*(journals[number % 2].due(T0, 10) for number in range(8)))
            in_time = await journals[1].due(T0 + timedelta(seconds=LOOK_LEASE_S - 1), 10)
            after = await journals[1].due(T0 + timedelta(seconds=LOOK_LEASE_S), 10)
            return [
                [each.intent.cancel_id for each in found]
                for found in ([*chain.from_iterable(at_once)], in_time, after)
            ]

    assert asyncio.run(work()) == [["c-1"], [], ["c-1"]]


def test_a_request_under_way_is_abandoned_only_when_its_owner_is_gone(run: Run[Any]) -> None:
    async def work(database: Database) -> list[Any]:
        await furnish(database)
        await SqlJournal(database, Crowd("dead")).claim(OWNER, wish("c-1"))
        crowd = Crowd("here")
        journal = SqlJournal(database, crowd)
        found = [await journal.abandoned()]
        crowd.gone.add("dead")
        found.append(await journal.abandoned())
        await journal.apply(CancelId("c-1"), replied(UNKNOWN), T0)
        found.append(await journal.abandoned())
        return [[intent.cancel_id for intent in each] for each in found]

    assert run(work) == [[], ["c-1"], []]


def test_a_claim_of_a_release_that_knew_no_owners_is_abandoned(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        await database.write(lambda sql: sql.execute(text("UPDATE cancel_intent SET owner = NULL")).rowcount)
        return await journal.abandoned()

    assert [intent.cancel_id for intent in run(work)] == ["c-1"]


def test_two_that_take_over_at_once_leave_one_line_in_the_history(place: Place) -> None:
    async def work() -> Any:
        async with place.opened() as one, place.opened() as two:
            await furnish(one.database)
            journals = [SqlJournal(each.database, Crowd()) for each in (one, two)]
            await journals[0].claim(OWNER, wish("c-1"))
            restarted = Restarted(at=T0, settles_s=None)
            await asyncio.gather(*(each.apply(CancelId("c-1"), restarted, T0) for each in journals))
            return await journals[0].receipt(OWNER, CancelId("c-1"))

    intent, evidence = asyncio.run(work())
    assert intent.state is CancelState.UNKNOWN
    assert [each.kind for each in evidence] == ["restart"]


class LosesAnswers:
    """A database whose answers to writes are lost on the way: what it was told to do, it did."""

    def __init__(self, real: Database) -> None:
        self._real = real
        self.is_healed = False

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._real.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        result = await self._real.write(work)
        if not self.is_healed:
            raise StoreFailed
        return result

    async def close(self) -> None:
        await self._real.close()


def test_a_claim_whose_commit_was_not_heard_of_is_taken_back_as_not_sent(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        lossy = LosesAnswers(database)
        journal = SqlJournal(lossy, Crowd())
        with pytest.raises(StoreFailed):
            await journal.claim(OWNER, wish("c-1"))
        lossy.is_healed = True
        before = await journal.get(CancelId("c-1"))
        await journal.take_back(T0)
        return before, await journal.get(CancelId("c-1")), await journal.claim(OWNER, wish("c-2", later_s=1))

    before, after, again = run(work)
    assert before.state is CancelState.INTENT
    assert (after.state, after.sent_at) == (CancelState.NOT_SENT, None)
    assert again.is_mine


def test_only_a_member_may_claim(run: Run[Any]) -> None:
    async def work(database: Database) -> None:
        await furnish(database)
        members = FileMembers(Path(), SystemIds())
        with pytest.raises(StoreFailed):
            await SqlJournal(database, members).claim(OWNER, wish("c-1"))
        assert await SqlJournal(database, Crowd()).get(CancelId("c-1")) is None

    run(work)


PLACEMENT = PlaceIntent(
    account_id=ACCOUNT,
    client_order_id=ClientOrderId("k-1"),
    content_hash=b"what",
    state=PlaceState.SENT,
    requested_at=T0,
)


def test_one_of_many_placements_with_one_id_wins_over_two_processes(place: Place) -> None:
    async def work() -> list[bool]:
        async with place.opened() as one, place.opened() as two:
            await furnish(one.database)
            both = [SqlPlacements(each.database, Crowd()) for each in (one, two)]
            claims = await asyncio.gather(*(both[number % 2].claim(PLACEMENT) for number in range(20)))
            return [is_mine for _, is_mine in claims]

    assert asyncio.run(work()).count(True) == 1


def test_a_placement_under_way_is_given_up_only_when_its_owner_is_gone(run: Run[Any]) -> None:
    async def work(database: Database) -> list[PlaceState]:
        await furnish(database)
        await SqlPlacements(database, Crowd("dead")).claim(PLACEMENT)
        crowd = Crowd("here")
        placements = SqlPlacements(database, crowd)
        await placements.give_up_sent()
        before, _ = await placements.claim(PLACEMENT)
        crowd.gone.add("dead")
        await placements.give_up_sent()
        after, _ = await placements.claim(PLACEMENT)
        return [before.state, after.state]

    assert run(work) == [PlaceState.SENT, PlaceState.UNKNOWN]


def test_a_placement_whose_claim_was_not_heard_of_is_free_to_be_sent(run: Run[Any]) -> None:
    async def work(database: Database) -> list[tuple[PlaceState, bool]]:
        await furnish(database)
        lossy = LosesAnswers(database)
        placements, other = SqlPlacements(lossy, Crowd()), SqlPlacements(database, Crowd("there"))
        with pytest.raises(StoreFailed):
            await placements.claim(PLACEMENT)
        lossy.is_healed = True
        before, was_free = await other.claim(PLACEMENT)
        await placements.give_up_sent()
        after, is_free = await other.claim(PLACEMENT)
        await placements.give_up_sent()
        later, is_free_again = await placements.claim(PLACEMENT)
        return [(before.state, was_free), (after.state, is_free), (later.state, is_free_again)]

    assert run(work) == [(PlaceState.SENT, False), (PlaceState.SENT, True), (PlaceState.SENT, False)]


def test_what_is_known_of_an_end_grows_over_processes_and_begins_anew_with_another_end(run: Run[Any]) -> None:
    async def work(database: Database) -> list[float]:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        c1 = CancelId("c-1")
        await journal.claim(OWNER, wish("c-1"))

        async def known_for_s() -> float:
            [due] = await journal.due(T0 + timedelta(hours=1), 1)
            return due.known_for_s

        taken_over = await journal.apply(c1, Restarted(at=T0, settles_s=9), T0)
        late = Looked(look=LookFailed("?"), known=taken_over, known_for_s=7.0, started_at=T0, ended_at=T0)
        found = [await known_for_s()]
        await journal.apply(c1, late, T0)
        found.append(await known_for_s())
        await journal.apply(c1, replied(UNKNOWN), T0)  # whoever was taken for gone ends it once more
        found.append(await known_for_s())
        await journal.apply(c1, late, T0)
        return [*found, await known_for_s()]

    assert run(work) == [0.0, 7.0, 0.0, 0.0]
