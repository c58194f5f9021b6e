"""The database as it survives: one image, which no server process owns, on either engine.

A process reaches it through a `SimDatabase`, which runs each piece of work whole, on the event loop's thread,
and can fail before the commit, or after it: a database may lose its answer to a commit.
"""

import asyncio
import itertools
import re
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it has no annotations
import uvloop
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from nostro.domain.errors import StoreFailed
from nostro.ports import Clock
from nostro.storage.schema import upgrade
from nostro.storage.sqlite import open_engine
from nostro.storage.tables import metadata

from .loop import Killed

T = TypeVar("T")
Row = tuple[Any, ...]


class Image(Protocol):
    """What is on the disk. `load` puts it back to what `keep` saw."""

    def keep(self) -> None: ...

    def load(self) -> None: ...

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work`, which changes nothing, as every `Database` does; raises StoreFailed."""
        ...

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction of its own, as every `Database` does; raises StoreFailed."""
        ...

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Read the image as it stands; every commit is whole, so every reading is. For the oracle."""
        ...

    def close(self) -> None: ...


class SqliteImage:
    """An image in memory; see `Image`."""

    def __init__(self) -> None:
        self._engine = open_engine(Path(":memory:"))
        self._connection = self._engine.connect()
        raw = self._connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        self._raw = raw
        self._kept = sqlite3.connect(":memory:")
        self.run(upgrade)

    def keep(self) -> None:
        self._raw.backup(self._kept)

    def load(self) -> None:
        self._kept.backup(self._raw)

    def run(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            raise StoreFailed from error

    read = run

    def rows(self, query: str, *values: Any) -> list[Row]:
        return self._raw.execute(query, values).fetchall()

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()
        self._kept.close()


class PostgresImage:
    """A database of a real server, over nostro's driver; see `Image`.

    The driver lives on a loop of real time in a thread of its own, and the simulation stands still meanwhile.
    """

    def __init__(self, url: str) -> None:
        """`url` leads to a database of this image's own, empty or with the schema."""
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgres", daemon=True)
        self._thread.start()
        self._engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
        )
        self._connection = self._wait(self._connect())
        self._reader = self._wait(self._connect("AUTOCOMMIT"))
        """Nothing else runs meanwhile, so that a read needs no transaction to see one state."""
        self._oracle: Any = self._wait(asyncpg.connect(url))
        self._kept: dict[str, list[dict[str, Any]]] = {}
        self.run(upgrade)

    def keep(self) -> None:
        def copy(connection: Connection) -> dict[str, list[dict[str, Any]]]:
            return {
                table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in metadata.sorted_tables
            }

        self._kept = self.run(copy)

    def load(self) -> None:
        def put_back(connection: Connection) -> None:
            for table in reversed(metadata.sorted_tables):  # quicker than to truncate, for so few rows
                connection.execute(delete(table))
            for table in metadata.sorted_tables:
                if self._kept[table.name]:
                    connection.execute(insert(table), self._kept[table.name])

        self.run(put_back)

    def read(self, work: Callable[[Connection], T]) -> T:
        return self._wait(self._reader.run_sync(work))

    def run(self, work: Callable[[Connection], T]) -> T:
        return self._wait(self._run(work))

    def rows(self, query: str, *values: Any) -> list[Row]:
        numbers = itertools.count(1)
        numbered = re.sub(r"\?", lambda _mark: f"${next(numbers)}", query)
        return [tuple(row) for row in self._wait(self._oracle.fetch(numbered, *values))]

    def close(self) -> None:
        self._wait(self._oracle.close())
        self._wait(self._connection.close())
        self._wait(self._reader.close())
        self._wait(self._engine.dispose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(
        self, isolation: Literal["READ COMMITTED", "AUTOCOMMIT"] = "READ COMMITTED"
    ) -> AsyncConnection:
        connection = await self._engine.connect()
        return await connection.execution_options(isolation_level=isolation)

    async def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._connection.begin():
                return await self._connection.run_sync(work)
        except DBAPIError as error:
            raise StoreFailed from error

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class SimDatabase:
    """One process's way to the image; a `storage.database.Database`."""

    def __init__(
        self,
        image: Image,
        clock: Clock,
        *,
        take_fault: Callable[[str], str | None],
        delay_s: Callable[[], float],
        is_alive: Callable[[], bool],
        on_commit: Callable[[], None],
    ) -> None:
        """`take_fault` names what happens to this `read` or `write`: None, `fails` or `answer_lost`."""
        self._image = image
        self._clock = clock
        self._take_fault = take_fault
        self._delay_s = delay_s
        self._is_alive = is_alive
        self._on_commit = on_commit

    async def read(self, work: Callable[[Connection], T]) -> T:
        fault = await self._reach("read")
        if fault is not None:
            raise StoreFailed
        return self._image.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        fault = await self._reach("write")
        if fault == "fails":
            raise StoreFailed
        result = self._image.run(work)
        self._on_commit()
        if fault == "answer_lost":
            raise StoreFailed
        await self._clock.sleep(self._delay_s())
        return result

    async def close(self) -> None:
        """Leave the image to those that come after."""

    async def _reach(self, what: str) -> str | None:
        await self._clock.sleep(self._delay_s())
        if not self._is_alive():
            raise Killed
        return self._take_fault(what)
