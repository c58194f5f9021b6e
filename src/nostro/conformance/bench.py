"""One exchange behind one brokerage's face, and sessions of its adapter there. Each case gets a new one.

How the suite comes by credentials that the face accepts, for any brokerage: it takes those that the face
issues for a key (`credential`), and opens the account under that key. Where the face issues none, it fills
each field that the specification names in the same way, lets the adapter ask something with them, and opens
the account under whatever API key the face makes of that request.
"""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256

from nostro.brokers.port import Broker
from nostro.brokers.registry import BrokerKind
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.ties import LooseSecrets, loose
from nostro.brokers.transport import Reply, Request, Transport
from nostro.brokers.wiring import Wires
from nostro.conformance.samples import Samples
from nostro.domain.cancel import OrderFound, OrderLook
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import Order, OrderRef
from nostro.domain.place import NewOrder, Placed
from nostro.ports import SystemClock, SystemIds, Tasks
from nostro.sim.controls import Controls
from nostro.sim.exchange import Exchange
from nostro.sim.face import Asked, Face, Route
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.refusals import Refused, UnknownOrder
from nostro.sim.server import SimServer
from nostro.sim.venue import EmbeddedVenue

CASH = Decimal(10_000_000)
NUMBER = "10000001"
OTHER_NUMBER = "10000002"
SHORT_PATIENCE_S = 0.3
"""How long a case waits that is about waiting in vain; replies on loopback take a hundredth of it."""

Twist = Callable[[Asked, Callable[[], Reply]], Reply]
"""Answers in place of a route: what is asked, and a call that carries it out and gives the true answer."""


class Failed(Exception):
    """The adapter does not do what the case is about; `str()` says what it did."""


def expect(condition: object, otherwise: str) -> None:
    """Raise Failed with the sentence `otherwise` unless the condition holds."""
    if not condition:
        raise Failed(otherwise)


def credential(name: str, customer: int) -> str:
    """Make up what a customer would type into one field.

    64 hexadecimal digits are a valid key in each of the forms that brokerages use: text, base64 and hex.
    """
    return sha256(f"{name}:{customer}".encode()).hexdigest()


class Bench:
    def __init__(self, kind: BrokerKind, face: Face) -> None:
        self._kind = kind
        self._clock = SystemClock()
        self._ids = SystemIds()
        self._stage = _Stage(face)
        self.shape_id = face.shape_id
        """Gives an id the form that ids of orders have here."""
        self._ledger = Ledger(":memory:")
        self._wires: list[Wires] = []
        self._address = ""
        self._began = 0
        self.exchange = Exchange(self._ledger, self._clock.now, seed=1, shape_id=face.shape_id)
        self.faults = FaultPlan(self.exchange, self._clock)
        venue = EmbeddedVenue(self.exchange, self.faults, self._clock, self._stage.face)
        self._server = SimServer(self.exchange, self.faults, venue, Controls(self.exchange, self.faults))
        self.samples = Samples(kind.spec, self.exchange.now(), self._ids.uuid)
        self.patience_s: float | None = None
        """Gives requests up earlier than the adapter would; None: when it would."""
        self.replies: list[tuple[str, Reply]] = []
        """What came back to the adapter, after what operation."""
        self.broker: Broker
        """The first customer's session. Nothing was asked in it when a case begins."""
        self.account = ""
        """The first customer's account, as the adapter names it; NUMBER to the exchange."""
        self.other_account = ""
        self.bystanders: tuple[Order, ...] = ()
        """One resting order of each customer, which no case has any business with."""

    @property
    def spec(self) -> BrokerSpec:
        return self._kind.spec

    async def open(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self._address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await self._server.start(listener)
        for symbol, prices in self.samples.quotes.items():
            self.exchange.set_quote(symbol, *prices)
        self.account = await self._open_account(1, NUMBER)
        self.other_account = await self._open_account(2, OTHER_NUMBER)
        self.bystanders = tuple(
            self.exchange.place(number, self.samples.resting()) for number in (NUMBER, OTHER_NUMBER)
        )
        self.broker = self.connect(1)
        self.replies.clear()

    async def close(self) -> None:
        self.faults.clear()
        for wires in self._wires:
            await wires.close()
        await self._server.stop()
        self._ledger.close()

    def connect(self, customer: int) -> Broker:
        """Open another session, with connections and rate limits of its own."""
        wires = Wires(
            {self.spec.slug: self._address},
            clock=self._clock,
            ids=self._ids,
            tasks=Tasks(),
            sent=lambda *_told: None,
        )
        self._wires.append(wires)
        credentials = self._credentials(customer)
        wiring = wires(self.spec, loose(LooseSecrets(credentials)))

        def open_watched(
            headers: Mapping[str, str],
            around: Callable[[Transport], Transport] | None = None,
            *,
            for_tokens: bool = False,
        ) -> Transport:
            return _Watched(self, wiring.open(headers, around, for_tokens=for_tokens))

        return self._kind.connect(credentials, replace(wiring, open=open_watched))

    def _credentials(self, customer: int) -> Mapping[str, str]:
        issued = self._stage.issue(credential("customer", customer))
        return issued or {each.name: credential(each.name, customer) for each in self.spec.credentials}

    async def _open_account(self, customer: int, number: str) -> str:
        owner = credential("customer", customer)
        if not self._stage.issue(owner):
            with contextlib.suppress(ReadFailed):  # nobody has an account yet
                await self.connect(customer).list_accounts()
            owner = self._stage.customer
        expect(owner, "the face finds no customer in what the adapter sends")
        self.exchange.open_account(number, CASH, owner=owner)
        accounts = await self.connect(customer).list_accounts()
        expect(len(accounts) == 1, f"a customer with one account is shown {len(accounts)}")
        return accounts[0].number

    # What a case arranges

    def rest(self, new: NewOrder | None = None, *, number: str = NUMBER) -> Order:
        """Place an order at the exchange, where the adapter does not see it; the usual one rests."""
        return self.exchange.place(number, new or self.samples.resting())

    async def place(self, new: NewOrder | None = None) -> Order:
        """Place an order through the adapter; the usual one rests."""
        placed = await self.broker.place_order(self.account, new or self.samples.resting())
        if not isinstance(placed, Placed) or len(placed.orders) != 1:
            raise Failed(f"a plain order was not placed: {placed}")
        return placed.orders[0]

    def answer(self, operation: str, twist: Twist) -> None:
        """Let another answer stand in for the face's, from now on."""
        self._stage.twists[operation] = twist

    def refusal(self, words: str) -> Reply:
        """Word a refusal as the brokerage does that has no more particular name for it."""
        return self._stage.refuse(words)

    def revoke(self) -> None:
        """Let the face know no customer any more."""
        self._stage.is_revoked = True

    async def shut(self) -> None:
        """Stop the brokerage: whoever connects is refused."""
        await self._server.stop()

    # What a case asks

    async def look(self, order_id: str, route: str = "") -> OrderLook:
        return await self.broker.look_up_order(self.account, OrderRef(BrokerageOrderId(order_id), route))

    async def see(self, order_id: str) -> Order:
        """Find an order with nothing but its id."""
        look = await self.look(order_id)
        if not isinstance(look, OrderFound):
            raise Failed(f"an order that is there was not found: {look}")
        expect(look.order.brokerage_order_id == order_id, "the order that was found has another id")
        return look.order

    def order(self, order_id: str) -> Order | None:
        """Return the order as the exchange has it, whosever it is."""
        for number in (NUMBER, OTHER_NUMBER):
            with contextlib.suppress(UnknownOrder):
                return self.exchange.order(number, order_id)
        return None

    def received(self, *operations: str) -> int:
        """Count the requests that the exchange received since the case began; without a name, all."""
        return sum(
            each.event == "request_received" and (not operations or each.operation in operations)
            for each in self.exchange.truth(self._began)
        )

    def begin(self) -> None:
        """Count requests from here on."""
        self._began = self.last_seq()

    def last_seq(self) -> int:
        """Return where the truth log ends now."""
        entries = self.exchange.truth()
        return entries[-1].seq if entries else 0


@contextlib.asynccontextmanager
async def open_bench(kind: BrokerKind, face: Face) -> AsyncIterator[Bench]:
    """Set up an exchange with two customers, and take it down again."""
    bench = Bench(kind, face)
    try:
        await bench.open()
        bench.begin()
        yield bench
    finally:
        await bench.close()


class _Stage:
    """A face with what a case makes of it: a key that is revoked, answers that are another's."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self.twists: dict[str, Twist] = {}
        self.is_revoked = False
        self.customer = ""
        """Whom the last request that names anybody is from."""
        routes = tuple(replace(route, answer=partial(self._answer, route)) for route in face.routes)
        self.face = replace(face, routes=routes, customer=self._find_customer)

    def refuse(self, words: str) -> Reply:
        return self._face.refuse(Refused(words))

    def issue(self, api_key: str) -> Mapping[str, str]:
        return {} if self._face.issue is None else self._face.issue(api_key)

    def _find_customer(self, request: Request, at: datetime) -> str:
        customer = self._face.customer(request, at)
        self.customer = customer or self.customer
        return "" if self.is_revoked else customer

    def _answer(self, route: Route, asked: Asked) -> Reply:
        twist = self.twists.get(route.operation)
        if twist is None:
            return route.answer(asked)
        return twist(asked, partial(route.answer, asked))


class _Watched:
    """See `Transport`. Sees what comes back, and gives up as early as the case does."""

    def __init__(self, bench: Bench, transport: Transport) -> None:
        self._bench = bench
        self._transport = transport

    async def send(self, request: Request, timeout_s: float) -> Reply:
        patience_s = self._bench.patience_s
        limit_s = timeout_s if patience_s is None else min(timeout_s, patience_s)
        reply = await self._transport.send(request, limit_s)
        self._bench.replies.append((request.operation, reply))
        return reply
