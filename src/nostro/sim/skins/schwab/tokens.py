"""Secrets that follow from the customer's key alone, so that nothing keeps them.

An access token says whose it is and when it ends, under a keyed hash; a refresh token says whose it is. Both
end in `@` as Schwab's do (QuantConnect/Lean.Brokerages.CharlesSchwab, tests), which a form must escape.
"""

import hmac
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta

ACCESS_S = 1800
"""How long an access token is good for."""

_SEAL = b"the simulator's; it keeps nobody out"


def issue(api_key: str) -> dict[str, str]:
    return {
        "app_key": _digest("app_key", api_key)[:32],
        "app_secret": _digest("app_secret", api_key)[:16],
        "refresh_token": _seal("refresh", api_key),
    }


def is_client(api_key: str, headers: Mapping[str, str]) -> bool:
    """Say whether a token request comes from the customer's own app."""
    own = issue(api_key)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    try:
        given = b64decode(credentials, validate=True)
    except ValueError:
        return False
    return scheme.lower() == "basic" and given == f"{own['app_key']}:{own['app_secret']}".encode()


def make_access(api_key: str, now: datetime) -> str:
    ends_at = now + timedelta(seconds=ACCESS_S)
    return _seal("access", f"{int(ends_at.timestamp())}:{api_key}")


def read_access(authorization: str, at: datetime) -> str:
    """Find the customer's key in a bearer token; empty when there is none, or the token has ended."""
    scheme, _, token = authorization.partition(" ")
    ends_at, _, api_key = _open("access", token.strip()).partition(":")
    return api_key if scheme.lower() == "bearer" and api_key and at.timestamp() < int(ends_at) else ""


def read_refresh(token: str) -> str:
    """Find the customer's key in a refresh token; empty when it is not one of ours."""
    return _open("refresh", token)


def _seal(kind: str, text: str) -> str:
    return f"{urlsafe_b64encode(text.encode()).decode()}.{_digest(kind, text)}@"


def _open(kind: str, token: str) -> str:
    try:
        text = urlsafe_b64decode(token.partition(".")[0]).decode()
    except ValueError:
        return ""
    return text if _seal(kind, text) == token else ""


def _digest(kind: str, text: str) -> str:
    return hmac.digest(_SEAL, f"{kind}:{text}".encode(), "sha256").hex()
