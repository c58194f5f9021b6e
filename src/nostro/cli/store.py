"""The data folder, opened for work on keys and webhooks: the database and the key ring, and no server."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nostro.domain.errors import StoreFailed
from nostro.ports import Clock, Ids
from nostro.settings import SettingsInvalid, read_settings
from nostro.storage.identity import SqlKeys, SqlUsers
from nostro.storage.open import KEY_RING, Store, open_store
from nostro.storage.outbox import SqlEndpoints, SqlOutbox
from nostro.storage.outbox_port import Endpoints, Outbox
from nostro.storage.port import Keys
from nostro.storage.reseal import count_secrets, reseal
from nostro.storage.schema import SchemaTooNew
from nostro.storage.vault import VaultError, add_key
from nostro.users.registry import UserRegistry


class DataUnusable(Exception):
    """The data folder cannot be worked on; `str()` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDesk:
    keys: Keys
    users: UserRegistry
    endpoints: Endpoints
    outbox: Outbox
    store: Store


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
                store=store,
            )
        finally:
            await store.database.close()
    except (SettingsInvalid, VaultError, SchemaTooNew, StoreFailed, OSError) as error:
        raise DataUnusable(str(error)) from error


async def rotate_keys(data: Path, clock: Clock, ids: Ids, done: Callable[[int, int], None]) -> int:
    """Add a key to the folder's ring, and seal all secrets again under it; returns how many there were.

    `done` is told how many more are done, and of how many. Raises DataUnusable.
    """
    async with open_key_desk(data, clock, ids):
        add_key(data / KEY_RING, ids)
    async with open_key_desk(data, clock, ids) as desk:
        store = desk.store
        total = await count_secrets(store.database)
        return await reseal(store.database, store.vault, lambda seen: done(seen, total))
