"""The exchange behind Kraken's face."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from nostro.brokers.transport import Reply, Request
from nostro.sim.skins import faces
from tests.sim.market import API_KEY, OPENED_AT

from .scene import FaceScene

KRAKEN = faces()["kraken"]
BTC = "BTC/USD"
BID, ASK = Decimal(60_000), Decimal(60_010)
ORDER = {
    "pair": "XBTUSD",
    "type": "buy",
    "ordertype": "limit",
    "price": "50000",
    "volume": "0.5",
}
NEVER_MADE = "OZZZZZ-ZZZZZ-ZZZZZZ"


def unix(days: float = 0) -> str:
    """Spell a time so many days after the exchange opened."""
    return str(int((OPENED_AT + timedelta(days=days)).timestamp()))


class Scene(FaceScene):
    def __init__(self) -> None:
        super().__init__(KRAKEN)
        self.exchange.set_quote(BTC, BID, ASK)

    def ask(self, call: str, form: object = None, *, api_key: str = API_KEY, **fields: str) -> Reply:
        """Make a private call; a `form` goes as JSON, fields form-encoded."""
        body = urlencode(fields) if form is None else json.dumps(form)
        return self.send(Request("POST", f"/0/private/{call}", body.encode()), api_key)

    def read(self, call: str, form: object = None, **fields: str) -> Any:
        """Return the result of a call that nothing is wrong with."""
        reply = self.ask(call, form, **fields)
        document = json.loads(reply.body)
        assert (reply.status, document["error"]) == (200, [])
        return document["result"]

    def refused(self, call: str, form: object = None, *, api_key: str = API_KEY, **fields: str) -> str:
        """Return the one error of a call."""
        reply = self.ask(call, form, api_key=api_key, **fields)
        document = json.loads(reply.body)
        [error] = document["error"]
        assert (reply.status, "result" in document, isinstance(error, str)) == (200, False, True)
        return str(error)

    def see(self, path: str) -> Any:
        """Read what is public, as nobody."""
        reply = self.send(Request("GET", f"/0/public/{path}"), "")
        document = json.loads(reply.body)
        assert (reply.status, document["error"]) == (200, [])
        return document["result"]

    def place(self, **changes: str) -> str:
        """Place the usual order, which rests, changed, and return its txid."""
        [txid] = self.read("AddOrder", **ORDER | changes)["txid"]
        return str(txid)

    def order(self, txid: str) -> Any:
        return self.read("QueryOrders", txid=txid)[txid]
