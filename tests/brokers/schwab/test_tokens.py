"""How a session with Schwab comes by its access tokens, and what each answer to that proves."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest

from nostro.brokers.oauth import ACCESS_TOKEN, EXPIRES_AT
from nostro.brokers.schwab import KINDS
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.cancel import CancelPending, CancelUnknown
from tests.brokers.oracle import ask_oracle
from tests.brokers.renewing import Renewing, expect_dead, expect_undecided
from tests.brokers.scripted import answer

from .said import ACCOUNT, HASHES, REF, TAKEN

GIVEN = {"app_key": "key", "app_secret": "secret", "refresh_token": "r+1/="}
TOKENS = {
    "expires_in": 1800,
    "token_type": "Bearer",
    "scope": "api",
    "refresh_token": "r-2",
    "access_token": "a-1",
    "id_token": "jwt",
}
GRANTED = answer(200, TOKENS)
_DIGEST = '400 Bad Request: "{"error_description":"...","error":"refresh_token_authentication_error"}"'
DEAD = answer(400, {"error": "unsupported_token_type", "error_description": _DIGEST})


def session_of(*answers: Reply | Exception) -> Renewing:
    return Renewing(KINDS[0], GIVEN, *answers)


def test_a_token_is_had_once_kept_and_sent_with_every_request() -> None:
    session = session_of(GRANTED, HASHES, TAKEN)
    before = session.clock.now()
    assert isinstance(asyncio.run(session.open().cancel_order(ACCOUNT, REF)), CancelPending)
    first = session.transport.requests[0]
    assert (first.path, first.operation) == ("/v1/oauth/token", "renew")
    assert parse_qs(first.body.decode()) == {"grant_type": ["refresh_token"], "refresh_token": ["r+1/="]}
    assert session.sent() == [
        ("POST", "Basic a2V5OnNlY3JldA=="),
        ("GET", "Bearer a-1"),
        ("DELETE", "Bearer a-1"),
    ]
    kept = session.secrets.held
    assert (kept[ACCESS_TOKEN], kept["refresh_token"], kept["app_secret"]) == ("a-1", "r-2", "secret")
    ends = datetime.fromisoformat(kept[EXPIRES_AT])
    assert ends - before == timedelta(minutes=30)


def test_a_cancel_that_was_answered_with_401_is_not_sent_again() -> None:
    session = session_of(GRANTED, HASHES, answer(401, {}), answer(200, TOKENS | {"access_token": "a-2"}))
    assert isinstance(asyncio.run(session.open().cancel_order(ACCOUNT, REF)), CancelUnknown)
    assert [method for method, _ in session.sent()] == ["POST", "GET", "DELETE", "POST"]


@pytest.mark.parametrize(
    "said",
    [
        DEAD,
        answer(400, {"error": "invalid_grant"}),
        answer(401, {"error": "invalid_client", "error_description": "refresh token invalid"}),
    ],
)
def test_credentials_that_are_good_for_nothing_send_nothing_and_are_doubted(said: Reply) -> None:
    expect_dead(session_of(said), ACCOUNT, REF)


@pytest.mark.parametrize(
    "said",
    [
        NoReply("reset"),
        Reply(500, b""),
        Reply(403, b"<HTML>Access Denied</HTML>"),
        Reply(401, b"<html>"),
        answer(400, {"error": "invalid_request"}),
        answer(400, {"error": "unsupported_token_type", "error_description": "?"}),
        answer(200, TOKENS | {"expires_in": 0}),
        answer(200, TOKENS | {"access_token": ""}),
        answer(200, {"access_token": "a-1"}),
        Reply(200, b'{"access_token": "a", "access_token": "b", "expires_in": 1800}'),
    ],
)
def test_any_other_answer_says_nothing_of_the_credentials(said: Reply | Exception) -> None:
    expect_undecided(session_of(said))


def test_schwab_py_proves_the_app_in_the_same_way() -> None:
    ask = (
        "from authlib.oauth2.auth import ClientAuth;"
        "auth = ClientAuth('key', 'secret', 'client_secret_basic');"
        "print(auth.prepare('POST', 'https://x', {}, '')[1]['Authorization'])"
    )
    said = ask_oracle("schwab", ask)
    assert said == "Basic a2V5OnNlY3JldA=="
