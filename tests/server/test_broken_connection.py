"""Credentials that a brokerage stops accepting: cancels stay true, the connection is disabled and renewed.

The brokerage answers as Alpaca does, from one order and one switch.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import run_nostro
from tests.webhooks.receiver import Receiver

from .portal import connect
from .world import CLIENT_ID, Server, eventually

OPEN_ORDER = "61e69015-8549-4bfd-b9c3-01e75843f47d"
OTHER_ORDER = "71e69015-8549-4bfd-b9c3-01e75843f47d"
WITHIN_S = 60.0


@dataclass
class Brokerage:
    url: str = ""
    status: int = 200
    """What it answers to everything while it is not 200."""
    order_status: str = "new"
    cancels: list[str] = field(default_factory=list)
    listings: int = 0
    """How often it listed its account; once for connecting."""
    looks: int = 0
    """How often it was asked about an order and refused to say."""
    examinations: int = 0
    """How often it refused to."""

    def answer(self, method: str, path: str) -> tuple[int, object]:
        if method == "DELETE":
            self.cancels.append(path.rpartition("/")[2])
        if self.status != 200:
            self.examinations += path == "/v2/account"
            self.looks += method == "GET" and path.startswith("/v2/orders/")
            return self.status, {"message": "unauthorized."}
        if method == "DELETE":
            return 204, None
        if path == "/v2/account":
            self.listings += 1
            return 200, {"account_number": "PA1", "currency": "USD", "cash": "1", "buying_power": "1"}
        if path.startswith("/v2/orders/"):
            return 200, _order(path.split("?", maxsplit=1)[0].rpartition("/")[2], self.order_status)
        return 200, []


def _order(order_id: str, status: str) -> dict[str, Any]:
    at = "2026-03-02T15:00:00Z"
    return {
        "id": order_id, "client_order_id": "", "created_at": at, "updated_at": at, "submitted_at": at,
        "symbol": "AAPL", "asset_class": "us_equity", "qty": "10", "filled_qty": "0", "order_class": "simple",
        "order_type": "limit", "type": "limit", "side": "buy", "time_in_force": "gtc", "limit_price": "1",
        "status": status, "extended_hours": False,
    }  # fmt: skip


@contextmanager
def serving(brokerage: Brokerage) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = brokerage.answer(self.command, self.path)
            written = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    brokerage.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


@dataclass(frozen=True, slots=True)
class World:
    nostro: Server
    brokerage: Brokerage
    receiver: Receiver

    def connect(self) -> str:
        return connect(self.nostro, "ALPACA", {"key_id": "k", "secret_key": "s"})

    def account(self, connection: str) -> str:
        [account] = self.nostro.call("GET", f"/authorizations/{connection}/accounts").body
        return str(account["id"])

    def is_disabled(self, connection: str) -> bool:
        return bool(self.nostro.call("GET", f"/authorizations/{connection}").body["disabled"])

    def told(self) -> list[str]:
        return [each.json["eventType"] for each in self.receiver.deliveries]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    brokerage, data = Brokerage(), tmp_path / "data"
    with serving(brokerage), Receiver() as receiver:
        environment = {"NOSTRO_BROKER_URLS": f"ALPACA={brokerage.url}", "NOSTRO_WEBHOOK_ALLOW": "127.0.0.1"}
        with Server(data, **environment) as nostro:
            result = run_nostro(
                "webhooks", "set", CLIENT_ID, receiver.url, "--data", str(data), **environment
            )
            assert result.exit_code == 0, result.stderr
            yield World(nostro, brokerage, receiver)


def test_a_refusal_that_passes_disables_nothing(world: World) -> None:
    connection = world.connect()
    account = world.account(connection)
    world.brokerage.status = 401
    assert world.nostro.call("GET", f"/accounts/{account}/balances").status == 503
    eventually(lambda: world.brokerage.examinations, lambda count: count >= 1, WITHIN_S)
    world.brokerage.status = 200
    eventually(lambda: world.brokerage.listings, lambda count: count >= 2, WITHIN_S)
    assert world.nostro.call("GET", f"/accounts/{account}/balances").status == 200
    assert not world.is_disabled(connection)
    assert world.told() == []


def test_a_cancel_that_meets_refused_credentials_is_unknown_and_ends_by_evidence_once_they_are_renewed(
    world: World,
) -> None:
    connection = world.connect()
    account = world.account(connection)
    first = world.nostro.cancel(OPEN_ORDER, account=account)
    assert (first.status, first.body["status"]) == (200, "CANCEL_PENDING")

    world.brokerage.status = 401
    assert eventually(lambda: world.is_disabled(connection), bool, WITHIN_S)
    assert eventually(world.told, bool, WITHIN_S) == ["CONNECTION_BROKEN"]
    examinations, looks = world.brokerage.examinations, world.brokerage.looks
    refused = world.nostro.cancel(OTHER_ORDER, account=account)
    assert (refused.status, refused.body["code"]) == (402, "3003")
    again = world.nostro.cancel(OPEN_ORDER, account=account)
    assert (again.status, again.body["status"]) == (200, "CANCEL_PENDING")
    assert world.brokerage.cancels == [OPEN_ORDER]
    eventually(lambda: world.brokerage.looks, lambda count: count > looks + 1, WITHIN_S)
    assert world.brokerage.examinations == examinations, "what is known is not examined again"

    world.brokerage.status, world.brokerage.order_status = 200, "canceled"
    assert world.connect() == connection
    assert world.account(connection) == account
    receipt = world.nostro.final_receipt(first.body["cancel_id"])
    assert receipt["state"] == "CONFIRMED"
    told = eventually(world.told, lambda events: len(events) == 3, WITHIN_S)
    assert sorted(told) == ["CONNECTION_BROKEN", "CONNECTION_FIXED", "TRADE_UPDATE"]
    assert not world.is_disabled(connection)


def test_a_brokerage_that_fails_for_a_while_disables_nothing(world: World) -> None:
    connection = world.connect()
    account = world.account(connection)
    world.brokerage.status = 503
    for _ in range(3):
        assert world.nostro.call("GET", f"/accounts/{account}/balances").status == 503
    assert not world.is_disabled(connection)
