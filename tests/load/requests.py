"""Signed requests as bytes, ready to be sent many times."""

import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.server.world import ACCOUNT, CLIENT_ID, CONSUMER_KEY, USER_ID, USER_SECRET, sign

ORDER_TERMS = {
    "account_id": ACCOUNT,
    "action": "BUY",
    "symbol": "AAPL",
    "order_type": "Limit",
    "time_in_force": "GTC",
    "price": 1.0,
    "units": 1,
}


def signed(method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> bytes:
    """Make one request of the seed's user, for a connection that stays open."""
    values = {"userId": USER_ID, "userSecret": USER_SECRET}
    query = urlencode(values | {"clientId": CLIENT_ID, "timestamp": str(int(time.time()))})
    content = b"" if body is None else json.dumps(body).encode()
    head = {"Host": "nostro", "Signature": sign(body, path, query, CONSUMER_KEY), **(headers or {})}
    if content:
        head |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    lines = [f"{method} {path}?{query} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def read() -> bytes:
    return signed("GET", f"/accounts/{ACCOUNT}/balances")


def place() -> bytes:
    return signed("POST", "/trade/place", ORDER_TERMS)


def cancel(order_id: str) -> bytes:
    path = f"/accounts/{ACCOUNT}/trading/cancel"
    return signed("POST", path, {"brokerage_order_id": order_id})
