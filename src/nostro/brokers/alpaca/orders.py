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
from nostro.brokers.ask import must_be
from nostro.brokers.reply import Unreadable, read, read_raw
from nostro.brokers.session import Session
from nostro.brokers.transport import Reply, Request
from nostro.domain.cancel import (
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    OrderAbsent,
    OrderFound,
    OrderLook,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order, OrderRef, OrderStatus
from nostro.domain.place import (
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

ORDER_LIFE = timedelta(days=91)
"""An order good till canceled is canceled ninety days after it was made ("Orders at Alpaca", aged orders)."""

_UNKNOWN_ORDER = (404, 40410000)
_IN_STATE = re.compile(r'already in "?(\w+)"? state')
_REFUSED_IN = {
    OrderStatus.PENDING_CANCEL: CancelRejectReason.ALREADY_PENDING,
    OrderStatus.PENDING_REPLACE: CancelRejectReason.BROKER_OPTION,
}


class AlpacaOrders(Session):
    """The calls of one key that concern orders. A key is one account's, so that no call names it."""

    async def cancel_order(self, _account: str, order: OrderRef) -> CancelOutcome:
        request = Request("DELETE", _order_path(order), operation="cancel")
        return await self._ask.change(request, _judge_cancel, about=order)

    async def place_order(self, _account: str, order: NewOrder) -> PlaceOutcome:
        def judge(reply: Reply) -> PlaceOutcome:
            if reply.status != 200:
                return _judge_refusal(reply)
            placed = read_order(reply.body)
            must_be(placed.client_order_id, order.client_order_id)
            return Placed(orders=(placed,), raw=read_raw(reply.body))

        request = Request("POST", "/v2/orders", write_order(order), operation="place")
        return await self._ask.change(request, judge)

    async def replace_order(self, _account: str, order: OrderRef, terms: Replacement) -> ReplaceOutcome:
        def judge(reply: Reply) -> ReplaceOutcome:
            if reply.status != 200:
                return _judge_refusal(reply)
            successor = read_order(reply.body)
            must_be(successor.replaces, order.brokerage_order_id)
            return Replaced(order=successor, replaced_id=order.brokerage_order_id, raw=read_raw(reply.body))

        request = Request("PATCH", _order_path(order), write_replacement(terms), operation="replace")
        return await self._ask.change(request, judge, about=order)

    async def look_up_order(self, _account: str, order: OrderRef) -> OrderLook:
        def judge(reply: Reply) -> OrderLook | None:
            look = _judge_look(reply)
            if isinstance(look, OrderFound):
                must_be(look.order.brokerage_order_id, order.brokerage_order_id)
            return look

        return await self._ask.look(f"{_order_path(order)}?nested=true", judge)

    async def find_client_order(self, _account: str, client_order_id: ClientOrderId) -> OrderLook:
        def judge(reply: Reply) -> OrderLook | None:
            look = _judge_look(reply)
            if isinstance(look, OrderFound):
                must_be(look.order.client_order_id, client_order_id)
            return look

        wanted = quote(client_order_id, safe="")
        return await self._ask.look(f"/v2/orders:by_client_order_id?client_order_id={wanted}", judge)

    async def list_orders(self, _account: str, since: datetime) -> Sequence[Order]:
        """List open orders, and the closed ones that can have ended at or after `since`.

        Alpaca pages by the time of submission, so that the list of closed ones has to go as far back as an
        order can live; of more than PAGES_MAX pages of them the latest are listed.
        """
        open_ones, is_whole = await self._pages("status=open", None)
        if not is_whole:
            raise ReadFailed("the account has more open orders than can be listed")
        closed, _ = await self._pages("status=closed", since - ORDER_LIFE)
        # What hangs on a closed order may be open, so that one order can be in both lists.
        recent = {key: order for key, order in closed.items() if order.updated_at >= since}
        return sorted((recent | open_ones).values(), key=lambda order: order.placed_at, reverse=True)

    async def _pages(self, query: str, back_to: datetime | None) -> tuple[dict[str, Order], bool]:
        """List orders by their ids, to the end or to the time; say whether that was reached."""
        found: dict[str, Order] = {}
        until = ""
        for _ in range(PAGES_MAX):
            listed, page = await self._list(f"{query}{until}")
            known = len(found)
            found |= {order.brokerage_order_id: order for order in listed}
            if page.size < PAGE_MAX or page.earliest is None or len(found) == known:
                return found, True
            if back_to is not None and page.earliest < back_to:
                return found, True
            before = page.earliest + timedelta(microseconds=1)
            until = f"&until={quote(before.astimezone(UTC).isoformat(), safe='')}"
        return found, False

    async def _list(self, query: str) -> tuple[list[Order], Page]:
        path = f"/v2/orders?{query}&limit={PAGE_MAX}&direction=desc&nested=true"
        return await self._ask.read(path, read_orders, "list")


def _judge_look(reply: Reply) -> OrderFound | OrderAbsent | None:
    if reply.status == 200:
        return OrderFound(order=read_order(reply.body), raw=read_raw(reply.body))
    if reply.status == 404 and read(reply.body, Failure).code == _UNKNOWN_ORDER[1]:
        return OrderAbsent()
    return None


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


def _order_path(order: OrderRef) -> str:
    return f"/v2/orders/{quote(order.brokerage_order_id, safe='')}"
