"""The order index: which order is known to belong to which account, and how its brokerage finds it.

Lists, placements and looks fill it. An order that it does not have is looked up once, by a read, before
anything else is asked about it: nothing that changes an order is ever sent on the strength of an id alone.
"""

from nostro.brokers.port import Broker
from nostro.domain.cancel import OrderAbsent, OrderAmbiguous, OrderFound
from nostro.domain.errors import BrokerageUnreachable, OrderIdAmbiguous, OrderIdInvalid, OrderUnknown
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderRef
from nostro.ports import Clock
from nostro.storage.port import Orders, OwnedAccount


class OrderIndex:
    def __init__(self, *, orders: Orders, clock: Clock) -> None:
        self._orders = orders
        self._clock = clock

    async def find(self, broker: Broker, target: OwnedAccount, order_id: BrokerageOrderId) -> OrderRef:
        """Say how the brokerage finds this order of this account.

        Raises:
            OrderIdInvalid, OrderUnknown, OrderIdAmbiguous: there is no one order of that id in this account.
            BrokerageUnreachable: the order is not known here, and the brokerage does not answer.
        """
        if broker.spec.order_id.fullmatch(order_id) is None:
            raise OrderIdInvalid
        known = await self._orders.get(target.account.account_id, order_id)
        return known.ref if known is not None else await self.learn(broker, target, order_id)

    async def learn(self, broker: Broker, target: OwnedAccount, order_id: BrokerageOrderId) -> OrderRef:
        """Ask the brokerage, by a read, whether this account holds the order; raises as `find`."""
        look = await broker.look_up_order(target.account.number, OrderRef(order_id))
        match look:
            case OrderFound(order=order) if order.brokerage_order_id == order_id:
                await self._orders.remember(target.account.account_id, [order], self._clock.now())
                return order.ref
            case OrderFound() | OrderAbsent():
                raise OrderUnknown
            case OrderAmbiguous():
                raise OrderIdAmbiguous
            case _:
                raise BrokerageUnreachable
