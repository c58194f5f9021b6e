"""The client: what it says when no answer comes, and over TLS."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nostro.cli.client import Caller, Client, NotAnswered, NotConnected, Refused
from nostro.ports import SystemClock

from .stub import Stub, http_reply

CALLER = Caller(client_id="C", consumer_key="K-secret", user_id="u", user_secret="U-secret")


def client(url: str) -> Client:
    return Client(url, CALLER, SystemClock())


def test_a_caller_shows_no_secret() -> None:
    assert "-secret" not in repr(CALLER)


def test_a_request_names_the_caller_in_its_query(stub: Stub) -> None:
    stub.reply = http_reply(200, "[]")
    client(stub.url).ask("GET", "/accounts")
    assert b"clientId=C" in stub.received[0].split(b" ")[1]


def test_what_is_asked_outweighs_the_caller_where_both_name_a_user(stub: Stub) -> None:
    stub.reply = http_reply(200, "{}")
    client(stub.url).ask("DELETE", "/snapTrade/deleteUser", query={"userId": "other"})
    assert [part for part in stub.received[0].split(b" ")[1].split(b"&") if b"userId" in part] == [
        b"userId=other"
    ]


def test_a_silent_server_is_not_waited_for_beyond_the_timeout(stub: Stub) -> None:
    stub.reply = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
    with pytest.raises(NotAnswered):
        client(stub.url).send("GET", "/accounts", timeout_s=0.2)


def test_the_error_of_a_missing_answer_holds_no_secret(stub: Stub) -> None:
    with pytest.raises(NotAnswered) as caught:
        client(stub.url).send("GET", "/accounts")
    assert "secret" not in str(caught.value)


def test_a_page_that_is_not_json_is_no_success(stub: Stub) -> None:
    stub.reply = http_reply(200, "<html>", "text/html")
    with pytest.raises(Refused, match="no nostro server"):
        client(stub.url).ask("GET", "/accounts")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1, signed by nobody else, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(private + signed.public_bytes(pem))
    return file


@pytest.fixture
def tls_stub(certificate: Path) -> Iterator[Stub]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Stub(context) as stub:
        stub.reply = http_reply(200, "[]")
        yield stub


def test_https_works_with_a_trusted_certificate(
    tls_stub: Stub, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert client(tls_stub.url).ask("GET", "/accounts").body == []


def test_a_certificate_that_nobody_vouches_for_gets_no_request(tls_stub: Stub) -> None:
    with pytest.raises(NotConnected):
        client(tls_stub.url).ask("GET", "/accounts")
    assert tls_stub.received == []
