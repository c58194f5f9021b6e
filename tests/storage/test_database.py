"""What holds on every engine: whole or not at all, each piece of work for itself."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection

from nostro.domain.errors import StoreFailed
from nostro.storage.database import Database

from .conftest import Run
from .notes import add, make_table, notes


def test_a_failing_piece_of_work_undoes_itself_alone(run: Run[Any]) -> None:
    async def work(database: Database) -> tuple[list[Any], list[str]]:
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
    async def work(database: Database) -> None:
        await make_table(database)
        await database.write(add("a"))
        await database.write(add("a"))

    with pytest.raises(StoreFailed):
        run(work)


def test_a_caller_that_goes_away_leaves_its_write_to_be_done(run: Run[Any]) -> None:
    async def work(database: Database) -> list[str]:
        await make_table(database)
        task = asyncio.create_task(database.write(add("a")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.write(add("b"))
        return await database.read(notes)

    assert run(work) == ["a", "b"]
