"""Schwab's tokens: who gets one, how long it is good, and who is nobody."""

import asyncio
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from nostro.brokers.transport import Reply, Request
from tests.sim.market import ACCOUNT, API_KEY, OPENED_AT, OTHER_API_KEY
from tests.simbroker.brokerage import Brokerage, brokerage

from .scene import FaceScene
from .schwab_scene import ACCOUNTS, HASH, SCHWAB

PATIENCE_S = 10.0


def issued(api_key: str = API_KEY) -> dict[str, str]:
    assert SCHWAB.issue is not None
    return dict(SCHWAB.issue(api_key))


def basic(key: str, secret: str) -> str:
    return f"Basic {b64encode(f'{key}:{secret}'.encode()).decode()}"


def refresh(refresh_token: str, authorization: str, grant: str = "refresh_token") -> Request:
    body = urlencode({"grant_type": grant, "refresh_token": refresh_token}).encode()
    return Request("POST", "/v1/oauth/token", body, headers={"authorization": authorization})


def usual(api_key: str = API_KEY) -> Request:
    own = issued(api_key)
    return refresh(own["refresh_token"], basic(own["app_key"], own["app_secret"]))


def numbers(token: str) -> Request:
    return Request("GET", f"{ACCOUNTS}/accountNumbers", headers={"authorization": f"Bearer {token}"})


async def send(broker: Brokerage, request: Request) -> Reply:
    return await broker.client.transport(f"http://127.0.0.1:{broker.port}", {}).send(request, PATIENCE_S)


def answer(*requests: Request) -> list[tuple[int, Any]]:
    async def run() -> list[tuple[int, Any]]:
        async with brokerage(SCHWAB) as broker:
            replies = [await send(broker, request) for request in requests]
            return [(reply.status, json.loads(reply.body)) for reply in replies]

    return asyncio.run(run())


def test_credentials_follow_from_the_key_alone_and_lead_back_to_it() -> None:
    assert issued() == issued() != issued(OTHER_API_KEY)
    assert set(issued()) == {"app_key", "app_secret", "refresh_token"}
    assert SCHWAB.customer(usual(), OPENED_AT) == API_KEY
    assert SCHWAB.customer(usual(OTHER_API_KEY), OPENED_AT) == OTHER_API_KEY


def test_an_access_token_is_good_for_half_an_hour_by_the_wall() -> None:
    scene = FaceScene(SCHWAB)
    scene.exchange.advance(86_400)  # the exchange's own time has nothing to do with it
    granted = json.loads(scene.send(usual()).body)
    assert (granted["expires_in"], granted["token_type"], granted["scope"]) == (1800, "Bearer", "api")
    assert granted["refresh_token"] == issued()["refresh_token"]
    request = numbers(granted["access_token"])
    for seconds, customer in ((0, API_KEY), (1799, API_KEY), (1800, "")):
        assert SCHWAB.customer(request, OPENED_AT + timedelta(seconds=seconds)) == customer
    scene.ledger.close()


def test_a_number_is_told_with_the_hash_that_paths_take() -> None:
    async def run() -> Any:
        async with brokerage(SCHWAB) as broker:
            token = json.loads((await send(broker, usual())).body)["access_token"]
            return json.loads((await send(broker, numbers(token))).body)

    [row] = asyncio.run(run())
    assert row["hashValue"] == HASH
    assert row["accountNumber"].isdecimal()
    assert ACCOUNT not in row.values()


def test_a_refresh_token_that_is_none_is_refused() -> None:
    own = issued()
    client = basic(own["app_key"], own["app_secret"])
    given = own["refresh_token"]
    wrong = [given[:-2] + ("0@" if given[-2] != "0" else "1@"), "", "no.token@", given + "x"]
    for status, document in answer(*(refresh(token, client) for token in wrong)):
        assert (status, document["error"]) == (400, "unsupported_token_type")
        assert "refresh_token_authentication_error" in document["error_description"]


def test_another_app_is_no_client() -> None:
    own, other = issued(), issued(OTHER_API_KEY)
    given = [
        basic(own["app_key"], other["app_secret"]),
        basic(other["app_key"], other["app_secret"]),
        basic(own["app_key"], ""),
        "Basic ???",
        "",
    ]
    requests = [refresh(own["refresh_token"], each) for each in given]
    assert answer(*requests) == [(401, {"error": "invalid_client", "error_description": "Unauthorized"})] * 5


def test_another_grant_is_not_supported() -> None:
    own = issued()
    client = basic(own["app_key"], own["app_secret"])
    [(status, document)] = answer(refresh(own["refresh_token"], client, "authorization_code"))
    assert (status, document["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("token", ["", "key-1", "a2V5LTE=.00@", issued()["refresh_token"], "\u00e9"])
def test_a_bearer_token_that_is_none_is_nobodys(token: str) -> None:
    assert SCHWAB.customer(numbers(token), OPENED_AT) == ""
    [(status, document)] = answer(numbers(token.encode("ascii", "ignore").decode()))
    [error] = document["errors"]
    assert (status, error["status"], error["detail"]) == (401, 401, "Client not authorized")


def test_a_token_that_was_changed_is_nobodys() -> None:
    token = json.loads(_granted())["access_token"]
    assert SCHWAB.customer(numbers(token), OPENED_AT) == API_KEY
    assert SCHWAB.customer(numbers(token), OPENED_AT + timedelta(days=10_000)) == ""
    assert SCHWAB.customer(numbers(token[:-1]), OPENED_AT) == ""
    assert SCHWAB.customer(numbers("A" + token), OPENED_AT) == ""


def _granted() -> bytes:
    async def run() -> bytes:
        async with brokerage(SCHWAB) as broker:
            return (await send(broker, usual())).body

    return asyncio.run(run())
