"""The way to the brokerage. A request that left goes on by itself, whatever becomes of its sender.

It takes its time there and back. It may arrive after its sender gave it up, or died, for as long as the
brokerage's specification says (`cancel_settles_s`), and not later.
"""

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field

from nostro.brokers.paper import SPEC
from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut, Transport
from nostro.ports import Clock
from nostro.sim.exchange import Exchange
from nostro.sim.face import Caller
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import TruthEntry
from nostro.sim.venue import Delivery, EmbeddedVenue

from .loop import SimLoop, process

_LATE_S = 0.9 * (SPEC.cancel_settles_s or 0.0)
_PATH = re.compile(r"/accounts/([^/]+)/orders(?:/([^/?]+))?")


@dataclass(slots=True, eq=False)
class Parcel:
    """One request to the brokerage."""

    api_key: str
    request: Request
    sender: int
    """The process that sent it."""
    account: str
    order_id: str | None
    """What a cancel names; None for other requests."""
    cancel_id: str | None = None
    """The intent that was open when it left; the oracle's finding."""
    is_under_way: bool = True
    """It can still arrive."""
    is_answered: bool = False
    """Its sender has learnt, or stopped waiting for, its end."""
    is_refused: bool = False
    """Its sender was told that no byte of it left."""
    was_received: bool = False
    was_doubled: bool = False
    """The brokerage received it twice."""
    effect: str | None = None
    """What a cancel made of its order: `canceled`, `pending_cancel`, or None where it changed nothing."""
    sender_died: asyncio.Event = field(default_factory=asyncio.Event)


class Network(EmbeddedVenue):
    def __init__(
        self,
        exchange: Exchange,
        faults: FaultPlan,
        clock: Clock,
        *,
        loop: SimLoop,
        rng: random.Random,
        on_send: Callable[[Parcel], None],
        on_arrival: Callable[[Parcel], None],
        on_refusal: Callable[[str], None],
    ) -> None:
        """`on_send` is told of a cancel or an order when its first byte leaves.

        `on_arrival` is told of a cancel when it was received.

        `on_refusal` is told of what kind a request was whose connection was refused.
        """
        super().__init__(exchange, faults, clock)
        self._log = exchange
        self._time = clock
        self._loop = loop
        self._rng = rng
        self._world = Context()
        self._on_send = on_send
        self._on_arrival = on_arrival
        self._on_refusal = on_refusal
        self._by_request: dict[int, Parcel] = {}
        self.cancels: list[Parcel] = []
        self.is_slow = True
        self.adapter_bug_rate = 0.0
        """How often the adapter breaks over the reply to a cancel."""
        self._log_read = 0

    def transport(self, api_key: str) -> Transport:
        return _Line(self, super().transport(api_key), api_key)

    def bury(self, sender: int) -> None:
        """Say that a process died: what it sent arrives soon, or never."""
        for parcel in (*self._by_request.values(), *self.cancels):  # an answer may have come unheard
            if parcel.sender == sender:
                parcel.is_answered = True
                parcel.sender_died.set()

    def disown(self, sender: int) -> None:
        """Say that a process is taken for gone, and what it hears of its requests does not count any more."""
        for parcel in self.cancels:
            parcel.is_answered |= parcel.sender == sender

    async def carry(self, line: Transport, api_key: str, request: Request, timeout_s: float) -> Reply:
        """Send for the calling process; raises as a Transport does."""
        match = _PATH.fullmatch(request.path)
        is_cancel = request.operation == "cancel"
        assert not is_cancel or (match is not None and match[2]), (
            f"a cancel that names no single order: {request.path}"
        )
        parcel = Parcel(
            api_key=api_key,
            request=request,
            sender=process.get(),
            account=match[1] if match else "",
            order_id=match[2] if match and is_cancel else None,
        )
        self._by_request[id(request)] = parcel
        if request.operation in ("cancel", "place"):
            self._on_send(parcel)
        if is_cancel:
            self.cancels.append(parcel)
        journey = self._loop.create_task(self._travel(line, parcel, timeout_s), context=self._world.copy())
        try:
            async with asyncio.timeout(timeout_s):
                reply: Reply = await asyncio.shield(journey)
                return reply
        except TimeoutError:
            raise TimedOut("no reply in time") from None
        except NeverSent:
            parcel.is_refused = True
            raise
        finally:
            parcel.is_answered = True

    def break_adapter(self, request: Request) -> None:
        if request.operation == "cancel" and self._rng.random() < self.adapter_bug_rate:
            raise ZeroDivisionError("the adapter has a bug")

    async def _travel(self, line: Transport, parcel: Parcel, timeout_s: float) -> Reply:
        try:
            await self._set_out(parcel, self._way_s(timeout_s))
            return await line.send(parcel.request, timeout_s)
        except NeverSent:
            self._on_refusal(parcel.request.operation)
            if parcel.sender_died.is_set() or parcel.is_answered:
                raise NoReply("the connection drops") from None
            raise
        finally:
            parcel.is_under_way = False
            self._by_request.pop(id(parcel.request), None)

    async def _set_out(self, parcel: Parcel, way_s: float) -> None:
        try:
            async with asyncio.timeout(way_s):
                await parcel.sender_died.wait()
        except TimeoutError:
            return
        await self._time.sleep(self._rng.uniform(0, _LATE_S))
        if self._rng.random() < 0.4:
            raise NoReply("lost with its sender")

    def _way_s(self, timeout_s: float) -> float:
        if not self.is_slow:
            return 0.001
        if self._rng.random() < 0.08:
            return timeout_s + self._rng.uniform(-0.2, _LATE_S)
        return self._rng.choice((0.0, 0.001, 0.02, 0.2, 0.5))

    def receive(self, caller: Caller, request: Request) -> Delivery:
        self._read_log()
        delivery = super().receive(caller, request)
        parcel = self._by_request.get(id(request))
        if parcel is None or delivery.is_refused:
            return delivery
        parcel.is_under_way, parcel.was_received = False, True
        new = self._read_log()
        parcel.was_doubled = sum(entry.event == "request_received" for entry in new) > 1
        if parcel.order_id is not None:
            for entry in new:
                if entry.event == "order_changed" and entry.brokerage_order_id == parcel.order_id:
                    is_ours = entry.detail.get("why") in ("requested", "acknowledged")
                    parcel.effect = entry.status if is_ours else parcel.effect
            self._on_arrival(parcel)
        return delivery

    def _read_log(self) -> Sequence[TruthEntry]:
        """Read what is new in the exchange's log."""
        new = self._log.truth(self._log_read)
        self._log_read = new[-1].seq if new else self._log_read
        return new


class _Line:
    def __init__(self, network: Network, line: Transport, api_key: str) -> None:
        self._network = network
        self._line = line
        self._api_key = api_key

    async def send(self, request: Request, timeout_s: float) -> Reply:
        reply = await self._network.carry(self._line, self._api_key, request, timeout_s)
        self._network.break_adapter(request)
        return reply
