"""Real databases with the real schema: every test that asks for one runs on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nostro.ports import SystemIds
from nostro.storage.database import Database
from nostro.storage.open import Store, open_store

from .postgres import PostgresServer

T = TypeVar("T")

Run = Callable[[Callable[[Database], Coroutine[Any, Any, T]]], T]

ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database is."""

    data: Path
    url: str
    """Empty: SQLite in the data folder."""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        """Open it as one server process does. That it becomes a member is up to the test."""
        store = await open_store(self.data, self.url, SystemIds())
        try:
            yield store
        finally:
            await store.members.leave()
            await store.database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    try:
        server = PostgresServer()
    except Exception as error:  # noqa: BLE001 - a machine may forbid it in many ways
        # The wheel with PostgreSQL in it may not fit a machine, and SQLite is the default.
        pytest.skip(f"PostgreSQL does not start here: {error!r}")
    yield server
    server.stop()


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(tmp_path, "")
    server: PostgresServer = request.getfixturevalue("postgres")
    return Place(tmp_path, server.new_database())


@pytest.fixture
def run(place: Place) -> Run[Any]:
    """Run a coroutine function on the open database."""

    def runner(work: Callable[[Database], Coroutine[Any, Any, Any]]) -> Any:
        async def main() -> Any:
            async with place.opened() as store:
                return await work(store.database)

        return asyncio.run(main())

    return runner
