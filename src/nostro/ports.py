"""Time, ids and tasks: everything that makes a run differ from the next one enters through here.

Nothing else in nostro reads a clock, draws a random number or starts a task (ruff's banned-api list enforces
it), so that the whole server can run under a seeded simulation.
"""

import asyncio
import os
import secrets
import string
import time
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_STEADY: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall-clock time, aware UTC: for records and for people. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back: for durations and deadlines."""
        ...

    async def sleep(self, delay_s: float) -> None: ...


class Ids(Protocol):
    def uuid(self) -> str:
        """Make a canonical lower-case UUID that nobody can guess."""
        ...

    def secret(self, length: int) -> str:
        """Make a secret of `length` characters from `[A-Za-z0-9]` (at least 43 give 256 bits)."""
        ...

    def token(self, size_bytes: int) -> bytes:
        """Make `size_bytes` random bytes, fit for keys and nonces."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        # A machine that sleeps must find, when it wakes, that time has passed; Linux alone tells that apart.
        return time.clock_gettime(_STEADY)

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


class SystemIds:
    def uuid(self) -> str:
        return str(uuid.uuid4())

    def secret(self, length: int) -> str:
        return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))

    def token(self, size_bytes: int) -> bytes:
        return secrets.token_bytes(size_bytes)


class Tasks:
    """Tasks that outlive the request which started them, strongly referenced until they end."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        """Run `work` now.

        An exception in it is its awaiter's to see, and logged by asyncio when nobody awaits.
        """
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def drain(self, timeout_s: float) -> None:
        """Wait until all are done, at most `timeout_s`; what is not done then is left to boot recovery."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)


Crashpoint = Callable[[str], None]
"""Called with the name of each point of the cancel path where a crash must lose nothing; tests die there."""


def no_crash(_name: str) -> None:
    """Do nothing: what a server in real use passes as its `Crashpoint`."""


Halt = Callable[[], None]
"""Ends this process at once, from any thread: nothing more is written, sent or answered."""


def halt() -> None:
    """End the process as a crash would, with a status that says why; whoever calls it has logged the rest."""
    os._exit(os.EX_IOERR)
