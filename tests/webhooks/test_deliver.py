"""One POST over real sockets: what a receiver can do to it, and what it can see of it."""

import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nostro.webhooks.deliver import HttpDeliver
from nostro.webhooks.guard import Guard, resolve
from nostro.webhooks.relay import DeliveryFailed

from .receiver import Answer, Receiver, hang, status


def deliver(url: str, *, timeout_s: float = 5.0) -> int:
    send = HttpDeliver(Guard("127.0.0.1", resolve), timeout_s=timeout_s)
    return asyncio.run(send(url, b'{"a":1}', {"Content-Type": "application/json", "webhook-id": "e-1"}))


@pytest.mark.parametrize("code", [200, 201, 202, 204, 400, 410, 500, 503])
def test_the_status_comes_back(code: int) -> None:
    with Receiver(status(code)) as receiver:
        assert deliver(receiver.url) == code


def test_body_and_headers_arrive_as_given() -> None:
    with Receiver() as receiver:
        deliver(receiver.url + "?b=%20c")
    [got] = receiver.deliveries
    sent = (got.path, got.body, got.headers["content-type"], got.headers["webhook-id"], got.headers["host"])
    assert sent == ("/hook?b=%20c", b'{"a":1}', "application/json", "e-1", f"127.0.0.1:{receiver.port}")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    with Receiver() as other, Receiver(status(code, Location=other.url)) as receiver:
        assert deliver(receiver.url) == code
    assert other.deliveries == []


def test_a_receiver_that_hangs_is_given_up_in_time() -> None:
    with Receiver(hang(3)) as receiver:
        began = time.monotonic()
        with pytest.raises(DeliveryFailed, match="in time"):
            deliver(receiver.url, timeout_s=0.2)
        assert time.monotonic() - began < 2


def test_a_receiver_that_hangs_up_is_no_reply_and_is_asked_once() -> None:
    with Receiver(hang(0), hang(0)) as receiver:
        with pytest.raises(DeliveryFailed, match="no reply"):
            deliver(receiver.url)
        assert len(receiver.deliveries) == 1


def test_nobody_listening_is_no_reply() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DeliveryFailed, match="no reply"):
        deliver(f"http://127.0.0.1:{port}/")


def endless(piece: bytes, pause_s: float) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain")
        handler.end_headers()
        end = time.monotonic() + 3
        try:
            while time.monotonic() < end:
                handler.wfile.write(piece)
                time.sleep(pause_s)
        except OSError:
            return

    return answer


@pytest.mark.parametrize(("piece", "pause_s"), [(b"x" * 65536, 0.0), (b"x", 0.1)], ids=["huge", "dripping"])
def test_a_reply_without_end_is_not_waited_for(piece: bytes, pause_s: float) -> None:
    with Receiver(endless(piece, pause_s)) as receiver:
        began = time.monotonic()
        assert deliver(receiver.url) == 200
        assert time.monotonic() - began < 1


def test_a_reply_head_without_end_is_refused() -> None:
    with Receiver(status(200, **{"X-Long": "x" * 100_000})) as receiver, pytest.raises(DeliveryFailed):
        deliver(receiver.url)


@pytest.fixture
def proxied() -> Iterator[Receiver]:
    """A receiver that the environment names as everybody's proxy."""
    with Receiver() as proxy:
        before = {name: os.environ.get(name) for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY")}
        os.environ |= {"http_proxy": proxy.url, "HTTP_PROXY": proxy.url, "no_proxy": "", "NO_PROXY": ""}
        yield proxy
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


def test_a_proxy_in_the_environment_is_not_used(proxied: Receiver) -> None:
    with Receiver() as receiver:
        assert deliver(receiver.url) == 200
    assert proxied.deliveries == []


class TlsPeer:
    """Accepts one TLS connection, remembers the name it was greeted with, and answers 204."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.sni_callback = self._remember
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.greeted: list[str | None] = []
        self.request = b""
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _remember(self, _socket: object, name: str | None, _context: object) -> None:
        self.greeted.append(name)

    def _serve(self) -> None:
        raw, _ = self._listener.accept()
        self._listener.close()
        try:
            with self._context.wrap_socket(raw, server_side=True) as peer:
                while b'{"a":1}' not in self.request:
                    self.request += peer.recv(65536)
                peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            raw.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of hooks.example.com, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example.com")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def deliver_tls(peer: TlsPeer, host: str, trusted: Path | None) -> int:
    tls = None if trusted is None else ssl.create_default_context(cafile=str(trusted))
    send = HttpDeliver(Guard(host, loopback), tls=tls)
    return asyncio.run(send(f"https://{host}:{peer.port}/", b'{"a":1}', {}))


def test_tls_and_host_header_carry_the_urls_name_not_the_address(certificate: Path) -> None:
    peer = TlsPeer(certificate)
    assert deliver_tls(peer, "hooks.example.com", certificate) == 204
    peer.thread.join(5)
    host = f"Host: hooks.example.com:{peer.port}\r\n".encode()
    assert (peer.greeted, host in peer.request) == (["hooks.example.com"], True)


@pytest.mark.parametrize(("host", "is_trusted"), [("hooks.example.com", False), ("other.example.com", True)])
def test_a_certificate_of_nobody_or_of_another_name_gets_no_byte(
    certificate: Path, host: str, is_trusted: bool
) -> None:
    peer = TlsPeer(certificate)
    with pytest.raises(DeliveryFailed):
        deliver_tls(peer, host, certificate if is_trusted else None)
    peer.thread.join(5)
    assert peer.request == b""
