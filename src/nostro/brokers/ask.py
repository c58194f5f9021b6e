"""What most HTTP brokerages have in common: a change is sent once, and few replies prove anything.

    no byte left                        NotSent
    no reply, in time or at all         CancelUnknown
    401, 408, 425, 429, 5xx             CancelUnknown, whatever the body says
    a body that cannot be read          CancelUnknown
    a reply about another order         CancelUnknown
    every other reply                   for the adapter to judge, by its vendor's documents

An adapter whose vendor documents more about one of these statuses judges that status itself (`judged`). A
look proves less still: whatever is not an order, or its documented absence, is LookFailed.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from nostro.brokers.reply import Unreadable, read_raw
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import (
    CredentialsRefused,
    NeverSent,
    NoReply,
    Reply,
    Request,
    TimedOut,
    Transport,
    TransportError,
)
from nostro.domain.cancel import (
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderFound,
    OrderLook,
    Raw,
    UnknownCause,
)
from nostro.domain.errors import AccessRefused, ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import instrument_of
from nostro.domain.order import Leg, Order, OrderRef, OrderStatus
from nostro.domain.place import NewOrder, Placed

T = TypeVar("T")

UNPROVEN: Mapping[int, UnknownCause] = {
    401: UnknownCause.AUTH_REFUSED,
    408: UnknownCause.TIMEOUT,
    425: UnknownCause.SERVER_ERROR,
    429: UnknownCause.RATE_LIMITED,
}


class AboutAnother(Unreadable):
    """A reply names another order than the one that it should be about."""


class Asking:
    """One session's ways to ask. What a reply says, the adapter's functions read.

    Such a function raises Unreadable for a reply that its vendor's documents do not have.
    """

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        self._transport = transport
        self._spec = spec

    async def change(
        self,
        request: Request,
        judge: Callable[[Reply], T],
        *,
        about: OrderRef | None = None,
        judged: Collection[int] = (),
    ) -> T | CancelUnknown | NotSent:
        """Send a request that changes something, once; `judge` says what its reply proves, if one can.

        Nothing is sent about what cannot be an order's id here. A reply of a status in `judged` is judged,
        too.
        """
        if about is not None and self._spec.order_id.fullmatch(about.brokerage_order_id) is None:
            return refused_here(f"{about.brokerage_order_id!r} is not an order id here")
        try:
            reply = await self._transport.send(request, self._spec.request_timeout_s)
        except CredentialsRefused as error:
            return NotSent(cause=NotSentCause.ACCESS_REFUSED, message=str(error))
        except NeverSent as error:
            return NotSent(cause=NotSentCause.CONNECT_FAILED, message=str(error))
        except TimedOut as error:
            return CancelUnknown(cause=UnknownCause.TIMEOUT, message=str(error))
        except NoReply as error:
            return CancelUnknown(cause=UnknownCause.CONNECTION_LOST, message=str(error))
        cause = UnknownCause.SERVER_ERROR if reply.status >= 500 else UNPROVEN.get(reply.status)
        if cause is not None and reply.status not in judged:
            return CancelUnknown(cause=cause, message=f"the brokerage answered {reply.status}")
        try:
            return judge(reply)
        except AboutAnother as error:
            cause, raw = UnknownCause.OTHER_ORDER_IN_REPLY, raw_of(reply)
            return CancelUnknown(cause=cause, message=str(error), raw=raw)
        except Unreadable as error:
            return CancelUnknown(cause=UnknownCause.UNREADABLE_REPLY, message=str(error))

    async def look(self, path: str, judge: Callable[[Reply], OrderLook | None]) -> OrderLook:
        """Look at one order; `judge` returns None for a reply that shows neither it nor its absence."""
        try:
            request = Request("GET", path, operation="look_up")
            reply = await self._transport.send(request, self._spec.request_timeout_s)
            seen = judge(reply)
        except (TransportError, Unreadable) as error:
            return LookFailed(str(error))
        return LookFailed(f"the brokerage answered {reply.status}") if seen is None else seen

    async def read(self, path: str, parse: Callable[[bytes], T], operation: str = "read") -> T:
        """Read something; `parse` has the body of a 200.

        Raises AccessRefused for a 401, and ReadFailed for everything else.
        """
        reply = await self.answer(Request("GET", path, operation=operation))
        if reply.status == 401:
            raise AccessRefused
        if reply.status != 200:
            raise ReadFailed(f"the brokerage answered {reply.status}")
        try:
            return parse(reply.body)
        except Unreadable as error:
            raise ReadFailed(str(error)) from error

    async def answer(self, request: Request) -> Reply:
        """Send a request that changes nothing, and return whatever comes back.

        Raises ReadFailed, and AccessRefused where there is nothing to send it with.
        """
        try:
            return await self._transport.send(request, self._spec.request_timeout_s)
        except CredentialsRefused as error:
            raise AccessRefused(str(error)) from error
        except TransportError as error:
            raise ReadFailed(str(error)) from error


async def verified(
    placed: Placed,
    order: NewOrder,
    by_id: Callable[[OrderRef], Awaitable[OrderLook]],
    by_client_id: Callable[[ClientOrderId], Awaitable[OrderLook]],
) -> Placed | CancelUnknown:
    """Look whose id it is that a receipt of a placement holds: it has nothing else.

    Where no look succeeds it is believed. Returns the order as it was found, under our own id.
    """
    look = await by_id(placed.orders[0].ref)
    if isinstance(look, LookFailed):
        return placed
    if not _is_of(look, order):
        look = await by_client_id(order.client_order_id)
    if isinstance(look, OrderFound) and _is_of(look, order):
        return replace(placed, orders=(look.order,))
    cause, message = UnknownCause.OTHER_ORDER_IN_REPLY, "the reply is about another order"
    return CancelUnknown(cause=cause, message=message, raw=placed.raw)


def _is_of(look: OrderLook, order: NewOrder) -> bool:
    return isinstance(look, OrderFound) and look.order.client_order_id == order.client_order_id


def refused_here(message: str) -> NotSent:
    return NotSent(cause=NotSentCause.REFUSED_LOCALLY, message=message)


def must_be(said: object, asked: object) -> None:
    """Raise AboutAnother unless the reply names what was asked about."""
    if said != asked:
        raise AboutAnother("the reply is about another order")


def raw_of(reply: Reply) -> Raw | None:
    """Return a reply in the brokerage's own words; None where it is not a JSON object."""
    try:
        return read_raw(reply.body)
    except Unreadable:
        return None


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
