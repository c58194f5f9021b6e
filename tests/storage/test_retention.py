"""What would grow without end is forgotten at its age, and the audit trail never; on both engines."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects import sqlite

from nostro.domain.cancel import CancelState
from nostro.domain.ids import CancelId, ClientId
from nostro.storage import retention, tables
from nostro.storage.database import Database
from nostro.storage.identity import SqlSeenRequests
from nostro.storage.journal import SqlJournal
from nostro.storage.orders import SqlOrders
from nostro.storage.retention import BATCH_MAX, SqlRetention

from .conftest import Place, Run
from .scene import OWNER, T0, UNKNOWN, Crowd, furnish, order, replied, wish

SIGNATURES_KEPT = timedelta(minutes=6)
SECOND = timedelta(seconds=1)


def preview(at: datetime, number: int = 1) -> tuple[Any, dict[str, Any]]:
    row: dict[str, Any] = {
        "trade_id": f"t-{number}",
        "account_id": "a-1",
        "new_order": "{}",
        "created_at": at,
    }
    return tables.previewed_trade, row


def link(at: datetime) -> tuple[Any, dict[str, Any]]:
    row: dict[str, Any] = {
        "token_hash": b"t",
        "session_id": "s",
        "client_id": "P",
        "user_id": "u",
        "options": "{}",
    }
    return tables.login_link, row | {"created_at": at, "used_at": at}


def seen(at: datetime) -> tuple[Any, dict[str, Any]]:
    return tables.seen_request, {"client_id": "P", "signature": "s", "method": "GET", "seen_at": at}


def event(at: datetime, state: str) -> tuple[Any, dict[str, Any]]:
    row: dict[str, Any] = {
        "event_id": "e",
        "client_id": "P",
        "user_id": "u",
        "account_id": "a-1",
        "event": "{}",
    }
    row |= {"brokerage_order_id": "o-1", "attempts": 1, "created_at": at, "due_at": at, "state": state}
    return tables.webhook_event, row


KINDS: dict[str, tuple[Callable[[datetime], tuple[Any, dict[str, Any]]], timedelta]] = {
    "preview": (preview, retention.PREVIEWS_KEPT),
    "link": (link, retention.LINKS_KEPT),
    "signature": (seen, SIGNATURES_KEPT),
    "delivered event": (lambda at: event(at, "delivered"), retention.DELIVERED_KEPT),
    "dead event": (lambda at: event(at, "dead"), retention.DEAD_KEPT),
}


async def put(database: Database, table: Any, row: dict[str, Any]) -> None:
    await database.write(lambda connection: connection.execute(insert(table), row).rowcount)


async def count(database: Database, table: Any) -> int:
    query = select(func.count()).select_from(table)
    return await database.read(lambda connection: int(connection.execute(query).scalar_one()))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_kept_for_its_time_and_not_longer(run: Run[Any], kind: str) -> None:
    make, kept = KINDS[kind]

    async def work(database: Database) -> list[tuple[int, int]]:
        await furnish(database)
        table, row = make(T0)
        await put(database, table, row)
        prune = SqlRetention(database, SIGNATURES_KEPT).prune
        return [(await prune(at), await count(database, table)) for at in (T0 + kept, T0 + kept + SECOND)]

    assert run(work) == [(0, 1), (1, 0)]


def test_with_an_event_go_its_attempts(run: Run[Any]) -> None:
    async def work(database: Database) -> int:
        await put(database, *event(T0, "delivered"))
        attempt = {"event_id": "e", "at": T0, "status": 200, "error": "", "duration_ms": 1}
        await put(database, tables.webhook_attempt, attempt)
        await SqlRetention(database, SIGNATURES_KEPT).prune(T0 + timedelta(days=31))
        return await count(database, tables.webhook_attempt)

    assert run(work) == 0


def test_a_pending_event_is_kept_however_old_it_is(run: Run[Any]) -> None:
    async def work(database: Database) -> int:
        await put(database, *event(T0, "pending"))
        return await SqlRetention(database, SIGNATURES_KEPT).prune(T0 + timedelta(days=9999))

    assert run(work) == 0


def test_cancels_and_their_evidence_are_kept_for_ever(run: Run[Any]) -> None:
    async def work(database: Database) -> tuple[int, int]:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        await journal.apply(CancelId("c-1"), replied(UNKNOWN), T0)
        await SqlRetention(database, SIGNATURES_KEPT).prune(T0 + timedelta(days=9999))
        return await count(database, tables.cancel_intent), await count(database, tables.cancel_evidence)

    assert run(work) == (1, 1)


def test_two_processes_that_forget_at_once_forget_all_piece_by_piece(place: Place) -> None:
    total = BATCH_MAX + 100

    async def work() -> tuple[list[int], int]:
        async with place.opened() as one, place.opened() as two:
            await furnish(one.database)

            def fill(connection: Connection) -> None:
                rows = [preview(T0, number)[1] for number in range(total)]
                connection.execute(insert(tables.previewed_trade), rows)

            await one.database.write(fill)
            both = [SqlRetention(store.database, SIGNATURES_KEPT) for store in (one, two)]
            later = T0 + timedelta(days=1)
            pieces: list[int] = []
            while (piece := await asyncio.gather(*(each.prune(later) for each in both))) != [0, 0]:
                pieces += piece
            return pieces, await count(one.database, tables.previewed_trade)

    pieces, left = asyncio.run(work())
    assert (sum(pieces), left) == (total, 0)
    assert max(pieces) <= BATCH_MAX


def test_a_signature_is_remembered_until_it_is_forgotten(run: Run[Any]) -> None:
    async def work(database: Database) -> list[str | None]:
        requests = SqlSeenRequests(database)

        async def use(method: str) -> str | None:
            return await requests.method_of_first(ClientId("P"), "s", method, T0)

        first, second = await use("GET"), await use("POST")
        await SqlRetention(database, SIGNATURES_KEPT).prune(T0 + timedelta(hours=1))
        return [first, second, await use("POST")]

    assert run(work) == [None, "GET", None]


async def make_unknown(database: Database, cancel_id: str, later_s: int) -> SqlJournal:
    journal = SqlJournal(database, Crowd())
    await journal.claim(OWNER, wish(cancel_id, later_s=later_s))
    await journal.apply(CancelId(cancel_id), replied(UNKNOWN), T0)
    return journal


def test_an_overdue_cancel_is_given_out_once_over_all_processes(place: Place) -> None:
    async def work() -> list[list[str]]:
        async with place.opened() as one, place.opened() as two:
            await furnish(one.database)
            await make_unknown(one.database, "c-1", later_s=0)
            journals = [SqlJournal(store.database, Crowd()) for store in (one, two)]
            early = await journals[0].overdue(T0 - SECOND, T0)
            found = await asyncio.gather(*(journal.overdue(T0, T0) for journal in journals * 5))
            return [[intent.cancel_id for intent in each] for each in (early, *found) if each]

    assert asyncio.run(work()) == [["c-1"]]


def test_only_what_is_unknown_is_overdue(run: Run[Any]) -> None:
    async def work(database: Database) -> int:
        await furnish(database)
        await SqlJournal(database, Crowd()).claim(OWNER, wish("c-1"))
        return len(await SqlJournal(database, Crowd()).overdue(T0 + timedelta(days=1), T0))

    assert run(work) == 0


def test_the_counts_by_age_are_those_that_a_query_gives(run: Run[Any]) -> None:
    async def work(database: Database) -> tuple[Any, int]:
        await furnish(database)
        await SqlOrders(database).remember(wish("x").account_id, [order(order_id="o-2")], T0)
        journal = await make_unknown(database, "c-1", later_s=0)
        second = wish("c-2", "o-2", later_s=100)
        await journal.claim(OWNER, second)
        await journal.apply(CancelId("c-2"), replied(UNKNOWN), T0)
        times = [T0, T0 + timedelta(seconds=100), T0 - SECOND]
        intent = tables.cancel_intent
        query = select(func.count()).where(intent.c.state == "UNKNOWN", intent.c.requested_at <= T0)
        asked = await database.read(lambda connection: int(connection.execute(query).scalar_one()))
        return await journal.open_counts(times), asked

    [found], asked = run(work)
    assert (found.state, found.count, found.oldest_at) == (CancelState.UNKNOWN, 2, T0)
    assert found.older == (asked, 2, 0) == (1, 2, 0)


OPEN = {
    "cancels": (tables.cancel_intent, tables.IS_OPEN),
    "placements": (tables.place_intent, tables.IS_SENT),
    "events": (tables.webhook_event, tables.is_pending(tables.webhook_event)),
    "ended events": (tables.webhook_event, tables.IS_ENDED),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_is_still_open_is_found_without_reading_what_is_closed(tmp_path: Path, name: str) -> None:
    """SQLite says how it finds rows; what is kept for ever must be no part of it."""
    table, condition = OPEN[name]
    query = select(table).where(condition).compile(dialect=sqlite.dialect())

    def plan(connection: Connection) -> str:
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())

    async def work() -> str:
        async with Place(tmp_path, "").opened() as store:
            return await store.database.read(plan)

    assert f"USING INDEX ix_{table.name}" in asyncio.run(work())
