"""Bring a database to the schema that this code expects, or refuse to touch it."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0001"
"""The revision that `tables.py` describes; a test compares the two."""

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The database was written by a newer nostro."""


def upgrade(connection: Connection) -> None:
    """Run the missing migrations; raises SchemaTooNew where a newer nostro has been."""
    current = current_revision(connection)
    if current == HEAD:
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
