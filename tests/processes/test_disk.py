"""A disk that fails, fills up or was damaged, under a running server, and a database that is away."""

import http.client
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.test_start import run_command
from tests.server.world import ORDER, Reply, Server, eventually
from tests.simulation.ports import dice
from tests.torture.disk import Luck
from tests.torture.machine import Factory, Machine

NOTHING_MORE = Luck(sectors=0.0, names=False)
DATABASE_FAILED = (503, "7021")
DELAY_S = 1.0
"""How long the brokerage thinks about a cancel, while something happens to the database."""


@contextmanager
def once_cut(parts: Factory) -> Iterator[Machine]:
    """A machine whose power went right after its first start, and came back."""
    with parts.machine() as machine:
        machine.start()
        machine.cut_power(NOTHING_MORE, dice(0, "luck"))
        yield machine


@pytest.fixture(scope="module")
def sqlite_machine(sqlite_parts: Factory) -> Iterator[Machine]:
    with once_cut(sqlite_parts) as machine:
        yield machine


@pytest.fixture(scope="module")
def postgres_machine(postgres_parts: Factory) -> Iterator[Machine]:
    with once_cut(postgres_parts) as machine:
        yield machine


@pytest.fixture
def on_sqlite(sqlite_machine: Machine) -> Machine:
    return running(sqlite_machine)


@pytest.fixture
def on_postgres(postgres_machine: Machine) -> Machine:
    return running(postgres_machine)


def running(machine: Machine) -> Machine:
    """The machine as the last test left it, but on, and with a brokerage that is well."""
    machine.brokerage.control("DELETE", "/faults")
    if not machine.servers:
        machine.start()
    # A server that lost its database may do nothing before it is a member again, which takes a second.
    eventually(lambda: can_place(machine.servers[0]), bool, 10)
    return machine


def can_place(server: Server) -> bool:
    try:
        server.place()
    except AssertionError:
        return False
    return True


def told(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body.get("code", "")


def received(machine: Machine, order_id: str) -> int:
    return machine.brokerage.cancels_received(order_id)


@contextmanager
def thinking(machine: Machine, order_id: str) -> Iterator[Callable[[], Reply]]:
    """Hold a cancel at the brokerage, which has it; the caller's answer comes by the given function."""
    machine.brokerage.fault("reply_delayed", order_id=order_id, delay_s=DELAY_S)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(machine.servers[0].cancel, order_id, headers={"Prefer": "wait=3"})
        eventually(lambda: received(machine, order_id), lambda count: count == 1, 5)
        yield asking.result


def unknown(reply: Reply) -> str:
    assert (reply.status, reply.body["status"]) == (500, "UNKNOWN")
    return str(reply.body["cancel_id"])


def confirmed_by(server: Server, cancel_id: str) -> list[str]:
    """The kinds of evidence by which a cancel was confirmed in the end."""
    receipt = server.final_receipt(cancel_id, within_s=25)
    assert (receipt["state"], receipt["status"]) == ("CONFIRMED", "CANCELED")
    return [each["kind"] for each in receipt["evidence"]]


@pytest.mark.parametrize("engine", ["on_sqlite", "on_postgres"])
def test_what_a_first_start_made_survives_a_power_cut(engine: str, request: pytest.FixtureRequest) -> None:
    machine: Machine = request.getfixturevalue(engine)
    reply = machine.servers[0].cancel(ORDER)  # the sandbox's own, placed by its first start
    assert reply.body["status"] == "CANCELED"


@pytest.mark.parametrize(("commits", "sent"), [(0, 0), (1, 1)])
def test_a_sync_that_fails_ends_the_process_and_evidence_resolves_what_it_left(
    on_sqlite: Machine, commits: int, sent: int
) -> None:
    [server] = on_sqlite.servers
    order_id = server.place()
    lines, failures = on_sqlite.log.read_text().count("database_beyond_trust"), on_sqlite.disk.syncs_failed
    with (
        on_sqlite.disk.failing_sync("nostro.db-wal", after=commits),
        pytest.raises((http.client.HTTPException, OSError)),
    ):
        server.cancel(order_id)
    assert server.wait_until_dead() == os.EX_IOERR
    assert on_sqlite.log.read_text().count("database_beyond_trust") == lines + 1
    assert on_sqlite.disk.syncs_failed == failures + 1  # and it was not tried again
    assert received(on_sqlite, order_id) == sent
    on_sqlite.cut_power(NOTHING_MORE, dice(0, "luck"))
    on_sqlite.start()
    [server] = on_sqlite.servers
    reply = server.cancel(order_id)
    assert confirmed_by(server, reply.body["cancel_id"])
    assert received(on_sqlite, order_id) == 1


def test_a_full_disk_refuses_cancels_and_sends_nothing_while_reads_answer(on_sqlite: Machine) -> None:
    [server] = on_sqlite.servers
    order_id = server.place()
    with on_sqlite.disk.full("nostro.db"):
        assert told(server.cancel(order_id)) == DATABASE_FAILED
        assert server.call("GET", "/accounts").status == 200
        assert server.order(order_id)["status"] == "PENDING"
        assert received(on_sqlite, order_id) == 0
    assert server.cancel(order_id).body["status"] == "CANCELED"
    assert received(on_sqlite, order_id) == 1


def test_a_verdict_that_finds_no_room_is_unknown_and_is_stored_once_there_is_room(
    on_sqlite: Machine,
) -> None:
    [server] = on_sqlite.servers
    order_id = server.place()
    with thinking(on_sqlite, order_id) as answer, on_sqlite.disk.full("nostro.db"):
        cancel_id = unknown(answer())
        assert server.receipt(cancel_id)["is_final"] is False
    assert confirmed_by(server, cancel_id) == ["reply"]
    assert received(on_sqlite, order_id) == 1


def test_a_verdict_that_found_no_room_is_found_again_after_a_kill(on_sqlite: Machine) -> None:
    order_id = on_sqlite.servers[0].place()
    with thinking(on_sqlite, order_id) as answer, on_sqlite.disk.full("nostro.db"):
        cancel_id = unknown(answer())
        on_sqlite.kill()
    on_sqlite.start()
    assert confirmed_by(on_sqlite.servers[0], cancel_id) == ["restart", "look_up"]
    assert received(on_sqlite, order_id) == 1


@pytest.mark.parametrize("how", ["a flipped page", "half the file"])
def test_a_damaged_database_is_refused_with_what_to_do_and_left_as_it_is(tmp_path: Path, how: str) -> None:
    data = tmp_path / "data"
    assert Server(data).start().stop() == 0
    file = data / "nostro.db"
    content = bytearray(file.read_bytes())
    if how == "a flipped page":
        content[4 * 4096 : 5 * 4096] = (byte ^ 0xFF for byte in content[4 * 4096 : 5 * 4096])
    else:
        del content[len(content) // 2 :]
    file.write_bytes(content)
    done = run_command("sandbox", "--port", "0", "--data", str(data))
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "is damaged" in said
    assert "backup" in said
    assert file.read_bytes() == content


def test_a_database_locked_for_long_refuses_cancels_and_sends_nothing(on_sqlite: Machine) -> None:
    [server] = on_sqlite.servers
    order_id = server.place()
    with locked(on_sqlite.data / "nostro.db"):
        assert told(server.cancel(order_id)) == DATABASE_FAILED
    assert received(on_sqlite, order_id) == 0
    assert server.cancel(order_id).body["status"] == "CANCELED"


def test_a_database_locked_between_send_and_record_gets_its_verdict_later(on_sqlite: Machine) -> None:
    [server] = on_sqlite.servers
    order_id = server.place()
    with thinking(on_sqlite, order_id) as answer, locked(on_sqlite.data / "nostro.db"):
        cancel_id = unknown(answer())
    assert confirmed_by(server, cancel_id) == ["reply"]
    assert received(on_sqlite, order_id) == 1


@contextmanager
def locked(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def cancels_within(seconds: int, machine: Machine, order_id: str) -> None:
    """Ask until the database is back; the cancel then is done, and was sent once."""
    [server] = machine.servers
    reply = eventually(lambda: server.cancel(order_id), lambda reply: reply.status == 200, seconds)
    assert reply.body["status"] == "CANCELED"
    assert received(machine, order_id) == 1


def test_a_database_server_that_is_away_refuses_cancels_and_sends_nothing(on_postgres: Machine) -> None:
    [server] = on_postgres.servers
    order_id = server.place()
    assert on_postgres.cluster is not None
    on_postgres.cluster.stop()
    assert told(server.cancel(order_id)) == DATABASE_FAILED
    assert received(on_postgres, order_id) == 0
    on_postgres.cluster.start()
    cancels_within(5, on_postgres, order_id)


def test_a_database_server_that_goes_between_send_and_record_gets_its_verdict_later(
    on_postgres: Machine,
) -> None:
    [server] = on_postgres.servers
    order_id = server.place()
    assert on_postgres.cluster is not None
    with thinking(on_postgres, order_id) as answer:
        on_postgres.cluster.kill()
        cancel_id = unknown(answer())
    on_postgres.cluster.start()
    assert confirmed_by(server, cancel_id)
    assert received(on_postgres, order_id) == 1


def test_a_sync_that_fails_under_the_database_server_is_outlived(on_postgres: Machine) -> None:
    [server] = on_postgres.servers
    order_id = server.place()
    with on_postgres.disk.failing_sync("pg_wal"):
        assert told(server.cancel(order_id)) == DATABASE_FAILED
    assert on_postgres.disk.syncs_failed == 1
    assert received(on_postgres, order_id) == 0
    cancels_within(15, on_postgres, order_id)


def test_a_full_disk_under_the_database_server_refuses_cancels_and_sends_nothing(
    on_postgres: Machine,
) -> None:
    [server] = on_postgres.servers
    orders = [server.place(units=number + 1) for number in range(40)]
    with on_postgres.disk.full("/base/"):
        replies = [server.cancel(order_id, headers={"Prefer": "wait=0"}) for order_id in orders]
        refused = [
            order_id
            for order_id, reply in zip(orders, replies, strict=True)
            if told(reply) == DATABASE_FAILED
        ]
        assert refused
        assert {received(on_postgres, order_id) for order_id in refused} == {0}
        assert server.call("GET", "/accounts").status == 200
    for order_id in orders:
        cancel_id = server.cancel(order_id, headers={"Prefer": "wait=0"}).body["cancel_id"]
        assert confirmed_by(server, cancel_id)
        assert received(on_postgres, order_id) == 1


def test_a_database_server_that_may_lose_commits_is_warned_of_at_the_start(postgres_parts: Factory) -> None:
    with postgres_parts.machine() as machine:
        machine.start(fsync="off", full_page_writes="off")
        warnings = [line for line in machine.log.read_text().splitlines() if "database_not_durable" in line]
    assert [json.loads(line)["setting"] for line in warnings] == ["fsync", "full_page_writes"]


def test_a_database_server_that_keeps_its_promises_is_not_warned_of(on_postgres: Machine) -> None:
    assert "database_not_durable" not in on_postgres.log.read_text()
