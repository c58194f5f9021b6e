"""Five hundred sockets that send or read next to nothing, beside clients who cancel.

The same cancels are timed without them and with them, one after the other on one server. Times are compared
as a ratio, and with much room: what runs beside this on two cores makes single answers many times slower by
itself. What the bound would catch is a server that works through its slow clients before its quick ones, or
waits for them: then a cancel takes seconds, not milliseconds.
"""

import contextlib
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.server.world import Server

SLOW_SOCKETS = 500
CANCELS = 80
RATIO_MAX = 8.0
LEAST_S = 0.03
"""Answers that take less are as good as this one: a ratio of two tiny times says nothing."""

RSS_GROWTH_MAX = 96 * 1024 * 1024
"""Two hundred kilobytes a socket."""

HEAD = b"POST /symbols HTTP/1.1\r\nHost: x\r\n"
BODY = HEAD + b"Content-Length: 60000\r\n\r\n{"
UNREAD = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 5


def connect(address: tuple[str, int]) -> socket.socket:
    """Connect with a receive buffer so small that the server has to keep what is not read."""
    made = socket.socket()
    made.settimeout(30)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(address)
    return made


class SlowClients:
    """A third trickle a head, a third trickle a body, a third ask for much and read none of it."""

    def __init__(self, server: Server) -> None:
        parts = urlsplit(server.url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._sockets: list[socket.socket] = []
        self._is_over = threading.Event()
        self._trickle = threading.Thread(target=self._send_bytes)

    def __enter__(self) -> None:
        for number in range(SLOW_SOCKETS):
            each = connect(self._address)
            each.sendall((HEAD, BODY, UNREAD)[number % 3])
            self._sockets.append(each)
        self._trickle.start()
        time.sleep(1.0)  # what they ask for is written, as far as it goes

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._trickle.join()
        for each in self._sockets:
            each.close()

    def _send_bytes(self) -> None:
        while not self._is_over.wait(0.5):
            for number, each in enumerate(self._sockets):
                if number % 3 != 2:
                    with contextlib.suppress(OSError):  # cut off by now
                        each.send(b"x")


def rss_bytes(server: Server) -> int:
    pages = Path(f"/proc/{server.pid}/statm").read_text("ascii").split()[1]
    return int(pages) * 4096


def cancel_all(server: Server, order_ids: list[str]) -> tuple[set[str], list[float]]:
    """Return the verdicts, and how long each took, sorted."""

    def cancel(order_id: str) -> tuple[str, float]:
        begun = time.monotonic()
        status = str(server.cancel(order_id).body["status"])
        return status, time.monotonic() - begun

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(cancel, order_ids))
    return {status for status, _ in done}, sorted(took_s for _, took_s in done)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(None) as running:
        yield running


def test_five_hundred_slow_sockets_change_no_cancels_answer(server: Server) -> None:
    order_ids = [server.place() for _ in range(2 * CANCELS + 20)]
    cancel_all(server, order_ids[2 * CANCELS :])
    without, alone_s = cancel_all(server, order_ids[:CANCELS])
    before = rss_bytes(server)
    with SlowClients(server):
        beside, beside_s = cancel_all(server, order_ids[CANCELS : 2 * CANCELS])
        grown = rss_bytes(server) - before
    p50, p99 = (statistics.median, lambda all_s: all_s[-1 - CANCELS // 100])
    figures = {
        name: (round(of(alone_s), 4), round(of(beside_s), 4)) for name, of in (("p50", p50), ("p99", p99))
    }
    sys.stdout.write(f"without and with {SLOW_SOCKETS} slow sockets: {figures} s; RSS +{grown >> 20} MiB\n")
    assert (without, beside) == ({"CANCELED"}, {"CANCELED"})
    for alone, with_them in figures.values():
        assert with_them <= RATIO_MAX * max(alone, LEAST_S), figures
    assert grown < RSS_GROWTH_MAX


def test_a_client_that_does_not_read_its_answers_is_cut_off_in_time(server: Server) -> None:
    parts = urlsplit(server.url)
    begun = time.monotonic()
    with connect((parts.hostname or "", parts.port or 0)) as deaf:
        deaf.sendall(UNREAD * 10)
        while not is_cut_off(deaf) and time.monotonic() - begun < 30:
            time.sleep(0.2)
    assert 9 < time.monotonic() - begun < 20


def is_cut_off(connection: socket.socket) -> bool:
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
