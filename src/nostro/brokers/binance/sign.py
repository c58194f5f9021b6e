"""Binance's signature: an HMAC-SHA256, by the secret key, of the query as it is sent.

rest-api.md, "SIGNED Endpoint security". Binance takes a request whose `timestamp` is less than a second
ahead of its own clock and not older than `recvWindow`, and looks once more before the matching engine gets
it.
"""

import hmac
from dataclasses import replace

from nostro.brokers.binance.wire import milliseconds
from nostro.brokers.transport import Reply, Request, Transport
from nostro.ports import Clock

RECV_WINDOW_MS = 5000
"""Binance's default, and the most that it recommends."""

PUBLIC = ("/api/v3/exchangeInfo", "/api/v3/ticker/price")
"""What is asked without a signature: there its parameters would be some too many."""


class SignedTransport:
    """See `Transport`. Signs each request as it leaves."""

    def __init__(self, transport: Transport, secret_key: str, clock: Clock) -> None:
        self._transport = transport
        self._secret_key = secret_key
        self._clock = clock

    async def send(self, request: Request, timeout_s: float) -> Reply:
        path, _, query = request.path.partition("?")
        if path not in PUBLIC:
            parts = (f"timestamp={milliseconds(self._clock.now())}", query, f"recvWindow={RECV_WINDOW_MS}")
            payload = "&".join(part for part in parts if part)
            request = replace(
                request, path=f"{path}?{payload}&signature={signature(self._secret_key, payload)}"
            )
        return await self._transport.send(request, timeout_s)


def signature(secret_key: str, payload: str) -> str:
    """Sign a query that is percent-encoded already."""
    return hmac.new(secret_key.encode(), payload.encode(), "sha256").hexdigest()
