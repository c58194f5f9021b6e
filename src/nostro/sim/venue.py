"""The embedded brokerage as it looks from outside: one face behind the declared faults.

    receive()    log the request, apply the fault that matches, carry it out or not  -> Delivery
    delivered()  log the reply that left, and what the fault does after it

A `Delivery` says what the caller shall see, so that any carrier, a call in this process or a socket, can do
it.
"""

import asyncio
import contextlib
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from math import inf

from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut, Transport
from nostro.ports import Clock
from nostro.sim.exchange import Exchange
from nostro.sim.face import Call, Caller, Conditions, Face
from nostro.sim.faults import NOT_DONE, Fault, FaultKind, FaultPlan
from nostro.sim.native import NATIVE
from nostro.sim.refusals import Refused

HUGE_BYTES = 2 * 1024 * 1024
_BOMB_BYTES = 64 * 1024 * 1024
_HTML = b"<!doctype html><html><body><h1>Service temporarily unavailable</h1></body></html>"
_ACKNOWLEDGES = (FaultKind.ACK_ONLY, FaultKind.ACK_THEN_FILL)
_HANGS = (FaultKind.HANG, FaultKind.REPLY_DELAYED, FaultKind.REPLY_AFTER_OUR_DEADLINE)
_DROPS = (FaultKind.REPLY_LOST, FaultKind.ACCEPTED_THEN_RESET)
_ERROR_STATUSES = {
    FaultKind.ERROR_500_DONE: 500,
    FaultKind.ERROR_500_NOT_DONE: 500,
    FaultKind.RATE_LIMITED: 429,
}
_ERRORS = {
    FaultKind.ERROR_502_DONE: Reply(502, _HTML),
    FaultKind.ERROR_502_NOT_DONE: Reply(502, _HTML),
    FaultKind.ERROR_503_DONE: Reply(503, _HTML),
    FaultKind.ERROR_503_NOT_DONE: Reply(503, _HTML),
    FaultKind.ERROR_504_DONE: Reply(504, _HTML),
    FaultKind.ERROR_504_NOT_DONE: Reply(504, _HTML),
    FaultKind.REDIRECT_TO_OTHER_HOST: Reply(307, b""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the caller of one request shall see."""

    operation: str
    order_id: str | None
    reply: Reply | None
    """None: the connection drops."""
    headers: tuple[tuple[str, str], ...] = ()
    """What the reply carries besides its type and length."""
    is_refused: bool = False
    """The connection is refused; nothing was received."""
    hangs: bool = False
    """It takes `delay_s`, or until the faults are cleared."""
    delay_s: float | None = None
    """None: for ever."""
    resets: bool = False
    """The connection does not close but is reset."""
    drips: bool = False
    """The reply comes one byte a second."""
    fills_after: bool = False
    """The order fills as soon as the reply has left."""


class EmbeddedVenue:
    def __init__(self, exchange: Exchange, faults: FaultPlan, clock: Clock, face: Face = NATIVE) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clock = clock
        self.face = face
        self._last_lists: dict[tuple[object, ...], Reply] = {}
        """By customer, account as the path names it, and kind of list; what a list that lags shows."""

    def transport(self, api_key: str) -> Transport:
        """Return one customer's way in, within this process. A wrong key is answered with 401."""
        return _InProcess(self, self._faults, self._clock, api_key)

    def find_caller(self, request: Request) -> Caller:
        """Find whose request it is.

        Signatures and tokens are as old as the wall's clock says: the exchange's may be moved ahead.
        """
        try:
            return self.face.customer(request, self._clock.now())
        except Refused as refused:
            return refused

    def receive(self, caller: Caller, request: Request) -> Delivery:
        """Do what the request asks for, as far as the declared faults let it."""
        call = self.face.understand(request)
        operation = call.operation if call else "read"
        order_id = call.order_id if call else None
        fault = self._faults.take(operation, order_id)
        if fault is not None and fault.kind is FaultKind.DROP_BEFORE:
            return Delivery(operation=operation, order_id=order_id, reply=None, is_refused=True)
        detail: dict[str, object] = {"fault": fault.kind.value} if fault else {}
        times = 2 if fault is not None and fault.kind is FaultKind.DUPLICATE_DELIVERY else 1
        for _ in range(times):
            self._exchange.record("request_received", operation, order_id, None, detail)
            reply = self._carry_out(caller, call, fault)
        if fault is None:
            return Delivery(operation=operation, order_id=order_id, reply=reply)
        return Delivery(
            operation=operation,
            order_id=order_id,
            reply=self._spoil(fault.kind, reply),
            headers=tuple(_headers(fault.kind, request)),
            hangs=fault.kind in _HANGS,
            delay_s=fault.delay_s,
            resets=fault.kind is FaultKind.ACCEPTED_THEN_RESET,
            drips=fault.kind is FaultKind.SLOW_DRIP,
            fills_after=fault.kind is FaultKind.ACK_THEN_FILL and reply is not None and reply.status < 300,
        )

    def _carry_out(self, caller: Caller, call: Call | None, fault: Fault | None) -> Reply | None:
        """Return the brokerage's true reply, or None where the fault lets nothing be done."""
        at, hides = self._clock.now(), self._faults.hides
        api_key = caller if isinstance(caller, str) else ""
        if fault is None:
            reply = self.face.perform(self._exchange, caller, call, Conditions(at=at, hides=hides))
            if call is not None and call.operation == "list" and reply.status == 200:
                self._last_lists[api_key, call.account, call.answer] = reply
            return reply
        if fault.kind is FaultKind.LIST_LAGS and call is not None:
            return self._last_lists.get((api_key, call.account, call.answer), self.face.no_orders())
        lagging = call if fault.kind is FaultKind.NOT_FOUND_LAG else None
        if lagging is not None and lagging.operation != "place":
            self._faults.hide(self._named_by(api_key, lagging), fault.delay_s or 0.0)
        forgets = fault.kind is FaultKind.ACK_NEVER_CANCELS
        if not fault.processed or (fault.kind in NOT_DONE and not forgets):
            return None
        conditions = Conditions(
            at=at,
            hides=hides,
            acknowledge_only=fault.kind in _ACKNOWLEDGES,
            acknowledge_delay_s=fault.delay_s,
            forgets_cancels=forgets,
        )
        is_place = lagging is not None and lagging.operation == "place"
        before = self._orders_of(api_key) if is_place else set()
        reply = self.face.perform(self._exchange, caller, call, conditions)
        if is_place:
            self._faults.hide(self._orders_of(api_key) - before, fault.delay_s or 0.0)
        return reply

    def _orders_of(self, api_key: str) -> set[str]:
        ever = datetime.min.replace(tzinfo=UTC)
        numbers = [account.number for account in self._exchange.accounts(api_key)]
        return {
            order.brokerage_order_id for number in numbers for order in self._exchange.orders(number, ever)
        }

    def _spoil(self, kind: FaultKind, reply: Reply | None) -> Reply | None:
        """Turn the true reply into what a fault of this kind lets out; None where nothing leaves."""
        if kind in _ERROR_STATUSES:
            return self.face.failure(_ERROR_STATUSES[kind])
        if kind in _ERRORS:
            return _ERRORS[kind]
        if reply is None or kind in _DROPS:
            return None
        if kind is FaultKind.OTHER_ORDER:
            return self.face.about_another_order(reply)
        return _SPOILERS[kind](reply) if kind in _SPOILERS else reply

    def _named_by(self, api_key: str, call: Call) -> list[str]:
        if call.order_id is not None:
            return [call.order_id]
        with contextlib.suppress(Refused):  # nothing to hide where nothing is found
            account = call.account or self._exchange.accounts(api_key)[0].number
            return [self._exchange.find_client_order(account, call.client_order_id).brokerage_order_id]
        return []

    def delivered(self, delivery: Delivery) -> None:
        """Say that the reply left; call it just before handing it over, and not when no reply leaves."""
        if delivery.reply is not None:
            status = str(delivery.reply.status)
            self._exchange.record("reply_sent", delivery.operation, delivery.order_id, status, {})
        if delivery.fills_after and delivery.order_id is not None:
            with contextlib.suppress(Refused):  # an order held for its trigger cannot fill; it stays pending
                self._exchange.fill(delivery.order_id)


class _InProcess:
    """A Transport that ends in this process. Yields to other tasks once, as a network would."""

    def __init__(self, venue: EmbeddedVenue, faults: FaultPlan, clock: Clock, api_key: str) -> None:
        self._venue = venue
        self._faults = faults
        self._clock = clock
        self._api_key = api_key

    async def send(self, request: Request, timeout_s: float) -> Reply:
        await asyncio.sleep(0)
        deadline = self._clock.monotonic() + timeout_s
        delivery = self._venue.receive(self._api_key, request)
        if delivery.is_refused:
            raise NeverSent("connection refused")
        if delivery.hangs:
            await self._hold(delivery.delay_s, deadline, timeout_s)
        if delivery.reply is None:
            raise NoReply("connection lost")
        self._venue.delivered(delivery)
        if delivery.drips:
            await self._hold(len(delivery.reply.body), deadline, timeout_s)
        if len(delivery.reply.body) >= HUGE_BYTES:
            raise NoReply("reply too large")
        return delivery.reply

    async def _hold(self, delay_s: float | None, deadline: float, timeout_s: float) -> None:
        """Wait; raises TimedOut at the deadline."""
        left_s = deadline - self._clock.monotonic()
        generation = self._faults.generation
        await self._faults.hold(delay_s, longest_s=left_s)
        if self._faults.generation == generation and (inf if delay_s is None else delay_s) >= left_s:
            raise TimedOut(f"no reply within {timeout_s:g} s")


def _headers(kind: FaultKind, request: Request) -> Iterator[tuple[str, str]]:
    if kind is FaultKind.REDIRECT_TO_OTHER_HOST:
        yield "Location", f"http://elsewhere.invalid{request.path}"
    if kind is FaultKind.GZIP_BOMB:
        yield "Content-Encoding", "gzip"


def _with_each_key_twice(reply: Reply) -> Reply:
    try:
        document = json.loads(reply.body)
    except ValueError:  # no body, or plain text: there are no keys
        return reply
    if isinstance(document, list):
        return replace(reply, body=f"[{', '.join(map(_twice, document))}]".encode())
    return replace(reply, body=_twice(document).encode())


def _twice(document: dict[str, object]) -> str:
    pairs = [(name, value) for name, true in document.items() for value in (None, true)]
    members = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs)
    return f"{{{', '.join(members)}}}"


def _with_body(reply: Reply, body: bytes) -> Reply:
    """Put in another body; a 204 could not carry it."""
    return replace(reply, status=200 if reply.status == 204 else reply.status, body=body)


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_BOMB_BYTES), mtime=0)


_SPOILERS: dict[FaultKind, Callable[[Reply], Reply]] = {
    FaultKind.MALFORMED: lambda reply: _with_body(reply, b"{status: canceled" + reply.body[1:]),
    FaultKind.HTML_BODY: lambda _reply: Reply(200, _HTML),
    FaultKind.TRUNCATED: lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]),
    FaultKind.DUP_KEY_JSON: _with_each_key_twice,
    FaultKind.HUGE_BODY: lambda reply: _with_body(reply, reply.body.ljust(HUGE_BYTES)),
    FaultKind.GZIP_BOMB: lambda reply: _with_body(reply, _bomb()),
}
