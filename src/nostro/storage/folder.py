"""The data folder's own durability: a file that was synced is still lost while its name was not."""

import contextlib
import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make the folder, and those above it, so that they survive a power cut."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)
    # Also where it was there: another process may have made it just now. Above a folder that an operator
    # gave us there may be one that we cannot read.
    with contextlib.suppress(PermissionError):
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Return once the folder's names, as they are now, survive a power cut."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
