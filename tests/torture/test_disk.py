"""The disk itself: what was synced is kept, what was not is chance, and it refuses what it is told to."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.ports import dice

from .disk import SECTOR_BYTES, Disk, Luck, NoCompiler, build_library

NONE = Luck(sectors=0.0, names=False)
ALL = Luck(sectors=1.0, names=True)
HALF = Luck(sectors=0.5, names=False)

_BEGIN = """
import errno, os
def put(name, content, sync=True):
    with open(name, "wb") as file:
        file.write(content)
        file.flush()
        if sync:
            os.fsync(file.fileno())
def sync_folder():
    folder = os.open(".", os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
def error_of(work):
    try:
        work()
    except OSError as error:
        return errno.errorcode[error.errno]
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with tempfile.TemporaryDirectory(prefix="nostro-pw-") as place:
        try:
            disk = Disk(Path(place), build_library(tmp_path))
        except NoCompiler as error:  # the disk that forgets is a library in C
            pytest.skip(f"no disk can be torn here: {error}")
        yield disk
        disk.close()


def run(disk: Disk, program: str) -> str:
    """Run a program in a process that works on the disk, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + program],
        cwd=disk.folder,
        env=os.environ | disk.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def after_cut(disk: Disk, luck: Luck) -> dict[str, bytes]:
    disk.cut(luck, dice(0, "luck"))
    return {path.name: path.read_bytes() for path in disk.folder.iterdir()}


@pytest.mark.parametrize(
    ("program", "without_luck", "with_all"),
    [
        ("put('a', b'new')", {"a": b"new"}, {"a": b"new"}),
        ("put('a', b'new', sync=False)", {}, {"a": b"new"}),
        ("put('a', b'old'); put('a', b'newer', sync=False)", {"a": b"old"}, {"a": b"newer"}),
        ("put('a', b'x'); os.rename('a', 'b')", {"a": b"x"}, {"b": b"x"}),
        ("put('a', b'x'); os.rename('a', 'b'); sync_folder()", {"b": b"x"}, {"b": b"x"}),
        ("put('a', b'x'); os.remove('a')", {"a": b"x"}, {}),
        ("put('a', b'x'); os.remove('a'); sync_folder()", {}, {}),
        ("put('a', b'x', sync=False); sync_folder()", {"a": b""}, {"a": b"x"}),
    ],
)
def test_a_cut_keeps_what_was_synced_and_of_the_rest_what_luck_adds(
    disk: Disk, program: str, without_luck: dict[str, bytes], with_all: dict[str, bytes]
) -> None:
    run(disk, program)
    assert after_cut(disk, NONE) == without_luck
    assert after_cut(disk, ALL) == without_luck  # what survived one cut survives the next
    for path in disk.folder.iterdir():
        path.unlink()
    disk.adopt()
    run(disk, program)
    assert after_cut(disk, ALL) == with_all


def test_what_was_not_synced_is_torn_at_sectors_and_nowhere_else(disk: Disk) -> None:
    sectors = 64
    run(disk, f"put('a', b'o' * {SECTOR_BYTES * sectors})")
    run(disk, f"open('a', 'r+b').write(b'n' * {SECTOR_BYTES * sectors})")
    content = after_cut(disk, HALF)["a"]
    found = {content[at : at + SECTOR_BYTES] for at in range(0, len(content), SECTOR_BYTES)}
    assert found == {b"o" * SECTOR_BYTES, b"n" * SECTOR_BYTES}
    assert len(content) == SECTOR_BYTES * sectors


def test_the_nth_sync_fails_once_and_saves_nothing(disk: Disk) -> None:
    run(disk, "put('a', b'first')")
    with disk.failing_sync("disk/a", after=1):
        program = "put('b', b'x'); put('a', b'second'); print(error_of(lambda: put('a', b'third')))"
        assert run(disk, program) == "EIO"
    assert disk.syncs_failed == 1
    assert after_cut(disk, NONE) == {"a": b"second", "b": b"x"}


def test_a_full_disk_refuses_what_needs_room_until_there_is_some(disk: Disk) -> None:
    run(disk, "put('a', b'12345')")
    with disk.full("disk/a"):
        grow = "print(error_of(lambda: os.pwrite(os.open('a', os.O_RDWR), b'6', 5)))"
        assert run(disk, grow) == "ENOSPC"
        assert run(disk, "print(os.pwrite(os.open('a', os.O_RDWR), b'0', 0))") == "1"
        assert run(disk, "put('b', b'x'); print('other files are not meant')")
    assert run(disk, grow) == "None"
