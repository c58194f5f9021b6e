"""tastytrade's tokens: who gets one, how long it is good, and who is nobody."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from nostro.brokers.transport import Request
from tests.sim.market import ACCOUNT, API_KEY, OPENED_AT, OTHER_API_KEY
from tests.simbroker.brokerage import brokerage

from .scene import FaceScene
from .tastytrade_scene import AGENT, TASTYTRADE

PATIENCE_S = 10.0
TOKEN = "/oauth/token"


def issued(api_key: str = API_KEY) -> dict[str, str]:
    assert TASTYTRADE.issue is not None
    return dict(TASTYTRADE.issue(api_key))


def refresh(**changes: str) -> Request:
    grant = {"grant_type": "refresh_token", **issued()} | changes
    return Request("POST", TOKEN, json.dumps(grant).encode(), headers=AGENT)


def accounts(token: str, agent: dict[str, str] | None = None) -> Request:
    headers = {"authorization": f"Bearer {token}", **(AGENT if agent is None else agent)}
    return Request("GET", "/customers/me/accounts", headers=headers)


def answer(*requests: Request) -> list[tuple[int, Any]]:
    async def run() -> list[tuple[int, Any]]:
        async with brokerage(TASTYTRADE) as broker:
            transport = broker.client.transport(f"http://127.0.0.1:{broker.port}", {})
            replies = [await transport.send(request, PATIENCE_S) for request in requests]
            return [(reply.status, json.loads(reply.body)) for reply in replies]

    return asyncio.run(run())


def granted() -> str:
    scene = FaceScene(TASTYTRADE)
    scene.exchange.advance(86_400)  # the exchange's own time has nothing to do with it
    document = json.loads(scene.send(refresh()).body)
    scene.ledger.close()
    assert (document["expires_in"], document["token_type"]) == (900, "Bearer")
    return str(document["access_token"])


def test_credentials_follow_from_the_key_alone_and_lead_back_to_it() -> None:
    assert issued() == issued() != issued(OTHER_API_KEY)
    assert set(issued()) == {"client_secret", "refresh_token"}
    assert TASTYTRADE.customer(refresh(), OPENED_AT) == API_KEY
    assert TASTYTRADE.customer(refresh(**issued(OTHER_API_KEY)), OPENED_AT) == OTHER_API_KEY


def test_a_form_is_as_good_as_json() -> None:
    body = urlencode({"grant_type": "refresh_token", **issued()}).encode()
    assert TASTYTRADE.customer(Request("POST", TOKEN, body, headers=AGENT), OPENED_AT) == API_KEY


def test_an_access_token_is_good_for_a_quarter_of_an_hour_by_the_wall() -> None:
    request = accounts(granted())
    for seconds, customer in ((0, API_KEY), (899, API_KEY), (900, "")):
        assert TASTYTRADE.customer(request, OPENED_AT + timedelta(seconds=seconds)) == customer


def test_a_token_opens_the_accounts_of_its_customer() -> None:
    async def run() -> Any:
        async with brokerage(TASTYTRADE) as broker:
            transport = broker.client.transport(f"http://127.0.0.1:{broker.port}", {})
            token = json.loads((await transport.send(refresh(), PATIENCE_S)).body)["access_token"]
            return json.loads((await transport.send(accounts(token), PATIENCE_S)).body)

    [item] = asyncio.run(run())["data"]["items"]
    assert item["account"]["account-number"] == ACCOUNT


def test_a_refresh_token_that_is_none_is_an_invalid_grant() -> None:
    given = issued()["refresh_token"]
    wrong = [given[:-3] + "AAA", given + "x", "", "a.b.c", "a.W10.c", granted()]
    expected = (400, {"error_code": "invalid_grant", "error_description": "Invalid JWT"})
    assert answer(*(refresh(refresh_token=token) for token in wrong)) == [expected] * len(wrong)
    assert answer(Request("POST", TOKEN, b"[]", headers=AGENT)) == [expected]


def test_another_applications_secret_makes_no_client() -> None:
    wrong = [issued(OTHER_API_KEY)["client_secret"], ""]
    for status, document in answer(*(refresh(client_secret=secret) for secret in wrong)):
        assert (status, document["error_code"]) == (401, "invalid_client")


def test_another_grant_is_not_supported() -> None:
    [(status, document)] = answer(refresh(grant_type="authorization_code"))
    assert (status, document["error_code"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("token", ["", "key-1", "a.b.c", issued()["refresh_token"]])
def test_a_bearer_token_that_is_none_is_nobodys(token: str) -> None:
    assert TASTYTRADE.customer(accounts(token), OPENED_AT) == ""
    [(status, document)] = answer(accounts(token))
    assert (status, document["error"]["code"]) == (401, "unauthorized")


def test_a_token_without_its_scheme_or_changed_is_nobodys() -> None:
    token = granted()
    bare = Request("GET", "/customers/me/accounts", headers={"authorization": token, **AGENT})
    for request in (bare, accounts(token[:-1]), accounts("x" + token)):
        assert TASTYTRADE.customer(request, OPENED_AT) == ""


@pytest.mark.parametrize("agent", ["", "nostro", "/1.0", "nostro/"])
def test_who_does_not_say_what_it_is_is_nobody(agent: str) -> None:
    headers = {"user-agent": agent} if agent else {}
    assert TASTYTRADE.customer(accounts(granted(), headers), OPENED_AT) == ""
    request = Request("POST", TOKEN, refresh().body, headers=headers)
    assert TASTYTRADE.customer(request, OPENED_AT) == ""
