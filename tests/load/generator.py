"""Sends HTTP requests as fast as it is told, and notes when each was due, answered, and how.

A process of its own, so that it takes nothing from the server but what it asks for: `python -m
tests.load.generator` reads a `Plan` as JSON from standard input and writes a `Report`.
"""

import asyncio
import re
import resource
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import cycle

import msgspec
import uvloop

TICK_S = 0.005
CONNECTIONS = {"cancel": 300, "read": 900, "place": 900}
"""Of each kind, as applications keep a pool each. What finds none free waits here; it counts once it left."""

LAST_ANSWERS_S = 12.0
"""How long answers are waited for after the last request."""


_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


class Plan(msgspec.Struct):
    host: str
    port: int
    requests: list[tuple[str, str]]
    """Kind and bytes (as latin-1), sent one after the other, over and over."""
    clients: int
    """How many ask in the closed loop, each as soon as it was answered."""
    closed_s: float
    factor: float
    """How many times the closed loop's rate the open loop sends, whether or not anything is answered."""
    open_s: float


class Sample(msgspec.Struct, array_like=True):
    kind: str
    sent_s: float
    """By the generator's clock."""
    answered_s: float
    status: int
    """0: the connection closed without an answer."""
    code: str
    """nostro's code of a refusal."""


class Report(msgspec.Struct):
    sustainable_per_s: float
    offered_per_s: float
    """What the open loop really sent."""
    closed: list[Sample]
    opened: list[Sample]
    unanswered: int
    """Sent, and not answered in all the time there was."""


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._received = b""
        self._sent_s: float | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(  # type: ignore[override]  # a TCP connection writes, too
        self, transport: asyncio.Transport
    ) -> None:
        self._transport = transport
        self._pool.is_free(self)

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self._received = b""
        self._sent_s = time.monotonic()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and len(body) >= int(_LENGTH.findall(head)[0]):
            code = body.partition(b'"code":"')[2].partition(b'"')[0]
            self._end(int(head[9:12]), code.decode())
            self._pool.is_free(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end(0, "")
        self._pool.is_gone(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _end(self, status: int, code: str) -> None:
        if self._sent_s is not None:
            self._pool.answered(self._sent_s, status, code)
            self._sent_s = None


class Pool:
    """The connections for one kind of request."""

    def __init__(self, plan: Plan, kind: str, on_sample: Callable[[Sample], None]) -> None:
        self._plan = plan
        self._kind = kind
        self._on_sample = on_sample
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._waiting: deque[bytes] = deque()
        self.sent = 0
        self.under_way = 0

    def send(self, request: bytes) -> None:
        if self._idle:
            self._send(self._idle.pop(), request)
        else:
            self._waiting.append(request)

    async def open(self) -> None:
        """Connect all; the server may take its time."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS[self._kind]):
            _, connection = await loop.create_connection(
                lambda: Connection(self), self._plan.host, self._plan.port
            )
            self._open.add(connection)

    def _send(self, connection: Connection, request: bytes) -> None:
        self.sent += 1
        self.under_way += 1
        connection.send(request)

    def is_free(self, connection: Connection) -> None:
        if self._waiting:
            self._send(connection, self._waiting.popleft())
        else:
            self._idle.append(connection)

    def is_gone(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def forget(self) -> None:
        """Send nothing of what waits."""
        self._waiting.clear()

    def answered(self, sent_s: float, status: int, code: str) -> None:
        self.under_way -= 1
        self._on_sample(Sample(self._kind, sent_s, time.monotonic(), status, code))

    def close(self) -> None:
        for each in list(self._open):
            each.close()


class Loop:
    """Sends the plan's requests in turn, on three pools."""

    def __init__(self, plan: Plan) -> None:
        self.samples: list[Sample] = []
        self._on_answer: Callable[[], None] = lambda: None
        self._pools = {kind: Pool(plan, kind, self._note) for kind in CONNECTIONS}
        self._requests = cycle([(kind, text.encode("latin-1")) for kind, text in plan.requests])

    @property
    def sent(self) -> int:
        return sum(pool.sent for pool in self._pools.values())

    @property
    def under_way(self) -> int:
        return sum(pool.under_way for pool in self._pools.values())

    def _note(self, sample: Sample) -> None:
        self.samples.append(sample)
        self._on_answer()

    def ask(self) -> None:
        kind, request = next(self._requests)
        self._pools[kind].send(request)

    async def run_closed(self, clients: int, for_s: float) -> float:
        """Let so many clients ask, each as soon as it was answered; return the answers per second."""
        self._on_answer = self.ask
        begun_s = time.monotonic()
        for _ in range(clients):
            self.ask()
        await asyncio.sleep(for_s)
        return len(self.samples) / (time.monotonic() - begun_s)

    async def run_open(self, per_s: float, for_s: float) -> float:
        """Send so many a second, answered or not; return how many a second left."""
        begun_s = time.monotonic()
        asked = 0
        while (passed_s := time.monotonic() - begun_s) < for_s:
            for _ in range(int(per_s * passed_s) - asked):
                self.ask()
            asked = int(per_s * passed_s)
            await asyncio.sleep(TICK_S)
        return self.sent / (time.monotonic() - begun_s)

    async def open(self) -> None:
        for pool in self._pools.values():
            await pool.open()

    async def close(self, wait_s: float) -> None:
        """Send nothing more, wait for what is under way, at most so long, and hang up."""
        self._on_answer = lambda: None
        for pool in self._pools.values():
            pool.forget()
        deadline_s = time.monotonic() + wait_s
        while self.under_way and time.monotonic() < deadline_s:  # noqa: ASYNC110 - counts, no event
            await asyncio.sleep(TICK_S)
        for pool in self._pools.values():
            pool.close()


async def main(plan: Plan) -> Report:
    closed, opened = Loop(plan), Loop(plan)
    await closed.open()
    sustainable_per_s = await closed.run_closed(plan.clients, plan.closed_s)
    await closed.close(LAST_ANSWERS_S)
    await opened.open()
    offered_per_s = await opened.run_open(sustainable_per_s * plan.factor, plan.open_s)
    await opened.close(LAST_ANSWERS_S)
    return Report(
        sustainable_per_s, offered_per_s, closed.samples, opened.samples, opened.sent - len(opened.samples)
    )


def raise_the_limit_of_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    raise_the_limit_of_files()
    uvloop.install()
    plan_ = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(main(plan_))))
