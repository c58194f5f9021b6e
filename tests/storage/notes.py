"""A table of notes, for tests of the database itself."""

from collections.abc import Callable

from sqlalchemy import Connection, text

from nostro.storage.database import Database


def add(name: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO note VALUES (:name)"), {"name": name})
        return name

    return work


def notes(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM note ORDER BY name")).scalars())


async def make_table(database: Database) -> None:
    await database.write(
        lambda connection: connection.execute(text("CREATE TABLE note (name TEXT UNIQUE)")).close()
    )
