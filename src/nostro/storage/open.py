"""Open everything that lasts: the database, the key ring that opens its secrets, and who else works on it."""

from dataclasses import dataclass
from pathlib import Path

from nostro.ports import Ids, halt
from nostro.storage.database import Database
from nostro.storage.folder import make_folder
from nostro.storage.members import FileMembers
from nostro.storage.port import Members
from nostro.storage.schema import upgrade
from nostro.storage.sqlite import SqliteDatabase
from nostro.storage.vault import Vault, open_key_ring

KEY_RING = "keys.json"
"""The ring of the vault's keys, in the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where nostro's own data is, what opens its secrets, and which processes work on it."""

    database: Database
    vault: Vault
    members: Members


async def open_store(data: Path, database_url: str, ids: Ids) -> Store:
    """Open the data folder, made on first use, and the database, in that folder if `database_url` is empty.

    Raises VaultError, SchemaTooNew, StoreFailed.
    """
    make_folder(data)
    vault = open_key_ring(data / KEY_RING, ids)
    database: Database
    members: Members
    if database_url:
        # Imported here: most servers have no use for its libraries, and should not wait for them.
        from nostro.storage import postgres  # noqa: PLC0415

        await postgres.upgrade(database_url)
        database = postgres.PostgresDatabase(database_url)
        members = postgres.PostgresMembers(database_url, ids)
    else:
        database, members = SqliteDatabase(data / "nostro.db", halt), FileMembers(data / "processes", ids)
        await database.write(upgrade)
    return Store(database=database, vault=vault, members=members)
