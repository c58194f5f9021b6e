"""Who Kraken's face believes: signatures, and nonces that go up."""

import base64
import json
from urllib.parse import urlencode

import pytest

from nostro.brokers.transport import Request
from nostro.sim.refusals import Refused
from nostro.sim.skins import faces
from nostro.sim.skins.kraken.access import KEYS_MAX, Access, issue, sign
from nostro.sim.skins.kraken.refusals import InvalidNonce, InvalidSignature, refuse
from tests.sim.market import OPENED_AT

KEY = "open-1"
BALANCE = "/0/private/Balance"


def request(
    body: bytes, *, nonce: str, key: str = KEY, path: str = BALANCE, signed_path: str = BALANCE
) -> Request:
    headers = {"api-key": key, "api-sign": sign(issue(key)["private_key"], signed_path, nonce, body)}
    return Request("POST", path, body, headers=headers)


SIGNED = request(b"nonce=5", nonce="5")


def ask(access: Access, nonce: object, key: str = KEY) -> str:
    body = urlencode({"nonce": nonce}).encode()
    return access.customer(request(body, nonce=str(nonce), key=key), OPENED_AT)


def test_a_signature_is_the_one_of_krakens_own_example() -> None:
    # docs.kraken.com `exchange/guides/rest/authentication`, as of 2026-11
    private_key = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    assert sign(private_key, "/0/private/AddOrder", "1616492376594", body) == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


def test_a_private_key_is_64_bytes_that_follow_from_the_key() -> None:
    issued = faces()["kraken"].issue
    assert issued is not None
    assert issued(KEY) == issue(KEY) != issue("open-2")
    assert (issue(KEY)["api_key"], len(base64.b64decode(issue(KEY)["private_key"]))) == (KEY, 64)


def test_a_form_or_json_that_is_signed_names_its_customer() -> None:
    access = Access()
    assert ask(access, 1) == KEY
    body = json.dumps({"nonce": 2, "orders": ["x"]}).encode()
    assert access.customer(request(body, nonce="2"), OPENED_AT) == KEY


@pytest.mark.parametrize("headers", [{}, {"api-sign": "x"}, {"api-key": "", "api-sign": "x"}], ids=str)
def test_without_a_key_nobody_asks(headers: dict[str, str]) -> None:
    assert Access().customer(Request("POST", BALANCE, b"nonce=1", headers=headers), OPENED_AT) == ""


def test_public_calls_have_no_customer() -> None:
    headers = {"api-key": KEY, "api-sign": "x"}
    assert Access().customer(Request("GET", "/0/public/Time", headers=headers), OPENED_AT) == ""


@pytest.mark.parametrize(
    "asked",
    [
        request(b"nonce=5&txid=a", nonce="4"),
        request(b"nonce=5", nonce="5", signed_path="/0/private/CancelAll"),
        Request("POST", BALANCE, b"nonce=5", headers={"api-key": KEY}),
        Request("POST", BALANCE, b"nonce=5", headers={"api-key": KEY, "api-sign": "\u00e4"}),
        Request("POST", BALANCE, b"nonce=6", headers=SIGNED.headers),
        Request("POST", BALANCE, b"nonce=5", headers={**SIGNED.headers, "api-key": "open-2"}),
    ],
    ids=["nonce", "path", "missing", "no base64", "body", "key"],
)
def test_a_signature_of_anything_else_is_invalid_and_uses_no_nonce_up(asked: Request) -> None:
    access = Access()
    with pytest.raises(InvalidSignature):
        access.customer(asked, OPENED_AT)
    assert ask(access, 1) == KEY


def test_a_body_that_cannot_be_read_has_no_nonce() -> None:
    with pytest.raises(InvalidNonce):
        Access().customer(request(b"{", nonce=""), OPENED_AT)


@pytest.mark.parametrize("nonce", ["", "x", "-1", "1.5", "\u0665", 10, 9, 0, 2**64, "9" * 5000])
def test_a_nonce_goes_up(nonce: object) -> None:
    access = Access()
    ask(access, 10)
    with pytest.raises(InvalidNonce):
        ask(access, nonce)
    assert ask(access, 11) == KEY


def test_each_key_has_nonces_of_its_own() -> None:
    access = Access()
    ask(access, 10)
    assert ask(access, 1, "open-2") == "open-2"


def test_only_so_many_keys_are_remembered_and_those_that_asked_last() -> None:
    access = Access()
    ask(access, 5)
    ask(access, 5, "open-old")
    for index in range(KEYS_MAX - 2):
        ask(access, 1, f"open-{index}-x")
    ask(access, 6)
    ask(access, 1, "open-new")
    assert ask(access, 5, "open-old") == "open-old"
    with pytest.raises(InvalidNonce):
        ask(access, 6)


@pytest.mark.parametrize(
    ("refused", "words"),
    [(InvalidSignature(), "EAPI:Invalid signature"), (InvalidNonce(), "EAPI:Invalid nonce")],
)
def test_what_is_bad_is_said(refused: Refused, words: str) -> None:
    assert json.loads(refuse(refused).body) == {"error": [words]}
