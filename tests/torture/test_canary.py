"""The search finds a leak, however it is dressed, and a server that leaks does not get through a campaign."""

import base64
import json
from urllib.parse import quote

import pytest

from .canary import Canaries
from .kills import run
from .mutant import Change, mutated

SECRET = b"Zx8/qLr2vT+6mNw4pKs9bJd3hYc7fGa1"

DRESSED = {
    "as it is": b'{"key": "%s"}' % SECRET,
    "the first two thirds": b"key %s..." % SECRET[:24],
    "a piece of the middle": b"...%s..." % SECRET[5:28],
    "in base64": base64.b64encode(b"user:" + SECRET),
    "in base64 for URLs": base64.urlsafe_b64encode(b"user:1" + SECRET + b"rest"),
    "in base64 on its own": base64.b64encode(SECRET),
    "in hex": SECRET.hex().encode(),
    "in hex, upper case": SECRET.hex().upper().encode(),
    "URL-encoded": quote(SECRET, safe="").encode(),
    "JSON-escaped": json.dumps("\0" + SECRET.decode()).encode(),
    "all of it JSON-escaped": "".join(f"\\u{each:04x}" for each in SECRET).encode(),
    "reversed": SECRET[::-1],
    "reversed base64": base64.b64encode(SECRET)[::-1],
}


@pytest.mark.parametrize("dress", DRESSED)
def test_a_planted_leak_is_found(dress: str) -> None:
    canaries = Canaries({"a secret": SECRET, "another": b"0123456789abcdef" * 2})
    canaries.scan("a log", b"x" * 100 + DRESSED[dress] + b"y" * 100)
    assert canaries.found == ["a secret in a log"]


def test_what_is_no_secret_is_not_found() -> None:
    canaries = Canaries({"a secret": SECRET})
    canaries.scan("a log", SECRET[:11] + b" " + base64.b64encode(b"something else entirely"))
    assert (canaries.found, canaries.bytes_scanned) == ([], 44)


def test_a_server_that_leaks_does_not_get_through_a_campaign() -> None:
    leak = Change(
        "nostro/http/authenticate.py",
        "raise SignatureInvalid",
        "raise SignatureInvalid(key.consumer_key)",
    )
    with mutated(leak) as source:
        outcome = run(1, engine="sqlite", seed_base=4, tell=lambda _done: None, source=source)
    assert "I26: found the consumer key in an error's body" in outcome.violations
    assert outcome.counts["canaries_found"] >= 1
