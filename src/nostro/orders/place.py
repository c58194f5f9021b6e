"""Place one order or one group, at most once per client order id.

    1. transaction 1: the client order id is taken, with a hash of what was asked. A second use of it with the
       same content gets the first one's orders; with other content it is refused.
    2. one request to the brokerage; no transaction open.
    3. transaction 2: what came of it, and the orders as the brokerage named them.

A placement whose outcome is unknown is never sent again: a repeat looks for it by its client order id.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import structlog

from nostro.brokers.port import Broker
from nostro.connections.sessions import Sessions
from nostro.domain.cancel import CancelUnknown, NotSent, NotSentCause, OrderFound, UnknownCause
from nostro.domain.errors import (
    BrokerageUnreachable,
    ClientOrderIdReused,
    OrderNotTaken,
    OrderRefused,
    PlaceUnknown,
    ReadFailed,
    StoreFailed,
    not_sent,
)
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import Order
from nostro.domain.place import NewGroup, NewOrder, Placed, PlaceOutcome, PlaceRejected
from nostro.ports import Clock, Tasks
from nostro.storage.port import CLAIM_VALID_S, Orders, OwnedAccount, PlaceIntent, Placements, PlaceState

JOIN_WAIT_S = 6.0
"""How long a repeat waits for the first one's request. What it looks up then must still be in time."""

_JOIN_POLL_S = 0.05

RECORD_RETRY_S = 0.5
"""An outcome that the database does not take is kept in memory and offered again this often."""

log = structlog.get_logger()


class PlaceOrders:
    def __init__(
        self,
        *,
        placements: Placements,
        orders: Orders,
        sessions: Sessions,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._placements = placements
        self._orders = orders
        self._sessions = sessions
        self._clock = clock
        self._tasks = tasks

    async def __call__(self, target: OwnedAccount, wanted: NewOrder | NewGroup) -> Sequence[Order]:
        """Place it and return its orders as the brokerage shows them (of a group: the trigger first).

        Raises:
            ConnectionDisabled, ConnectionReadOnly, OrderNotTaken, ClientOrderIdReused: refused, nothing was
                sent.
            BrokerageUnreachable, StoreFailed: not possible now, nothing was sent.
            OrderRefused: the brokerage said no; there is no order.
            PlaceUnknown: sent, and nobody knows; a repeat with the same client order id finds out.
        """
        broker = await self._sessions.trading(target.connection)
        objection = broker.spec.capabilities.objection(wanted)
        if objection is not None:
            message = f"{broker.spec.name} takes no {objection}. Nothing was sent."
            raise OrderNotTaken(message)
        # In a task of its own: whoever claims must send and record, though its caller hangs up.
        placed = self._tasks.start(self._claim_and_send(broker, target, wanted), name="place")
        return await asyncio.shield(placed)

    async def _claim_and_send(
        self, broker: Broker, target: OwnedAccount, wanted: NewOrder | NewGroup
    ) -> Sequence[Order]:
        wish = PlaceIntent(
            account_id=target.account.account_id,
            client_order_id=wanted.client_order_id,
            content_hash=hashlib.sha256(msgspec.json.encode(wanted)).digest(),
            state=PlaceState.SENT,
            requested_at=self._clock.now(),
        )
        begin_by_s = self._clock.monotonic() + CLAIM_VALID_S
        intent, is_mine = await self._placements.claim(wish)
        if intent.content_hash != wish.content_hash:
            raise ClientOrderIdReused
        if is_mine:
            return await self._send(broker, target, wanted, intent, begin_by_s)
        return await self._join(broker, target, wish, intent)

    async def _send(
        self,
        broker: Broker,
        target: OwnedAccount,
        wanted: NewOrder | NewGroup,
        intent: PlaceIntent,
        begin_by_s: float,
    ) -> Sequence[Order]:
        outcome: PlaceOutcome
        if self._clock.monotonic() > begin_by_s:
            outcome = NotSent(cause=NotSentCause.REFUSED_LOCALLY, message="this server stood still")
        else:
            outcome = await self._ask(broker, target.account.number, wanted)
        match outcome:
            case Placed(orders=orders):
                ids = tuple(order.brokerage_order_id for order in orders)
                await self._finish(intent, PlaceState.PLACED, orders=orders, order_ids=ids)
                return orders
            case PlaceRejected(message=message):
                await self._finish(intent, PlaceState.REJECTED, message=message)
                raise OrderRefused(message)
            case CancelUnknown(message=message):
                await self._finish(intent, PlaceState.UNKNOWN, message=message)
                raise PlaceUnknown
            case NotSent(cause=cause, message=message):
                await self._finish(intent, PlaceState.NOT_SENT, message=message)
                raise not_sent(cause, message)

    async def _ask(self, broker: Broker, number: str, wanted: NewOrder | NewGroup) -> PlaceOutcome:
        try:
            if isinstance(wanted, NewGroup):
                return await broker.place_group(number, wanted)
            return await broker.place_order(number, wanted)
        except Exception:  # the adapter has a bug: whatever it sent, it sent
            log.exception("adapter_failed", broker=broker.spec.slug)
            return CancelUnknown(cause=UnknownCause.ADAPTER_FAILED, message="internal error after sending")

    async def _finish(
        self,
        intent: PlaceIntent,
        state: PlaceState,
        *,
        message: str = "",
        orders: Sequence[Order] = (),
        order_ids: tuple[BrokerageOrderId, ...] = (),
    ) -> None:
        now = self._clock.now()
        ended = replace(intent, state=state, message=message, order_ids=order_ids, ended_at=now)
        try:
            await self._placements.finish(ended, orders, now)
        except StoreFailed as error:  # it may have left, and a repeat must find out
            self._tasks.start(self._offer_again(ended, orders), name="record a placement")
            raise PlaceUnknown from error

    async def _offer_again(self, ended: PlaceIntent, orders: Sequence[Order]) -> None:
        """Keep what became of it in memory until the database takes it: nobody else will ever know."""
        while True:
            await self._clock.sleep(RECORD_RETRY_S)
            try:
                await self._placements.finish(ended, orders, self._clock.now())
            except StoreFailed:
                log.exception("placement_not_recorded", client_order_id=ended.client_order_id)
            else:
                return

    async def _join(
        self, broker: Broker, target: OwnedAccount, wish: PlaceIntent, intent: PlaceIntent
    ) -> Sequence[Order]:
        """Give a repeat the answer of the first."""
        deadline = self._clock.monotonic() + JOIN_WAIT_S
        while intent.state is PlaceState.SENT and self._clock.monotonic() < deadline:
            await self._clock.sleep(_JOIN_POLL_S)
            intent, is_mine = await self._placements.claim(wish)
            if is_mine:  # the first was not sent after all, and this claim took its place
                await self._finish(intent, PlaceState.NOT_SENT)
                raise BrokerageUnreachable
        match intent.state:
            case PlaceState.PLACED:
                return await self._placed(target, intent.order_ids)
            case PlaceState.REJECTED:
                raise OrderRefused(intent.message)
            case PlaceState.NOT_SENT:
                raise BrokerageUnreachable
            case PlaceState.SENT | PlaceState.UNKNOWN:
                return await self._find(broker, target, intent)

    async def _placed(self, target: OwnedAccount, order_ids: Sequence[BrokerageOrderId]) -> Sequence[Order]:
        known = [await self._orders.get(target.account.account_id, order_id) for order_id in order_ids]
        return [order for order in known if order is not None]

    async def _find(self, broker: Broker, target: OwnedAccount, intent: PlaceIntent) -> Sequence[Order]:
        look = await broker.find_client_order(target.account.number, intent.client_order_id)
        if not isinstance(look, OrderFound):
            raise PlaceUnknown
        found = await self._with_group(broker, target, look.order)
        order_ids = tuple(order.brokerage_order_id for order in found)
        await self._finish(intent, PlaceState.PLACED, orders=found, order_ids=order_ids)
        return found

    async def _with_group(self, broker: Broker, target: OwnedAccount, first: Order) -> Sequence[Order]:
        if first.group_id is None:
            return [first]
        try:
            listed = await broker.list_orders(target.account.number, first.placed_at)
        except ReadFailed as error:
            raise PlaceUnknown from error
        others = [order for order in listed if order.group_id == first.group_id]
        return [first, *(order for order in others if order.brokerage_order_id != first.brokerage_order_id)]
