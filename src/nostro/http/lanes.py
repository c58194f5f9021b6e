"""Lanes: who may enter. Under overload reads are refused first, then placements, cancels last.

Reads and placements share room, of which reads may take less. Cancels have room of their own, because many of
them only wait. Once that was full nothing else gets in until half of it is free again: no read is admitted
while cancels are refused, nor between two refusals. What a supervisor asks has its own room: a server that is
busy is not dead.

A server that is not serving yet, or no more, lets in nobody but its supervisor.
"""

from enum import Enum

from nostro.domain.errors import NotServing, Overloaded, Refusal
from nostro.ports import Clock

_IDLE_POLL_S = 0.02


class Lane(Enum):
    """Its value: one more of this lane enters while fewer than so many are under way in its room."""

    READ = 256
    PLACE = 512
    CANCEL = 4096
    HEALTH = 65


class Phase(Enum):
    RECOVERING = "what an earlier process left open is being taken up"
    SERVING = "serving"
    DRAINING = "draining"


LAG_READ_S = 0.25
"""From so late a turn of the loop on, reads are refused: work waits where no lane can count it."""

LAG_PLACE_S = 1.0


class Lanes:
    def __init__(self) -> None:
        self.phase = Phase.RECOVERING
        self.lag_s = 0.0
        """How late the last turn of the loop was; `Pulse` keeps it fresh."""
        self.refused = dict.fromkeys(Lane, 0)
        """How many of each lane were refused since the start."""
        self._cancels = 0
        self._others = 0
        self._health = 0
        self._keeps_others_out = False

    @property
    def under_way(self) -> int:
        return self._cancels + self._others

    def check(self, lane: Lane) -> None:
        """Raise NotServing or Overloaded where `enter` would."""
        refusal = self._refusal(lane)
        if refusal is not None:
            self.refused[lane] += 1
            raise refusal

    def enter(self, lane: Lane) -> None:
        """Count one more request; raises NotServing or Overloaded, and counts nothing, when it may not in."""
        self.check(lane)
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

    def _refusal(self, lane: Lane) -> Refusal | None:
        if lane is Lane.HEALTH:
            return Overloaded() if self._health >= lane.value else None
        if self.phase is not Phase.SERVING:
            return NotServing()
        if self._cancels >= Lane.CANCEL.value:
            self._keeps_others_out = True
            return Overloaded()
        if lane is Lane.CANCEL:
            return None
        is_late = self.lag_s > (LAG_READ_S if lane is Lane.READ else LAG_PLACE_S)
        return Overloaded() if is_late or self._keeps_others_out or self._others >= lane.value else None

    def _count(self, lane: Lane, change: int) -> None:
        match lane:
            case Lane.CANCEL:
                self._cancels += change
            case Lane.HEALTH:
                self._health += change
            case Lane.READ | Lane.PLACE:
                self._others += change


PULSE_S = 0.05


class Pulse:
    """Measures how late the loop turns: what waits in sockets and in the loop is seen nowhere else."""

    def __init__(self, lanes: Lanes, clock: Clock) -> None:
        self._lanes = lanes
        self._clock = clock
        self._is_stopping = False

    async def run(self) -> None:
        while not self._is_stopping:
            due = self._clock.monotonic() + PULSE_S
            await self._clock.sleep(PULSE_S)
            self._lanes.lag_s = max(0.0, self._clock.monotonic() - due)

    def stop(self) -> None:
        self._is_stopping = True
