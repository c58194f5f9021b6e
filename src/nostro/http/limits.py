"""Rate limits per partner key, told in SnapTrade's headers. A refusal comes before anything is done.

Source of the headers and of the refusal's words: SnapTrade, "Rate limiting" (docs, August 2026).
"""

from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from nostro.domain.errors import Throttled
from nostro.domain.ids import ClientId
from nostro.http.lanes import Lane
from nostro.ports import Clock

_WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may still do in the running minute."""

    limit: int
    remaining: int
    reset_s: int
    """Seconds until the oldest request counted leaves the window."""

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return (
            (b"x-ratelimit-limit", str(self.limit).encode()),
            (b"x-ratelimit-remaining", str(self.remaining).encode()),
            (b"x-ratelimit-reset", str(self.reset_s).encode()),
        )


class RateLimits:
    """A moving window of a minute per key. Cancels have one of their own, which reads never use up."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        """`per_minute` 0 means no limit."""
        self._per_minute = per_minute
        self._clock = clock
        self._item = RateLimitItemPerMinute(max(per_minute, 1))
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, client_id: ClientId, lane: Lane) -> Allowance | None:
        """Count one request and say what is left, None without a limit; raises Throttled."""
        if self._per_minute == 0:
            return None
        window = "cancel" if lane is Lane.CANCEL else "any"
        is_allowed = await self._limiter.hit(self._item, client_id, window)
        stats = await self._limiter.get_window_stats(self._item, client_id, window)
        reset_s = min(_WINDOW_S, max(1, round(stats.reset_time - self._clock.now().timestamp())))
        if not is_allowed:
            raise Throttled(self._per_minute, reset_s)
        return Allowance(self._per_minute, stats.remaining, reset_s)
