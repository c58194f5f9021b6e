"""The one way to a brokerage over HTTP.

What is certain when no reply comes is judged by whether the request was ever given a connection, never by the
class of an exception. Before that moment no byte of it can have left; from it on every failure is NoReply.

    host not found, refused, TLS failed, no connection in time    NeverSent
    closed, reset, cut off, not HTTP, larger than 1 MiB           NoReply
    nothing, or not all of it, in time                            TimedOut

A task canceled while it sends raises CancelledError; whoever cancels it has to take the request for sent.

aiohttp is kept from three things that it does unasked (its version 3.14, `client.py` and `connector.py`): it
sends GET, PUT and DELETE again when a kept-alive connection turns out dead; it reuses a connection on which
bytes lie that nobody asked for, and takes them for the next reply; it inflates bodies.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Self

import aiohttp
from yarl import URL

from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut
from nostro.ports import Clock, SystemClock

REPLY_BYTES_MAX = 1024 * 1024
CONNECT_TIMEOUT_S = 2.0

_NOT_ROUNDED = float("inf")
"""aiohttp rounds timeouts above its `ceil_threshold` up to whole seconds."""


class HttpClient:
    """A process's pool of connections, for all brokerages. Make it inside the running loop."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Raise RuntimeError with an aiohttp whose re-sending cannot be turned off. `clock`: the system's."""
        self._clock = clock or SystemClock()
        self._session = aiohttp.ClientSession(
            connector=_Connector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        if not hasattr(self._session, "_retry_connection"):
            raise RuntimeError(f"aiohttp {aiohttp.__version__} cannot be kept from sending requests twice.")
        self._session._retry_connection = False  # noqa: SLF001 - there is no public switch

    def transport(self, base_url: str, headers: Mapping[str, str]) -> "HttpTransport":
        """Make one customer's way to one brokerage; does no I/O."""
        return HttpTransport(self._session, base_url, headers, self._clock)

    async def close(self) -> None:
        """Drop all connections; what is under way ends as NoReply."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class HttpTransport:
    """A `Transport`; `HttpClient.transport` makes it."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, headers: Mapping[str, str], clock: Clock
    ) -> None:
        """`base_url` is scheme and host, and a path prefix where there is one; `headers` go with all."""
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._headers = {"Accept-Encoding": "identity", **headers}
        self._is_sendable = _is_sendable(self._headers)
        self._clock = clock

    async def send(self, request: Request, timeout_s: float) -> Reply:
        """Send once; `timeout_s` covers all of it, of which connecting may take CONNECT_TIMEOUT_S."""
        if not self._is_sendable or not _is_sendable(request.headers):
            raise NeverSent("a header holds characters that cannot be sent")
        evidence = _Evidence(self._clock, timeout_s)
        token = _sending.set(evidence)
        try:
            return await self._exchange(request, timeout_s)
        except TimeoutError as error:
            if not evidence.may_have_left:
                raise NeverSent("no connection in time") from error
            raise TimedOut(f"no reply within {timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            if not evidence.may_have_left:
                raise NeverSent("no connection") from error
            raise NoReply("connection lost") from error
        finally:
            _sending.reset(token)

    async def _exchange(self, request: Request, timeout_s: float) -> Reply:
        headers = {**self._headers, **request.headers}
        if request.body:
            headers.setdefault("Content-Type", "application/json")
        async with self._session.request(
            request.method,
            URL(self._base_url + request.path, encoded=True),
            data=request.body or None,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s), ceil_threshold=_NOT_ROUNDED
            ),
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > REPLY_BYTES_MAX:
                    response.close()
                    raise NoReply("reply too large")
            received = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status, bytes(body), received)


def _is_sendable(headers: Mapping[str, str]) -> bool:
    return all(text.isascii() and text.isprintable() for text in headers.values())


class _Evidence:
    """Of one request: whether it was given a connection, and until when it may be."""

    __slots__ = ("_clock", "_over_at_s", "may_have_left")

    def __init__(self, clock: Clock, timeout_s: float) -> None:
        self._clock = clock
        self._over_at_s = clock.monotonic() + timeout_s
        self.may_have_left = False

    def is_over(self) -> bool:
        return self._clock.monotonic() > self._over_at_s


_sending: ContextVar[_Evidence] = ContextVar("_sending")
"""What the current task is sending."""


class _Connector(aiohttp.TCPConnector):
    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Give out only connections that are in step, and note it.

        One on which anything came in while it was idle (a second reply, a 408 before closing) would answer
        the next request with that.
        """
        while True:
            connection = await super().connect(*args, **kwargs)
            protocol = connection.protocol
            if _sending.get().is_over():
                # The process stood still while it connected: a timer that is due now fires too late.
                connection.close()
                raise TimeoutError
            if protocol is None or not protocol.should_close:
                _sending.get().may_have_left = True
                return connection
            connection.close()
