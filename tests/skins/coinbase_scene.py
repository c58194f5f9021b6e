"""The exchange behind Coinbase's face, and a customer's key."""

import base64
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from nostro.brokers.transport import Reply, Request
from nostro.sim.skins import faces
from tests.sim.market import API_KEY

from .scene import FaceScene

COINBASE = faces()["coinbase"]
BASE = "/api/v3/brokerage"
ORDERS, LIST, CANCEL = f"{BASE}/orders", f"{BASE}/orders/historical/batch", f"{BASE}/orders/batch_cancel"
LIMIT = {"limit_limit_gtc": {"base_size": "1", "limit_price": "50"}}
ORDER: dict[str, Any] = {
    "client_order_id": "mine-1",
    "product_id": "BTC-USD",
    "side": "BUY",
    "order_configuration": LIMIT,
}


class Scene(FaceScene):
    def __init__(self) -> None:
        super().__init__(COINBASE)
        self.exchange.set_quote("BTC/USD", Decimal(99), Decimal(101))
        self._count = 0

    def ask(self, method: str, path: str, form: object = None, *, api_key: str = API_KEY) -> Reply:
        return self.send(Request(method, path, b"" if form is None else json.dumps(form).encode()), api_key)

    def read(self, path: str, *, api_key: str = API_KEY) -> Any:
        reply = self.ask("GET", path, api_key=api_key)
        assert reply.status == 200, reply
        return json.loads(reply.body)

    def answer(self, **changes: object) -> Any:
        """Ask for the usual order, changed, and return what is said of it."""
        reply = self.ask("POST", ORDERS, ORDER | changes)
        assert reply.status == 200, reply
        return json.loads(reply.body)

    def place(self, configuration: Mapping[str, object] = LIMIT, **changes: object) -> str:
        """Place the usual order, changed, under a client order id of its own; return its id."""
        self._count += 1
        mine = {"client_order_id": f"c-{self._count}", "order_configuration": configuration}
        answer = self.answer(**mine | changes)
        assert answer["success"], answer
        order_id = answer["success_response"]["order_id"]
        assert isinstance(order_id, str)
        return order_id

    def order(self, order_id: str) -> Any:
        return self.read(f"{ORDERS}/historical/{order_id}")["order"]

    def cancel(self, *order_ids: str, api_key: str = API_KEY) -> list[tuple[bool, str]]:
        """Return of each result whether it is a success, and its reason."""
        reply = self.ask("POST", CANCEL, {"order_ids": order_ids}, api_key=api_key)
        assert reply.status == 200, reply
        results = json.loads(reply.body)["results"]
        assert [result["order_id"] for result in results] == list(order_ids)
        return [(result["success"], result["failure_reason"]) for result in results]

    def listed(self, query: str = "") -> list[str]:
        return [order["order_id"] for order in self.read(f"{LIST}?{query}")["orders"]]


def error(reply: Reply) -> tuple[int, str]:
    """Return the status, and the word of an error that is told as Coinbase tells one."""
    document = json.loads(reply.body)
    assert document["error_details"] == document["message"]
    return reply.status, document["error"]


def sign(private_key: str, claims: Mapping[str, object], head: Mapping[str, object]) -> str:
    """Make the value of an Authorization header."""
    key = load_pem_private_key(private_key.encode(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    signed = b".".join(_encode(json.dumps(part).encode()) for part in (head, claims))
    pair = decode_dss_signature(key.sign(signed, ECDSA(SHA256())))
    signature = b"".join(number.to_bytes(32) for number in pair)
    return f"Bearer {(signed + b'.' + _encode(signature)).decode()}"


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
