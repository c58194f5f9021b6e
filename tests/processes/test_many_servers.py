"""Four servers on one database and one brokerage: to their callers they are one."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.server.world import PARTNER, Identity, Reply, Server, eventually
from tests.storage.postgres import PostgresServer

SERVERS = 4
CALLERS = 40
RECEIVED_LOOK = ("request_received", "look_up")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """The servers; the sandbox's controls answer through any of them."""
    data: Path = tmp_path_factory.mktemp("fleet")
    environment = {}
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        environment["NOSTRO_DATABASE_URL"] = postgres.new_database(is_empty=True)
    with ExitStack() as stack:
        brokerage = Server(data / "brokerage").start("simbroker")
        stack.callback(brokerage.stop, signal.SIGKILL)
        servers = []
        for _ in range(SERVERS):
            server = Server(data / "servers", NOSTRO_PAPER_URL=brokerage.url, **environment)
            servers.append(stack.enter_context(server))
        yield servers


def cancel_everywhere(fleet: list[Server], order_id: str) -> list[Reply]:
    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(lambda number: fleet[number % SERVERS].cancel(order_id), range(CALLERS)))


@pytest.mark.parametrize("kind", ["", "reply_lost", "hang", "ack_only"])
def test_forty_callers_over_four_servers_cause_one_request_and_get_one_verdict(
    fleet: list[Server], kind: str
) -> None:
    order_id = fleet[0].place()
    if kind:
        fleet[0].fault(kind, order_id=order_id)
    replies = cancel_everywhere(fleet, order_id)
    assert fleet[0].cancels_received(order_id) == 1
    assert len({reply.body["cancel_id"] for reply in replies}) == 1
    assert {reply.status for reply in replies} == {200}


def test_servers_do_not_look_at_the_same_order_over_and_over(fleet: list[Server]) -> None:
    order_id = fleet[0].place()
    fleet[0].fault("ack_only", order_id=order_id)
    fleet[0].cancel(order_id)
    time.sleep(1.5)
    truth = fleet[0].truth(order_id)
    looks = [each for each in truth if (each["event"], each.get("operation")) == RECEIVED_LOOK]
    assert 2 <= len(looks) <= 8  # one server alone: after 0, 50, 150, 350, 750 and 1550 ms


def test_a_server_killed_between_send_and_reply_leaves_its_cancel_to_the_others(fleet: list[Server]) -> None:
    order_id = fleet[0].place()
    fleet[0].fault("hang", order_id=order_id)
    dying, *others = fleet
    with ThreadPoolExecutor(CALLERS + 1) as pool:
        lost = pool.submit(dying.cancel, order_id)
        eventually(lambda: others[0].cancels_received(order_id), lambda count: count == 1, 5)
        joined = [pool.submit(others[number % 3].cancel, order_id) for number in range(CALLERS)]
        dying.stop(signal.SIGKILL)
        assert lost.exception() is not None
        cancel_ids = {each.result().body["cancel_id"] for each in joined}
    dying.start()
    assert len(cancel_ids) == 1
    receipt = others[0].final_receipt(cancel_ids.pop())
    assert (receipt["state"], receipt["status"]) == ("CONFIRMED", "CANCELED")
    assert others[0].cancels_received(order_id) == 1
    assert others[0].true_status(order_id) == "canceled"


def test_a_secret_rotated_in_one_server_is_dead_in_all_at_once(fleet: list[Server]) -> None:
    user = {"userId": "rotated"}
    registered = fleet[0].call("POST", "/snapTrade/registerUser", user, identity=PARTNER)
    old = Identity(user_id="rotated", user_secret=registered.body["userSecret"])
    for server in fleet:
        assert server.call("GET", "/accounts", identity=old).status == 200
    body = {"userId": "rotated", "userSecret": old.user_secret}
    reset = fleet[1].call("POST", "/snapTrade/resetUserSecret", body, identity=PARTNER)
    new = Identity(user_id="rotated", user_secret=reset.body["userSecret"])
    for server in fleet:
        assert server.call("GET", "/accounts", identity=old).status == 401
        assert server.call("GET", "/accounts", identity=new).status == 200
