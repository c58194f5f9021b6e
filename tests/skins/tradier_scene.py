"""The exchange behind Tradier's face, without a socket, and two customers."""

import asyncio
import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from nostro.brokers.transport import Reply, Request
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.skins import faces
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import ACCOUNT, API_KEY, CASH, OTHER_ACCOUNT, OTHER_API_KEY, ToldClock

TRADIER = faces()["tradier"]
TIMEOUT_S = 0.8
ORDERS = f"/v1/accounts/{ACCOUNT}/orders"
ORDER = {
    "class": "equity",
    "symbol": "AAPL",
    "side": "buy",
    "quantity": "1",
    "type": "limit",
    "price": "50",
    "duration": "day",
}


class Scene:
    def __init__(self) -> None:
        clock = ToldClock()
        self.ledger = Ledger(":memory:")
        self.exchange = Exchange(self.ledger, clock.now, seed=7, shape_id=TRADIER.shape_id)
        for number, owner in ((ACCOUNT, API_KEY), (OTHER_ACCOUNT, OTHER_API_KEY)):
            self.exchange.open_account(number, CASH, owner=owner)
        self.exchange.set_quote("AAPL", Decimal(99), Decimal(101))
        self.faults = FaultPlan(self.exchange, clock)
        self.venue = EmbeddedVenue(self.exchange, self.faults, clock, TRADIER)

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, *, api_key: str = API_KEY
    ) -> Reply:
        request = Request(method, path, urlencode(form or {}).encode())
        return asyncio.run(self.venue.transport(api_key).send(request, TIMEOUT_S))

    def read(self, path: str) -> Any:
        reply = self.ask("GET", path)
        assert reply.status == 200
        return json.loads(reply.body)

    def place(self, **changes: str) -> str:
        """Place the usual order, changed, and return its path."""
        reply = self.ask("POST", ORDERS, ORDER | changes)
        assert reply.status == 200
        return f"{ORDERS}/{json.loads(reply.body)['order']['id']}"
