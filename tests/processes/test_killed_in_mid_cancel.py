"""The whole promise at once: many callers, four servers, one killed in mid-cancel, and a partner away."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.world import Reply, eventually
from tests.storage.postgres import PostgresServer
from tests.torture.fleet import Fleet, open_fleet
from tests.webhooks.receiver import Receiver

SERVERS = 4
CALLERS = 40
RETRY_S = 20.0
"""The second delivery comes five seconds after the first; the rest is a busy machine."""


@pytest.fixture(params=["sqlite", "postgresql"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fleet]:
    url = ""
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.new_database(is_empty=True)
    with open_fleet(tmp_path, SERVERS, seed=0, database_url=url) as fleet:
        yield fleet


def received(fleet: Fleet, order_id: str) -> int:
    facts = fleet.facts(order_id)
    return sum((each.event, each.operation) == ("request_received", "cancel") for each in facts)


def attempts(fleet: Fleet) -> int:
    [(count,)] = fleet.ask("SELECT count(*) FROM webhook_attempt")
    return int(count)


def test_a_kill_between_send_and_reply_costs_one_request_one_verdict_and_one_webhook(fleet: Fleet) -> None:
    fleet.receiver.close()
    order_id = fleet.place(units=3)
    fleet.fault("cancel", "hang", order_id=order_id)
    dying, *others = fleet.servers

    def cancel(number: int) -> Reply:
        return fleet.cancel(others[number % len(others)], order_id, wait_s=None, timeout_s=30)

    with ThreadPoolExecutor(CALLERS) as pool:
        lost = pool.submit(fleet.cancel, dying, order_id, wait_s=None, timeout_s=30)
        eventually(lambda: received(fleet, order_id), lambda count: count == 1, 10)
        joined = [pool.submit(cancel, number) for number in range(CALLERS - 1)]
        dying.stop(signal.SIGKILL)
        assert lost.exception() is not None
        replies = [each.result() for each in joined]
    assert {(reply.status, reply.body["status"]) for reply in replies} == {(200, "CANCELED")}
    [cancel_id] = {reply.body["cancel_id"] for reply in replies}
    assert received(fleet, order_id) == 1
    changes = [each.status for each in fleet.facts(order_id) if each.event == "order_changed"]
    assert changes == ["new", "canceled"]
    eventually(lambda: attempts(fleet), bool, 10)
    with Receiver(port=fleet.receiver.port) as back:
        [final] = eventually(lambda: back.finals(cancel_id), bool, RETRY_S)
        time.sleep(1)
        assert (len(back.finals(cancel_id)), final["details"]["status"]) == (1, "CANCELED")
    [(kept,)] = fleet.ask("SELECT count(*) FROM webhook_event WHERE event_id = ?", final["webhookId"])
    assert (kept, fleet.receiver.deliveries) == (1, [])
