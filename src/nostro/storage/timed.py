"""A database that tells how long its work took."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from nostro.ports import Clock
from nostro.storage.database import Database

T = TypeVar("T")


class TimedDatabase:
    """See `Database`."""

    def __init__(self, database: Database, clock: Clock, told: Callable[[str, float], None]) -> None:
        """`told` hears `read` or `write`, and the seconds it took, waiting for its turn included."""
        self._database = database
        self._clock = clock
        self._told = told

    async def read(self, work: Callable[[Connection], T]) -> T:
        begun = self._clock.monotonic()
        try:
            return await self._database.read(work)
        finally:
            self._told("read", self._clock.monotonic() - begun)

    async def write(self, work: Callable[[Connection], T]) -> T:
        begun = self._clock.monotonic()
        try:
            return await self._database.write(work)
        finally:
            self._told("write", self._clock.monotonic() - begun)

    async def close(self) -> None:
        await self._database.close()
