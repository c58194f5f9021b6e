"""Schwab's tokens, which follow from the customer's key alone.

All end in `@` as Schwab's do (QuantConnect/Lean.Brokerages.CharlesSchwab, tests), which a form must escape.
"""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta

from nostro.sim.seals import bearer, digest, seal, unseal

ACCESS_S = 1800
"""How long an access token is good for."""

_END = "@"


def issue(api_key: str) -> dict[str, str]:
    return {
        "app_key": digest("app_key", api_key)[:32],
        "app_secret": digest("app_secret", api_key)[:16],
        "refresh_token": seal("refresh", api_key) + _END,
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
    return seal("access", api_key, now + timedelta(seconds=ACCESS_S)) + _END


def read_access(authorization: str, at: datetime) -> str:
    """Find the customer's key in a bearer token; empty when there is none, or the token has ended."""
    return _read("access", bearer(authorization), at)


def read_refresh(token: str, at: datetime) -> str:
    """Find the customer's key in a refresh token; empty when it is not one of ours."""
    return _read("refresh", token, at)


def _read(use: str, token: str, at: datetime) -> str:
    return unseal(use, token.removesuffix(_END), at) if token.endswith(_END) else ""
