"""Replace an open order by one with new terms.

The successor has an id of its own; the old order ends REPLACED.
"""

import asyncio

import structlog

from nostro.brokers.port import Broker
from nostro.connections.sessions import Sessions
from nostro.domain.account import Account
from nostro.domain.cancel import CancelUnknown, NotSent, OrderFound
from nostro.domain.errors import (
    OrderRefused,
    PlaceUnknown,
    StoreFailed,
    not_sent,
)
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import Order, OrderRef
from nostro.domain.place import PlaceRejected, Replaced, Replacement
from nostro.orders.index import OrderIndex
from nostro.ports import Clock, Tasks
from nostro.storage.port import Orders, OwnedAccount

log = structlog.get_logger()


class ReplaceOrders:
    def __init__(
        self, *, orders: Orders, index: OrderIndex, sessions: Sessions, clock: Clock, tasks: Tasks
    ) -> None:
        self._orders = orders
        self._index = index
        self._sessions = sessions
        self._clock = clock
        self._tasks = tasks

    async def __call__(self, target: OwnedAccount, order_id: BrokerageOrderId, terms: Replacement) -> Order:
        """Return the successor.

        Raises:
            ConnectionDisabled, ConnectionReadOnly, OrderIdInvalid, OrderUnknown, OrderIdAmbiguous: refused,
                nothing was sent.
            BrokerageUnreachable: nothing was sent.
            OrderRefused: the brokerage said no; the old order is as it was.
            PlaceUnknown: sent, and nobody knows; list the orders to learn it.
        """
        broker = await self._sessions.trading(target.connection)
        order = await self._index.find(broker, target, order_id)
        # In a task of its own: a caller who hangs up must not leave the outcome unrecorded.
        sent = self._tasks.start(self._send(broker, target.account, order, terms), name="replace")
        return await asyncio.shield(sent)

    async def _send(self, broker: Broker, account: Account, order: OrderRef, terms: Replacement) -> Order:
        outcome = await broker.replace_order(account.number, order, terms)
        match outcome:
            case Replaced(order=successor):
                look = await broker.look_up_order(account.number, order)
                old = [look.order] if isinstance(look, OrderFound) else []
                try:
                    await self._orders.remember(account.account_id, [successor, *old], self._clock.now())
                except StoreFailed:  # the brokerage has done it; the index learns it from the next list
                    log.exception("replaced_orders_not_remembered")
                return successor
            case PlaceRejected(message=message):
                raise OrderRefused(message)
            case CancelUnknown():
                raise PlaceUnknown(
                    "The brokerage did not say whether it replaced the order. List the orders to learn it."
                )
            case NotSent(cause=cause, message=message):
                raise not_sent(cause, message)
