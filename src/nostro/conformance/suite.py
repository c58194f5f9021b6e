"""All cases, and what runs them."""

import asyncio
from collections.abc import Callable, Iterable

from nostro.brokers.registry import BrokerKind
from nostro.conformance import (
    acknowledged,
    closing,
    identity,
    kinds_of_orders,
    lost,
    placing,
    reading,
    replies,
)
from nostro.conformance.bench import Failed, open_bench
from nostro.conformance.card import Card, Result, Verdict
from nostro.conformance.case import Case
from nostro.conformance.truth import judge_bystanders
from nostro.sim.face import Face

CASES: tuple[Case, ...] = (
    *closing.CASES,
    *identity.CASES,
    *acknowledged.CASES,
    *replies.CASES,
    *lost.CASES,
    *placing.CASES,
    *reading.CASES,
    *kinds_of_orders.CASES,
)

CASE_TIMEOUT_S = 60.0
"""An adapter that waits for ever fails its case, not the suite."""


async def run_suite(
    kind: BrokerKind,
    face: Face,
    told: Callable[[Result], None],
    cases: Iterable[Case] = CASES,
    *,
    case_timeout_s: float = CASE_TIMEOUT_S,
) -> Card:
    """Run the cases one after the other, each on an exchange of its own; `told` hears of each as it ends."""
    results = []
    for each in cases:
        result = await _run(each, kind, face, case_timeout_s)
        told(result)
        results.append(result)
    return Card(spec=kind.spec, results=tuple(results))


async def _run(each: Case, kind: BrokerKind, face: Face, timeout_s: float) -> Result:
    def result(verdict: Verdict, reason: str = "") -> Result:
        return Result(number=each.number, name=each.name, verdict=verdict, reason=reason)

    if skip_reason := each.skip_reason(kind.spec):
        return result(Verdict.SKIPPED, skip_reason)
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit, open_bench(kind, face) as bench:
            await each.run(bench)
            judge_bystanders(bench)
    except Failed as failed:
        return result(Verdict.FAILED, str(failed))
    except Exception as error:  # noqa: BLE001 - an adapter never raises in a case, whatever it is
        if limit.expired():
            return result(Verdict.FAILED, f"it did not end within {timeout_s:g} s")
        return result(Verdict.FAILED, f"it raised {type(error).__name__}: {error}")
    return result(Verdict.PASSED)
