"""PostgreSQL with group commit: for many server processes, on one machine or on many.

Whatever arrives while a commit is under way shares the next one. In a batch each piece of work has its own
savepoint, and none waits long for a row that another transaction holds: it is put off, and then runs in a
transaction of its own, in which it holds nothing that the other could be waiting for. So two batches that
touch the same rows in different order do not block each other.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it has no annotations
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from nostro.domain.errors import StoreFailed
from nostro.ports import Ids, Tasks
from nostro.storage import schema
from nostro.storage.port import CLAIM_VALID_S, MemberId

T = TypeVar("T")

BATCH_MAX = 64
"""Pieces of work in one transaction; bounds the answer time of the first of them."""

WRITERS = 2
"""While one waits for its commit to reach the disk, the other runs the next batch."""

READERS = 8

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
"""How long one statement may take before the database counts as not answering."""

PING_TIMEOUT_S = 2.0

_LOCK_WAIT_IN_BATCH_MS = 50
_LOCK_WAIT_MS = 5000
_RERUNS_MAX = 3
_LOCK_NOT_AVAILABLE, _DEADLOCK = "55P03", "40P01"

_SESSION = {
    "application_name": "nostro",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "lock_timeout": str(_LOCK_WAIT_MS),
    # A machine that loses its power is noticed within about ten seconds.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
"""What everything here relies on, whatever the database's own defaults are."""

_DURABLE_ONLY_IF_ON = ("fsync", "full_page_writes")
"""Of the whole server: no session can set them."""
_CONSEQUENCE = "a power cut can damage this database, and cancels in it be forgotten: turn it on"

_FAILURES = (
    DBAPIError,
    PoolTimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # also raised while the end of a connection is only half read
    OSError,
    TimeoutError,
)


log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[Connection], Any]
    done: "asyncio.Future[Any]"
    result: Any = None
    error: Exception | None = None


async def _connect(url: str, command_timeout_s: float | None = COMMAND_TIMEOUT_S) -> Any:
    return await asyncpg.connect(
        url, timeout=CONNECT_TIMEOUT_S, command_timeout=command_timeout_s, server_settings=_SESSION
    )


def _open_engine(url: str, size: int) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: _connect(url),
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,  # no secret in an error message
        pool_pre_ping=True,  # what broke while nobody used it is replaced before anybody does
    )


async def upgrade(url: str) -> None:
    """Bring the database to the schema that this code expects, however long it takes.

    Raises SchemaTooNew, StoreFailed.
    """
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: _connect(url, command_timeout_s=None)
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(schema.upgrade)
    except _FAILURES as error:
        raise StoreFailed(f"The database cannot be opened: {error}.") from error
    finally:
        await engine.dispose()


async def warn_unless_durable(url: str) -> None:
    """Log whatever keeps the database from surviving a power cut though each commit waits for the disk.

    A warning, and no refusal: a disk may promise what full pages are for, and a test may not care.
    """
    try:
        connection = await _connect(url)
        try:
            for name in _DURABLE_ONLY_IF_ON:
                if await connection.fetchval(f"SHOW {name}") != "on":
                    log.warning("database_not_durable", setting=name, consequence=_CONSEQUENCE)
        finally:
            await connection.close()
    except _FAILURES as error:
        raise StoreFailed from error


class PostgresDatabase:
    """See `Database`. Connects on first use, and again whenever a connection was lost."""

    def __init__(self, url: str) -> None:
        """`url` is `postgresql://user:password@host/name`, and whatever else libpq takes there."""
        self._readers = _open_engine(url, READERS).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._writers = _open_engine(url, WRITERS)
        self._jobs: deque[_Job] = deque()
        self._tasks = Tasks()
        self._writing = 0

    async def read(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._readers.connect() as connection:
                return await connection.run_sync(work)
        except _FAILURES as error:
            raise StoreFailed from error

    async def write(self, work: Callable[[Connection], T]) -> T:
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if self._writing < WRITERS:
            self._writing += 1
            self._tasks.start(self._write_all(), name="write")
        # Shielded: a caller that goes away must not leave the writer with a cancelled future.
        result: T = await asyncio.shield(job.done)
        return result

    async def close(self) -> None:
        await self._tasks.drain(COMMAND_TIMEOUT_S)
        await self._readers.dispose()
        await self._writers.dispose()

    async def _write_all(self) -> None:
        try:
            while self._jobs:
                batch = [self._jobs.popleft() for _ in range(min(len(self._jobs), BATCH_MAX))]
                alone = batch if len(batch) == 1 else await self._commit_together(batch)
                for job in alone:
                    await self._commit_alone(job)
        finally:
            self._writing -= 1

    async def _commit_together(self, batch: list[_Job]) -> list[_Job]:
        """Run the batch in one transaction, settle it once that is durable, and return what is put off."""
        put_off: list[_Job] = []
        try:
            async with self._writers.begin() as connection:
                put_off = await connection.run_sync(_run_each, batch)
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody may wait for ever
            put_off = []
            for job in batch:
                job.error = _store_failed(error)
        for job in batch:
            if job not in put_off:
                _settle(job)
        return put_off

    async def _commit_alone(self, job: _Job) -> None:
        for _ in range(_RERUNS_MAX):
            job.error = None
            try:
                async with self._writers.begin() as connection:
                    job.result = await connection.run_sync(job.work)
            except Exception as error:  # noqa: BLE001 - handed to the awaiting caller, whatever it is
                job.error = _told(error)
                if _sqlstate(error) == _DEADLOCK:
                    continue
            break
        _settle(job)


def _run_each(connection: Connection, batch: list[_Job]) -> list[_Job]:
    """Run each job inside its own savepoint, so that its failure undoes it alone; return what to put off."""
    connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_WAIT_IN_BATCH_MS}"))
    put_off = []
    for job in batch:
        savepoint = connection.begin_nested()
        try:
            job.result = job.work(connection)
            savepoint.commit()
        except Exception as error:
            if connection.invalidated:
                raise  # with the connection all of the batch is gone
            savepoint.rollback()
            if _sqlstate(error) in (_LOCK_NOT_AVAILABLE, _DEADLOCK):
                put_off.append(job)
            else:
                job.error = _told(error)
    return put_off


def _settle(job: _Job) -> None:
    if job.done.cancelled():
        return
    if job.error is not None:
        job.done.set_exception(job.error)
    else:
        job.done.set_result(job.result)


def _told(error: Exception) -> Exception:
    return _store_failed(error) if isinstance(error, _FAILURES) else error


def _store_failed(cause: Exception) -> StoreFailed:
    failure = StoreFailed()
    failure.__cause__ = cause
    return failure


def _sqlstate(error: Exception) -> str | None:
    return getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None


class PostgresMembers:
    """See `storage.port.Members`: each member holds an advisory lock on a connection of its own.

    Whoever loses that connection is gone for the others, though it may live; it goes on under a new id.
    """

    goes_on_s = CLAIM_VALID_S + 1.0

    def __init__(self, url: str, ids: Ids) -> None:
        """`url` must lead to the database itself: a pooler that shares sessions would lose the lock."""
        self._url = url
        self._ids = ids
        self._me = MemberId("")
        self._connection: Any = None
        self._turn = asyncio.Lock()

    def me(self) -> MemberId:
        if self._connection is None or self._connection.is_closed():
            raise StoreFailed
        return self._me

    async def enter(self) -> None:
        async with self._turn:
            if await self._is_connected():
                return
            try:
                connection = await _connect(self._url)
                me = MemberId(self._ids.uuid())
                await connection.execute("SELECT pg_advisory_lock($1)", _lock_key(me))
            except _FAILURES as error:
                raise StoreFailed from error
            self._connection, self._me = connection, me

    async def is_gone(self, member: MemberId) -> bool:
        async with self._turn:
            self.me()
            if member == self._me:
                return False
            try:
                # Shared, and let go of at once: two that ask must not take each other for the owner.
                is_free: bool = await self._connection.fetchval(
                    "SELECT pg_try_advisory_xact_lock_shared($1)", _lock_key(member)
                )
            except _FAILURES as error:
                raise StoreFailed from error
            return is_free

    async def leave(self) -> None:
        async with self._turn:
            if self._connection is not None:
                self._connection.terminate()
                self._connection = None

    async def _is_connected(self) -> bool:
        if self._connection is None or self._connection.is_closed():
            return False
        try:
            await self._connection.execute("SELECT 1", timeout=PING_TIMEOUT_S)
        except _FAILURES:
            self._connection.terminate()
            return False
        return True


def _lock_key(member: MemberId) -> int:
    return int.from_bytes(hashlib.sha256(member.encode()).digest()[:8], signed=True)
