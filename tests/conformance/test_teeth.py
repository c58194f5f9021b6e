"""A case is worth something only if an adapter that breaks it is caught."""

import asyncio

import pytest

from nostro.brokers.registry import BrokerKind
from nostro.conformance.card import Card, Verdict
from nostro.conformance.kinds import subjects
from nostro.conformance.suite import CASES, run_suite

from .lies import HONEST, LIES
from .lying import Lie, lying

PAPER = subjects()["PAPER"]


def run(kind: BrokerKind, *numbers: str) -> Card:
    chosen = [each for each in CASES if not numbers or each.number in numbers]
    return asyncio.run(run_suite(kind, PAPER.face, lambda _result: None, chosen))


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.what)
def test_a_lie_fails_the_cases_that_are_about_it(lie: Lie) -> None:
    card = run(lying(PAPER.kind, lie), *lie.caught_by)
    assert {each.number: each.verdict for each in card.results} == dict.fromkeys(
        lie.caught_by, Verdict.FAILED
    )


def test_what_lets_adapters_lie_does_not_itself_fail_a_case() -> None:
    card = run(lying(PAPER.kind, HONEST))
    assert [each for each in card.results if each.verdict is not Verdict.PASSED] == []


def test_there_is_a_lie_for_every_case() -> None:
    assert {number for lie in LIES for number in lie.caught_by} == {each.number for each in CASES}


def test_a_failure_says_what_was_wrong() -> None:
    lie = next(lie for lie in LIES if lie.what == "cancels are sent twice")
    (result,) = run(lying(PAPER.kind, lie), "C01").results
    assert result.reason == "one cancel was asked for, and the exchange received 2"


def test_an_adapter_that_waits_for_ever_fails_its_case_and_ends_it() -> None:
    async def wait(*_: object) -> None:
        await asyncio.Event().wait()

    waiting = lying(PAPER.kind, Lie(what="it waits", method="cancel_order", tell=wait, caught_by=("C01",)))
    card = asyncio.run(run_suite(waiting, PAPER.face, lambda _result: None, CASES[:1], case_timeout_s=0.5))
    assert card.results[0].reason == "it did not end within 0.5 s"


def test_an_adapter_that_raises_fails_its_case_with_what_it_raised() -> None:
    async def stumble(*_: object) -> None:
        raise KeyError("status")

    raising = lying(
        PAPER.kind, Lie(what="it raises", method="cancel_order", tell=stumble, caught_by=("C01",))
    )
    assert run(raising, "C01").results[0].reason == "it raised KeyError: 'status'"
