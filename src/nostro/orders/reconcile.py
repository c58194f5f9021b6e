"""Work on every cancel that a doubt, an acknowledgement or a crash left open, until there is evidence.

Looks are reads, as many as it takes; a cancel is never sent again from here. The schedule is in the journal
(`next_look_at`, `looks`), so it goes on after a restart where it stopped.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from nostro.brokers.spec import BrokerSpec
from nostro.connections.sessions import Sessions
from nostro.domain.cancel import CancelIntent, Looked, LookFailed, OrderLook, Restarted
from nostro.domain.errors import Refusal, StoreFailed
from nostro.domain.ids import CancelId
from nostro.orders.watch import Watch
from nostro.ports import Clock, Tasks
from nostro.storage.port import Connections, DueLook, Journal, OwnedAccount

LOOKS_AT_ONCE_MAX = 64
POLL_S = 1.0
"""How often the journal is asked for work that nobody announced: another process may have died with it."""

_FIRST_DELAY_S = 0.05
_NOBODY_TO_ASK_S = 60.0
"""How often to see whether a connection that is gone has come back."""

log = structlog.get_logger()


def settled_at(spec: BrokerSpec, ended_at: datetime) -> datetime | None:
    """Say from when on the brokerage cannot carry out a request any more that ended at `ended_at`."""
    return None if spec.cancel_settles_s is None else ended_at + timedelta(seconds=spec.cancel_settles_s)


def delay_s(looks: int, spec: BrokerSpec | None) -> float:
    """Say how long to wait after that many looks: doubling from 50 ms to what the brokerage bears."""
    most_s = _NOBODY_TO_ASK_S if spec is None else spec.look_interval_s_max
    return min(_FIRST_DELAY_S * 2.0 ** min(looks, 16), most_s)


class Reconciler:
    def __init__(
        self,
        *,
        journal: Journal,
        connections: Connections,
        sessions: Sessions,
        watch: Watch,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._journal = journal
        self._connections = connections
        self._sessions = sessions
        self._watch = watch
        self._clock = clock
        self._tasks = tasks
        self._looking: set[CancelId] = set()
        self._work = asyncio.Event()
        self._is_stopping = False

    async def recover(self) -> int:
        """Turn what a dead process left in flight into UNKNOWN, and say how many. Call before the port opens.

        All that is open is then due at once: the brokerage may have moved while nobody looked.
        """
        unfinished = await self._journal.unfinished()
        now = self._clock.now()
        for intent in unfinished:
            owned = await self._connections.account_of_intent(intent.account_id)
            settles = None if owned is None else settled_at(self._sessions.spec(owned.connection), now)
            await self._journal.apply(
                intent.cancel_id, Restarted(at=now, settled_at=settles), next_look_at=now
            )
        await self._journal.hurry(now)
        return len(unfinished)

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
            try:
                due = await self._journal.due(self._clock.now(), LOOKS_AT_ONCE_MAX)
            except StoreFailed:
                log.exception("reconcile_cannot_read")
                due = []
            for each in due:
                if each.intent.cancel_id not in self._looking and len(self._looking) < LOOKS_AT_ONCE_MAX:
                    self._looking.add(each.intent.cancel_id)
                    self._tasks.start(self._look_at(each), name=f"look {each.intent.cancel_id}")
            try:
                async with asyncio.timeout(POLL_S):
                    await self._work.wait()
            except TimeoutError:
                pass

    async def _look_at(self, due: DueLook) -> None:
        intent = due.intent
        try:
            owned = await self._connections.account_of_intent(intent.account_id)
            started_at = self._clock.now()
            look = (
                LookFailed("the connection was deleted") if owned is None else await self._look(owned, intent)
            )
            ended_at = self._clock.now()
            wait_s = delay_s(due.looks, None if owned is None else self._sessions.spec(owned.connection))
            after = await self._journal.apply(
                intent.cancel_id,
                Looked(look=look, started_at=started_at, ended_at=ended_at),
                next_look_at=ended_at + timedelta(seconds=wait_s),
            )
        except StoreFailed:
            log.exception("look_not_recorded", cancel_id=intent.cancel_id)
            return
        finally:
            self._looking.discard(intent.cancel_id)
        if after != intent:
            self._watch.publish(after)
        if not after.state.is_final:
            asyncio.get_running_loop().call_later(wait_s, self.wake)

    async def _look(self, owned: OwnedAccount, intent: CancelIntent) -> OrderLook:
        """Look once. Nothing that goes wrong here proves anything."""
        try:
            broker = await self._sessions.reading(owned.connection)
            return await broker.look_up_order(owned.account.number, intent.brokerage_order_id)
        except Refusal as refusal:
            return LookFailed(str(refusal))
        except Exception:  # the adapter has a bug; the next look may do better
            log.exception("look_failed", cancel_id=intent.cancel_id)
            return LookFailed("internal error")
