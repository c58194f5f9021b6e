"""Every seeded bug can be made; the score of a few quick ones here, of all in `make torture`."""

import pytest

from .bugs import ROOT, Bug, read_bugs, run
from .mutant import SOURCE, Change, changed

BUGS = read_bugs()
QUICK = ("a timeout is taken for a cancel", "a reply about another order is believed")


def name_of(bug: Bug) -> str:
    return bug.what


@pytest.mark.parametrize("bug", BUGS, ids=name_of)
def test_the_bug_can_be_made_and_its_test_exists(bug: Bug) -> None:
    texts: dict[str, str] = {}
    for change in bug.changes:
        text = texts.get(change.path) or (SOURCE / change.path).read_text("utf-8")
        texts[change.path] = changed(text, change)
    assert (ROOT / bug.caught_by.partition("::")[0]).exists()


def test_no_bug_is_there_twice() -> None:
    assert len({bug.what for bug in BUGS}) == len(BUGS) >= 25


def test_bugs_that_are_made_are_caught_and_what_is_none_is_not() -> None:
    quick = [bug for bug in BUGS if bug.what in QUICK]
    line = "class CancelState(StrEnum):"
    comment = Change("nostro/domain/cancel.py", line, f"{line}  # FIX has no word for it")
    harmless = Bug("a comment", quick[0].caught_by, (comment,))
    outcome = run([*quick, harmless], at_once=2, tell=lambda _done: None)
    assert outcome.counts["seeded_bugs_caught"] == len(QUICK)
    [escaped] = outcome.violations
    assert escaped.startswith("seeded bug not caught: a comment;")
