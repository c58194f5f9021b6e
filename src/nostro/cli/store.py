"""The data folder, opened for work on keys and webhooks: the database and the key ring, and no server."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nostro.domain.errors import StoreFailed
from nostro.ports import Clock, Ids
from nostro.settings import SettingsInvalid, read_settings
from nostro.storage.identity import SqlKeys, SqlUsers
from nostro.storage.open import open_store
from nostro.storage.outbox import SqlEndpoints, SqlOutbox
from nostro.storage.outbox_port import Endpoints, Outbox
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
    endpoints: Endpoints
    outbox: Outbox


@asynccontextmanager
async def open_key_desk(
    data: Path, clock: Clock, ids: Ids, *, may_be_new: bool = False
) -> AsyncIterator[KeyDesk]:
    """Open the folder and the database, also while servers run on it.

    Raises DataUnusable, as the work on it may.
    """
    try:
        database_url = read_settings(os.environ).database_url
        if not may_be_new and not database_url and not (data / "nostro.db").exists():
            raise DataUnusable(f"{data} holds no nostro data; `nostro keys create` begins there.")
        store = await open_store(data, database_url, ids)
        try:
            users = UserRegistry(users=SqlUsers(store.database), clock=clock, ids=ids)
            yield KeyDesk(
                keys=SqlKeys(store.database, store.vault),
                users=users,
                endpoints=SqlEndpoints(store.database, store.vault),
                outbox=SqlOutbox(store.database),
            )
        finally:
            await store.database.close()
    except (SettingsInvalid, VaultError, SchemaTooNew, StoreFailed, OSError) as error:
        raise DataUnusable(str(error)) from error
