"""A disk for the processes of one test: what it loses when the power goes, and how it fails before.

`disk.c`, preloaded into those processes, keeps an image of what a disk is bound to hold: each file as it was
at its last sync, each folder's names as they were at its. `cut` puts the folder back to that image, and to
what chance adds: a disk may have written anything else that it was given, whole or in sectors.
"""

import ctypes
import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

SECTOR_BYTES = 512
_CONTROL = struct.Struct("iiii112s")


class NoCompiler(Exception):
    """There is no C compiler here, or it failed; `str()` says which."""


def build_library(folder: Path) -> Path:
    """Compile `disk.c` into the folder; raises NoCompiler."""
    library = folder / "disk.so"
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("there is no C compiler (cc, gcc or clang) on PATH")
    command = [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library)]
    done = subprocess.run(
        [*command, str(Path(__file__).with_name("disk.c")), "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoCompiler(f"{compiler} cannot build disk.c: {done.stderr.strip()}")
    return library


@dataclass(frozen=True, slots=True)
class Luck:
    """What became of that which was written and not synced."""

    sectors: float
    """How likely each sector is to have been written."""
    names: bool
    """Whether the newest names of all folders were."""

    @classmethod
    def draw(cls, rng: Random) -> "Luck":
        """None of it, all of it, or any of it."""
        return cls(sectors=rng.choice((0.0, 0.0, 1.0, rng.random())), names=rng.random() < 0.5)


class Disk:
    """`folder` is what processes see; keep nothing else beside it in the same parent."""

    def __init__(self, place: Path, library: Path) -> None:
        """Make an empty disk in `place`, an empty folder whose parents anybody may enter."""
        self.folder = place / "disk"
        self._image = place / "image"
        self._library = library
        self._c = ctypes.CDLL(str(library))
        for folder in (self.folder, self._image, self._image / "files", self._image / "folders"):
            folder.mkdir()
            folder.chmod(0o777)  # the database may run as another user
        control = self._image / "control"
        control.write_bytes(_CONTROL.pack(-1, -1, 0, 0, b""))
        control.chmod(0o666)
        with control.open("r+b") as file:
            self._control = mmap.mmap(file.fileno(), _CONTROL.size)
        self.adopt()

    def close(self) -> None:
        self._control.close()

    def environment(self) -> dict[str, str]:
        """What a process must be started with to be on this disk."""
        return {
            "LD_PRELOAD": str(self._library),
            "DISK_ROOT": str(self.folder),
            "DISK_IMAGE": str(self._image),
        }

    @property
    def syncs(self) -> int:
        """How many syncs were done: none means that nobody is on this disk."""
        return int(_CONTROL.unpack_from(self._control)[2])

    @property
    def syncs_failed(self) -> int:
        return int(_CONTROL.unpack_from(self._control)[3])

    @contextmanager
    def failing_sync(self, name: str, after: int = 0) -> Iterator[None]:
        """Let one sync of a file whose path contains `name` fail, after so many that do not."""
        self._steer(syncs_left=after, name=name)
        yield
        self._steer()

    @contextmanager
    def full(self, name: str = "", after: int = 0) -> Iterator[None]:
        """Give such files no more room, after so many writes that found some."""
        self._steer(writes_left=after, name=name)
        yield
        self._steer()

    def _steer(self, *, syncs_left: int = -1, writes_left: int = -1, name: str = "") -> None:
        # The name first: from the numbers on it is looked at.
        self._control[16:128] = name.encode().ljust(112, b"\0")
        self._control[0:8] = struct.pack("ii", syncs_left, writes_left)

    def adopt(self, folder: Path | None = None) -> None:
        """Take all that is there for durable: it was there before the story begins."""
        folder = folder or self.folder
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                self.adopt(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                self._keep(Path(entry.path), Path(entry.path).read_bytes())
        self._keep_names(folder)

    def cut(self, luck: Luck, rng: Random) -> None:
        """Cut the power: every process on this disk must be dead."""
        before = self.folder.with_name("before")
        self.folder.rename(before)
        self._restore(self._key(before), before, self.folder, luck, rng)
        shutil.rmtree(before)

    def _restore(self, key: str, before: Path | None, after: Path, luck: Luck, rng: Random) -> None:
        """Make the folder `after` from what is certain of it, and from what was there `before`.

        `before` is None for a folder that was removed, though its removal did not last.
        """
        names = self._image / "folders" / key
        kept = dict(_entries(names.read_text())) if names.exists() else {}
        there = {} if before is None else self._names(before)
        by_key = {child: name for name, (_, child) in there.items()}
        after.mkdir()
        after.chmod(0o700 if before is None else before.stat().st_mode & 0o777)
        self._own(after, names if before is None else before)
        chosen = there if luck.names else kept
        for name, (kind, child) in chosen.items():
            old = by_key.get(child)
            source = None if old is None or before is None else before / old
            if kind == "d":
                self._restore(child, source, after / name, luck, rng)
            else:
                self._restore_file(child, source, after / name, luck, rng)
        self._keep_names(after)

    def _restore_file(self, key: str, before: Path | None, after: Path, luck: Luck, rng: Random) -> None:
        saved = self._image / "files" / key
        kept = saved.read_bytes() if saved.exists() else b""
        seen = kept if before is None else before.read_bytes()
        found = kept if luck.sectors == 0 else _mix(kept, seen, luck.sectors, rng)
        if before is not None and found == seen:
            after.hardlink_to(before)  # the same file, and its image stays what it is
        else:
            after.write_bytes(found)
            after.chmod(0o600)
            self._own(after, before or saved)
        if found != kept or not saved.exists() or before is None or found != seen:
            self._keep(after, found)

    def _names(self, folder: Path) -> dict[str, tuple[str, str]]:
        """The kind, f or d, and the key of each file and folder in a folder, by name."""
        kinds = {path: "d" if path.is_dir() else "f" for path in folder.iterdir() if _lasts(path)}
        return {path.name: (kind, self._key(path)) for path, kind in kinds.items()}

    def _keep(self, path: Path, content: bytes) -> None:
        saved = self._image / "files" / self._key(path)
        saved.write_bytes(content)
        self._own(saved, path)

    def _keep_names(self, folder: Path) -> None:
        lines = [f"{kind} {key} {name}\n" for name, (kind, key) in self._names(folder).items()]
        saved = self._image / "folders" / self._key(folder)
        saved.write_text("".join(lines))
        saved.chmod(0o666)
        self._own(saved, folder)

    def _key(self, path: Path) -> str:
        key = ctypes.create_string_buffer(64)
        if self._c.disk_key(str(path).encode(), key, len(key)) != 0:
            raise FileNotFoundError(path)
        return key.value.decode()

    def _own(self, path: Path, like: Path) -> None:
        found = like.stat()
        os.chown(path, found.st_uid, found.st_gid)


def _lasts(path: Path) -> bool:
    """Whether a disk holds it: no socket, nor what it leads to, does."""
    return (path.is_file() or path.is_dir()) and not path.is_symlink()


def _entries(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for line in text.splitlines():
        kind, key, name = line.split(" ", 2)
        yield name, (kind, key)


def _mix(kept: bytes, seen: bytes, likely: float, rng: Random) -> bytes:
    """Write some of the sectors of `seen` over `kept`; the length is that of either."""
    if kept == seen:
        return kept
    size = len(rng.choice((kept, seen))) if likely < 1 else len(seen)
    mixed = bytearray(kept[:size].ljust(size, b"\0"))
    for at in range(0, min(size, len(seen)), SECTOR_BYTES):
        end = min(at + SECTOR_BYTES, size)
        if mixed[at:end] != seen[at:end] and rng.random() < likely:
            mixed[at:end] = seen[at:end].ljust(end - at, b"\0")
    return bytes(mixed)
