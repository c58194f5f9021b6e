"""Open, refresh, disable and delete connections, and find what belongs to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nostro.brokers.registry import BrokerKind, Registry
from nostro.brokers.ties import LooseSecrets, loose
from nostro.connections.sessions import Sessions
from nostro.domain.account import Account
from nostro.domain.connection import Connection, ConnectionType
from nostro.domain.errors import (
    ConnectionAlreadyDisabled,
    ConnectionDisabled,
    InvalidRequest,
    NotFound,
    ReadFailed,
)
from nostro.domain.ids import AccountId, ConnectionId, is_uuid
from nostro.ports import Clock, Ids
from nostro.storage.port import Connections, OwnedAccount, Owner


class ConnectionDesk:
    def __init__(
        self, *, connections: Connections, registry: Registry, sessions: Sessions, clock: Clock, ids: Ids
    ) -> None:
        self._connections = connections
        self._registry = registry
        self._sessions = sessions
        self._clock = clock
        self._ids = ids

    async def connect(
        self,
        owner: Owner,
        slug: str,
        credentials: Mapping[str, str],
        type_: ConnectionType,
        account_ids: Mapping[str, AccountId] | None = None,
    ) -> Connection:
        """Check the credentials by listing the accounts, then store all of it, credentials sealed.

        Where the brokerage can open an account by itself, no credentials at all open one. `account_ids` fixes
        nostro's ids for account numbers, for a sandbox with well-known ids. Raises InvalidRequest with a
        sentence for the user when the brokerage is unknown, a field is empty, or the brokerage does not
        accept the credentials.
        """
        kind = self._registry.find(slug)
        if kind is None:
            raise InvalidRequest(f"This server has no brokerage {slug!r}.")
        credentials = _complete(kind, credentials)
        secrets = LooseSecrets(credentials)
        try:
            found = await self._registry.open(kind, credentials, loose(secrets)).list_accounts()
        except ReadFailed as error:
            raise InvalidRequest(f"{kind.spec.name} did not accept these credentials: {error}") from error
        now = self._clock.now()
        theirs = {each.account.number: each for each in await self.accounts(owner) if _is_at(each, slug)}
        again = next((theirs[each.number].connection for each in found if each.number in theirs), None)
        connection = Connection(
            connection_id=ConnectionId(self._ids.uuid()) if again is None else again.connection_id,
            client_id=owner.client_id,
            user_id=owner.user_id,
            broker_slug=slug,
            name=f"Connection to {kind.spec.name}",
            type=type_,
            created_at=now if again is None else again.created_at,
            updated_at=now,
            generation=1 if again is None else again.generation + 1,
        )
        accounts = [
            Account(
                account_id=(account_ids or {}).get(each.number) or AccountId(self._ids.uuid()),
                connection_id=connection.connection_id,
                number=each.number,
                name=each.name,
                currency=each.currency,
                is_paper=each.is_paper,
                created_at=now,
            )
            for each in found
            if each.number not in theirs
        ]
        if again is None:
            await self._connections.add(connection, dict(secrets.held), accounts)
        else:
            await self._connections.renew(connection, dict(secrets.held), accounts)
            self._sessions.forget(connection.connection_id)
        return connection

    async def list(self, owner: Owner) -> Sequence[Connection]:
        return await self._connections.list(owner)

    async def get(self, owner: Owner, connection_id: str) -> Connection:
        """Find one; raises NotFound alike for an unknown and for a foreign id."""
        found = (
            await self._connections.get(owner, ConnectionId(connection_id.lower()))
            if is_uuid(connection_id)
            else None
        )
        if found is None:
            raise NotFound
        return found

    async def refresh(self, owner: Owner, connection_id: str) -> Connection:
        """Note that fresh data was asked for: reads are live, so there is nothing to fetch ahead of them."""
        connection = await self.get(owner, connection_id)
        if connection.disabled_at is not None:
            raise ConnectionDisabled
        now = self._clock.now()
        await self._connections.touch(connection.connection_id, now)
        return replace(connection, updated_at=now)

    async def disable(self, owner: Owner, connection_id: str) -> None:
        """Stop using the credentials; raises ConnectionAlreadyDisabled."""
        connection = await self.get(owner, connection_id)
        if connection.disabled_at is not None:
            raise ConnectionAlreadyDisabled
        if not await self._connections.set_disabled(connection, self._clock.now()):
            raise ConnectionAlreadyDisabled
        self._sessions.forget(connection.connection_id)

    async def delete(self, owner: Owner, connection_id: str) -> None:
        """Forget the connection, its credentials and its accounts."""
        connection = await self.get(owner, connection_id)
        await self._connections.delete(connection.connection_id)
        self._sessions.forget(connection.connection_id)

    async def accounts(self, owner: Owner) -> Sequence[OwnedAccount]:
        return await self._connections.list_accounts(owner)

    async def account(self, owner: Owner, account_id: str) -> OwnedAccount:
        """Find one; raises NotFound alike for an unknown and for a foreign id."""
        found = (
            await self._connections.account(owner, AccountId(account_id.lower()))
            if is_uuid(account_id)
            else None
        )
        if found is None:
            raise NotFound
        return found


def _complete(kind: BrokerKind, given: Mapping[str, str]) -> dict[str, str]:
    """Take the fields that the brokerage asks for, and nothing else; raises InvalidRequest."""
    fields = {each.name: given.get(each.name, "").strip() for each in kind.spec.credentials}
    if kind.open_account is not None and not any(fields.values()):
        return kind.open_account()
    missing = [each.label for each in kind.spec.credentials if not fields[each.name]]
    if missing:
        raise InvalidRequest(f"Please fill in: {', '.join(missing)}.")
    return fields


def _is_at(each: OwnedAccount, slug: str) -> bool:
    return each.connection.broker_slug == slug
