"""Connections and their accounts in SQL.

Every question carries its owner, so that a foreign id finds nothing.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Sql
from sqlalchemy import RowMapping, Select, Update, delete, insert, select, update

from nostro.domain.account import Account
from nostro.domain.connection import Connection, ConnectionType
from nostro.domain.event import ConnectionChange, ConnectionEvent
from nostro.domain.ids import AccountId, ClientId, ConnectionId, UserId
from nostro.storage.database import Database
from nostro.storage.outbox import add_connection_change
from nostro.storage.port import OwnedAccount, Owner
from nostro.storage.tables import IS_OPEN, account, cancel_intent, connection
from nostro.storage.vault import Vault

_BOTH = select(
    connection,
    account.c.account_id,
    account.c.number,
    account.c.name.label("account_name"),
    account.c.currency,
    account.c.is_paper,
    account.c.created_at.label("account_created_at"),
).join_from(connection, account)


class SqlConnections:
    """See `storage.port.Connections`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(self, new: Connection, credentials: dict[str, str], accounts: Sequence[Account]) -> None:
        row = {
            "connection_id": new.connection_id,
            "client_id": new.client_id,
            "user_id": new.user_id,
            "broker_slug": new.broker_slug,
            "name": new.name,
            "created_at": new.created_at,
            **self._renewable(new, credentials),
        }

        def work(sql: Sql) -> None:
            sql.execute(insert(connection), row)
            _add_accounts(sql, accounts)

        await self._database.write(work)

    async def renew(
        self, renewed: Connection, credentials: dict[str, str], new_accounts: Sequence[Account]
    ) -> None:
        change = (
            update(connection)
            .where(connection.c.connection_id == renewed.connection_id)
            .values(disabled_at=None, **self._renewable(renewed, credentials))
        )
        query = select(connection.c.disabled_at).where(connection.c.connection_id == renewed.connection_id)

        def work(sql: Sql) -> None:
            sql.execute(_hurry(renewed))
            was_disabled = sql.execute(query).scalar_one_or_none() is not None
            sql.execute(change)
            _add_accounts(sql, new_accounts)
            if was_disabled:
                _tell(sql, renewed, ConnectionChange.FIXED, renewed.updated_at)

        await self._database.write(work)

    def _renewable(self, each: Connection, credentials: dict[str, str]) -> dict[str, Any]:
        return {
            "type": each.type.value,
            "sealed_credentials": self._seal(each.connection_id, credentials),
            "generation": each.generation,
            "updated_at": each.updated_at,
        }

    async def list(self, owner: Owner) -> Sequence[Connection]:
        query = (
            select(connection).where(_of(owner)).order_by(connection.c.created_at, connection.c.connection_id)
        )
        rows = await self._database.read(lambda sql: sql.execute(query).mappings().all())
        return [_connection(row) for row in rows]

    async def get(self, owner: Owner, connection_id: ConnectionId) -> Connection | None:
        query = select(connection).where(_of(owner), connection.c.connection_id == connection_id)
        row = await self._database.read(lambda sql: sql.execute(query).mappings().first())
        return None if row is None else _connection(row)

    async def set_disabled(self, known: Connection, at: datetime) -> bool:
        change = (
            update(connection)
            .where(
                connection.c.connection_id == known.connection_id,
                connection.c.generation == known.generation,
                connection.c.disabled_at.is_(None),
            )
            .values(disabled_at=at, updated_at=at)
        )

        def work(sql: Sql) -> bool:
            is_changed = sql.execute(change).rowcount == 1
            if is_changed:
                _tell(sql, known, ConnectionChange.BROKEN, at)
            return is_changed

        return await self._database.write(work)

    async def touch(self, connection_id: ConnectionId, at: datetime) -> None:
        change = update(connection).where(connection.c.connection_id == connection_id).values(updated_at=at)
        await self._database.write(lambda sql: sql.execute(change).rowcount)

    async def delete(self, connection_id: ConnectionId) -> None:
        change = delete(connection).where(connection.c.connection_id == connection_id)
        await self._database.write(lambda sql: sql.execute(change).rowcount)

    async def credentials(self, connection_id: ConnectionId) -> Mapping[str, str] | None:
        query = _sealed(connection_id)
        sealed = await self._database.read(lambda sql: sql.execute(query).scalar_one_or_none())
        return None if sealed is None else self._open(connection_id, sealed)

    async def keep(
        self, connection_id: ConnectionId, held: Mapping[str, str], values: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        fresh = self._seal(connection_id, values)
        query = _sealed(connection_id)
        change = update(connection).where(connection.c.connection_id == connection_id)

        def work(sql: Sql) -> bytes | None:
            # Credentials are compared, not their seals: a key that was rotated seals the same ones anew.
            stored: bytes | None = sql.execute(query).scalar_one_or_none()
            if stored is None or self._open(connection_id, stored) != held:
                return stored
            sql.execute(
                change.where(connection.c.sealed_credentials == stored).values(sealed_credentials=fresh)
            )
            return sql.execute(query).scalar_one_or_none()

        stored = await self._database.write(work)
        return None if stored is None else self._open(connection_id, stored)

    def _seal(self, connection_id: ConnectionId, values: Mapping[str, str]) -> bytes:
        return self._vault.seal(json.dumps(dict(values)), seal_label(connection_id))

    def _open(self, connection_id: ConnectionId, sealed: bytes) -> dict[str, str]:
        opened: dict[str, str] = json.loads(self._vault.unseal(sealed, seal_label(connection_id)))
        return opened

    async def list_accounts(self, owner: Owner) -> Sequence[OwnedAccount]:
        query = _BOTH.where(_of(owner)).order_by(account.c.created_at, account.c.account_id)
        rows = await self._database.read(lambda sql: sql.execute(query).mappings().all())
        return [_owned(row) for row in rows]

    async def account(self, owner: Owner, account_id: AccountId) -> OwnedAccount | None:
        return await self._account(_BOTH.where(_of(owner), account.c.account_id == account_id))

    async def account_of_intent(self, account_id: AccountId) -> OwnedAccount | None:
        return await self._account(_BOTH.where(account.c.account_id == account_id))

    async def _account(self, query: Select[Any]) -> OwnedAccount | None:
        row = await self._database.read(lambda sql: sql.execute(query).mappings().first())
        return None if row is None else _owned(row)


def _add_accounts(sql: Sql, accounts: Sequence[Account]) -> None:
    for each in accounts:
        sql.execute(
            insert(account),
            {
                "account_id": each.account_id,
                "connection_id": each.connection_id,
                "number": each.number,
                "name": each.name,
                "currency": each.currency,
                "is_paper": int(each.is_paper),
                "created_at": each.created_at,
            },
        )


def _hurry(renewed: Connection) -> Update:
    """Let the open cancels of a connection be looked up now: while it was broken nobody could."""
    accounts = select(account.c.account_id).where(account.c.connection_id == renewed.connection_id)
    at = renewed.updated_at
    return (
        update(cancel_intent)
        .where(IS_OPEN, cancel_intent.c.account_id.in_(accounts), cancel_intent.c.next_look_at > at)
        .values(next_look_at=at)
    )


def _tell(sql: Sql, changed: Connection, change: ConnectionChange, at: datetime) -> None:
    event = ConnectionEvent(
        connection_id=changed.connection_id, change=change, generation=changed.generation, at=at
    )
    owner = Owner(client_id=changed.client_id, user_id=changed.user_id)
    add_connection_change(sql, owner, changed.broker_slug, event)


def _of(owner: Owner) -> Any:
    return (connection.c.client_id == owner.client_id) & (connection.c.user_id == owner.user_id)


def _sealed(connection_id: ConnectionId) -> Select[Any]:
    return select(connection.c.sealed_credentials).where(connection.c.connection_id == connection_id)


def seal_label(connection_id: ConnectionId) -> str:
    return f"connection/{connection_id}/credentials"


def _connection(row: RowMapping) -> Connection:
    return Connection(
        connection_id=ConnectionId(row["connection_id"]),
        client_id=ClientId(row["client_id"]),
        user_id=UserId(row["user_id"]),
        broker_slug=row["broker_slug"],
        name=row["name"],
        type=ConnectionType(row["type"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        disabled_at=row["disabled_at"],
        generation=row["generation"],
    )


def _owned(row: RowMapping) -> OwnedAccount:
    return OwnedAccount(
        account=Account(
            account_id=AccountId(row["account_id"]),
            connection_id=ConnectionId(row["connection_id"]),
            number=row["number"],
            name=row["account_name"],
            currency=row["currency"],
            is_paper=bool(row["is_paper"]),
            created_at=row["account_created_at"],
        ),
        connection=_connection(row),
    )
