"""Coinbase's signature: a JSON Web Token with each request, for two minutes and for that request alone.

Shapes: Coinbase's own SDK, coinbase-advanced-py 1.8.4, `jwt_generator.py`. Which keys it issues: "JWT
Authentication", docs.cdp.coinbase.com.
"""

import binascii
import re
from base64 import b64decode, urlsafe_b64encode
from dataclasses import replace

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from nostro.brokers.transport import NeverSent, Reply, Request, Transport
from nostro.brokers.wiring import Wiring

PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey

TOKEN_LIFE_S = 120

_KEY_NAME = re.compile(r"[!-~]{1,300}")
_KEY_CHARS_MAX = 4096
_NONCE_BYTES = 16


class SignedTransport:
    """See `Transport`. Each request takes a token of its own; what is no key sends nothing."""

    def __init__(self, transport: Transport, wiring: Wiring, *, key_name: str, private_key: str) -> None:
        """Sign for the address of `wiring`, by its clock."""
        self._transport = transport
        self._wiring = wiring
        self._place = wiring.address.partition("://")[2].rstrip("/")
        self._key_name = key_name
        self._key = read_private_key(private_key) if _KEY_NAME.fullmatch(key_name) else None

    async def send(self, request: Request, timeout_s: float) -> Reply:
        if self._key is None:
            raise NeverSent("these credentials are no key that this brokerage issues")
        token = self._token(self._key, request)
        signed = replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
        return await self._transport.send(signed, timeout_s)

    def _token(self, key: PrivateKey, request: Request) -> str:
        now_s = int(self._wiring.clock.now().timestamp())
        path, _, _ = request.path.partition("?")
        header = {
            "alg": "EdDSA" if isinstance(key, Ed25519PrivateKey) else "ES256",
            "kid": self._key_name,
            "nonce": self._wiring.ids.token(_NONCE_BYTES).hex(),
            "typ": "JWT",
        }
        claims = {
            "sub": self._key_name,
            "iss": "cdp",
            "nbf": now_s,
            "exp": now_s + TOKEN_LIFE_S,
            "uri": f"{request.method} {self._place}{path}",
        }
        said = f"{_part(msgspec.json.encode(header))}.{_part(msgspec.json.encode(claims))}"
        return f"{said}.{_part(_sign(key, said.encode()))}"


def read_private_key(text: str) -> PrivateKey | None:
    """Read a key in a form that Coinbase issues: PEM, or the base64 of an Ed25519 key; None for any other.

    In its key files the newlines of a PEM are the two characters backslash and n.
    """
    plain = text.replace("\\n", "\n").strip()
    if len(plain) > _KEY_CHARS_MAX:
        return None
    try:
        if not plain.startswith("-----BEGIN"):
            return _read_raw(b64decode("".join(plain.split()), validate=True))
        key = load_pem_private_key(plain.encode(), password=None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(key, EllipticCurvePrivateKey):
        return key if isinstance(key.curve, SECP256R1) else None
    return key if isinstance(key, Ed25519PrivateKey) else None


def _read_raw(key: bytes) -> Ed25519PrivateKey | None:
    """Read a seed of 32 bytes, which the public key may follow."""
    return Ed25519PrivateKey.from_private_bytes(key[:32]) if len(key) in (32, 64) else None


def _sign(key: PrivateKey, said: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(said)
    r, s = decode_dss_signature(key.sign(said, ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _part(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
