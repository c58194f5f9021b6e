"""SQLite with group commit: one writer thread, and many pieces of work in one durable transaction.

While one fsync is under way, whatever else arrives queues up and shares the next one. WAL with
synchronous=FULL: a commit that was reported survives a power cut (with NORMAL it does not).

Several processes take turns by a lock file, for fairness alone: SQLite's own lock, which keeps them apart, is
won again and again by whoever had it, and of four busy processes the last waited seconds for it.

A file that cannot be trusted any more ends the process (see `_is_beyond_trust`): the next start reads what is
really on the disk, and boot recovery goes on from there.
"""

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from nostro.domain.errors import StoreFailed
from nostro.ports import Halt

T = TypeVar("T")

BATCH_MAX = 256
"""Pieces of work in one transaction; bounds the answer time of the first of them."""


_TURN_POLL_S = 0.0005
_TURN_POLLS_MAX = 2000
"""After a second or more SQLite's own lock decides: whoever has the turn may be stopped, and hold nothing."""


log = structlog.get_logger()


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    done: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


def open_engine(path: Path) -> Engine:
    """Open the file with the pragmas everything here relies on.

    Transactions begin IMMEDIATE or as reads, explicitly.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


class SqliteDatabase:
    """See `Database`. Reads run on the calling thread: in WAL they never wait for the writer."""

    def __init__(self, path: Path, end_process: Halt) -> None:
        """Open or create the file; raises StoreFailed where that is not possible, or the file is damaged."""
        self._path = path
        self._end_process = end_process
        self._engine = open_engine(path)
        with ExitStack() as opened:
            try:
                self._reader = opened.enter_context(self._engine.connect())
                self._reader.execution_options(begin="DEFERRED")
                self._writer_connection = opened.enter_context(self._engine.connect())
                damage = _damage(self._reader)
            except DBAPIError as error:
                if _primary(error) not in _DAMAGED:
                    raise StoreFailed(f"The database {path} cannot be opened: {error.orig}.") from error
                damage = str(error.orig)
            if damage:
                raise StoreFailed(_DAMAGED_WORDS.format(path=path, damage=damage))
            opened.pop_all()
        self._turn = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT, 0o600)
        self._pause = threading.Event()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_forever, name="nostro-writer", daemon=True)
        self._writer.start()

    async def read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._reader.begin():
                return work(self._reader)
        except DBAPIError as error:
            self._end_if_beyond_trust(error)
            raise StoreFailed from error

    async def write(self, work: Callable[[Connection], T]) -> T:
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._jobs.put(job)
        # Shielded: a caller that goes away must not leave the writer with a cancelled future.
        result: T = await asyncio.shield(job.done)
        return result

    async def close(self) -> None:
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        os.close(self._turn)
        self._writer_connection.close()
        self._reader.close()
        self._engine.dispose()

    def _write_forever(self) -> None:
        stopping = False
        while not stopping:
            batch, stopping = self._next_batch()
            if batch:
                self._commit(self._writer_connection, batch)

    def _next_batch(self) -> tuple[list[_Job], bool]:
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == BATCH_MAX:
                return batch, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, connection: Connection, batch: list[_Job]) -> None:
        self._wait_for_turn()
        try:
            with connection.begin():
                for job in batch:
                    self._run(connection, job)
        except DBAPIError as error:
            self._end_if_beyond_trust(error)
            for job in batch:
                job.error = _store_failed(error)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        loop = batch[0].done.get_loop()
        loop.call_soon_threadsafe(_settle, batch)

    def _wait_for_turn(self) -> None:
        for _ in range(_TURN_POLLS_MAX):
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._pause.wait(_TURN_POLL_S)
            else:
                return

    def _run(self, connection: Connection, job: _Job) -> None:
        """Run one job inside its own savepoint, so that its failure undoes it alone."""
        savepoint = connection.begin_nested()
        try:
            job.result = job.work(connection)
        except BaseException as error:  # noqa: BLE001 - handed to the awaiting caller, whatever it is
            if isinstance(error, DBAPIError):
                self._end_if_beyond_trust(error)
            savepoint.rollback()
            job.error = _store_failed(error) if isinstance(error, DBAPIError) else error
        else:
            savepoint.commit()

    def _end_if_beyond_trust(self, error: DBAPIError) -> None:
        if _is_beyond_trust(error):
            log.critical("database_beyond_trust", path=str(self._path), cause=str(error.orig))
            self._end_process()


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SYNC_FAILED = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)

_DAMAGED_WORDS = (
    "The database {path} is damaged: {damage}. Nothing was changed in it."
    " Put back a backup of it, or keep a copy and save what can be read:"
    " sqlite3 {path} .recover | sqlite3 recovered.db"
)


def _is_beyond_trust(error: DBAPIError) -> bool:
    """Say whether nothing may be concluded any more from what this process reads and writes here.

    After a sync that failed, the kernel may take the pages for written: a second one succeeds, and they are
    lost all the same. Damage is not for a running server to work around. Every other failure, a write or a
    read that failed and a full disk among them, undoes one transaction, of which nothing was said to anybody.

    (A sync that fails in a checkpoint SQLite keeps to itself. That is safe: the log stays in use, and the
    next checkpoint writes the same pages anew.)
    """
    return _code(error) in _SYNC_FAILED or _primary(error) in _DAMAGED


def _code(error: DBAPIError) -> int:
    return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK)


def _primary(error: DBAPIError) -> int:
    return _code(error) & 0xFF


def _damage(connection: Connection) -> str:
    """Look at every page, which takes a second or so for each gigabyte; say what is wrong, if anything is."""
    with connection.begin():
        found: str = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    return "" if found == "ok" else " ".join(found.split())


def _settle(batch: list[_Job]) -> None:
    for job in batch:
        if job.done.cancelled():
            continue
        if job.error is not None:
            job.done.set_exception(job.error)
        else:
            job.done.set_result(job.result)


def _store_failed(cause: DBAPIError) -> StoreFailed:
    failure = StoreFailed()
    failure.__cause__ = cause
    return failure
