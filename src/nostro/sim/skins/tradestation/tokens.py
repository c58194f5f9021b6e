"""Secrets that follow from the customer's key alone, so that nothing keeps them.

A sealed text says in the open what it is about, and ends in a keyed hash over that. An access token says
whose it is and when it ends, a refresh token whose it is; `listing.py` seals places in lists, too.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta

ACCESS_S = 1200
"""How long an access token is good for."""

_SEAL = b"the simulator's; it keeps nobody out"


def issue(api_key: str) -> dict[str, str]:
    return {
        "client_id": _digest("client_id", api_key)[:32],
        "client_secret": _digest("client_secret", api_key),
        "refresh_token": seal("refresh", api_key),
    }


def is_client(api_key: str, given: Mapping[str, str]) -> bool:
    """Say whether a token request comes from the customer's own client."""
    own = issue(api_key)
    return all(given.get(name) == own[name] for name in ("client_id", "client_secret"))


def make_access(api_key: str, now: datetime) -> str:
    return seal_until("access", api_key, now, ACCESS_S)


def read_access(authorization: str, at: datetime) -> str:
    """Find the customer's key in a bearer token; empty when there is none, or the token has ended."""
    scheme, _, token = authorization.partition(" ")
    return unseal_until("access", token.strip(), at) if scheme.lower() == "bearer" else ""


def read_refresh(token: str) -> str:
    """Find the customer's key in a refresh token; empty when it is not one of ours."""
    return unseal("refresh", token)


def seal_until(kind: str, text: str, now: datetime, lasts_s: int) -> str:
    ends_at = now + timedelta(seconds=lasts_s)
    return seal(kind, f"{int(ends_at.timestamp())}:{text}")


def unseal_until(kind: str, sealed: str, at: datetime) -> str:
    """Return what was sealed; empty when it is not ours, or has ended."""
    ends_at, _, text = unseal(kind, sealed).partition(":")
    return text if text and at.timestamp() < int(ends_at) else ""


def seal(kind: str, text: str) -> str:
    return f"{urlsafe_b64encode(text.encode()).decode().rstrip('=')}.{_digest(kind, text)}"


def unseal(kind: str, sealed: str) -> str:
    """Return what was sealed; empty when it is not ours."""
    encoded = sealed.partition(".")[0]
    try:
        text = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return ""
    return text if seal(kind, text) == sealed else ""


def _digest(kind: str, text: str) -> str:
    return hmac.digest(_SEAL, f"{kind}:{text}".encode(), "sha256").hex()
