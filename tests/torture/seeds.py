"""Seeds of the simulation, many at once: each in a world of its own, all that they reached added up."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from tests.simulation.disk import Disk
from tests.simulation.durable import PostgresImage
from tests.simulation.oracle import Broken
from tests.simulation.world import World
from tests.storage.postgres import PostgresServer

from .outcome import Outcome, Tell

CHUNK = 10
"""Seeds that a process gets at once: few enough to show progress, many enough to be worth the way."""

_disk: Disk | None = None
"""Of this process: what all its seeds begin with."""


def run(count: int, *, engine: str, seed_base: int, at_once: int, tell: Tell) -> Outcome:
    """Run `count` seeds from `seed_base` on, in `at_once` processes."""
    outcome, done = Outcome(), 0
    last = seed_base + count
    chunks = [range(first, min(first + CHUNK, last)) for first in range(seed_base, last, CHUNK)]
    with _databases(engine, at_once) as urls:
        context = get_context("spawn")
        queue: SimpleQueue[str] = context.SimpleQueue()
        for url in urls:
            queue.put(url)
        with ProcessPoolExecutor(at_once, mp_context=context, initializer=_open, initargs=(queue,)) as pool:
            for chunk, found in zip(chunks, pool.map(_live, chunks, [engine] * len(chunks)), strict=True):
                outcome += found
                done += len(chunk)
                tell(done)
    return outcome


@contextlib.contextmanager
def _databases(engine: str, number: int) -> Iterator[list[str]]:
    """Give so many databases of one server; empty names stand for SQLite's, which each makes for itself."""
    if engine == "sqlite":
        yield [""] * number
        return
    server = PostgresServer()
    try:
        # The simulation decides what is lost; that the disk keeps the rest is tried by the power cuts.
        server.administer("ALTER SYSTEM SET fsync = off")
        server.administer("SELECT pg_reload_conf()")
        yield [server.new_database() for _ in range(number)]
    finally:
        server.stop()


def _open(urls: "SimpleQueue[str]") -> None:
    global _disk  # noqa: PLW0603 - a pool's initializer has no other way to hand anything on
    url = urls.get()
    _disk = Disk(PostgresImage(url) if url else None)


def _live(seeds: range, engine: str) -> Outcome:
    assert _disk is not None
    outcome = Outcome()
    for seed in seeds:
        world = World(_disk, seed)
        try:
            world.run()
        except Broken as error:
            replay = f"python -m tests.simulation --seed {seed} --engine {engine}"
            outcome.violations.append(f"seed {seed} on {engine}: {error}\n  replay: {replay}")
        outcome.counts.update(world.reached.counts)
        outcome.counts["seeds"] += 1
        outcome.counts["calls"] += world.oracle.calls
        outcome.counts["histories"] += world.oracle.histories
        outcome.counts["unexplained"] += world.oracle.unexplained
        outcome.counts["crashes"] += world.fleet.crashes
    return outcome
