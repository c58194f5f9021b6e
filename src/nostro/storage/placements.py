"""Orders on their way to a brokerage, and previews that may become orders, in SQL."""

import itertools
import json
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Update, insert, select, update
from sqlalchemy.exc import IntegrityError

from nostro.domain.errors import StoreFailed
from nostro.domain.ids import AccountId, BrokerageOrderId, ClientOrderId
from nostro.domain.order import Order
from nostro.domain.place import NewOrder
from nostro.storage import orders, outbox
from nostro.storage.database import Database
from nostro.storage.port import MemberId, Members, PlaceIntent, PlaceState
from nostro.storage.tables import IS_SENT, place_intent, previewed_trade

_DOUBTS_MAX = 10_000

_new_order = msgspec.json.Decoder(NewOrder)


class SqlPlacements:
    """See `storage.port.Placements`."""

    def __init__(self, database: Database, members: Members) -> None:
        self._database = database
        self._members = members
        self._claims = itertools.count(1)
        self._in_doubt: deque[str] = deque(maxlen=_DOUBTS_MAX)
        """Claims whose commit was not heard of; none of them is ever sent."""

    async def claim(self, intent: PlaceIntent) -> tuple[PlaceIntent, bool]:
        me = self._members.me()
        claim = f"{me}/{next(self._claims)}"
        try:
            return await self._database.write(lambda connection: _claim(connection, intent, me, claim))
        except StoreFailed:
            self._in_doubt.append(claim)
            raise

    async def finish(self, intent: PlaceIntent, placed: Sequence[Order], at: datetime) -> None:
        def work(connection: Connection) -> None:
            connection.execute(update(place_intent).where(_is(intent)), _columns(intent))
            orders.save(connection, intent.account_id, placed, at)
            outbox.follow(connection, intent.account_id, intent.order_ids)

        await self._database.write(work)

    async def give_up_sent(self) -> None:
        await self._take_back()
        query = select(place_intent.c.owner).where(IS_SENT).distinct()
        owners = await self._database.read(lambda connection: connection.execute(query).scalars().all())
        for owner in owners:
            if owner is None or await self._members.is_gone(MemberId(owner)):
                change = update(place_intent).where(IS_SENT, place_intent.c.owner.is_not_distinct_from(owner))
                await self._change(change.values(state=PlaceState.UNKNOWN.value))

    async def _take_back(self) -> None:
        if not self._in_doubt:
            return
        query = select(place_intent.c.claim).where(IS_SENT, place_intent.c.claim.in_(self._in_doubt))
        for claim in await self._database.read(lambda connection: connection.execute(query).scalars().all()):
            change = update(place_intent).where(IS_SENT, place_intent.c.claim == claim)
            await self._change(change.values(state=PlaceState.NOT_SENT.value))
            self._in_doubt.remove(claim)

    async def _change(self, change: Update) -> None:
        await self._database.write(lambda connection: connection.execute(change).rowcount)


class SqlPreviews:
    """See `storage.port.Previews`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, trade_id: str, account_id: AccountId, order: NewOrder, at: datetime) -> None:
        row = {
            "trade_id": trade_id,
            "account_id": account_id,
            "new_order": msgspec.json.encode(order).decode(),
            "created_at": at,
        }
        await self._database.write(
            lambda connection: connection.execute(insert(previewed_trade), row).rowcount
        )

    async def get(self, trade_id: str) -> tuple[AccountId, NewOrder, datetime] | None:
        query = select(previewed_trade).where(previewed_trade.c.trade_id == trade_id)
        row = await self._database.read(lambda connection: connection.execute(query).mappings().first())
        if row is None:
            return None
        return AccountId(row["account_id"]), _new_order.decode(row["new_order"]), row["created_at"]


def _claim(connection: Connection, intent: PlaceIntent, me: MemberId, claim: str) -> tuple[PlaceIntent, bool]:
    query = select(place_intent).where(_is(intent)).with_for_update()
    columns = {**_columns(intent), "owner": me, "claim": claim}
    row = connection.execute(query).mappings().first()
    if row is None:
        key = {"account_id": intent.account_id, "client_order_id": intent.client_order_id}
        try:
            with connection.begin_nested():
                connection.execute(insert(place_intent), key | columns)
        except IntegrityError:  # another process was first, between our look and our insert
            row = connection.execute(query).mappings().first()
            if row is None:  # no: the account is gone
                raise
        else:
            return intent, True
    standing = _intent(row)
    if standing.state is PlaceState.NOT_SENT and standing.content_hash == intent.content_hash:
        connection.execute(update(place_intent).where(_is(intent)), columns)
        return intent, True
    return standing, False


def _is(intent: PlaceIntent) -> Any:
    return (place_intent.c.account_id == intent.account_id) & (
        place_intent.c.client_order_id == intent.client_order_id
    )


def _columns(intent: PlaceIntent) -> dict[str, Any]:
    return {
        "content_hash": intent.content_hash,
        "state": intent.state.value,
        "requested_at": intent.requested_at,
        "ended_at": intent.ended_at,
        "message": intent.message,
        "order_ids": json.dumps(intent.order_ids),
    }


def _intent(row: RowMapping) -> PlaceIntent:
    return PlaceIntent(
        account_id=AccountId(row["account_id"]),
        client_order_id=ClientOrderId(row["client_order_id"]),
        content_hash=row["content_hash"],
        state=PlaceState(row["state"]),
        requested_at=row["requested_at"],
        ended_at=row["ended_at"],
        message=row["message"],
        order_ids=tuple(BrokerageOrderId(order_id) for order_id in json.loads(row["order_ids"])),
    )
