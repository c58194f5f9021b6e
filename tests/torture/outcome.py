"""What every part of the torture gives back."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

Tell = Callable[[int], None]
"""Told how many trials are done, each time one more is."""


@dataclass(slots=True)
class Outcome:
    """What one part found. Those of several runs can be added up with `+=`."""

    violations: list[str] = field(default_factory=list)
    """A sentence each: which invariant broke, how, and the command that shows it again."""
    counts: Counter[str] = field(default_factory=Counter)
    """How often what was done, by name: `kills`, `power_cuts`, `a kill at after_send`..."""

    def __iadd__(self, other: "Outcome") -> Self:
        self.violations += other.violations
        self.counts.update(other.counts)
        return self
