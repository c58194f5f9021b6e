"""Orders at Coinbase: what each reply proves.

    signal                                          cancel                           place
    no byte left, or the credentials are no key     NotSent                          NotSent
    no reply, 401, 408, 429, 5xx                    CancelUnknown                    CancelUnknown
    a body not of the documented shape              CancelUnknown                    CancelUnknown
    200 about another order                         CancelUnknown                    CancelUnknown
    200 about no order, or about several            CancelUnknown
    200 "success": true                             CancelPending                    Placed
    200 "success": false
        UNKNOWN_CANCEL_ORDER                        CancelRejected UNKNOWN_ORDER
        ORDER_IS_FULLY_FILLED                       CancelRejected TOO_LATE
        DUPLICATE_CANCEL_REQUEST                    CancelRejected ALREADY_PENDING
        ORDER_IS_BEING_REPLACED,
            NOT_ALLOWED_TO_CANCEL,
            COMMANDER_REJECTED_CANCEL_ORDER,
            INVALID_CANCEL_FCM_TRADING_SESSION      CancelRejected BROKER_OPTION
        INVALID_CANCEL_REQUEST,
            INVALID_CANCEL_PRODUCT_ID               CancelRejected OTHER
        another word, or the one for none           CancelUnknown
        with a reason, in a word or in text                                          PlaceRejected
        without a reason                                                             CancelUnknown
    400, 403 with an error                          CancelRejected OTHER             PlaceRejected

A cancel's 200 is about the request, not about the order: a success says that it was submitted ("Cancel
Orders"), and UNKNOWN_CANCEL_FAILURE_REASON stands beside it, too. What became of the order only a look shows.
A reply to a placement names it by our own id; of a second one under the same id Coinbase makes no order, and
shows the first ("Create Order").
"""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from nostro.brokers.ask import as_asked, must_be, raw_of, refused_here
from nostro.brokers.coinbase.accounts import API, CoinbaseAccounts
from nostro.brokers.coinbase.changes import Failure, Refused, read_cancel, read_receipt, write_order
from nostro.brokers.coinbase.wire import read_order, read_orders, write_time
from nostro.brokers.reply import Unreadable, read
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Reply, Request, Transport
from nostro.domain.cancel import (
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    OrderAbsent,
    OrderFound,
    OrderLook,
    UnknownCause,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import Order, OrderRef
from nostro.domain.place import (
    NewOrder,
    Placed,
    PlaceOutcome,
    PlaceRejected,
)
from nostro.ports import Clock

OPEN_MAX = 1000
"""Coinbase lists no more open orders than these, and does not say that there are more ("List Orders" of 2024,
as its clients tiagosiebler/coinbase-api and QuantConnect/Lean quote it)."""

LOOK_BACK = timedelta(days=30)
"""Coinbase lists orders by when they were made. What is asked for is when they ended, and an order can rest
for ever: of one that rested for longer than this only a look by its id shows the end. A judgement."""

_BATCH = f"{API}/orders/historical/batch?"
_WAITING = "order_status=PENDING&order_status=QUEUED&order_status=CANCEL_QUEUED&order_status=EDIT_QUEUED&"
_OPEN = "order_status=OPEN&"
_PLACED_BY = ("", "order_placement_source=RETAIL_SIMPLE&")
"""Of what was placed in Coinbase's app for beginners a list tells only if it is asked for ("List Orders")."""

_NOT_FOUND = "order with this orderID was not found"
_MESSAGE_CHARS_MAX = 300

_REASONS = {
    "UNKNOWN_CANCEL_ORDER": CancelRejectReason.UNKNOWN_ORDER,
    "ORDER_IS_FULLY_FILLED": CancelRejectReason.TOO_LATE,
    "DUPLICATE_CANCEL_REQUEST": CancelRejectReason.ALREADY_PENDING,
    "ORDER_IS_BEING_REPLACED": CancelRejectReason.BROKER_OPTION,
    "NOT_ALLOWED_TO_CANCEL": CancelRejectReason.BROKER_OPTION,
    "COMMANDER_REJECTED_CANCEL_ORDER": CancelRejectReason.BROKER_OPTION,
    "INVALID_CANCEL_FCM_TRADING_SESSION": CancelRejectReason.BROKER_OPTION,
    "INVALID_CANCEL_REQUEST": CancelRejectReason.OTHER,
    "INVALID_CANCEL_PRODUCT_ID": CancelRejectReason.OTHER,
}


class CoinbaseBroker(CoinbaseAccounts):
    """One key's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, spec: BrokerSpec, clock: Clock) -> None:
        """Speak through `transport`, which signs."""
        super().__init__(transport, spec)
        self._clock = clock

    async def cancel_order(self, _account: str, order: OrderRef) -> CancelOutcome:
        def judge(reply: Reply) -> CancelOutcome:
            if reply.status != 200:
                message = _refusal(reply)
                return CancelRejected(reason=CancelRejectReason.OTHER, message=message, raw=raw_of(reply))
            result = read_cancel(reply.body)
            must_be(result.order_id, order.brokerage_order_id)
            if result.success:
                return CancelPending(raw=raw_of(reply))
            word = (result.failure_reason or "")[:_MESSAGE_CHARS_MAX]
            reason = _REASONS.get(word)
            if reason is None:
                message = f"the cancel failed for no reason that is known: {word!r}"
                cause = UnknownCause.UNREADABLE_REPLY
                return CancelUnknown(cause=cause, message=message, raw=raw_of(reply))
            return CancelRejected(reason=reason, message=word, raw=raw_of(reply))

        body = msgspec.json.encode({"order_ids": [order.brokerage_order_id]})
        request = Request("POST", f"{API}/orders/batch_cancel", body, operation="cancel")
        return await self._ask.change(request, judge, about=order)

    async def place_order(self, _account: str, order: NewOrder) -> PlaceOutcome:
        def judge(reply: Reply) -> PlaceOutcome:
            if reply.status != 200:
                return PlaceRejected(message=_refusal(reply), raw=raw_of(reply))
            said = read_receipt(reply.body)
            if isinstance(said, Refused):
                return PlaceRejected(message=said.message[:_MESSAGE_CHARS_MAX], raw=raw_of(reply))
            must_be(said.client_order_id, order.client_order_id)
            if self._spec.order_id.fullmatch(said.order_id) is None:
                raise Unreadable("the order was given no id")
            return Placed(orders=(as_asked(order, said.order_id, self._clock.now()),), raw=raw_of(reply))

        body = write_order(order)
        if body is None:
            return refused_here("orders of this kind are not placed here")
        return await self._ask.change(Request("POST", f"{API}/orders", body, operation="place"), judge)

    async def look_up_order(self, _account: str, order: OrderRef) -> OrderLook:
        def judge(reply: Reply) -> OrderLook | None:
            if reply.status == 404 and _NOT_FOUND in _failure(reply).words:
                return OrderAbsent()
            if reply.status != 200:
                return None
            found = read_order(reply.body)
            must_be(found.brokerage_order_id, order.brokerage_order_id)
            return OrderFound(order=found, raw=raw_of(reply))

        wanted = quote(order.brokerage_order_id, safe="")
        return await self._ask.look(f"{API}/orders/historical/{wanted}", judge)

    async def find_client_order(self, _account: str, client_order_id: ClientOrderId) -> OrderLook:
        """Look through the lists: Coinbase finds no order by this id."""
        try:
            for query in (_WAITING, _OPEN, ""):
                async with aclosing(self._rows(f"{_BATCH}{query}", read_orders, "list")) as rows:
                    async for order in rows:
                        if order.client_order_id == client_order_id:
                            return OrderFound(order=order)
        except ReadFailed as error:
            return LookFailed(str(error))
        return OrderAbsent()

    async def list_orders(self, _account: str, since: datetime) -> Sequence[Order]:
        """List open orders, and of those made LOOK_BACK before `since`, or later, what ended since then."""
        made_since = f"start_date={quote(write_time(since - LOOK_BACK), safe='')}&"
        found: dict[BrokerageOrderId, Order] = {}
        for placed_by in _PLACED_BY:
            found |= await self._list(placed_by + _WAITING)
            open_ones = await self._list(placed_by + _OPEN)
            if len(open_ones) >= OPEN_MAX:
                raise ReadFailed("the portfolio has more open orders than can be listed")
            # Asked last, it shows also what was open a moment ago.
            found |= open_ones | await self._list(placed_by + made_since)
        recent = [each for each in found.values() if not each.status.is_closed or each.updated_at >= since]
        return sorted(recent, key=lambda order: order.placed_at, reverse=True)

    async def _list(self, query: str) -> dict[BrokerageOrderId, Order]:
        rows = self._rows(f"{_BATCH}{query}", read_orders, "list")
        return {order.brokerage_order_id: order async for order in rows}


def _failure(reply: Reply) -> Failure:
    return read(reply.body, Failure)


def _refusal(reply: Reply) -> str:
    """Read why a change was refused; raises Unreadable for an answer that is not documented."""
    if reply.status not in (400, 403):
        raise Unreadable(f"{reply.status} is not a documented answer")
    return _failure(reply).words[:_MESSAGE_CHARS_MAX]
