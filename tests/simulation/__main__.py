"""Run the simulation: `python -m tests.simulation --seed N` replays one seed, `--seeds N` runs many.

One seed prints its plan and everything that happened. Many print progress, what was never reached, and a
summary as JSON; the exit code is 1 when an invariant broke.
"""

import argparse
import dataclasses
import json
import sys
import time

from .disk import Disk
from .oracle import Broken
from .reached import Reached
from .world import World

_PROGRESS_S = 10.0


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command prints


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this seed and show it")
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to run")
    parser.add_argument("--seed-base", type=int, default=0, help="the first of them")
    parser.add_argument("--workers", type=int, default=2, help="server processes on the database")
    options = parser.parse_args()
    if options.seed is not None:
        return replay(options.seed, options.workers)
    return run_many(range(options.seed_base, options.seed_base + options.seeds), options.workers)


def replay(seed: int, workers: int) -> int:
    world = World(Disk(), seed, workers=workers, log=say)
    for name, value in dataclasses.asdict(world.plan).items():
        say(f"{name} = {value}")
    broken = ""
    try:
        world.run()
    except Broken as error:
        broken = str(error)
    say(f"trace {world.loop.trace:08x} after {world.loop.steps} steps")
    if broken:
        say(f"BROKEN: {broken}")
    return 1 if broken else 0


def run_many(seeds: range, workers: int) -> int:
    disk, reached = Disk(), Reached()
    calls = histories = unexplained = crashes = 0
    broken: dict[int, str] = {}
    begun = told = time.monotonic()
    for seed in seeds:
        world = World(disk, seed, workers=workers)
        try:
            world.run()
        except Broken as error:
            broken[seed] = str(error)
            say(f"seed {seed}: {error}")
            say(f"  replay: python -m tests.simulation --seed {seed} --workers {workers}")
        reached.add(world.reached)
        calls += world.oracle.calls
        histories += world.oracle.histories
        unexplained += world.oracle.unexplained
        crashes += world.fleet.crashes
        if time.monotonic() - told > _PROGRESS_S:
            told = time.monotonic()
            done = seed - seeds.start + 1
            say(f"{done} of {len(seeds)} seeds, {done / (told - begun):.1f} a second, {len(broken)} broken")
    missing = reached.missing()
    if missing:
        say("\n  ".join(["never reached:", *missing]))
    summary = {
        "seeds": len(seeds),
        "violations": len(broken),
        "broken_seeds": sorted(broken),
        "faults": reached.faults_by_kind(),
        "calls": calls,
        "histories": histories,
        "unexplained": unexplained,
        "crashes": crashes,
        "never_reached": missing,
    }
    say(json.dumps(summary))
    return 1 if broken or missing else 0


if __name__ == "__main__":
    sys.exit(main())
