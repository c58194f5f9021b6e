"""Which orders belong to which account, and the last look at each, in SQL."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from nostro.domain.event import event_of_change
from nostro.domain.ids import AccountId, BrokerageOrderId
from nostro.domain.order import Order
from nostro.storage import outbox
from nostro.storage.database import Database
from nostro.storage.tables import account, known_order

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Order)

_IDS_PER_QUERY = 500
_INSERT: dict[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""SQLAlchemy's inserts that know ON CONFLICT, by the engine's name."""


class SqlOrders:
    """See `storage.port.Orders`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, account_id: AccountId, orders: Sequence[Order], at: datetime) -> None:
        changed = await self._database.read(lambda connection: _changed(connection, account_id, orders))
        if changed:  # most lists show what is known already, and cost no commit
            await self._database.write(lambda connection: save(connection, account_id, changed, at))

    async def get(self, account_id: AccountId, order_id: BrokerageOrderId) -> Order | None:
        return await self._database.read(lambda connection: find(connection, account_id, order_id))


def find(
    connection: Connection, account_id: AccountId, order_id: BrokerageOrderId, *, lock: bool = False
) -> Order | None:
    """Find the order; `lock` keeps all other transactions that ask so waiting until this one ends."""
    query = select(known_order.c.snapshot).where(
        known_order.c.account_id == account_id, known_order.c.brokerage_order_id == order_id
    )
    if lock:
        query = query.with_for_update()
    snapshot = connection.execute(query).scalar_one_or_none()
    return None if snapshot is None else decode_order(snapshot)


def save(
    connection: Connection,
    account_id: AccountId,
    orders: Sequence[Order],
    at: datetime,
    *,
    tells: bool = True,
) -> None:
    """Store the newest look at each order: looks overlap, and an older one may be heard last.

    What changed of an order that is followed goes to the outbox, where `tells`.
    """
    for order in sorted(orders, key=lambda each: each.brokerage_order_id):  # one order of locks for all
        query = select(known_order).where(
            known_order.c.account_id == account_id,
            known_order.c.brokerage_order_id == order.brokerage_order_id,
        )
        # Locked: what another process stores meanwhile must not be told as a change twice.
        stored = connection.execute(query.with_for_update()).mappings().first()
        if stored is None:
            if not _has_account(connection, account_id):
                return  # the connection was deleted meanwhile; what was asked of it is still told to the end
            _upsert(connection, account_id, order, at)
            if order.replaces is not None and outbox.is_followed(connection, account_id, order.replaces):
                outbox.follow(connection, account_id, [order.brokerage_order_id])
            continue
        known = decode_order(stored["snapshot"])
        if _is_older(order, known):
            continue
        if not order.route:  # not every reply says where the order is found
            order = replace(order, route=known.route)  # noqa: PLW2901 - from here on it is this one
        _upsert(connection, account_id, order, at)
        if tells and stored["is_followed"]:
            outbox.add_change(connection, event_of_change(account_id, known, order, at), stored["seen_at"])


def _is_older(seen: Order, known: Order) -> bool:
    """Compare two looks. Whatever their times: nothing reopens a closed order."""
    if seen.status.is_closed is not known.status.is_closed:
        return known.status.is_closed
    return seen.updated_at < known.updated_at


def _has_account(connection: Connection, account_id: AccountId) -> bool:
    query = select(account.c.account_id).where(account.c.account_id == account_id).with_for_update(read=True)
    return connection.execute(query).first() is not None


def _upsert(connection: Connection, account_id: AccountId, order: Order, at: datetime) -> None:
    insert = _INSERT[connection.dialect.name](known_order)
    look = {"is_closed": int(order.status.is_closed), "snapshot": encode_order(order), "seen_at": at}
    key = {"account_id": account_id, "brokerage_order_id": order.brokerage_order_id}
    connection.execute(
        insert.values(**key, **look).on_conflict_do_update(
            index_elements=list(key),
            set_=look,
            where=(known_order.c.is_closed == 0) | (insert.excluded.is_closed == 1),
        )
    )


def _changed(connection: Connection, account_id: AccountId, orders: Sequence[Order]) -> list[Order]:
    """Pick the orders that are not stored just as they are."""
    known: dict[str, str] = {}
    for first in range(0, len(orders), _IDS_PER_QUERY):
        ids = [order.brokerage_order_id for order in orders[first : first + _IDS_PER_QUERY]]
        query = select(known_order.c.brokerage_order_id, known_order.c.snapshot).where(
            known_order.c.account_id == account_id, known_order.c.brokerage_order_id.in_(ids)
        )
        known.update((order_id, snapshot) for order_id, snapshot in connection.execute(query))
    return [order for order in orders if known.get(order.brokerage_order_id) != encode_order(order)]


def encode_order(order: Order) -> str:
    return _encoder.encode(order).decode()


def decode_order(snapshot: str) -> Order:
    return _decoder.decode(snapshot)
