"""Who asks: the name of an API key, and the token that its private key signed for this one request.

A token is a JWT in `Authorization: Bearer`: ES256, `kid` and `sub` the key's name, `uri` the method, the host
and the path without its query (docs.cdp.coinbase.com, JWT authentication; coinbase/coinbase-advanced-py
`jwt_generator.py`). `iss` is `cdp` there, and `coinbase-cloud` in older programs, ccxt among them.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nostro.brokers.transport import Request

_LIVES_S = 120
_ISSUERS = ("cdp", "coinbase-cloud")
_ORGANIZATIONS = UUID("9a4f3f0e-6f0d-4f5b-8b4e-0a6f1f7e2c11")
_CURVE = ec.SECP256R1()
_CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HALF = 32
"""Bytes of each of the two numbers of a signature."""


class _Head(msgspec.Struct):
    alg: str
    kid: str


class _Claims(msgspec.Struct):
    sub: str
    iss: str
    nbf: float
    exp: float
    uri: str


def issue(api_key: str) -> Mapping[str, str]:
    """Give the name and the private key, in PEM, that follow from the customer's API key."""
    pem = _private_key(api_key).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {"key_name": _name(api_key), "private_key": pem.decode()}


def find_customer(request: Request, at: datetime) -> str:
    """Return the API key whose token goes with the request; empty where there is none that holds."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or token.count(".") != 2:
        return ""
    signed, _, signature = token.rpartition(".")
    try:
        first, second = map(_decode, signed.split("."))
        head = msgspec.json.decode(first, type=_Head)
        claims = msgspec.json.decode(second, type=_Claims)
        numbers = _decode(signature)
    except (ValueError, msgspec.MsgspecError):
        return ""
    api_key = head.kid.rpartition("/apiKeys/")[2]
    if head != _Head("ES256", _name(api_key)) or not _hold(claims, head.kid, request, at):
        return ""
    return api_key if _is_signed(api_key, signed.encode(), numbers) else ""


def _hold(claims: _Claims, name: str, request: Request, at: datetime) -> bool:
    uri = f"{request.method} {request.headers.get('host', '')}{urlsplit(request.path).path}"
    return (
        (claims.sub, claims.uri) == (name, uri)
        and claims.iss in _ISSUERS
        and claims.nbf <= at.timestamp() < claims.exp <= claims.nbf + _LIVES_S
    )


def _is_signed(api_key: str, signed: bytes, numbers: bytes) -> bool:
    if len(numbers) != 2 * _HALF:
        return False
    pair = (int.from_bytes(half) for half in (numbers[:_HALF], numbers[_HALF:]))
    try:
        _private_key(api_key).public_key().verify(
            encode_dss_signature(*pair), signed, ec.ECDSA(hashes.SHA256())
        )
    except InvalidSignature:
        return False
    return True


def _private_key(api_key: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha512(f"coinbase:{api_key}".encode()).digest())
    return ec.derive_private_key(number % (_CURVE_ORDER - 1) + 1, _CURVE)


def _name(api_key: str) -> str:
    return f"organizations/{uuid5(_ORGANIZATIONS, api_key)}/apiKeys/{api_key}"


def _decode(part: str) -> bytes:
    """Read base64url without padding; raises ValueError."""
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
