"""A real server tells a real receiver, over crashes, and under the command that operators use."""

import http.client
import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import run_nostro
from tests.server.world import ACCOUNT, CLIENT_ID, CONSUMER_KEY, ORDER, USER_ID, Server, eventually

from .receiver import Delivery, Receiver, snaptrade_accepts, standard_webhooks_accepts, status

ALLOW = {"NOSTRO_WEBHOOK_ALLOW": "127.0.0.1"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    with Server(data, **ALLOW) as server:
        yield server


def listen(data: Path, receiver: Receiver) -> str:
    """Point the sandbox's partner at the receiver; return the signing secret."""
    result = run_nostro("webhooks", "set", CLIENT_ID, receiver.url, "--data", str(data), **ALLOW)
    assert result.exit_code == 0, result.stderr
    return result.stdout.split("signing secret: ")[1].split()[0]


def finals(receiver: Receiver, cancel_id: str) -> list[Any]:
    told: list[Any] = eventually(lambda: receiver.finals(cancel_id), bool, within_s=15)
    return told


def accepted(delivery: Delivery, secret: str) -> bool:
    return snaptrade_accepts(
        delivery.body, delivery.headers, CONSUMER_KEY, datetime.now(UTC)
    ) and standard_webhooks_accepts(delivery.body, delivery.headers, secret, datetime.now(UTC))


def test_a_pending_cancel_gets_its_final_word(server: Server, data: Path, receiver: Receiver) -> None:
    secret = listen(data, receiver)
    server.fault("ack_only", order_id=ORDER)
    reply = server.cancel(ORDER)
    assert reply.body["status"] == "CANCEL_PENDING"
    assert receiver.finals(reply.body["cancel_id"]) == []
    server.control("POST", f"/orders/{ORDER}/cancel")
    [final] = finals(receiver, reply.body["cancel_id"])
    assert (final["details"]["status"], final["details"]["state"]) == ("CANCELED", "CONFIRMED")
    assert (final["accountId"], final["userId"], final["eventType"]) == (ACCOUNT, USER_ID, "TRADE_UPDATE")
    assert all(accepted(each, secret) for each in receiver.deliveries)


def test_an_unknown_cancel_gets_its_final_word(server: Server, data: Path, receiver: Receiver) -> None:
    listen(data, receiver)
    server.fault("hang", order_id=ORDER, delay_s=1)
    reply = server.cancel(ORDER, headers={"Prefer": "wait=0"})
    assert reply.body["status"] == "UNKNOWN"
    [final] = finals(receiver, reply.body["cancel_id"])
    assert final["details"]["status"] == "CANCELED"


def test_a_fill_of_a_placed_order_is_told_once_somebody_looks(
    server: Server, data: Path, receiver: Receiver
) -> None:
    listen(data, receiver)
    order_id = server.place()
    server.control("POST", f"/orders/{order_id}/fill", {"units": 4})
    assert server.order(order_id)["status"] == "PARTIAL"
    [event] = eventually(lambda: [each.json for each in receiver.deliveries], bool, within_s=10)
    [record] = event["details"]["orders"]
    told = (record["brokerage_order_id"], record["status"], record["legs"][0]["filled_quantity"])
    assert told == (order_id, "PARTIAL", "4.000000000")


def test_a_receiver_that_flaps_gets_each_event_signed_anew(
    server: Server, data: Path, receiver: Receiver
) -> None:
    secret = listen(data, receiver)
    receiver.answers = [status(503)]
    cancel_id = server.cancel(ORDER).body["cancel_id"]
    told = eventually(lambda: receiver.finals(cancel_id), lambda found: len(found) == 2, within_s=15)
    first, second = told
    assert (
        first["webhookId"] == second["webhookId"],
        first["eventTimestamp"] < second["eventTimestamp"],
    ) == (
        True,
        True,
    )
    assert all(accepted(each, secret) for each in receiver.deliveries)


def only_cancel(data: Path) -> str:
    journal = sqlite3.connect(data / "nostro.db")
    [(cancel_id,)] = journal.execute("SELECT cancel_id FROM cancel_intent")
    journal.close()
    return str(cancel_id)


@pytest.mark.parametrize("point", ["after_send", "before_commit", "after_commit", "before_answer"])
def test_a_kill_around_the_outcomes_commit_loses_no_final_word_and_doubles_none(
    data: Path, receiver: Receiver, point: str
) -> None:
    server = Server(data, **ALLOW).start()
    listen(data, receiver)
    server.stop(signal.SIGKILL)
    server.start(NOSTRO_CRASH_AT=point)
    with pytest.raises((http.client.HTTPException, OSError)):
        server.cancel(ORDER)
    assert server.wait_until_dead() == -signal.SIGKILL
    with server.start() as again:
        cancel_id = only_cancel(data)
        [final, *more] = finals(receiver, cancel_id)
        again.final_receipt(cancel_id)
        again.cancel(ORDER)  # a repeat joins the cancel that ended, and ends nothing again
        assert final["details"]["status"] == "CANCELED"
        assert {each["webhookId"] for each in more} <= {final["webhookId"]}
        listed = run_nostro("webhooks", "list", "--json", "--data", str(data)).stdout
        assert listed.count(f'"cancel_id": "{cancel_id}"') == 1


def test_events_survive_a_kill_while_the_receiver_is_down(data: Path, receiver: Receiver) -> None:
    server = Server(data, **ALLOW).start()
    listen(data, receiver)
    receiver.answers = [status(500)]
    cancel_id = server.cancel(ORDER).body["cancel_id"]
    finals(receiver, cancel_id)
    server.stop(signal.SIGKILL)
    with server.start():
        told = eventually(lambda: receiver.finals(cancel_id), lambda found: len(found) == 2, within_s=45)
    assert told[0]["webhookId"] == told[1]["webhookId"]


def test_without_the_setting_a_server_reaches_no_loopback_receiver(data: Path, receiver: Receiver) -> None:
    with Server(data) as server:
        listen(data, receiver)
        server.cancel(ORDER)
        refused = eventually(
            lambda: run_nostro("webhooks", "list", "--json", "--data", str(data)).stdout,
            lambda listed: '"attempts": 1' in listed,
            within_s=10,
        )
    assert ('"state": "pending"' in refused, receiver.deliveries) == (True, [])


def test_a_server_told_to_stop_lets_a_delivery_under_way_end(data: Path, receiver: Receiver) -> None:
    def answer_late(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(1.5)
        status(200)(handler)

    server = Server(data, **ALLOW).start()
    listen(data, receiver)
    receiver.answers = [answer_late]
    server.cancel(ORDER)
    eventually(lambda: receiver.deliveries, bool, within_s=10)
    assert server.stop(signal.SIGTERM) == 0
    [event] = json.loads(run_nostro("webhooks", "list", "--json", "--data", str(data)).stdout)
    assert (event["state"], event["attempts"], len(receiver.deliveries)) == ("delivered", 1, 1)
