"""A server made of bytes, which counts every request that reaches it, on whichever connection."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Seen:
    """What reached the server."""

    connections: int = 0
    requests: int = 0
    """Begun: at least one byte of each came."""
    heads: list[bytes] = field(default_factory=list)
    url: str = ""


@dataclass
class Connection:
    number: int
    """Counts from 1."""
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seen: Seen

    async def request(self) -> bytes:
        """Read one whole request; raises EOFError at the end."""
        first = await self.reader.readexactly(1)
        self.seen.requests += 1
        head = first + await self.reader.readuntil(b"\r\n\r\n")
        self.seen.heads.append(head)
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await self.reader.readexactly(int(line.split(b":")[1]))
        return head

    async def part_of_request(self, size: int) -> None:
        await self.reader.readexactly(1)
        self.seen.requests += 1
        await self.reader.readexactly(size - 1)

    async def reply(self, data: bytes = OK) -> None:
        self.writer.write(data)
        await self.writer.drain()


Script = Callable[[Connection], Awaitable[None]]


@contextlib.asynccontextmanager
async def raw_server(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Seen]:
    """Serve each connection by `script`; a connection ends when its script does."""
    seen = Seen()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await script(Connection(seen.connections, reader, writer, seen))
        except (EOFError, OSError, asyncio.CancelledError):
            pass  # the client is gone, or the test is over
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    seen.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield seen
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answer_all(connection: Connection) -> None:
    while True:
        await connection.request()
        await connection.reply()
