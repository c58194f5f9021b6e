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
from functools import partial
from urllib.parse import quote

from nostro.brokers.ask import as_asked, must_be, raw_of, verified
from nostro.brokers.reply import Unreadable
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

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        def judge(reply: Reply) -> CancelOutcome | Reply:
            if reply.status == 401:
                return reply
            said = _read_change(reply)
            if isinstance(said, Refused):
                return CancelRejected(reason=_reason(said), message=said.message, raw=raw_of(reply))
            must_be(said.order_id, order.brokerage_order_id)
            return CancelPending(raw=raw_of(reply))

        request = Request("DELETE", _order_path(account, order), operation="cancel")
        outcome = await self._ask.change(request, judge, about=order, judged={401})
        return await self._judge_unauthorized(account, outcome) if isinstance(outcome, Reply) else outcome

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome:
        def judge(reply: Reply) -> PlaceOutcome:
            said = _read_change(reply)
            if isinstance(said, Refused):
                return PlaceRejected(message=said.message, raw=raw_of(reply))
            return Placed(orders=(as_asked(order, said.order_id, self._clock.now()),), raw=raw_of(reply))

        path = f"{account_path(account)}/orders"
        request = Request("POST", path, write_order(order), operation="place", headers=_FORM)
        outcome = await self._ask.change(request, judge)
        if not isinstance(outcome, Placed):
            return outcome
        return await verified(
            outcome, order, partial(self.look_up_order, account), partial(self.find_client_order, account)
        )

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        def judge(reply: Reply) -> OrderLook | None:
            if reply.status == 401 and _names_account(reply):
                return OrderAbsent()
            if reply.status != 200:
                return None
            found = read_order(reply.body)
            must_be(found.brokerage_order_id, order.brokerage_order_id)
            return OrderFound(order=found, raw=raw_of(reply))

        look = await self._ask.look(f"{_order_path(account, order)}?includeTags=true", judge)
        if isinstance(look, OrderAbsent) and not await self._is_mine(account):
            return LookFailed("the brokerage answered 401")
        return look

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
        return await self._ask.read(f"{account_path(account)}/orders?includeTags=true", read_orders, "list")

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


def _reason(refused: Refused) -> CancelRejectReason:
    found = _FINALIZED.fullmatch(refused.message)
    is_late = found is not None and STATUSES.get(found[1], OrderStatus.UNRECOGNIZED).is_closed
    return CancelRejectReason.TOO_LATE if is_late else CancelRejectReason.OTHER


def _names_account(reply: Reply) -> bool:
    return _UNAUTHORIZED.fullmatch(reply.body.decode("utf-8", "replace")) is not None


def _order_path(account: str, order: OrderRef) -> str:
    return f"{account_path(account)}/orders/{quote(order.brokerage_order_id, safe='')}"
