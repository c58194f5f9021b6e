"""Group commit on a real file: whole or not at all, durable, together where it can be."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from nostro.domain.errors import StoreFailed
from nostro.ports import halt
from nostro.storage.database import Database
from nostro.storage.schema import upgrade
from nostro.storage.sqlite import SqliteDatabase

from .conftest import Place, Run
from .notes import add, make_table, notes

MANY = 200


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, "")


@pytest.fixture
def path(place: Place) -> Path:
    return place.data / "nostro.db"


def test_what_was_written_is_read_back_by_another_process(run: Run[Any], path: Path) -> None:
    async def work(database: Database) -> list[str]:
        await make_table(database)
        await database.write(add("a"))
        other = sqlite3.connect(path)
        found = [row[0] for row in other.execute("SELECT name FROM note")]
        other.close()
        return found

    assert run(work) == ["a"]


def test_writes_that_arrive_together_share_commits(run: Run[Any], path: Path) -> None:
    async def work(database: Database) -> int:
        await make_table(database)
        before = path.with_name("nostro.db-wal").stat().st_size
        await asyncio.gather(*(database.write(add(f"{number:03}")) for number in range(MANY)))
        return path.with_name("nostro.db-wal").stat().st_size - before

    grown_bytes = run(work)
    alone_bytes = (
        2 * 4120
    )  # a commit of its own writes at least the table's page and the index's, with frame headers
    assert grown_bytes < MANY * alone_bytes / 10


def test_an_upgraded_file_is_not_written_again(run: Run[Any]) -> None:
    async def work(database: Database) -> tuple[int, int]:
        def version(connection: Connection) -> int:
            found: int = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
            return found

        before = await database.read(version)
        await database.write(upgrade)
        return before, await database.read(version)

    before, after = run(work)
    assert before == after


def test_the_pragmas_that_durability_rests_on_are_in_force(run: Run[Any]) -> None:
    async def work(database: Database) -> list[Any]:
        def read(connection: Connection) -> list[Any]:
            names = ("journal_mode", "synchronous", "foreign_keys")
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

        return [await database.read(read), await database.write(read)]

    full = 2
    assert run(work) == [["wal", full, 1], ["wal", full, 1]]


def test_a_full_database_says_so_and_keeps_what_it_had(run: Run[Any]) -> None:
    async def work(database: Database) -> list[str]:
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
        SqliteDatabase(tmp_path, halt)
