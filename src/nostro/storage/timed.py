"""A database that tells how long its work took, and how long the work takes that waits."""

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
        self._writing: dict[object, float] = {}
        """When each write that is not durable yet began, the oldest first."""

    @property
    def waiting_s(self) -> float:
        """For how long the oldest write has waited for its end; 0 when none does."""
        begun = next(iter(self._writing.values()), None)
        return 0.0 if begun is None else self._clock.monotonic() - begun

    async def read(self, work: Callable[[Connection], T]) -> T:
        begun = self._clock.monotonic()
        try:
            return await self._database.read(work)
        finally:
            self._told("read", self._clock.monotonic() - begun)

    async def write(self, work: Callable[[Connection], T]) -> T:
        begun, this = self._clock.monotonic(), object()
        self._writing[this] = begun
        try:
            return await self._database.write(work)
        finally:
            del self._writing[this]
            self._told("write", self._clock.monotonic() - begun)

    async def close(self) -> None:
        await self._database.close()
