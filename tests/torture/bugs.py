"""The score of seeded bugs: a suite that stays green whatever is broken proves nothing.

Each bug of `bugs.toml` is made in a copy of the source, and the tests that it names are run on the copy. It
is caught when one of them fails there. That they pass on the source itself, `make test` shows.
"""

import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .mutant import Change, mutated
from .outcome import Outcome, Tell

ROOT = Path(__file__).parents[2]
BROKEN = ("NameError", "ImportError", "ModuleNotFoundError", "SyntaxError")
"""What no bug may look like: such a change would be noticed by anybody."""

_TESTS_FAILED = 1
"""What pytest ends with when it ran and something failed, as opposed to having found no test."""


@dataclass(frozen=True, slots=True)
class Bug:
    what: str
    caught_by: str
    """The test that must fail, as pytest names it: a file, or one function of it."""
    changes: tuple[Change, ...]


def read_bugs() -> list[Bug]:
    text = Path(__file__).with_name("bugs.toml").read_text("utf-8")
    return [_bug(row) for row in tomllib.loads(text)["bug"]]


def _bug(row: dict[str, Any]) -> Bug:
    changes = row.get("changes") or [row]
    return Bug(
        what=row["what"],
        caught_by=row["caught_by"],
        changes=tuple(Change(f"nostro/{each['path']}", each["old"], each["new"]) for each in changes),
    )


def run(bugs: list[Bug], *, at_once: int, tell: Tell) -> Outcome:
    """Make each bug, and see whether its test notices."""
    outcome = Outcome()
    with ThreadPoolExecutor(at_once) as pool:
        for done, escaped in enumerate(pool.map(_escapes, bugs), start=1):
            outcome.counts["seeded_bugs"] += 1
            if escaped:
                outcome.violations.append(escaped)
            else:
                outcome.counts["seeded_bugs_caught"] += 1
            tell(done)
    return outcome


def _escapes(bug: Bug) -> str:
    """Say how the bug went unnoticed; empty where it was caught."""
    with mutated(*bug.changes) as folder:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", bug.caught_by],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode != _TESTS_FAILED:
        return f"seeded bug not caught: {bug.what}; {bug.caught_by} ended with {ended.returncode}"
    for broken in BROKEN:
        if f"{broken}: " in ended.stdout:
            return f"seeded bug is no bug but a {broken}: {bug.what}"
    return ""
