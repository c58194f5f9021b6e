"""A copy of the source with one thing wrong in it, to see that a judge notices."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


@contextmanager
def mutated(path: str, old: str, new: str) -> Iterator[Path]:
    """Yield a folder for a process's PYTHONPATH: the source, with `old` replaced by `new` in one file.

    `path` counts from `src`, as `nostro/domain/cancel.py`. A change that nobody makes proves nothing: `old`
    must stand there exactly once.
    """
    with tempfile.TemporaryDirectory(prefix="nostro-mutant-") as folder:
        copy = Path(folder)
        shutil.copytree(SOURCE, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / path
        text = file.read_text("utf-8")
        found = text.count(old)
        assert found == 1, f"{path} has the text to replace {found} times, not once: {old!r}"
        assert new != old, "nothing would change"
        file.write_text(text.replace(old, new), "utf-8")
        yield copy
