"""How a session with tastytrade comes by its access tokens, and what each answer to that proves."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest

from nostro.brokers.oauth import ACCESS_TOKEN, EXPIRES_AT
from nostro.brokers.tastytrade import KINDS
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.cancel import CancelPending, CancelUnknown
from tests.brokers.oracle import ask_oracle
from tests.brokers.renewing import Renewing, expect_dead, expect_undecided
from tests.brokers.scripted import answer

from .said import ACCOUNT, REF, refused, shown

GIVEN = {"client_secret": "secret", "refresh_token": "r+1/="}
TOKENS = {"access_token": "a-1", "token_type": "Bearer", "expires_in": 900}
GRANTED = answer(200, TOKENS)
TAKEN = shown(status="Cancel Requested")


def session_of(*answers: Reply | Exception) -> Renewing:
    return Renewing(KINDS[0], GIVEN, *answers)


def test_live_and_sandbox_are_two_addresses_of_one_api() -> None:
    assert {kind.spec.slug: (kind.spec.address, kind.spec.is_paper) for kind in KINDS} == {
        "TASTYTRADE": ("https://api.tastyworks.com", False),
        "TASTYTRADE-SANDBOX": ("https://api.cert.tastyworks.com", True),
    }


def test_every_request_names_a_product_and_its_version() -> None:
    session = session_of(GRANTED)
    session.open()
    product, _, version = session.headers["User-Agent"].partition("/")
    assert (product, bool(version)) == ("nostro", True)


def test_a_token_is_had_once_kept_and_sent_with_every_request() -> None:
    session = session_of(GRANTED, TAKEN, TAKEN)
    before = session.clock.now()

    async def cancel_two() -> None:
        broker = session.open()
        for _ in range(2):
            assert isinstance(await broker.cancel_order(ACCOUNT, REF), CancelPending)

    asyncio.run(cancel_two())
    first = session.transport.requests[0]
    assert (first.path, first.operation) == ("/oauth/token", "renew")
    assert json.loads(first.body) == GIVEN | {"grant_type": "refresh_token"}
    assert session.sent() == [("POST", ""), ("DELETE", "Bearer a-1"), ("DELETE", "Bearer a-1")]
    kept = session.secrets.held
    assert {name: kept[name] for name in GIVEN} == GIVEN
    assert kept[ACCESS_TOKEN] == "a-1"
    assert datetime.fromisoformat(kept[EXPIRES_AT]) - before == timedelta(minutes=15)


def test_a_cancel_that_was_answered_with_401_is_not_sent_again() -> None:
    again = answer(200, TOKENS | {"access_token": "a-2"})
    session = session_of(GRANTED, refused(401, "unauthorized", "No."), again)
    assert isinstance(asyncio.run(session.open().cancel_order(ACCOUNT, REF)), CancelUnknown)
    assert [method for method, _ in session.sent()] == ["POST", "DELETE", "POST"]


@pytest.mark.parametrize(
    "said",
    [
        answer(400, {"error_code": "invalid_grant", "error_description": "Invalid JWT"}),
        answer(401, {"error": "invalid_client"}),
        answer(400, {"error": "invalid_grant", "error_description": "revoked"}),
    ],
)
def test_credentials_that_are_good_for_nothing_send_nothing_and_are_doubted(said: Reply) -> None:
    expect_dead(session_of(said), ACCOUNT, REF)


@pytest.mark.parametrize(
    "said",
    [
        NoReply("reset"),
        Reply(500, b""),
        Reply(403, b"<html>"),
        Reply(401, b"<html>"),
        refused(401, "unauthorized", "Unauthorized"),
        answer(400, {"error": "invalid_request"}),
        answer(403, {"error": "invalid_grant"}),
        answer(200, TOKENS | {"expires_in": 0}),
        answer(200, TOKENS | {"access_token": ""}),
        answer(200, {"access_token": "a-1"}),
        Reply(200, b'{"access_token": "a", "access_token": "b", "expires_in": 900}'),
    ],
)
def test_any_other_answer_says_nothing_of_the_credentials(said: Reply | Exception) -> None:
    expect_undecided(session_of(said))


_ASK = """
import asyncio, json
import httpx2
from tastytrade import Session

seen = []

def answer(request):
    seen.append([request.method, request.url.path, json.loads(request.content)])
    return httpx2.Response(200, json={"access_token": "a", "expires_in": 900})

async def main():
    session = Session("secret", "r+1/=", transport=httpx2.MockTransport(answer))
    await session.refresh()
    print(json.dumps(seen))

asyncio.run(main())
"""


def test_the_client_of_others_asks_for_tokens_in_the_same_way() -> None:
    said = ask_oracle("tastytrade", _ASK)
    session = session_of(GRANTED, TAKEN)
    asyncio.run(session.open().cancel_order(ACCOUNT, REF))
    ours = session.transport.requests[0]
    assert json.loads(said) == [[ours.method, ours.path, json.loads(ours.body)]]
