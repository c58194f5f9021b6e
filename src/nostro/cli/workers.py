"""`nostro sandbox --workers N`: one brokerage process, N server processes on one address, and their parent.

The parent reserves the address and answers nothing itself: the kernel spreads connections over the workers
(SO_REUSEPORT). It starts again what dies, and every child ends when it does, however it ends: a child's
standard input is a pipe whose other end only the parent holds.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace

from nostro import sandbox
from nostro.app import DRAIN_S, build
from nostro.ports import SystemClock, Tasks
from nostro.settings import Settings

_RESTART_DELAY_S = 0.2
_START_TIMEOUT_S = 60.0
_LISTENING = "listening on "


BACKLOG = 16_384
"""Connections that wait to be accepted; the kernel has its own maximum. Whoever finds no room is not refused:
it tries again after a second, then three, then seven, and no deadline of ours sees that."""


class ChildFailed(Exception):
    """A process ended, or said nothing, before it listened; `str()` names it."""


def listen(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """Listen; a shared address is one that other processes of this user may listen on as well."""
    return socket.create_server((host, port), backlog=BACKLOG, reuse_port=is_shared)


def end_with_parent(stop: Callable[[], None]) -> None:
    """Call `stop` when standard input ends. Call this in the running loop."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            stop()

    loop.add_reader(0, read)


async def run_workers(settings: Settings, seed: int, workers: int) -> None:
    """Run all until told to stop; raises ChildFailed when they do not come up."""
    stopping = asyncio.Event()
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_, stopping.set)
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind((settings.host, settings.port))
        host, port = reserved.getsockname()[:2]
        family = _Family(stopping)
        try:
            data = ["--data", str(settings.data), "--child"]
            broker = _Child("the brokerage", ["simbroker", "--seed", str(seed), *data], port=0)
            paper_url = await family.raise_(broker)
            await _furnish(replace(settings, paper_url=paper_url))
            arguments = ["sandbox", "--host", host, *data]
            environment = {"NOSTRO_PAPER_URL": paper_url}
            servers = [_Child(f"worker {n}", arguments, port, environment) for n in range(1, workers + 1)]
            await asyncio.gather(*(family.raise_(child) for child in servers))
            url = f"http://{host}:{port}"
            print(f"{_LISTENING}{url}", flush=True)
            print(sandbox.how_to(url), flush=True)
            await stopping.wait()
        finally:
            await family.end()


async def _furnish(settings: Settings) -> None:
    nostro = await build(settings)
    try:
        await sandbox.furnish(nostro)
    finally:
        await nostro.stop()


class _Child:
    def __init__(
        self, name: str, arguments: list[str], port: int, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.process: asyncio.subprocess.Process | None = None
        self._arguments = arguments
        self._port = port
        self._environment = environment or {}

    async def start(self) -> str:
        """Start it and return its address once it listens; raises ChildFailed."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "nostro", *self._arguments, "--port", str(self._port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment},
            start_new_session=True,  # Ctrl-C is the parent's to pass on
        )
        assert self.process.stdout is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_TIMEOUT_S):
                line = (await self.process.stdout.readline()).decode().strip()
                if line.startswith(_LISTENING):
                    url = line.removeprefix(_LISTENING)
                    self._port = int(url.rpartition(":")[2])
                    return url
        await self.end()
        raise ChildFailed(f"{self.name} did not come up")

    async def wait(self) -> None:
        assert self.process is not None
        await self.process.wait()

    async def end(self) -> None:
        """Tell it to stop; kill it when it takes longer than it may."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(DRAIN_S + 5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class _Family:
    """Children in the order of their birth."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._clock = SystemClock()
        self._tasks = Tasks()
        self._children: list[_Child] = []

    async def raise_(self, child: _Child) -> str:
        """Start a child, return its address, and start it again whenever it dies."""
        self._children.append(child)
        url = await child.start()
        self._tasks.start(self._keep_alive(child), name=child.name)
        return url

    async def _keep_alive(self, child: _Child) -> None:
        while True:
            await child.wait()
            if not self._stopping.is_set():
                await self._clock.sleep(_RESTART_DELAY_S)
            if self._stopping.is_set():
                return
            with contextlib.suppress(ChildFailed):  # it is waited for, and started again, as any other
                await child.start()

    async def end(self) -> None:
        """Stop the workers, then what they talk to."""
        self._stopping.set()
        first, *rest = self._children
        await asyncio.gather(*(child.end() for child in rest))
        await first.end()
        await self._tasks.drain(DRAIN_S)
