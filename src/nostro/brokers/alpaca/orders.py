"""Orders at Alpaca: what each reply proves.

    signal                                       cancel                           place, replace
    no byte left                                 NotSent                          NotSent
    no reply, 401, 408, 429, 5xx                 CancelUnknown                    CancelUnknown
    a body not of the documented shape           CancelUnknown                    CancelUnknown
    a reply about another order                  (it has no body)                 CancelUnknown
    success                                      204 CancelPending                200 Placed, Replaced
    404 40410000                                 CancelRejected UNKNOWN_ORDER     PlaceRejected
    422 order is already in "filled" state       CancelRejected TOO_LATE          PlaceRejected
    422 ... in "pending_cancel" state            CancelRejected ALREADY_PENDING   PlaceRejected
    422 ... in "pending_replace" state           CancelRejected BROKER_OPTION     PlaceRejected
    422, 403, 400 otherwise                      CancelRejected OTHER             PlaceRejected

A 204 says that the request was taken. The order may fill all the same; what became of it only a look shows
("Delete order by order ID", Alpaca's API reference; Alpaca's staff in its forum, thread 813). One code stands
for several refusals, 42210000: the message tells them apart.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from nostro.brokers.alpaca.wire import (
    STATUSES,
    Failure,
    Page,
    read_order,
    read_orders,
    write_order,
    write_replacement,
)
from nostro.brokers.ask import change, fetch
from nostro.brokers.reply import Unreadable, read, read_raw
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Reply, Request, Transport, TransportError
from nostro.domain.cancel import (
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
from nostro.domain.ids import ClientOrderId
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

PAGE_MAX = 500
"""Orders in one answer ("Get all orders", parameter `limit`)."""

PAGES_MAX = 20

_UNKNOWN_ORDER = (404, 40410000)
_IN_STATE = re.compile(r'already in "?(\w+)"? state')
_REFUSED_IN = {
    OrderStatus.PENDING_CANCEL: CancelRejectReason.ALREADY_PENDING,
    OrderStatus.PENDING_REPLACE: CancelRejectReason.BROKER_OPTION,
}


class AlpacaOrders:
    """The calls of one key that concern orders. A key is one account's, so that no call names it."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        self._transport = transport
        self._spec = spec

    async def cancel_order(self, _account: str, order: OrderRef) -> CancelOutcome:
        if self._spec.order_id.fullmatch(order.brokerage_order_id) is None:
            return self._not_an_id(order)
        reply = await self._change(Request("DELETE", _order_path(order), operation="cancel"))
        if not isinstance(reply, Reply):
            return reply
        try:
            return _judge_cancel(reply)
        except Unreadable as error:
            return _unreadable(error)

    async def place_order(self, _account: str, order: NewOrder) -> PlaceOutcome:
        reply = await self._change(Request("POST", "/v2/orders", write_order(order), operation="place"))
        if not isinstance(reply, Reply):
            return reply
        try:
            if reply.status != 200:
                return _judge_refusal(reply)
            placed = read_order(reply.body)
            if placed.client_order_id != order.client_order_id:
                return _about_another(reply)
            return Placed(orders=(placed,), raw=read_raw(reply.body))
        except Unreadable as error:
            return _unreadable(error)

    async def place_group(self, _account: str, _group: NewGroup) -> PlaceOutcome:
        return NotSent(cause=NotSentCause.REFUSED_LOCALLY, message="groups of orders are not placed here")

    async def replace_order(self, _account: str, order: OrderRef, terms: Replacement) -> ReplaceOutcome:
        if self._spec.order_id.fullmatch(order.brokerage_order_id) is None:
            return self._not_an_id(order)
        request = Request("PATCH", _order_path(order), write_replacement(terms), operation="replace")
        reply = await self._change(request)
        if not isinstance(reply, Reply):
            return reply
        try:
            if reply.status != 200:
                return _judge_refusal(reply)
            successor = read_order(reply.body)
            if successor.replaces != order.brokerage_order_id:
                return _about_another(reply)
            return Replaced(order=successor, replaced_id=order.brokerage_order_id, raw=read_raw(reply.body))
        except Unreadable as error:
            return _unreadable(error)

    async def look_up_order(self, _account: str, order: OrderRef) -> OrderLook:
        look = await self._look(f"{_order_path(order)}?nested=true")
        if isinstance(look, OrderFound) and look.order.brokerage_order_id != order.brokerage_order_id:
            return LookFailed("the reply is about another order")
        return look

    async def find_client_order(self, _account: str, client_order_id: ClientOrderId) -> OrderLook:
        wanted = quote(client_order_id, safe="")
        look = await self._look(f"/v2/orders:by_client_order_id?client_order_id={wanted}")
        if isinstance(look, OrderFound) and look.order.client_order_id != client_order_id:
            return LookFailed("the reply is about another order")
        return look

    async def list_orders(self, _account: str, since: datetime) -> Sequence[Order]:
        """List open orders, then closed ones, page by page.

        Alpaca pages by the time of submission. An order that is older than `since` and closed after it can
        only be found among all: the list of closed ones goes back one page at a time until it is older.
        """
        open_ones, _ = await self._list("status=open")
        closed: dict[str, Order] = {}
        until = ""
        for _ in range(PAGES_MAX):
            listed, page = await self._list(f"status=closed{until}")
            known = len(closed)
            closed |= {order.brokerage_order_id: order for order in listed}
            if page.size < PAGE_MAX or page.earliest is None or len(closed) == known:
                break
            if page.earliest < since:
                break
            before = page.earliest + timedelta(microseconds=1)
            until = f"&until={quote(before.astimezone(UTC).isoformat(), safe='')}"
        # What hangs on a closed order may be open, so that one order can be in both lists.
        recent = {key: order for key, order in closed.items() if order.updated_at >= since}
        shown = recent | {order.brokerage_order_id: order for order in open_ones}
        return sorted(shown.values(), key=lambda order: order.placed_at, reverse=True)

    async def _list(self, query: str) -> tuple[list[Order], Page]:
        path = f"/v2/orders?{query}&limit={PAGE_MAX}&direction=desc&nested=true"
        request = Request("GET", path, operation="list")
        body = await fetch(self._transport, request, self._spec.request_timeout_s)
        try:
            return read_orders(body)
        except Unreadable as error:
            raise ReadFailed(str(error)) from error

    async def _look(self, path: str) -> OrderLook:
        request = Request("GET", path, operation="look_up")
        try:
            reply = await self._transport.send(request, self._spec.request_timeout_s)
            if reply.status == 200:
                return OrderFound(order=read_order(reply.body), raw=read_raw(reply.body))
            if reply.status == 404 and read(reply.body, Failure).code == _UNKNOWN_ORDER[1]:
                return OrderAbsent()
        except (TransportError, Unreadable) as error:
            return LookFailed(str(error))
        return LookFailed(f"the brokerage answered {reply.status}")

    async def _change(self, request: Request) -> Reply | CancelUnknown | NotSent:
        return await change(self._transport, request, self._spec.request_timeout_s)

    def _not_an_id(self, order: OrderRef) -> NotSent:
        message = f"{order.brokerage_order_id!r} is not an order id here"
        return NotSent(cause=NotSentCause.REFUSED_LOCALLY, message=message)


def _judge_cancel(reply: Reply) -> CancelOutcome:
    if reply.status == 204:
        return CancelPending(raw=None)
    failure = read(reply.body, Failure)
    return CancelRejected(
        reason=_reason(reply.status, failure), message=failure.message, raw=read_raw(reply.body)
    )


def _reason(status: int, failure: Failure) -> CancelRejectReason:
    if (status, failure.code) == _UNKNOWN_ORDER:
        return CancelRejectReason.UNKNOWN_ORDER
    if status not in (400, 403, 422):
        raise Unreadable(f"{status} is not a documented answer")
    found = _IN_STATE.search(failure.message)
    state = STATUSES.get(found[1], OrderStatus.UNRECOGNIZED) if found else OrderStatus.UNRECOGNIZED
    if state.is_closed:
        return CancelRejectReason.TOO_LATE
    return _REFUSED_IN.get(state, CancelRejectReason.OTHER)


def _judge_refusal(reply: Reply) -> PlaceRejected:
    """Read a refusal of a place or a replace; raises Unreadable for an answer that is not documented."""
    if reply.status not in (400, 403, 404, 422):
        raise Unreadable(f"{reply.status} is not a documented answer")
    return PlaceRejected(message=read(reply.body, Failure).message, raw=read_raw(reply.body))


def _about_another(reply: Reply) -> CancelUnknown:
    return CancelUnknown(
        cause=UnknownCause.OTHER_ORDER_IN_REPLY,
        message="the reply is about another order",
        raw=read_raw(reply.body),
    )


def _unreadable(error: Unreadable) -> CancelUnknown:
    return CancelUnknown(cause=UnknownCause.UNREADABLE_REPLY, message=str(error))


def _order_path(order: OrderRef) -> str:
    return f"/v2/orders/{quote(order.brokerage_order_id, safe='')}"
