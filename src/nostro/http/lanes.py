"""Lanes: who may enter. Under overload reads are refused first, then placements, cancels last.

Reads and placements share room, of which reads may take less. Cancels have room of their own, because many of
them only wait. Once that was full nothing else gets in until half of it is free again: no read is admitted
while cancels are refused, nor between two refusals. What a supervisor asks has its own room: a server that is
busy is not dead.

A server that is not serving yet, or no more, lets in nobody but its supervisor.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum

from nostro.domain.errors import NotServing, Overloaded
from nostro.ports import Clock

_IDLE_POLL_S = 0.02


class Lane(Enum):
    """Its value: one more of this lane enters while fewer than so many are under way in its room."""

    READ = 256
    PLACE = 512
    CANCEL = 4096
    HEALTH = 64


class Phase(Enum):
    RECOVERING = "what an earlier process left open is being taken up"
    SERVING = "serving"
    DRAINING = "draining"


LAG_READ_S = 0.15
"""So far behind, reads are refused: work waits where no lane can count it."""

LAG_PLACE_S = 0.3


class Lanes:
    def __init__(self) -> None:
        self.phase = Phase.RECOVERING
        self.lag_s = 0.0
        """How far behind the server is, for some time now; `Pulse` keeps it fresh."""
        self.refused = dict.fromkeys(Lane, 0)
        """How many of each lane were refused since the start."""
        self._cancels = 0
        self._others = 0
        self._health = 0
        self._keeps_others_out = False

    @property
    def under_way(self) -> int:
        return self._cancels + self._others

    @property
    def is_strained(self) -> bool:
        """True while some lane may be refused for load."""
        return self._is_full(Lane.READ)

    def sheds(self, lane: Lane) -> bool:
        """Say whether one more of this lane is refused for load; counts it then."""
        if not self._is_full(lane):
            return False
        self.refused[lane] += 1
        return True

    def enter(self, lane: Lane) -> None:
        """Count one more request; raises NotServing or Overloaded, and counts nothing, when it may not in."""
        if lane is not Lane.HEALTH and self.phase is not Phase.SERVING:
            raise NotServing
        if self.sheds(lane):
            raise Overloaded
        self._count(lane, 1)

    def leave(self, lane: Lane) -> None:
        self._count(lane, -1)
        if self._cancels <= Lane.CANCEL.value // 2:
            self._keeps_others_out = False

    async def drain(self, timeout_s: float, clock: Clock) -> None:
        """Let nobody in any more, and wait until all have left, at most `timeout_s`."""
        self.phase = Phase.DRAINING
        deadline = clock.monotonic() + timeout_s
        while self.under_way and clock.monotonic() < deadline:
            await clock.sleep(_IDLE_POLL_S)

    def _is_full(self, lane: Lane) -> bool:
        most: int = lane.value
        if lane is Lane.HEALTH:
            return self._health >= most
        if self._cancels >= Lane.CANCEL.value:
            self._keeps_others_out = True
            return True
        if lane is Lane.CANCEL:
            return False
        is_late = self.lag_s > (LAG_READ_S if lane is Lane.READ else LAG_PLACE_S)
        return is_late or self._keeps_others_out or self._others >= most

    def _count(self, lane: Lane, change: int) -> None:
        match lane:
            case Lane.CANCEL:
                self._cancels += change
            case Lane.HEALTH:
                self._health += change
            case Lane.READ | Lane.PLACE:
                self._others += change


PULSE_S = 0.05

_PULSES = 3
"""The least late of the last so many counts: a machine that hesitates once is not overloaded."""


class Pulse:
    """Measures how far behind the server is: how late its loop turns, or how long a write waits for its end.

    What waits in sockets, in the loop and for the database is seen nowhere else.
    """

    def __init__(self, lanes: Lanes, waiting_s: Callable[[], float], clock: Clock) -> None:
        """`waiting_s` says how long the oldest write has waited."""
        self._lanes = lanes
        self._waiting_s = waiting_s
        self._clock = clock
        self._is_stopping = False

    async def run(self) -> None:
        lags_s = deque([0.0] * _PULSES, maxlen=_PULSES)
        while not self._is_stopping:
            due = self._clock.monotonic() + PULSE_S
            await self._clock.sleep(PULSE_S)
            lags_s.append(max(0.0, self._clock.monotonic() - due, self._waiting_s()))
            self._lanes.lag_s = min(lags_s)

    def stop(self) -> None:
        self._is_stopping = True
