"""A deterministic exchange: one quote and one book per symbol, accounts with cash, and a truth log.

Nothing happens by itself except by the clock. Prices move when told (`set_quote`), and each call is one
transaction: the change and its truth entries are on disk before it returns. The same seed, clock and calls
give the same log.

An order's life:
- A market order fills at once, whole, at the quote. A limit order that the quote allows fills at once, whole,
  at the quote; otherwise it rests until a later quote allows it, or until it is told to fill. FOK and IOC
  never rest.
- A stop order is reached when the ask comes up to a buy's stop or the bid comes down to a sell's, also on
  entry; it is then a market order, a stop-limit order a limit order.
- `terms.py` says which orders are taken, `money.py` what they cost, `groups.py` how groups hang together,
  `trading_day.py` when a DAY order ends, `matching.py` who trades with whom (customers never with each
  other).
- A roll of the trading day first carries out the cancels that were acknowledged and are still pending.
- What is due by the clock is done, each thing at its own time, when the exchange is touched next.

Client order ids are kept, not judged: duplicates are taken, and looking for one finds the newest order that
has it. A successor (replace) keeps the id of the order it replaces unless it is given one.

Not thread-safe: one event loop calls it. Calls for customers name the account, calls that control the market
do not.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from nostro.domain.account import Quote
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order, OrderStatus
from nostro.domain.place import NewOrder
from nostro.sim.book import Entry
from nostro.sim.desk import Desk
from nostro.sim.floor import Floor, open_floor, utc
from nostro.sim.instruments import Prices, resolve
from nostro.sim.ledger import TruthEntry
from nostro.sim.matching import with_net
from nostro.sim.money import AccountState
from nostro.sim.refusals import OrderClosed, Refused, UnknownSymbol
from nostro.sim.terms import check_amount, check_units

_ADVANCE_MAX_S = 10 * 366 * 86_400


class Exchange(Desk):
    """The exchange with its controls, which move the market and end orders without a customer's asking."""

    def reset(self, seed: int) -> None:
        """Empty everything, the truth log and the advanced time too, and open anew under `seed`."""
        with self._transaction():
            open_floor(self._ledger, seed, utc(self._now()))
        self._floor = Floor(self._ledger, self._shape_id)

    def open_account(self, number: str, cash: Decimal, *, owner: str, name: str = "") -> None:
        """Open an account for the customer with the API key `owner`; raises Refused when it is open."""
        with self._writing():
            if number in self._floor.accounts:
                raise Refused(f"Account {number} is open already.")
            self._floor.save_account(
                AccountState(number=number, owner=owner, name=name or f"Account {number}", cash=cash)
            )

    def advance(self, seconds: float) -> datetime:
        """Move the exchange's own time forward, do what was due meanwhile, and return the new time."""
        if not 0 <= seconds <= _ADVANCE_MAX_S:
            raise Refused("Time moves forward only, by at most ten years at a time.")
        with self._writing():
            self._floor.move_clock(timedelta(seconds=seconds))
            now = self.now()
            self._floor.catch_up(now)
        return now

    def set_quote(self, symbol: str, bid: Decimal | None, ask: Decimal | None) -> Quote:
        """Move the market, then fill what the quote allows, oldest first. None: nobody quotes that side."""
        with self._writing() as now:
            instrument = self._instrument(symbol, now)
            for name, price in (("bid", bid), ("ask", ask)):
                if price is not None:
                    check_amount(name, price)
            if bid is not None and ask is not None and bid > ask:
                raise Refused("The bid cannot be above the ask.")
            self._floor.set_prices(instrument.symbol, Prices(bid, ask), now)
            for entry in self._floor.book.open_on(instrument.symbol):
                self._floor.work_if_open(entry.order.brokerage_order_id, now, "fill")
        return self._floor.quote(instrument)

    def fill(self, order_id: str, units: Decimal | None = None, price: Decimal | None = None) -> Order:
        """Fill an open order, whatever its price and the quote.

        `units` None is all that is open; `price` None is the order's limit, else the quote. For a multi-leg
        order `price` is its net price, and the first leg takes up the difference to the quote.
        """
        with self._writing() as now:
            entry = self._open_entry(order_id)
            order = entry.order
            if entry.held:
                raise Refused(f"Order {order_id} waits for its trigger order.")
            left = order.open_quantity or Decimal(0)
            units = left if units is None else units
            check_units(order.legs[0].instrument, units)
            if units > left:
                raise Refused(f"Order {order_id} has only {left:f} units open.")
            prices = self._floor.touch(order)
            price = order.limit_price if price is None else price
            if price is not None:
                if not price.is_zero():
                    check_amount("price", price)
                zeros = (Decimal(0),) * len(order.legs)
                prices = with_net(order, prices or zeros, price)
            if prices is None:
                raise Refused(f"Nobody quotes order {order_id}; name a price.")
            self._floor.fill(entry, units, prices, now, "fill", "told")
        return self._entry(order_id).order

    def cancel(self, order_id: str) -> Order:
        """Cancel an open order: carry out a pending cancel, or one that nobody asked for."""
        return self._close(order_id, OrderStatus.CANCELED, "cancel")

    def reject(self, order_id: str) -> Order:
        """Reject an open order after the fact."""
        return self._close(order_id, OrderStatus.REJECTED, "reject")

    def expire(self, order_id: str) -> Order:
        """Let an open order expire before its time."""
        return self._close(order_id, OrderStatus.EXPIRED, "expire")

    def _close(self, order_id: str, status: OrderStatus, operation: str) -> Order:
        with self._writing() as now:
            return self._floor.close(self._open_entry(order_id), status, now, operation, "told").order

    def carry_out_pending_cancels(self) -> None:
        """Carry out every cancel that was only acknowledged."""
        with self._writing() as now:
            while (pending := self._floor.book.first_pending_cancel()) is not None:
                self._floor.carry_out_cancel(pending, now)

    def place_with_id(self, number: str, new: NewOrder, order_id: str) -> Order:
        """Place an order under a chosen id; raises Refused when the id is taken."""
        return self.place(number, new, order_id=order_id)

    def record(
        self,
        event: str,
        operation: str,
        order_id: str | None,
        status: str | None,
        detail: Mapping[str, object],
    ) -> None:
        """Append to the truth log what the native face received or sent; fields as TruthEntry's."""
        with self._writing() as now:
            self._ledger.log(now, event, operation, order_id, status, detail)

    def truth(self, after_seq: int = 0) -> list[TruthEntry]:
        """Read the truth log from `after_seq` (exclusive) on."""
        self._catch_up()
        return self._ledger.truth(after_seq)

    def _open_entry(self, order_id: str) -> Entry:
        entry = self._entry(order_id)
        if entry.order.status.is_closed:
            raise OrderClosed(entry.order)
        return entry

    def _instrument(self, symbol: str, now: datetime) -> Instrument:
        instrument = resolve(symbol, now.date())
        if instrument is None:
            raise UnknownSymbol(symbol)
        return instrument
