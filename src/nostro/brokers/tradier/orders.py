"""Orders at Tradier: what each reply proves.

    signal                                           cancel                          place
    no byte left                                     NotSent                         NotSent
    no reply, 408, 429, 5xx                          CancelUnknown                   CancelUnknown
    a body with a "fault", at any status             CancelUnknown                   CancelUnknown
    a body not of the documented shape               CancelUnknown                   CancelUnknown
    200 "status": "ok", of this order                CancelPending                   Placed
    200 "status": "ok", of another order, which
        of a placement a look with its tag shows     CancelUnknown                   CancelUnknown
    200 or 400 with "errors"                         CancelRejected OTHER            PlaceRejected
    400 order already in finalized state: filled     CancelRejected TOO_LATE         PlaceRejected
    400 in any other words of text                   CancelRejected OTHER            PlaceRejected
    401 Unauthorized Account, and the profile,
        asked next, shows this account               CancelRejected UNKNOWN_ORDER    CancelUnknown
    401 otherwise                                    CancelUnknown                   CancelUnknown

A 200 says that the request was taken; what became of the order only a look shows. Tradier answers a wrong id
as it answers a wrong account, with a 401; so a 401 says nothing of the token before the profile was read.
A fault comes from the gateway in front of Tradier's order service. (Measured in the sandbox by one of its
users, September 2026; the rest: see SOURCES.)
"""

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from nostro.brokers.ask import as_asked, change
from nostro.brokers.reply import Unreadable, read_raw
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tradier.accounts import TradierAccounts, account_path
from nostro.brokers.tradier.wire import (
    STATUSES,
    Refused,
    Taken,
    read_order,
    read_orders,
    read_receipt,
    write_order,
)
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
    OrderAmbiguous,
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
    Replacement,
    ReplaceOutcome,
)
from nostro.ports import Clock

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TEXT_CHARS_MAX = 300
_FINALIZED = re.compile(r"order already in finalized state: (\w+)")
_UNAUTHORIZED = re.compile(r"\s*Unauthorized Account: ?\w*\s*")


class TradierBroker(TradierAccounts):
    """One token's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, spec: BrokerSpec, clock: Clock) -> None:
        """Speak through `transport`, which holds the token."""
        super().__init__(transport, spec)
        self._clock = clock

    @property
    def spec(self) -> BrokerSpec:
        return self._spec

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        if self._spec.order_id.fullmatch(order.brokerage_order_id) is None:
            return _refused_here(f"{order.brokerage_order_id!r} is not an order id here")
        request = Request("DELETE", _order_path(account, order), operation="cancel")
        reply = await change(self._transport, request, self._spec.request_timeout_s, judged={401})
        if not isinstance(reply, Reply):
            return reply
        if reply.status == 401:
            return await self._judge_unauthorized(account, reply)
        try:
            said = _read_change(reply)
        except Unreadable as error:
            return CancelUnknown(cause=UnknownCause.UNREADABLE_REPLY, message=str(error))
        if isinstance(said, Refused):
            return CancelRejected(reason=_reason(said), message=said.message, raw=_raw(reply))
        if said.order_id != order.brokerage_order_id:
            return _about_another(reply)
        return CancelPending(raw=_raw(reply))

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome:
        request = Request(
            "POST", f"{account_path(account)}/orders", write_order(order), operation="place", headers=_FORM
        )
        reply = await change(self._transport, request, self._spec.request_timeout_s)
        if not isinstance(reply, Reply):
            return reply
        try:
            said = _read_change(reply)
        except Unreadable as error:
            return CancelUnknown(cause=UnknownCause.UNREADABLE_REPLY, message=str(error))
        if isinstance(said, Refused):
            return PlaceRejected(message=said.message, raw=_raw(reply))
        return await self._placed(account, order, said.order_id, reply)

    async def _placed(
        self, account: str, order: NewOrder, order_id: BrokerageOrderId, reply: Reply
    ) -> Placed | CancelUnknown:
        """Look whose id it is: a receipt has nothing else. Where no look succeeds it is believed."""
        look = await self.look_up_order(account, OrderRef(order_id))
        if isinstance(look, LookFailed):
            return Placed(orders=(as_asked(order, order_id, self._clock.now()),), raw=_raw(reply))
        if not _is_of(look, order):
            look = await self.find_client_order(account, order.client_order_id)
        if isinstance(look, OrderFound) and _is_of(look, order):
            return Placed(orders=(look.order,), raw=_raw(reply))
        return _about_another(reply)

    async def place_group(self, _account: str, _group: NewGroup) -> PlaceOutcome:
        return _refused_here("groups of orders are not placed here")

    async def replace_order(self, _account: str, _order: OrderRef, _terms: Replacement) -> ReplaceOutcome:
        return _refused_here("orders are not replaced here")

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        request = Request("GET", f"{_order_path(account, order)}?includeTags=true", operation="look_up")
        try:
            reply = await self._transport.send(request, self._spec.request_timeout_s)
            if reply.status == 401:
                is_absent = _names_account(reply) and await self._is_mine(account)
                return OrderAbsent() if is_absent else LookFailed("the brokerage answered 401")
            if reply.status != 200:
                return LookFailed(f"the brokerage answered {reply.status}")
            found = read_order(reply.body)
        except (TransportError, Unreadable) as error:
            return LookFailed(str(error))
        if found.brokerage_order_id != order.brokerage_order_id:
            return LookFailed("the reply is about another order")
        return OrderFound(order=found, raw=_raw(reply))

    async def find_client_order(self, account: str, client_order_id: ClientOrderId) -> OrderLook:
        """Look through the list: Tradier finds no order by its tag."""
        try:
            listed = await self._list(account)
        except ReadFailed as error:
            return LookFailed(str(error))
        hits = [order for order in listed if order.client_order_id == client_order_id]
        if len(hits) > 1:
            return OrderAmbiguous()
        return OrderFound(order=hits[0]) if hits else OrderAbsent()

    async def list_orders(self, account: str, since: datetime) -> Sequence[Order]:
        """List what Tradier shows: what is open, and what was closed in this trading day."""
        listed = await self._list(account)
        recent = [order for order in listed if not order.status.is_closed or order.updated_at >= since]
        return sorted(recent, key=lambda order: order.placed_at, reverse=True)

    async def _list(self, account: str) -> list[Order]:
        return await self._get(f"{account_path(account)}/orders?includeTags=true", read_orders, "list")

    async def _judge_unauthorized(self, account: str, reply: Reply) -> CancelRejected | CancelUnknown:
        if _names_account(reply) and await self._is_mine(account):
            message = reply.body.decode().strip()
            return CancelRejected(reason=CancelRejectReason.UNKNOWN_ORDER, message=message, raw=None)
        return CancelUnknown(cause=UnknownCause.AUTH_REFUSED, message="the brokerage answered 401")

    async def _is_mine(self, account: str) -> bool:
        """Say whether the token is good, and this account its own."""
        try:
            return any(each.number == account for each in await self.list_accounts())
        except ReadFailed:
            return False


def _read_change(reply: Reply) -> Taken | Refused:
    """Read the answer to a change; raises Unreadable for one that Tradier's documents do not have."""
    if reply.status not in (200, 400):
        raise Unreadable(f"{reply.status} is not a documented answer")
    if reply.status == 400 and reply.headers.get("content-type", "").startswith("text/plain"):
        return Refused(reply.body.decode("utf-8", "replace").strip()[:_TEXT_CHARS_MAX])
    said = read_receipt(reply.body)
    if reply.status == 400 and isinstance(said, Taken):
        raise Unreadable("the reply takes the request and refuses it")
    return said


def _is_of(look: OrderLook, order: NewOrder) -> bool:
    return isinstance(look, OrderFound) and look.order.client_order_id == order.client_order_id


def _about_another(reply: Reply) -> CancelUnknown:
    return CancelUnknown(
        cause=UnknownCause.OTHER_ORDER_IN_REPLY, message="the reply is about another order", raw=_raw(reply)
    )


def _reason(refused: Refused) -> CancelRejectReason:
    found = _FINALIZED.fullmatch(refused.message)
    is_late = found is not None and STATUSES.get(found[1], OrderStatus.UNRECOGNIZED).is_closed
    return CancelRejectReason.TOO_LATE if is_late else CancelRejectReason.OTHER


def _names_account(reply: Reply) -> bool:
    return _UNAUTHORIZED.fullmatch(reply.body.decode("utf-8", "replace")) is not None


def _raw(reply: Reply) -> dict[str, object] | None:
    """Keep the reply's JSON; a refusal in text has none."""
    try:
        return dict(read_raw(reply.body))
    except Unreadable:
        return None


def _refused_here(message: str) -> NotSent:
    return NotSent(cause=NotSentCause.REFUSED_LOCALLY, message=message)


def _order_path(account: str, order: OrderRef) -> str:
    return f"{account_path(account)}/orders/{quote(order.brokerage_order_id, safe='')}"
