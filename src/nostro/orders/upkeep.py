"""What must be done now and then, whoever asks for nothing: alert about cancels in doubt, forget what is old.

Several processes may do it at once: an alert is given to one of them, and what one deletes the next one does
not find.
"""

import asyncio
from datetime import timedelta

import structlog

from nostro.domain.errors import StoreFailed
from nostro.ports import Clock
from nostro.storage.port import Journal, Retention

ALERT_AFTER = timedelta(seconds=60)
"""A cancel that is UNKNOWN for longer is somebody's business: its brokerage does not answer looks either."""

ALERT_EVERY_S = 5.0
PRUNE_EVERY_S = 60.0

PRUNE_PAUSE_S = 0.2
"""Between two pieces of what is deleted, so that others get to write."""

log = structlog.get_logger()


class Upkeep:
    def __init__(self, *, journal: Journal, retention: Retention, clock: Clock) -> None:
        self._journal = journal
        self._retention = retention
        self._clock = clock
        self._stopping = asyncio.Event()
        self._next_prune = 0.0

    def stop(self) -> None:
        """Begin nothing more; `run` ends."""
        self._stopping.set()

    async def run(self) -> None:
        """Do what is due, until `stop`."""
        while not self._stopping.is_set():
            try:
                await self._alert()
                wait_s = await self._prune()
            except StoreFailed:
                log.exception("upkeep_cannot_work")
                wait_s = ALERT_EVERY_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._stopping.wait()
            except TimeoutError:
                pass

    async def _alert(self) -> None:
        now = self._clock.now()
        for intent in await self._journal.overdue(now - ALERT_AFTER, now):
            log.error(
                "alert",
                reason="a cancel is unknown",
                cancel_id=intent.cancel_id,
                account_id=intent.account_id,
                brokerage_order_id=intent.brokerage_order_id,
                requested_at=intent.requested_at.isoformat(),
            )

    async def _prune(self) -> float:
        """Delete a piece of what is old, if it is time; return how long to wait then."""
        if self._clock.monotonic() < self._next_prune:
            return ALERT_EVERY_S
        if await self._retention.prune(self._clock.now()):
            return PRUNE_PAUSE_S
        self._next_prune = self._clock.monotonic() + PRUNE_EVERY_S
        return ALERT_EVERY_S
