"""A port and its connections, over loopback."""

import asyncio
import socket

from nostro.sim.sockets import Listening


async def _stop_with_a_connection_that_is_closed_already() -> None:
    is_closed = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        asyncio.get_running_loop().call_soon(is_closed.set)  # behind what `abort` has put there
        await asyncio.Event().wait()

    listener = socket.create_server(("127.0.0.1", 0))
    listening = Listening(serve)
    await listening.start(listener)
    with socket.create_connection(listener.getsockname()):
        await is_closed.wait()
        await listening.stop()


def test_a_connection_that_is_closed_already_does_not_keep_a_port_from_stopping() -> None:
    asyncio.run(_stop_with_a_connection_that_is_closed_already())
