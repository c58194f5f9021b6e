"""TradeStation's tokens, which follow from the customer's key alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from nostro.sim.seals import bearer, digest, seal, unseal

ACCESS_S = 1200
"""How long an access token is good for."""


def issue(api_key: str) -> dict[str, str]:
    return {
        "client_id": digest("client_id", api_key)[:32],
        "client_secret": digest("client_secret", api_key),
        "refresh_token": seal("refresh", api_key),
    }


def is_client(api_key: str, given: Mapping[str, str]) -> bool:
    """Say whether a token request comes from the customer's own client."""
    own = issue(api_key)
    return all(given.get(name) == own[name] for name in ("client_id", "client_secret"))


def make_access(api_key: str, now: datetime) -> str:
    return seal("access", api_key, now + timedelta(seconds=ACCESS_S))


def read_access(authorization: str, at: datetime) -> str:
    """Find the customer's key in a bearer token; empty when there is none, or the token has ended."""
    return unseal("access", bearer(authorization), at)


def read_refresh(token: str, at: datetime) -> str:
    """Find the customer's key in a refresh token; empty when it is not one of ours."""
    return unseal("refresh", token, at)
