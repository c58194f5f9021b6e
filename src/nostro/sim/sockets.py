"""What streams do not do by themselves."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_ON_FOR_NO_TIME = struct.pack("ii", 1, 0)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a RST in place of a FIN; what was not sent yet is lost."""
    with contextlib.suppress(OSError, ValueError):  # it is closed already
        same = socket.socket(fileno=writer.get_extra_info("socket").fileno())
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ON_FOR_NO_TIME)
        same.detach()
    writer.transport.abort()


class Listening:
    """A port that is served, with every connection that came of it."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def start(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._keep, sock=listener)

    async def stop(self) -> None:
        """Refuse what comes, reset what is open, and wait until all of it has ended."""
        if self._server is not None:
            self._server.close()
        tasks = [task for task in self._open.values() if task is not None]
        for writer in self._open:
            reset(writer)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = asyncio.current_task()
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # by `stop`, which has reset the connection
        finally:
            del self._open[writer]
            writer.close()
