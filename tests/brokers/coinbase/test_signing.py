"""Tokens: what they say, whose they are, and which keys make one."""

import asyncio
import json
from base64 import b64encode, urlsafe_b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from nostro.brokers.coinbase.signing import SignedTransport
from nostro.brokers.transport import Request
from nostro.domain.cancel import LookFailed, NotSent
from nostro.domain.errors import ReadFailed
from tests.brokers.scripted import Scripted
from tests.brokers.wired import wired

from .said import (
    EC_KEY,
    ED_KEY,
    ED_TEXT,
    KEY_NAME,
    NEW_ORDER,
    ORDER_ID,
    PEM,
    REF,
    T0,
    FixedClock,
    FixedIds,
    canceled,
    connect,
    listed,
)

PKCS8 = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
ED_PEM = ED_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def bearer(request: Request) -> list[bytes]:
    """Return the three parts of a request's token, decoded."""
    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    assert "=" not in token
    return [urlsafe_b64decode(part + "==") for part in token.split(".")]


def signed(request: Request) -> bytes:
    return request.headers["Authorization"].removeprefix("Bearer ").rpartition(".")[0].encode()


def test_a_cancel_takes_a_token_that_is_for_it_alone() -> None:
    transport = Scripted(canceled())
    asyncio.run(connect(transport).cancel_order("", REF))
    [sent] = transport.requests
    header, claims, _ = bearer(sent)
    assert json.loads(header) == {"alg": "ES256", "kid": KEY_NAME, "nonce": "a5" * 16, "typ": "JWT"}
    now_s = int(T0.timestamp())
    assert json.loads(claims) == {
        "sub": KEY_NAME,
        "iss": "cdp",
        "nbf": now_s,
        "exp": now_s + 120,
        "uri": "POST api.coinbase.com/api/v3/brokerage/orders/batch_cancel",
    }
    assert json.loads(sent.body) == {"order_ids": [ORDER_ID]}


def test_each_request_of_a_list_takes_one_for_its_path_without_the_query() -> None:
    transport = Scripted(listed())
    asyncio.run(connect(transport).list_orders("", T0))
    claims = [json.loads(bearer(each)[1]) for each in transport.requests]
    assert len(claims) > 1
    uri = "GET api.coinbase.com/api/v3/brokerage/orders/historical/batch"
    assert {each["uri"] for each in claims} == {uri}


@pytest.mark.parametrize("text", [PEM, PEM.replace("\n", "\\n"), PKCS8, f"  {PEM}\n\n"])
def test_an_elliptic_key_signs_however_its_lines_are_broken(text: str) -> None:
    transport = Scripted(canceled())
    asyncio.run(connect(transport, private_key=text).cancel_order("", REF))
    [sent] = transport.requests
    signature = bearer(sent)[2]
    assert len(signature) == 64
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    EC_KEY.public_key().verify(encode_dss_signature(r, s), signed(sent), ec.ECDSA(SHA256()))


SEED = b64encode(ED_KEY.private_bytes_raw()).decode()


@pytest.mark.parametrize("text", [ED_TEXT, SEED, ED_TEXT[:20] + "\n" + ED_TEXT[20:] + "\n", ED_PEM])
def test_an_edwards_key_signs_as_text_with_its_public_half_or_without_it(text: str) -> None:
    transport = Scripted(canceled())
    asyncio.run(connect(transport, private_key=text).cancel_order("", REF))
    [sent] = transport.requests
    header, _, signature = bearer(sent)
    assert json.loads(header)["alg"] == "EdDSA"
    ED_KEY.public_key().verify(signature, signed(sent))


def _pem(key: Any, password: bytes | None = None) -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return pem.decode()


NO_KEYS = {
    "nothing": "",
    "a word": "secret",
    "text of another alphabet": "\u0661\u0662",
    "half of a surrogate": "\ud800",
    "what ends nowhere": PEM[:60],
    "an envelope of nothing": "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
    "31 bytes": b64encode(bytes(31)).decode(),
    "hexadecimal digits": "ab" * 32,
    "a public key": EC_KEY.public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode(),
    "another curve": _pem(ec.derive_private_key(7, ec.SECP384R1())),
    "another algorithm": _pem(ed448.Ed448PrivateKey.from_private_bytes(bytes(57))),
    "rsa": _pem(rsa.generate_private_key(65537, 2048)),
    "a key under a password": _pem(EC_KEY, b"password"),
    "megabytes": "A" * 5_000_000,
    "a key among much else": PEM + "\n" * 10 + "x" * 5000,
}


@pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS)
def test_with_what_is_no_key_nothing_is_sent_and_nothing_is_raised(text: str) -> None:
    _nothing_is_sent(private_key=text)


@pytest.mark.parametrize("name", ["", " ", "organizations/\n", "\u00e9", "\ud800", "k" * 301])
def test_with_what_is_no_name_of_a_key_nothing_is_sent(name: str) -> None:
    _nothing_is_sent(key_name=name)


def _nothing_is_sent(**credentials: str) -> None:
    transport = Scripted(canceled())
    coinbase = connect(transport, **credentials)
    assert isinstance(asyncio.run(coinbase.cancel_order("", REF)), NotSent)
    assert isinstance(asyncio.run(coinbase.place_order("", NEW_ORDER)), NotSent)
    assert isinstance(asyncio.run(coinbase.look_up_order("", REF)), LookFailed)
    with pytest.raises(ReadFailed):
        asyncio.run(coinbase.list_accounts())
    assert transport.requests == []


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://api.coinbase.com/", "api.coinbase.com"),
        ("http://127.0.0.1:9000", "127.0.0.1:9000"),
        ("https://gate.example/coinbase/", "gate.example/coinbase"),
    ],
)
def test_a_token_is_for_the_address_that_is_asked(address: str, place: str) -> None:
    transport = Scripted(canceled())
    wiring = wired(transport, address=address, clock=FixedClock(), ids=FixedIds())
    sender = SignedTransport(transport, wiring, key_name=KEY_NAME, private_key=PEM)
    asyncio.run(sender.send(Request("GET", "/a?b=c", headers={"X-Other": "1"}), 1.0))
    [sent] = transport.requests
    assert json.loads(bearer(sent)[1])["uri"] == f"GET {place}/a"
    assert sent.headers["X-Other"] == "1"
