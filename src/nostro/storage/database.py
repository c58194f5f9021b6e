"""Database: run one piece of SQL work, whole or not at all. The same work runs on every engine.

`work` is a plain function of a SQLAlchemy connection. It is never a coroutine, so that no transaction can be
open while a brokerage is asked.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that writes nothing; raises StoreFailed."""
        ...

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and return once its effects survive a power cut.

        An exception raised by `work` undoes it and is raised here; StoreFailed when the engine itself fails.
        """
        ...

    async def close(self) -> None: ...
