"""One send is at most one request on the wire, whenever and however the connection dies."""

import asyncio
import contextlib

import aiohttp
import pytest

from nostro.brokers.http_transport import HttpClient
from nostro.brokers.transport import NoReply, Request, TimedOut
from nostro.sim.sockets import reset

from .raw import OK, Connection, Script, Seen, answer_all, raw_server

METHODS = ("GET", "POST", "PUT", "DELETE")
ENDS = ("fin", "rst", "half")


def dies_in_second_request(requested: int | None, replied: int, how: str) -> Script:
    """Answer one request; of the second read `requested` bytes (None: all), reply so many, and end."""

    async def script(connection: Connection) -> None:
        if connection.number > 1:  # whoever sends again finds somebody who answers
            await answer_all(connection)
        await connection.request()
        await connection.reply()
        if requested is None:
            await connection.request()
        else:
            await connection.part_of_request(requested)
        await connection.reply(OK[:replied])
        if how == "rst":
            reset(connection.writer)
        elif how == "half":
            connection.writer.write_eof()
            await connection.reader.read()

    return script


def body(method: str) -> bytes:
    return b'{"quantity": 1}' if method in ("POST", "PUT") else b""


async def send_twice(method: str, script: Script) -> Seen:
    async with raw_server(script) as seen, HttpClient() as client:
        transport = client.transport(seen.url, {})
        await transport.send(Request(method, "/orders/1", body(method)), 5)
        with pytest.raises(NoReply) as lost:
            await transport.send(Request(method, "/orders/1", body(method)), 5)
        assert not isinstance(lost.value, TimedOut)
        await asyncio.sleep(0.01)
    return seen


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize(
    ("requested", "replied"), [(1, 0), (40, 0), (None, 0), (None, 1), (None, 20), (None, len(OK) - 1)]
)
@pytest.mark.parametrize("method", METHODS)
def test_a_request_whose_kept_alive_connection_dies_is_not_sent_again(
    method: str, requested: int | None, replied: int, how: str
) -> None:
    seen = asyncio.run(send_twice(method, dies_in_second_request(requested, replied, how)))
    assert (seen.connections, seen.requests) == (1, 2)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_counting_server_sees_a_client_that_sends_again(method: str) -> None:
    async def run() -> Seen:
        script = dies_in_second_request(None, 0, "fin")
        async with raw_server(script) as seen, aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.request(method, seen.url, data=body(method) or None) as response:
                    await response.read()
        return seen

    seen = asyncio.run(run())
    assert (seen.connections, seen.requests) == (2, 3)


@pytest.mark.parametrize("method", METHODS)
def test_a_request_whose_first_connection_dies_is_not_sent_again(method: str) -> None:
    async def drop(connection: Connection) -> None:
        await connection.request()

    async def run() -> Seen:
        async with raw_server(drop) as seen, HttpClient() as client:
            with pytest.raises(NoReply):
                await client.transport(seen.url, {}).send(Request(method, "/", body(method)), 5)
        return seen

    assert asyncio.run(run()).requests == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_request_that_is_timed_out_is_not_sent_again(method: str) -> None:
    async def hang(connection: Connection) -> None:
        await connection.request()
        await connection.reader.read()

    async def run() -> Seen:
        async with raw_server(hang) as seen, HttpClient() as client:
            with pytest.raises(TimedOut):
                await client.transport(seen.url, {}).send(Request(method, "/", body(method)), 0.1)
            await asyncio.sleep(0.01)
        return seen

    assert asyncio.run(run()).requests == 1


def test_a_canceled_send_was_sent_once() -> None:
    arrived = asyncio.Event()

    async def hang(connection: Connection) -> None:
        await connection.request()
        arrived.set()
        await connection.reader.read()

    async def run() -> Seen:
        async with raw_server(hang) as seen, HttpClient() as client:
            sending = asyncio.create_task(client.transport(seen.url, {}).send(Request("DELETE", "/1"), 5))
            await arrived.wait()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            assert sending.cancelled()
        return seen

    assert asyncio.run(run()).requests == 1


def test_a_connection_closed_while_idle_is_left_alone() -> None:
    async def answer_one(connection: Connection) -> None:
        await connection.request()
        await connection.reply()

    async def run() -> Seen:
        async with raw_server(answer_one) as seen, HttpClient() as client:
            transport = client.transport(seen.url, {})
            for _ in range(3):
                await transport.send(Request("DELETE", "/1"), 5)
                await asyncio.sleep(0.02)
        return seen

    seen = asyncio.run(run())
    assert (seen.connections, seen.requests) == (3, 3)


def test_connections_are_kept_alive() -> None:
    async def run() -> Seen:
        async with raw_server(answer_all) as seen, HttpClient() as client:
            transport = client.transport(seen.url, {})
            for method in METHODS:
                await transport.send(Request(method, "/1", body(method)), 5)
        return seen

    seen = asyncio.run(run())
    assert (seen.connections, seen.requests) == (1, 4)
