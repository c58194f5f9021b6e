"""Who sends a request: HMAC-SHA256 over the query and the body as they came, less the signature.

`rest-api.md`, "Request Security" (binance/binance-spot-api-docs at a5e0bc3); a payload that was not
percent-encoded before it was signed is refused since 2026-01-15 (its changelog), which the raw text takes
care of.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qsl

from nostro.brokers.transport import Request
from nostro.sim.face import form
from nostro.sim.skins.binance.refusals import Error, missing
from nostro.sim.skins.binance.shapes import time

SIGNED = frozenset({"timestamp", "recvWindow", "signature"})
"""What every request that is signed can carry."""

_KEY_HEADER = "x-mbx-apikey"
_KEY = re.compile("[A-Za-z0-9-]{1,64}")
_TIMESTAMP = re.compile("[0-9]{1,20}")
_WINDOW = re.compile(r"[0-9]{1,16}(\.[0-9]{1,3})?")
_WINDOW_MS = "5000"
_WINDOW_MS_MAX = 60_000
_AHEAD_MS_MAX = 1000
MICROSECONDS_FROM = 10**14
"""A timestamp from here on counts microseconds: in milliseconds it would be the year 5138."""


def issue(api_key: str) -> Mapping[str, str]:
    return {"api_key": api_key, "secret_key": sha256(f"binance:{api_key}".encode()).hexdigest()}


def find_customer(request: Request, at: datetime) -> str:
    """Return the key whose secret signed the request; raises Error."""
    api_key = request.headers.get(_KEY_HEADER, "")
    if not _KEY.fullmatch(api_key):
        raise Error(-2014, "API-key format invalid.", 401)
    query = request.path.partition("?")[2]
    sent = {**form(request.body), **dict(parse_qsl(query))}
    _check_time(sent, time(at))
    if not sent.get("signature"):
        raise missing("signature")
    payload = _unsigned(query) + _unsigned(request.body.decode("latin-1"))
    key = issue(api_key)["secret_key"].encode()
    true = hmac.new(key, payload.encode("latin-1"), sha256).hexdigest()
    if not hmac.compare_digest(sent["signature"].lower().encode(), true.encode()):
        raise Error(-1022, "Signature for this request is not valid.")
    return api_key


def _check_time(sent: Mapping[str, str], now_ms: int) -> None:
    """Check that the request is not from the future, and not too old."""
    timestamp, window = sent.get("timestamp", ""), sent.get("recvWindow", _WINDOW_MS)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise missing("timestamp")
    if not _WINDOW.fullmatch(window):
        raise missing("recvWindow")
    if float(window) > _WINDOW_MS_MAX:
        raise Error(
            -1102, f"'recvWindow' contains unexpected value. Cannot be greater than {_WINDOW_MS_MAX}."
        )
    sent_ms = int(timestamp)
    if sent_ms >= MICROSECONDS_FROM:
        sent_ms //= 1000
    if sent_ms >= now_ms + _AHEAD_MS_MAX:
        raise Error(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - sent_ms > float(window):
        raise Error(-1021, "Timestamp for this request is outside of the recvWindow.")


def _unsigned(text: str) -> str:
    return "&".join(pair for pair in text.split("&") if not pair.startswith("signature="))
