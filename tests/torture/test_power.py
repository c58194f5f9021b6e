"""The power goes while cancels are in flight: nothing that anybody was told is taken back."""

import itertools
import shutil
from pathlib import Path

import pytest

import nostro

from .conftest import machines_of
from .disk import Luck
from .machine import ENGINES
from .power import Plan, run

CUTS = {"sqlite": 4, "postgresql": 2}
FIRST_SEED = 6
"""Its first cuts come right after the first start, on a disk that has no luck."""
LOSES = next(
    seed
    for seed, plan in ((seed, Plan.draw(seed)) for seed in itertools.count())
    if plan.was_stopped
    and not plan.point
    and plan.answers > 3
    and plan.luck == Luck(sectors=0.0, names=False)
)
"""What it loses is what callers were told, and not what an earlier, orderly stop had made durable."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    for _ in machines_of(request.param):  # or skip, with the reason
        pass
    return str(request.param)


def test_nothing_told_is_lost_or_taken_back_by_a_power_cut(engine: str) -> None:
    told: list[int] = []
    outcome = run(CUTS[engine], engine=engine, seed_base=FIRST_SEED, tell=told.append)
    assert outcome.violations == []
    assert outcome.counts["power_cuts"] == CUTS[engine]
    assert told == list(range(1, CUTS[engine] + 1))


@pytest.mark.parametrize(
    ("engine", "file", "line", "mutant"),
    [
        ("sqlite", "sqlite.py", '"synchronous=FULL"', '"synchronous=NORMAL"'),
        pytest.param(
            "postgresql",
            "postgres.py",
            '"synchronous_commit": "on"',
            '"synchronous_commit": "off"',
            marks=pytest.mark.slow,
        ),
    ],
    indirect=["engine"],
)
def test_a_server_that_does_not_wait_for_the_disk_is_seen_to_lose_intents(
    engine: str, file: str, line: str, mutant: str, tmp_path: Path
) -> None:
    source = tmp_path / "src"
    shutil.copytree(
        Path(nostro.__file__).parent, source / "nostro", ignore=shutil.ignore_patterns("__pycache__")
    )
    changed = source / "nostro" / "storage" / file
    text = changed.read_text()
    assert text.count(line) == 1
    changed.write_text(text.replace(line, mutant))
    outcome = run(3, engine=engine, seed_base=LOSES, tell=lambda _done: None, source=source)
    kinds = {each.partition(":")[0] for each in outcome.violations}
    assert kinds & {"lost", "I13"}
