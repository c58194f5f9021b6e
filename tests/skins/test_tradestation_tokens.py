"""TradeStation's tokens: who gets one, how long it is good, and who is nobody."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from nostro.brokers.transport import Reply, Request
from nostro.sim.seals import seal, unseal
from tests.sim.market import API_KEY, OPENED_AT, OTHER_API_KEY
from tests.simbroker.brokerage import brokerage

from .tradestation_scene import ACCOUNTS, NAME, TRADESTATION, Scene

PATIENCE_S = 10.0
NO_GRANT = {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}
UNAUTHORIZED = {"Error": "Unauthorized", "Message": "Access token is invalid or has expired."}


def issued(api_key: str = API_KEY) -> dict[str, str]:
    assert TRADESTATION.issue is not None
    return dict(TRADESTATION.issue(api_key))


def refresh(**changes: str) -> Request:
    form = {"grant_type": "refresh_token", **issued()} | changes
    return Request("POST", "/oauth/token", urlencode(form).encode())


def accounts(token: str, scheme: str = "Bearer") -> Request:
    return Request("GET", ACCOUNTS, headers={"authorization": f"{scheme} {token}"})


def answer(*requests: Request) -> list[tuple[int, Any]]:
    async def run() -> list[Reply]:
        async with brokerage(TRADESTATION) as broker:
            transport = broker.client.transport(f"http://127.0.0.1:{broker.port}", {})
            return [await transport.send(request, PATIENCE_S) for request in requests]

    return [(reply.status, json.loads(reply.body)) for reply in asyncio.run(run())]


def granted() -> str:
    scene = Scene()
    token = json.loads(scene.send(refresh()).body)["access_token"]
    scene.ledger.close()
    assert isinstance(token, str)
    return token


def test_credentials_follow_from_the_key_alone_and_lead_back_to_it() -> None:
    assert issued() == issued() != issued(OTHER_API_KEY)
    assert set(issued()) == {"client_id", "client_secret", "refresh_token"}
    assert TRADESTATION.customer(refresh(), OPENED_AT) == API_KEY
    assert TRADESTATION.customer(refresh(**issued(OTHER_API_KEY)), OPENED_AT) == OTHER_API_KEY


def test_an_access_token_is_good_for_twenty_minutes_by_the_wall() -> None:
    scene = Scene()
    scene.exchange.advance(86_400)  # the exchange's own time has nothing to do with it
    grant = json.loads(scene.send(refresh()).body)
    assert (grant["expires_in"], grant["token_type"]) == (1200, "Bearer")
    request = accounts(grant["access_token"])
    for seconds, customer in ((0, API_KEY), (1199, API_KEY), (1200, "")):
        assert TRADESTATION.customer(request, OPENED_AT + timedelta(seconds=seconds)) == customer
    scene.ledger.close()


def test_a_token_that_was_given_out_opens_the_accounts() -> None:
    [(_, grant)] = answer(refresh())
    [(status, document)] = answer(accounts(grant["access_token"]))
    assert (status, document["Accounts"][0]["AccountID"]) == (200, NAME)


@pytest.mark.parametrize("token", ["", "no.token", issued()["refresh_token"] + "x", granted()])
def test_a_refresh_token_that_is_none_is_refused(token: str) -> None:
    assert answer(refresh(refresh_token=token)) == [(403, NO_GRANT)]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "another"},
        {"client_secret": ""},
        {"client_id": "another"},
        {name: issued(OTHER_API_KEY)[name] for name in ("client_id", "client_secret")},
    ],
    ids=str,
)
def test_another_client_is_denied(changes: dict[str, str]) -> None:
    denied = {"error": "access_denied", "error_description": "Unauthorized"}
    assert answer(refresh(**changes)) == [(401, denied)]


def test_another_grant_is_not_supported() -> None:
    [(status, document)] = answer(refresh(grant_type="client_credentials"))
    assert (status, document["error"]) == (403, "unsupported_grant_type")


@pytest.mark.parametrize("token", ["", "key-1", "MQ.00", "\u00e9", issued()["refresh_token"]])
def test_a_bearer_token_that_is_none_is_nobodys(token: str) -> None:
    assert TRADESTATION.customer(accounts(token), OPENED_AT) == ""
    assert answer(accounts(token.encode("ascii", "ignore").decode())) == [(401, UNAUTHORIZED)]


def test_a_token_that_was_changed_or_comes_otherwise_is_nobodys() -> None:
    token = granted()
    assert TRADESTATION.customer(accounts(token), OPENED_AT) == API_KEY
    assert TRADESTATION.customer(accounts(token, "bearer"), OPENED_AT) == API_KEY
    for request in (accounts(token[:-1]), accounts("A" + token), accounts(token, "Basic")):
        assert TRADESTATION.customer(request, OPENED_AT) == ""


def test_a_place_in_a_list_ends_after_an_hour_and_is_no_token() -> None:
    scene = Scene()
    for _ in range(2):
        scene.place()
    path = f"{ACCOUNTS}/{NAME}/orders?pageSize=1"
    next_token = scene.read(path)["NextToken"]
    assert TRADESTATION.customer(accounts(next_token), OPENED_AT) == ""
    last = unseal("page", next_token, OPENED_AT)
    assert seal("page", last, OPENED_AT + timedelta(hours=1)) == next_token
    over = seal("page", last, OPENED_AT)
    given = {next_token: 200, granted(): 400, over: 400}
    assert {each: scene.ask("GET", f"{path}&nextToken={each}").status for each in given} == given
    scene.ledger.close()
