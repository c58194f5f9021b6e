"""Replay one seed of the simulation, and show its plan and everything that happened.

Many seeds at once: `make torture`. The exit code is 1 when an invariant broke.
"""

import argparse
import contextlib
import dataclasses
import sys
from collections.abc import Iterator

from tests.storage.postgres import PostgresServer

from .disk import Disk
from .durable import PostgresImage
from .oracle import Broken
from .world import World


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command prints


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--workers", type=int, help="server processes, if not as many as drawn")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with disk(options.engine) as beginning:
        return replay(beginning, options.seed, options.workers)


@contextlib.contextmanager
def disk(engine: str) -> Iterator[Disk]:
    if engine == "sqlite":
        yield Disk()
        return
    server = PostgresServer()
    try:
        found = Disk(PostgresImage(server.new_database()))
        yield found
        found.image.close()
    finally:
        server.stop()


def replay(beginning: Disk, seed: int, workers: int | None) -> int:
    world = World(beginning, seed, workers=workers, log=say)
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


if __name__ == "__main__":
    sys.exit(main())
