"""A signing client of one nostro server, on the standard library.

It sends every request once, on a connection of its own, follows no redirect and asks no proxy. When an
answer is missing, its exceptions say whether anything can have left this machine.
"""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from nostro.ports import Clock
from nostro.wire.signature import canonical_text, sign

TIMEOUT_S = 20.0
"""Longer than the server takes to answer anything that names no `Prefer: wait`."""

_PRINTABLE = re.compile("[!-~]+")


class UrlInvalid(ValueError):
    """The server's address cannot be used."""


class NotConnected(Exception):
    """Certain: no byte of the request left."""


class NotAnswered(Exception):
    """The request, or a part of it, left; no answer came back. The server may have executed it."""


class Refused(Exception):
    """The server answered, and it was no success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who signs. The user is None for requests of a partner alone, and for personal keys."""

    client_id: str
    consumer_key: str = field(repr=False)
    user_id: str | None = None
    user_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    text: str
    """The body as received."""
    body: Any
    """The body as JSON, its fractions as text; None where it is not JSON."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body's keys; none where it is not an object."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def refusal(self) -> str:
        """One sentence for people about an answer that is no success."""
        detail = self.fields.get("detail") or "The server gave no reason."
        code = self.fields.get("code")
        return f"{detail} (HTTP {self.status}{f', code {code}' if code else ''})"


class Client:
    def __init__(self, url: str, caller: Caller, clock: Clock) -> None:
        """`url` is the server's address, with or without `/api/v1`; raises UrlInvalid."""
        self.caller = caller
        self._clock = clock
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise UrlInvalid(str(error)) from error
        is_clean = _PRINTABLE.fullmatch(url) is not None and not parts.query and not parts.fragment
        if parts.scheme not in ("http", "https") or not host or not is_clean:
            raise UrlInvalid("It must look like http://127.0.0.1:8787.")
        self._host, self._port, self._is_https = host, port, parts.scheme == "https"
        self._prefix = parts.path.rstrip("/")

    def ask(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None
    ) -> Reply:
        """Send one request and return its success; raises Refused, NotConnected, NotAnswered."""
        reply = self.send(method, path, query=query, body=body)
        if not 200 <= reply.status < 300:
            raise Refused(reply.refusal)
        if reply.body is None:
            raise Refused("That address answers, but not with JSON: it is no nostro server.")
        return reply

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Reply:
        """Sign and send one request, and return whatever the server answers.

        `path` is percent-encoded already; `timeout_s` bounds each wait for the network. Raises NotConnected,
        NotAnswered.
        """
        raw_query = urlencode({**self._identity(), **(query or {})}, errors="surrogateescape")
        content = "null" if body is None else json.dumps(body, sort_keys=True, separators=(",", ":"))
        # The bare path is what every server takes, whatever prefix it was reached under.
        signature = sign(canonical_text(content, path, raw_query), self.caller.consumer_key)
        sent = {"Accept": "application/json", "Signature": signature, **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection = self._connect(timeout_s)
        try:
            target = f"{self._prefix}{path}?{raw_query}"
            connection.request(method, target, None if body is None else content.encode(), sent)
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            # Only its kind: an HTTPException may quote the target, which holds the user's secret.
            raise NotAnswered(f"The server did not answer ({type(error).__name__}).") from None
        finally:
            connection.close()
        return Reply(status=response.status, text=raw.decode("utf-8", "replace"), body=_json(raw))

    def _identity(self) -> dict[str, str]:
        identity = {"clientId": self.caller.client_id, "timestamp": str(int(self._clock.now().timestamp()))}
        if self.caller.user_id is not None:
            identity["userId"] = self.caller.user_id
        if self.caller.user_secret is not None:
            identity["userSecret"] = self.caller.user_secret
        return identity

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._is_https else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout_s)
        try:
            connection.connect()
        except (OSError, UnicodeError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
            raise NotConnected(
                f"Cannot connect to {self._host}:{connection.port}: {reason}. Nothing was sent."
            ) from error
        return connection


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_float=str)
    except (ValueError, RecursionError):
        return None
