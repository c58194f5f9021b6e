"""A real SQLite database with the real schema."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nostro.storage.schema import upgrade
from nostro.storage.sqlite import SqliteDatabase

T = TypeVar("T")

Run = Callable[[Callable[[SqliteDatabase], Coroutine[Any, Any, T]]], T]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(path)
    try:
        await database.write(upgrade)
        yield database
    finally:
        await database.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nostro.db"


@pytest.fixture
def run(path: Path) -> Run[Any]:
    """Run a coroutine function on the open database."""

    def runner(work: Callable[[SqliteDatabase], Coroutine[Any, Any, Any]]) -> Any:
        async def main() -> Any:
            async with opened(path) as database:
                return await work(database)

        return asyncio.run(main())

    return runner
