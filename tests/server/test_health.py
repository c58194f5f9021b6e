"""Ready, alive, draining, and what is counted, asked of a real server."""

import http.client
import os
import re
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from .world import ACCOUNT, ORDER, Reply, Server, eventually, send

FRESH_S = 5.0


def get(server: Server, path: str) -> Reply:
    return send(server.url, "GET", path, None, {}, 30)


def metric(server: Server, name: str) -> float:
    """Read one sample, by its name and labels as Prometheus writes them."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", str(get(server, "/metrics").body), re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def test_a_brokerage_that_is_dead_does_not_make_the_server_unready(sandbox: Server) -> None:
    sandbox.fault("drop_before", "*", times=None)
    assert sandbox.call("GET", f"/accounts/{ACCOUNT}/balances").status == 503
    assert get(sandbox, "/readyz").status == 200


def test_a_database_that_takes_no_writes_makes_the_server_unready_and_leaves_it_alive(
    tmp_path: Path,
) -> None:
    with Server(tmp_path) as server:
        holder = sqlite3.connect(tmp_path / "nostro.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        unready = eventually(lambda: get(server, "/readyz"), lambda reply: bool(reply.status == 503), FRESH_S)
        assert time.monotonic() - begun < FRESH_S
        assert unready.body["ready"] is False
        assert "database" in unready.body["problem"]
        assert get(server, "/livez").body == {"live": True}
        holder.execute("ROLLBACK")
        holder.close()
        eventually(lambda: get(server, "/readyz").status, lambda status: bool(status == 200), 10)


def ask_over(connection: http.client.HTTPConnection, path: str) -> tuple[int, str | None, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.getheader("connection"), response.read()


def test_a_server_that_stops_is_unready_at_once_answers_what_it_has_and_takes_no_more(
    tmp_path: Path,
) -> None:
    with Server(tmp_path) as server, ThreadPoolExecutor(1) as pool:
        server.fault("hang", order_id=ORDER, delay_s=1.5)
        server.fault("error_500_not_done", "look_up", times=None)
        cancel = pool.submit(server.cancel, ORDER)
        eventually(lambda: server.cancels_received(ORDER), bool, 5)
        parts = urlsplit(server.url)
        three = [http.client.HTTPConnection(parts.hostname or "", parts.port) for _ in range(3)]
        for each in three:
            each.connect()
        os.kill(server.pid, signal.SIGTERM)
        eventually(lambda: get(server, "/readyz").status, lambda status: bool(status == 503), 1)
        status, connection, body = ask_over(three[0], "/readyz")
        assert (status, connection) == (503, "close")
        assert b"draining" in body
        assert ask_over(three[1], "/livez")[0] == 200
        status, connection, body = ask_over(three[2], "/brokerages")
        assert (status, connection) == (503, "close")
        assert b'"7023"' in body
        answered = cancel.result()
        assert (answered.status, answered.body["status"]) == (200, "CANCELED")
        assert answered.headers["connection"] == "close"
        assert server.wait_until_dead() == 0
        for each in three:
            each.close()


def test_requests_to_brokerages_are_counted_by_what_came_back(fresh: Server) -> None:
    fresh.fault("reply_lost", order_id=ORDER)
    fresh.cancel(ORDER)
    labels = 'brokerage="PAPER",operation="cancel",outcome='
    assert metric(fresh, f'nostro_brokerage_requests_total{{{labels}"no_reply"}}') == 1
    fresh.cancel(fresh.place())
    assert metric(fresh, f'nostro_brokerage_requests_total{{{labels}"replied"}}') == 1


def test_the_journals_latency_is_measured(sandbox: Server) -> None:
    before = metric(sandbox, 'nostro_database_seconds_count{kind="write"}')
    sandbox.cancel(ORDER)
    assert metric(sandbox, 'nostro_database_seconds_count{kind="write"}') >= before + 2


def test_webhook_events_that_wait_and_dead_ones_are_counted(sandbox: Server) -> None:
    assert metric(sandbox, 'nostro_webhook_events{state="pending"}') == 0
    assert metric(sandbox, 'nostro_webhook_events{state="dead"}') == 0


def alerts(server: Server) -> list[str]:
    assert server.log is not None
    return [line for line in server.log.read_text("utf-8").splitlines() if '"event": "alert"' in line]


def test_a_cancel_that_stays_unknown_is_alerted_about_once_and_counted_by_its_age(
    logged: Server, tmp_path: Path
) -> None:
    logged.fault("reply_lost", order_id=ORDER)
    logged.fault("error_500_not_done", "look_up", times=None)
    cancel_id = logged.cancel(ORDER, headers={"Prefer": "wait=0"}).body["cancel_id"]
    eventually(lambda: logged.receipt(cancel_id)["state"], lambda state: bool(state == "UNKNOWN"), 5)
    older = 'nostro_open_cancels_older_than{seconds="60",state="UNKNOWN"}'
    assert (metric(logged, older), alerts(logged)) == (0, [])
    database = sqlite3.connect(tmp_path / "data" / "nostro.db", timeout=10)
    with database:
        database.execute("UPDATE cancel_intent SET requested_at = requested_at - 61000000")
    counted = "SELECT count(*) FROM cancel_intent WHERE state = 'UNKNOWN'"
    assert metric(logged, older) == database.execute(counted).fetchone()[0] == 1
    database.close()
    [line] = eventually(lambda: alerts(logged), bool, 15)
    assert cancel_id in line
    logged.stop(signal.SIGKILL)
    logged.start()
    time.sleep(6.0)  # longer than the next round takes
    assert len(alerts(logged)) == 1
