"""Lanes: under overload reads are refused first, then placements, cancels last.

Reads and placements share room, of which reads may take less. Cancels have room of their own, because many of
them only wait; while that is full nothing else gets in either: no cancel is refused while a read is admitted.
"""

from enum import Enum

from nostro.domain.errors import Overloaded


class Lane(Enum):
    """Its value: one more of this lane enters while fewer than so many are under way in its room."""

    READ = 256
    PLACE = 512
    CANCEL = 4096


class Lanes:
    def __init__(self) -> None:
        self._cancels = 0
        self._others = 0
        self.refused = dict.fromkeys(Lane, 0)
        """How many of each lane were refused since the start."""

    @property
    def under_way(self) -> int:
        return self._cancels + self._others

    def enter(self, lane: Lane) -> None:
        """Count one more request; raises Overloaded, and counts nothing, when its room is full."""
        is_full = self._cancels >= Lane.CANCEL.value
        if lane is not Lane.CANCEL:
            is_full = is_full or self._others >= lane.value
        if is_full:
            self.refused[lane] += 1
            raise Overloaded
        self._count(lane, 1)

    def leave(self, lane: Lane) -> None:
        self._count(lane, -1)

    def _count(self, lane: Lane, change: int) -> None:
        if lane is Lane.CANCEL:
            self._cancels += change
        else:
            self._others += change
