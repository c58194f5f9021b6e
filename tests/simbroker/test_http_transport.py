"""What the HTTP transport says for certain, and what it does not do."""

import asyncio
import datetime as dt
import gzip
import ssl
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nostro.brokers.http_transport import REPLY_BYTES_MAX, HttpClient
from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut, TransportError
from tests.sim.market import ToldClock

from .raw import OK, Connection, Seen, answer_all, raw_server

T = TypeVar("T")
ASK = Request("DELETE", "/orders/a%2Fb?x=1")


async def ask(url: str, timeout_s: float = 5.0, headers: dict[str, str] | None = None) -> Reply:
    async with HttpClient() as client:
        return await client.transport(url, headers or {}).send(ASK, timeout_s)


async def ask_one_that_says(data: bytes, timeout_s: float = 5.0) -> Reply:
    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.reply(data)

    async with raw_server(script) as seen:
        return await ask(seen.url, timeout_s)


def failure(asked: Awaitable[Reply]) -> TransportError:
    async def run() -> TransportError:
        with pytest.raises(TransportError) as failed:
            await asked
        return failed.value

    return asyncio.run(run())


def head_that_arrived(headers: dict[str, str]) -> bytes:
    async def run() -> Seen:
        async with raw_server(answer_all) as seen:
            await ask(seen.url + "/v2/", headers=headers)
        return seen

    return asyncio.run(run()).heads[0]


async def unused_url() -> str:
    async with raw_server(answer_all) as seen:
        return seen.url


def test_a_refused_connection_is_never_sent() -> None:
    async def run() -> Reply:
        return await ask(await unused_url())

    assert isinstance(failure(run()), NeverSent)


class FrozenWhileConnecting(ToldClock):
    """An hour passes between any two looks at it."""

    def monotonic(self) -> float:
        self.pass_time(3600)
        return super().monotonic()


def test_a_connection_that_comes_when_the_time_is_over_is_not_used() -> None:
    async def run() -> tuple[TransportError, int]:
        async with raw_server(answer_all) as seen, HttpClient(FrozenWhileConnecting()) as client:
            with pytest.raises(TransportError) as failed:
                await client.transport(seen.url, {}).send(ASK, 5)
            return failed.value, seen.requests

    said, requests = asyncio.run(run())
    assert (type(said), requests) == (NeverSent, 0)


def test_a_host_that_does_not_exist_is_never_sent() -> None:
    assert isinstance(failure(ask("http://brokerage.invalid")), NeverSent)


def test_a_failing_tls_handshake_is_never_sent() -> None:
    async def run() -> Reply:
        async with raw_server(answer_all) as seen:
            return await ask(seen.url.replace("http:", "https:"))

    assert isinstance(failure(run()), NeverSent)


def test_a_tls_handshake_that_hangs_is_never_sent() -> None:
    async def silent(connection: Connection) -> None:
        await connection.reader.read()

    async def run() -> Reply:
        async with raw_server(silent) as seen:
            return await ask(seen.url.replace("http:", "https:"), timeout_s=0.2)

    error = failure(run())
    assert isinstance(error, NeverSent)


def test_a_certificate_that_nobody_vouches_for_is_never_sent(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begins = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "localhost.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    received = bytearray()

    async def keep(connection: Connection) -> None:
        received.extend(await connection.reader.read())

    async def run() -> Reply:
        async with raw_server(keep, context) as seen:
            return await ask(seen.url.replace("http://127.0.0.1", "https://localhost"))

    assert isinstance(failure(run()), NeverSent)
    assert not received


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "k\u00fcche", "\x00"])
def test_a_header_that_cannot_be_sent_is_never_sent(value: str) -> None:
    async def run() -> tuple[NeverSent, int]:
        async with raw_server(answer_all) as seen:
            with pytest.raises(NeverSent) as failed:
                await ask(seen.url, headers={"X-Api-Key": value})
            return failed.value, seen.connections

    error, connections = asyncio.run(run())
    assert connections == 0
    assert value not in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"HTTP/9.9 999 \xff\xfe\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
    ],
)
def test_what_is_not_a_whole_reply_is_none(data: bytes) -> None:
    error = failure(ask_one_that_says(data))
    assert isinstance(error, NoReply)
    assert str(error) == "connection lost"


def test_silence_is_timed_out() -> None:
    async def silent(connection: Connection) -> None:
        await connection.reader.read()

    async def run() -> Reply:
        async with raw_server(silent) as seen:
            return await ask(seen.url, timeout_s=0.1)

    assert isinstance(failure(run()), TimedOut)


def test_a_reply_that_keeps_dripping_is_timed_out() -> None:
    async def drip(connection: Connection) -> None:
        await connection.request()
        await connection.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await connection.reply(b" ")
            await asyncio.sleep(0.02)

    async def run() -> Reply:
        async with raw_server(drip) as seen:
            return await ask(seen.url, timeout_s=0.2)

    assert isinstance(failure(run()), TimedOut)


@pytest.mark.parametrize("more", [0, 1])
def test_a_reply_may_have_one_mebibyte(more: int) -> None:
    size = REPLY_BYTES_MAX + more
    data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b" " * size
    if more:
        assert str(failure(ask_one_that_says(data))) == "reply too large"
    else:
        assert len(asyncio.run(ask_one_that_says(data)).body) == REPLY_BYTES_MAX


def test_a_packed_reply_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(10_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert asyncio.run(ask_one_that_says(head + packed)).body == packed


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_reply(status: int) -> None:
    async def run() -> tuple[Reply, int]:
        async with raw_server(answer_all) as elsewhere:
            location = elsewhere.url.encode()
            head = b"HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location)
            return await ask_one_that_says(head), elsewhere.connections

    assert asyncio.run(run()) == (Reply(status, b""), 0)


def test_a_path_arrives_as_it_was_escaped() -> None:
    assert head_that_arrived({}).startswith(b"DELETE /v2/orders/a%2Fb?x=1 HTTP/1.1\r\n")


def test_a_packed_reply_is_not_asked_for() -> None:
    assert b"\r\nAccept-Encoding: identity\r\n" in head_that_arrived({"X-Api-Key": "k"})


def test_headers_go_with_the_request() -> None:
    assert b"\r\nX-Api-Key: k\r\n" in head_that_arrived({"X-Api-Key": "k"})


def test_a_cookie_is_not_kept() -> None:
    async def bake(connection: Connection) -> None:
        for _ in range(2):
            await connection.request()
            await connection.reply(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"))

    async def run() -> Seen:
        async with raw_server(bake) as seen, HttpClient() as client:
            for _ in range(2):
                await client.transport(seen.url, {}).send(ASK, 5)
        return seen

    assert b"cookie" not in asyncio.run(run()).heads[1].lower()


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> int:
        async with raw_server(answer_all) as proxy, raw_server(answer_all) as seen:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("ALL_PROXY", proxy.url)
            await ask(seen.url)
            return proxy.connections

    assert asyncio.run(run()) == 0


def test_a_second_reply_that_nobody_asked_for_answers_nothing() -> None:
    async def say_twice(connection: Connection) -> None:
        await connection.request()
        await connection.reply(OK)
        await asyncio.sleep(0.02)
        await connection.reply(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n")
        await connection.request()
        await connection.reply(OK)

    async def run() -> tuple[Reply, int]:
        async with raw_server(say_twice) as seen, HttpClient() as client:
            transport = client.transport(seen.url, {})
            await transport.send(ASK, 5)
            await asyncio.sleep(0.05)
            return await transport.send(ASK, 5), seen.connections

    assert asyncio.run(run()) == (Reply(200, b"{}"), 2)


def test_many_requests_at_once_get_a_connection_each() -> None:
    async def run() -> tuple[int, int]:
        async with raw_server(answer_all) as seen, HttpClient() as client:
            transport = client.transport(seen.url, {})
            replies = await asyncio.gather(*(transport.send(ASK, 5) for _ in range(200)))
            return len(replies), seen.requests

    assert asyncio.run(run()) == (200, 200)
