"""PostgreSQL: durable whatever its defaults are, alone with its troubles, and back after each of them."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from nostro.domain.errors import StoreFailed
from nostro.ports import SystemIds
from nostro.storage import postgres as engine
from nostro.storage.database import Database
from nostro.storage.postgres import PostgresDatabase, PostgresMembers

from .conftest import Place, Run
from .notes import add, make_table, notes
from .postgres import PostgresServer, ask

MANY = 200


@pytest.fixture
def place(postgres: PostgresServer, tmp_path: Path) -> Place:
    return Place(tmp_path, postgres.new_database())


def say(statement: str) -> Callable[[Connection], Any]:
    return lambda connection: connection.execute(text(statement)).scalar()


KILL_MYSELF = say("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_commit_is_durable_whatever_the_database_says(place: Place) -> None:
    ask(
        place.url, "ALTER DATABASE " + place.url.split("/")[3].split("?")[0] + " SET synchronous_commit = off"
    )

    async def work() -> Any:
        async with place.opened() as store:
            return await store.database.write(say("SHOW synchronous_commit"))

    assert asyncio.run(work()) == "on"


def test_a_read_cannot_write(run: Run[Any]) -> None:
    async def work(database: Database) -> list[str]:
        await make_table(database)
        with pytest.raises(StoreFailed):
            await database.read(add("a"))
        return await database.read(notes)

    assert run(work) == []


def test_writes_that_arrive_together_share_commits(run: Run[Any]) -> None:
    async def work(database: Database) -> list[Any]:
        return await asyncio.gather(
            *(database.write(say("SELECT pg_current_xact_id()::text")) for _ in range(MANY))
        )

    assert len(set(run(work))) < MANY / 10


def test_a_connection_lost_in_mid_batch_fails_all_of_it_and_leaves_nothing_half_done(run: Run[Any]) -> None:
    async def work(database: Database) -> tuple[list[Any], list[str]]:
        await make_table(database)
        batch = [add("a"), KILL_MYSELF, add("b")]
        results = await asyncio.gather(*map(database.write, batch), return_exceptions=True)
        await database.write(add("later"))
        return results, await database.read(notes)

    results, found = run(work)
    assert [type(result) for result in results] == [StoreFailed] * 3
    assert found == ["later"]


@pytest.mark.parametrize("size", [1, 2])
def test_a_connection_lost_at_the_end_of_a_batch_fails_it(run: Run[Any], size: int) -> None:
    async def work(database: Database) -> list[Any]:
        await make_table(database)
        batch = [add("a"), KILL_MYSELF][-size:]
        return await asyncio.gather(*map(database.write, batch), return_exceptions=True)

    assert [type(result) for result in run(work)] == [StoreFailed] * size


def test_connections_that_broke_while_nobody_used_them_fail_nobody(
    run: Run[Any], postgres: PostgresServer
) -> None:
    async def work(database: Database) -> list[str]:
        await make_table(database)
        await database.read(notes)
        await asyncio.to_thread(postgres.restart)
        await database.write(add("a"))
        return await database.read(notes)

    assert run(work) == ["a"]


@pytest.fixture
def end_all(postgres: PostgresServer) -> Callable[[], None]:
    """Make what ends our connections to the database while this process stands still, as a frozen one."""
    end_ours = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'nostro'"
    )

    def end() -> None:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(postgres.administer, end_ours).result()
        time.sleep(0.1)

    return end


TURNS = range(4)
"""How many turns of the event loop after it, for its message and its end arrive in different ones."""


@pytest.mark.parametrize("turns", TURNS)
def test_a_member_whose_connection_ended_while_it_stood_still_enters_again(
    place: Place, end_all: Callable[[], None], turns: int
) -> None:
    async def work() -> bool:
        members = PostgresMembers(place.url, SystemIds())
        await members.enter()
        before = members.me()
        end_all()
        for _ in range(turns):
            await asyncio.sleep(0)
        with contextlib.suppress(StoreFailed):
            await members.is_gone(before)
        await members.enter()
        after = members.me()
        await members.leave()
        return after != before

    assert asyncio.run(work())


@pytest.mark.parametrize("turns", TURNS)
def test_work_after_connections_ended_while_it_stood_still_fails_cleanly_at_most_once(
    run: Run[Any], end_all: Callable[[], None], turns: int
) -> None:
    async def work(database: Database) -> list[str]:
        await make_table(database)
        await database.read(notes)
        end_all()
        for _ in range(turns):
            await asyncio.sleep(0)
        with contextlib.suppress(StoreFailed):
            await database.read(notes)
        with contextlib.suppress(StoreFailed):
            await database.write(add("a"))
        await database.write(add("b"))
        return (await database.read(notes))[-1:]

    assert run(work) == ["b"]


def test_while_the_server_is_away_all_is_a_store_failure_at_once(run: Run[Any]) -> None:
    async def work(_: Database) -> float:
        away = PostgresDatabase("postgresql://nobody@127.0.0.1:1/nothing")
        began = time.monotonic()
        for ask_ in (away.read, away.write):
            with pytest.raises(StoreFailed):
                await ask_(say("SELECT 1"))
        await away.close()
        return time.monotonic() - began

    assert run(work) < 1


def test_two_batches_that_touch_the_same_rows_in_opposite_order_both_end(place: Place) -> None:
    def change(name: str) -> Callable[[Connection], Any]:
        def work(connection: Connection) -> None:
            connection.execute(text("UPDATE note SET name = name WHERE name = :name"), {"name": name})
            connection.execute(text("SELECT pg_sleep(0.02)"))

        return work

    async def work() -> float:
        async with place.opened() as one, place.opened() as two:
            await make_table(one.database)
            for name in ("a", "b"):
                await one.database.write(add(name))
            began = time.monotonic()
            await asyncio.gather(
                *(one.database.write(change(name)) for name in ("a", "b")),
                *(two.database.write(change(name)) for name in ("b", "a")),
            )
            return time.monotonic() - began

    assert asyncio.run(work()) < 1


def test_many_processes_that_start_at_once_upgrade_once(postgres: PostgresServer) -> None:
    url = postgres.new_database(is_empty=True)

    async def work() -> None:
        await asyncio.gather(*(engine.upgrade(url) for _ in range(4)))

    asyncio.run(work())
    assert ask(url, "SELECT count(*) FROM alembic_version") == 1


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    async def work() -> None:
        await engine.upgrade("postgresql://nobody:hunter2@127.0.0.1:1/nothing")

    with pytest.raises(StoreFailed, match=r"cannot be opened") as failure:
        asyncio.run(work())
    assert "hunter2" not in str(failure.value)


def test_a_process_cut_off_from_the_database_goes_on_under_a_new_id(place: Place) -> None:
    async def work() -> list[Any]:
        cut_off, other = (PostgresMembers(place.url, SystemIds()) for _ in range(2))
        await cut_off.enter()
        first = cut_off.me()
        await asyncio.to_thread(
            ask, place.url, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        )
        async with asyncio.timeout(2):
            while True:
                try:
                    cut_off.me()
                except StoreFailed:
                    break
                await asyncio.sleep(0.01)
        await cut_off.enter()
        await other.enter()
        found = [cut_off.me() != first, await other.is_gone(first), await other.is_gone(cut_off.me())]
        for each in (cut_off, other):
            await each.leave()
        return found

    assert asyncio.run(work()) == [True, True, False]
