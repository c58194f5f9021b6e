"""The exchange on disk: one SQLite database of its own.

WAL with synchronous=NORMAL: what was committed survives kill -9 of the process; a power cut may take the last
moments with it. One process at a time writes to a file.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from nostro.domain.ids import BrokerageOrderId
from nostro.sim.book import Entry
from nostro.sim.instruments import Prices
from nostro.sim.money import AccountState

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (number TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS orders (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS quotes (symbol TEXT PRIMARY KEY, bid TEXT, ask TEXT, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS truth (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, operation TEXT NOT NULL,
    brokerage_order_id TEXT, status TEXT, detail TEXT NOT NULL
);
"""
_EMPTY = (
    "DELETE FROM meta",
    "DELETE FROM accounts",
    "DELETE FROM orders",
    "DELETE FROM quotes",
    "DELETE FROM truth",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthEntry:
    """One line of the truth log."""

    seq: int
    """Counts from 1 without gaps."""
    at: str
    """Exchange time, ISO 8601, UTC."""
    event: str
    """`request_received`, `reply_sent` or `order_changed`."""
    operation: str
    """Of requests and replies: `cancel`, `place`, `replace`, `look_up`, `list` or `read`. Of changes what
    caused them: `cancel`, `place`, `replace`, `fill`, `reject`, `expire`, `trigger` (its stop was reached) or
    `activate` (its trigger order was filled)."""
    brokerage_order_id: str | None
    """None where a request names no order."""
    status: str | None
    """For a change the order's status after it; for a reply its HTTP status; None for a request."""
    detail: Mapping[str, object]


TRUTH_MAX = 1_000_000
"""Lines of the truth log that are kept, of three for a cancel: some 150 MB. A sandbox may run for months."""

_FORGET_EVERY = 1000


class LedgerInUse(OSError):
    """Another process keeps this exchange's book."""


class Ledger:
    """Writes are collected until `commit`; reads see them at once."""

    def __init__(self, path: str | Path, *, truth_max: int = TRUTH_MAX) -> None:
        """Open or create the file at `path`; `:memory:` keeps everything in this process only.

        The book is in memory too, so the file belongs to one process at a time: raises LedgerInUse.
        """
        self._truth_max = truth_max
        self._db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=1.0)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")  # until this process ends, however it ends
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("BEGIN EXCLUSIVE")
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._db.close()
            raise LedgerInUse(f"{path} is in use by another process, or not a database: {error}.") from error
        self._db.executescript(_SCHEMA)
        self._read_entry = msgspec.json.Decoder(Entry)
        self._read_account = msgspec.json.Decoder(AccountState)

    def close(self) -> None:
        self._db.close()

    def commit(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def rollback(self) -> bool:
        """Forget what was written since the last commit; False when there was nothing."""
        if not self._db.in_transaction:
            return False
        self._db.execute("ROLLBACK")
        return True

    def wipe(self) -> None:
        for statement in _EMPTY:
            self._write(statement)

    def get_meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str) -> None:
        self._write("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def save_account(self, account: AccountState) -> None:
        self._write(
            "INSERT INTO accounts VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET body = excluded.body",
            account.number,
            msgspec.json.encode(account),
        )

    def accounts(self) -> list[AccountState]:
        """Read all accounts in the sequence of their opening."""
        rows = self._db.execute("SELECT body FROM accounts ORDER BY rowid")
        return [self._read_account.decode(body) for (body,) in rows]

    def save_entry(self, entry: Entry) -> None:
        self._write("INSERT OR REPLACE INTO orders VALUES (?, ?)", entry.sequence, msgspec.json.encode(entry))

    def entries(self) -> Iterator[Entry]:
        """Read all orders in the sequence of their entry."""
        for (body,) in self._db.execute("SELECT body FROM orders ORDER BY sequence"):
            yield self._read_entry.decode(body)

    def save_quote(self, symbol: str, prices: Prices, at: datetime) -> None:
        bid, ask = (None if price is None else str(price) for price in prices)
        self._write("INSERT OR REPLACE INTO quotes VALUES (?, ?, ?, ?)", symbol, bid, ask, at.isoformat())

    def quotes(self) -> Iterator[tuple[str, Prices, datetime]]:
        """Read symbol, prices and time of every quote that was ever set."""
        for symbol, bid, ask, at in self._db.execute("SELECT symbol, bid, ask, at FROM quotes"):
            prices = Prices(*(None if price is None else Decimal(price) for price in (bid, ask)))
            yield symbol, prices, datetime.fromisoformat(at)

    def log(
        self,
        at: datetime,
        event: str,
        operation: str,
        brokerage_order_id: BrokerageOrderId | str | None,
        status: str | None,
        detail: Mapping[str, object],
    ) -> None:
        """Append to the truth log; the fields are TruthEntry's. The oldest lines give way to the newest."""
        seq = self._write(
            "INSERT INTO truth (at, event, operation, brokerage_order_id, status, detail)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            at.isoformat(),
            event,
            operation,
            brokerage_order_id,
            status,
            json.dumps(detail),
        )
        if seq % _FORGET_EVERY == 0:
            self._write("DELETE FROM truth WHERE seq <= ?", seq - self._truth_max)

    def truth(self, after_seq: int = 0) -> list[TruthEntry]:
        rows = self._db.execute(
            "SELECT seq, at, event, operation, brokerage_order_id, status, detail FROM truth"
            " WHERE seq > ? ORDER BY seq",
            (after_seq,),
        )
        return [
            TruthEntry(
                seq=seq,
                at=at,
                event=event,
                operation=operation,
                brokerage_order_id=order_id,
                status=status,
                detail=json.loads(detail),
            )
            for seq, at, event, operation, order_id, status, detail in rows
        ]

    def _write(self, sql: str, *values: object) -> int:
        """Run it inside the open transaction; return the number of the row that it inserted, if it did."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        return self._db.execute(sql, values).lastrowid or 0
