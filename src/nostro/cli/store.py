"""The data folder, opened for work on keys: the database and the key ring, without the rest of a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nostro.app import open_store
from nostro.ports import Clock, Ids
from nostro.storage.identity import SqlKeys, SqlUsers
from nostro.storage.port import Keys
from nostro.users.registry import UserRegistry


class NoStore(Exception):
    """The folder holds no nostro data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDesk:
    keys: Keys
    users: UserRegistry


@asynccontextmanager
async def open_key_desk(
    data: Path, clock: Clock, ids: Ids, *, is_new: bool = False
) -> AsyncIterator[KeyDesk]:
    """Open the folder, also while a server runs on it; `is_new` allows it to be an empty one.

    Raises NoStore, VaultError, SchemaTooNew, StoreFailed, OSError.
    """
    if not is_new and not (data / "nostro.db").exists():
        raise NoStore(f"{data} holds no nostro data; `nostro keys create` begins there.")
    database, vault = await open_store(data, ids)
    try:
        yield KeyDesk(
            keys=SqlKeys(database, vault), users=UserRegistry(users=SqlUsers(database), clock=clock, ids=ids)
        )
    finally:
        await database.close()
