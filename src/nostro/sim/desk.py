"""The customers' side of the exchange: what an account's owner can ask for. Every call is one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order, OrderStatus
from nostro.domain.place import NewGroup, NewOrder, Preview, Replacement
from nostro.sim.book import Entry
from nostro.sim.floor import Floor, Seat, open_floor, utc
from nostro.sim.groups import check_group
from nostro.sim.instruments import listed_instruments, resolve
from nostro.sim.ledger import Ledger
from nostro.sim.money import AccountState, cash_change
from nostro.sim.refusals import CancelAlreadyPending, OrderClosed, Refused, UnknownAccount, UnknownOrder
from nostro.sim.trading_day import next_roll


class Desk:
    """`str()` of every Refused is a sentence for whoever asked; after one, nothing has changed."""

    def __init__(
        self,
        ledger: Ledger,
        now: Callable[[], datetime],
        seed: int = 0,
        shape_id: Callable[[UUID], str] = str,
    ) -> None:
        """Go on where `ledger` ends; `seed` is used only when it is empty. `now` gives aware times.

        `shape_id` gives the ids that are made their form; what it gives must be as good as unique.
        """
        self._ledger = ledger
        self._now = now
        if ledger.get_meta("seed") is None:
            open_floor(ledger, seed, utc(now()))
            ledger.commit()
        self._shape_id = shape_id
        self._floor = Floor(ledger, shape_id)

    def now(self) -> datetime:
        """Return the exchange's own time, aware UTC: the clock's plus all that `advance` added."""
        return utc(self._now()) + self._floor.offset

    # Orders

    def place(self, number: str, new: NewOrder, *, order_id: str | None = None) -> Order:
        """Take an order; raises Refused. The answer shows it after everything it could do at once.

        `order_id` None makes one; a given one must be free.
        """
        with self._writing() as now:
            self._account(number)
            if order_id is not None and self._floor.book.get(order_id) is not None:
                raise Refused(f"There is an order {order_id} already.")
            entry = self._floor.begin(self._floor.draft(number, new, now, order_id=order_id))
            self._floor.check_funds([entry])
            self._floor.enter([entry], now, "place")
            return self._entry(entry.order.brokerage_order_id).order

    def place_group(self, number: str, group: NewGroup) -> tuple[Order, ...]:
        """Take all orders of a group, or none; raises Refused."""
        with self._writing() as now:
            self._account(number)
            check_group(group)
            group_id = self._floor.make_group_id()
            drafts = [
                self._floor.draft(
                    number, member.order, now, ahead=index, seat=Seat(group_id, group.type, member.role)
                )
                for index, member in enumerate(group.members)
            ]
            drafts[0] = replace(drafts[0], group_client_order_id=group.client_order_id)
            entries = [entry if entry.held else self._floor.begin(entry) for entry in drafts]
            self._floor.check_funds([entry for entry in entries if not entry.held])
            self._floor.enter(entries, now, "place")
            return tuple(self._entry(entry.order.brokerage_order_id).order for entry in entries)

    def replace(
        self,
        number: str,
        order_id: str,
        terms: Replacement,
        *,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Give an open order new terms: a successor under a new id, and the old one REPLACED.

        `terms.quantity` counts the successor's own units; None takes over what is open. The successor's
        client order id is the old one's where none is given. Raises Refused.
        """
        with self._writing() as now:
            old = self._cancelable(number, order_id)
            entry = self._floor.draft_successor(old, terms, now, client_order_id)
            if not entry.held:
                entry = self._floor.begin(entry)
                self._floor.check_funds([entry], released=old.reserved)
            successor_id = entry.order.brokerage_order_id
            replaced = replace(
                old.order, status=OrderStatus.REPLACED, replaced_by=successor_id, updated_at=now
            )
            self._floor.change(replace(old, order=replaced), "replace", "replaced")
            self._floor.enter([entry], now, "replace")
            return self._entry(successor_id).order

    def amend(self, number: str, order_id: str, terms: Replacement) -> Order:
        """Give an open order new terms under its own id; raises Refused.

        `terms.quantity` counts what is filled, too, and is above it; None keeps the old one.
        """
        with self._writing() as now:
            old = self._cancelable(number, order_id)
            filled = old.order.filled_quantity
            left = None if terms.quantity is None else terms.quantity - filled
            entry = self._floor.draft_successor(old, replace(terms, quantity=left), now, None)
            if not old.held:
                entry = self._floor.begin(entry)
                self._floor.check_funds([entry], released=old.reserved)
            drafted = entry.order
            order = replace(
                old.order,
                order_type=drafted.order_type,
                time_in_force=drafted.time_in_force,
                quantity=None if drafted.quantity is None else drafted.quantity + filled,
                limit_price=drafted.limit_price,
                stop_price=drafted.stop_price,
                updated_at=now,
                expires_at=drafted.expires_at,
            )
            amended = replace(
                old, order=order, lapses_at=entry.lapses_at, reserve_per_unit=entry.reserve_per_unit
            )
            self._floor.change(amended, "replace", "amended")
            self._floor.work_if_open(order.brokerage_order_id, now, "replace")
            return self._entry(order_id).order

    def request_cancel(self, number: str, order_id: str) -> Order:
        """Cancel at once; raises UnknownOrder, OrderClosed or CancelAlreadyPending."""
        with self._writing() as now:
            entry = self._cancelable(number, order_id)
            return self._floor.close(entry, OrderStatus.CANCELED, now, "cancel", "requested").order

    def acknowledge_cancel(self, number: str, order_id: str, delay_s: float | None = None) -> Order:
        """Take a cancel without carrying it out; the order is PENDING_CANCEL and may still fill.

        It is carried out after `delay_s` seconds of exchange time (None: not by itself), at the next roll at
        the latest. Raises as `request_cancel`.
        """
        with self._writing() as now:
            entry = self._cancelable(number, order_id)
            due = next_roll(now)
            if delay_s is not None:
                due = min(due, now + timedelta(seconds=delay_s))
            order = replace(entry.order, status=OrderStatus.PENDING_CANCEL, updated_at=now)
            entry = replace(entry, order=order, cancel_due_at=due)
            return self._floor.change(entry, "cancel", "acknowledged").order

    def preview(self, number: str, new: NewOrder) -> Preview:
        """Say what an order would cost; raises Refused as `place` would."""
        self._catch_up()
        account = self._account(number)
        entry = self._floor.begin(self._floor.draft(number, new, self.now()))
        self._floor.check_funds([entry])
        change = cash_change(entry.order, self._floor.touch(entry.order))
        return Preview(cash_change=change, commission=Decimal(0), remaining_cash=account.cash + change)

    def order(self, number: str, order_id: str) -> Order:
        """Show one order of the account; raises UnknownOrder, for another account's order too."""
        self._catch_up()
        return self._own_entry(number, order_id).order

    def find_client_order(self, number: str, client_order_id: str) -> Order:
        """Show the newest order with this client order id, or the first of a group; raises UnknownOrder."""
        self._catch_up()
        entry = self._floor.book.by_client_id(number, client_order_id)
        if entry is None:
            raise UnknownOrder(client_order_id)
        return entry.order

    def orders(self, number: str, since: datetime) -> list[Order]:
        """List all open orders and the closed ones updated at or after `since`, newest first."""
        self._catch_up()
        self._account(number)
        orders = (entry.order for entry in self._floor.book.of_account(number))
        return [order for order in orders if not order.status.is_closed or order.updated_at >= since]

    # Everything else

    def accounts(self, owner: str) -> list[BrokerageAccount]:
        """List the accounts of the customer with this API key; empty for an unknown key."""
        return [
            BrokerageAccount(number=account.number, name=account.name, is_paper=True)
            for account in self._floor.accounts.values()
            if account.owner == owner
        ]

    def balance(self, number: str) -> Balance:
        self._catch_up()
        cash = self._account(number).cash
        return Balance(currency="USD", cash=cash, buying_power=self._floor.buying_power(number))

    def positions(self, number: str) -> list[Position]:
        self._catch_up()
        return [
            Position(
                instrument=holding.instrument,
                quantity=holding.quantity,
                average_price=holding.average_price,
                last_price=self._floor.quote(holding.instrument).last,
            )
            for holding in self._account(number).holdings.values()
        ]

    def quotes(self, symbols: Sequence[str]) -> list[Quote]:
        """List quotes of those symbols that are known."""
        today = self.now().date()
        found = (resolve(symbol, today) for symbol in symbols)
        return [self._floor.quote(instrument) for instrument in found if instrument is not None]

    def instruments(self) -> list[Instrument]:
        """List what is traded, without option series."""
        return listed_instruments()

    # Within

    @contextmanager
    def _writing(self) -> Iterator[datetime]:
        """Open a transaction. What is due is done and kept first, whatever becomes of the change."""
        self._catch_up()
        with self._transaction():
            yield self.now()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            yield
            self._ledger.commit()
        except BaseException:
            if self._ledger.rollback():
                self._floor = Floor(self._ledger, self._shape_id)
            raise

    def _catch_up(self) -> None:
        now = self.now()
        if self._floor.book.has_due(now):
            with self._transaction():
                self._floor.catch_up(now)

    def _account(self, number: str) -> AccountState:
        account = self._floor.accounts.get(number)
        if account is None:
            raise UnknownAccount(number)
        return account

    def _entry(self, order_id: str) -> Entry:
        entry = self._floor.book.get(order_id)
        if entry is None:
            raise UnknownOrder(order_id)
        return entry

    def _own_entry(self, number: str, order_id: str) -> Entry:
        self._account(number)
        entry = self._floor.book.get(order_id)
        if entry is None or entry.account != number:
            raise UnknownOrder(order_id)
        return entry

    def _cancelable(self, number: str, order_id: str) -> Entry:
        entry = self._own_entry(number, order_id)
        if entry.order.status.is_closed:
            raise OrderClosed(entry.order)
        if entry.order.status is OrderStatus.PENDING_CANCEL:
            raise CancelAlreadyPending(entry.order)
        return entry
