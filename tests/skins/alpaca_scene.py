"""The exchange behind Alpaca's face, without a socket, and two customers."""

import asyncio
import contextlib
import json
from decimal import Decimal
from typing import Any

from nostro.brokers.transport import Reply, Request, Transport, TransportError
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.skins import faces
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import ACCOUNT, API_KEY, CASH, OTHER_ACCOUNT, OTHER_API_KEY, ToldClock

ALPACA = faces()["alpaca"]
TIMEOUT_S = 0.8
ORDER = {
    "symbol": "AAPL",
    "qty": "1",
    "side": "buy",
    "type": "limit",
    "limit_price": "50",
    "time_in_force": "day",
}


class Scene:
    def __init__(self) -> None:
        clock = ToldClock()
        self.ledger = Ledger(":memory:")
        self.exchange = Exchange(self.ledger, clock.now, seed=7)
        for number, owner in ((ACCOUNT, API_KEY), (OTHER_ACCOUNT, OTHER_API_KEY)):
            self.exchange.open_account(number, CASH, owner=owner)
        self.exchange.set_quote("AAPL", Decimal(99), Decimal(101))
        self.faults = FaultPlan(self.exchange, clock)
        self.venue = EmbeddedVenue(self.exchange, self.faults, clock, ALPACA)

    def ask(self, method: str, path: str, form: object = None, *, api_key: str = API_KEY) -> Reply | None:
        """Return the reply; None where none comes."""
        transport: Transport = self.venue.transport(api_key)
        request = Request(method, path, b"" if form is None else json.dumps(form).encode())
        with contextlib.suppress(TransportError):
            return asyncio.run(transport.send(request, TIMEOUT_S))
        return None

    def read(self, path: str, *, api_key: str = API_KEY) -> Any:
        reply = self.ask("GET", path, api_key=api_key)
        assert reply is not None
        return json.loads(reply.body)
