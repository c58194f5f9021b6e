"""`nostro sandbox --workers 2`: one brokerage, two servers, one address, one database."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nostro.sim.faults import FaultKind
from tests.server.portal import connect_paper_account
from tests.server.world import NOSTRO, ORDER, SEED_USER, Server, eventually


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def shared(data: Path) -> Iterator[Server]:
    server = Server(data, "--workers", "2").start()
    yield server
    server.stop()


@pytest.fixture
def workers(shared: Server) -> Iterator[Server]:
    reply = shared.control("POST", "/reset", {})
    assert reply.status == 200, reply.body
    yield shared
    shared.control("DELETE", "/faults")


def children(server: Server) -> list[int]:
    """The brokerage's process id, then the workers'."""
    rows = [[int(word) for word in line.split()] for line in _ps("-A", "-o", "pid=,ppid=").splitlines()]
    return sorted(pid for pid, parent in rows if parent == server.pid)


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout


def test_the_seeds_cancel_works(workers: Server) -> None:
    reply = workers.cancel(ORDER)
    assert (reply.status, reply.body["status"]) == (200, "CANCELED")
    assert workers.true_status(ORDER) == "canceled"


def test_fifty_callers_over_two_processes_cause_one_cancel_and_get_one_verdict(workers: Server) -> None:
    workers.fault("reply_delayed", order_id=ORDER, delay_s=0.3)
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: workers.cancel(ORDER), range(50)))
    verdicts = {(reply.status, reply.body["status"], reply.body["cancel_id"]) for reply in replies}
    assert [(status, word) for status, word, _ in verdicts] == [(200, "CANCELED")]
    assert workers.cancels_received(ORDER) == 1


def test_a_new_account_of_the_portal_can_trade(workers: Server) -> None:
    account = connect_paper_account(workers, SEED_USER)
    order_id = workers.place(account)
    assert workers.cancel(order_id, account=account).body["status"] == "CANCELED"


KINDS = sorted(set(FaultKind) - {FaultKind.LIST_LAGS})


def test_under_every_fault_the_brokerage_receives_what_is_journalled_and_no_answer_is_a_lie(
    workers: Server, data: Path
) -> None:
    orders = [workers.place() for _ in KINDS]
    for kind, order_id in zip(KINDS, orders, strict=True):
        workers.fault(kind, order_id=order_id)
    with ThreadPoolExecutor(len(KINDS)) as pool:
        replies = dict(zip(KINDS, pool.map(workers.cancel, orders), strict=True))
    statuses = {kind: workers.true_status(order_id) for kind, order_id in zip(KINDS, orders, strict=True)}
    said = {kind: reply.body["status"] for kind, reply in replies.items()}
    assert {kind for kind in KINDS if said[kind] == "CANCELED" and statuses[kind] != "canceled"} == set()
    received = {kind: workers.cancels_received(order) for kind, order in zip(KINDS, orders, strict=True)}
    expected = dict.fromkeys(KINDS, 1) | {FaultKind.DROP_BEFORE: 0, FaultKind.DUPLICATE_DELIVERY: 2}
    assert received == expected
    assert _sent(data, orders) == dict.fromkeys(orders, 1)


def _sent(data: Path, orders: list[str]) -> dict[str, int]:
    """How many cancels of each order the journal says were sent."""
    journal = sqlite3.connect(data / "nostro.db")
    rows: list[Any] = journal.execute(
        "SELECT brokerage_order_id, count(*) FROM cancel_intent WHERE sent_at IS NOT NULL"
        " GROUP BY brokerage_order_id"
    ).fetchall()
    journal.close()
    return {order_id: count for order_id, count in rows if order_id in orders}


def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on(workers: Server) -> None:
    before = children(workers)
    os.kill(before[-1], signal.SIGKILL)
    after = eventually(
        lambda: children(workers), lambda found: len(found) == len(before) and found != before, 20
    )
    assert after[:2] == before[:2]
    assert eventually(lambda: _answers(workers), bool, 10)


def test_the_brokerage_may_be_killed_too(workers: Server) -> None:
    before = children(workers)
    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: len(children(workers)), lambda count: count == len(before), 20)
    assert eventually(lambda: workers.control("GET", "/truth").status, lambda status: status == 200, 20)
    assert workers.cancel(ORDER).body["status"] == "CANCELED"


def test_a_stop_ends_all_processes(tmp_path: Path) -> None:
    server = Server(tmp_path, "--workers", "1").start()
    family = children(server)
    assert server.stop(signal.SIGTERM) == 0
    assert not any(_lives(pid) for pid in family)


def test_no_process_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    server = Server(tmp_path, "--workers", "1").start()
    family = children(server)
    server.stop(signal.SIGKILL)
    eventually(lambda: [pid for pid in family if _lives(pid)], lambda living: not living, 20)


def test_a_data_folder_that_cannot_be_made_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [*NOSTRO, "sandbox", "--workers", "2", "--port", "0", "--data", str(tmp_path / "file" / "data")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "the brokerage did not come up" in done.stderr


def _answers(server: Server) -> bool:
    try:
        return server.cancel(ORDER).status == 200
    except OSError:  # its connection had been given to the process that died
        return False


def _lives(pid: int) -> bool:
    """Say whether a process runs; one that ended and nobody asked after does not."""
    return _ps("-o", "stat=", "-p", str(pid)).strip()[:1] not in ("", "Z")
