"""A TCP proxy that breaks connections at a named byte, and knows what got through.

    kind        after `after_bytes` bytes in `direction`
    nothing     bytes pass on
    reset       the client's connection is reset, the brokerage's closed
    close       both are closed
    half_close  this direction ends with a FIN; the other goes on
    blackhole   this direction swallows all that follows
    delay       this direction pauses once, for `delay_s`
    drip        this direction goes on one byte every `delay_s`

Bytes are counted per connection. `refuse` closes the listening socket: connecting then fails for certain.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

import httptools

from nostro.ports import Clock
from nostro.sim.sockets import Listening, reset

_CHUNK_BYTES = 65_536


class Direction(StrEnum):
    UP = "up"
    """From the client to the brokerage."""
    DOWN = "down"


class ProxyFault(StrEnum):
    NOTHING = "nothing"
    RESET = "reset"
    CLOSE = "close"
    HALF_CLOSE = "half_close"
    BLACKHOLE = "blackhole"
    DELAY = "delay"
    DRIP = "drip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of one connection."""

    kind: ProxyFault
    direction: Direction = Direction.UP
    after_bytes: int = 0
    delay_s: float = 0.05


@dataclass(slots=True)
class Passage:
    """What became of one connection."""

    number: int
    """Counts connections from 0."""
    plan: Plan
    happened: bool = False
    """The fault's byte was reached."""
    bytes_up: int = 0
    """Given to the brokerage."""
    bytes_down: int = 0
    """Given to the client."""
    requests: int = 0
    """Whole requests given to the brokerage: what it may have carried out."""
    requests_begun: int = 0


def draw_plans(seed: int, bytes_max: int = 600) -> Callable[[int], Plan]:
    """Draw a plan for each connection; the same for the same seed and number, whatever happened before."""

    def draw(number: int) -> Plan:
        digest = sha256(f"{seed}:{number}".encode()).digest()
        kinds, directions = list(ProxyFault), list(Direction)
        return Plan(
            kind=kinds[digest[0] % len(kinds)],
            direction=directions[digest[1] % len(directions)],
            after_bytes=int.from_bytes(digest[2:6]) % bytes_max,
        )

    return draw


class FaultProxy:
    def __init__(self, host: str, port: int, plan: Callable[[int], Plan], clock: Clock) -> None:
        """Stand before `host` and `port`; `plan` is asked once per connection, by its number."""
        self._upstream = host, port
        self._plan = plan
        self._clock = clock
        self._listening = Listening(self._serve)
        self._port = 0
        self.log: list[Passage] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def listen(self) -> None:
        """Open the port, after `refuse` the same one."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        await self._listening.start(listener)

    async def refuse(self) -> None:
        """Refuse connections until `listen`, and reset those that are open."""
        await self._listening.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passage = Passage(len(self.log), self._plan(len(self.log)))
        self.log.append(passage)
        try:
            up_reader, up_writer = await asyncio.open_connection(*self._upstream)
        except OSError:
            reset(writer)
            return
        end = _End(writer, up_writer)
        up = _Pipe(passage, Direction.UP, up_writer, end, self._clock)
        down = _Pipe(passage, Direction.DOWN, writer, end, self._clock)
        try:
            await asyncio.gather(up.run(reader), down.run(up_reader))
        finally:
            end.close()


class _End:
    """How both connections of a passage end."""

    def __init__(self, client: asyncio.StreamWriter, brokerage: asyncio.StreamWriter) -> None:
        self._client = client
        self._brokerage = brokerage

    def close(self) -> None:
        self._client.close()
        self._brokerage.close()

    def reset(self) -> None:
        reset(self._client)
        self._brokerage.close()


class _Pipe:
    """One direction of a passage."""

    def __init__(
        self, passage: Passage, direction: Direction, writer: asyncio.StreamWriter, end: _End, clock: Clock
    ) -> None:
        self._passage = passage
        self._direction = direction
        self._writer = writer
        self._end = end
        self._clock = clock
        self._framing = httptools.HttpRequestParser(_Requests(passage))
        plan = passage.plan
        is_spared = plan.kind is ProxyFault.NOTHING or plan.direction is not direction
        self._left: int | None = None if is_spared else plan.after_bytes
        """Bytes until the fault; None: it does not happen here, or has."""

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Pass bytes on until either side ends or the fault ends it."""
        with contextlib.suppress(OSError):  # the other side is gone, and so is this one
            while data := await reader.read(_CHUNK_BYTES):
                if self._left is None or len(data) < self._left:
                    await self._write(data)
                    continue
                before, rest = data[: self._left], data[self._left :]
                await self._write(before)
                self._left = None
                self._passage.happened = True
                if not await self._break(rest, reader):
                    return
            self._writer.write_eof()

    async def _break(self, rest: bytes, reader: asyncio.StreamReader) -> bool:
        """Let the fault happen before `rest`; False when this direction is over."""
        plan = self._passage.plan
        match plan.kind:
            case ProxyFault.RESET:
                self._end.reset()
            case ProxyFault.CLOSE:
                self._end.close()
            case ProxyFault.HALF_CLOSE:
                self._writer.write_eof()
            case ProxyFault.BLACKHOLE:
                while await reader.read(_CHUNK_BYTES):
                    pass
            case ProxyFault.DELAY:
                await self._clock.sleep(plan.delay_s)
                await self._write(rest)
                return True
            case ProxyFault.DRIP:
                while rest:
                    for index in range(len(rest)):
                        await self._clock.sleep(plan.delay_s)
                        await self._write(rest[index : index + 1])
                    rest = await reader.read(_CHUNK_BYTES)
                return True
        return False

    async def _write(self, data: bytes) -> None:
        if not data:
            return
        self._writer.write(data)
        if self._direction is Direction.UP:
            self._passage.bytes_up += len(data)
            with contextlib.suppress(httptools.HttpParserError):  # what is no HTTP is no request
                self._framing.feed_data(data)
        else:
            self._passage.bytes_down += len(data)
        if self._left is not None:
            self._left -= len(data)
        await self._writer.drain()


class _Requests:
    """What the parser tells of requests."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage

    def on_message_begin(self) -> None:
        self._passage.requests_begun += 1

    def on_message_complete(self) -> None:
        self._passage.requests += 1
