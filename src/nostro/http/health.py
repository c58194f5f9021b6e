"""What a supervisor asks: does the process turn, may it get requests, what does it count.

A brokerage that fails never makes the server unready: cancels elsewhere must go on.
"""

import asyncio
from datetime import timedelta

from nostro.domain.cancel import OPEN_STATES
from nostro.domain.errors import StoreFailed
from nostro.http.call import Answer, Call
from nostro.http.lanes import Lane, Lanes, Phase
from nostro.http.meter import Meter, OpenCancels
from nostro.http.operation import Operation, Who
from nostro.ports import Clock, Tasks
from nostro.storage.database import Database
from nostro.storage.outbox_port import Outbox
from nostro.storage.port import Journal, Members

PROBE_TIMEOUT_S = 2.0
"""How long a write to our own database may take before the server calls itself unready."""

PROBE_FRESH_S = 1.0
"""For so long an answer of the database serves all: probes cost a commit each, and anybody may ask."""

AGES_S = (1, 10, 60, 600, 3600)
"""Open cancels are counted by these ages as well."""

_TEXT = b"text/plain; version=0.0.4; charset=utf-8"


class Health:
    def __init__(
        self,
        *,
        database: Database,
        members: Members,
        journal: Journal,
        outbox: Outbox,
        lanes: Lanes,
        meter: Meter,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._database = database
        self._members = members
        self._journal = journal
        self._outbox = outbox
        self._lanes = lanes
        self._meter = meter
        self._clock = clock
        self._tasks = tasks
        self._probe: asyncio.Task[str | None] | None = None
        self._probed_at = 0.0

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
                lane=Lane.HEALTH,
                is_hidden=True,
            )
            for path, handler, summary, who in rows
        )

    async def get_live(self, _call: Call) -> Answer:
        return Answer(body={"live": True})

    async def get_ready(self, _call: Call) -> Answer:
        phase = self._lanes.phase
        problem = await self._ask_database() if phase is Phase.SERVING else phase.value
        return Answer(
            body={"ready": problem is None, "problem": problem}, status=200 if problem is None else 503
        )

    async def get_metrics(self, _call: Call) -> Answer:
        now = self._clock.now()
        none = OpenCancels(count=0, oldest_s=0.0, older=(0,) * len(AGES_S))
        open_cancels = {state.value: none for state in OPEN_STATES}
        for each in await self._journal.open_counts([now - timedelta(seconds=age_s) for age_s in AGES_S]):
            oldest_s = (now - each.oldest_at).total_seconds()
            open_cancels[each.state.value] = OpenCancels(each.count, oldest_s, each.older)
        events = {state.value: count for state, count in (await self._outbox.counts()).items()}
        return Answer(body=self._meter.exposition(open_cancels, AGES_S, events), content_type=_TEXT)

    async def _ask_database(self) -> str | None:
        """Say what is wrong with it. One probe at a time, and none while the last answer is fresh."""
        if self._probe is None or (self._probe.done() and not self._is_fresh()):
            self._probe = self._tasks.start(self._write(), name="probe the database")
        try:
            self._members.me()
        except StoreFailed:  # who is no member may claim no cancel
            return "the server holds no lock on the database"
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                return await asyncio.shield(self._probe)
        except TimeoutError:
            return "the database does not answer"

    def _is_fresh(self) -> bool:
        return self._clock.monotonic() < self._probed_at + PROBE_FRESH_S

    async def _write(self) -> str | None:
        try:
            await self._database.write(lambda _connection: None)
        except StoreFailed:
            return "the database does not take writes"
        finally:
            self._probed_at = self._clock.monotonic()
        return None
