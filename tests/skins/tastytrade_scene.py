"""The exchange behind tastytrade's face."""

import json
from typing import Any

from nostro.brokers.transport import Reply, Request
from nostro.sim.skins import faces
from tests.sim.market import ACCOUNT, API_KEY, CALL, HIGHER_CALL, OPENED_AT

from .scene import FaceScene

TASTYTRADE = faces()["tastytrade"]
ORDERS = f"/accounts/{ACCOUNT}/orders"
COMPLEX_ORDERS = f"/accounts/{ACCOUNT}/complex-orders"
AGENT = {"user-agent": "nostro/1.0"}

Form = dict[str, Any]


def leg(symbol: str, action: str, quantity: object = 10, kind: str = "Equity") -> Form:
    return {"symbol": symbol, "action": action, "quantity": quantity, "instrument-type": kind}


ORDER: Form = {
    "order-type": "Limit",
    "time-in-force": "Day",
    "price": "50.25",
    "price-effect": "Debit",
    "legs": [leg("AAPL", "Buy to Open")],
}
MARKET: Form = {
    "order-type": "Market",
    "time-in-force": "Day",
    "legs": [leg("AAPL", "Buy to Open", 3)],
}
SPREAD: Form = {
    "order-type": "Limit",
    "time-in-force": "GTC",
    "price": 0.05,
    "price-effect": "Debit",
    "legs": [
        leg(CALL, "Buy to Open", 6, "Equity Option"),
        leg(HIGHER_CALL, "Sell to Open", "4", "Equity Option"),
    ],
}
PROFIT: Form = {
    "order-type": "Limit",
    "time-in-force": "GTC",
    "price": "150",
    "price-effect": "Credit",
    "legs": [leg("AAPL", "Sell to Close")],
}
LOSS: Form = {
    "order-type": "Stop",
    "time-in-force": "GTC",
    "stop-trigger": "40",
    "legs": [leg("AAPL", "Sell to Close")],
}
OTOCO: Form = {"type": "OTOCO", "trigger-order": ORDER, "orders": [PROFIT, LOSS]}
OCO: Form = {"type": "OCO", "orders": [PROFIT, LOSS]}


class Scene(FaceScene):
    def __init__(self) -> None:
        super().__init__(TASTYTRADE)

    def ask(self, method: str, path: str, form: object = None, *, api_key: str = API_KEY) -> Reply:
        return self.send(Request(method, path, json.dumps(form).encode() if form else b""), api_key)

    def read(self, path: str, *, api_key: str = API_KEY) -> Any:
        return data(self.ask("GET", path, api_key=api_key))

    def place(self, form: Form = ORDER, **changes: object) -> str:
        """Place an order, which rests, changed, and return its path."""
        reply = self.ask(
            "POST", ORDERS, form | {name.replace("_", "-"): each for name, each in changes.items()}
        )
        return f"{ORDERS}/{data(reply, 201)['order']['id']}"

    def place_complex(self, form: Form = OTOCO) -> Any:
        return data(self.ask("POST", COMPLEX_ORDERS, form), 201)["complex-order"]

    def word(self, path: str) -> str:
        return str(self.read(path)["status"])

    def listed(self, more: str = "") -> list[int]:
        """List ids."""
        return [row["id"] for row in self.read(f"{ORDERS}?{more}")["items"]]

    def count(self) -> int:
        """Count the customer's orders, as the exchange has them."""
        return len(self.exchange.orders(ACCOUNT, OPENED_AT))


def data(reply: Reply, status: int = 200) -> Any:
    assert reply.status == status, reply.body
    return json.loads(reply.body)["data"]


def error(reply: Reply) -> tuple[int, str]:
    """Return an error's status and code."""
    return reply.status, json.loads(reply.body)["error"]["code"]


def reasons(reply: Reply) -> tuple[int, list[tuple[str, ...]]]:
    """Return what an error consists of."""
    return reply.status, [tuple(each.values()) for each in json.loads(reply.body)["error"]["errors"]]
