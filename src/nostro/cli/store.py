"""The data folder, opened for work on keys: the database and the key ring, without the rest of a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nostro.app import open_store
from nostro.domain.errors import StoreFailed
from nostro.ports import Clock, Ids
from nostro.storage.identity import SqlKeys, SqlUsers
from nostro.storage.port import Keys
from nostro.storage.schema import SchemaTooNew
from nostro.storage.vault import VaultError
from nostro.users.registry import UserRegistry


class DataUnusable(Exception):
    """The data folder cannot be worked on; `str()` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDesk:
    keys: Keys
    users: UserRegistry


@asynccontextmanager
async def open_key_desk(
    data: Path, clock: Clock, ids: Ids, *, may_be_new: bool = False
) -> AsyncIterator[KeyDesk]:
    """Open the folder, also while a server runs on it; raises DataUnusable, as the work on it may."""
    try:
        if not may_be_new and not (data / "nostro.db").exists():
            raise DataUnusable(f"{data} holds no nostro data; `nostro keys create` begins there.")
        database, vault = await open_store(data, ids)
        try:
            users = UserRegistry(users=SqlUsers(database), clock=clock, ids=ids)
            yield KeyDesk(keys=SqlKeys(database, vault), users=users)
        finally:
            await database.close()
    except (VaultError, SchemaTooNew, StoreFailed, OSError) as error:
        raise DataUnusable(str(error)) from error
