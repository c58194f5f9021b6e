"""The trading floor: the steps an order goes through, each written to the book, the ledger and the truth log.

Everything here happens inside a transaction that `exchange.py` opens and commits.
"""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from nostro.domain.account import Quote
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import Instrument
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Order,
    OrderStatus,
    OrderType,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewLeg, NewOrder, Replacement
from nostro.sim.book import Book, Entry
from nostro.sim.groups import begins_held, consequences
from nostro.sim.instruments import Prices, opening_prices, resolve
from nostro.sim.ledger import Ledger
from nostro.sim.matching import LegPrices, limit_allows, net, stop_reached, touch
from nostro.sim.money import AccountState, needed, reserve_per_unit, settle, units_for
from nostro.sim.refusals import InsufficientFunds, Refused
from nostro.sim.terms import check_order
from nostro.sim.trading_day import day_order_lapses_at

_MUST_TRADE_AT_ONCE = (TimeInForce.FOK, TimeInForce.IOC)


class Seat(NamedTuple):
    """An order's place in a group."""

    group_id: str
    group_type: GroupType
    role: GroupRole


def open_floor(ledger: Ledger, seed: int, at: datetime) -> None:
    """Empty the ledger and begin anew; the caller commits."""
    ledger.wipe()
    ledger.set_meta("seed", str(seed))
    ledger.set_meta("opened_at", at.isoformat())


class Floor:
    """All state of the exchange, read from its ledger."""

    def __init__(self, ledger: Ledger, shape_id: Callable[[uuid.UUID], str]) -> None:
        """`shape_id` gives ids of orders and groups their form."""
        self._ledger = ledger
        self._shape_id = shape_id
        self.book = Book()
        self.accounts = {account.number: account for account in ledger.accounts()}
        self._quotes = {symbol: (prices, at) for symbol, prices, at in ledger.quotes()}
        self.seed = int(ledger.get_meta("seed") or 0)
        self.opened_at = datetime.fromisoformat(ledger.get_meta("opened_at") or "1970-01-01T00:00:00+00:00")
        self.offset = timedelta(microseconds=int(ledger.get_meta("offset_us") or 0))
        for entry in ledger.entries():
            self.book.put(entry)

    def move_clock(self, by: timedelta) -> None:
        self.offset += by
        self._ledger.set_meta("offset_us", str(self.offset // timedelta(microseconds=1)))

    def save_account(self, account: AccountState) -> None:
        self.accounts[account.number] = account
        self._ledger.save_account(account)

    # Prices

    def prices(self, symbol: str) -> Prices:
        """Return the current prices of a symbol as `resolve` spells it."""
        if symbol in self._quotes:
            return self._quotes[symbol][0]
        instrument = resolve(symbol, self.opened_at.date())
        return opening_prices(self.seed, instrument) if instrument else Prices(None, None)

    def quote(self, instrument: Instrument) -> Quote:
        prices = self.prices(instrument.symbol)
        sides = [side for side in prices if side is not None]
        _, at = self._quotes.get(instrument.symbol, (prices, self.opened_at))
        return Quote(
            instrument=instrument,
            bid=prices.bid,
            ask=prices.ask,
            last=sum(sides, Decimal(0)) / len(sides) if sides else None,
            at=at,
        )

    def set_prices(self, symbol: str, prices: Prices, at: datetime) -> None:
        self._quotes[symbol] = (prices, at)
        self._ledger.save_quote(symbol, prices, at)

    def touch(self, order: Order) -> LegPrices | None:
        return touch(order, self.prices)

    # Drafts: entries that nobody has seen yet

    def make_group_id(self) -> str:
        """Name the group whose first order comes next."""
        return self._make_id("group", self.book.last_sequence + 1)

    def _make_id(self, kind: str, sequence: int) -> str:
        """Make an id that follows from the seed; `kind` keeps orders and groups apart."""
        digest = hashlib.sha256(f"{self.seed}:{kind}:{sequence}".encode()).digest()
        return self._shape_id(uuid.UUID(bytes=digest[:16], version=4))

    def draft(
        self,
        number: str,
        new: NewOrder,
        now: datetime,
        *,
        order_id: str | None = None,
        ahead: int = 0,
        seat: Seat | None = None,
    ) -> Entry:
        """Check an order and make its entry, the next but `ahead`; raises Refused."""
        today = now.date()
        legs = check_order(new, lambda symbol: resolve(symbol, today), now)
        sequence = self.book.last_sequence + 1 + ahead
        held = seat is not None and begins_held(seat.group_type, seat.role)
        is_even = new.price_effect is PriceEffect.EVEN and new.order_type is OrderType.LIMIT
        order = Order(
            brokerage_order_id=BrokerageOrderId(order_id or self._make_id("order", sequence)),
            client_order_id=new.client_order_id,
            status=OrderStatus.HELD if held else OrderStatus.NEW,
            order_type=new.order_type,
            time_in_force=new.time_in_force,
            legs=legs,
            quantity=new.quantity,
            notional=new.notional,
            limit_price=Decimal(0) if is_even else new.limit_price,
            stop_price=new.stop_price,
            price_effect=new.price_effect,
            extended_hours=new.extended_hours,
            placed_at=now,
            updated_at=now,
            expires_at=new.expires_at,
            group_id=seat.group_id if seat else None,
            group_type=seat.group_type if seat else None,
            group_role=seat.role if seat else None,
        )
        return Entry(order=order, account=number, sequence=sequence, held=held, lapses_at=new.expires_at)

    def draft_successor(
        self, old: Entry, terms: Replacement, now: datetime, client_order_id: ClientOrderId | None
    ) -> Entry:
        """Make the entry that takes the place of `old` under new terms; raises Refused."""
        order = old.order
        is_limited = terms.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        is_stopped = terms.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
        new = NewOrder(
            legs=tuple(
                NewLeg(
                    symbol=leg.instrument.symbol,
                    side=leg.side,
                    position_effect=leg.position_effect,
                    ratio=leg.ratio,
                )
                for leg in order.legs
            ),
            order_type=terms.order_type,
            time_in_force=terms.time_in_force,
            quantity=order.open_quantity if terms.quantity is None else terms.quantity,
            limit_price=order.limit_price if terms.limit_price is None and is_limited else terms.limit_price,
            stop_price=order.stop_price if terms.stop_price is None and is_stopped else terms.stop_price,
            price_effect=order.price_effect,
            extended_hours=order.extended_hours,
            expires_at=order.expires_at if terms.time_in_force is TimeInForce.GTD else None,
            client_order_id=client_order_id or order.client_order_id or ClientOrderId(""),
        )
        entry = self.draft(old.account, new, now)
        successor = replace(
            entry.order,
            status=OrderStatus.HELD if old.held else OrderStatus.NEW,
            group_id=order.group_id,
            group_type=order.group_type,
            group_role=order.group_role,
            replaces=order.brokerage_order_id,
        )
        groups = None if client_order_id else old.group_client_order_id
        return replace(entry, order=successor, held=old.held, group_client_order_id=groups)

    # Steps

    def change(self, entry: Entry, operation: str, why: str, price: Decimal | None = None) -> Entry:
        """Store what became of an order, and log it."""
        order = entry.order
        self.book.put(entry)
        self._ledger.save_entry(entry)
        detail = {
            "filled_quantity": f"{order.filled_quantity:f}",
            "canceled_quantity": f"{order.canceled_quantity:f}",
            "why": why,
        }
        if price is not None:
            detail["price"] = f"{price:f}"
        if order.group_id is not None:
            detail["group_id"] = order.group_id
        self._ledger.log(
            order.updated_at, "order_changed", operation, order.brokerage_order_id, order.status.value, detail
        )
        return entry

    def enter(self, entries: Sequence[Entry], now: datetime, operation: str) -> None:
        """Put new entries into the book, then let each trade what it can."""
        for entry in entries:
            self.change(entry, operation, "entered")
        for entry in entries:
            self.work_if_open(entry.order.brokerage_order_id, now, operation)

    def check_funds(self, entries: Sequence[Entry], released: Decimal = Decimal(0)) -> None:
        """Raise Refused when an account's new orders cannot be paid from its buying power plus `released`."""
        need = Decimal(0)
        for entry in entries:
            prices = self.touch(entry.order)
            if prices is None and entry.order.order_type is OrderType.MARKET:
                raise Refused("Nobody quotes the other side of this market order.")
            need += needed(entry.order, prices)
        available = self.buying_power(entries[0].account) + released
        if need > available:
            raise InsufficientFunds(need, available)

    def buying_power(self, number: str) -> Decimal:
        account = self.accounts[number]
        return account.cash - self.book.reserved(number) - account.margin

    def begin(self, entry: Entry) -> Entry:
        """Let an order begin to work: money is set aside, and its day begins with `updated_at`."""
        order = entry.order
        lapses_at = order.expires_at
        if order.time_in_force is TimeInForce.DAY:
            lapses_at = day_order_lapses_at(order.updated_at)
        return replace(
            entry,
            held=False,
            lapses_at=lapses_at,
            reserve_per_unit=reserve_per_unit(order, self.touch(order)),
        )

    def work(self, entry: Entry, at: datetime, operation: str) -> None:
        """Trade what an open order can trade at the current quote."""
        order = entry.order
        prices = self.touch(order)
        tradable = prices is not None
        if prices is not None:
            price = net(order, prices)
            if not entry.triggered and not stop_reached(order, price):
                return
            if order.stop_price is not None and not entry.triggered:
                order = replace(order, updated_at=at)
                entry = self.change(
                    replace(entry, order=order, triggered=True), "trigger", "its stop was reached"
                )
            tradable = limit_allows(order, price)
        if prices is not None and tradable:
            self.fill(entry, self._units_left(order, prices), prices, at, operation, "the quote reached it")
        elif order.time_in_force in _MUST_TRADE_AT_ONCE:
            self.close(entry, OrderStatus.CANCELED, at, operation, "it could not be filled at once")
        elif order.order_type is OrderType.MARKET:
            self.close(entry, OrderStatus.CANCELED, at, operation, "nobody quotes the other side")

    def _units_left(self, order: Order, prices: LegPrices) -> Decimal:
        if order.open_quantity is not None:
            return order.open_quantity
        return units_for(order.notional or Decimal(0), order.legs[0].instrument, prices[0])

    def fill(
        self, entry: Entry, units: Decimal, prices: LegPrices, at: datetime, operation: str, why: str
    ) -> None:
        """Trade `units` of the order at `prices`; with the last unit its group hears of it."""
        order = entry.order
        before, after = order.filled_quantity, order.filled_quantity + units
        account = self.accounts[entry.account]
        for leg, price in zip(order.legs, prices, strict=True):
            bought = units * leg.ratio if leg.side is Side.BUY else -units * leg.ratio
            account = settle(account, leg.instrument, bought, price)
        quantity = units if order.quantity is None else order.quantity
        status = order.status if order.status is OrderStatus.PENDING_CANCEL else OrderStatus.PARTIALLY_FILLED
        price = net(order, prices)
        filled = replace(
            order,
            status=OrderStatus.FILLED if after == quantity else status,
            quantity=quantity,
            filled_quantity=after,
            average_price=_blend(order.average_price, before, price, units),
            legs=tuple(
                replace(leg, average_price=_blend(leg.average_price, before, leg_price, units))
                for leg, leg_price in zip(order.legs, prices, strict=True)
            ),
            updated_at=at,
            filled_at=at,
        )
        self.save_account(account)
        entry = self.change(replace(entry, order=filled), operation, why, price)
        if filled.status.is_closed:
            self._tell_group(entry, at)

    def close(self, entry: Entry, status: OrderStatus, at: datetime, operation: str, why: str) -> Entry:
        """End an open order as CANCELED, REJECTED or EXPIRED; its group hears of it."""
        order = replace(entry.order, status=status, updated_at=at)
        if status is OrderStatus.CANCELED:
            order = replace(order, canceled_quantity=entry.order.open_quantity or Decimal(0))
        elif status is OrderStatus.REJECTED:
            order = replace(order, reject_reason=why)
        entry = self.change(replace(entry, order=order), operation, why)
        self._tell_group(entry, at)
        return entry

    def _tell_group(self, ended: Entry, at: datetime) -> None:
        if ended.order.group_id is None:
            return
        follows = consequences(ended, self.book.of_group(ended.order.group_id))
        for entry in follows.cancel:
            self.close(entry, OrderStatus.CANCELED, at, "cancel", follows.why)
        for entry in follows.activate:
            order = replace(entry.order, updated_at=at)
            if order.status is OrderStatus.HELD:
                order = replace(order, status=OrderStatus.NEW)
            self.change(self.begin(replace(entry, order=order)), "activate", follows.why)
        for entry in follows.activate:
            self.work_if_open(entry.order.brokerage_order_id, at, "activate")

    def work_if_open(self, order_id: BrokerageOrderId, at: datetime, operation: str) -> None:
        """Work an order unless it was closed or is held by now: its neighbors may have ended it."""
        entry = self.book.get(order_id)
        if entry is not None and not entry.held and not entry.order.status.is_closed:
            self.work(entry, at, operation)

    def catch_up(self, now: datetime) -> None:
        """Do everything that was due by `now`, each at its own time."""
        while (due := self.book.next_due(now)) is not None:
            if due.is_cancel:
                self.carry_out_cancel(due.entry, due.at)
            else:
                self.close(due.entry, OrderStatus.EXPIRED, due.at, "expire", "its time in force ended")

    def carry_out_cancel(self, entry: Entry, at: datetime) -> None:
        """Cancel an order whose cancel was only acknowledged so far."""
        self.close(entry, OrderStatus.CANCELED, at, "cancel", "the acknowledged cancel was carried out")


def _blend(average: Decimal | None, units: Decimal, price: Decimal, more: Decimal) -> Decimal:
    if average is None:
        return price
    return (average * units + price * more) / (units + more)


def utc(moment: datetime) -> datetime:
    """Return the same moment in UTC; a naive one is a bug of the caller's."""
    if moment.tzinfo is None:
        raise ValueError("the exchange's clock must be aware")
    return moment.astimezone(UTC)
