"""Group commit on a real file: whole or not at all, durable, together where it can be."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from nostro.domain.errors import StoreFailed
from nostro.storage.sqlite import SqliteDatabase

from .conftest import Run

MANY = 200


def add(name: str) -> Any:
    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO note VALUES (:name)"), {"name": name})
        return name

    return work


def notes(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM note ORDER BY name")).scalars())


async def make_table(database: SqliteDatabase) -> None:
    await database.write(
        lambda connection: connection.execute(text("CREATE TABLE note (name TEXT UNIQUE)")).close()
    )


def test_what_was_written_is_read_back_by_another_process(run: Run[Any], path: Path) -> None:
    async def work(database: SqliteDatabase) -> list[str]:
        await make_table(database)
        await database.write(add("a"))
        other = sqlite3.connect(path)
        found = [row[0] for row in other.execute("SELECT name FROM note")]
        other.close()
        return found

    assert run(work) == ["a"]


def test_a_failing_piece_of_work_undoes_itself_alone(run: Run[Any]) -> None:
    async def work(database: SqliteDatabase) -> tuple[list[Any], list[str]]:
        await make_table(database)

        def fail(connection: Connection) -> None:
            add("half")(connection)
            raise ValueError("no")

        results = await asyncio.gather(
            database.write(add("a")), database.write(fail), database.write(add("b")), return_exceptions=True
        )
        return list(results), await database.read(notes)

    results, found = run(work)
    assert (results[0], results[2]) == ("a", "b")
    assert isinstance(results[1], ValueError)
    assert found == ["a", "b"]


def test_a_broken_rule_of_the_database_is_a_store_failure(run: Run[Any]) -> None:
    async def work(database: SqliteDatabase) -> None:
        await make_table(database)
        await database.write(add("a"))
        await database.write(add("a"))

    with pytest.raises(StoreFailed):
        run(work)


def test_writes_that_arrive_together_share_commits(run: Run[Any], path: Path) -> None:
    async def work(database: SqliteDatabase) -> int:
        await make_table(database)
        before = path.with_name("nostro.db-wal").stat().st_size
        await asyncio.gather(*(database.write(add(f"{number:03}")) for number in range(MANY)))
        return path.with_name("nostro.db-wal").stat().st_size - before

    grown_bytes = run(work)
    alone_bytes = (
        2 * 4120
    )  # a commit of its own writes at least the table's page and the index's, with frame headers
    assert grown_bytes < MANY * alone_bytes / 10


def test_the_pragmas_that_durability_rests_on_are_in_force(run: Run[Any]) -> None:
    async def work(database: SqliteDatabase) -> list[Any]:
        def read(connection: Connection) -> list[Any]:
            names = ("journal_mode", "synchronous", "foreign_keys")
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

        return [await database.read(read), await database.write(read)]

    full = 2
    assert run(work) == [["wal", full, 1], ["wal", full, 1]]


def test_a_caller_that_goes_away_leaves_its_write_to_be_done(run: Run[Any]) -> None:
    async def work(database: SqliteDatabase) -> list[str]:
        await make_table(database)
        task = asyncio.create_task(database.write(add("a")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.write(add("b"))
        return await database.read(notes)

    assert run(work) == ["a", "b"]


def test_a_full_database_says_so_and_keeps_what_it_had(run: Run[Any]) -> None:
    async def work(database: SqliteDatabase) -> list[str]:
        await make_table(database)
        await database.write(add("a"))
        await database.write(
            lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1").close()
        )
        with pytest.raises(StoreFailed):
            await database.write(add("x" * 100_000))
        return await database.read(notes)

    assert run(work) == ["a"]


def test_what_is_no_database_is_a_store_failure_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be opened"):
        SqliteDatabase(tmp_path)
