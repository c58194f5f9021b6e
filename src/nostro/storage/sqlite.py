"""SQLite with group commit: one writer thread, and many pieces of work in one durable transaction.

While one fsync is under way, whatever else arrives queues up and shares the next one. WAL with
synchronous=FULL: a commit that was reported survives a power cut (with NORMAL it does not).

Several processes take turns by a lock file, for fairness alone: SQLite's own lock, which keeps them apart, is
won again and again by whoever had it, and of four busy processes the last waited seconds for it.
"""

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from nostro.domain.errors import StoreFailed

T = TypeVar("T")

BATCH_MAX = 256
"""Pieces of work in one transaction; bounds the answer time of the first of them."""


_TURN_POLL_S = 0.0005
_TURN_POLLS_MAX = 2000
"""After a second or more SQLite's own lock decides: whoever has the turn may be stopped, and hold nothing."""


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

    def __init__(self, path: Path) -> None:
        """Open or create the file; raises StoreFailed where that is not possible."""
        self._engine = open_engine(path)
        try:
            self._reader = self._engine.connect().execution_options(begin="DEFERRED")
        except DBAPIError as error:
            raise StoreFailed(f"The database {path} cannot be opened: {error.orig}.") from error
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
        self._reader.close()
        self._engine.dispose()

    def _write_forever(self) -> None:
        with self._engine.connect() as connection:
            while True:
                batch, stopping = self._next_batch()
                if batch:
                    self._commit(connection, batch)
                if stopping:
                    return

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
            savepoint.rollback()
            job.error = _store_failed(error) if isinstance(error, DBAPIError) else error
        else:
            savepoint.commit()


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
