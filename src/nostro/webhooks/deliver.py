"""One HTTP POST to a partner, by the shortest way that is safe: no redirect, no proxy, no second try.

The connection is the request's own and goes to the addresses that the guard has checked, with the URL's host
in the Host header and in TLS. The reply's status says everything; its body is never read, however long it is.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from nostro import __version__
from nostro.webhooks.guard import Guard, Target, UrlRefused
from nostro.webhooks.relay import DeliveryFailed

TIMEOUT_S = 10.0
"""For everything: resolving, connecting, sending, and the reply's head."""

SocketFactory = Callable[[Any], socket.socket]
"""Makes the socket for one `getaddrinfo` tuple, before it is connected."""


class HttpDeliver:
    """See `relay.Deliver`."""

    def __init__(
        self,
        guard: Guard,
        *,
        open_socket: SocketFactory | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`tls` is for receivers whose certificates no public authority signed."""
        self._guard = guard
        self._timeout_s = timeout_s
        self._open_socket = open_socket
        self._tls = tls

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(await self._guard.find(url), body, headers)
        except TimeoutError:
            raise DeliveryFailed("no reply in time") from None
        except UrlRefused as error:
            raise DeliveryFailed(f"the URL is refused: {error}") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise DeliveryFailed(f"no reply: {type(error).__name__}") from error

    async def _post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
        connector = aiohttp.TCPConnector(
            resolver=_Pinned(target),
            use_dns_cache=False,
            force_close=True,
            socket_factory=self._open_socket,
            ssl=self._tls or True,
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(),  # ours covers the resolver too
                headers={"User-Agent": f"nostro/{__version__}"},
            ) as session,
            session.post(
                URL(target.url, encoded=True), data=body, headers=headers, allow_redirects=False
            ) as response,
        ):
            response.close()  # whatever follows the head is not waited for
            return response.status


class _Pinned(AbstractResolver):
    """Answers with the addresses that were checked, and asks nobody."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the interface is aiohttp's
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._target.addresses
        ]

    async def close(self) -> None:
        """Hold nothing, release nothing."""
