"""What is sealed, and what opens it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import pytest

from nostro.sim.seals import bearer, digest, seal, unseal

from .market import OPENED_AT

ENDS_AT = OPENED_AT + timedelta(seconds=60)
SEALED = seal("access", "key-1", ENDS_AT)


def forged(**claims: object) -> str:
    """Change what a token claims, and keep its hash."""
    header, payload, closing = SEALED.split(".")
    true = json.loads(urlsafe_b64decode(payload + "=="))
    changed = urlsafe_b64encode(json.dumps(true | claims).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{closing}"


def test_a_seal_is_opened_for_its_use_until_it_ends() -> None:
    assert seal("access", "key-1", ENDS_AT) == SEALED
    for seconds, text in ((0, "key-1"), (59, "key-1"), (60, "")):
        assert unseal("access", SEALED, OPENED_AT + timedelta(seconds=seconds)) == text
    assert unseal("refresh", SEALED, OPENED_AT) == ""


def test_what_has_no_end_is_good_for_ever() -> None:
    assert unseal("refresh", seal("refresh", "key-1"), OPENED_AT + timedelta(days=99_999)) == "key-1"


@pytest.mark.parametrize(
    "sealed",
    [
        *("", "x", "a.b.c", "a.W10.c", "\u00e9.\u00e9.\u00e9"),
        *(SEALED[:-1], f"x{SEALED}", f"{SEALED}.x"),
        *(forged(sub="key-2"), forged(exp=2**40), forged(use="refresh")),
    ],
)
def test_what_was_not_sealed_here_is_empty(sealed: str) -> None:
    for use in ("access", "refresh"):
        assert unseal(use, sealed, OPENED_AT) == ""


def test_a_digest_is_of_one_use_and_one_text() -> None:
    digests = {digest(use, text) for use in ("id", "secret") for text in ("key-1", "key-2")}
    assert (len(digests), {len(each) for each in digests}) == (4, {64})
    assert digest("id", "key-1") == digest("id", "key-1")


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", ""), ("abc", ""), ("Bearer", "")],
)
def test_a_bearers_token_stands_behind_its_scheme(header: str, token: str) -> None:
    assert bearer(header) == token
