"""List orders and look at one, live, and remember what was seen: the order index that a cancel checks."""

from collections.abc import Sequence
from datetime import timedelta

from nostro.connections.sessions import Sessions
from nostro.domain.cancel import LookFailed, OrderAbsent, OrderAmbiguous, OrderFound
from nostro.domain.errors import NotFound, OrderIdAmbiguous, ReadFailed
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import Order, OrderRef
from nostro.ports import Clock
from nostro.storage.port import Orders, OwnedAccount


class ListOrders:
    def __init__(self, *, orders: Orders, sessions: Sessions, clock: Clock) -> None:
        self._orders = orders
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, target: OwnedAccount, reach: timedelta) -> Sequence[Order]:
        """List open orders and those that closed within `reach`, newest first.

        Raises ReadFailed, ConnectionDisabled.
        """
        broker = await self._sessions.reading(target.connection)
        now = self._clock.now()
        found = await broker.list_orders(target.account.number, now - reach)
        await self._orders.remember(target.account.account_id, found, now)
        return found

    async def one(self, target: OwnedAccount, order_id: BrokerageOrderId) -> Order:
        """Look at one order.

        Raises:
            OrderIdAmbiguous: several orders here have this id.
            NotFound: neither the brokerage nor nostro has ever shown such an order here.
            ReadFailed: the brokerage does not answer, or does not show an order that it showed before.
            ConnectionDisabled: nothing was asked.
        """
        broker = await self._sessions.reading(target.connection)
        if broker.spec.order_id.fullmatch(order_id) is None:
            raise NotFound
        known = await self._orders.get(target.account.account_id, order_id)
        ref = OrderRef(order_id) if known is None else known.ref
        look = await broker.look_up_order(target.account.number, ref)
        match look:
            case OrderFound(order=order):
                await self._orders.remember(target.account.account_id, [order], self._clock.now())
                return order
            case OrderAbsent():
                if known is None:
                    raise NotFound
                raise ReadFailed
            case OrderAmbiguous():
                raise OrderIdAmbiguous
            case LookFailed():
                raise ReadFailed
