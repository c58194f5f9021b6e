"""Rate limits per partner key, told in SnapTrade's headers. A refusal comes before anything is done.

Each server process counts for itself. Source of the headers and of the refusal's words: SnapTrade, "Rate
limiting" (docs, August 2026).
"""

from collections import deque
from dataclasses import dataclass
from math import ceil

from nostro.domain.errors import Throttled
from nostro.domain.ids import ClientId
from nostro.http.lanes import Lane
from nostro.ports import Clock

_WINDOW_S = 60.0


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
        self._windows: dict[tuple[ClientId, bool], deque[float]] = {}
        """By key and by whether it is the cancels': when each request that counts came."""

    def take(self, client_id: ClientId, lane: Lane) -> Allowance | None:
        """Count one request and say what is left, None without a limit; raises Throttled."""
        if self._per_minute == 0:
            return None
        now_s = self._clock.monotonic()
        window = self._windows.setdefault((client_id, lane is Lane.CANCEL), deque())
        while window and window[0] <= now_s - _WINDOW_S:
            window.popleft()
        is_full = len(window) >= self._per_minute
        if not is_full:
            window.append(now_s)
        reset_s = ceil(window[0] + _WINDOW_S - now_s)
        if is_full:
            raise Throttled(self._per_minute, reset_s)
        return Allowance(self._per_minute, self._per_minute - len(window), reset_s)
