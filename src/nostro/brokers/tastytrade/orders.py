"""Orders at tastytrade: what each reply proves.

    signal                                    cancel                          place, replace
    no byte left                              NotSent                         NotSent
    reads find no order of this id            NotSent                         NotSent
    no reply, 401, 408, 429, 5xx              CancelUnknown                   CancelUnknown
    a status or a body that no document has   CancelUnknown                   CancelUnknown
    a success with an error in it             CancelUnknown                   CancelUnknown
    a success about another order             CancelUnknown                   CancelUnknown
    a success with the order, which is
        Cancelled, or was taken out           Canceled                        201 Placed, 200 Replaced
        Filled, Expired, Rejected, replaced   CancelRejected TOO_LATE         (the same)
        anything else                         CancelPending                   (the same)
    404 with an error                         CancelRejected UNKNOWN_ORDER    PlaceRejected
    400, 403, 422 with an error               CancelRejected OTHER            PlaceRejected

A 200 with "Cancel Requested" says that tastytrade is asking the exchange ("Order Management"). An order that
has ended is refused with 422 cannot_update_order; the same words may be those for one that cannot be
cancelled just now, so that they prove nothing more: what became of it a look shows. Between the routing of an
order and its being live it was seen with `cancellable: false`.

A complex order has an id of its own, and what it consists of are simple orders with ids of theirs. The two
kinds of ids look the same, so that an order's route says which it is (ADR 0013); the route is a part of the
path. By its own id a complex order is cancelled with all that is open of it. One of its orders is asked for
alone, at the simple orders' path: tastytrade says that complex orders must be cancelled by their own id, and
does not say whether it refuses the other, nor what becomes of the rest. No request goes to the other path.

A replace is one request, the PATCH ("Edit Order") that names no legs and so cannot change them; a PUT puts
another order in its place, which has to have the same ones. The successor waits until the old order is
cancelled, and a fill of the old one ends it. The old one is read first, for tastytrade wants the direction of
its price again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from nostro.brokers.ask import must_be, raw_of, refused_here
from nostro.brokers.reply import Unreadable
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tastytrade.accounts import TastytradeAccounts, account_path
from nostro.brokers.tastytrade.envelope import read_refusal
from nostro.brokers.tastytrade.spelling import write_order, write_replacement
from nostro.brokers.tastytrade.wire import COMPLEX, SIMPLE, read_order, read_orders, read_placed
from nostro.brokers.transport import Reply, Request, Transport
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderAmbiguous,
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
from nostro.ports import Clock

ROUTES = (SIMPLE, COMPLEX)
PAGE_MAX = 100
"""Orders in one answer. tastytrade gives up to 200, which could be more than is read of one answer."""

PAGES_MAX = 40
ORDER_LIFE = timedelta(days=90)
"""How long before its end an order is looked for in the history. Nobody says how long one can live, nor by
which of its times tastytrade searches: this is a judgement. What is open is listed however old it is."""

PLACED_WITHIN = timedelta(days=2)
"""An order that is looked for by its client order id was placed since then."""

_JSON = {"Content-Type": "application/json"}
_REFUSALS = (400, 403, 404, 422)
_TEXT_CHARS_MAX = 300


class TastytradeBroker(TastytradeAccounts):
    """One customer's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, spec: BrokerSpec, clock: Clock) -> None:
        """Speak through `transport`, which holds the token."""
        super().__init__(transport, spec)
        self._clock = clock

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        route = await self._find_route(account, order)
        if isinstance(route, NotSent):
            return route

        def judge(reply: Reply) -> CancelOutcome:
            if reply.status != 200:
                refusal = _judge_refusal(reply)
                is_unknown = reply.status == 404
                reason = CancelRejectReason.UNKNOWN_ORDER if is_unknown else CancelRejectReason.OTHER
                return CancelRejected(reason=reason, message=refusal.message, raw=refusal.raw)
            return _judge_shown(_own_order(reply, order, route), reply)

        request = Request("DELETE", _order_path(account, route, order), operation="cancel")
        return await self._ask.change(request, judge, about=order)

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome:
        body = write_order(order)
        if isinstance(body, str):
            return refused_here(body)

        def judge(reply: Reply) -> PlaceOutcome:
            if reply.status != 201:
                return _judge_refusal(reply)
            placed = read_placed(reply.body)
            must_be(placed.client_order_id, order.client_order_id)
            self._must_be_id(placed)
            return Placed(orders=(placed,), raw=raw_of(reply))

        path = f"{account_path(account)}/{SIMPLE}"
        request = Request("POST", path, body, operation="place", headers=_JSON)
        return await self._ask.change(request, judge)

    async def replace_order(self, account: str, order: OrderRef, terms: Replacement) -> ReplaceOutcome:
        look = await self._look_at(account, OrderRef(order.brokerage_order_id, order.route or SIMPLE))
        if not isinstance(look, OrderFound):
            return refused_here(f"the order could not be read: {_why(look)}")
        if look.order.route != SIMPLE:
            return refused_here("complex orders are not replaced here")
        if look.order.status.is_closed:  # a successor of it would be one order more
            return PlaceRejected(message=f"the order is {look.order.raw_status}", raw=look.raw)
        body = write_replacement(look.order, terms)
        if isinstance(body, str):
            return refused_here(body)

        def judge(reply: Reply) -> ReplaceOutcome:
            if reply.status != 200:
                return _judge_refusal(reply)
            successor = read_order(reply.body)
            must_be(successor.replaces, order.brokerage_order_id)
            self._must_be_id(successor)
            return Replaced(order=successor, replaced_id=order.brokerage_order_id, raw=raw_of(reply))

        path = _order_path(account, SIMPLE, order)
        request = Request("PATCH", path, body, operation="replace", headers=_JSON)
        return await self._ask.change(request, judge, about=order)

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        if order.route:
            return await self._look_at(account, order)
        looks = [await self._look_at(account, OrderRef(order.brokerage_order_id, route)) for route in ROUTES]
        failed = next((each for each in looks if isinstance(each, LookFailed)), None)
        if failed is not None:
            return failed
        found = [each for each in looks if isinstance(each, OrderFound)]
        return OrderAmbiguous() if len(found) > 1 else next(iter(found), OrderAbsent())

    async def find_client_order(self, account: str, client_order_id: ClientOrderId) -> OrderLook:
        """Look through the lists: tastytrade shows the id with an order, and finds none by it."""
        try:
            listed = await self._list(account, self._clock.now() - PLACED_WITHIN)
        except ReadFailed as error:
            return LookFailed(str(error))
        hits = [order for order in listed if order.client_order_id == client_order_id]
        if len(hits) > 1:
            return OrderAmbiguous()
        return OrderFound(order=hits[0]) if hits else OrderAbsent()

    async def list_orders(self, account: str, since: datetime) -> Sequence[Order]:
        """List open orders, and the closed ones that ended at or after `since`.

        The orders that a complex order consists of are listed one by one, and it is not listed beside them.
        """
        listed = await self._list(account, since - ORDER_LIFE)
        recent = [order for order in listed if not order.status.is_closed or order.updated_at >= since]
        return sorted(recent, key=lambda order: order.placed_at, reverse=True)

    async def _list(self, account: str, begin: datetime) -> list[Order]:
        """List what was placed since then, and all that is open or changed today.

        The latter last: it is the newer word, and what is placed meanwhile is in it. tastytrade warns of
        polling it ("Order Management"): what becomes of one order is asked for by its id.
        """
        path = f"{account_path(account)}/{SIMPLE}"
        found = await self._pages(path, f"start-at={_time(begin)}&sort=Desc&")
        return list((found | await self._pages(f"{path}/live", "")).values())

    async def _pages(self, path: str, query: str) -> dict[str, Order]:
        found: dict[str, Order] = {}
        for page in range(PAGES_MAX):
            asked = f"{path}?{query}per-page={PAGE_MAX}&page-offset={page}"
            orders, pages = await self._ask.read(asked, read_orders, "list")
            known = len(found)
            found |= {order.brokerage_order_id: order for order in orders}
            is_last = pages is not None and page + 1 >= pages
            if is_last or len(orders) < PAGE_MAX or len(found) == known:
                return found
        raise ReadFailed("the account has more orders than can be listed")

    async def _find_route(self, account: str, order: OrderRef) -> str | NotSent:
        """Find out which kind of order it is; about an id that neither kind has nothing is sent."""
        look = None if order.route else await self.look_up_order(account, order)
        match look:
            case None if order.route in ROUTES and self._is_id(order):
                return order.route
            case OrderFound():
                return look.order.route
            case OrderAbsent():
                return refused_here("no order of this account has this id")
            case OrderAmbiguous():
                return refused_here("a simple and a complex order have this id")
            case LookFailed() if self._is_id(order):
                return NotSent(cause=NotSentCause.CONNECT_FAILED, message=f"not found: {look.message}")
            case _:
                return refused_here(f"{order.brokerage_order_id!r} is not an order id here")

    async def _look_at(self, account: str, order: OrderRef) -> OrderLook:
        if order.route not in ROUTES or not self._is_id(order):
            return LookFailed(f"{order.brokerage_order_id!r} is not an order id here")

        def judge(reply: Reply) -> OrderLook | None:
            if reply.status == 200:
                return OrderFound(order=_own_order(reply, order, order.route), raw=raw_of(reply))
            if reply.status == 404:
                read_refusal(reply.body, _TEXT_CHARS_MAX)
                return OrderAbsent()
            return None

        return await self._ask.look(_order_path(account, order.route, order), judge)

    def _is_id(self, order: OrderRef) -> bool:
        return self._spec.order_id.fullmatch(order.brokerage_order_id) is not None

    def _must_be_id(self, order: Order) -> None:
        if not self._is_id(order.ref):
            raise Unreadable("the reply does not name the order")


def _judge_shown(order: Order, reply: Reply) -> CancelOutcome:
    """Say what a success to a cancel proves by what it shows the order as."""
    raw = raw_of(reply)
    if order.status is OrderStatus.CANCELED:
        return Canceled(raw=raw, order=order)
    if order.status.is_closed:
        message = f"the order is {order.raw_status}"
        return CancelRejected(reason=CancelRejectReason.TOO_LATE, message=message, raw=raw, order=order)
    return CancelPending(raw=raw)


def _judge_refusal(reply: Reply) -> PlaceRejected:
    """Read a refusal; raises Unreadable for an answer that is not documented."""
    if reply.status not in _REFUSALS:
        raise Unreadable(f"{reply.status} is not a documented answer")
    return PlaceRejected(message=read_refusal(reply.body, _TEXT_CHARS_MAX), raw=raw_of(reply))


def _own_order(reply: Reply, order: OrderRef, route: str) -> Order:
    found = read_order(reply.body, route)
    must_be(found.brokerage_order_id, order.brokerage_order_id)
    return found


def _order_path(account: str, route: str, order: OrderRef) -> str:
    return f"{account_path(account)}/{route}/{quote(order.brokerage_order_id, safe='')}"


def _why(look: OrderLook) -> str:
    return look.message if isinstance(look, LookFailed) else "the brokerage has no such order"


def _time(at: datetime) -> str:
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return quote(text, safe="")
