"""One embedded brokerage behind a socket, and a customer of it who speaks HTTP."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

from nostro.brokers.http_transport import HttpClient
from nostro.brokers.paper import PaperBroker
from nostro.domain.ids import BrokerageOrderId
from nostro.ports import SystemClock
from nostro.sim.controls import Controls
from nostro.sim.exchange import Exchange
from nostro.sim.face import Face
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.native import API_KEY_HEADER, NATIVE
from nostro.sim.server import SimServer
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import ACCOUNT, API_KEY, CASH, buy


@dataclass(frozen=True, slots=True, kw_only=True)
class Brokerage:
    exchange: Exchange
    faults: FaultPlan
    client: HttpClient
    port: int
    order_id: BrokerageOrderId
    """Of an order that rests."""

    def customer(self, url: str = "", api_key: str = API_KEY) -> PaperBroker:
        """Reach the brokerage at `url`; empty: without anything between."""
        url = url or f"http://127.0.0.1:{self.port}"
        return PaperBroker(self.client.transport(url, {API_KEY_HEADER: api_key}))

    def cancels_received(self) -> int:
        return [entry.event for entry in self.exchange.truth() if entry.operation == "cancel"].count(
            "request_received"
        )

    def cancels_done(self) -> int:
        return [entry.status for entry in self.exchange.truth() if entry.event == "order_changed"].count(
            "canceled"
        )


@contextlib.asynccontextmanager
async def brokerage(face: Face = NATIVE) -> AsyncIterator[Brokerage]:
    clock = SystemClock()
    ledger = Ledger(":memory:")
    exchange = Exchange(ledger, clock.now, seed=7, shape_id=face.shape_id)
    exchange.open_account(ACCOUNT, CASH, owner=API_KEY)
    exchange.set_quote("AAPL", Decimal(99), Decimal(101))
    order = exchange.place(ACCOUNT, buy(limit="50"))
    faults = FaultPlan(exchange, clock)
    venue = EmbeddedVenue(exchange, faults, clock, face)
    server = SimServer(exchange, faults, venue, Controls(exchange, faults))
    listener = socket.create_server(("127.0.0.1", 0))
    await server.start(listener)
    try:
        async with HttpClient() as client:
            yield Brokerage(
                exchange=exchange,
                faults=faults,
                client=client,
                port=listener.getsockname()[1],
                order_id=order.brokerage_order_id,
            )
    finally:
        await server.stop()
        ledger.close()
