"""A database of the first release, with data in every table, comes forward whole, on each engine."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import nostro.storage
from nostro.domain.cancel import CancelState, UnknownCause
from nostro.domain.errors import StoreFailed
from nostro.domain.ids import CancelId
from nostro.ports import halt
from nostro.storage.database import Database
from nostro.storage.journal import SqlJournal
from nostro.storage.orders import encode_order
from nostro.storage.postgres import PostgresDatabase
from nostro.storage.schema import HEAD, current_revision, upgrade
from nostro.storage.sqlite import SqliteDatabase

from .conftest import ENGINES
from .postgres import PostgresServer
from .scene import OWNER, Crowd, order, wish

MIGRATIONS = Path(nostro.storage.__file__).parent / "migrations"
SECOND = 1_000_000

Row = dict[str, Any]


def snapshot(order_id: str) -> str:
    return encode_order(order(order_id=order_id))


def intent(cancel_id: str, state: str, order_id: str, **known: Any) -> Row:
    row = dict.fromkeys(("sent_at", "ended_at", "settled_at", "resolved_at", "reason", "cause", "raw"))
    row |= {"cancel_id": cancel_id, "client_id": "P", "user_id": "u", "account_id": "a-1", "looks": 3}
    row |= {"brokerage_order_id": order_id, "state": state, "requested_at": SECOND, "message": "said"}
    return row | {"order_snapshot": snapshot(order_id), "next_look_at": 5 * SECOND} | known


FIRST_RELEASE: dict[str, Sequence[Row]] = {
    "partner_key": [
        {"client_id": "P", "name": "n", "is_personal": 0, "sealed_consumer_key": b"k", "created_at": 1},
    ],
    "seen_request": [{"client_id": "P", "signature": "s", "method": "GET", "seen_at": 1}],
    "api_user": [{"client_id": "P", "user_id": "u", "secret_hash": b"h", "created_at": 1}],
    "connection": [
        {"connection_id": "k", "client_id": "P", "user_id": "u", "broker_slug": "PAPER", "name": ""}
        | {"type": "trade", "sealed_credentials": b"c", "created_at": 1, "updated_at": 1},
    ],
    "login_link": [
        {"token_hash": b"t", "session_id": "i", "client_id": "P", "user_id": "u", "options": "{}"}
        | {"created_at": 1},
    ],
    "account": [
        {"account_id": "a-1", "connection_id": "k", "number": "1", "name": "", "currency": "USD"}
        | {"is_paper": 1, "created_at": 1},
    ],
    "known_order": [
        {"account_id": "a-1", "brokerage_order_id": each, "is_closed": 0, "snapshot": snapshot(each)}
        | {"seen_at": 1}
        for each in ("in-flight", "doubtful", "acked", "done", "placed", "listed", "pl")
    ],
    "place_intent": [
        {"account_id": "a-1", "client_order_id": "x", "content_hash": b"h", "state": "PLACED", "message": ""}
        | {"requested_at": 1, "order_ids": json.dumps(["other", "placed"])},
    ],
    "previewed_trade": [{"trade_id": "t", "account_id": "a-1", "new_order": "{}", "created_at": 1}],
    "cancel_intent": [
        intent("c-1", "INTENT", "in-flight"),
        intent(
            "c-2",
            "UNKNOWN",
            "doubtful",
            sent_at=2 * SECOND,
            ended_at=3 * SECOND,
            settled_at=4 * SECOND + SECOND // 2,
            cause="timeout",
        ),
        intent("c-3", "ACKED", "acked", sent_at=2 * SECOND, ended_at=3 * SECOND),
        intent("c-4", "CONFIRMED", "done", resolved_at=3 * SECOND, next_look_at=None, raw='{"a": 1}'),
    ],
    "cancel_evidence": [
        {"evidence_id": 1, "cancel_id": "c-2", "at": 3, "kind": "reply", "state": "UNKNOWN", "detail": "{}"},
    ],
}


@pytest.fixture(params=ENGINES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Database]:
    """Open an empty database of its own, as often as it is called."""
    if request.param == "sqlite":
        return lambda: SqliteDatabase(tmp_path / "nostro.db", halt)
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database(is_empty=True)
    return lambda: PostgresDatabase(url)


def fill(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    for name, rows in FIRST_RELEASE.items():
        table = sa.table(name, *(sa.column(each) for each in rows[0]))
        connection.execute(sa.insert(table), list(rows))


async def brought_forward(opened: Callable[[], Database]) -> Database:
    old = opened()
    await old.write(fill)
    await old.close()
    database = opened()
    await database.write(upgrade)
    assert await database.read(current_revision) == HEAD
    return database


def test_no_row_and_no_word_of_it_is_lost(opened: Callable[[], Database]) -> None:
    gone = {("cancel_intent", "settled_at")}

    def read(connection: Connection) -> dict[str, list[Row]]:
        found = {}
        for name, rows in FIRST_RELEASE.items():
            columns = [each for each in rows[0] if (name, each) not in gone]
            query: Any = sa.select(*map(sa.column, columns)).select_from(sa.table(name))
            found[name] = [dict(row) for row in connection.execute(query).mappings()]
        return found

    async def work() -> dict[str, list[Row]]:
        database = await brought_forward(opened)
        try:
            return await database.read(read)
        finally:
            await database.close()

    found = asyncio.run(work())
    for name, rows in FIRST_RELEASE.items():
        kept = [{key: each[key] for key in each if (name, key) not in gone} for each in rows]
        assert sorted(found[name], key=str) == sorted(kept, key=str)


def test_open_cancels_go_on_where_they_stood(opened: Callable[[], Database]) -> None:
    async def work() -> None:
        database = await brought_forward(opened)
        journal = SqlJournal(database, Crowd())
        in_flight, doubtful, acked, done = [
            await journal.get(CancelId(cancel_id)) for cancel_id in ("c-1", "c-2", "c-3", "c-4")
        ]
        assert in_flight is not None
        assert [each.cancel_id for each in await journal.abandoned()] == ["c-1"]
        assert doubtful is not None
        assert (doubtful.state, doubtful.cause, doubtful.settles_s) == (
            CancelState.UNKNOWN,
            UnknownCause.TIMEOUT,
            1.5,
        )
        assert acked is not None
        assert (acked.state, acked.settles_s) == (CancelState.ACKED, None)
        assert done is not None
        assert (done.state, done.raw) == (CancelState.CONFIRMED, {"a": 1})
        for order_id, cancel_id in (("doubtful", "c-2"), ("done", "c-4")):
            claim = await journal.claim(OWNER, wish("c-9", order_id))
            assert claim is not None
            assert (claim.is_mine, claim.intent.cancel_id) == (False, cancel_id)
        assert await journal.receipt(OWNER, CancelId("c-2")) is not None
        await database.close()

    asyncio.run(work())


def test_two_open_cancels_of_one_order_are_still_impossible(opened: Callable[[], Database]) -> None:
    twin = intent("c-5", "ACKED", "doubtful")
    del twin["settled_at"]

    async def work() -> None:
        database = await brought_forward(opened)
        table = sa.table("cancel_intent", *(sa.column(each) for each in twin))
        with pytest.raises(StoreFailed) as failed:
            await database.write(lambda connection: connection.execute(sa.insert(table), twin).rowcount)
        assert isinstance(failed.value.__cause__, sa.exc.IntegrityError)
        await database.close()

    asyncio.run(work())


def test_what_was_placed_or_cancelled_before_webhooks_is_followed_after(
    opened: Callable[[], Database],
) -> None:
    followed = sa.text("SELECT brokerage_order_id FROM known_order WHERE is_followed = 1")

    async def work() -> set[str]:
        database = await brought_forward(opened)
        try:
            return await database.read(lambda connection: set(connection.execute(followed).scalars()))
        finally:
            await database.close()

    assert asyncio.run(work()) == {"in-flight", "doubtful", "acked", "done", "placed"}
