"""A transport that keeps to what its brokerage bears, so that a cancel is not the request too many.

Each limit is a bucket of tokens that fills evenly. The last fifth of it is for cancels, the looks that
follow them, and the access tokens that both need: whatever else is asked waits for more. A wait that cannot
end in time sends nothing at all.
"""

from collections.abc import Sequence

from nostro.brokers.spec import RateLimit
from nostro.brokers.transport import NeverSent, Reply, Request, Transport
from nostro.ports import Clock

URGENT = frozenset({"cancel", "look_up", "renew"})
RESERVED = 0.2
"""What share of each limit is kept for what is urgent."""

_INSTANT_S = 1e-6
"""What is less is a rounding error, and waiting for it would not end."""

_TOO_MANY = frozenset({418, 429})
"""418 is Binance's word for whoever went on after a 429 (rest-api.md, "Limits", July 2026)."""

_PAUSE_S_MAX = 60.0
"""A brokerage that says so can ask for a pause, of at most this length; only urgent requests go on."""


class ThrottledTransport:
    """See `Transport`. One for each set of credentials: that is what brokerages count by."""

    def __init__(self, transport: Transport, limits: Sequence[RateLimit], clock: Clock) -> None:
        self._transport = transport
        self._buckets = [_Bucket(limit, clock) for limit in limits]
        self._clock = clock

    async def send(self, request: Request, timeout_s: float) -> Reply:
        deadline = self._clock.monotonic() + timeout_s
        counted = [bucket for bucket in self._buckets if bucket.counts(request.operation)]
        for bucket in counted:
            await bucket.take(deadline, is_urgent=request.operation in URGENT)
        left_s = deadline - self._clock.monotonic()
        if left_s <= 0:  # this process stood still while it waited, and others may have given the request up
            raise NeverSent("the time for this request was over before it could leave")
        reply = await self._transport.send(request, left_s)
        if reply.status in _TOO_MANY:
            for bucket in counted:
                bucket.pause(_retry_after_s(reply))
        return reply


class _Bucket:
    def __init__(self, limit: RateLimit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._per_s = limit.requests / limit.per_s
        self._tokens = float(limit.requests)
        self._counted_at = clock.monotonic()
        self._paused_until = 0.0

    def counts(self, operation: str) -> bool:
        return not self._limit.operations or operation in self._limit.operations

    async def take(self, deadline: float, *, is_urgent: bool) -> None:
        """Wait for a token and use it up; raises NeverSent when none can be had before the deadline."""
        while (wait_s := self._wait_s(is_urgent=is_urgent)) > _INSTANT_S:
            if self._clock.monotonic() + wait_s >= deadline:
                raise NeverSent("the brokerage's rate limit is used up")
            await self._clock.sleep(wait_s)
        self._tokens -= 1

    def pause(self, for_s: float) -> None:
        self._paused_until = self._clock.monotonic() + min(for_s, _PAUSE_S_MAX)

    def _wait_s(self, *, is_urgent: bool) -> float:
        now = self._clock.monotonic()
        self._tokens = min(self._tokens + (now - self._counted_at) * self._per_s, self._limit.requests)
        self._counted_at = now
        # A whole token is always left to wait for, or a limit of one request would let nobody through.
        kept = 0.0 if is_urgent else min(RESERVED * self._limit.requests, self._limit.requests - 1)
        missing_s = (kept + 1 - self._tokens) / self._per_s
        return missing_s if is_urgent else max(missing_s, self._paused_until - now)


def _retry_after_s(reply: Reply) -> float:
    """Read `Retry-After` in its form as seconds; a second where it is absent or a date."""
    text = reply.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 1.0
