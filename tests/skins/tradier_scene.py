"""The exchange behind Tradier's face."""

import json
from typing import Any
from urllib.parse import urlencode

from nostro.brokers.transport import Reply, Request
from nostro.sim.skins import faces
from tests.sim.market import ACCOUNT, API_KEY

from .scene import FaceScene

TRADIER = faces()["tradier"]
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


class Scene(FaceScene):
    def __init__(self) -> None:
        super().__init__(TRADIER)

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, *, api_key: str = API_KEY
    ) -> Reply:
        return self.send(Request(method, path, urlencode(form or {}).encode()), api_key)

    def read(self, path: str) -> Any:
        reply = self.ask("GET", path)
        assert reply.status == 200
        return json.loads(reply.body)

    def place(self, **changes: str) -> str:
        """Place the usual order, changed, and return its path."""
        reply = self.ask("POST", ORDERS, ORDER | changes)
        assert reply.status == 200
        return f"{ORDERS}/{json.loads(reply.body)['order']['id']}"
