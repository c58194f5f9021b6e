"""Lets callers wait for the next state of a cancel intent."""

import asyncio
from collections.abc import Callable

import structlog

from nostro.domain.cancel import CancelIntent
from nostro.domain.errors import NotFound, StoreFailed
from nostro.domain.ids import CancelId
from nostro.ports import Clock
from nostro.storage.port import Journal

log = structlog.get_logger()

POLL_S = 0.25
"""How often the journal is read again: another process may own the request, and publishes only there."""


WAITERS_MAX = 512
"""How many callers may wait for one intent; whoever comes on top is told at once how it stands."""


class Watch:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._waiting: dict[CancelId, list[asyncio.Future[CancelIntent]]] = {}

    def publish(self, intent: CancelIntent) -> None:
        """Wake everyone who waits for this intent. Call it after the state is durable."""
        for waiter in self._waiting.pop(intent.cancel_id, []):
            if not waiter.done():
                waiter.set_result(intent)

    async def until(
        self, enough: Callable[[CancelIntent], bool], intent: CancelIntent, timeout_s: float
    ) -> CancelIntent:
        """Return the intent as soon as it is `enough`, or as it stands after `timeout_s`.

        Raises NotFound for one that is gone: a sandbox was started over.
        """
        if len(self._waiting.get(intent.cancel_id, ())) >= WAITERS_MAX:
            return intent
        deadline = self._clock.monotonic() + timeout_s
        while not enough(intent) and (left_s := deadline - self._clock.monotonic()) > 0:
            intent = await self._next(intent, min(left_s, POLL_S))
        # Read once more: a process that stood still wakes up with what it knew before.
        return intent if enough(intent) else await self._read(intent)

    async def _next(self, intent: CancelIntent, timeout_s: float) -> CancelIntent:
        waiter: asyncio.Future[CancelIntent] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(intent.cancel_id, []).append(waiter)
        try:
            # Read after registering: what was published in between stands in the journal.
            now = await self._read(intent)
            if now != intent:
                return now
            async with asyncio.timeout(timeout_s):
                return await waiter
        except TimeoutError:
            return intent
        finally:
            self._drop(intent.cancel_id, waiter)

    async def _read(self, intent: CancelIntent) -> CancelIntent:
        """Read the intent; a database that fails now is no news: the request may have left long ago."""
        try:
            now = await self._journal.get(intent.cancel_id)
        except StoreFailed:
            log.exception("intent_not_read", cancel_id=intent.cancel_id)
            return intent
        if now is None:
            raise NotFound
        return now

    def _drop(self, cancel_id: CancelId, waiter: "asyncio.Future[CancelIntent]") -> None:
        waiters = self._waiting.get(cancel_id)
        if waiters is not None and waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._waiting[cancel_id]
