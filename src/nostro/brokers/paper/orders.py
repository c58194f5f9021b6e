"""Orders at the embedded brokerage: what each reply to a cancel, a place, a replace and a look-up proves.

    signal                                     cancel                             place, replace
    no byte left                               NotSent                            NotSent
    no reply, in time or at all                CancelUnknown                      CancelUnknown
    401, 429, 5xx                              CancelUnknown                      CancelUnknown
    a body not of the documented shape, or
    with a key twice                           CancelUnknown                      CancelUnknown
    a reply about another order                CancelUnknown                      CancelUnknown
    success                                    200 Canceled, 202 CancelPending    201 Placed, Replaced
    409 `cancel_pending`                       CancelRejected ALREADY_PENDING     PlaceRejected
    422 `order_closed`                         CancelRejected TOO_LATE            PlaceRejected
    404 `unknown_order`, `unknown_account`     CancelRejected UNKNOWN_ORDER       PlaceRejected
    422 `rejected`, 400 `malformed`            CancelRejected OTHER               PlaceRejected

Documented in `nostro/sim/native.py`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from nostro.brokers.ask import change
from nostro.brokers.paper.spec import SPEC
from nostro.brokers.paper.wire import (
    CancelReply,
    Failure,
    OrderReply,
    OrdersReply,
    ReplaceReply,
    read_orders,
    write,
)
from nostro.brokers.reply import Unreadable, read, read_raw
from nostro.brokers.transport import Reply, Request, Transport, TransportError
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
    OrderLook,
    UnknownCause,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import Order, OrderRef, OrderStatus
from nostro.domain.place import (
    NewGroup,
    NewOrder,
    Placed,
    PlaceOutcome,
    PlaceRejected,
    Replaced,
    Replacement,
    ReplaceOutcome,
)

_CANCEL_REFUSALS = {
    (409, "cancel_pending"): CancelRejectReason.ALREADY_PENDING,
    (422, "order_closed"): CancelRejectReason.TOO_LATE,
    (404, "unknown_order"): CancelRejectReason.UNKNOWN_ORDER,
    (404, "unknown_account"): CancelRejectReason.UNKNOWN_ORDER,
    (422, "rejected"): CancelRejectReason.OTHER,
    (400, "malformed"): CancelRejectReason.OTHER,
}


class PaperOrders:
    """The calls of one customer that concern orders."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        order_id = order.brokerage_order_id
        if SPEC.order_id.fullmatch(order_id) is None:
            return _not_an_id(order_id)
        reply = await self._change(Request("DELETE", _order_path(account, order_id), operation="cancel"))
        if not isinstance(reply, Reply):
            return reply
        try:
            return _judge_cancel(reply, order_id)
        except Unreadable as error:
            return _unreadable(error)

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome:
        path = f"{_account_path(account)}/orders"
        reply = await self._change(Request("POST", path, write(order), operation="place"))
        if not isinstance(reply, Reply):
            return reply
        try:
            if reply.status != 201:
                return _judge_refusal(reply)
            placed = read(reply.body, OrderReply).order.to_domain()
            return _judge_placed((placed,), (order.client_order_id,), reply)
        except Unreadable as error:
            return _unreadable(error)

    async def place_group(self, account: str, group: NewGroup) -> PlaceOutcome:
        path = f"{_account_path(account)}/groups"
        reply = await self._change(Request("POST", path, write(group), operation="place"))
        if not isinstance(reply, Reply):
            return reply
        try:
            if reply.status != 201:
                return _judge_refusal(reply)
            placed = tuple(row.to_domain() for row in read(reply.body, OrdersReply).orders)
            asked = tuple(member.order.client_order_id for member in group.members)
            return _judge_placed(placed, asked, reply)
        except Unreadable as error:
            return _unreadable(error)

    async def replace_order(self, account: str, order: OrderRef, terms: Replacement) -> ReplaceOutcome:
        order_id = order.brokerage_order_id
        if SPEC.order_id.fullmatch(order_id) is None:
            return _not_an_id(order_id)
        path = f"{_order_path(account, order_id)}/replace"
        reply = await self._change(Request("POST", path, write(terms), operation="replace"))
        if not isinstance(reply, Reply):
            return reply
        try:
            if reply.status != 201:
                return _judge_refusal(reply)
            answer = read(reply.body, ReplaceReply)
            successor = answer.order.to_domain()
            if not answer.replaced_id == successor.replaces == order_id:
                return _about_another(reply)
            return Replaced(order=successor, replaced_id=order_id, raw=read_raw(reply.body))
        except Unreadable as error:
            return _unreadable(error)

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        look = await self._look(_order_path(account, order.brokerage_order_id))
        if isinstance(look, OrderFound) and look.order.brokerage_order_id != order.brokerage_order_id:
            return LookFailed("the reply is about another order")
        return look

    async def find_client_order(self, account: str, client_order_id: ClientOrderId) -> OrderLook:
        path = f"{_account_path(account)}/orders/by-client-id/{quote(client_order_id, safe='')}"
        look = await self._look(path)
        if not isinstance(look, OrderFound) or look.order.client_order_id == client_order_id:
            return look
        if look.order.group_id is not None:
            return look  # the id may be the whole group's, which its orders do not show
        return LookFailed("the reply is about another order")

    async def list_orders(self, account: str, since: datetime) -> Sequence[Order]:
        since_text = quote(since.astimezone(UTC).isoformat(), safe="")
        path = f"{_account_path(account)}/orders?since={since_text}"
        try:
            reply = await self._transport.send(Request("GET", path, operation="list"), SPEC.request_timeout_s)
            if reply.status != 200:
                raise ReadFailed(f"the brokerage answered {reply.status}")
            return read_orders(reply.body)
        except (TransportError, Unreadable) as error:
            raise ReadFailed(str(error)) from error

    async def _look(self, path: str) -> OrderLook:
        try:
            reply = await self._transport.send(
                Request("GET", path, operation="look_up"), SPEC.request_timeout_s
            )
            if reply.status == 200:
                order = read(reply.body, OrderReply).order.to_domain()
                return OrderFound(order=order, raw=read_raw(reply.body))
            if reply.status == 404 and read(reply.body, Failure).error == "unknown_order":
                return OrderAbsent()
        except (TransportError, Unreadable) as error:
            return LookFailed(str(error))
        return LookFailed(f"the brokerage answered {reply.status}")

    async def _change(self, request: Request) -> Reply | CancelUnknown | NotSent:
        return await change(self._transport, request, SPEC.request_timeout_s)


def _judge_cancel(reply: Reply, order_id: BrokerageOrderId) -> CancelOutcome:
    if reply.status in (200, 202):
        answer = read(reply.body, CancelReply)
        order = answer.order.to_domain()
        if order.brokerage_order_id != order_id:
            return _about_another(reply)
        raw = read_raw(reply.body)
        match reply.status, answer.status, order.status:
            case 200, "canceled", OrderStatus.CANCELED:
                return Canceled(raw=raw, order=order)
            case 202, "pending_cancel", OrderStatus.PENDING_CANCEL:
                return CancelPending(raw=raw)
        raise Unreadable("the reply contradicts itself")
    failure = read(reply.body, Failure)
    reason = _CANCEL_REFUSALS.get((reply.status, failure.error))
    if reason is None:
        raise Unreadable(f"{reply.status} {failure.error} is not a documented answer")
    shown = failure.order.to_domain() if failure.order else None
    if shown is not None and shown.brokerage_order_id != order_id:
        return _about_another(reply)
    if reason is CancelRejectReason.TOO_LATE and (shown is None or not shown.status.is_closed):
        raise Unreadable("the reply contradicts itself")
    return CancelRejected(reason=reason, message=failure.message, raw=read_raw(reply.body), order=shown)


def _judge_placed(
    placed: tuple[Order, ...], asked: tuple[ClientOrderId, ...], reply: Reply
) -> Placed | CancelUnknown:
    if tuple(order.client_order_id for order in placed) != asked:
        return _about_another(reply)
    return Placed(orders=placed, raw=read_raw(reply.body))


def _judge_refusal(reply: Reply) -> PlaceRejected:
    """Read a refusal of a place or a replace; raises Unreadable for an answer that is not documented."""
    failure = read(reply.body, Failure)
    if (reply.status, failure.error) not in _CANCEL_REFUSALS:
        raise Unreadable(f"{reply.status} {failure.error} is not a documented answer")
    return PlaceRejected(message=failure.message, raw=read_raw(reply.body))


def _about_another(reply: Reply) -> CancelUnknown:
    return CancelUnknown(
        cause=UnknownCause.OTHER_ORDER_IN_REPLY,
        message="the reply is about another order",
        raw=read_raw(reply.body),
    )


def _unreadable(error: Unreadable) -> CancelUnknown:
    return CancelUnknown(cause=UnknownCause.UNREADABLE_REPLY, message=str(error))


def _not_an_id(order_id: str) -> NotSent:
    return NotSent(cause=NotSentCause.REFUSED_LOCALLY, message=f"{order_id!r} is not an order id here")


def _account_path(account: str) -> str:
    return f"/accounts/{quote(account, safe='')}"


def _order_path(account: str, order_id: BrokerageOrderId) -> str:
    return f"{_account_path(account)}/orders/{quote(order_id, safe='')}"
