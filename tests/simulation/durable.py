"""The database as it survives: one SQLite image in memory, which no server process owns.

A process reaches it through a `SimDatabase`, which runs each piece of work whole, on the event loop's thread,
and can fail before the commit, or after it: a database may lose its answer to a commit.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from nostro.domain.errors import StoreFailed
from nostro.ports import Clock
from nostro.storage.schema import upgrade
from nostro.storage.sqlite import open_engine

from .loop import Killed

T = TypeVar("T")


class Image:
    """What is on the disk. `load` puts it back to what `keep` saw."""

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
        """Run `work` in one transaction, as every engine must."""
        try:
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            raise StoreFailed from error

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the image as it stands; every commit is whole, so every reading is."""
        return self._raw.execute(query, values).fetchall()

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()
        self._kept.close()


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
        return self._image.run(work)

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
