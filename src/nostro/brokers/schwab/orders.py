"""Orders at Schwab: what each reply proves.

    signal                                    cancel                          place, replace
    no byte left                              NotSent                         NotSent
    no reply, 401, 408, 429, 5xx              CancelUnknown                   CancelUnknown
    a status or a body that no document has   CancelUnknown                   CancelUnknown
    success                                   200, empty: CancelPending       201, empty: Placed, Replaced
    success that names no order, or no one's                                  CancelUnknown
    success for an order of other terms,
        which a look at it shows                                              CancelUnknown
    success for a successor that was refused,
        which a look at it shows                                              PlaceRejected (a replace)
    404 with a message                        CancelRejected UNKNOWN_ORDER    PlaceRejected
    400, 403 with a message                   CancelRejected OTHER            PlaceRejected

Schwab's document says of a cancel's 200 that the order was canceled. But a cancel is accepted, routed and
only then done ("CancelAccepted", "OrderUROutCompleted": events recorded by Schwabdev), and an order can be
PENDING_CANCEL and AWAITING_UR_OUT. So a 200 says that the request was taken.

A success has no body: the id of a new order stands in `Location` alone, and no order carries an id of the
customer's. What a 400 says of an order that is closed is not documented; what became of it a look shows.

A replace is one request: the old order works until the new one does. (Schwab's document: "Replace order";
Lean's brokerage: where the new order is refused after its 201, the old one goes on.) It names a whole new
order, so that the old one is read first. What is filled between the two, nobody says how Schwab counts.
Afterwards the successor's `Location` is all that ties the two: in a list that a user recorded (z-Wind's
schwab_api, `Orders_real.json`) the order that is REPLACED does not name its successor, nor the successor it.
That one was entered in the second in which the other ended is no proof, and nothing is made of it.

An order that filled at once may come without a `Location` (Schwabdev, `orders.md`): its id is then unknown,
and so is the outcome.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from nostro.brokers.ask import AboutAnother, as_asked, must_be, raw_of, refused_here
from nostro.brokers.reply import Unreadable, read
from nostro.brokers.schwab.accounts import SchwabAccounts
from nostro.brokers.schwab.spec import LIST_SPAN, ORDER_LIFE
from nostro.brokers.schwab.spelling import successor, write_order, write_replacement
from nostro.brokers.schwab.wire import Failure, OrderRow, read_orders, read_row
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Reply, Request, Transport
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
from nostro.domain.errors import AccessRefused, ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
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
from nostro.ports import Clock

PAGE_MAX = 300
"""Orders in one answer. Schwab gives up to 3000, which would be more than is read of one answer."""

LISTS_MAX = 40
"""Requests that one list may take."""

_JSON = {"Content-Type": "application/json"}
_AHEAD = timedelta(days=1)
"""A list's end lies so far in the future: Schwab's clock may be ahead of ours."""

_NARROWEST = timedelta(seconds=2)
_TICK = timedelta(seconds=1)
"""Times are shown in whole seconds; what is cut off of one is less than this."""

_TEXT_CHARS_MAX = 300
_LOCATION = re.compile(r".*/accounts/([^/?#]+)/orders/([^/?#]+)/?")


class SchwabBroker(SchwabAccounts):
    """One customer's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, spec: BrokerSpec, clock: Clock) -> None:
        """Speak through `transport`, which holds the token."""
        super().__init__(transport, spec)
        self._clock = clock

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        path = await self._order_path(account, order)
        if isinstance(path, NotSent):
            return path
        request = Request("DELETE", path, operation="cancel")
        return await self._ask.change(request, _judge_cancel, about=order)

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome:
        try:
            path = f"{await self._account_path(account)}/orders"
        except ReadFailed as error:
            return _unsent(error)

        def judge(reply: Reply) -> PlaceOutcome:
            if reply.status != 201:
                return _judge_refusal(reply)
            return Placed(orders=(as_asked(order, self._named(reply, path), self._clock.now()),), raw=None)

        request = Request("POST", path, write_order(order), operation="place", headers=_JSON)
        outcome = await self._ask.change(request, judge)
        if not isinstance(outcome, Placed):
            return outcome
        seen = await self._look_at_new(account, outcome.orders[0])
        return seen if isinstance(seen, CancelUnknown) else Placed(orders=(seen,), raw=None)

    async def replace_order(self, account: str, order: OrderRef, terms: Replacement) -> ReplaceOutcome:
        path = await self._order_path(account, order)
        if isinstance(path, NotSent):
            return path
        row = await self._read_old(path, order)
        if not isinstance(row, OrderRow):
            return row
        wanted = successor(row.to_domain(), terms)
        body = write_replacement(row, wanted)
        if isinstance(body, str):
            return refused_here(body)

        def judge(reply: Reply) -> ReplaceOutcome:
            if reply.status != 201:
                return _judge_refusal(reply)
            new_id = self._named(reply, path.rpartition("/")[0])
            if new_id == order.brokerage_order_id:
                raise Unreadable("the reply names no successor")
            order_made = replace(wanted, brokerage_order_id=new_id)
            return Replaced(order=order_made, replaced_id=order.brokerage_order_id, raw=None)

        request = Request("PUT", path, body, operation="replace", headers=_JSON)
        outcome = await self._ask.change(request, judge, about=order)
        return await self._verify_successor(account, outcome) if isinstance(outcome, Replaced) else outcome

    async def _verify_successor(self, account: str, told: Replaced) -> ReplaceOutcome:
        seen = await self._look_at_new(account, told.order)
        if isinstance(seen, CancelUnknown):
            return seen
        if seen.status is OrderStatus.REJECTED:
            return PlaceRejected(message=seen.reject_reason or "the successor was rejected", raw=None)
        return replace(told, order=seen)

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        path = await self._order_path(account, order)
        if isinstance(path, NotSent):
            return LookFailed(path.message)
        return await self._ask.look(path, lambda reply: _judge_look(reply, order))

    async def find_client_order(self, _account: str, _client_order_id: ClientOrderId) -> OrderLook:
        return LookFailed("orders carry no id of the customer's at this brokerage")

    async def list_orders(self, account: str, since: datetime) -> Sequence[Order]:
        """List open orders, and the closed ones that can have ended at or after `since`.

        Schwab lists by the time of entry, a year at most, so that a list has to go as far back as an order
        can live.
        """
        now = self._clock.now()
        earliest = now + _AHEAD - LIST_SPAN
        listed = await self._list(account, max(since, earliest + ORDER_LIFE) - ORDER_LIFE, now + _AHEAD)
        recent = [order for order in listed if not order.status.is_closed or order.updated_at + _TICK > since]
        return sorted(recent, key=lambda order: order.placed_at, reverse=True)

    async def _list(self, account: str, begin: datetime, end: datetime) -> list[Order]:
        """List what was entered from one time to the other; raises ReadFailed where it is too much.

        Nobody says in which order Schwab lists, so that a span with a full page of orders is listed again in
        two halves.
        """
        path = await self._account_path(account)
        found: dict[str, Order] = {}
        spans = [(begin, end)]
        for _ in range(LISTS_MAX):
            begin, end = spans.pop()
            query = f"fromEnteredTime={_time(begin)}&toEnteredTime={_time(end)}&maxResults={PAGE_MAX}"
            orders, size = await self._ask.read(f"{path}/orders?{query}", read_orders, "list")
            found |= {order.brokerage_order_id: order for order in orders}
            if size >= PAGE_MAX and end - begin < _NARROWEST:
                break
            if size >= PAGE_MAX:
                middle = begin + (end - begin) / 2
                spans += [(begin, middle), (middle, end)]
            if not spans:
                return list(found.values())
        raise ReadFailed("the account has more orders than can be listed")

    async def _look_at_new(self, account: str, told: Order) -> Order | CancelUnknown:
        """Look whether an id that a success named is the order that was asked for.

        Where no look shows it, the success is believed: an order can be seen some seconds late.
        """
        look = await self.look_up_order(account, told.ref)
        if not isinstance(look, OrderFound):
            return told
        if not _is_as_told(look.order, told):
            cause, message = UnknownCause.OTHER_ORDER_IN_REPLY, "the reply is about another order"
            return CancelUnknown(cause=cause, message=message)
        return replace(look.order, client_order_id=told.client_order_id, replaces=told.replaces)

    async def _read_old(self, path: str, order: OrderRef) -> OrderRow | PlaceRejected | NotSent:
        """Read the order that is to be replaced; one that is closed is not tried: it might be placed anew."""
        try:
            reply = await self._ask.answer(Request("GET", path, operation="look_up"))
            if reply.status != 200:
                return refused_here(f"the order could not be read: the brokerage answered {reply.status}")
            row = _own_row(reply, order)
            is_closed = row.to_domain().status.is_closed
        except (ReadFailed, Unreadable) as error:
            return refused_here(f"the order could not be read: {error}")
        return PlaceRejected(message=f"the order is {row.status}", raw=raw_of(reply)) if is_closed else row

    async def _order_path(self, account: str, order: OrderRef) -> str | NotSent:
        if self._spec.order_id.fullmatch(order.brokerage_order_id) is None:
            return refused_here(f"{order.brokerage_order_id!r} is not an order id here")
        try:
            return f"{await self._account_path(account)}/orders/{quote(order.brokerage_order_id, safe='')}"
        except ReadFailed as error:
            return _unsent(error)

    def _named(self, reply: Reply, orders_path: str) -> BrokerageOrderId:
        """Read the id of a new order of this account; raises Unreadable where there is none."""
        _must_be_empty(reply)
        found = _LOCATION.fullmatch(reply.headers.get("location", ""))
        if found is None or self._spec.order_id.fullmatch(found[2]) is None:
            raise Unreadable("the reply does not name the order")
        must_be(found[1], orders_path.split("/")[-2])
        return BrokerageOrderId(found[2])


def _judge_cancel(reply: Reply) -> CancelOutcome:
    if reply.status == 200:
        _must_be_empty(reply)
        return CancelPending(raw=None)
    refusal = _judge_refusal(reply)
    is_unknown = reply.status == 404
    reason = CancelRejectReason.UNKNOWN_ORDER if is_unknown else CancelRejectReason.OTHER
    return CancelRejected(reason=reason, message=refusal.message, raw=refusal.raw)


def _judge_refusal(reply: Reply) -> PlaceRejected:
    """Read a refusal; raises Unreadable for an answer that is not documented."""
    if reply.status not in (400, 403, 404):
        raise Unreadable(f"{reply.status} is not a documented answer")
    message = read(reply.body, Failure).words(_TEXT_CHARS_MAX)
    return PlaceRejected(message=message, raw=raw_of(reply))


def _judge_look(reply: Reply, order: OrderRef) -> OrderLook | None:
    if reply.status == 200:
        return OrderFound(order=_own_row(reply, order).to_domain(), raw=raw_of(reply))
    if reply.status == 404:
        read(reply.body, Failure)
        return OrderAbsent()
    return None


def _own_row(reply: Reply, order: OrderRef) -> OrderRow:
    row = read_row(reply.body, order.brokerage_order_id)
    if row is None:
        raise AboutAnother("the reply is about another order")
    return row


def _must_be_empty(reply: Reply) -> None:
    if reply.body.strip():
        raise Unreadable("the reply has a body that no document has")


def _unsent(error: ReadFailed) -> NotSent:
    is_refused = isinstance(error, AccessRefused)
    cause = NotSentCause.ACCESS_REFUSED if is_refused else NotSentCause.CONNECT_FAILED
    return NotSent(cause=cause, message=f"the account was not found: {error}")


def _is_as_told(seen: Order, told: Order) -> bool:
    """Compare what no brokerage changes. Of an ETF Schwab was seen to leave the symbol out."""
    shown = {(leg.side, leg.instrument.symbol) for leg in seen.legs}
    return (seen.quantity, len(seen.legs)) == (told.quantity, len(told.legs)) and all(
        {(leg.side, leg.instrument.symbol), (leg.side, "")} & shown for leg in told.legs
    )


def _time(at: datetime) -> str:
    return quote(at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), safe="")
