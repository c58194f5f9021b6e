"""The whole server under seeded troubles: no seed breaks an invariant, and together they reach everything."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.conftest import postgres
from tests.storage.postgres import PostgresServer

from .disk import Disk
from .durable import PostgresImage
from .oracle import Broken
from .plan import draw
from .reached import Reached
from .world import World

__all__ = ["postgres"]

SEEDS = 120
SEEDS_MAX = 400
"""What is rarely met may take this many."""

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.image.close()


def live(disk: Disk, seed: int, reached: Reached | None = None, *, workers: int | None = None) -> World:
    world = World(disk, seed, workers=workers)
    try:
        world.run()
    except Broken as error:
        pytest.fail(
            f"{error}\nreplay: python -m tests.simulation --seed {seed} --workers {world.plan.workers}"
        )
    if reached is not None:
        reached.add(world.reached)
    return world


@pytest.mark.timeout(300)
def test_no_seed_breaks_an_invariant_and_together_they_reach_every_danger(disk: Disk) -> None:
    reached = Reached()
    seed = 0
    while seed < SEEDS or (reached.missing() and seed < SEEDS_MAX):
        live(disk, seed, reached)
        seed += 1
    assert reached.missing() == []


@pytest.mark.parametrize("workers", [1, 4])
def test_the_number_of_processes_changes_no_promise(disk: Disk, workers: int) -> None:
    for seed in range(8):
        live(disk, seed, workers=workers)


def test_a_seed_replays_exactly(disk: Disk) -> None:
    first, second = live(disk, 7), live(disk, 7)
    assert first.fleet.crashes == second.fleet.crashes
    assert (first.loop.trace, first.loop.steps) == (second.loop.trace, second.loop.steps)


def test_another_seed_is_another_world(disk: Disk) -> None:
    assert draw(7, 2, [("cancel", "hang")]) != draw(8, 2, [("cancel", "hang")])
    assert live(disk, 7).loop.trace != live(disk, 8).loop.trace


def test_a_seed_replays_exactly_in_another_process(disk: Disk) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", "7"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"trace {live(disk, 7).loop.trace:08x}" in shown.stdout


def test_a_seed_is_the_same_world_on_postgresql(disk: Disk, postgres: PostgresServer) -> None:
    other = Disk(PostgresImage(postgres.new_database()))
    for seed in range(5):
        ours, theirs = live(disk, seed), live(other, seed)
        assert (ours.loop.trace, ours.loop.steps) == (theirs.loop.trace, theirs.loop.steps)
    other.image.close()


def test_what_was_never_reached_is_listed() -> None:
    reached = Reached()
    everything = reached.missing()
    assert "fault hang" in everything
    reached.fault("cancel", "hang")
    assert set(everything) - set(reached.missing()) == {"fault hang"}
