"""What a run of the torture says of itself, as a document and as rows of a table."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from nostro.sim.faults import FaultKind
from tests.simulation.reached import Reached

from .outcome import Outcome

FULL_SEEDS = 1000
"""A run of at least so many seeds must meet every danger, and each fault FAULTS_MIN times."""
FAULTS_MIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    engine: str
    seed_base: int
    seeds: int
    kills: int
    power_cuts: int
    commit: str
    began_at: datetime

    @property
    def command(self) -> str:
        return (
            f"make torture SEEDS={self.seeds} KILLS={self.kills} POWER_CUTS={self.power_cuts}"
            f" ENGINE={self.engine} SEED_BASE={self.seed_base}"
        )


class Report:
    def __init__(self, campaign: Campaign, outcome: Outcome, took_s: dict[str, float]) -> None:
        """`took_s` tells how long each part that ran took."""
        self.campaign = campaign
        self.outcome = outcome
        self._took_s = took_s

    @property
    def is_broken(self) -> bool:
        return bool(self.outcome.violations or self.never_met)

    @cached_property
    def never_met(self) -> list[str]:
        """What the seeds should have met and did not; nothing is asked of a run of few seeds."""
        if self.campaign.seeds < FULL_SEEDS:
            return []
        reached = Reached(self.outcome.counts)
        rare = [
            f"fault {kind} fewer than {FAULTS_MIN} times"
            for kind, count in self.faults.items()
            if count < FAULTS_MIN
        ]
        return reached.missing() + rare

    @property
    def faults(self) -> dict[str, int]:
        return {kind.value: self.outcome.counts[f"fault {kind.value}"] for kind in FaultKind}

    def document(self) -> dict[str, Any]:
        counts = self.outcome.counts
        return {
            "command": self.campaign.command,
            "commit": self.campaign.commit,
            "began_at": self.campaign.began_at.isoformat(timespec="seconds"),
            "took_s": self._took_s,
            "engine": self.campaign.engine,
            "seed_base": self.campaign.seed_base,
            "violations": len(self.outcome.violations),
            "broken": self.outcome.violations,
            "never_met": self.never_met,
            "seeds": counts["seeds"],
            "answers": counts["calls"],
            "histories": counts["histories"],
            "unexplained": counts["unexplained"],
            "crashes": counts["crashes"],
            "faults": self.faults,
            "kills": counts["kills"],
            "power_cuts": counts["power_cuts"],
            "requests": {
                "left": counts["requests that left"],
                "journalled_at_least": counts["requests journalled at least"],
                "journalled_at_most": counts["requests journalled at most"],
            },
            "seeded_bugs": {"caught": counts["seeded_bugs_caught"], "total": counts["seeded_bugs"]},
            "canaries": counts["canaries"],
            "canaries_found": counts["canaries_found"],
            "bytes_scanned": counts["bytes_scanned"],
        }
