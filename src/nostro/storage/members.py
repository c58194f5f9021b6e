"""Which server processes live, where the database is a file on one machine.

Each holds a lock on a file of its own in the data folder. The kernel lets go of it when the process dies,
however it dies, and of nothing else.
"""

import fcntl
import os
from pathlib import Path

from nostro.domain.errors import StoreFailed
from nostro.ports import Ids
from nostro.storage.port import MemberId


class FileMembers:
    """See `storage.port.Members`."""

    goes_on_s = 0.0

    def __init__(self, folder: Path, ids: Ids) -> None:
        """`folder` is made on first use, and holds nothing but the lock files."""
        self._folder = folder
        self._ids = ids
        self._me: MemberId | None = None
        self._file = -1

    def me(self) -> MemberId:
        if self._me is None:
            raise StoreFailed
        return self._me

    async def enter(self) -> None:
        if self._me is None:
            self._enter()

    async def is_gone(self, member: MemberId) -> bool:
        return not _is_locked(self._path(member))

    async def leave(self) -> None:
        if self._me is not None:
            self._path(self._me).unlink(missing_ok=True)
            os.close(self._file)
            self._me = None

    def _enter(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for path in self._folder.glob("*.lock"):
            if not _is_locked(path):
                path.unlink(missing_ok=True)
        me = MemberId(self._ids.uuid())
        # Under its name only once it is locked: else somebody could take it for a dead one's.
        draft = self._folder / f"{me}.new"
        self._file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        draft.rename(self._path(me))
        self._me = me

    def _path(self, member: MemberId) -> Path:
        return self._folder / f"{member}.lock"


def _is_locked(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        # Shared: two that ask at once must not take each other for the owner.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
