"""Cards: what they hold, what is skipped and why."""

import asyncio
import json
import re
from dataclasses import replace

import pytest

from nostro.brokers.spec import BrokerSpec
from nostro.conformance.card import Card, Verdict, card_as_json
from nostro.conformance.case import Case
from nostro.conformance.kinds import face_of, subjects
from nostro.conformance.suite import CASES, run_suite
from nostro.domain.capability import Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import GroupType, OrderType, TimeInForce

PAPER = subjects()["PAPER"]
CRYPTO_ONLY = OrderRow(
    asset_class=AssetClass.CRYPTO,
    order_types=frozenset({OrderType.LIMIT}),
    times_in_force=frozenset({TimeInForce.GTC}),
)
NARROW = replace(
    PAPER.kind.spec,
    capabilities=Capabilities(
        orders=(CRYPTO_ONLY,),
        groups=frozenset(),
        cancel=PAPER.kind.spec.capabilities.cancel,
        replace=Replace.UNSUPPORTED,
        client_order_ids=False,
    ),
)


def run(spec: BrokerSpec = PAPER.kind.spec, *numbers: str) -> Card:
    cases = [each for each in CASES if not numbers or each.number in numbers]
    return asyncio.run(run_suite(replace(PAPER.kind, spec=spec), PAPER.face, lambda _result: None, cases))


@pytest.fixture(scope="module")
def paper() -> Card:
    return run()


@pytest.fixture(scope="module")
def narrow() -> Card:
    return run(NARROW)


def test_the_embedded_brokerage_passes_every_case(paper: Card) -> None:
    assert [each for each in paper.results if each.verdict is not Verdict.PASSED] == []


def test_numbers_count_on_without_a_gap() -> None:
    assert [each.number for each in CASES] == [f"C{n:02}" for n in range(1, len(CASES) + 1)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_a_name_is_one_sentence(case: Case) -> None:
    assert re.fullmatch(r"(\d|[A-Z]).*[^.]\.", case.name)


def test_no_name_stands_twice() -> None:
    assert len({each.name for each in CASES}) == len(CASES)


def test_what_a_brokerage_does_not_have_is_skipped(narrow: Card) -> None:
    skipped = {each.number for each in narrow.results if each.verdict is Verdict.SKIPPED}
    assert skipped == {
        *("C09", "C48", "C49", "C50"),  # replace
        *("C46", "C47"),  # client order ids
        *("C54", "C64"),  # fractions, orders by value
        *("C59", "C60", "C61", "C63"),  # every class but crypto
        *("C65", "C66", "C67", "C68", "C69", "C70"),  # legs and groups
    }


def test_every_skip_has_its_reason_and_nothing_else_has_one(narrow: Card) -> None:
    assert [bool(each.reason) for each in narrow.results] == [
        each.verdict is Verdict.SKIPPED for each in narrow.results
    ]


def test_all_that_is_not_skipped_passes_on_another_class_too(narrow: Card) -> None:
    assert [each for each in narrow.results if each.verdict is Verdict.FAILED] == []


@pytest.mark.parametrize("asset_class", AssetClass)
def test_a_brokerage_of_one_class_is_tried_on_that_class(asset_class: AssetClass) -> None:
    row = replace(CRYPTO_ONLY, asset_class=asset_class, times_in_force=frozenset({TimeInForce.DAY}))
    capabilities = replace(NARROW.capabilities, orders=(row,))
    card = run(replace(NARROW, capabilities=capabilities))
    assert [each for each in card.results if each.verdict is Verdict.FAILED] == []


def test_one_group_type_is_enough_for_the_cases_of_groups() -> None:
    capabilities = replace(PAPER.kind.spec.capabilities, groups=frozenset({GroupType.OTOCO}))
    card = run(replace(PAPER.kind.spec, capabilities=capabilities), "C66", "C67", "C68", "C69", "C70")
    assert [each.verdict for each in card.results] == [
        Verdict.SKIPPED,
        Verdict.SKIPPED,
        Verdict.PASSED,
        Verdict.PASSED,
        Verdict.SKIPPED,
    ]


def test_nobody_follows_a_chain_that_the_brokerage_does_not_tell() -> None:
    card = run(replace(PAPER.kind.spec, names_successors=False), "C09", "C48", "C49", "C50")
    verdicts = [each.verdict for each in card.results]
    assert verdicts == [Verdict.SKIPPED, Verdict.PASSED, Verdict.SKIPPED, Verdict.PASSED]


def test_an_adapter_that_the_face_does_not_know_fails_with_the_reason() -> None:
    silent = replace(PAPER.face, customer=lambda _request, _at: "")
    card = asyncio.run(run_suite(PAPER.kind, silent, lambda _result: None, CASES[:1]))
    assert card.results[0].reason == "the face finds no customer in what the adapter sends"


def test_two_runs_give_the_same_document(paper: Card) -> None:
    assert card_as_json(run()) == card_as_json(paper)


def test_the_document_counts_what_it_lists(narrow: Card) -> None:
    document = json.loads(json.dumps(card_as_json(narrow)))
    verdicts = [each["verdict"] for each in document["cases"]]
    assert {name: document[name] for name in ("passed", "failed", "skipped")} == {
        name: verdicts.count(name) for name in ("passed", "failed", "skipped")
    }


@pytest.mark.parametrize("slug", ["PAPER", "PAPER-SANDBOX", "PAPER-SANDBOX-EU"])
def test_a_second_entrance_of_a_brokerage_has_the_face_of_the_first(slug: str) -> None:
    assert face_of(slug, {"paper": PAPER.face}) is PAPER.face


@pytest.mark.parametrize("slug", ["PAPERS", "OTHER-PAPER", ""])
def test_a_name_that_is_only_like_another_has_no_face(slug: str) -> None:
    assert face_of(slug, {"paper": PAPER.face}) is None
