"""Work on every cancel that a doubt, an acknowledgement or a crash left open, until there is evidence.

Looks are reads, as many as it takes; a cancel is never sent again from here. The schedule is in the journal
(`next_look_at`, `looks`), so it goes on after a restart where it stopped. Whether a request can still act is
not read off a clock on the wall: whoever looks counts how long it has been known that the request is over.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from nostro.brokers.spec import BrokerSpec
from nostro.connections.sessions import Sessions
from nostro.domain.cancel import CancelIntent, Looked, LookFailed, OrderLook, Restarted
from nostro.domain.errors import NotFound, Refusal, StoreFailed
from nostro.domain.ids import CancelId
from nostro.orders.watch import Watch
from nostro.ports import Clock, Tasks
from nostro.storage.port import (
    LOOK_DELAY_S_MAX,
    Connections,
    DueLook,
    Journal,
    Members,
    OwnedAccount,
    Placements,
)

LOOKS_AT_ONCE_MAX = 64
POLL_S = 1.0
"""How often to see who is gone, and to ask the journal for work that nobody announced."""

ENDS_MAX = 100_000
"""How many open requests a process counts for itself; of one that it forgets, the journal has the count."""

_FIRST_DELAY_S = 0.05
_NOBODY_TO_ASK_S = 60.0
"""How often to see whether a connection that is gone has come back."""

log = structlog.get_logger()


def delay_s(looks: int, spec: BrokerSpec | None) -> float:
    """Say how long to wait after that many looks: doubling from 50 ms to what the brokerage bears."""
    most_s = _NOBODY_TO_ASK_S if spec is None else spec.look_interval_s_max
    return min(_FIRST_DELAY_S * 2.0 ** min(looks, 16), most_s, LOOK_DELAY_S_MAX)


class Reconciler:
    def __init__(
        self,
        *,
        journal: Journal,
        placements: Placements,
        members: Members,
        connections: Connections,
        sessions: Sessions,
        watch: Watch,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._journal = journal
        self._placements = placements
        self._members = members
        self._connections = connections
        self._sessions = sessions
        self._watch = watch
        self._clock = clock
        self._tasks = tasks
        self._looking: set[CancelId] = set()
        self._ends = _Ends(clock)
        self._work = asyncio.Event()
        self._is_stopping = False
        self._next_sweep = 0.0

    async def recover(self) -> None:
        """Join the processes on this database and take over what dead ones left. Call before the port opens.

        All that is open is then due at once: the brokerage may have moved while nobody looked.
        """
        await self.sweep()
        await self._journal.hurry(self._clock.now())

    async def sweep(self) -> None:
        """Turn what processes that are gone left in flight into UNKNOWN, due at once; raises StoreFailed."""
        await self._members.enter()
        await self._placements.give_up_sent()
        now = self._clock.now()
        await self._journal.take_back(now)
        for intent in await self._journal.abandoned():
            owned = await self._connections.account_of_intent(intent.account_id)
            restarted = Restarted(at=now, settles_s=self._settles_without_owner(self._spec(owned)))
            with suppress(NotFound):
                await self._journal.apply(intent.cancel_id, restarted, next_look_at=now)

    def _settles_without_owner(self, spec: BrokerSpec | None) -> float | None:
        if spec is None or spec.cancel_settles_s is None:
            return None
        goes_on_s = self._members.goes_on_s
        if goes_on_s:  # what it still begins may take its time
            goes_on_s += spec.request_timeout_s
        return goes_on_s + spec.cancel_settles_s

    def _spec(self, owned: OwnedAccount | None) -> BrokerSpec | None:
        try:
            return None if owned is None else self._sessions.spec(owned.connection)
        except NotFound:  # the adapter was uninstalled: nobody to ask for now
            return None

    def wake(self) -> None:
        """Say that an intent is due now."""
        self._work.set()

    def stop(self) -> None:
        """Begin no more looks; `run` ends."""
        self._is_stopping = True
        self.wake()

    async def run(self) -> None:
        """Look up whatever is due, until `stop`."""
        while not self._is_stopping:
            self._work.clear()
            for each in await self._find_work():
                if each.intent.cancel_id not in self._looking:
                    self._looking.add(each.intent.cancel_id)
                    self._tasks.start(self._look_at(each), name=f"look {each.intent.cancel_id}")
            try:
                async with asyncio.timeout(POLL_S):
                    await self._work.wait()
            except TimeoutError:
                pass

    async def _find_work(self) -> Sequence[DueLook]:
        try:
            if self._clock.monotonic() >= self._next_sweep:
                self._next_sweep = self._clock.monotonic() + POLL_S
                await self.sweep()
            free = LOOKS_AT_ONCE_MAX - len(self._looking)
            return await self._journal.due(self._clock.now(), free) if free else []
        except Exception:  # the database, or a bug: the next round must come all the same
            log.exception("reconcile_cannot_work")
            return []

    async def _look_at(self, due: DueLook) -> None:
        intent = due.intent
        try:
            owned = await self._connections.account_of_intent(intent.account_id)
            started_at, known_for_s = self._clock.now(), self._ends.known_for_s(due)
            look = (
                LookFailed("the connection was deleted") if owned is None else await self._look(owned, intent)
            )
            ended_at = self._clock.now()
            wait_s = delay_s(due.looks, self._spec(owned))
            after = await self._journal.apply(
                intent.cancel_id,
                Looked(
                    look=look,
                    known=intent,
                    known_for_s=known_for_s,
                    started_at=started_at,
                    ended_at=ended_at,
                ),
                next_look_at=ended_at + timedelta(seconds=wait_s),
            )
        except StoreFailed:
            log.exception("look_not_recorded", cancel_id=intent.cancel_id)
            return
        except NotFound:
            self._ends.forget(intent.cancel_id)
            return
        finally:
            self._looking.discard(intent.cancel_id)
        if after != intent:
            self._watch.publish(after)
        if after.state.is_final:
            self._ends.forget(after.cancel_id)
        else:
            asyncio.get_running_loop().call_later(wait_s, self.wake)

    async def _look(self, owned: OwnedAccount, intent: CancelIntent) -> OrderLook:
        """Look once. Nothing that goes wrong here proves anything."""
        try:
            broker = await self._sessions.looking(owned.connection)
            return await broker.look_up_order(owned.account.number, intent.ref)
        except Refusal as refusal:
            return LookFailed(str(refusal))
        except Exception:  # the adapter has a bug; the next look may do better
            log.exception("look_failed", cancel_id=intent.cancel_id)
            return LookFailed("internal error")


class _Ends:
    """How long, at least, it has been known that a request is over.

    What the journal has was true when it was read; from there on this process counts by its steady clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[CancelId, tuple[tuple[datetime | None, datetime | None], float, float]] = {}
        """By cancel: which end, for how long it was known, and when that was."""

    def known_for_s(self, due: DueLook) -> float:
        intent, now_s = due.intent, self._clock.monotonic()
        end = (intent.ended_at, intent.sent_at)
        known, was_s, at_s = self._known.get(intent.cancel_id, (None, 0.0, now_s))
        counted_s = was_s + now_s - at_s if known == end else 0.0
        for_s = max(due.known_for_s, counted_s)
        self._known[intent.cancel_id] = (end, for_s, now_s)
        if len(self._known) > ENDS_MAX:
            self._known.pop(next(iter(self._known)))
        return for_s

    def forget(self, cancel_id: CancelId) -> None:
        self._known.pop(cancel_id, None)
