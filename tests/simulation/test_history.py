"""The checker of histories: what it must accept, what it must refuse, and how much of a lie it finds."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from .disk import Disk
from .history import History, Move, Operation, unexplained
from .world import World

SEEDS = 12
LIES_FOUND_MIN = 0.8
"""Some lies are possible truths: an order that may be cancelled at any moment may well be pending."""


def cancel(begun: int, ended: int | None, state: str = "", word: str = "", cancel_id: str = "c") -> Operation:
    named = cancel_id if state else ""
    return Operation(what="cancel", begun=begun, ended=ended, cancel_id=named, state=state, word=word)


def look(begun: int, ended: int, word: str, filled: int = 0) -> Operation:
    return Operation(what="look", begun=begun, ended=ended, word=word, filled=Decimal(filled))


def receipt(begun: int, ended: int, state: str, cancel_id: str = "c") -> Operation:
    return Operation(what="receipt", begun=begun, ended=ended, cancel_id=cancel_id, state=state)


def fill(at: int, filled: int, *, is_whole: bool = False) -> Move:
    return Move(at, "filled" if is_whole else "partially_filled", Decimal(filled))


def close(at: int, status: str, filled: int = 0) -> Move:
    return Move(at, status, Decimal(filled))


def refused(
    begun: int, ended: int, word: str = "PENDING", filled: int = 0, cancel_id: str = "c"
) -> Operation:
    said = cancel(begun, ended, "REFUSED", word, cancel_id)
    return replace(said, filled=Decimal(filled))


Case = tuple[list[Operation], list[Move]]

EXPLAINABLE: dict[str, Case] = {
    "nothing but looks": ([look(1, 2, "PENDING"), look(3, 4, "PENDING")], []),
    "a cancel": ([cancel(1, 2, "CONFIRMED", "CANCELED"), look(3, 4, "CANCELED")], []),
    "a cancel after a part was filled": (
        [look(2, 3, "PARTIAL", 3), cancel(4, 5, "CONFIRMED", "PARTIAL_CANCELED")],
        [fill(1, 3)],
    ),
    "a cancel without an answer takes effect late": (
        [cancel(1, None), look(2, 3, "PENDING"), look(4, 5, "CANCELED")],
        [],
    ),
    "a cancel without an answer never takes effect": (
        [cancel(1, None), look(2, 3, "PENDING"), look(5, 6, "EXECUTED", 10)],
        [fill(4, 10, is_whole=True)],
    ),
    "a cancel in doubt takes effect after its answer": (
        [cancel(1, 2, "IN_DOUBT"), look(3, 4, "PENDING"), receipt(5, 6, "CONFIRMED")],
        [],
    ),
    "fills come in while a cancel is pending": (
        [
            cancel(1, 2, "ACKED"),
            look(3, 4, "CANCEL_PENDING"),
            look(6, 7, "CANCEL_PENDING", 4),
            look(8, 9, "PARTIAL_CANCELED", 4),
        ],
        [fill(5, 4)],
    ),
    "a pending cancel ends with the order filled": (
        [cancel(1, 2, "ACKED"), cancel(4, 5, "TOO_LATE", "EXECUTED")],
        [fill(3, 10, is_whole=True)],
    ),
    "a look overlaps the effect and shows what was before": (
        [cancel(1, 3, "CONFIRMED", "CANCELED"), look(2, 4, "PENDING")],
        [],
    ),
    "a refused cancel, then another that works": (
        [refused(1, 2), look(3, 4, "PENDING"), cancel(5, 6, "CONFIRMED", "CANCELED", "d")],
        [],
    ),
    "a cancel of which nothing was sent, beside one without an answer": (
        [cancel(1, None), cancel(2, 3, "NOT_SENT"), look(4, 5, "CANCELED")],
        [],
    ),
    "the market cancels": (
        [look(2, 3, "CANCELED"), cancel(4, 5, "CONFIRMED", "CANCELED")],
        [close(1, "canceled")],
    ),
    "a receipt goes from doubt to the end": (
        [
            cancel(1, 2, "IN_DOUBT"),
            receipt(3, 4, "UNKNOWN"),
            receipt(5, 6, "ACKED"),
            receipt(7, 8, "TOO_LATE"),
        ],
        [fill(7, 10, is_whole=True)],
    ),
}

NOT_EXPLAINABLE: dict[str, Case] = {
    "canceled, then seen open": ([cancel(1, 2, "CONFIRMED", "CANCELED"), look(3, 4, "PENDING")], []),
    "seen canceled, then seen open": ([cancel(1, None), look(2, 3, "CANCELED"), look(4, 5, "PENDING")], []),
    "two verdicts on one cancel": (
        [cancel(1, 3, "CONFIRMED", "CANCELED"), refused(2, 4)],
        [],
    ),
    "fills that go down": ([look(2, 3, "PARTIAL", 4), look(4, 5, "PARTIAL", 3)], [fill(1, 4)]),
    "fills that nobody made": ([look(1, 2, "PARTIAL", 4)], []),
    "canceled without any cancel": ([look(1, 2, "CANCELED")], []),
    "canceled before any cancel was asked": (
        [look(1, 2, "CANCELED"), cancel(3, 4, "CONFIRMED", "CANCELED")],
        [],
    ),
    "a final answer taken back by a receipt": (
        [cancel(1, 2, "CONFIRMED", "CANCELED"), receipt(3, 4, "UNKNOWN")],
        [],
    ),
    "a final answer taken back by the next cancel": (
        [cancel(1, 2, "CONFIRMED", "CANCELED"), cancel(3, 4, "IN_DOUBT", cancel_id="d")],
        [],
    ),
    "an acknowledgement taken back": ([cancel(1, 2, "ACKED"), cancel(3, 4, "IN_DOUBT")], []),
    "nothing was sent, and yet it is canceled": ([cancel(1, 2, "NOT_SENT"), look(3, 4, "CANCELED")], []),
    "refused, and yet it is canceled": ([refused(1, 2), look(3, 4, "CANCELED")], []),
    "refused, and the order was closed all the time": (
        [refused(2, 3)],
        [close(1, "expired")],
    ),
    "a look that is older than a final answer": (
        [cancel(2, 3, "TOO_LATE", "EXECUTED"), look(4, 5, "PARTIAL", 3)],
        [fill(1, 10, is_whole=True)],
    ),
    "too late, and the order is open": ([cancel(1, 2, "TOO_LATE", "EXECUTED"), look(3, 4, "PENDING")], []),
    "canceled whole, though a part was filled": ([cancel(2, 3, "CONFIRMED", "CANCELED")], [fill(1, 3)]),
    "pending, and no cancel was ever taken": ([cancel(3, 4, "ACKED")], [close(1, "expired")]),
    "canceled, and then filled by the market": (
        [cancel(1, 2, "CONFIRMED", "CANCELED")],
        [fill(3, 10, is_whole=True)],
    ),
}


@pytest.mark.parametrize("case", EXPLAINABLE.values(), ids=EXPLAINABLE.keys())
def test_what_can_have_happened_is_explained(case: Case) -> None:
    assert unexplained(History(*case)) is None


@pytest.mark.parametrize("case", NOT_EXPLAINABLE.values(), ids=NOT_EXPLAINABLE.keys())
def test_what_cannot_have_happened_is_refused(case: Case) -> None:
    assert unexplained(History(*case)) is not None


def test_an_acknowledgement_may_be_empty_where_the_brokerage_forgets() -> None:
    operations, moves = NOT_EXPLAINABLE["pending, and no cancel was ever taken"]
    assert unexplained(History(operations, moves, acks_may_be_empty=True)) is None


def _lies(told: Operation) -> Iterator[Operation]:
    """Make the answers that the same question could have had."""
    if told.what == "look":
        for word in ("PENDING", "PARTIAL", "EXECUTED", "CANCELED", "CANCEL_PENDING", "EXPIRED"):
            if word != told.word:
                yield replace(told, word=word)
        yield replace(told, filled=(told.filled or Decimal(0)) + 1)
    elif told.cancel_id:
        for state in ("CONFIRMED", "TOO_LATE", "REFUSED", "NOT_SENT", "ACKED"):
            if state != told.state:
                yield replace(told, state=state, word="", filled=None)
    elif told.ended is not None:
        yield replace(told, cancel_id="lie", state="CONFIRMED")


def test_most_histories_of_real_seeds_with_one_answer_changed_are_refused() -> None:
    disk = Disk()
    found = lies = 0
    for seed in range(SEEDS):
        world = World(disk, seed)
        world.run()
        for _, history in world.oracle.recorder.histories(acks_may_be_empty=world.oracle.forgetful):
            for index, told in enumerate(history.operations):
                for lie in _lies(told):
                    operations = [*history.operations[:index], lie, *history.operations[index + 1 :]]
                    lies += 1
                    found += unexplained(replace(history, operations=operations)) is not None
    disk.image.close()
    assert lies > 500
    assert found / lies > LIES_FOUND_MIN, f"{found} of {lies}"
