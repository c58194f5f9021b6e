"""The cancel journal in SQL. Its partial unique index over the open states is the lock for all processes."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from nostro.domain.cancel import (
    OPEN_STATES,
    CancelIntent,
    CancelRejectReason,
    CancelState,
    Evidence,
    EvidenceRecord,
    Looked,
    LookFailed,
    NotSentCause,
    OrderAbsent,
    OrderFound,
    Replied,
    Restarted,
    UnknownCause,
    decide,
)
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId
from nostro.storage import orders
from nostro.storage.database import Database
from nostro.storage.port import Claim, DueLook, Owner
from nostro.storage.tables import cancel_evidence, cancel_intent

_OPEN = [state.value for state in OPEN_STATES]
_UNFINISHED = [CancelState.INTENT.value, CancelState.SENT.value]
_ORDER_CLOSED = frozenset({CancelState.CONFIRMED, CancelState.TOO_LATE})


class SqlJournal:
    """See `storage.port.Journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, owner: Owner, intent: CancelIntent) -> Claim | None:
        return await self._database.write(lambda connection: _claim(connection, owner, intent))

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
        query = (
            select(cancel_intent)
            .where(cancel_intent.c.state.in_(_OPEN), cancel_intent.c.next_look_at <= now)
            .order_by(cancel_intent.c.next_look_at)
            .limit(limit)
        )
        return await self._database.read(
            lambda connection: [
                DueLook(intent=_intent(row), looks=row["looks"])
                for row in connection.execute(query).mappings()
            ]
        )

    async def open_counts(self) -> Sequence[tuple[CancelState, int, datetime]]:
        oldest = func.min(cancel_intent.c.requested_at)
        query = (
            select(cancel_intent.c.state, func.count(), oldest)
            .where(cancel_intent.c.state.in_(_OPEN))
            .group_by(cancel_intent.c.state)
        )
        return await self._database.read(
            lambda connection: [
                (CancelState(state), count, first) for state, count, first in connection.execute(query)
            ]
        )

    async def hurry(self, now: datetime) -> None:
        change = (
            update(cancel_intent)
            .where(cancel_intent.c.state.in_(_OPEN), cancel_intent.c.next_look_at > now)
            .values(next_look_at=now)
        )
        await self._database.write(lambda connection: connection.execute(change).rowcount)

    async def unfinished(self) -> Sequence[CancelIntent]:
        query = select(cancel_intent).where(cancel_intent.c.state.in_(_UNFINISHED))
        return await self._database.read(
            lambda connection: [_intent(row) for row in connection.execute(query).mappings()]
        )


def _claim(connection: Connection, owner: Owner, wish: CancelIntent) -> Claim | None:
    known = orders.find(connection, wish.account_id, wish.brokerage_order_id)
    if known is None:
        return None
    standing = _standing(connection, wish)
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
        **_columns(intent),
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(cancel_intent), row)
    except IntegrityError:  # another process was first, between our look and our insert
        standing = _standing(connection, wish)
        if standing is None:
            raise
        return Claim(intent=standing, is_mine=False)
    return Claim(intent=intent, is_mine=True)


def _standing(connection: Connection, wish: CancelIntent) -> CancelIntent | None:
    """Find the intent that answers for this order: an open one, or one that ended with the order closed."""
    query = (
        select(cancel_intent)
        .where(
            cancel_intent.c.account_id == wish.account_id,
            cancel_intent.c.brokerage_order_id == wish.brokerage_order_id,
        )
        .order_by(cancel_intent.c.requested_at.desc())
        .limit(1)
    )
    last = _first(connection, query)
    if last is None or (last.state.is_final and last.state not in _ORDER_CLOSED):
        return None
    return last


def _apply(
    connection: Connection, cancel_id: CancelId, evidence: Evidence, next_look_at: datetime | None
) -> CancelIntent:
    query = select(cancel_intent).where(cancel_intent.c.cancel_id == cancel_id).with_for_update()
    row = connection.execute(query).mappings().one()
    before = _intent(row)
    after = decide(before, evidence)
    at, kind, detail = _describe(evidence)
    values: dict[str, Any] = {"next_look_at": None if after.state.is_final else next_look_at}
    if isinstance(evidence, Looked):
        values["looks"] = row["looks"] + 1
    if after is not before:
        values |= _columns(after)
    connection.execute(update(cancel_intent).where(cancel_intent.c.cancel_id == cancel_id), values)
    if after is not before or not isinstance(
        evidence, Looked
    ):  # a look that proved nothing is counted, not kept
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
        orders.save(connection, after.account_id, [after.order], at)
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


def _describe_look(look: OrderFound | OrderAbsent | LookFailed) -> dict[str, object]:
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


def _columns(intent: CancelIntent) -> dict[str, Any]:
    return {
        "state": intent.state.value,
        "requested_at": intent.requested_at,
        "sent_at": intent.sent_at,
        "ended_at": intent.ended_at,
        "settled_at": intent.settled_at,
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
        settled_at=row["settled_at"],
        resolved_at=row["resolved_at"],
        reason=row["reason"] and CancelRejectReason(row["reason"]),
        cause=cause,
        message=row["message"],
        raw=None if row["raw"] is None else json.loads(row["raw"]),
        order=row["order_snapshot"] and orders.decode_order(row["order_snapshot"]),
    )
