"""What most HTTP brokerages have in common: a change is sent once, and few replies prove anything.

    no byte left                        NotSent
    no reply, in time or at all         CancelUnknown
    401, 408, 425, 429, 5xx             CancelUnknown, whatever the body says
    every other reply                   for the adapter to judge, by its vendor's documents

An adapter whose vendor documents more about one of these statuses judges that status itself (`judged`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut, Transport, TransportError
from nostro.domain.cancel import CancelUnknown, NotSent, NotSentCause, UnknownCause
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.instrument import instrument_of
from nostro.domain.order import Leg, Order, OrderStatus
from nostro.domain.place import NewOrder

UNPROVEN: Mapping[int, UnknownCause] = {
    401: UnknownCause.AUTH_REFUSED,
    408: UnknownCause.TIMEOUT,
    425: UnknownCause.SERVER_ERROR,
    429: UnknownCause.RATE_LIMITED,
}


async def change(
    transport: Transport, request: Request, timeout_s: float, *, judged: Collection[int] = ()
) -> Reply | CancelUnknown | NotSent:
    """Send a request that changes something, once; return its reply where that can prove anything.

    A reply of a status in `judged` is returned whatever it says.
    """
    try:
        reply = await transport.send(request, timeout_s)
    except NeverSent as error:
        return NotSent(cause=NotSentCause.CONNECT_FAILED, message=str(error))
    except TimedOut as error:
        return CancelUnknown(cause=UnknownCause.TIMEOUT, message=str(error))
    except NoReply as error:
        return CancelUnknown(cause=UnknownCause.CONNECTION_LOST, message=str(error))
    cause = UnknownCause.SERVER_ERROR if reply.status >= 500 else UNPROVEN.get(reply.status)
    if cause is None or reply.status in judged:
        return reply
    return CancelUnknown(cause=cause, message=f"the brokerage answered {reply.status}")


async def fetch(transport: Transport, request: Request, timeout_s: float) -> bytes:
    """Read something; return the body of a 200. Raises ReadFailed for everything else."""
    try:
        reply = await transport.send(request, timeout_s)
    except TransportError as error:
        raise ReadFailed(str(error)) from error
    if reply.status == 401:
        raise ReadFailed("the brokerage does not accept these credentials")
    if reply.status != 200:
        raise ReadFailed(f"the brokerage answered {reply.status}")
    return reply.body


def as_asked(order: NewOrder, order_id: BrokerageOrderId, at: datetime, *, route: str = "") -> Order:
    """Tell an order in the words it was asked for: some brokerages answer a placement with an id alone."""
    legs = tuple(
        Leg(
            instrument=instrument_of(leg.symbol),
            side=leg.side,
            position_effect=leg.position_effect,
            ratio=leg.ratio,
        )
        for leg in order.legs
    )
    return Order(
        brokerage_order_id=order_id,
        client_order_id=order.client_order_id,
        status=OrderStatus.PENDING_NEW,
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        legs=legs,
        quantity=order.quantity,
        notional=order.notional,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        price_effect=order.price_effect,
        extended_hours=order.extended_hours,
        placed_at=at,
        updated_at=at,
        expires_at=order.expires_at,
        route=route,
    )
