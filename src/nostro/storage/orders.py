"""Which orders belong to which account, and the last look at each, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from nostro.domain.ids import AccountId, BrokerageOrderId
from nostro.domain.order import Order
from nostro.storage.database import Database
from nostro.storage.tables import known_order

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Order)

_IDS_PER_QUERY = 500


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


def find(connection: Connection, account_id: AccountId, order_id: BrokerageOrderId) -> Order | None:
    query = select(known_order.c.snapshot).where(
        known_order.c.account_id == account_id, known_order.c.brokerage_order_id == order_id
    )
    snapshot = connection.execute(query).scalar_one_or_none()
    return None if snapshot is None else decode_order(snapshot)


def save(connection: Connection, account_id: AccountId, orders: Sequence[Order], at: datetime) -> None:
    """Store the newest look at each order. A closed order stays as it is: nothing reopens it."""
    for order in orders:
        known = find(connection, account_id, order.brokerage_order_id)
        if known is not None and known.status.is_closed and not order.status.is_closed:
            continue
        row: dict[str, Any] = {
            "is_closed": int(order.status.is_closed),
            "snapshot": encode_order(order),
            "seen_at": at,
        }
        if known is None:
            row |= {"account_id": account_id, "brokerage_order_id": order.brokerage_order_id}
            connection.execute(insert(known_order), row)
        else:
            connection.execute(
                update(known_order)
                .where(
                    known_order.c.account_id == account_id,
                    known_order.c.brokerage_order_id == order.brokerage_order_id,
                )
                .values(**row)
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
