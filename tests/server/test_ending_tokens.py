"""Access tokens that end, over the official wire: Charles Schwab's, which are had for a refresh token.

Between the server and the simulated brokerage stands a gate that hands everything on. It lets tokens end when
a test wants it, and a refresh token is good for one use: what comes back takes its place.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from nostro.brokers.oauth import EARLY
from nostro.sim.skins import faces
from tests.cli.conftest import run_nostro
from tests.webhooks.receiver import Receiver

from .portal import connect
from .world import CLIENT_ID, Server, eventually

WITHIN_S = 60.0
UNUSABLE_S = int(EARLY.total_seconds())
"""An access token of so short a life is not used a second time."""


def credentials() -> dict[str, str]:
    issue = faces()["schwab"].issue
    assert issue is not None
    return dict(issue("open-an-account-there"))


TRUE_TOKEN = credentials()["refresh_token"]


@dataclass
class Gate:
    brokerage_url: str
    refresh_token: str = TRUE_TOKEN
    """The only one that is good now; empty: none is."""
    life_s: int = 1800
    grants: int = 0
    accepted: set[str] = field(default_factory=set)
    """Access tokens, as headers, that have not ended."""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        """Return status, headers and body of the answer."""
        if target == "/v1/oauth/token":
            return self._grant(method, target, headers, body)
        if headers["Authorization"] not in self.accepted:
            headers["Authorization"] = "Bearer ended"
        return self._hand_on(method, target, headers, body)

    def _grant(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        form = dict(parse_qsl(body.decode()))
        is_good = form["refresh_token"] == self.refresh_token
        form["refresh_token"] = TRUE_TOKEN if is_good else "ended"
        status, said, answered = self._hand_on(method, target, headers, urlencode(form).encode())
        if status == 200:
            tokens = json.loads(answered)
            self.grants += 1
            self.accepted.add(f"Bearer {tokens['access_token']}")
            self.refresh_token = f"{TRUE_TOKEN}{self.grants}"
            changes = {"refresh_token": self.refresh_token, "expires_in": self.life_s}
            answered = json.dumps(tokens | changes).encode()
        return status, said, answered

    def _hand_on(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        with closing(HTTPConnection(urlsplit(self.brokerage_url).netloc, timeout=30.0)) as connection:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[tuple[Gate, Server, str]]:
    """The gate, the brokerage behind it, and the gate's own address."""
    with Server(tmp_path / "brokerage", "--as", "schwab").start("simbroker") as brokerage:
        gate = Gate(brokerage.url)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                kept = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
                headers = {name: value for name, value in kept.items() if value is not None}
                status, said, answered = gate.answer(self.command, self.path, headers, body)
                self.send_response(status)
                for name, value in said:
                    if name.lower() in ("content-type", "location"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answered)))
                self.end_headers()
                self.wfile.write(answered)

            def do_POST(self) -> None:
                self.do_GET()

            def do_DELETE(self) -> None:
                self.do_GET()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield gate, brokerage, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True)
class World:
    nostro: Server
    brokerage: Server
    gate: Gate
    receiver: Receiver

    def connect(self) -> str:
        """Walk through the portal with a refresh token that is good; return the connection's id."""
        self.gate.refresh_token = TRUE_TOKEN
        return connect(self.nostro, "SCHWAB", credentials())

    def account(self, connection: str) -> str:
        [account] = self.nostro.call("GET", f"/authorizations/{connection}/accounts").body
        return str(account["id"])

    def is_disabled(self, connection: str) -> bool:
        return bool(self.nostro.call("GET", f"/authorizations/{connection}").body["disabled"])

    def told(self) -> list[str]:
        """List what was told of connections."""
        events = [each.json["eventType"] for each in self.receiver.deliveries]
        return [each for each in events if each in ("CONNECTION_BROKEN", "CONNECTION_FIXED")]


@pytest.fixture
def world(gate: tuple[Gate, Server, str], tmp_path: Path) -> Iterator[World]:
    (opened, brokerage, url), data = gate, tmp_path / "data"
    environment = {"NOSTRO_BROKER_URLS": f"SCHWAB={url}", "NOSTRO_WEBHOOK_ALLOW": "127.0.0.1"}
    with Receiver() as receiver, Server(data, **environment) as nostro:
        result = run_nostro("webhooks", "set", CLIENT_ID, receiver.url, "--data", str(data), **environment)
        assert result.exit_code == 0, result.stderr
        yield World(nostro, brokerage, opened, receiver)


def test_a_cancel_after_the_access_token_ended_has_a_new_one(world: World) -> None:
    world.gate.life_s = UNUSABLE_S
    account = world.account(world.connect())
    order = world.nostro.place(account)
    before = world.gate.grants
    canceled = world.nostro.cancel(order, account=account)
    assert (canceled.status, canceled.body["status"]) == (200, "CANCELED")
    assert world.gate.grants > before
    assert world.brokerage.cancels_received(order) == 1
    assert world.brokerage.true_status(order) == "canceled"


def test_an_access_token_that_ends_before_its_time_costs_a_reader_nothing(world: World) -> None:
    connection = world.connect()
    account = world.account(connection)
    world.gate.accepted.clear()
    assert world.nostro.call("GET", f"/accounts/{account}/balances").status == 200
    assert not world.is_disabled(connection)


def test_a_cancel_under_a_refresh_token_that_is_refused_is_not_sent_and_the_connection_is_disabled(
    world: World,
) -> None:
    world.gate.life_s = UNUSABLE_S
    connection = world.connect()
    account = world.account(connection)
    order = world.nostro.place(account)

    world.gate.refresh_token = ""
    refused = world.nostro.cancel(order, account=account)
    assert (refused.status, refused.body["code"], refused.body["status"]) == (503, "7020", "NOT_SENT")
    assert "does not accept these credentials" in refused.body["detail"]
    assert eventually(world.told, bool, WITHIN_S) == ["CONNECTION_BROKEN"]
    assert world.is_disabled(connection)
    assert world.brokerage.cancels_received(order) == 0
    assert world.brokerage.true_status(order) == "new"

    assert world.connect() == connection
    canceled = world.nostro.cancel(order, account=account)
    assert (canceled.status, canceled.body["status"]) == (200, "CANCELED")
    told = eventually(world.told, lambda events: len(events) > 1, WITHIN_S)
    assert told == ["CONNECTION_BROKEN", "CONNECTION_FIXED"]
    assert world.brokerage.cancels_received(order) == 1
