"""What an API client sends, signed as SnapTrade's documentation says, and what it was told."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..server.world import sign

UNITS = 10
"""Of every order."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A program with a key of its own, one user, and a receiver for webhooks."""

    client_id: str
    consumer_key: str
    url: str
    secret: str


PARTNERS = tuple(
    Partner(
        client_id=f"SIM-CLIENT-{n}",
        consumer_key=f"SIMKEY-{n}",
        url=f"https://partner-{n}.example/hook",
        secret="whsec_" + base64.b64encode(bytes([n + 1]) * 32).decode(),
    )
    for n in range(2)
)


@dataclass(frozen=True, slots=True)
class User:
    partner: Partner
    user_id: str
    secret: str
    account_id: str
    number: str
    """The brokerage's name of the account."""
    api_key: str


USERS = tuple(
    User(
        partner=partner,
        user_id=f"user-{n}",
        secret=f"secret-{n}",
        account_id=f"00000000-0000-4000-8000-00000000000{n}",
        number=f"PAPER-{n}",
        api_key=f"key-{n}",
    )
    for n, partner in enumerate(PARTNERS)
)


@dataclass(slots=True, kw_only=True)
class Call:
    """One request of a client, and its answer."""

    what: str
    """`cancel`, `look`, `list`, `receipt` or `place`."""
    user: User
    method: str
    path: str
    body: Any = None
    wait_s: int | None = None
    order_id: str = ""
    cancel_id: str = ""
    begun_s: float = 0.0
    begun_seq: int = 0
    """How long the exchange's log was then."""
    stood_still_s: float = 0.0
    """How long the process that was asked stood still meanwhile."""
    begun_states: int = 0
    """Of a receipt: how many states the intent had had."""
    moment: int = 0
    """When it began, counted over all that was recorded."""
    begun_sends: int = 0
    """Of a placement: how often it had left for the brokerage."""
    status: int | None = None
    """None: no answer came, or nobody waited for it."""
    answer: Any = None

    def request(self, timestamp: int) -> tuple[dict[str, Any], bytes]:
        """Make the ASGI scope and the body."""
        query = urlencode(
            {
                "userId": self.user.user_id,
                "userSecret": self.user.secret,
                "clientId": self.user.partner.client_id,
                "timestamp": str(timestamp),
            }
        )
        signature = sign(self.body, self.path, query, self.user.partner.consumer_key)
        content = b"" if self.body is None else json.dumps(self.body).encode()
        headers: Mapping[bytes, bytes] = {
            b"host": b"nostro",
            b"signature": signature.encode(),
            b"content-length": str(len(content)).encode(),
        } | ({} if self.wait_s is None else {b"prefer": b"wait=%d" % self.wait_s})
        scope = {
            "type": "http",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": query.encode(),
            "headers": list(headers.items()),
            "client": ("127.0.0.1", 1),
        }
        return scope, content


def cancel(user: User, order_id: str, wait_s: int | None) -> Call:
    return Call(
        what="cancel",
        user=user,
        method="POST",
        path=f"/accounts/{user.account_id}/trading/cancel",
        body={"brokerage_order_id": order_id},
        wait_s=wait_s,
        order_id=order_id,
    )


def look(user: User, order_id: str) -> Call:
    path = f"/accounts/{user.account_id}/orders/details/v2/{order_id}"
    return Call(what="look", user=user, method="GET", path=path, order_id=order_id)


def list_orders(user: User) -> Call:
    return Call(what="list", user=user, method="GET", path=f"/accounts/{user.account_id}/orders/v2")


def receipt(user: User, cancel_id: str, order_id: str) -> Call:
    return Call(
        what="receipt",
        user=user,
        method="GET",
        path=f"/cancellations/{cancel_id}",
        cancel_id=cancel_id,
        order_id=order_id,
    )


def place(user: User, client_order_id: str, units: int = UNITS) -> Call:
    return Call(
        what="place",
        user=user,
        method="POST",
        path="/trade/place",
        body={
            "account_id": user.account_id,
            "action": "BUY",
            "symbol": "AAPL",
            "order_type": "Limit",
            "time_in_force": "GTC",
            "price": 1.0,
            "units": units,
            "client_order_id": client_order_id,
        },
        order_id=client_order_id,
    )
