"""What a supervisor asks: does the process turn, may it get requests, what does it count.

A brokerage that fails never makes the server unready: cancels elsewhere must go on.
"""

import asyncio

from nostro.domain.cancel import OPEN_STATES
from nostro.domain.errors import StoreFailed
from nostro.http.call import Answer, Call
from nostro.http.lanes import Lane
from nostro.http.meter import Meter
from nostro.http.operation import Operation, Who
from nostro.ports import Clock
from nostro.storage.database import Database
from nostro.storage.port import Journal, Members

PROBE_TIMEOUT_S = 2.0
"""How long a write to our own database may take before the server calls itself unready."""

_TEXT = b"text/plain; version=0.0.4; charset=utf-8"


class Health:
    def __init__(
        self, *, database: Database, members: Members, journal: Journal, meter: Meter, clock: Clock
    ) -> None:
        self._database = database
        self._members = members
        self._journal = journal
        self._meter = meter
        self._clock = clock
        self.is_draining = False
        """Set when the server was told to stop: it then finishes what it has, and wants no more."""

    def operations(self) -> tuple[Operation, ...]:
        rows = (
            ("/livez", self.get_live, "Say that the process turns", Who.ANYONE),
            ("/readyz", self.get_ready, "Say whether the server wants requests", Who.ANYONE),
            ("/metrics", self.get_metrics, "What the process counts, for Prometheus", Who.LOCAL),
        )
        return tuple(
            Operation(
                method="GET",
                path=path,
                id=f"Health_{handler.__name__}",
                summary=summary,
                handler=handler,
                who=who,
                lane=Lane.CANCEL,  # asked most when load is highest
                is_hidden=True,
            )
            for path, handler, summary, who in rows
        )

    async def get_live(self, _call: Call) -> Answer:
        return Answer(body={"live": True})

    async def get_ready(self, _call: Call) -> Answer:
        problem = "draining" if self.is_draining else await self._probe()
        return Answer(
            body={"ready": problem is None, "problem": problem}, status=200 if problem is None else 503
        )

    async def get_metrics(self, _call: Call) -> Answer:
        now = self._clock.now()
        open_cancels = {state.value: (0, 0.0) for state in OPEN_STATES}
        for state, count, oldest_at in await self._journal.open_counts():
            open_cancels[state.value] = (count, (now - oldest_at).total_seconds())
        return Answer(body=self._meter.exposition(open_cancels), content_type=_TEXT)

    async def _probe(self) -> str | None:
        try:
            self._members.me()  # who is no member may claim no cancel
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await self._database.write(lambda _connection: None)
        except (StoreFailed, TimeoutError):
            return "the database does not take writes"
        return None
