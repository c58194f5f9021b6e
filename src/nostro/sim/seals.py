"""Secrets that follow from a customer's key alone, so that nothing keeps them.

A sealed text is a JSON Web Token: in the open it says what it is for, what it is about, and when it ends if
it does, and it closes with a keyed hash over that. The key is no secret: a seal tells, and guards nothing.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_KEY = b"the simulator's; it keeps nobody out"
_HEADER = {"alg": "HS256", "typ": "JWT"}


def digest(use: str, text: str) -> str:
    """Give the secret of this use that goes with a text: 64 digits, which lead back to nothing."""
    return hmac.digest(_KEY, f"{use}:{text}".encode(), "sha256").hex()


def seal(use: str, text: str, ends_at: datetime | None = None) -> str:
    """Seal a text for one use; without an end it is good for ever."""
    claims: dict[str, object] = {"use": use, "sub": text}
    return _sign(claims if ends_at is None else claims | {"exp": int(ends_at.timestamp())})


def unseal(use: str, sealed: str, at: datetime) -> str:
    """Return what was sealed; empty when that was not here or not for this use, or when it has ended."""
    try:
        claims: Any = json.loads(urlsafe_b64decode(sealed.split(".")[1] + "=="))
    except (ValueError, IndexError):
        return ""
    if not isinstance(claims, dict) or _sign(claims) != sealed or claims["use"] != use:
        return ""
    return str(claims["sub"]) if at.timestamp() < claims.get("exp", float("inf")) else ""


def bearer(authorization: str) -> str:
    """Take the token out of a header; empty where it is not a bearer's."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _sign(claims: Mapping[str, object]) -> str:
    signed = f"{_encode(json.dumps(_HEADER).encode())}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode(hmac.digest(_KEY, signed.encode(), 'sha256'))}"


def _encode(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
