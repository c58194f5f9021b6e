"""The exchange behind Schwab's face."""

import json
from typing import Any

from nostro.brokers.transport import Reply, Request
from nostro.sim.skins import faces
from tests.sim.market import ACCOUNT, API_KEY, CALL, HIGHER_CALL, OPENED_AT, OTHER_ACCOUNT

from .scene import FaceScene

SCHWAB = faces()["schwab"]
ACCOUNTS = "/trader/v1/accounts"
HASH, OTHER_HASH = (SCHWAB.name_account(number) for number in (ACCOUNT, OTHER_ACCOUNT))
ORDERS = f"{ACCOUNTS}/{HASH}/orders"
EVER = "fromEnteredTime=2026-01-01T00:00:00.000Z&toEnteredTime=2026-12-31T00:00:00.000Z"


def leg(symbol: str, instruction: str, quantity: float, asset_type: str = "EQUITY") -> dict[str, Any]:
    instrument = {"symbol": symbol, "assetType": asset_type}
    return {"instruction": instruction, "quantity": quantity, "instrument": instrument}


ORDER = {
    "orderType": "LIMIT",
    "session": "NORMAL",
    "duration": "DAY",
    "orderStrategyType": "SINGLE",
    "price": "50.25",
    "orderLegCollection": [leg("AAPL", "BUY", 10)],
}
SPREAD = {
    "orderType": "NET_DEBIT",
    "duration": "GOOD_TILL_CANCEL",
    "complexOrderStrategyType": "VERTICAL",
    "price": 0.05,
    "quantity": 2,
    "orderLegCollection": [
        leg(CALL, "BUY_TO_OPEN", 2, "OPTION"),
        leg(HIGHER_CALL, "SELL_TO_OPEN", 2, "OPTION"),
    ],
}


class Scene(FaceScene):
    def __init__(self) -> None:
        super().__init__(SCHWAB)

    def ask(self, method: str, path: str, body: object = None, *, api_key: str = API_KEY) -> Reply:
        return self.send(Request(method, path, json.dumps(body).encode() if body else b""), api_key)

    def read(self, path: str) -> Any:
        reply = self.ask("GET", path)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    def place(self, **changes: object) -> str:
        """Place the usual order, which rests, changed, and return its path."""
        return self.location(self.ask("POST", ORDERS, ORDER | changes))

    def location(self, reply: Reply) -> str:
        """Return where a new order is, as a path; what filled at once is looked for in the list."""
        assert (reply.status, reply.body) == (201, b""), reply.body
        if "location" not in reply.headers:
            return f"{ORDERS}/{self.listed()[0]['orderId']}"
        return reply.headers["location"].removeprefix("https://api.schwabapi.com")

    def listed(self, more: str = "") -> list[Any]:
        rows: list[Any] = self.read(f"{ORDERS}?{EVER}{more}")
        return rows

    def count(self) -> int:
        """Count the customer's orders, as the exchange has them."""
        return len(self.exchange.orders(ACCOUNT, OPENED_AT))


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def said(reply: Reply) -> tuple[int, Any]:
    return reply.status, json.loads(reply.body)
