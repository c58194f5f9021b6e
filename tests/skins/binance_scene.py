"""The exchange behind Binance's face."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from nostro.brokers.transport import Reply, Request
from nostro.sim.skins import faces
from tests.sim.market import API_KEY

from .scene import FaceScene

BINANCE = faces()["binance"]
ORDER = {
    "symbol": "BTCUSD",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "50000",
}
MARKET = {"symbol": "BTCUSD", "side": "BUY", "type": "MARKET", "quantity": "0.5"}


class Scene(FaceScene):
    def __init__(self) -> None:
        super().__init__(BINANCE)
        self.exchange.set_quote("BTC/USD", Decimal(95_000), Decimal(95_001))

    def ask(self, method: str, path: str, *, api_key: str = API_KEY, **sent: Any) -> Reply:
        """Send a POST's parameters as a form, all others in the query."""
        fields = urlencode(sent)
        if method == "POST":
            return self.send(Request(method, f"/api/v3/{path}", fields.encode()), api_key)
        return self.send(Request(method, f"/api/v3/{path}?{fields}"), api_key)

    def read(self, path: str, **sent: Any) -> Any:
        return taken(self.ask("GET", path, **sent))

    def place(self, **changes: Any) -> Any:
        """Place the usual order, changed; a parameter that becomes None is not sent."""
        fields = {name: value for name, value in (ORDER | changes).items() if value is not None}
        return taken(self.ask("POST", "order", **fields))

    def order(self, order_id: object, symbol: str = "BTCUSD") -> Any:
        return self.read("order", symbol=symbol, orderId=order_id)


def taken(reply: Reply) -> Any:
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def refused(reply: Reply) -> tuple[int, int, str]:
    document = json.loads(reply.body)
    return reply.status, document["code"], document["msg"]


UNKNOWN_ORDER = (400, -2011, "Unknown order sent.")
NO_SUCH_ORDER = (400, -2013, "Order does not exist.")
