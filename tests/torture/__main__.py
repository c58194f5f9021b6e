"""Try to break every promise, for as long as you like, and publish what came of it: `make torture`.

Prints progress and a table, writes build/torture.json, puts the figures into docs/reliability.md, and ends
with 1 when anything broke or a danger was never met.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from docs.generate import torture_rows

from . import bugs, kills, power, seeds
from .outcome import Outcome, Tell
from .report import Campaign, Report

ROOT = Path(__file__).parents[2]
AT_ONCE = 2
"""Processes of the parts that are not bound by waiting."""


def main() -> int:
    wanted = _read_arguments()
    console = Console()
    campaign = Campaign(
        engine=wanted.engine,
        seed_base=wanted.seed_base,
        seeds=wanted.seeds,
        kills=wanted.kills,
        power_cuts=wanted.power_cuts,
        commit=_commit(),
        began_at=datetime.now(UTC),
    )
    outcome, took_s = Outcome(), {}
    for name, number, part in _parts(wanted):
        if number == 0:
            continue
        began_s = time.monotonic()
        with _progress(console, name, number) as tell:
            outcome += part(tell)
        took_s[name] = round(time.monotonic() - began_s, 1)
    report = Report(campaign, outcome, took_s)
    _show(console, report)
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "torture.json").write_text(json.dumps(report.document(), indent=2) + "\n", "utf-8")
    published = ROOT / "docs" / "torture" / f"{wanted.engine}.json"
    published.parent.mkdir(exist_ok=True)
    published.write_text(json.dumps(report.document(), indent=2) + "\n", "utf-8")
    subprocess.run([sys.executable, "-m", "docs.generate"], cwd=ROOT, check=True)
    return 1 if report.is_broken else 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seeds", type=int, default=2000, help="seeds of the simulation")
    parser.add_argument("--kills", type=int, default=40, help="server processes to kill")
    parser.add_argument("--power-cuts", type=int, default=20, help="times the power goes")
    parser.add_argument("--seed-base", type=int, default=0, help="the first seed")
    parser.add_argument("--no-bugs", action="store_true", help="leave the score of seeded bugs out")
    return parser.parse_args()


def _parts(wanted: argparse.Namespace) -> Iterator[tuple[str, int, Callable[[Tell], Outcome]]]:
    """Name each part, how many trials it has, and what runs them."""
    engine, base = wanted.engine, wanted.seed_base
    found = [] if wanted.no_bugs else bugs.read_bugs()
    yield (
        "seeds",
        wanted.seeds,
        lambda tell: seeds.run(wanted.seeds, engine=engine, seed_base=base, at_once=AT_ONCE, tell=tell),
    )
    yield (
        "kills",
        wanted.kills,
        lambda tell: kills.run(wanted.kills, engine=engine, seed_base=base, tell=tell),
    )
    yield (
        "power cuts",
        wanted.power_cuts,
        lambda tell: power.run(wanted.power_cuts, engine=engine, seed_base=base, tell=tell),
    )
    yield "seeded bugs", len(found), lambda tell: bugs.run(found, at_once=AT_ONCE, tell=tell)


@contextmanager
def _progress(console: Console, name: str, number: int) -> Iterator[Tell]:
    columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=number)
        yield lambda done: progress.update(task, completed=done)


def _show(console: Console, report: Report) -> None:
    for each in (*report.outcome.violations, *(f"never met: {what}" for what in report.never_met)):
        console.print(each, style="red", markup=False)
    table = Table("What", "How much", title=f"torture on {report.campaign.engine}")
    for name, value in torture_rows(report.document()):
        table.add_row(name, value)
    console.print(table)


def _commit() -> str:
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
