"""Empty the database. For sandboxes."""

from sqlalchemy import Connection, delete

from nostro.storage.database import Database
from nostro.storage.tables import metadata


async def forget_everything(database: Database) -> None:
    """Delete every row of every table."""

    def work(connection: Connection) -> None:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))

    await database.write(work)
