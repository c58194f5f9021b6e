"""Access tokens of TradeStation: had once, from another host than the API, and given up by its word alone."""

import asyncio
import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest

from nostro.brokers.oauth import ACCESS_TOKEN, EXPIRES_AT
from nostro.brokers.ties import LooseSecrets
from nostro.brokers.tradestation import KINDS
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.cancel import CancelPending, CancelUnknown
from tests.brokers.oracle import ask_oracle
from tests.brokers.renewing import Renewing, expect_dead, expect_undecided
from tests.brokers.scripted import Scripted, answer

from .said import ACCOUNT, SEEN, TAKEN, UNAUTHORIZED

GIVEN = {"client_id": "key", "client_secret": "s+1/=", "refresh_token": "r+1/="}
TOKENS = {"access_token": "a-1", "expires_in": 1200, "token_type": "Bearer", "scope": "Trade"}
GRANTED = answer(200, TOKENS)
FORM = {
    "grant_type": ["refresh_token"],
    "client_id": ["key"],
    "client_secret": ["s+1/="],
    "refresh_token": ["r+1/="],
}


def session_of(said: Reply | Exception, *answers: Reply | Exception) -> Renewing:
    """Answer at the sign-in with `said`, and at the API with `answers`."""
    return Renewing(KINDS[0], GIVEN, *answers, tokens=Scripted(said))


def test_a_token_is_had_once_at_the_sign_in_kept_and_sent_with_every_request() -> None:
    session = session_of(GRANTED, TAKEN)
    before = session.clock.now()
    tradestation = session.open()

    async def cancel_two() -> None:
        for _ in range(2):
            assert isinstance(await tradestation.cancel_order(ACCOUNT, SEEN), CancelPending)

    asyncio.run(cancel_two())
    assert session.tokens is not None
    [asked] = session.tokens.requests
    assert (asked.method, asked.path, asked.operation) == ("POST", "/oauth/token", "renew")
    assert asked.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qs(asked.body.decode()) == FORM
    assert [each.headers["Authorization"] for each in session.transport.requests] == ["Bearer a-1"] * 2
    kept = session.secrets.held
    assert (kept[ACCESS_TOKEN], kept["refresh_token"], kept["client_secret"]) == ("a-1", "r+1/=", "s+1/=")
    assert datetime.fromisoformat(kept[EXPIRES_AT]) - before == timedelta(minutes=20)


def test_a_refresh_token_that_is_replaced_is_kept() -> None:
    session = session_of(answer(200, TOKENS | {"refresh_token": "r-2"}), TAKEN)
    asyncio.run(session.open().cancel_order(ACCOUNT, SEEN))
    assert session.secrets.held["refresh_token"] == "r-2"


def test_an_app_without_a_secret_sends_none() -> None:
    session = session_of(GRANTED, TAKEN)
    session.secrets = LooseSecrets(GIVEN | {"client_secret": ""})
    asyncio.run(session.open().cancel_order(ACCOUNT, SEEN))
    assert session.tokens is not None
    assert "client_secret" not in parse_qs(session.tokens.requests[0].body.decode(), keep_blank_values=True)


def test_a_cancel_that_was_answered_with_401_is_not_sent_again() -> None:
    session = session_of(GRANTED, UNAUTHORIZED)
    assert isinstance(asyncio.run(session.open().cancel_order(ACCOUNT, SEEN)), CancelUnknown)
    assert [each.method for each in session.transport.requests] == ["DELETE"]


@pytest.mark.parametrize(
    "said",
    [
        answer(403, {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}),
        answer(400, {"error": "invalid_grant"}),
        answer(401, {"error": "invalid_client"}),
    ],
)
def test_credentials_that_are_good_for_nothing_send_nothing_and_are_doubted(said: Reply) -> None:
    expect_dead(session_of(said, TAKEN), ACCOUNT, SEEN)


@pytest.mark.parametrize(
    "said",
    [
        NoReply("reset"),
        Reply(500, b""),
        Reply(403, b"<html>"),
        answer(401, {"error": "access_denied", "error_description": "Unauthorized"}),
        answer(429, {"error": "invalid_grant"}),
        answer(400, {"error": "invalid_request"}),
        answer(200, TOKENS | {"expires_in": 0}),
        answer(200, TOKENS | {"access_token": ""}),
        answer(200, {"access_token": "a-1"}),
        Reply(200, b'{"access_token": "a", "access_token": "b", "expires_in": 1200}'),
    ],
)
def test_any_other_answer_says_nothing_of_the_credentials(said: Reply | Exception) -> None:
    expect_undecided(session_of(said, TAKEN))


_CLIENT = """
import asyncio, json
import aiohttp
from tradestation.ts_types.config import ClientConfig
from tradestation.utils.token_manager import TokenManager

class Reply:
    status = 200
    async def json(self):
        return {"access_token": "a-1", "expires_in": 1200, "token_type": "Bearer", "refresh_token": "r"}
    async def __aenter__(self):
        return self
    async def __aexit__(self, *_):
        pass

class Session:
    async def __aenter__(self):
        return self
    async def __aexit__(self, *_):
        pass
    def post(self, url, data, headers):
        print(json.dumps([url, data, headers]))
        return Reply()

aiohttp.ClientSession = Session
config = ClientConfig(client_id="key", client_secret="s+1/=", refresh_token="r+1/=")
asyncio.run(TokenManager(config).get_valid_access_token())
"""


def test_a_client_of_others_asks_for_a_token_in_the_same_way() -> None:
    url, form, headers = json.loads(ask_oracle("tradestation", _CLIENT))
    assert url == f"{KINDS[0].spec.token_address}/oauth/token"
    assert {name: [value] for name, value in form.items()} == FORM
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
