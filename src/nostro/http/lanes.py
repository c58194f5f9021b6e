"""Lanes: under overload reads are refused first, then placements, cancels last.

The rule is one number per lane: a request enters while fewer than that many requests, of all lanes together,
are under way. As the number of cancels is by far the largest, no cancel can be refused while a read gets in.
"""

from enum import Enum

from nostro.domain.errors import Overloaded


class Lane(Enum):
    """Its value: how many requests of all lanes may be under way for one more of this lane to enter."""

    READ = 256
    PLACE = 512
    CANCEL = 4096


class Lanes:
    def __init__(self) -> None:
        self._under_way = 0
        self.refused = dict.fromkeys(Lane, 0)
        """How many of each lane were refused since the start."""

    @property
    def under_way(self) -> int:
        return self._under_way

    def enter(self, lane: Lane) -> None:
        """Count one more request; raises Overloaded, and counts nothing, when its lane is full."""
        if self._under_way >= lane.value:
            self.refused[lane] += 1
            raise Overloaded
        self._under_way += 1

    def leave(self) -> None:
        self._under_way -= 1
