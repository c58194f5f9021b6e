"""A sandbox in a process of its own, and a client that signs as SnapTrade's documentation says.

The signing here is written from that documentation with the standard library alone: it shares no code with
the verifier that it tests.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

CLIENT_ID = "PARTNER_CLIENT_ID"
CONSUMER_KEY = "CONSUMER_KEY"
USER_ID = "snaptrade-user-123"
USER_SECRET = "adf2aa34-8219-40f7-a6b3-60156985cc61"
ACCOUNT = "917c8734-8470-4a3e-a18f-57c3f2ee6631"
ORDER = "66a033fa-da74-4fcf-b527-feefdec9257e"

START_TIMEOUT_S = 20.0
NOSTRO = [sys.executable, "-m", "nostro"]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True, slots=True)
class Identity:
    client_id: str = CLIENT_ID
    consumer_key: str = CONSUMER_KEY
    user_id: str | None = USER_ID
    user_secret: str | None = USER_SECRET


SEED_USER = Identity()
PARTNER = Identity(user_id=None, user_secret=None)


def sign(content: object, path: str, query: str, consumer_key: str) -> str:
    text = json.dumps(
        {"content": content, "path": path, "query": query}, separators=(",", ":"), sort_keys=True
    )
    return base64.b64encode(hmac.new(consumer_key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def send(
    base_url: str, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout_s: float
) -> Reply:
    """Send one request over one connection of its own."""
    parts = urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    found = {name.lower(): value for name, value in response.getheaders()}
    is_json = raw and found.get("content-type", "").startswith("application/json")
    return Reply(response.status, json.loads(raw) if is_json else raw.decode(), found)


class Server:
    """One `nostro` process. Use it as a context manager, or `start` and `kill` it by hand."""

    def __init__(self, data: Path | None, *arguments: str, **environment: str) -> None:
        self._arguments = [*arguments, *([] if data is None else ["--data", str(data)])]
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self.log: Path | None = None
        """Where its standard error goes; None lets the test runner have it."""
        self.said = ""
        """What it printed on standard output."""
        self.url = ""

    def start(self, command: str = "sandbox", **environment: str) -> Self:
        env = {name: value for name, value in os.environ.items() if not name.startswith("NOSTRO_")}
        env |= self._environment | environment
        with contextlib.ExitStack() as files:
            self._process = subprocess.Popen(
                [*NOSTRO, command, "--port", "0", *self._arguments],
                stdout=subprocess.PIPE,
                stderr=None if self.log is None else files.enter_context(self.log.open("a")),
                text=True,
                env=env,
            )
        stdout = self._process.stdout
        assert stdout is not None
        for line in stdout:
            self.said += line
            if line.startswith("listening on "):
                self.url = line.removeprefix("listening on ").strip()
                return self
        raise AssertionError(f"nostro {command} ended with {self._process.wait()} before it listened")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send_signal(self, signal_: signal.Signals) -> None:
        """Send a signal, and wait for nothing."""
        assert self._process is not None
        self._process.send_signal(signal_)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        process = self._process
        assert process is not None
        if process.poll() is None:
            process.send_signal(how)
        return self.wait_until_dead()

    def wait_until_dead(self) -> int:
        process = self._process
        assert process is not None
        code = process.wait(timeout=30)
        if process.stdout is not None and not process.stdout.closed:
            self.said += process.stdout.read()
            process.stdout.close()
        return code

    def __enter__(self) -> Self:
        return self if self.is_running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGKILL)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        identity: Identity = SEED_USER,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
    ) -> Reply:
        """Send one signed request, as the Python SDK would."""
        values = dict(query or {})
        if identity.user_id is not None:
            values |= {"userId": identity.user_id, "userSecret": identity.user_secret or ""}
        values |= {"clientId": identity.client_id, "timestamp": str(int(time.time()))}
        raw_query = urlencode(values)
        signed_path = path.removeprefix("/api/v1")
        signature = sign(body, signed_path, raw_query, identity.consumer_key)
        encoded = None if body is None else json.dumps(body).encode()
        sent = {"Signature": signature, **(headers or {})}
        if encoded is not None:
            sent["Content-Type"] = "application/json"
        return send(self.url, method, f"{path}?{raw_query}", encoded, sent, timeout_s)

    def cancel(self, order_id: str = ORDER, *, account: str = ACCOUNT, **rest: Any) -> Reply:
        body = {"brokerage_order_id": order_id}
        return self.call("POST", f"/accounts/{account}/trading/cancel", body, **rest)

    def place(self, account: str = ACCOUNT, **terms: Any) -> str:
        """Place an order that rests unless `terms` say otherwise; return its id."""
        order = {
            "account_id": account,
            "action": "BUY",
            "symbol": "AAPL",
            "order_type": "Limit",
            "time_in_force": "GTC",
            "price": 1.0,
            "units": 10,
        } | terms
        reply = self.call(
            "POST", "/trade/place", {key: value for key, value in order.items() if value is not None}
        )
        assert reply.status == 200, reply.body
        order_id: str = reply.body["brokerage_order_id"]
        return order_id

    def order(self, order_id: str, account: str = ACCOUNT) -> Any:
        """The order as the brokerage shows it (v2 record)."""
        reply = self.call("GET", f"/accounts/{account}/orders/details/v2/{order_id}")
        assert reply.status == 200, reply.body
        return reply.body

    def control(self, method: str, path: str, body: object = None) -> Reply:
        encoded = None if body is None else json.dumps(body).encode()
        return send(self.url, method, f"/sandbox{path}", encoded, {"Content-Type": "application/json"}, 30.0)

    def fault(self, kind: str, operation: str = "cancel", **terms: Any) -> None:
        reply = self.control("POST", "/faults", {"operation": operation, "kind": kind, **terms})
        assert reply.status == 200, reply.body

    def truth(self, order_id: str | None = None) -> list[dict[str, Any]]:
        reply = self.control("GET", "/truth" + (f"?brokerage_order_id={order_id}" if order_id else ""))
        assert reply.status == 200, reply.body
        log: list[dict[str, Any]] = reply.body
        return log

    def cancels_received(self, order_id: str) -> int:
        """How many cancels of this order reached the exchange."""
        return sum(
            entry["event"] == "request_received" and entry["operation"] == "cancel"
            for entry in self.truth(order_id)
        )

    def true_status(self, order_id: str) -> str:
        """The order's status as the exchange itself wrote it down last."""
        changes = [entry["status"] for entry in self.truth(order_id) if entry["event"] == "order_changed"]
        return str(changes[-1])

    def receipt(self, cancel_id: str, **rest: Any) -> Any:
        reply = self.call("GET", f"/cancellations/{cancel_id}", **rest)
        assert reply.status == 200, reply.body
        return reply.body

    def final_receipt(self, cancel_id: str, within_s: float = 15.0, **rest: Any) -> Any:
        return eventually(
            lambda: self.receipt(cancel_id, **rest), lambda receipt: bool(receipt["is_final"]), within_s
        )


def eventually(read: Callable[[], Any], is_enough: Callable[[Any], bool], within_s: float) -> Any:
    """Read again and again until it is enough; fails with the last reading."""
    deadline = time.monotonic() + within_s
    while not is_enough(found := read()):
        assert time.monotonic() < deadline, f"not within {within_s} s; last seen: {found}"
        time.sleep(0.05)
    return found
