"""The embedded brokerage as it looks from outside: its native face behind the declared faults.

    receive()    log the request, apply the fault that matches, carry it out or not  -> Delivery
    delivered()  log the reply that left, and what the fault does after it

A `Delivery` says what the caller shall see, so that any carrier, a call in this process or a socket, can do
it.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any

from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut, Transport
from nostro.ports import Clock
from nostro.sim.exchange import Exchange
from nostro.sim.faults import NOT_DONE, Fault, FaultKind, FaultPlan
from nostro.sim.native import Call, Conditions, failure, perform, understand
from nostro.sim.refusals import Refused

_HOLD_STEP_S = 0.02
_ACKNOWLEDGES = (FaultKind.ACK_ONLY, FaultKind.ACK_THEN_FILL)
_HTML = b"<!doctype html><html><body><h1>Service temporarily unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the caller of one request shall see."""

    operation: str
    order_id: str | None
    reply: Reply | None
    """None: the connection drops."""
    is_refused: bool = False
    """The connection is refused; nothing was received."""
    hangs: bool = False
    """It takes `delay_s`, or until the faults are cleared."""
    delay_s: float | None = None
    """None: for ever."""
    fills_after: bool = False
    """The order fills as soon as the reply has left."""


class EmbeddedVenue:
    def __init__(self, exchange: Exchange, faults: FaultPlan, clock: Clock) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clock = clock

    def transport(self, api_key: str) -> Transport:
        """Return one customer's way in, within this process. A wrong key is answered with 401."""
        return _InProcess(self, self._faults, self._clock, api_key)

    def receive(self, api_key: str, request: Request) -> Delivery:
        """Do what the request asks for, as far as the declared faults let it."""
        call = understand(request)
        operation = call.operation if call else "read"
        order_id = call.order_id if call else None
        fault = self._faults.take(operation, order_id)
        if fault is not None and fault.kind is FaultKind.DROP_BEFORE:
            return Delivery(operation=operation, order_id=order_id, reply=None, is_refused=True)
        detail: dict[str, object] = {"fault": fault.kind.value} if fault else {}
        self._exchange.record("request_received", operation, order_id, None, detail)
        if fault is None:
            reply = perform(self._exchange, api_key, call, Conditions(hides=self._faults.hides))
            return Delivery(operation=operation, order_id=order_id, reply=reply)
        return self._receive_badly(api_key, call, operation, fault)

    def _receive_badly(self, api_key: str, call: Call | None, operation: str, fault: Fault) -> Delivery:
        order_id = call.order_id if call else None
        reply = None
        if fault.kind is FaultKind.NOT_FOUND_LAG and call is not None and operation != "place":
            self._faults.hide(self._named_by(call), fault.delay_s)
        if fault.processed and fault.kind not in NOT_DONE:
            conditions = Conditions(
                hides=self._faults.hides,
                acknowledge_only=fault.kind in _ACKNOWLEDGES,
                acknowledge_delay_s=fault.delay_s,
            )
            reply = perform(self._exchange, api_key, call, conditions)
        if fault.kind is FaultKind.NOT_FOUND_LAG and operation == "place" and reply is not None:
            self._faults.hide(_order_ids(reply), fault.delay_s)
        return Delivery(
            operation=operation,
            order_id=order_id,
            reply=_spoil(fault.kind, reply),
            hangs=fault.kind is FaultKind.HANG,
            delay_s=fault.delay_s,
            fills_after=fault.kind is FaultKind.ACK_THEN_FILL and reply is not None and reply.status == 202,
        )

    def _named_by(self, call: Call) -> list[str]:
        if call.order_id is not None:
            return [call.order_id]
        with contextlib.suppress(Refused):  # nothing to hide where nothing is found
            return [self._exchange.find_client_order(call.account, call.client_order_id).brokerage_order_id]
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
        delivery = self._venue.receive(self._api_key, request)
        if delivery.is_refused:
            raise NeverSent("connection refused")
        if delivery.hangs:
            await self._hold(delivery.delay_s, timeout_s)
        if delivery.reply is None:
            raise NoReply("connection lost")
        self._venue.delivered(delivery)
        return delivery.reply

    async def _hold(self, delay_s: float | None, timeout_s: float) -> None:
        """Wait for `delay_s` or until the faults are cleared; raises TimedOut after `timeout_s`."""
        generation = self._faults.generation
        begun = self._clock.monotonic()
        ends_at = begun + min(timeout_s if delay_s is None else delay_s, timeout_s)
        while self._faults.generation == generation:
            left = ends_at - self._clock.monotonic()
            if left <= 0:
                if delay_s is None or delay_s >= timeout_s:
                    raise TimedOut(f"no reply within {timeout_s:g} s")
                return
            await self._clock.sleep(min(left, _HOLD_STEP_S))


def _spoil(kind: FaultKind, reply: Reply | None) -> Reply | None:
    """Turn the true reply into what a fault of this kind lets out; None where nothing leaves."""
    if kind in (FaultKind.ERROR_500_DONE, FaultKind.ERROR_500_NOT_DONE):
        return failure(500, "internal", "Something went wrong.")
    if kind is FaultKind.RATE_LIMITED:
        return failure(429, "rate_limited", "Too many requests.")
    if reply is None or kind is FaultKind.REPLY_LOST:
        return None
    if kind is FaultKind.MALFORMED:
        return Reply(reply.status, b"{status: canceled" + reply.body[1:])
    if kind is FaultKind.HTML_BODY:
        return Reply(200, _HTML)
    if kind is FaultKind.TRUNCATED:
        return Reply(reply.status, reply.body[: len(reply.body) // 2])
    if kind is FaultKind.OTHER_ORDER:
        return _about_another_order(reply)
    return reply


def _orders_in(document: dict[str, Any]) -> list[dict[str, Any]]:
    single = document.get("order")
    return [single] if single else document.get("orders", [])


def _order_ids(reply: Reply) -> list[str]:
    return [order["id"] for order in _orders_in(json.loads(reply.body))]


def _about_another_order(reply: Reply) -> Reply:
    """Let the reply name, in place of each order, one that differs in the last digit of both its ids."""
    document = json.loads(reply.body)
    for order in _orders_in(document):
        for name in ("id", "client_order_id"):
            if order[name]:
                order[name] = order[name][:-1] + ("1" if order[name][-1] == "0" else "0")
    return Reply(reply.status, json.dumps(document).encode())
