"""Cancel one order, whatever it is, knowing its id. Start here: this is the whole path, top to bottom.

    1. __call__      is there an answer already? If not: may this connection trade, can this be an order id
                     here? Nothing is sent for a bad one.
    2. _begin        transaction 1: the intent is on disk before the first byte leaves. The journal's unique
                     index lets one caller in; every other one, in any process, joins that caller's intent.
    3. _fly          one request to the brokerage, in a task of its own: a caller who hangs up changes
                     nothing. No transaction is open meanwhile.
    4. _record       transaction 2: `domain.cancel.decide` judges the reply; state, evidence and the order
                     as proven become durable together, before any answer leaves.
    5. reconcile.py  while the state is open, look the order up until the brokerage gives evidence.
    6. _answer       the caller gets a final state, or, after a while, the truth as it stands.

What may be said of each state stands in `wire/cancel.py`, and what each reply proves in `brokers/<slug>`.
"""

import asyncio

import structlog

from nostro.brokers.port import Broker
from nostro.brokers.redact import redact_outcome
from nostro.connections.sessions import Sessions
from nostro.domain.cancel import (
    CancelIntent,
    CancelOutcome,
    CancelUnknown,
    Evidence,
    Looked,
    NotSent,
    NotSentCause,
    OrderFound,
    Replied,
    UnknownCause,
)
from nostro.domain.errors import NotFound, OrderIdInvalid, OrderUnknown, StoreFailed
from nostro.domain.ids import BrokerageOrderId, CancelId
from nostro.orders.index import OrderIndex
from nostro.orders.reconcile import Reconciler
from nostro.orders.watch import Watch
from nostro.ports import Clock, Crashpoint, Ids, Tasks
from nostro.storage.port import CLAIM_VALID_S, Journal, OwnedAccount, Owner

ANSWER_DEADLINE_S = 9.5
"""When a cancel is answered at the latest: half a second is left for all the rest within ten."""

FINAL_WAIT_S = 1.0
"""How much longer an answered, but not final, request may hold its caller who named no wish."""

RECORD_RETRY_S = 0.5
"""A verdict that the database does not take is kept in memory and offered again this often."""

log = structlog.get_logger()


class CancelOrders:
    def __init__(
        self,
        *,
        journal: Journal,
        index: OrderIndex,
        sessions: Sessions,
        reconciler: Reconciler,
        watch: Watch,
        clock: Clock,
        ids: Ids,
        tasks: Tasks,
        crashpoint: Crashpoint,
    ) -> None:
        self._journal = journal
        self._index = index
        self._sessions = sessions
        self._reconciler = reconciler
        self._watch = watch
        self._clock = clock
        self._ids = ids
        self._tasks = tasks
        self._crashpoint = crashpoint

    async def __call__(
        self, owner: Owner, target: OwnedAccount, order_id: BrokerageOrderId, wait_s: float | None = None
    ) -> CancelIntent:
        """Cancel the order and return its intent as it stands when the answer is due.

        `wait_s` is how long the caller wants to wait for a final state; None leaves it to the defaults above.

        Raises:
            ConnectionDisabled, ConnectionReadOnly, OrderIdInvalid, OrderUnknown, OrderIdAmbiguous:
                refused, nothing was sent.
            BrokerageUnreachable, StoreFailed: not possible now, nothing was sent.
            NotFound: the sandbox was started over meanwhile, and knows nothing of it any more.
        """
        deadline = self._clock.monotonic() + ANSWER_DEADLINE_S
        # A repeat is told what is known, whatever became of the connection meanwhile.
        intent = await self._journal.standing(target.account.account_id, order_id)
        if intent is None:
            broker = await self._sessions.trading(target.connection)
            if broker.spec.order_id.fullmatch(order_id) is None:
                raise OrderIdInvalid
            # Whoever claims must send: a caller that goes away in between must not leave a claim behind.
            begun = self._tasks.start(self._begin(broker, owner, target, order_id), name="claim a cancel")
            intent = await asyncio.shield(begun)
        return await self._answer(intent, wait_s, deadline)

    async def _begin(
        self, broker: Broker, owner: Owner, target: OwnedAccount, order_id: BrokerageOrderId
    ) -> CancelIntent:
        wish = CancelIntent(
            cancel_id=CancelId(self._ids.uuid()),
            account_id=target.account.account_id,
            brokerage_order_id=order_id,
            requested_at=self._clock.now(),
        )
        begin_by_s = self._clock.monotonic() + CLAIM_VALID_S
        claim = await self._journal.claim(owner, wish)
        if claim is None:
            await self._index.learn(broker, target, order_id)
            begin_by_s = self._clock.monotonic() + CLAIM_VALID_S
            claim = await self._journal.claim(owner, wish)
        if claim is None:
            raise OrderUnknown
        if claim.is_mine:
            flight = self._fly(broker, target, claim.intent, begin_by_s)
            self._tasks.start(flight, name=f"cancel {claim.intent.cancel_id}")
        return claim.intent

    async def _fly(
        self, broker: Broker, target: OwnedAccount, intent: CancelIntent, begin_by_s: float
    ) -> None:
        """Send, unless the order is closed already, before `begin_by_s` of the steady clock, or never."""
        self._crashpoint("after_intent")
        order = intent.order
        if order is not None and order.status.is_closed:
            now = self._clock.now()
            found = OrderFound(order=order)
            evidence: Evidence = Looked(look=found, known=intent, started_at=now, ended_at=now)
        else:
            evidence = await self._send(broker, target, intent, begin_by_s)
        self._crashpoint("before_commit")
        try:
            intent = await self._record(intent.cancel_id, evidence)
        except NotFound:  # a sandbox was started over meanwhile; whoever waits learns it from the journal
            log.warning("intent_gone", cancel_id=intent.cancel_id)
            return
        self._crashpoint("after_commit")
        self._watch.publish(intent)
        if not intent.state.is_final:
            self._reconciler.wake()

    async def _send(
        self, broker: Broker, target: OwnedAccount, intent: CancelIntent, begin_by_s: float
    ) -> Replied:
        sent_at = self._clock.now()
        self._crashpoint("before_send")
        outcome: CancelOutcome
        if self._clock.monotonic() > begin_by_s:
            outcome = NotSent(cause=NotSentCause.REFUSED_LOCALLY, message="this server stood still")
        else:
            outcome = await self._ask(broker, target, intent)
        self._crashpoint("after_send")
        return Replied(
            outcome=outcome,
            sent_at=sent_at,
            ended_at=self._clock.now(),
            settles_s=broker.spec.cancel_settles_s,
        )

    async def _ask(self, broker: Broker, target: OwnedAccount, intent: CancelIntent) -> CancelOutcome:
        try:
            return redact_outcome(await broker.cancel_order(target.account.number, intent.ref))
        except Exception:  # the adapter has a bug: whatever it sent, it sent
            log.exception("adapter_failed", broker=broker.spec.slug, cancel_id=intent.cancel_id)
            return CancelUnknown(cause=UnknownCause.ADAPTER_FAILED, message="internal error after sending")

    async def _record(self, cancel_id: CancelId, evidence: Evidence) -> CancelIntent:
        while True:
            try:
                return await self._journal.apply(cancel_id, evidence, next_look_at=self._clock.now())
            except StoreFailed:
                log.exception("verdict_not_recorded", cancel_id=cancel_id)
                await self._clock.sleep(RECORD_RETRY_S)

    async def _answer(self, intent: CancelIntent, wait_s: float | None, deadline: float) -> CancelIntent:
        if wait_s is None:
            intent = await self._watch.until(_ended, intent, deadline - self._clock.monotonic())
            left_s = deadline - self._clock.monotonic()
            intent = await self._watch.until(_final, intent, min(FINAL_WAIT_S, left_s))
        else:
            intent = await self._watch.until(_final, intent, wait_s)
        self._crashpoint("before_answer")
        return intent


def _ended(intent: CancelIntent) -> bool:
    return intent.ended_at is not None or intent.state.is_final


def _final(intent: CancelIntent) -> bool:
    return intent.state.is_final
