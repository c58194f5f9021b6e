"""The outbox in SQL: what partners are told, written with the facts themselves, and how telling it went.

`add_end` and `add_change` run inside the transaction that makes the fact durable. An event's id follows from
its fact, so that one fact has one id, whoever writes it how often.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection, RowMapping, Select, bindparam, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from nostro.domain.event import ConnectionEvent, OrderEvent
from nostro.domain.ids import AccountId, BrokerageOrderId, ClientId, ConnectionId, UserId
from nostro.storage.database import Database
from nostro.storage.outbox_port import DeliveryAttempt, EventState, OutboxEvent, WebhookEndpoint
from nostro.storage.port import Owner
from nostro.storage.tables import (
    IS_ENDED,
    account,
    is_pending,
    known_order,
    webhook_attempt,
    webhook_endpoint,
    webhook_event,
)
from nostro.storage.tables import connection as connections
from nostro.storage.vault import Vault

_NAMESPACE = UUID("0d8f6c1e-54f7-5d0c-9a64-7b0f5d6a3c21")
_encoder = msgspec.json.Encoder()
_ORDER, _CONNECTION = "order", "connection"
_decoders: Mapping[str, msgspec.json.Decoder[OrderEvent | ConnectionEvent]] = {
    _ORDER: msgspec.json.Decoder(OrderEvent),
    _CONNECTION: msgspec.json.Decoder(ConnectionEvent),
}


def follow(connection: Connection, account_id: AccountId, order_ids: Sequence[BrokerageOrderId]) -> None:
    """Tell the changes of these known orders from now on."""
    for order_id in order_ids:
        connection.execute(
            update(known_order)
            .where(known_order.c.account_id == account_id, known_order.c.brokerage_order_id == order_id)
            .values(is_followed=1)
        )


def is_followed(connection: Connection, account_id: AccountId, order_id: BrokerageOrderId) -> bool:
    query = select(known_order.c.is_followed).where(
        known_order.c.account_id == account_id, known_order.c.brokerage_order_id == order_id
    )
    return bool(connection.execute(query).scalar_one_or_none())


def add_end(connection: Connection, owner: Owner, event: OrderEvent | None) -> None:
    """Keep the event of an intent's end, if it is one and its partner listens."""
    if event is not None and event.ended is not None:
        _add(connection, f"cancel/{event.ended.cancel_id}", owner, event)


def add_change(connection: Connection, event: OrderEvent | None, known_since: datetime) -> None:
    """Keep the event of an order's change, if it is one and its partner listens.

    `known_since` is when the last look before the change was stored: the same change at another time is
    another fact.
    """
    if event is None:
        return
    query = select(connections.c.client_id, connections.c.user_id).join_from(connections, account)
    row = connection.execute(query.where(account.c.account_id == event.account_id)).mappings().one()
    owner = Owner(client_id=ClientId(row["client_id"]), user_id=UserId(row["user_id"]))
    fact = f"order/{event.account_id}/{known_since.timestamp()}/{_encoder.encode(event).decode()}"
    _add(connection, fact, owner, event)


def add_connection_change(connection: Connection, owner: Owner, slug: str, event: ConnectionEvent) -> None:
    """Keep the event of a connection's change, if its partner listens."""
    about = {
        "kind": _CONNECTION,
        # What keeps events in their order: those of a connection are about no account and no order.
        "account_id": "",
        "brokerage_order_id": event.connection_id,
        "connection_id": event.connection_id,
        "broker_slug": slug,
    }
    fact = f"connection/{event.connection_id}/{event.generation}/{event.change}"
    _insert(connection, fact, owner, event, about)


def _add(connection: Connection, fact: str, owner: Owner, event: OrderEvent) -> None:
    query = select(connections.c.connection_id, connections.c.broker_slug).join_from(connections, account)
    home = connection.execute(query.where(account.c.account_id == event.account_id)).mappings().first()
    about: dict[str, Any] = {
        "kind": _ORDER,
        "account_id": event.account_id,
        "brokerage_order_id": event.brokerage_order_id,
        "connection_id": home and home["connection_id"],
        "broker_slug": home and home["broker_slug"],
    }
    _insert(connection, fact, owner, event, about)


def _insert(
    connection: Connection,
    fact: str,
    owner: Owner,
    event: OrderEvent | ConnectionEvent,
    about: Mapping[str, str | None],
) -> None:
    if connection.execute(select(exists(_listens(owner.client_id)))).scalar_one() == 0:
        return
    row = {
        **about,
        "event_id": str(uuid5(_NAMESPACE, fact)),
        "client_id": owner.client_id,
        "user_id": owner.user_id,
        "event": _encoder.encode(event).decode(),
        "created_at": event.at,
        "state": EventState.PENDING.value,
        "attempts": 0,
        "due_at": event.at,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(webhook_event), row)
    except IntegrityError:  # the fact is told already
        return


def _listens(client_id: Any) -> Any:
    return select(webhook_endpoint.c.client_id).where(
        webhook_endpoint.c.client_id == client_id, webhook_endpoint.c.is_on == 1
    )


class SqlEndpoints:
    """See `storage.outbox_port.Endpoints`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def get(self, client_id: ClientId) -> WebhookEndpoint | None:
        query = select(webhook_endpoint).where(webhook_endpoint.c.client_id == client_id)
        row = await self._database.read(lambda connection: connection.execute(query).mappings().first())
        if row is None:
            return None
        return WebhookEndpoint(
            client_id=client_id,
            url=row["url"],
            secret=self._vault.unseal(row["sealed_secret"], seal_label(client_id)),
            is_on=bool(row["is_on"]),
            updated_at=row["updated_at"],
        )

    async def put(self, endpoint: WebhookEndpoint) -> None:
        values = {
            "url": endpoint.url,
            "sealed_secret": self._vault.seal(endpoint.secret, seal_label(endpoint.client_id)),
            "is_on": int(endpoint.is_on),
            "updated_at": endpoint.updated_at,
        }
        mine = webhook_endpoint.c.client_id == endpoint.client_id

        def work(connection: Connection) -> None:
            if connection.execute(update(webhook_endpoint).where(mine).values(values)).rowcount == 0:
                connection.execute(insert(webhook_endpoint), {"client_id": endpoint.client_id, **values})

        await self._database.write(work)


def seal_label(client_id: ClientId) -> str:
    return f"webhook_endpoint/{client_id}/secret"


class SqlOutbox:
    """See `storage.outbox_port.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, now: datetime) -> Sequence[ClientId]:
        asked = {"now": now}
        return await self._database.read(
            lambda connection: [ClientId(each) for each in connection.execute(_waiting(), asked).scalars()]
        )

    async def claim(
        self, client_id: ClientId, now: datetime, until: datetime, limit: int
    ) -> Sequence[OutboxEvent]:
        asked = {"client_id": client_id, "now": now, "most": limit}

        def work(connection: Connection) -> list[OutboxEvent]:
            rows = connection.execute(_due(), asked).mappings().all()
            mine = webhook_event.c.sequence.in_([row["sequence"] for row in rows])
            claim = update(webhook_event).where(mine)
            connection.execute(claim.values(due_at=until, attempts=webhook_event.c.attempts + 1))
            return [_event({**row, "due_at": until, "attempts": row["attempts"] + 1}) for row in rows]

        return await self._database.write(work)

    async def record(
        self, claimed: OutboxEvent, attempt: DeliveryAttempt, state: EventState, due_at: datetime
    ) -> None:
        row = {
            "event_id": claimed.event_id,
            "at": attempt.at,
            "status": attempt.status,
            "error": attempt.error,
            "duration_ms": attempt.duration_ms,
        }
        change = (
            update(webhook_event)
            .where(
                webhook_event.c.event_id == claimed.event_id,
                webhook_event.c.state == EventState.PENDING.value,
                webhook_event.c.attempts == claimed.attempts,
            )
            .values(state=state.value, due_at=due_at)
        )

        def work(connection: Connection) -> None:
            connection.execute(insert(webhook_attempt), row)
            connection.execute(change)

        await self._database.write(work)

    async def counts(self) -> Mapping[EventState, int]:
        conditions = {
            EventState.PENDING: is_pending(webhook_event),
            EventState.DEAD: IS_ENDED & (webhook_event.c.state == EventState.DEAD.value),
        }
        return await self._database.read(
            lambda connection: {
                state: connection.execute(select(func.count()).where(condition)).scalar_one()
                for state, condition in conditions.items()
            }
        )

    async def list(self, state: EventState | None, limit: int) -> Sequence[OutboxEvent]:
        query = select(webhook_event).order_by(webhook_event.c.sequence.desc()).limit(limit)
        if state is not None:
            query = query.where(webhook_event.c.state == state.value)
        return await self._database.read(
            lambda connection: [_event(row) for row in connection.execute(query).mappings()]
        )

    async def attempts(self, event_id: str) -> Sequence[DeliveryAttempt] | None:
        known = select(webhook_event.c.sequence).where(webhook_event.c.event_id == event_id)
        query = (
            select(webhook_attempt)
            .where(webhook_attempt.c.event_id == event_id)
            .order_by(webhook_attempt.c.attempt_id)
        )

        def work(connection: Connection) -> list[DeliveryAttempt] | None:
            if connection.execute(known).first() is None:
                return None
            return [_attempt(row) for row in connection.execute(query).mappings()]

        return await self._database.read(work)

    async def replay(self, event_id: str | None, now: datetime) -> int:
        chosen = webhook_event.c.state == EventState.DEAD.value
        if event_id is not None:
            chosen = webhook_event.c.event_id == event_id
        change = (
            update(webhook_event).where(chosen).values(state=EventState.PENDING.value, attempts=0, due_at=now)
        )
        return await self._database.write(lambda connection: connection.execute(change).rowcount)


@cache
def _waiting() -> Select[Any]:
    """Whose events may be claimed. Made once, as `_due`: they are asked several times a second."""
    return select(webhook_event.c.client_id).where(_ready()).distinct()


@cache
def _due() -> Select[Any]:
    return (
        select(webhook_event)
        .where(webhook_event.c.client_id == bindparam("client_id"), _ready())
        .order_by(webhook_event.c.due_at, webhook_event.c.sequence)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=webhook_event)
    )


def _ready() -> Any:
    """Say what may be claimed: due, its partner listens, and no earlier event of its order is pending."""
    earlier = webhook_event.alias("earlier")
    waits = exists().where(
        earlier.c.account_id == webhook_event.c.account_id,
        earlier.c.brokerage_order_id == webhook_event.c.brokerage_order_id,
        is_pending(earlier),
        earlier.c.sequence < webhook_event.c.sequence,
    )
    is_due = is_pending(webhook_event) & (webhook_event.c.due_at <= bindparam("now"))
    return is_due & exists(_listens(webhook_event.c.client_id)) & ~waits


def _event(row: RowMapping | dict[str, Any]) -> OutboxEvent:
    connection_id = row["connection_id"]
    return OutboxEvent(
        event_id=row["event_id"],
        client_id=ClientId(row["client_id"]),
        user_id=UserId(row["user_id"]),
        connection_id=None if connection_id is None else ConnectionId(connection_id),
        broker_slug=row["broker_slug"],
        event=_decoders[row["kind"]].decode(row["event"]),
        state=EventState(row["state"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
    )


def _attempt(row: RowMapping) -> DeliveryAttempt:
    return DeliveryAttempt(
        at=row["at"], status=row["status"], error=row["error"], duration_ms=row["duration_ms"]
    )
