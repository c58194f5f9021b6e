"""How Kraken knows who asks ("Spot REST Authentication").

Private calls are POSTs of a form, whether they change something or not. Asked for `/0/private/Name?form`, by
any method, this sends the form with a nonce in front, and signs it. Public calls go as they are.

A nonce is good once, and only if it is greater than the last one that Kraken saw of this key. Requests that
overtake each other on their way would spoil each other; so one session's private calls leave one after the
other, each when the one before it has its reply or was given up. A key that two programs use breaks for both.
"""

import asyncio
import binascii
import hmac
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512

from nostro.brokers.transport import NeverSent, Reply, Request, Transport
from nostro.ports import Clock

PRIVATE = "/0/private/"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = "application/x-www-form-urlencoded"


class SigningTransport:
    """See `Transport`. One for each session."""

    def __init__(self, transport: Transport, private_key: str, clock: Clock) -> None:
        """`transport` sends the public key with everything; `private_key` is in base64."""
        self._transport = transport
        self._key = _decoded(private_key)
        self._clock = clock
        self._nonce = 0
        self._turn = asyncio.Lock()

    async def send(self, request: Request, timeout_s: float) -> Reply:
        if not request.path.startswith(PRIVATE):
            return await self._transport.send(request, timeout_s)
        if self._key is None:
            raise NeverSent("the private key is not base64")
        deadline = self._clock.monotonic() + timeout_s
        # Turns come in the order of asking, and each is over in time; so nobody waits past the own deadline.
        async with self._turn:
            left_s = deadline - self._clock.monotonic()
            if left_s <= 0:
                raise NeverSent("the time for this request was over before its turn came")
            return await self._transport.send(self._signed(request, self._key), left_s)

    def _signed(self, request: Request, key: bytes) -> Request:
        path, _, form = request.path.partition("?")
        nonce = str(self._next_nonce())
        body = f"nonce={nonce}&{form}" if form else f"nonce={nonce}"
        digest = sha256((nonce + body).encode()).digest()
        signature = hmac.new(key, path.encode() + digest, sha512).digest()
        headers = {"API-Sign": b64encode(signature).decode(), "Content-Type": _FORM}
        return Request("POST", path, body.encode(), operation=request.operation, headers=headers)

    def _next_nonce(self) -> int:
        """Take the time in microseconds, or one more than the last where the clock stood or went back."""
        now_us = (self._clock.now() - _EPOCH) // timedelta(microseconds=1)
        self._nonce = max(self._nonce + 1, now_us)
        return self._nonce


def _decoded(private_key: str) -> bytes | None:
    try:
        return b64decode(private_key, validate=True)
    except (binascii.Error, ValueError):
        return None
