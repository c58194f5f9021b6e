"""Every order of the exchange in memory, and the ways to find one. `ledger.py` holds the same on disk."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order, OrderStatus

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One order, and what only the exchange needs to know of it."""

    order: Order
    account: str
    sequence: int
    """Counts orders from 1, in the sequence of their entry: who comes first is filled first."""
    held: bool = False
    """Waits for its trigger order; also while the order's status is PENDING_CANCEL."""
    triggered: bool = False
    """Its stop price was reached."""
    lapses_at: datetime | None = None
    """When its time in force ends."""
    cancel_due_at: datetime | None = None
    """When its acknowledged cancel is carried out; None while there was none."""
    reserve_per_unit: Decimal = _NOTHING
    """Money set aside for each open unit."""
    group_client_order_id: ClientOrderId | None = None
    """The customer's id of the whole group; set on the group's first order only."""

    @property
    def reserved(self) -> Decimal:
        """Money set aside for what may still fill; nothing while the order is held."""
        return _NOTHING if self.held else self.reserve_per_unit * (self.order.open_quantity or _NOTHING)


class Due(NamedTuple):
    """Something whose time has come."""

    at: datetime
    is_cancel: bool
    """True for a pending cancel, False for the end of the time in force."""
    entry: Entry


class Book:
    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._open_by_symbol: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._by_account: defaultdict[str, list[str]] = defaultdict(list)
        self._by_client_id: dict[tuple[str, str], str] = {}
        self._by_group: defaultdict[str, list[str]] = defaultdict(list)
        self._reserved: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.last_sequence = 0
        self._agenda: list[tuple[datetime, int, int, str]] = []

    def put(self, entry: Entry) -> None:
        """Store a new entry, or what became of a known one."""
        order_id = entry.order.brokerage_order_id
        before = self._entries.get(order_id)
        self._entries[order_id] = entry
        if before is None:
            self._index(entry)
        elif entry.order.status.is_closed:
            for leg in entry.order.legs:
                self._open_by_symbol[leg.instrument.symbol].pop(order_id, None)
        self._reserved[entry.account] += entry.reserved - (before.reserved if before else _NOTHING)
        if entry.cancel_due_at and (before is None or before.cancel_due_at != entry.cancel_due_at):
            heapq.heappush(self._agenda, (entry.cancel_due_at, 0, entry.sequence, order_id))
        if entry.lapses_at and (before is None or before.lapses_at != entry.lapses_at):
            heapq.heappush(self._agenda, (entry.lapses_at, 1, entry.sequence, order_id))

    def _index(self, entry: Entry) -> None:
        order = entry.order
        order_id = order.brokerage_order_id
        self.last_sequence = entry.sequence
        self._by_account[entry.account].append(order_id)
        for client_id in (order.client_order_id, entry.group_client_order_id):
            if client_id is not None:
                self._by_client_id[entry.account, client_id] = order_id
        if order.group_id is not None:
            self._by_group[order.group_id].append(order_id)
        if not order.status.is_closed:
            for leg in order.legs:
                self._open_by_symbol[leg.instrument.symbol][order_id] = None

    def get(self, order_id: str) -> Entry | None:
        return self._entries.get(order_id)

    def by_client_id(self, account: str, client_order_id: str) -> Entry | None:
        """Find the newest order with this id, or the first order of the newest group with it."""
        order_id = self._by_client_id.get((account, client_order_id))
        return self._entries[order_id] if order_id is not None else None

    def of_account(self, account: str) -> Iterator[Entry]:
        """Go through an account's orders, newest first."""
        return (self._entries[order_id] for order_id in reversed(self._by_account[account]))

    def of_group(self, group_id: str) -> list[Entry]:
        return [self._entries[order_id] for order_id in self._by_group[group_id]]

    def open_on(self, symbol: str) -> list[Entry]:
        """List open orders with a leg in `symbol`, oldest first."""
        return [self._entries[order_id] for order_id in self._open_by_symbol[symbol]]

    def first_pending_cancel(self) -> Entry | None:
        """Find the oldest order with an acknowledged cancel that is not carried out yet."""
        planned = (self._entries[order_id] for _, rank, _, order_id in self._agenda if rank == 0)
        pending = (entry for entry in planned if entry.order.status is OrderStatus.PENDING_CANCEL)
        return min(pending, key=lambda entry: entry.sequence, default=None)

    def reserved(self, account: str) -> Decimal:
        """Return the money set aside for the account's open orders."""
        return self._reserved[account]

    def next_due(self, now: datetime) -> Due | None:
        """Take what is due at or before `now`, earliest first; at one moment cancels come before expiries."""
        while self._agenda and self._agenda[0][0] <= now:
            at, rank, _, order_id = heapq.heappop(self._agenda)
            entry = self._entries[order_id]
            still_planned = (entry.cancel_due_at, entry.lapses_at)[rank] == at
            if still_planned and not entry.order.status.is_closed:
                return Due(at, rank == 0, entry)
        return None

    def has_due(self, now: datetime) -> bool:
        return bool(self._agenda) and self._agenda[0][0] <= now
