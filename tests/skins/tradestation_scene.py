"""The exchange behind TradeStation's face."""

import json
from typing import Any

from nostro.brokers.transport import Reply, Request
from nostro.sim.skins import faces
from tests.sim.market import ACCOUNT, API_KEY, CASH, OPENED_AT, OTHER_ACCOUNT

from .scene import FaceScene

TRADESTATION = faces()["tradestation"]
SECOND = "A-9"
NAME, SECOND_NAME, OTHER_NAME = (
    TRADESTATION.name_account(number) for number in (ACCOUNT, SECOND, OTHER_ACCOUNT)
)
ACCOUNTS = "/v3/brokerage/accounts"
ORDERS = f"{ACCOUNTS}/{NAME}/orders"
PAST = f"{ACCOUNTS}/{NAME}/historicalorders"
CHANGES = "/v3/orderexecution/orders"
GROUPS = "/v3/orderexecution/ordergroups"
CALL, HIGHER_CALL = "AAPL 260320C100", "AAPL 260320C110"

ORDER = {
    "AccountID": NAME,
    "Symbol": "AAPL",
    "Quantity": "10",
    "OrderType": "Limit",
    "LimitPrice": "50.25",
    "TradeAction": "BUY",
    "TimeInForce": {"Duration": "DAY"},
    "Route": "Intelligent",
}
MARKET = {"OrderType": "Market", "LimitPrice": None}
SELL = ORDER | {"TradeAction": "SELL", "LimitPrice": "150"}
STOP = SELL | {"OrderType": "StopMarket", "LimitPrice": None, "StopPrice": "40"}


def leg(symbol: str, action: str, quantity: str = "2") -> dict[str, str]:
    return {"Symbol": symbol, "TradeAction": action, "Quantity": quantity}


SPREAD = {
    "Symbol": None,
    "Quantity": None,
    "TradeAction": None,
    "LimitPrice": "0.05",
    "TimeInForce": {"Duration": "GTC"},
    "Legs": [leg(CALL, "BUYTOOPEN"), leg(HIGHER_CALL, "SELLTOOPEN")],
}


class Scene(FaceScene):
    """Here the customer has a second account, too."""

    def __init__(self) -> None:
        super().__init__(TRADESTATION)
        self.exchange.open_account(SECOND, CASH, owner=API_KEY)

    def ask(self, method: str, path: str, body: object = None, *, api_key: str = API_KEY) -> Reply:
        return self.send(Request(method, path, b"" if body is None else json.dumps(body).encode()), api_key)

    def read(self, path: str) -> Any:
        reply = self.ask("GET", path)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    def place(self, **changes: object) -> str:
        """Place the usual order, which rests, changed, and return its id."""
        [order_id] = self.sent(self.ask("POST", CHANGES, ORDER | changes))
        return order_id

    def sent(self, reply: Reply) -> list[str]:
        """Return the ids of orders that were sent, all of them."""
        status, document = said(reply)
        assert (status, list(document)) == (200, ["Orders"]), document
        assert all("Error" not in order for order in document["Orders"]), document
        return [order["OrderID"] for order in document["Orders"]]

    def order(self, order_id: str) -> Any:
        document = self.read(f"{ORDERS}/{order_id}")
        assert document["Errors"] == [], document
        [order] = document["Orders"]
        return order

    def listed(self, path: str = ORDERS) -> list[str]:
        return [order["OrderID"] for order in self.read(path)["Orders"]]

    def count(self) -> int:
        """Count the orders of the usual account, as the exchange has them."""
        return len(self.exchange.orders(ACCOUNT, OPENED_AT))


def said(reply: Reply) -> tuple[int, Any]:
    return reply.status, json.loads(reply.body)


def bad(message: str) -> tuple[int, dict[str, str]]:
    return 400, {"Error": "BadRequest", "Message": message}
