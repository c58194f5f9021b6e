"""A card: what came of every case for one adapter."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nostro.brokers.spec import BrokerSpec


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    number: str
    name: str
    verdict: Verdict
    reason: str = ""
    """Why it failed or was skipped; empty for one that passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    spec: BrokerSpec
    results: tuple[Result, ...]
    """In the order of the numbers."""

    @property
    def has_failed(self) -> bool:
        return any(result.verdict is Verdict.FAILED for result in self.results)

    def count(self, verdict: Verdict) -> int:
        return sum(result.verdict is verdict for result in self.results)


def card_as_json(card: Card) -> dict[str, Any]:
    """Write a card as JSON has it. Two runs with the same verdicts give the same document."""
    return {
        "slug": card.spec.slug,
        "name": card.spec.name,
        "rests_on": card.spec.quality.rests_on,
        "oracles": list(card.spec.quality.oracles),
        "is_measured": card.spec.quality.is_measured,
        **{verdict.value: card.count(verdict) for verdict in Verdict},
        "cases": [
            {
                "number": result.number,
                "name": result.name,
                "verdict": result.verdict.value,
                "reason": result.reason,
            }
            for result in card.results
        ],
    }
