"""A computer whose power can go: a disk, a database on it, server processes. The brokerage is elsewhere."""

import contextlib
import os
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.server.world import Server

from .cluster import Cluster, make_template
from .disk import Disk, Luck, build_library

ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Factory:
    """What machines of one engine have in common, made once."""

    engine: str
    place: Path
    library: Path
    template: Path
    source: Path | None
    """A copy of `src` that the servers run instead of this one."""

    @contextmanager
    def machine(self) -> Iterator["Machine"]:
        """Make a machine with an empty disk, and its brokerage, already running."""
        place = Path(tempfile.mkdtemp(dir=self.place))
        place.chmod(0o755)
        machine = Machine(self, place)
        try:
            yield machine
        finally:
            machine.discard()
            shutil.rmtree(place)


@contextmanager
def factory(engine: str, source: Path | None = None) -> Iterator[Factory]:
    """Raises NoCompiler where the disk's library cannot be built."""
    # Not in the test runner's own folder: the database may run as another user, and its socket needs a short
    # path.
    place = Path(tempfile.mkdtemp(prefix="nostro-pw-"))
    place.chmod(0o755)
    try:
        library = build_library(place)
        template = place / "template"
        if engine == "postgresql":
            make_template(template)
        yield Factory(engine, place, library, template, source)
    finally:
        shutil.rmtree(place)


class Machine:
    def __init__(self, parts: Factory, place: Path) -> None:
        self.disk = Disk(place, parts.library)
        self.data = self.disk.folder / "data"
        """The servers' data folder."""
        self._stack = ExitStack()
        self._stack.callback(self.disk.close)
        self.brokerage = Server(place / "brokerage").start("simbroker")
        self._stack.callback(self.brokerage.stop, signal.SIGKILL)
        environment = {"NOSTRO_PAPER_URL": self.brokerage.url, **self.disk.environment()}
        if parts.source is not None:
            environment["PYTHONPATH"] = str(parts.source)
        self.cluster: Cluster | None = None
        if parts.engine == "postgresql":
            sockets = place / "s"
            sockets.mkdir()
            self.cluster = Cluster(self.disk, parts.template, sockets)
            environment["NOSTRO_DATABASE_URL"] = self.cluster.url
        self._environment = environment
        self.log = place / "servers.log"
        self.servers: list[Server] = []

    def start(self, servers: int = 1, crash_at: str = "", **settings: str) -> None:
        """Switch it on. The last of its servers kills itself at the point `crash_at`.

        `settings` are PostgreSQL's.
        """
        if self.cluster is not None:
            self.cluster.start(**settings)
        self.servers = [Server(self.data, **self._environment) for _ in range(servers)]
        for server in self.servers:
            server.log = self.log
        with ThreadPoolExecutor(servers) as pool:
            points = [*[""] * (servers - 1), crash_at]
            for started in [
                pool.submit(server.start, NOSTRO_CRASH_AT=point)
                for server, point in zip(self.servers, points, strict=True)
            ]:
                started.result()

    def stop(self) -> None:
        """Stop everything on it in order."""
        for server in self.servers:
            server.stop()
        self.servers = []
        if self.cluster is not None:
            self.cluster.stop()

    def kill(self) -> None:
        """Kill every process on it at once."""
        for server in self.servers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGKILL)
        if self.cluster is not None:
            self.cluster.kill()
        for server in self.servers:
            server.wait_until_dead()
        self.servers = []

    def cut_power(self, luck: Luck, rng: Random) -> None:
        self.kill()
        assert self.disk.syncs, "nobody is on this disk"
        self.disk.cut(luck, rng)

    def journal(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database, past nostro."""
        if self.cluster is not None:
            return [tuple(row) for row in self.cluster.ask(query)]
        with contextlib.closing(sqlite3.connect(self.data / "nostro.db", timeout=10)) as journal:
            return journal.execute(query).fetchall()

    def discard(self) -> None:
        self.kill()
        self._stack.close()
