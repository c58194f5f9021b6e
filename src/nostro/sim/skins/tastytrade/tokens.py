"""tastytrade's tokens, which follow from the customer's key alone.

They are JSON Web Tokens there, too: it calls a bad one an invalid JWT. An access token ends, a refresh token
does not (QuantConnect/Lean.Brokerages.Tastytrade#4).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from nostro.sim.seals import bearer, digest, seal, unseal

ACCESS_S = 900
"""How long an access token is good for."""


def issue(api_key: str) -> dict[str, str]:
    return {
        "client_secret": digest("client_secret", api_key)[:40],
        "refresh_token": seal("refresh", api_key),
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
    return seal("access", api_key, now + timedelta(seconds=ACCESS_S))


def read_access(authorization: str, at: datetime) -> str:
    """Find the customer's key in a bearer token; empty when there is none, or the token has ended."""
    return unseal("access", bearer(authorization), at)


def read_refresh(token: object, at: datetime) -> str:
    """Find the customer's key in a refresh token; empty when it is not one of ours."""
    return unseal("refresh", str(token), at)
