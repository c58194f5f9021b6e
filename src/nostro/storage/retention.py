"""How long what would grow without end is kept, and its end, in SQL.

Cancel intents, their evidence and placements stand in no row here: they are the audit trail, and what keeps a
repeat from being a second request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, select, tuple_

from nostro.storage.database import Database
from nostro.storage.outbox_port import EventState
from nostro.storage.tables import (
    IS_ENDED,
    login_link,
    previewed_trade,
    seen_request,
    webhook_attempt,
    webhook_event,
)

PREVIEWS_KEPT = timedelta(hours=1)
"""They can be placed for five minutes; after that they are answered like one that never was."""

LINKS_KEPT = timedelta(days=1)
"""They work for five minutes; a day is for who asks why one did not."""

DELIVERED_KEPT = timedelta(days=30)
"""Long enough to ask what a receiver was told, and to tell it again."""

DEAD_KEPT = timedelta(days=90)
"""Nobody was told. Longer than any outage that somebody still wants to make up for."""

BATCH_MAX = 500
"""Rows of one kind in one transaction, so that no cancel waits long behind it."""


@dataclass(frozen=True, slots=True)
class _Aged:
    table: Table
    is_old: Any


class SqlRetention:
    """See `storage.port.Retention`. Several processes that prune at once pass over each other's rows."""

    def __init__(self, database: Database, signatures_kept: timedelta) -> None:
        """`signatures_kept` is at least as long as the timestamp of a request is accepted."""
        self._database = database
        self._signatures_kept = signatures_kept

    async def prune(self, now: datetime) -> int:
        kinds = self._aged(now)
        if not await self._database.read(lambda connection: any(_has(connection, each) for each in kinds)):
            return 0  # as nearly always: no transaction that writes is needed to see it
        return await self._database.write(lambda connection: sum(_delete(connection, each) for each in kinds))

    def _aged(self, now: datetime) -> tuple[_Aged, ...]:
        state, ended_at = webhook_event.c.state, webhook_event.c.due_at
        return (
            _Aged(previewed_trade, previewed_trade.c.created_at < now - PREVIEWS_KEPT),
            _Aged(login_link, login_link.c.created_at < now - LINKS_KEPT),
            _Aged(seen_request, seen_request.c.seen_at < now - self._signatures_kept),
            _Aged(
                webhook_event,
                IS_ENDED & (state == EventState.DELIVERED.value) & (ended_at < now - DELIVERED_KEPT),
            ),
            _Aged(webhook_event, IS_ENDED & (state == EventState.DEAD.value) & (ended_at < now - DEAD_KEPT)),
        )


def _has(connection: Connection, aged: _Aged) -> bool:
    return connection.execute(select(*aged.table.primary_key).where(aged.is_old).limit(1)).first() is not None


def _delete(connection: Connection, aged: _Aged) -> int:
    key = tuple(aged.table.primary_key)
    found = select(aged.table).where(aged.is_old).limit(BATCH_MAX).with_for_update(skip_locked=True)
    rows = connection.execute(found).mappings().all()
    if not rows:
        return 0
    if aged.table is webhook_event:
        told = webhook_attempt.c.event_id.in_([row["event_id"] for row in rows])
        connection.execute(delete(webhook_attempt).where(told))
    keys = [tuple(row[column.name] for column in key) for row in rows]
    connection.execute(delete(aged.table).where(tuple_(*key).in_(keys)))
    return len(rows)
