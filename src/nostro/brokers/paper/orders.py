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

from nostro.brokers.ask import Asking, must_be
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
from nostro.brokers.transport import Reply, Request, Transport
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    OrderAbsent,
    OrderFound,
    OrderLook,
)
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
        self._ask = Asking(transport, SPEC)

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        def judge(reply: Reply) -> CancelOutcome:
            return _judge_cancel(reply, order.brokerage_order_id)

        request = Request("DELETE", _order_path(account, order), operation="cancel")
        return await self._ask.change(request, judge, about=order)

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome:
        def judge(reply: Reply) -> PlaceOutcome:
            if reply.status != 201:
                return _judge_refusal(reply)
            placed = read(reply.body, OrderReply).order.to_domain()
            must_be(placed.client_order_id, order.client_order_id)
            return Placed(orders=(placed,), raw=read_raw(reply.body))

        path = f"{_account_path(account)}/orders"
        return await self._ask.change(Request("POST", path, write(order), operation="place"), judge)

    async def place_group(self, account: str, group: NewGroup) -> PlaceOutcome:
        def judge(reply: Reply) -> PlaceOutcome:
            if reply.status != 201:
                return _judge_refusal(reply)
            placed = tuple(row.to_domain() for row in read(reply.body, OrdersReply).orders)
            must_be(
                [order.client_order_id for order in placed],
                [member.order.client_order_id for member in group.members],
            )
            return Placed(orders=placed, raw=read_raw(reply.body))

        path = f"{_account_path(account)}/groups"
        return await self._ask.change(Request("POST", path, write(group), operation="place"), judge)

    async def replace_order(self, account: str, order: OrderRef, terms: Replacement) -> ReplaceOutcome:
        order_id = order.brokerage_order_id

        def judge(reply: Reply) -> ReplaceOutcome:
            if reply.status != 201:
                return _judge_refusal(reply)
            answer = read(reply.body, ReplaceReply)
            successor = answer.order.to_domain()
            must_be((answer.replaced_id, successor.replaces), (order_id, order_id))
            return Replaced(order=successor, replaced_id=order_id, raw=read_raw(reply.body))

        path = f"{_order_path(account, order)}/replace"
        request = Request("POST", path, write(terms), operation="replace")
        return await self._ask.change(request, judge, about=order)

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        def judge(reply: Reply) -> OrderLook | None:
            look = _judge_look(reply)
            if isinstance(look, OrderFound):
                must_be(look.order.brokerage_order_id, order.brokerage_order_id)
            return look

        return await self._ask.look(_order_path(account, order), judge)

    async def find_client_order(self, account: str, client_order_id: ClientOrderId) -> OrderLook:
        def judge(reply: Reply) -> OrderLook | None:
            look = _judge_look(reply)
            # In a group the id may be the whole group's, which its orders do not show.
            if isinstance(look, OrderFound) and look.order.group_id is None:
                must_be(look.order.client_order_id, client_order_id)
            return look

        path = f"{_account_path(account)}/orders/by-client-id/{quote(client_order_id, safe='')}"
        return await self._ask.look(path, judge)

    async def list_orders(self, account: str, since: datetime) -> Sequence[Order]:
        since_text = quote(since.astimezone(UTC).isoformat(), safe="")
        return await self._ask.read(
            f"{_account_path(account)}/orders?since={since_text}", read_orders, "list"
        )


def _judge_look(reply: Reply) -> OrderFound | OrderAbsent | None:
    if reply.status == 200:
        order = read(reply.body, OrderReply).order.to_domain()
        return OrderFound(order=order, raw=read_raw(reply.body))
    if reply.status == 404 and read(reply.body, Failure).error == "unknown_order":
        return OrderAbsent()
    return None


def _judge_cancel(reply: Reply, order_id: BrokerageOrderId) -> CancelOutcome:
    if reply.status in (200, 202):
        answer = read(reply.body, CancelReply)
        order = answer.order.to_domain()
        must_be(order.brokerage_order_id, order_id)
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
    if shown is not None:
        must_be(shown.brokerage_order_id, order_id)
    if reason is CancelRejectReason.TOO_LATE and (shown is None or not shown.status.is_closed):
        raise Unreadable("the reply contradicts itself")
    return CancelRejected(reason=reason, message=failure.message, raw=read_raw(reply.body), order=shown)


def _judge_refusal(reply: Reply) -> PlaceRejected:
    """Read a refusal of a place or a replace; raises Unreadable for an answer that is not documented."""
    failure = read(reply.body, Failure)
    if (reply.status, failure.error) not in _CANCEL_REFUSALS:
        raise Unreadable(f"{reply.status} {failure.error} is not a documented answer")
    return PlaceRejected(message=failure.message, raw=read_raw(reply.body))


def _account_path(account: str) -> str:
    return f"/accounts/{quote(account, safe='')}"


def _order_path(account: str, order: OrderRef) -> str:
    return f"{_account_path(account)}/orders/{quote(order.brokerage_order_id, safe='')}"
