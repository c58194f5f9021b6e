"""How fast a cold server answers, and what `serve` refuses."""

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .keys import create_key
from .portal import connect_paper_account
from .world import NOSTRO, ORDER, PARTNER, Identity, Server, eventually

FIRST_CANCEL_S_MAX = 3.0


def test_from_process_start_to_the_first_answered_cancel_takes_under_three_seconds() -> None:
    begun = time.monotonic()
    with Server(None) as server:
        assert server.cancel(ORDER).status == 200
        took_s = time.monotonic() - begun
    assert took_s < FIRST_CANCEL_S_MAX


def test_a_sandbox_killed_anywhere_in_its_first_start_is_whole_after_the_next(tmp_path: Path) -> None:
    reached = set()
    for tenths in range(10):
        data = tmp_path / str(tenths)
        command = [*NOSTRO, "sandbox", "--port", "0", "--data", str(data)]
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        eventually((data / "nostro.db").exists, bool, within_s=10)
        time.sleep(0.03 * tenths)
        first.kill()
        first.wait()
        reached.add((data / "furnished").exists())
        with Server(data) as server:
            assert server.cancel(ORDER).body["status"] == "CANCELED"
    assert False in reached, "no start was cut short"


def test_sandboxes_that_start_at_once_on_one_brokerage_all_come_up(tmp_path: Path) -> None:
    with Server(tmp_path / "brokerage").start("simbroker") as brokerage:
        servers = [Server(tmp_path / "data", NOSTRO_PAPER_URL=brokerage.url) for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            started = list(pool.map(Server.start, servers))
        try:
            assert {server.cancel(ORDER).status for server in started} == {200}
        finally:
            for server in started:
                server.stop(signal.SIGKILL)


def test_serve_refuses_the_folder_of_a_sandbox(tmp_path: Path) -> None:
    with Server(tmp_path / "data"):
        pass
    done = run_command("serve", "--port", "0", "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "public" in done.stderr


def test_serve_knows_nothing_of_the_sandbox_but_does_the_same_for_a_key_of_its_own(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start("serve")
    try:
        assert server.cancel(ORDER).status == 401
        assert server.control("GET", "/truth").status == 404
        key = create_key(tmp_path / "data")
        registered = server.call("POST", "/snapTrade/registerUser", {"userId": "u"}, identity=key)
        user = Identity(key.client_id, key.consumer_key, "u", registered.body["userSecret"])
        account = connect_paper_account(server, user)
        order = {"action": "BUY", "symbol": "AAPL", "order_type": "Limit", "time_in_force": "GTC", "price": 1}
        placed = server.call(
            "POST", "/trade/place", order | {"account_id": account, "units": 1}, identity=user
        )
        reply = server.cancel(placed.body["brokerage_order_id"], account=account, identity=user)
        assert (reply.status, reply.body["status"]) == (200, "CANCELED")
        assert server.call("GET", "/snapTrade/listUsers", identity=PARTNER).status == 401
    finally:
        server.stop()


def test_no_secret_is_in_the_database_in_clear(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start("serve")
    key = create_key(tmp_path / "data")
    secret = server.call("POST", "/snapTrade/registerUser", {"userId": "u"}, identity=key).body["userSecret"]
    server.stop()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("nostro.db*"))
    for each in (key.consumer_key, secret):
        assert each.encode() not in stored


def test_a_sandbox_refuses_a_folder_with_real_keys_in_it(tmp_path: Path) -> None:
    create_key(tmp_path / "data")
    done = run_command("sandbox", "--port", "0", "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "Use another folder" in " ".join(done.stderr.split())


def test_two_sandboxes_cannot_share_one_brokerage(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as first:
        done = run_command("sandbox", "--port", "0", "--data", str(tmp_path / "data"))
        assert done.returncode == 1
        assert "in use by another process" in " ".join(done.stderr.split())
        assert first.cancel(ORDER).body["status"] == "CANCELED"


def test_an_impossible_port_is_a_usage_error() -> None:
    assert run_command("serve", "--port", "99999").returncode == 2


def run_command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*NOSTRO, *arguments], capture_output=True, text=True, timeout=60, check=False)
