"""A partner's receiver on loopback, and the two verifiers that partners use.

The verifiers are written from SnapTrade's and Standard Webhooks' documentation with the standard library
alone: they share no code with what they judge.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Delivery:
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: datetime

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def hang(seconds: float) -> Answer:
    def answer(_handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)

    return answer


class Receiver:
    """Answers in turn what it was told to, then 200; keeps every delivery."""

    def __init__(self, *answers: Answer, port: int = 0) -> None:
        self.deliveries: list[Delivery] = []
        self.answers = list(answers)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.deliveries.append(Delivery(self.path, headers, body, datetime.now(UTC)))
                answer = receiver.answers.pop(0) if receiver.answers else status(200)
                answer(self)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Be gone; closing twice does no harm."""
        self._server.shutdown()
        self._server.server_close()

    def finals(self, cancel_id: str) -> list[Any]:
        """The bodies that are the final word about this cancel."""
        return [each.json for each in self.deliveries if each.json["details"].get("cancel_id") == cancel_id]


def snaptrade_accepts(body: bytes, headers: Mapping[str, str], consumer_key: str, now: datetime) -> bool:
    """Verify as SnapTrade's page tells partners to: parse, write again, sign, compare, look at the age."""
    payload = json.loads(body)
    written = json.dumps(payload, separators=(",", ":"), sort_keys=True)
    digest = hmac.new(consumer_key.encode(), written.encode(), hashlib.sha256).digest()
    age_s = (now - datetime.fromisoformat(payload["eventTimestamp"])).total_seconds()
    return base64.b64encode(digest).decode() == headers["signature"] and age_s <= 300


def standard_webhooks_accepts(body: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Verify as standardwebhooks.com specifies, with its tolerance of five minutes."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = headers["webhook-timestamp"]
    signed = f"{headers['webhook-id']}.{stamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ") and abs(now.timestamp() - int(stamp)) <= 300
