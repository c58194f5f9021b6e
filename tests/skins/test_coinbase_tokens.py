"""Whom Coinbase's face takes a request for."""

from typing import Any

import pytest

from nostro.brokers.transport import Request
from tests.sim.market import API_KEY, OPENED_AT, OTHER_API_KEY

from .coinbase_scene import BASE, COINBASE, Scene, sign

HOST = "localhost:8788"
NOW_S = OPENED_AT.timestamp()


def credentials(api_key: str) -> tuple[str, str]:
    assert COINBASE.issue is not None
    issued = COINBASE.issue(api_key)
    return issued["key_name"], issued["private_key"]


def customer(authorization: str, *, path: str = f"{BASE}/accounts", host: str = HOST) -> str:
    headers = {"authorization": authorization, "host": host}
    return COINBASE.customer(Request("GET", path, headers=headers), OPENED_AT)


def token(*, signed_as: str = API_KEY, head: dict[str, object] | None = None, **changes: object) -> str:
    """Sign the usual claims and head, changed; None leaves one out."""
    name, _ = credentials(API_KEY)
    claims = {"sub": name, "iss": "cdp", "nbf": NOW_S, "exp": NOW_S + 120}
    claims |= {"uri": f"GET {HOST}{BASE}/accounts", **changes}
    heads = {"alg": "ES256", "kid": name, "nonce": "1", "typ": "JWT", **(head or {})}
    said = {field: value for field, value in claims.items() if value is not None}
    return sign(credentials(signed_as)[1], said, heads)


def test_credentials_follow_from_the_key_and_lead_back_to_it() -> None:
    name, pem = credentials(API_KEY)
    assert credentials(API_KEY) == (name, pem)
    assert name.startswith("organizations/")
    assert name.endswith(f"/apiKeys/{API_KEY}")
    assert pem.startswith("-----BEGIN EC PRIVATE KEY-----\n")
    assert credentials(OTHER_API_KEY)[1] != pem


def test_a_token_names_its_customer() -> None:
    assert customer(token()) == API_KEY
    assert customer(token(iss="coinbase-cloud")) == API_KEY
    assert customer(token(), path=f"{BASE}/accounts?limit=2") == API_KEY


@pytest.mark.parametrize(
    "changes",
    [
        {"signed_as": OTHER_API_KEY},
        {"sub": "organizations/x/apiKeys/key-1"},
        {"iss": "somebody"},
        {"uri": f"POST {HOST}{BASE}/accounts"},
        {"uri": f"GET {HOST}{BASE}/orders"},
        {"uri": f"GET api.coinbase.com{BASE}/accounts"},
        {"uri": None},
        {"exp": NOW_S},
        {"nbf": NOW_S + 1},
        {"exp": NOW_S + 121},
        {"exp": None},
        {"head": {"alg": "none"}},
        {"head": {"kid": "organizations/x/apiKeys/key-1"}},
        {"head": {"kid": API_KEY}},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_is_nobodys(changes: dict[str, Any]) -> None:
    assert customer(token(**changes)) == ""


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer a.b.c", "Bearer ..", "Basic a.b.c", "Bearer ä.ö.ü"])
def test_what_is_no_token_is_nobodys(value: str) -> None:
    assert customer(value) == ""


def test_a_signature_that_was_cut_or_changed_is_nobodys() -> None:
    good = token()
    assert customer(good[:-4]) == customer(good[:-4] + "AAAA") == ""
    assert customer(good, host="elsewhere") == ""


def test_nobody_is_unauthorized(coinbase: Scene) -> None:
    reply = coinbase.ask("GET", f"{BASE}/accounts", api_key="nobody")
    assert (reply.status, reply.body) == (401, b"Unauthorized")
    assert reply.headers["content-type"] == "text/plain"
