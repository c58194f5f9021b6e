"""Orders at Binance: what each reply proves.

    signal                                       cancel                           place
    no byte left                                 NotSent                          NotSent
    no reply, 401, 408, 418, 429, 5xx            CancelUnknown                    CancelUnknown
    4xx with a code of _UNPROVEN, such as
        -1006, -1007 execution status unknown    CancelUnknown                    CancelUnknown
    a body not of the documented shape           CancelUnknown                    CancelUnknown
    200 with the order, "CANCELED"               Canceled
    200 with the order, "PENDING_CANCEL"         CancelPending
    200 with the order, placed                                                    Placed
    200 about another order                      CancelUnknown                    CancelUnknown
    4xx -2011 Unknown order sent.                CancelRejected UNKNOWN_ORDER     PlaceRejected
    4xx -2010, -2011 in other words, -1013 ...   CancelRejected OTHER             PlaceRejected
    4xx -1021 outside of the recvWindow          CancelRejected OTHER             PlaceRejected
    4xx -11xx, a request that is not valid       CancelRejected OTHER             PlaceRejected

A cancel is carried out when it is answered: its data source is the matching engine (rest-api.md, "Cancel
order"). -2011 is the engine's refusal, and says the same of an order that it never had, that filled and that
was canceled: only a look tells them apart. What the timing rules reject (-1021) never reached the engine. To
cancel one order of an order list ends all of the list, by Binance's rule, and the reply may then show each
of them. PENDING_CANCEL is among Binance's words, "currently unused".

An id is unique among the orders of one symbol. An order's route is its pair, as the domain spells it;
without one the order is looked for by reads, and nothing is sent for an order that they do not show.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never
from urllib.parse import quote

from nostro.brokers.ask import must_be, raw_of, refused_here
from nostro.brokers.binance.accounts import BinanceAccounts
from nostro.brokers.binance.pairs import symbol_of
from nostro.brokers.binance.spec import CLIENT_ORDER_ID
from nostro.brokers.binance.wire import (
    Failure,
    milliseconds,
    read_canceled,
    read_row,
    read_rows,
    write_order,
)
from nostro.brokers.reply import Unreadable, read
from nostro.brokers.transport import Reply, Request
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    OrderAbsent,
    OrderAmbiguous,
    OrderFound,
    OrderLook,
    UnknownCause,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order, OrderRef, OrderStatus
from nostro.domain.place import (
    NewOrder,
    Placed,
    PlaceOutcome,
    PlaceRejected,
)

PAGE_MAX = 500
"""Closed orders in one answer ("All orders", `limit`): half of what Binance gives, to fit into a reply."""

PAGES_MAX = 3
"""Pages of one pair."""

_NO_SUCH_ORDER = -2013
_UNKNOWN_ORDER = (-2011, "Unknown order sent.")
_REFUSALS = frozenset({-1010, -1013, -1014, -1015, -1020, -1021, -2010, -2011, *range(-1199, -1099)})
"""errors.md: the API or the matching engine says that it did not do what was asked."""

_UNPROVEN = {
    -1000: UnknownCause.SERVER_ERROR,
    -1001: UnknownCause.SERVER_ERROR,
    -1002: UnknownCause.AUTH_REFUSED,
    -1003: UnknownCause.RATE_LIMITED,
    -1006: UnknownCause.SERVER_ERROR,
    -1007: UnknownCause.TIMEOUT,
    -1008: UnknownCause.SERVER_ERROR,
    -1016: UnknownCause.SERVER_ERROR,
    -1022: UnknownCause.AUTH_REFUSED,
    -2014: UnknownCause.AUTH_REFUSED,
    -2015: UnknownCause.AUTH_REFUSED,
}
"""errors.md: nothing is said about the order."""

_BANNED = 418


class BinanceBroker(BinanceAccounts):
    """One key's session; a `nostro.brokers.port.Broker`."""

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        ref = await self._locate(account, order)
        if isinstance(ref, NotSent):
            return ref

        def judge(reply: Reply) -> CancelOutcome:
            if reply.status != 200:
                return _judge_refused_cancel(reply)
            return _judge_canceled(reply, ref)

        request = Request("DELETE", f"/api/v3/order?{_named(ref)}", operation="cancel")
        return await self._ask.change(request, judge, about=ref)

    async def place_order(self, _account: str, order: NewOrder) -> PlaceOutcome:
        if CLIENT_ORDER_ID.fullmatch(order.client_order_id) is None:
            return refused_here(f"{order.client_order_id!r} is not a client order id here")
        pair = order.legs[0].symbol
        symbol = symbol_of(pair)
        try:
            found = await self._pairs.tell([symbol])
        except ReadFailed as error:
            return refused_here(f"whether {pair} is traded here is not known: {error}")
        if found[symbol] != pair:
            return refused_here(f"{pair} is not traded here")

        def judge(reply: Reply) -> PlaceOutcome:
            if reply.status != 200:
                failure = _read_refusal(reply)
                if isinstance(failure, CancelUnknown):
                    return failure
                return PlaceRejected(message=failure.message, raw=raw_of(reply))
            row = read_row(reply.body)
            must_be((row.symbol, row.client_order_id), (symbol, order.client_order_id))
            return Placed(orders=(row.to_domain(pair),), raw=raw_of(reply))

        request = Request("POST", f"/api/v3/order?{write_order(order, symbol)}", operation="place")
        return await self._ask.change(request, judge)

    async def look_up_order(self, _account: str, order: OrderRef) -> OrderLook:
        """Look in the order's pair; without a route, among all open orders and in pairs that can be tried.

        Absence then means: no open order has this id, and no closed one of these pairs.
        """
        order_id = order.brokerage_order_id
        if self._spec.order_id.fullmatch(order_id) is None:
            return LookFailed(f"{order_id!r} is not an order id here")

        def is_it(found: Order) -> bool:
            return found.brokerage_order_id == order_id

        if order.route:
            return await self._look_in(order.route, f"orderId={order_id}", is_it)
        return await self._search(f"orderId={order_id}", is_it)

    async def find_client_order(self, _account: str, client_order_id: ClientOrderId) -> OrderLook:
        """Look as for an order without a route: Binance finds a client order id within one symbol alone."""
        if CLIENT_ORDER_ID.fullmatch(client_order_id) is None:
            return OrderAbsent()

        def is_it(found: Order) -> bool:
            return found.client_order_id == client_order_id

        return await self._search(f"origClientOrderId={client_order_id}", is_it)

    async def list_orders(self, _account: str, since: datetime) -> Sequence[Order]:
        """List all open orders, and closed ones of the pairs that this account can have traded.

        Of each pair the latest are listed, back to those that were placed before `since`, and at most
        PAGES_MAX pages: one that had rested for long before it closed may be missing. Which pairs these are,
        `pairs.py` says.
        """
        open_ones = await self._open_orders("list")
        symbols, _ = await self._pairs.to_try([symbol_of(order.route) for order in open_ones])
        pairs = await self._pairs.tell(symbols)
        listed = {order.ref: order for order in open_ones}
        for symbol in symbols:
            for order in await self._history(symbol, pairs[symbol], since):
                # It was asked last, but comes from a database, which may lag: it is believed of ends alone.
                if order.status.is_closed and milliseconds(order.updated_at) >= milliseconds(since):
                    listed[order.ref] = order
        return sorted(listed.values(), key=lambda order: order.placed_at, reverse=True)

    async def _history(self, symbol: str, pair: str, since: datetime) -> Sequence[Order]:
        found: dict[str, Order] = {}
        until = ""
        for _ in range(PAGES_MAX):
            path = f"/api/v3/allOrders?symbol={quote(symbol, safe='')}&limit={PAGE_MAX}{until}"
            page = await self._ask.read(path, lambda body: _read_page(body, symbol, pair), "list")
            known = len(found)
            found |= {order.brokerage_order_id: order for order in page}
            earliest = min((order.placed_at for order in page), default=since)
            if len(page) < PAGE_MAX or earliest < since or len(found) == known:
                break
            until = f"&endTime={milliseconds(earliest)}"
        return list(found.values())

    async def _open_orders(self, operation: str) -> list[Order]:
        rows = await self._ask.read("/api/v3/openOrders", read_rows, operation)
        pairs = await self._pairs.tell(row.symbol for row in rows)
        return [row.to_domain(pairs[row.symbol]) for row in rows]

    async def _search(self, query: str, is_it: Callable[[Order], bool]) -> OrderLook:
        """Look everywhere: two symbols can have an id in common, and then neither order is the one meant."""
        try:
            open_ones = await self._open_orders("look_up")
            symbols, are_all = await self._pairs.to_try([symbol_of(order.route) for order in open_ones])
            pairs = await self._pairs.tell(symbols)
        except ReadFailed as error:
            return LookFailed(str(error))
        hits = [OrderFound(order=order) for order in open_ones if is_it(order)]
        seen_in = {hit.order.route for hit in hits}
        for pair in pairs.values():
            if pair in seen_in:
                continue
            look = await self._look_in(pair, query, is_it)
            if isinstance(look, OrderFound):
                hits.append(look)
            elif not isinstance(look, OrderAbsent):
                return look
        if len(hits) > 1:
            return OrderAmbiguous()
        if hits:
            return hits[0]
        return OrderAbsent() if are_all else LookFailed("it is not open, and in more pairs than can be tried")

    async def _look_in(self, pair: str, query: str, is_it: Callable[[Order], bool]) -> OrderLook:
        symbol = symbol_of(pair)

        def judge(reply: Reply) -> OrderLook | None:
            if reply.status == 200:
                row = read_row(reply.body)
                order = row.to_domain(pair)
                must_be((row.symbol, is_it(order)), (symbol, True))
                return OrderFound(order=order, raw=raw_of(reply))
            if not _is_refusal(reply):
                return None
            failure = read(reply.body, Failure)
            return OrderAbsent() if failure.code == _NO_SUCH_ORDER else LookFailed(failure.message)

        return await self._ask.look(f"/api/v3/order?symbol={quote(symbol, safe='')}&{query}", judge)

    async def _locate(self, account: str, order: OrderRef) -> OrderRef | NotSent:
        """Find the route of an order that came without; what is no id is left for `Asking` to refuse."""
        if order.route or self._spec.order_id.fullmatch(order.brokerage_order_id) is None:
            return order
        look = await self.look_up_order(account, order)
        match look:
            case OrderFound():
                return look.order.ref
            case OrderAbsent():
                return refused_here("the account shows no order of this id")
            case OrderAmbiguous():
                return refused_here("the account has several orders of this id")
            case LookFailed():
                return refused_here(f"the order was not found: {look.message}")
            case _:
                assert_never(look)


def _judge_canceled(reply: Reply, ref: OrderRef) -> Canceled | CancelPending:
    asked = (symbol_of(ref.route), ref.brokerage_order_id)
    mine = [row for row in read_canceled(reply.body) if (row.symbol, str(row.order_id)) == asked]
    must_be(len(mine), 1)
    order = mine[0].to_domain(ref.route)
    match order.status:
        case OrderStatus.CANCELED:
            return Canceled(raw=raw_of(reply), order=order)
        case OrderStatus.PENDING_CANCEL:
            return CancelPending(raw=raw_of(reply))
        case _:
            raise Unreadable(f"a success shows the order as {order.raw_status[:20]!r}")


def _judge_refused_cancel(reply: Reply) -> CancelRejected | CancelUnknown:
    failure = _read_refusal(reply)
    if isinstance(failure, CancelUnknown):
        return failure
    is_unknown = (failure.code, failure.msg) == _UNKNOWN_ORDER
    reason = CancelRejectReason.UNKNOWN_ORDER if is_unknown else CancelRejectReason.OTHER
    return CancelRejected(reason=reason, message=failure.message, raw=raw_of(reply))


def _read_refusal(reply: Reply) -> Failure | CancelUnknown:
    """Read why not, where that is proven; raises Unreadable for an answer that is not documented."""
    if reply.status == _BANNED:
        return CancelUnknown(cause=UnknownCause.RATE_LIMITED, message="the brokerage answered 418")
    if not _is_refusal(reply):
        raise Unreadable(f"{reply.status} is not a documented answer")
    failure = read(reply.body, Failure)
    if cause := _UNPROVEN.get(failure.code):
        return CancelUnknown(cause=cause, message=failure.message, raw=raw_of(reply))
    if failure.code not in _REFUSALS:
        raise Unreadable(f"the code {failure.code} is not a documented refusal")
    return failure


def _is_refusal(reply: Reply) -> bool:
    """Say whether the status is of the kind that Binance's codes go with; limits have their own."""
    return 400 <= reply.status < 500 and reply.status not in (_BANNED, 429)


def _read_page(body: bytes, symbol: str, pair: str) -> list[Order]:
    rows = read_rows(body)
    if any(row.symbol != symbol for row in rows):
        raise Unreadable("the list is of another symbol")
    return [row.to_domain(pair) for row in rows]


def _named(order: OrderRef) -> str:
    symbol = quote(symbol_of(order.route), safe="")
    return f"symbol={symbol}&orderId={quote(order.brokerage_order_id, safe='')}"
