"""Who may ask Binance's face for what: keys, signatures and times."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from nostro.brokers.transport import Request
from nostro.sim.refusals import Refused
from tests.sim.market import OPENED_AT

from .binance_scene import BINANCE

KEY = "open-customer"
NOW_MS = int(OPENED_AT.timestamp() * 1000)
ACCOUNT = "/api/v3/account"
assert BINANCE.issue is not None
SECRET = BINANCE.issue(KEY)["secret_key"]


def sign(payload: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def request(
    query: str = "", body: str = "", *, signature: str | None = None, key: str = KEY, method: str = "GET"
) -> Request:
    """Sign the query and the body, unless there is a signature; it goes where the parameters are."""
    signature = sign(query + body) if signature is None else signature
    if body:
        body += f"&signature={signature}"
    else:
        query += f"&signature={signature}"
    return Request(method, f"{ACCOUNT}?{query}", body.encode(), headers={"x-mbx-apikey": key})


def said(asked: Request) -> tuple[int, int, str]:
    with pytest.raises(Refused) as refused:
        BINANCE.customer(asked, OPENED_AT)
    reply = BINANCE.refuse(refused.value)
    document = json.loads(reply.body)
    return reply.status, document["code"], document["msg"]


def timed(**more: object) -> str:
    return urlencode({"timestamp": NOW_MS} | more)


def test_a_key_is_issued_with_a_secret_of_its_own_that_stays() -> None:
    assert BINANCE.issue is not None
    assert BINANCE.issue(KEY) == {"api_key": KEY, "secret_key": SECRET}
    assert BINANCE.issue("open-other")["secret_key"] != SECRET
    assert len(SECRET) == 64


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (timed(), ""),
        ("", timed(symbol="BTCUSD")),
        ("symbol=BTC%2FUSD", timed(price="1")),
        (timed(recvWindow="6000.346"), ""),
        (timed(timestamp=NOW_MS * 1000), ""),
        (timed(timestamp=NOW_MS + 999), ""),
        (timed(timestamp=NOW_MS - 5000), ""),
        (timed(timestamp=NOW_MS - 60_000, recvWindow=60_000), ""),
    ],
)
def test_who_signs_the_query_and_the_body_is_the_customer(query: str, body: str) -> None:
    assert BINANCE.customer(request(query, body), OPENED_AT) == KEY


def test_a_signature_may_have_capitals_and_stand_anywhere() -> None:
    query = f"signature={sign(timed()).upper()}&{timed()}"
    asked = Request("GET", f"{ACCOUNT}?{query}", headers={"x-mbx-apikey": KEY})
    assert BINANCE.customer(asked, OPENED_AT) == KEY


@pytest.mark.parametrize(
    "asked",
    [
        request(timed(), signature="0" * 64),
        request(timed(), signature="no hex"),
        request(timed(), signature=sign(timed(), "another secret")),
        request(timed(symbol="BTCUSD"), signature=sign(timed())),
        request("", timed(price="2"), signature=sign(timed(price="1"))),
        request("symbol=BTC%2FUSD&" + timed(), signature=sign("symbol=BTC/USD&" + timed())),
        request(timed(), key="open-other"),
    ],
)
def test_a_signature_of_anything_else_is_not_valid(asked: Request) -> None:
    assert said(asked) == (400, -1022, "Signature for this request is not valid.")


@pytest.mark.parametrize("key", ["", "a" * 65, "a key", "k\u00e9y"])
def test_what_cannot_be_a_key_has_a_bad_format(key: str) -> None:
    assert said(request(timed(), key=key)) == (401, -2014, "API-key format invalid.")
    assert said(Request("GET", ACCOUNT))[1] == -2014


def test_a_request_from_the_future_or_from_long_ago_is_refused() -> None:
    ahead = request(timed(timestamp=NOW_MS + 1000))
    assert said(ahead) == (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    late = (400, -1021, "Timestamp for this request is outside of the recvWindow.")
    assert said(request(timed(timestamp=NOW_MS - 5001))) == late
    assert said(request(timed(timestamp=NOW_MS - 11, recvWindow=10))) == late


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "timestamp"),
        ("timestamp=now", "timestamp"),
        ("timestamp=-1", "timestamp"),
        ("timestamp=" + "1" * 5000, "timestamp"),
        (timed(recvWindow="1.2345"), "recvWindow"),
        (timed(recvWindow="60001"), "recvWindow"),
        (timed(recvWindow="1e9"), "recvWindow"),
    ],
)
def test_what_says_when_a_request_is_from_must_be_there(query: str, name: str) -> None:
    status, code, words = said(request(query))
    assert (status, code) == (400, -1102)
    assert f"'{name}'" in words


def test_a_request_without_a_signature_lacks_a_parameter() -> None:
    asked = Request("GET", f"{ACCOUNT}?{timed()}", headers={"x-mbx-apikey": KEY})
    words = "Mandatory parameter 'signature' was not sent, was empty/null, or malformed."
    assert said(asked) == (400, -1102, words)


def test_what_is_public_is_from_nobody() -> None:
    assert BINANCE.customer(Request("GET", "/api/v3/exchangeInfo?symbol=BTCUSD"), OPENED_AT) == ""
