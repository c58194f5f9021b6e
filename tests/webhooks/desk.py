"""One partner, one account and its orders in a real database, and a clock that only the test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from nostro.domain.account import Account
from nostro.domain.cancel import CancelIntent, CancelOutcome, Looked, OrderFound, Replied
from nostro.domain.connection import Connection, ConnectionType
from nostro.domain.event import OrderEvent
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId, ClientId, ConnectionId, UserId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.ports import SystemIds, Tasks
from nostro.storage.connections import SqlConnections
from nostro.storage.identity import SqlKeys, SqlUsers
from nostro.storage.journal import SqlJournal
from nostro.storage.open import open_store
from nostro.storage.orders import SqlOrders
from nostro.storage.outbox import SqlEndpoints, SqlOutbox
from nostro.storage.outbox_port import OutboxEvent, WebhookEndpoint
from nostro.storage.placements import SqlPlacements
from nostro.storage.port import Owner, PartnerKey

T0 = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CONSUMER_KEY = "k" * 48
SECRET = "whsec_" + "c2VjcmV0" * 5
ACCOUNT = AccountId("917c8734-8470-4a3e-a18f-57c3f2ee6631")
CONNECTION = ConnectionId("6bb1a0b0-b8c8-4b59-8bf9-7841d7a89c63")
OWNER = Owner(client_id=ClientId("PARTNER"), user_id=UserId("u"))


class VirtualClock:
    """Stands still, but for whoever sleeps: then `between` is awaited, and time jumps at least `step_s`."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.elapsed_s = 0.0
        self.step_s = step_s
        self.between: Callable[[], Coroutine[Any, Any, None]] | None = None

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s

    async def sleep(self, delay_s: float) -> None:
        if self.between is not None:
            await self.between()
        self.elapsed_s += max(delay_s, self.step_s)
        await asyncio.sleep(0)


def order(order_id: str = "o-1", status: OrderStatus = OrderStatus.NEW, **terms: Any) -> Order:
    values: dict[str, Any] = {
        "brokerage_order_id": BrokerageOrderId(order_id),
        "status": status,
        "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "legs": (
            Leg(
                instrument=Instrument(symbol="AAPL", asset_class=AssetClass.STOCK, exchange_mic="XNAS"),
                side=Side.BUY,
            ),
        ),
        "quantity": Decimal(10),
        "limit_price": Decimal("19.2"),
        "placed_at": T0,
        "updated_at": T0,
    }
    return Order(**(values | terms))


@dataclass
class Desk:
    """The stores of one process on the database."""

    keys: SqlKeys
    endpoints: SqlEndpoints
    outbox: SqlOutbox
    journal: SqlJournal
    orders: SqlOrders
    placements: SqlPlacements
    connections: SqlConnections
    clock: VirtualClock
    tasks: Tasks

    async def listen(self, url: str = "https://hooks.example.com/", *, is_on: bool = True) -> None:
        await self.endpoints.put(
            WebhookEndpoint(
                client_id=OWNER.client_id, url=url, secret=SECRET, is_on=is_on, updated_at=self.clock.now()
            )
        )

    async def join(self, client_id: str) -> Owner:
        """Make one more partner that listens. Which account its cancels are of does not matter here."""
        partner = ClientId(client_id)
        await self.keys.add(
            PartnerKey(
                client_id=partner, name="", is_personal=False, consumer_key=CONSUMER_KEY, created_at=T0
            )
        )
        await self.endpoints.put(
            WebhookEndpoint(
                client_id=partner,
                url=f"https://{client_id}.example.com/".lower(),
                secret=SECRET,
                is_on=True,
                updated_at=T0,
            )
        )
        return Owner(client_id=partner, user_id=OWNER.user_id)

    async def see(self, *orders: Order) -> None:
        """Look at the account, as a list does."""
        await self.orders.remember(ACCOUNT, orders, self.clock.now())

    async def ask(self, cancel_id: str, order_id: str = "o-1", owner: Owner = OWNER) -> CancelIntent:
        """Make a cancel intent for a known order."""
        wish = CancelIntent(
            cancel_id=CancelId(cancel_id),
            account_id=ACCOUNT,
            brokerage_order_id=BrokerageOrderId(order_id),
            requested_at=self.clock.now(),
        )
        claim = await self.journal.claim(owner, wish)
        assert claim is not None
        assert claim.is_mine
        return claim.intent

    async def answer(self, cancel_id: str, outcome: CancelOutcome) -> CancelIntent:
        now = self.clock.now()
        replied = Replied(outcome=outcome, sent_at=now, ended_at=now, settles_s=None)
        return await self.journal.apply(CancelId(cancel_id), replied, now)

    async def look(self, cancel_id: str, seen: Order) -> CancelIntent:
        now = self.clock.now()
        known = await self.journal.get(CancelId(cancel_id))
        assert known is not None
        looked = Looked(look=OrderFound(order=seen), known=known, started_at=now, ended_at=now)
        return await self.journal.apply(CancelId(cancel_id), looked, now)

    async def told(self) -> list[OutboxEvent]:
        """All events, oldest first."""
        return list(reversed(await self.outbox.list(None, 1000)))


@asynccontextmanager
async def opened(data: Path, url: str = "", *, is_first: bool = True) -> AsyncIterator[Desk]:
    """Open the database as one process; the first one puts partner, user, connection and account in it."""
    ids = SystemIds()
    store = await open_store(data, url, ids)
    database, vault = store.database, store.vault
    try:
        await store.members.enter()
        desk = Desk(
            keys=SqlKeys(database, vault),
            endpoints=SqlEndpoints(database, vault),
            outbox=SqlOutbox(database),
            journal=SqlJournal(database, store.members),
            orders=SqlOrders(database),
            placements=SqlPlacements(database, store.members),
            connections=SqlConnections(database, vault),
            clock=VirtualClock(),
            tasks=Tasks(),
        )
        if is_first:
            await _furnish(desk, SqlUsers(database))
        yield desk
        await desk.tasks.drain(5.0)
    finally:
        await store.members.leave()
        await database.close()


async def _furnish(desk: Desk, users: SqlUsers) -> None:
    await desk.keys.add(
        PartnerKey(
            client_id=OWNER.client_id, name="", is_personal=False, consumer_key=CONSUMER_KEY, created_at=T0
        )
    )
    await users.add(OWNER, b"hash", T0)
    connection = Connection(
        connection_id=CONNECTION,
        client_id=OWNER.client_id,
        user_id=OWNER.user_id,
        broker_slug="PAPER",
        name="",
        type=ConnectionType.TRADE,
        created_at=T0,
        updated_at=T0,
    )
    account = Account(
        account_id=ACCOUNT,
        connection_id=CONNECTION,
        number="1",
        name="",
        currency="USD",
        is_paper=True,
        created_at=T0,
    )
    await desk.connections.add(connection, {"api_key": "x"}, [account])


def of_order(told: OutboxEvent) -> OrderEvent:
    """Give the event as the one about an order that it must be."""
    assert isinstance(told.event, OrderEvent)
    return told.event
