"""Orders at Kraken: what each reply proves.

    signal                                          cancel                           place
    no byte left                                    NotSent                          NotSent
    no reply, 401, 408, 429, 5xx                    CancelUnknown                    CancelUnknown
    any other status than 200                       CancelUnknown                    CancelUnknown
    a body not of the documented shape              CancelUnknown                    CancelUnknown
    words of which one is no refusal (`failure`)    CancelUnknown                    CancelUnknown
    EOrder:Unknown order                            CancelRejected UNKNOWN_ORDER     PlaceRejected
    EOrder:Cancel pending                           CancelRejected ALREADY_PENDING   PlaceRejected
    words of refusal otherwise                      CancelRejected OTHER             PlaceRejected
    count 1, or pending, of one order               CancelPending
    count 0 and not pending, or more than 1         CancelUnknown
    one txid, whose order carries our id                                             Placed
    one txid, and no look succeeds                                                   Placed
    one txid, of another order, or of none                                           by a look with our id

A cancel's reply counts orders and names none; how much of the order was filled it does not say either. So it
says no more than that the request was taken, and a look shows the rest. "Unknown order" is also the answer
for an order that has ended (github.com/ccxt/ccxt, issue 7338).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from nostro.brokers.ask import as_asked, must_be, raw_of, refused_here, verified
from nostro.brokers.kraken.accounts import KrakenAccounts
from nostro.brokers.kraken.failure import Failure, read_failure
from nostro.brokers.kraken.wire import (
    read_canceled_count,
    read_closed,
    read_open,
    read_queried,
    read_receipt,
    write_order,
)
from nostro.brokers.reply import Unreadable
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
    OrderAmbiguous,
    OrderFound,
    OrderLook,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order, OrderRef
from nostro.domain.place import (
    NewOrder,
    Placed,
    PlaceOutcome,
    PlaceRejected,
)
from nostro.ports import Clock

PAGE_MAX = 50
"""Closed orders in one answer ("Get Closed Orders")."""

PAGES_MAX = 20

_CLIENT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[!-~]{1,18}")
"""A UUID in one of two spellings, or a short text ("Spot Client Order Identifiers")."""

_REASONS = {
    "EOrder:Unknown order": CancelRejectReason.UNKNOWN_ORDER,
    "EOrder:Cancel pending": CancelRejectReason.ALREADY_PENDING,
}
_ABSENT = frozenset({"EOrder:Unknown order", "EOrder:Invalid order", "EQuery:Unknown order"})
"""What users of QueryOrders saw for an id that is nobody's; no document names the word."""


class KrakenBroker(KrakenAccounts):
    """One key's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, spec: BrokerSpec, clock: Clock) -> None:
        """Speak through `transport`, which signs."""
        super().__init__(transport, spec)
        self._clock = clock

    async def cancel_order(self, _account: str, order: OrderRef) -> CancelOutcome:
        form = urlencode({"txid": order.brokerage_order_id})
        request = Request("POST", f"/0/private/CancelOrder?{form}", operation="cancel")
        return await self._ask.change(request, _judge_cancel, about=order)

    async def place_order(self, _account: str, order: NewOrder) -> PlaceOutcome:
        amounts = (order.quantity, order.limit_price, order.stop_price)
        if order.quantity is None or any(each is not None and each <= 0 for each in amounts):
            # A sign makes a price relative to the market's, and a volume of zero closes a position.
            return refused_here("an order here names a quantity, and positive amounts only")
        if _CLIENT_ID.fullmatch(order.client_order_id) is None:
            return refused_here("a client order id here is a UUID, or at most 18 characters")
        symbol = order.legs[0].symbol
        try:
            pair = await self._names.pair_of(symbol)
        except ReadFailed as error:
            return refused_here(f"the brokerage's name for {symbol} could not be read: {error}")
        if pair is None:
            return refused_here(f"{symbol} is not traded here")

        def judge(reply: Reply) -> PlaceOutcome:
            failure = _failure(reply)
            if failure is not None:
                return _unknown(failure, reply) or PlaceRejected(message=failure.message, raw=raw_of(reply))
            order_id = read_receipt(reply.body)
            if self._spec.order_id.fullmatch(order_id) is None:
                raise Unreadable("the reply names no order")
            placed = as_asked(order, order_id, self._clock.now())
            return Placed(orders=(placed,), raw=raw_of(reply))

        request = Request("POST", f"/0/private/AddOrder?{write_order(order, pair)}", operation="place")
        outcome = await self._ask.change(request, judge)
        if not isinstance(outcome, Placed):
            return outcome
        told = await verified(
            outcome, order, partial(self.look_up_order, ""), partial(self.find_client_order, "")
        )
        if not isinstance(told, Placed):
            return told
        # Kraken does not show how long an order stays.
        return replace(told, orders=(replace(told.orders[0], time_in_force=order.time_in_force),))

    async def look_up_order(self, _account: str, order: OrderRef) -> OrderLook:
        if self._spec.order_id.fullmatch(order.brokerage_order_id) is None:
            return LookFailed(f"{order.brokerage_order_id!r} is not an order id here")

        def judge(reply: Reply) -> OrderLook | None:
            failure = _failure(reply)
            if failure is not None:
                return OrderAbsent() if failure.message in _ABSENT else None
            found = read_queried(reply.body)
            if not found:
                return OrderAbsent()
            must_be([each.brokerage_order_id for each in found], [order.brokerage_order_id])
            return OrderFound(order=found[0], raw=raw_of(reply))

        form = urlencode({"txid": order.brokerage_order_id})
        look = await self._ask.look(f"/0/private/QueryOrders?{form}", judge)
        return await self._named(look) if isinstance(look, OrderFound) else look

    async def find_client_order(self, _account: str, client_order_id: ClientOrderId) -> OrderLook:
        """Look through the open orders and the closed ones: Kraken keeps ids apart among the open alone."""
        form = urlencode({"cl_ord_id": client_order_id})
        try:
            listed = await self._ask.read(f"/0/private/OpenOrders?{form}", read_open, "look_up")
            listed += await self._ask.read(f"/0/private/ClosedOrders?{form}", read_closed, "look_up")
        except ReadFailed as error:
            return LookFailed(str(error))
        if any(each.client_order_id != client_order_id for each in listed):
            return LookFailed("the reply is about another order")
        found = {order.brokerage_order_id: order for order in listed}
        if len(found) > 1:
            return OrderAmbiguous()
        return await self._named(OrderFound(order=listed[-1])) if found else OrderAbsent()

    async def list_orders(self, _account: str, since: datetime) -> Sequence[Order]:
        """List open orders, and the closed ones that ended at or after `since`."""
        open_ones = await self._ask.read("/0/private/OpenOrders", read_open, "list")
        # One that ends between the two reads is in both: what is read last holds.
        found = {order.brokerage_order_id: order for order in open_ones} | await self._closed(since)
        listed = await self._names.named(list(found.values()))
        return sorted(listed, key=lambda order: order.placed_at, reverse=True)

    async def _closed(self, since: datetime) -> dict[str, Order]:
        found: dict[str, Order] = {}
        after = max(int(since.timestamp()) - 1, 0)  # whole seconds, and later than that
        for page in range(PAGES_MAX):
            form = urlencode({"start": after, "closetime": "close", "ofs": page * PAGE_MAX})
            listed = await self._ask.read(f"/0/private/ClosedOrders?{form}", read_closed, "list")
            found |= {order.brokerage_order_id: order for order in listed if order.updated_at >= since}
            if len(listed) < PAGE_MAX:
                return found
        raise ReadFailed("the account has more closed orders than can be listed")

    async def _named(self, look: OrderFound) -> OrderLook:
        try:
            [order] = await self._names.named([look.order])
        except ReadFailed as error:
            return LookFailed(str(error))
        return replace(look, order=order)


def _judge_cancel(reply: Reply) -> CancelOutcome:
    failure = _failure(reply)
    if failure is not None:
        reason = _REASONS.get(failure.message, CancelRejectReason.OTHER)
        refused = CancelRejected(reason=reason, message=failure.message, raw=raw_of(reply))
        return _unknown(failure, reply) or refused
    count, is_pending = read_canceled_count(reply.body)
    if count == 1 or (count == 0 and is_pending):
        return CancelPending(raw=raw_of(reply))
    raise Unreadable(f"the reply counts {count} orders, and one was to be canceled")


def _failure(reply: Reply) -> Failure | None:
    """Read what Kraken's words are; raises Unreadable for a status at which it has none."""
    if reply.status != 200:
        raise Unreadable(f"{reply.status} is not a documented answer")
    return read_failure(reply.body)


def _unknown(failure: Failure, reply: Reply) -> CancelUnknown | None:
    """Say that nothing is proven; None for a refusal."""
    if failure.cause is None:
        return None
    return CancelUnknown(cause=failure.cause, message=failure.message, raw=raw_of(reply))
