"""Bring a database to the schema that this code expects, or refuse to touch it."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0007"
"""The revision that `tables.py` describes; a test compares the two."""

_LOCK_KEY = 0x6E6F7374726F
"""Held while a schema changes, for any number of processes may start at once. ("nostro")"""

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The database was written by a newer nostro."""


def upgrade(connection: Connection) -> None:
    """Run the missing migrations; raises SchemaTooNew where a newer nostro has been."""
    if current_revision(connection) == HEAD:
        return
    if connection.dialect.name == "postgresql":  # SQLite lets in one writer at a time as it is
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})"))
    current = current_revision(connection)
    if current == HEAD:  # another process was first
        return
    if current is not None and current > HEAD:
        raise SchemaTooNew(
            f"The database has schema {current}, this nostro knows {HEAD}: install the newer release again."
        )
    # Imported here: it costs a third of the start-up, and most starts need no migration.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def current_revision(connection: Connection) -> str | None:
    """Read the schema's revision; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
