"""The migrations make exactly what `tables.py` describes."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import nostro.storage
from nostro.storage.database import Database
from nostro.storage.schema import HEAD, SchemaTooNew, current_revision, upgrade
from nostro.storage.tables import metadata

from .conftest import Run

MIGRATIONS = Path(nostro.storage.__file__).parent / "migrations"


def test_the_migrations_and_the_tables_agree(run: Run[Any]) -> None:
    async def work(database: Database) -> list[Any]:
        return await database.write(
            lambda connection: list(compare_metadata(MigrationContext.configure(connection), metadata))
        )

    assert run(work) == []


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_an_upgraded_database_is_not_touched_again(run: Run[Any]) -> None:
    async def work(database: Database) -> None:
        await database.read(upgrade)  # PostgreSQL refuses any change here
        assert await database.read(current_revision) == HEAD

    run(work)


def test_a_database_of_a_newer_release_is_refused(run: Run[Any]) -> None:
    async def work(database: Database) -> None:
        def jump(connection: Connection) -> None:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

        await database.write(jump)
        assert await database.read(current_revision) == "9999"
        with pytest.raises(SchemaTooNew):
            await database.write(upgrade)

    run(work)
