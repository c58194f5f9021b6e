"""Who lives: a process is a member until it dies, however it dies, and not a moment less."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from nostro.domain.errors import StoreFailed
from nostro.ports import SystemIds
from nostro.storage.members import FileMembers
from nostro.storage.open import Store
from nostro.storage.port import MemberId, Members

from .child import Child
from .conftest import Place

NOTICED_S = 6.0
"""Two seconds, and what a busy machine adds."""


def with_store(place: Place, work: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
    async def main() -> Any:
        async with place.opened() as store:
            return await work(store)

    return asyncio.run(main())


async def is_gone_within(members: Members, member: str, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if await members.is_gone(MemberId(member)):
            return True
        await asyncio.sleep(0.02)
    return False


def test_who_has_not_entered_is_nobody(place: Place) -> None:
    async def work(store: Store) -> None:
        with pytest.raises(StoreFailed):
            store.members.me()

    with_store(place, work)


def test_entering_again_changes_nothing(place: Place) -> None:
    async def work(store: Store) -> bool:
        await store.members.enter()
        first = store.members.me()
        await store.members.enter()
        return store.members.me() == first

    assert with_store(place, work)


def test_a_process_does_not_take_itself_for_gone(place: Place) -> None:
    async def work(store: Store) -> bool:
        await store.members.enter()
        return await store.members.is_gone(store.members.me())

    assert with_store(place, work) is False


def test_who_left_is_gone_and_may_claim_nothing(place: Place) -> None:
    async def work(store: Store) -> bool:
        async with place.opened() as other:
            await store.members.enter()
            await other.members.enter()
            me = store.members.me()
            await store.members.leave()
            with pytest.raises(StoreFailed):
                store.members.me()
            return await is_gone_within(other.members, me, NOTICED_S)

    assert with_store(place, work)


def test_a_killed_process_is_gone_at_once_and_a_stopped_one_is_not(place: Place) -> None:
    async def work(store: Store) -> tuple[bool, bool]:
        await store.members.enter()
        with Child(place, "live") as child:
            child.signal(signal.SIGSTOP)
            while_stopped = await is_gone_within(store.members, child.member, 0.3)
            child.signal(signal.SIGKILL)
            return while_stopped, await is_gone_within(store.members, child.member, NOTICED_S)

    assert with_store(place, work) == (False, True)


def test_the_files_of_the_dead_are_cleared_away_and_no_others(tmp_path: Path) -> None:
    async def work() -> list[Path]:
        dead, living, new = (FileMembers(tmp_path, SystemIds()) for _ in range(3))
        await living.enter()
        await dead.enter()
        left_by_the_dead = tmp_path / f"{dead.me()}.lock"
        await dead.leave()
        left_by_the_dead.touch()  # as a kill leaves it
        await new.enter()
        return [tmp_path / f"{each.me()}.lock" for each in (living, new)]

    assert sorted(asyncio.run(work())) == sorted(tmp_path.iterdir())
