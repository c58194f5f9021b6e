"""Too many requests, too slow clients: cancels go on, and reads are refused first."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from .world import ACCOUNT, ORDER, PARTNER, Server, eventually, send

READS_MAX = 256


def connect(server: Server) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


def test_a_live_and_ready_server_says_so(sandbox: Server) -> None:
    assert send(sandbox.url, "GET", "/livez", None, {}, 30).body == {"live": True}
    ready = send(sandbox.url, "GET", "/readyz", None, {}, 30)
    assert (ready.status, ready.body) == (200, {"ready": True, "problem": None})


def test_the_metrics_count_answers_and_open_cancels(sandbox: Server) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    sandbox.cancel(ORDER, headers={"Prefer": "wait=0"})
    eventually(lambda: sandbox.order(ORDER)["status"], lambda status: status == "CANCEL_PENDING", 5)
    text = send(sandbox.url, "GET", "/metrics", None, {}, 30).body
    assert 'nostro_answers_total{operation="Trading_cancelOrder",status="' in text
    assert 'nostro_open_cancels{state="ACKED"} 1.0' in text
    assert 'nostro_open_cancels{state="UNKNOWN"} 0.0' in text


def test_no_secret_and_no_id_is_in_the_metrics(sandbox: Server) -> None:
    sandbox.cancel(ORDER)
    sandbox.call("GET", "/no/such/path/secret-canary")
    text = send(sandbox.url, "GET", "/metrics", None, {}, 30).body
    for secret in ("secret-canary", ORDER, ACCOUNT, "adf2aa34", "CONSUMER_KEY"):
        assert secret not in text


@pytest.fixture(scope="module")
def limited() -> Iterator[Server]:
    with Server(None, NOSTRO_RATE_LIMIT="5") as server:
        yield server


def test_every_reply_tells_what_is_left_and_the_one_too_many_is_refused_before_any_effect(
    limited: Server,
) -> None:
    for left in (4, 3, 2, 1, 0):
        reply = limited.call("GET", "/snapTrade/listUsers", identity=PARTNER)
        assert reply.status == 200
        assert (reply.headers["x-ratelimit-limit"], reply.headers["x-ratelimit-remaining"]) == (
            "5",
            str(left),
        )
    refused = limited.call("POST", "/snapTrade/registerUser", {"userId": "one too many"}, identity=PARTNER)
    assert (refused.status, refused.body["code"], refused.body["status_code"]) == (429, "0000", 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining"] == "0"
    cancel = limited.cancel(ORDER)
    assert (cancel.status, cancel.headers["x-ratelimit-remaining"]) == (200, "4")


def test_a_wrong_signature_uses_up_nobodys_limit(limited: Server) -> None:
    wrong = PARTNER.__class__(consumer_key="WRONG", user_id=None, user_secret=None)
    for _ in range(7):
        assert limited.call("POST", "/symbols", {"substring": "a"}, identity=wrong).status == 401


def test_without_a_limit_no_reply_speaks_of_one(sandbox: Server) -> None:
    assert "x-ratelimit-limit" not in sandbox.cancel(ORDER).headers


def test_while_reads_are_refused_for_load_a_cancel_still_goes_through(fresh: Server) -> None:
    fresh.fault("hang", "list", times=None, delay_s=1.8)
    path = f"/accounts/{ACCOUNT}/orders"
    with ThreadPoolExecutor(READS_MAX + 60) as pool:
        reads = [pool.submit(fresh.call, "GET", path) for _ in range(READS_MAX + 60)]
        eventually(lambda: any(read.done() for read in reads), bool, 10)
        cancel = fresh.cancel(ORDER)
        statuses = [read.result() for read in reads]
    refused = [reply for reply in statuses if reply.status == 503 and reply.body["code"] == "7022"]
    assert refused
    assert all(reply.headers["retry-after"] == "1" for reply in refused)
    assert (cancel.status, cancel.body["status"]) == (200, "CANCELED")


def test_slow_bodies_take_no_place_in_a_lane(fresh: Server) -> None:
    slow = [connect(fresh) for _ in range(READS_MAX + 20)]
    try:
        for each in slow:
            each.sendall(b"POST /symbols HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert fresh.call("GET", "/accounts").status == 200
    finally:
        for each in slow:
            each.close()


def test_a_request_head_that_does_not_end_is_cut_off(fresh: Server) -> None:
    with connect(fresh) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\n")
        assert not takes_a_megabyte_of_headers(endless)


def takes_a_megabyte_of_headers(connection: socket.socket) -> bool:
    try:
        for _ in range(1000):
            connection.sendall(b"X-Padding: " + b"x" * 1000 + b"\r\n")
            time.sleep(0.001)
    except OSError:  # reset or broken pipe, as the kernel has it
        return False
    return True


def test_a_head_or_body_that_trickles_is_cut_off_in_time(fresh: Server) -> None:
    cut_after_s: dict[str, float] = {}

    def trickle(name: str, opening: bytes) -> None:
        begun = time.monotonic()
        with connect(fresh) as each:
            each.sendall(opening)
            each.recv(1000)
        cut_after_s[name] = time.monotonic() - begun

    kinds = {
        "nothing": b"",
        "head": b"GET / HTTP/1.1\r\nHost:",
        "body": b"POST /symbols HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    }
    threads = [threading.Thread(target=trickle, args=each) for each in kinds.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(9 < took_s < 14 for took_s in cut_after_s.values()), cut_after_s


def test_what_is_no_http_is_answered_in_json(fresh: Server) -> None:
    with connect(fresh) as each:
        each.sendall(b"\x00\x01 nonsense\r\n\r\n")
        reply = each.recv(10_000)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert b"application/json" in reply
    assert b'"code":"1012"' in reply
