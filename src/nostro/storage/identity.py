"""Partner keys, users, login links and seen signatures in SQL. Secrets are sealed, or only hashed."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from nostro.domain.ids import ClientId, UserId
from nostro.storage.database import Database
from nostro.storage.port import LoginLink, Owner, PartnerKey
from nostro.storage.tables import api_user, cancel_intent, login_link, partner_key, seen_request
from nostro.storage.vault import Vault


class SqlKeys:
    """See `storage.port.Keys`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(self, key: PartnerKey) -> None:
        row = {
            "client_id": key.client_id,
            "name": key.name,
            "is_personal": int(key.is_personal),
            "sealed_consumer_key": self._vault.seal(key.consumer_key, seal_label(key.client_id)),
            "created_at": key.created_at,
        }
        await self._database.write(lambda connection: _insert(connection, insert(partner_key), row))

    async def get(self, client_id: ClientId) -> PartnerKey | None:
        query = select(partner_key).where(
            partner_key.c.client_id == client_id, partner_key.c.revoked_at.is_(None)
        )
        row = await self._database.read(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else self._key(row)

    async def list(self) -> Sequence[PartnerKey]:
        query = select(partner_key).order_by(partner_key.c.created_at, partner_key.c.client_id)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [self._key(row) for row in rows]

    async def revoke(self, client_id: ClientId, at: datetime) -> bool:
        change = (
            update(partner_key)
            .where(partner_key.c.client_id == client_id, partner_key.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return await self._database.write(lambda connection: connection.execute(change).rowcount == 1)

    def _key(self, row: RowMapping) -> PartnerKey:
        client_id = ClientId(row["client_id"])
        return PartnerKey(
            client_id=client_id,
            name=row["name"],
            is_personal=bool(row["is_personal"]),
            consumer_key=self._vault.unseal(row["sealed_consumer_key"], seal_label(client_id)),
            created_at=row["created_at"],
            revoked_at=row["revoked_at"],
        )


def seal_label(client_id: ClientId) -> str:
    return f"partner_key/{client_id}/consumer_key"


class SqlUsers:
    """See `storage.port.Users`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, owner: Owner, secret_hash: bytes, at: datetime) -> bool:
        row = {
            "client_id": owner.client_id,
            "user_id": owner.user_id,
            "secret_hash": secret_hash,
            "created_at": at,
        }
        return await self._database.write(lambda connection: _insert(connection, insert(api_user), row))

    async def secret_hash(self, owner: Owner) -> bytes | None:
        query = select(api_user.c.secret_hash).where(_is(owner))
        return await self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())

    async def rotate(self, owner: Owner, present_hash: bytes, new_hash: bytes) -> bool:
        change = (
            update(api_user)
            .where(_is(owner), api_user.c.secret_hash == present_hash)
            .values(secret_hash=new_hash)
        )
        return await self._database.write(lambda connection: connection.execute(change).rowcount == 1)

    async def list(self, client_id: ClientId) -> Sequence[UserId]:
        query = (
            select(api_user.c.user_id)
            .where(api_user.c.client_id == client_id)
            .order_by(api_user.c.created_at, api_user.c.user_id)
        )
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def delete(self, owner: Owner, at: datetime) -> bool:
        change = delete(api_user).where(_is(owner))
        # What was asked and proven stays on record, but a later user of the same name must not read it.
        disown = (
            update(cancel_intent)
            .where(cancel_intent.c.client_id == owner.client_id, cancel_intent.c.user_id == owner.user_id)
            .values(user_id=f"{owner.user_id} (deleted {at.isoformat()})")
        )

        def work(connection: Connection) -> bool:
            if connection.execute(change).rowcount != 1:
                return False
            connection.execute(disown)
            return True

        return await self._database.write(work)


def _is(owner: Owner) -> Any:
    return (api_user.c.client_id == owner.client_id) & (api_user.c.user_id == owner.user_id)


class SqlLoginLinks:
    """See `storage.port.LoginLinks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token_hash: bytes, link: LoginLink) -> None:
        row = {
            "token_hash": token_hash,
            "session_id": link.session_id,
            "client_id": link.owner.client_id,
            "user_id": link.owner.user_id,
            "options": json.dumps(link.options),
            "created_at": link.created_at,
        }
        await self._database.write(lambda connection: connection.execute(insert(login_link), row).rowcount)

    async def get(self, token_hash: bytes) -> LoginLink | None:
        query = select(login_link).where(login_link.c.token_hash == token_hash)
        row = await self._database.read(lambda connection: connection.execute(query).mappings().first())
        if row is None:
            return None
        return LoginLink(
            session_id=row["session_id"],
            owner=Owner(client_id=ClientId(row["client_id"]), user_id=UserId(row["user_id"])),
            options=json.loads(row["options"]),
            created_at=row["created_at"],
            used_at=row["used_at"],
        )

    async def use(self, token_hash: bytes, at: datetime) -> bool:
        change = (
            update(login_link)
            .where(login_link.c.token_hash == token_hash, login_link.c.used_at.is_(None))
            .values(used_at=at)
        )
        return await self._database.write(lambda connection: connection.execute(change).rowcount == 1)


class SqlSeenRequests:
    """See `storage.port.SeenRequests`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def method_of_first(
        self, client_id: ClientId, signature: str, method: str, at: datetime
    ) -> str | None:
        row = {"client_id": client_id, "signature": signature, "method": method, "seen_at": at}
        query = select(seen_request.c.method).where(
            seen_request.c.client_id == client_id, seen_request.c.signature == signature
        )

        def work(connection: Connection) -> str | None:
            if _insert(connection, insert(seen_request), row):
                return None
            method: str = connection.execute(query).scalar_one()
            return method

        return await self._database.write(work)


def _insert(connection: Connection, statement: Any, row: dict[str, Any]) -> bool:
    """Insert a row; False when one with its key exists."""
    try:
        with connection.begin_nested():
            connection.execute(statement, row)
    except IntegrityError:
        return False
    return True
