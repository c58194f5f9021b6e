"""A copy of the source with one thing wrong in it, to see that a judge notices."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[2] / "src"


class Change(NamedTuple):
    path: str
    """Counts from `src`, as `nostro/domain/cancel.py`."""
    old: str
    """Must stand there exactly once: a change that nobody makes proves nothing."""
    new: str


@contextmanager
def mutated(*changes: Change) -> Iterator[Path]:
    """Yield a folder for a process's PYTHONPATH: the source, with all changes made."""
    with tempfile.TemporaryDirectory(prefix="nostro-mutant-") as folder:
        copy = Path(folder)
        shutil.copytree(SOURCE, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        for change in changes:
            file = copy / change.path
            file.write_text(changed(file.read_text("utf-8"), change), "utf-8")
        yield copy


def changed(text: str, change: Change) -> str:
    """Return the text with the change made; raises AssertionError or SyntaxError where it cannot be."""
    found = text.count(change.old)
    assert found == 1, f"{change.path} has the text to replace {found} times, not once: {change.old!r}"
    assert change.new != change.old, "nothing would change"
    after = text.replace(change.old, change.new)
    compile(after, change.path, "exec")
    return after
