"""Seal all secrets anew, under the key that is active now. Servers may run meanwhile."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, select, update

from nostro.storage.connections import seal_label as connection_label
from nostro.storage.database import Database
from nostro.storage.identity import seal_label as key_label
from nostro.storage.outbox import seal_label as endpoint_label
from nostro.storage.tables import connection, partner_key, webhook_endpoint
from nostro.storage.vault import Vault

_BATCH = 100


class _Place(NamedTuple):
    key: Column[str]
    sealed: Column[bytes]
    label: Callable[[Any], str]
    """Says what a secret belongs to, from the key of its row."""


_PLACES = (
    _Place(connection.c.connection_id, connection.c.sealed_credentials, connection_label),
    _Place(partner_key.c.client_id, partner_key.c.sealed_consumer_key, key_label),
    _Place(webhook_endpoint.c.client_id, webhook_endpoint.c.sealed_secret, endpoint_label),
)


async def count_secrets(database: Database) -> int:
    """Count the secrets that are sealed in the database."""
    queries = [select(place.key) for place in _PLACES]
    return await database.read(lambda sql: sum(len(sql.execute(query).all()) for query in queries))


async def reseal(database: Database, vault: Vault, done: Callable[[int], None]) -> int:
    """Seal each secret that is not sealed under the active key again; returns how many were.

    What somebody else stores meanwhile stays: a value is replaced only where it is still the one that was
    read. `done` is told how many were looked at since it was last told. Raises VaultError, StoreFailed.
    """
    count = 0
    for place in _PLACES:
        after = ""
        while True:
            renewed, last, seen = await database.write(partial(_batch, vault, place, after))
            count += renewed
            done(seen)
            if seen < _BATCH:
                break
            after = last
    return count


def _batch(vault: Vault, place: _Place, after: str, sql: Connection) -> tuple[int, str, int]:
    """Do one batch; return how many were renewed, the last key, and how many were looked at."""
    query = select(place.key, place.sealed).where(place.key > after).order_by(place.key).limit(_BATCH)
    rows = sql.execute(query).all()
    renewed = 0
    for key, sealed in rows:
        if vault.is_current(sealed):
            continue
        label = place.label(key)
        fresh = vault.seal(vault.unseal(sealed, label), label)
        change = update(place.key.table).where(place.key == key, place.sealed == sealed)
        renewed += sql.execute(change.values({place.sealed: fresh})).rowcount
    return renewed, rows[-1][0] if rows else after, len(rows)
