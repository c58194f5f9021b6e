"""The cancel journal in SQL. Its partial unique index over the open states is the lock for all processes."""

import json
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, case, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from nostro.domain.cancel import (
    CancelIntent,
    CancelRejectReason,
    CancelState,
    Evidence,
    EvidenceRecord,
    Looked,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderAmbiguous,
    OrderFound,
    OrderLook,
    Replied,
    Restarted,
    UnknownCause,
    began_after_end,
    decide,
)
from nostro.domain.errors import NotFound, StoreFailed
from nostro.domain.event import event_of_end
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId, ClientId, UserId
from nostro.storage import orders, outbox
from nostro.storage.database import Database
from nostro.storage.port import (
    LOOK_DELAY_S_MAX,
    LOOK_LEASE_S,
    Claim,
    DueLook,
    MemberId,
    Members,
    OpenCount,
    Owner,
)
from nostro.storage.tables import IS_OPEN, cancel_evidence, cancel_intent

_DOUBTS_MAX = 10_000
_ORDER_CLOSED = [CancelState.CONFIRMED.value, CancelState.TOO_LATE.value]


class SqlJournal:
    """See `storage.port.Journal`."""

    def __init__(self, database: Database, members: Members) -> None:
        self._database = database
        self._members = members
        self._in_doubt: deque[CancelId] = deque(maxlen=_DOUBTS_MAX)

    async def claim(self, owner: Owner, intent: CancelIntent) -> Claim | None:
        me = self._members.me()
        try:
            return await self._database.write(lambda connection: _claim(connection, owner, intent, me))
        except StoreFailed:
            self._in_doubt.append(intent.cancel_id)
            raise

    async def standing(self, account_id: AccountId, order_id: BrokerageOrderId) -> CancelIntent | None:
        return await self._database.read(lambda connection: _standing(connection, account_id, order_id))

    async def apply(
        self, cancel_id: CancelId, evidence: Evidence, next_look_at: datetime | None
    ) -> CancelIntent:
        return await self._database.write(
            lambda connection: _apply(connection, cancel_id, evidence, next_look_at)
        )

    async def get(self, cancel_id: CancelId) -> CancelIntent | None:
        query = select(cancel_intent).where(cancel_intent.c.cancel_id == cancel_id)
        return await self._database.read(lambda connection: _first(connection, query))

    async def receipt(
        self, owner: Owner, cancel_id: CancelId
    ) -> tuple[CancelIntent, Sequence[EvidenceRecord]] | None:
        return await self._database.read(lambda connection: _receipt(connection, owner, cancel_id))

    async def due(self, now: datetime, limit: int) -> Sequence[DueLook]:
        at = cancel_intent.c.next_look_at
        no_look_is_later = now + timedelta(seconds=LOOK_DELAY_S_MAX)
        query = (
            select(cancel_intent)
            .where(IS_OPEN, (at <= now) | (at > no_look_is_later))
            .order_by(cancel_intent.c.next_look_at)
            .limit(limit)
        )
        if await self._database.read(lambda connection: connection.execute(query.limit(1)).first()) is None:
            return []  # as nearly always: no transaction that writes is needed to see it
        until = now + timedelta(seconds=LOOK_LEASE_S)
        return await self._database.write(lambda connection: _lease(connection, query, until))

    async def open_counts(self, asked_before: Sequence[datetime]) -> Sequence[OpenCount]:
        at = cancel_intent.c.requested_at
        older = [func.sum(case((at <= before, 1), else_=0)) for before in asked_before]
        query = (
            select(cancel_intent.c.state, func.count(), func.min(at), *older)
            .where(IS_OPEN)
            .group_by(cancel_intent.c.state)
        )
        return await self._database.read(
            lambda connection: [
                OpenCount(state=CancelState(state), count=count, oldest_at=first, older=tuple(each))
                for state, count, first, *each in connection.execute(query)
            ]
        )

    async def overdue(self, asked_before: datetime, now: datetime) -> Sequence[CancelIntent]:
        is_overdue = (
            IS_OPEN
            & (cancel_intent.c.state == CancelState.UNKNOWN.value)
            & (cancel_intent.c.requested_at <= asked_before)
            & cancel_intent.c.alerted_at.is_(None)
        )
        one = select(cancel_intent.c.cancel_id).where(is_overdue).limit(1)
        if await self._database.read(lambda connection: connection.execute(one).first()) is None:
            return []
        alert = update(cancel_intent).where(is_overdue).values(alerted_at=now).returning(cancel_intent)
        return await self._database.write(
            lambda connection: [_intent(row) for row in connection.execute(alert).mappings().all()]
        )

    async def hurry(self, now: datetime) -> None:
        change = (
            update(cancel_intent).where(IS_OPEN, cancel_intent.c.next_look_at > now).values(next_look_at=now)
        )
        await self._database.write(lambda connection: connection.execute(change).rowcount)

    async def abandoned(self) -> Sequence[CancelIntent]:
        query = select(cancel_intent).where(IS_OPEN, cancel_intent.c.state == CancelState.INTENT.value)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        gone = {
            owner
            for owner in {row["owner"] for row in rows}
            if owner is None or await self._members.is_gone(MemberId(owner))
        }
        return [_intent(row) for row in rows if row["owner"] in gone]

    async def take_back(self, now: datetime) -> None:
        if not self._in_doubt:
            return
        query = select(cancel_intent.c.cancel_id).where(
            cancel_intent.c.cancel_id.in_(self._in_doubt), cancel_intent.c.state == CancelState.INTENT.value
        )
        found = await self._database.read(lambda connection: connection.execute(query).scalars().all())
        outcome = NotSent(cause=NotSentCause.REFUSED_LOCALLY, message="the database did not answer in time")
        not_sent = Replied(outcome=outcome, sent_at=now, ended_at=now, settles_s=None)
        for cancel_id in found:
            with suppress(NotFound):
                await self.apply(CancelId(cancel_id), not_sent, None)
            self._in_doubt.remove(CancelId(cancel_id))


def _claim(connection: Connection, owner: Owner, wish: CancelIntent, me: MemberId) -> Claim | None:
    # Locked: claims for one order go one after the other, so that each sees what became of the last. The
    # unique index alone lets in a claim that looked before another one was made, and writes after its end.
    known = orders.find(connection, wish.account_id, wish.brokerage_order_id, lock=True)
    if known is None:
        return None
    standing = _standing(connection, wish.account_id, wish.brokerage_order_id)
    if standing is not None:
        return Claim(intent=standing, is_mine=False)
    intent = replace(wish, order=known)
    row = {
        "cancel_id": intent.cancel_id,
        "client_id": owner.client_id,
        "user_id": owner.user_id,
        "account_id": intent.account_id,
        "brokerage_order_id": intent.brokerage_order_id,
        "looks": 0,
        "owner": me,
        **_columns(intent),
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(cancel_intent), row)
    except IntegrityError:  # another process was first, between our look and our insert
        standing = _standing(connection, wish.account_id, wish.brokerage_order_id)
        if standing is None:
            raise
        return Claim(intent=standing, is_mine=False)
    outbox.follow(connection, intent.account_id, [intent.brokerage_order_id])
    return Claim(intent=intent, is_mine=True)


def _lease(connection: Connection, due: Select[Any], until: datetime) -> Sequence[DueLook]:
    rows = connection.execute(due.with_for_update(skip_locked=True)).mappings().all()
    leased = [row["cancel_id"] for row in rows]
    connection.execute(
        update(cancel_intent).where(cancel_intent.c.cancel_id.in_(leased)).values(next_look_at=until)
    )
    return [DueLook(intent=_intent(row), looks=row["looks"], known_for_s=row["known_for_s"]) for row in rows]


def _standing(
    connection: Connection, account_id: AccountId, order_id: BrokerageOrderId
) -> CancelIntent | None:
    """Find the intent that answers for this order: the open one, else one that ended with the order closed.

    Not the newest one: times come from clocks, which step back.
    """
    query = (
        select(cancel_intent)
        .where(
            cancel_intent.c.account_id == account_id,
            cancel_intent.c.brokerage_order_id == order_id,
            IS_OPEN | cancel_intent.c.state.in_(_ORDER_CLOSED),
        )
        .order_by(IS_OPEN.desc())
        .limit(1)
    )
    return _first(connection, query)


def _apply(
    connection: Connection, cancel_id: CancelId, evidence: Evidence, next_look_at: datetime | None
) -> CancelIntent:
    query = select(cancel_intent).where(cancel_intent.c.cancel_id == cancel_id).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound
    before = _intent(row)
    after = decide(before, evidence)
    at, kind, detail = _describe(evidence)
    end = event_of_end(before, after, kind, at)
    values: dict[str, Any] = {"next_look_at": None if after.state.is_final else next_look_at}
    if isinstance(evidence, Looked):
        values["looks"] = row["looks"] + 1
        if began_after_end(before, evidence):
            values["known_for_s"] = evidence.known_for_s
    if after is not before:
        values |= _columns(after)
    if (after.ended_at, after.sent_at) != (before.ended_at, before.sent_at):
        values["known_for_s"] = 0.0  # of this end nobody has known for any time yet
    connection.execute(update(cancel_intent).where(cancel_intent.c.cancel_id == cancel_id), values)
    if after is not before or isinstance(evidence, Replied):  # a look that proved nothing is only counted
        connection.execute(
            insert(cancel_evidence),
            {
                "cancel_id": cancel_id,
                "at": at,
                "kind": kind,
                "state": after.state.value,
                "detail": json.dumps(detail, default=str),
            },
        )
    if after.order is not None and after.order is not before.order:
        orders.save(connection, after.account_id, [after.order], at, tells=end is None)
    outbox.add_end(connection, _owner(row), end)
    return after


def _describe(evidence: Evidence) -> tuple[datetime, str, dict[str, object]]:
    match evidence:
        case Replied(outcome=outcome):
            detail: dict[str, object] = {"outcome": type(outcome).__name__}
            for name in ("reason", "cause", "message", "raw"):
                value = getattr(outcome, name, None)
                if value is not None:
                    detail[name] = value
            return evidence.ended_at, "reply", detail
        case Looked(look=look):
            return (
                evidence.ended_at,
                "look_up",
                {"started_at": evidence.started_at.isoformat()} | _describe_look(look),
            )
        case Restarted():
            return evidence.at, "restart", {}


def _describe_look(look: OrderLook) -> dict[str, object]:
    match look:
        case OrderFound(order=order):
            return {
                "order_status": order.status.value,
                "brokerage_status": order.raw_status,
                "filled_quantity": str(order.filled_quantity),
                "canceled_quantity": str(order.canceled_quantity),
            }
        case OrderAbsent():
            return {"absent": True}
        case OrderAmbiguous():
            return {"ambiguous": True}
        case LookFailed(message=message):
            return {"failed": message}


def _receipt(
    connection: Connection, owner: Owner, cancel_id: CancelId
) -> tuple[CancelIntent, Sequence[EvidenceRecord]] | None:
    intent = _first(
        connection,
        select(cancel_intent).where(
            cancel_intent.c.cancel_id == cancel_id,
            cancel_intent.c.client_id == owner.client_id,
            cancel_intent.c.user_id == owner.user_id,
        ),
    )
    if intent is None:
        return None
    rows = connection.execute(
        select(cancel_evidence)
        .where(cancel_evidence.c.cancel_id == cancel_id)
        .order_by(cancel_evidence.c.evidence_id)
    ).mappings()
    return intent, [
        EvidenceRecord(at=row["at"], kind=row["kind"], state=row["state"], detail=json.loads(row["detail"]))
        for row in rows
    ]


def _first(connection: Connection, query: Any) -> CancelIntent | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else _intent(row)


def _owner(row: RowMapping) -> Owner:
    return Owner(client_id=ClientId(row["client_id"]), user_id=UserId(row["user_id"]))


def _columns(intent: CancelIntent) -> dict[str, Any]:
    return {
        "state": intent.state.value,
        "requested_at": intent.requested_at,
        "sent_at": intent.sent_at,
        "ended_at": intent.ended_at,
        "settles_s": intent.settles_s,
        "resolved_at": intent.resolved_at,
        "reason": intent.reason and intent.reason.value,
        "cause": intent.cause and intent.cause.value,
        "message": intent.message,
        "raw": None if intent.raw is None else json.dumps(intent.raw),
        "order_snapshot": intent.order and orders.encode_order(intent.order),
    }


def _intent(row: RowMapping) -> CancelIntent:
    cause: UnknownCause | NotSentCause | None = None
    if row["cause"] is not None:
        kind = NotSentCause if row["state"] == CancelState.NOT_SENT.value else UnknownCause
        cause = kind(row["cause"])
    return CancelIntent(
        cancel_id=CancelId(row["cancel_id"]),
        account_id=AccountId(row["account_id"]),
        brokerage_order_id=BrokerageOrderId(row["brokerage_order_id"]),
        state=CancelState(row["state"]),
        requested_at=row["requested_at"],
        sent_at=row["sent_at"],
        ended_at=row["ended_at"],
        settles_s=row["settles_s"],
        resolved_at=row["resolved_at"],
        reason=row["reason"] and CancelRejectReason(row["reason"]),
        cause=cause,
        message=row["message"],
        raw=None if row["raw"] is None else json.loads(row["raw"]),
        order=row["order_snapshot"] and orders.decode_order(row["order_snapshot"]),
    )
