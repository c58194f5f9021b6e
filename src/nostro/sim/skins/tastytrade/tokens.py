"""Secrets that follow from the customer's key alone, so that nothing keeps them.

Both tokens are JSON Web Tokens, as tastytrade's are: it calls a bad one an invalid JWT. An access token ends,
a refresh token does not (QuantConnect/Lean.Brokerages.Tastytrade#4).
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

ACCESS_S = 900
"""How long an access token is good for."""

_SEAL = b"the simulator's; it keeps nobody out"
_HEADER = {"alg": "HS256", "typ": "JWT"}


def issue(api_key: str) -> dict[str, str]:
    return {
        "client_secret": hmac.digest(_SEAL, f"client_secret:{api_key}".encode(), "sha256").hex()[:40],
        "refresh_token": _sign({"use": "refresh", "sub": api_key}),
    }


def read_grant(body: bytes) -> Mapping[str, object]:
    """Read a token request: JSON as the documents say, a form as tastytrade's own SDK sends it."""
    try:
        grant = json.loads(body)
    except ValueError:
        grant = dict(parse_qsl(body.decode("latin-1")))
    return grant if isinstance(grant, dict) else {}


def is_client(api_key: str, grant: Mapping[str, object]) -> bool:
    """Say whether a token request comes from the customer's own application."""
    return grant.get("client_secret") == issue(api_key)["client_secret"]


def make_access(api_key: str, now: datetime) -> str:
    return _sign({"use": "access", "sub": api_key, "exp": int(now.timestamp()) + ACCESS_S})


def read_access(authorization: str, at: datetime) -> str:
    """Find the customer's key in a bearer token; empty when there is none, or the token has ended."""
    scheme, _, token = authorization.partition(" ")
    claims = _read(token.strip(), "access")
    is_good = scheme.lower() == "bearer" and at.timestamp() < claims.get("exp", 0)
    return str(claims["sub"]) if is_good else ""


def read_refresh(token: object) -> str:
    """Find the customer's key in a refresh token; empty when it is not one of ours."""
    return str(_read(str(token), "refresh").get("sub", ""))


def _sign(claims: Mapping[str, object]) -> str:
    signed = f"{_encode(json.dumps(_HEADER).encode())}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode(hmac.digest(_SEAL, signed.encode(), 'sha256'))}"


def _read(token: str, use: str) -> dict[str, Any]:
    """Return what a token claims; nothing when it was not signed here, or for another use."""
    try:
        claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    except (ValueError, IndexError):
        return {}
    is_ours = isinstance(claims, dict) and _sign(claims) == token and claims.get("use") == use
    return claims if is_ours else {}


def _encode(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
