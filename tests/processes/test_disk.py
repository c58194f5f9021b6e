"""A disk that fails, fills up or was damaged, under a running server, and a database that is away."""

import http.client
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.server.test_start import run_command
from tests.server.world import ORDER, Reply, Server, eventually
from tests.torture.disk import Luck
from tests.torture.machine import Factory, Machine

NOTHING_MORE = Luck(sectors=0.0, names=False)
DATABASE_FAILED = (503, "7021")
DELAY_S = 1.0
"""How long the brokerage thinks about a cancel, while something happens to the database."""


@pytest.fixture
def machine(parts: Factory) -> Iterator[Machine]:
    with parts.machine() as machine:
        yield machine


@pytest.fixture
def on_sqlite(sqlite_parts: Factory) -> Iterator[Machine]:
    with sqlite_parts.machine() as machine:
        machine.start()
        yield machine


@pytest.fixture
def on_postgres(postgres_parts: Factory) -> Iterator[Machine]:
    with postgres_parts.machine() as machine:
        machine.start()
        yield machine


def told(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body["code"]


def received(machine: Machine, order_id: str = ORDER) -> int:
    return machine.brokerage.cancels_received(order_id)


@contextmanager
def thinking(machine: Machine) -> Iterator[Callable[[], Reply]]:
    """Hold a cancel at the brokerage, which has it; the caller's answer comes by the given function."""
    machine.brokerage.fault("reply_delayed", order_id=ORDER, delay_s=DELAY_S)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(machine.servers[0].cancel, ORDER, headers={"Prefer": "wait=3"})
        eventually(lambda: received(machine), lambda count: count == 1, 5)
        yield asking.result


def unknown(reply: Reply) -> str:
    assert (reply.status, reply.body["status"]) == (500, "UNKNOWN")
    return str(reply.body["cancel_id"])


def confirmed_by(server: Server, cancel_id: str) -> list[str]:
    """The kinds of evidence by which a cancel was confirmed in the end."""
    receipt = server.final_receipt(cancel_id, within_s=25)
    assert (receipt["state"], receipt["status"]) == ("CONFIRMED", "CANCELED")
    return [each["kind"] for each in receipt["evidence"]]


def test_what_a_first_start_made_survives_a_power_cut(machine: Machine) -> None:
    machine.start()
    machine.cut_power(NOTHING_MORE, Random(0))
    machine.start()
    assert machine.servers[0].cancel(ORDER).body["status"] == "CANCELED"


@pytest.mark.parametrize(("commits", "sent"), [(0, 0), (1, 1)])
def test_a_sync_that_fails_ends_the_process_and_evidence_resolves_what_it_left(
    on_sqlite: Machine, commits: int, sent: int
) -> None:
    [server] = on_sqlite.servers
    server.call("GET", "/accounts")
    with (
        on_sqlite.disk.failing_sync("nostro.db-wal", after=commits),
        pytest.raises((http.client.HTTPException, OSError)),
    ):
        server.cancel(ORDER)
    assert server.wait_until_dead() == os.EX_IOERR
    assert on_sqlite.log.read_text().count("database_beyond_trust") == 1
    assert on_sqlite.disk.syncs_failed == 1
    assert received(on_sqlite) == sent
    on_sqlite.cut_power(NOTHING_MORE, Random(0))
    on_sqlite.start()
    [server] = on_sqlite.servers
    reply = server.cancel(ORDER)
    assert confirmed_by(server, reply.body["cancel_id"])
    assert received(on_sqlite) == 1


def test_a_full_disk_refuses_cancels_and_sends_nothing_while_reads_answer(on_sqlite: Machine) -> None:
    [server] = on_sqlite.servers
    with on_sqlite.disk.full("nostro.db"):
        assert told(server.cancel(ORDER)) == DATABASE_FAILED
        assert server.call("GET", "/accounts").status == 200
        assert server.order(ORDER)["status"] == "PENDING"
        assert received(on_sqlite) == 0
    assert server.cancel(ORDER).body["status"] == "CANCELED"
    assert received(on_sqlite) == 1


def test_a_verdict_that_finds_no_room_is_unknown_and_is_stored_once_there_is_room(
    on_sqlite: Machine,
) -> None:
    [server] = on_sqlite.servers
    with thinking(on_sqlite) as answer, on_sqlite.disk.full("nostro.db"):
        cancel_id = unknown(answer())
        assert server.receipt(cancel_id)["is_final"] is False
    assert confirmed_by(server, cancel_id) == ["reply"]
    assert received(on_sqlite) == 1


def test_a_verdict_that_found_no_room_is_found_again_after_a_kill(on_sqlite: Machine) -> None:
    with thinking(on_sqlite) as answer, on_sqlite.disk.full("nostro.db"):
        cancel_id = unknown(answer())
        on_sqlite.kill()
    on_sqlite.start()
    assert confirmed_by(on_sqlite.servers[0], cancel_id) == ["restart", "look_up"]
    assert received(on_sqlite) == 1


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
    with locked(on_sqlite.data / "nostro.db"):
        assert told(server.cancel(ORDER)) == DATABASE_FAILED
    assert received(on_sqlite) == 0
    assert server.cancel(ORDER).body["status"] == "CANCELED"


def test_a_database_locked_between_send_and_record_gets_its_verdict_later(on_sqlite: Machine) -> None:
    [server] = on_sqlite.servers
    with thinking(on_sqlite) as answer, locked(on_sqlite.data / "nostro.db"):
        cancel_id = unknown(answer())
    assert confirmed_by(server, cancel_id) == ["reply"]
    assert received(on_sqlite) == 1


@contextmanager
def locked(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_a_database_server_that_is_away_refuses_cancels_and_sends_nothing(on_postgres: Machine) -> None:
    [server] = on_postgres.servers
    assert on_postgres.cluster is not None
    on_postgres.cluster.stop()
    assert told(server.cancel(ORDER)) == DATABASE_FAILED
    assert received(on_postgres) == 0
    on_postgres.cluster.start()
    reply = eventually(lambda: server.cancel(ORDER), lambda reply: reply.status == 200, 5)
    assert reply.body["status"] == "CANCELED"
    assert received(on_postgres) == 1


def test_a_database_server_that_goes_between_send_and_record_gets_its_verdict_later(
    on_postgres: Machine,
) -> None:
    [server] = on_postgres.servers
    assert on_postgres.cluster is not None
    with thinking(on_postgres) as answer:
        on_postgres.cluster.kill()
        cancel_id = unknown(answer())
    on_postgres.cluster.start()
    assert confirmed_by(server, cancel_id)
    assert received(on_postgres) == 1


def test_a_sync_that_fails_under_the_database_server_is_outlived(on_postgres: Machine) -> None:
    [server] = on_postgres.servers
    with on_postgres.disk.failing_sync("pg_wal"):
        assert told(server.cancel(ORDER)) == DATABASE_FAILED
    assert on_postgres.disk.syncs_failed == 1
    assert received(on_postgres) == 0
    reply = eventually(lambda: server.cancel(ORDER), lambda reply: reply.status == 200, 15)
    assert reply.body["status"] == "CANCELED"
    assert received(on_postgres) == 1


def test_a_full_disk_under_the_database_server_refuses_cancels_and_sends_nothing(
    on_postgres: Machine,
) -> None:
    [server] = on_postgres.servers
    orders = [server.place(units=number + 1) for number in range(40)]
    with on_postgres.disk.full("/base/"):
        refused = next(order for order in orders if server.cancel(order).status != 200)
        assert told(server.cancel(refused)) == DATABASE_FAILED
        assert server.call("GET", "/accounts").status == 200
        assert received(on_postgres, refused) == 0
    assert server.cancel(refused).body["status"] == "CANCELED"


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_database_server_that_may_lose_commits_is_warned_of_once(
    postgres_parts: Factory, setting: str
) -> None:
    with postgres_parts.machine() as machine:
        machine.start(**{setting: "off"})
        log = machine.log.read_text()
    assert log.count("database_not_durable") == 1
    assert setting in log


def test_a_database_server_that_keeps_its_promises_is_not_warned_of(on_postgres: Machine) -> None:
    assert "database_not_durable" not in on_postgres.log.read_text()
