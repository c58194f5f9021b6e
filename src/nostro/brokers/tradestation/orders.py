"""Orders at TradeStation: what each reply proves.

    signal                                       cancel                           place
    no byte left                                 NotSent                          NotSent
    no read shows the order in this account      NotSent
    no reply, 401, 408, 429, 5xx                 CancelUnknown                    CancelUnknown
    a status or a body that no document has      CancelUnknown                    CancelUnknown
    an error whose title is a failure's          CancelUnknown                    CancelUnknown
    200 "Cancel request sent", of this order     CancelPending
    200 in other words                           CancelUnknown
    200 with one order                                                            Placed
    200 with one error, FAILED or a refusal's                                     PlaceRejected
    200 about another order, which of a
        placement a look at it shows             CancelUnknown                    CancelUnknown
    400, 403, 404 "Not an open order."           CancelRejected TOO_LATE          PlaceRejected
    400, 403, 404 "Invalid order ID."            CancelRejected UNKNOWN_ORDER     PlaceRejected
    400, 403, 404 in other words                 CancelRejected OTHER             PlaceRejected

A cancel names no account: no document keeps it from another account's order of the same log-in. So an order
has to be shown by a read of this very account first. Which account showed it is the order's route: an order
never moves, so that what was seen once need not be read again.

The two texts are what users of Lean were answered with (its `_cancelOrderSoftRejects`): the first for an
order that is closed, the second for one that is not kept any more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import assert_never
from urllib.parse import urlencode

from nostro.brokers.ask import as_asked, must_be, raw_of, refused_here
from nostro.brokers.reply import Unreadable, read
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tradestation.accounts import TradeStationAccounts, account_path
from nostro.brokers.tradestation.spec import HISTORY
from nostro.brokers.tradestation.spelling import write_order
from nostro.brokers.tradestation.wire import Problem, Receipt, read_one, read_page, read_placed
from nostro.brokers.transport import Reply, Request, Transport
from nostro.domain.cancel import (
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
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import Order, OrderRef, Side
from nostro.domain.place import (
    NewOrder,
    Placed,
    PlaceOutcome,
    PlaceRejected,
)
from nostro.ports import Clock

PAGE_MAX = 300
"""Orders in one answer. TradeStation gives up to 600, which could be more than is read of one answer."""

PAGES_MAX = 40
"""Requests that one list may take."""

_ORDERS = "/v3/orderexecution/orders"
_SENT = "Cancel request sent"
_TEXT_CHARS_MAX = 300

_FAILURES = (
    "Unauthorized",
    "TooManyRequests",
    "InternalServerError",
    "NotImplemented",
    "ServiceUnavailable",
    "GatewayTimeout",
)
"""Titles of errors that refuse nothing (schema `ErrorResponse`; it has BadRequest and Forbidden, too)."""

_REFUSALS = ("FAILED", "BadRequest", "Forbidden")
"""Titles of errors within a success ("Place Order", its example)."""

_INVALID_ID = "Invalid order ID."
_REASONS = {
    "Not an open order.": CancelRejectReason.TOO_LATE,
    _INVALID_ID: CancelRejectReason.UNKNOWN_ORDER,
}


class TradeStationBroker(TradeStationAccounts):
    """One customer's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, spec: BrokerSpec, clock: Clock) -> None:
        """Speak through `transport`, which holds the token."""
        super().__init__(transport, spec)
        self._clock = clock

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        if not order.route or order.route != account:
            unproven = await self._refuse_unseen(account, order)
            if unproven is not None:
                return unproven
        request = Request("DELETE", f"{_ORDERS}/{order.brokerage_order_id}", operation="cancel")
        return await self._ask.change(request, lambda reply: _judge_cancel(reply, order), about=order)

    async def _refuse_unseen(self, account: str, order: OrderRef) -> NotSent | None:
        look = await self.look_up_order(account, order)
        match look:
            case OrderFound():
                return None
            case OrderAbsent() | OrderAmbiguous():
                return refused_here("the account shows no order of this id")
            case LookFailed(message=message):
                return refused_here(f"whether the order is this account's is not known: {message}")
            case _:
                assert_never(look)

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome:
        def judge(reply: Reply) -> PlaceOutcome:
            said = _read_placed(reply)
            if said.error:
                return PlaceRejected(message=_words(said), raw=raw_of(reply))
            if self._spec.order_id.fullmatch(said.order_id) is None:
                raise Unreadable("the reply names no order")
            placed = as_asked(order, BrokerageOrderId(said.order_id), self._clock.now())
            return Placed(orders=(placed,), raw=raw_of(reply))

        body = write_order(order, account, self._clock.now().year)
        outcome = await self._ask.change(Request("POST", _ORDERS, body, operation="place"), judge)
        return await self._verify(account, outcome) if isinstance(outcome, Placed) else outcome

    async def _verify(self, account: str, placed: Placed) -> PlaceOutcome:
        """Look whose id it is: a receipt has nothing else. Where no look shows the order it is believed."""
        [told] = placed.orders
        look = await self.look_up_order(account, told.ref)
        if not isinstance(look, OrderFound):
            return placed
        if _traded(look.order) != _traded(told):
            cause, message = UnknownCause.OTHER_ORDER_IN_REPLY, "the reply is about another order"
            return CancelUnknown(cause=cause, message=message, raw=placed.raw)
        return replace(placed, orders=(replace(look.order, client_order_id=told.client_order_id),))

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        """Look among the open orders and those of today, and then among the older ones."""
        order_id = order.brokerage_order_id
        if self._spec.order_id.fullmatch(order_id) is None:
            return LookFailed(f"{order_id!r} is not an order id here")
        try:
            path = account_path(account)
        except ReadFailed as error:
            return LookFailed(str(error))
        look: OrderLook = OrderAbsent()
        for page in (f"orders/{order_id}", f"historicalorders/{order_id}?since={self._earliest()}"):
            look = await self._ask.look(f"{path}/{page}", lambda reply: _judge_look(reply, account, order_id))
            if not isinstance(look, OrderAbsent):
                break
        return look

    async def find_client_order(self, _account: str, _client_order_id: ClientOrderId) -> OrderLook:
        return LookFailed("orders carry no id of the customer's at this brokerage")

    async def list_orders(self, account: str, since: datetime) -> Sequence[Order]:
        """List open orders and today's, and the older ones that were closed at or after `since`."""
        path = account_path(account)
        found = await self._list(f"{path}/historicalorders", account, since, since=self._earliest())
        found |= await self._list(f"{path}/orders", account, None)
        recent = [each for each in found.values() if not each.status.is_closed or each.updated_at >= since]
        return sorted(recent, key=lambda order: order.placed_at, reverse=True)

    async def _list(self, path: str, account: str, until: datetime | None, **said: str) -> dict[str, Order]:
        """List all pages, or those up to `until`: orders that are closed come the latest first.

        Raises ReadFailed also where there are more than can be listed.
        """
        found: dict[str, Order] = {}
        query = {**said, "pageSize": str(PAGE_MAX)}
        for _ in range(PAGES_MAX):
            page = await self._ask.read(
                f"{path}?{urlencode(query)}", lambda body: read_page(body, account), "list"
            )
            found |= {order.brokerage_order_id: order for order in page.orders}
            is_enough = until is not None and page.ends_at is not None and page.ends_at < until
            if is_enough or not page.next_token:
                return found
            query["nextToken"] = page.next_token
        raise ReadFailed("the account has more orders than can be listed")

    def _earliest(self) -> str:
        """Give the first day whose orders are asked for: whether by its beginning or its end is not said."""
        return f"{self._clock.now() - HISTORY:%Y-%m-%d}"


def _judge_cancel(reply: Reply, order: OrderRef) -> CancelOutcome:
    if reply.status == 200:
        receipt = read(reply.body, Receipt)
        must_be(receipt.order_id, order.brokerage_order_id)
        if receipt.error or receipt.message.rstrip(".") != _SENT:
            raise Unreadable("the reply neither takes the request nor refuses it")
        return CancelPending(raw=raw_of(reply))
    problem = _read_problem(reply)
    reason = _REASONS.get(problem.message, CancelRejectReason.OTHER)
    return CancelRejected(reason=reason, message=_words(problem), raw=raw_of(reply))


def _read_placed(reply: Reply) -> Receipt | Problem:
    if reply.status != 200:
        return _read_problem(reply)
    receipt = read_placed(reply.body)
    if receipt.error and receipt.error not in _REFUSALS:
        raise Unreadable(f"{receipt.error!r} is no refusal")
    return receipt


def _judge_look(reply: Reply, account: str, order_id: str) -> OrderLook | None:
    if reply.status == 200:
        found = read_one(reply.body, account, order_id)
        if isinstance(found, Order):
            return OrderFound(order=found, raw=raw_of(reply))
        is_absent = found is None or found.error not in (*_FAILURES, "Forbidden")
        return OrderAbsent() if is_absent else None
    if reply.status not in (400, 404):
        return None
    problem = _read_problem(reply)
    return OrderAbsent() if reply.status == 404 or problem.message == _INVALID_ID else None


def _read_problem(reply: Reply) -> Problem:
    """Read why a request was refused; raises Unreadable for an answer that refuses nothing."""
    if reply.status not in (400, 403, 404):
        raise Unreadable(f"{reply.status} is not a documented answer")
    problem = read(reply.body, Problem)
    if problem.error in _FAILURES:
        raise Unreadable(f"{problem.error!r} is no refusal")
    return problem


def _words(said: Receipt | Problem) -> str:
    return (said.message or said.error or "")[:_TEXT_CHARS_MAX]


def _traded(order: Order) -> set[tuple[str, Side, Decimal]]:
    """Say what an order trades: how its units are counted is not always TradeStation's way."""
    whole = order.quantity or Decimal(0)
    return {(leg.instrument.symbol, leg.side, whole * leg.ratio) for leg in order.legs}
