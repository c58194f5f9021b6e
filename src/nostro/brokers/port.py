"""Broker: what nostro asks of a brokerage.

Every adapter implements it; use cases know nothing else of a vendor.

Rules for an adapter, each checked by the conformance suite:
- It never raises for anything a brokerage or a network does: that is an outcome, returned. A bug may raise.
- It calls "cancelled" or "rejected" only what the brokerage's own reply says about this very order.
  Everything else that left this machine is `CancelUnknown`.
- It sends a state-changing request at most once, and never to an endpoint that can name more than one order.
- Reads raise `domain.errors.ReadFailed`: no answer of a read changes anything.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nostro.brokers.spec import BrokerSpec
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.cancel import CancelOutcome, OrderLook
from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order, OrderRef
from nostro.domain.place import NewGroup, NewOrder, PlaceOutcome, Preview, Replacement, ReplaceOutcome


class Broker(Protocol):
    """One connection's session at one brokerage. `account` is always the brokerage's own account number."""

    @property
    def spec(self) -> BrokerSpec: ...

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        """List what these credentials can see; raises ReadFailed also for bad credentials."""
        ...

    async def list_balances(self, account: str) -> Sequence[Balance]:
        """List one balance per currency; raises ReadFailed."""
        ...

    async def list_positions(self, account: str) -> Sequence[Position]:
        """List open positions; raises ReadFailed."""
        ...

    async def list_orders(self, account: str, since: datetime) -> Sequence[Order]:
        """List all open orders, and the closed ones updated at or after `since`, newest first.

        Raises ReadFailed.
        """
        ...

    async def look_up_order(self, account: str, order: OrderRef) -> OrderLook:
        """Look at one order. Never raises for what the brokerage does.

        By a targeted query where its route is known. Without one, by as many reads as it takes to find it; an
        order that is found so carries its route, and two of one id are OrderAmbiguous.
        """
        ...

    async def find_client_order(self, account: str, client_order_id: ClientOrderId) -> OrderLook:
        """Look for the order that carries this client order id (for a group: its first member)."""
        ...

    async def preview_order(self, account: str, order: NewOrder) -> Preview | str:
        """Say what the order would cost, or the brokerage's reason against it; raises ReadFailed."""
        ...

    async def place_order(self, account: str, order: NewOrder) -> PlaceOutcome: ...

    async def place_group(self, account: str, group: NewGroup) -> PlaceOutcome: ...

    async def replace_order(self, account: str, order: OrderRef, terms: Replacement) -> ReplaceOutcome: ...

    async def cancel_order(self, account: str, order: OrderRef) -> CancelOutcome:
        """Send one cancel for exactly this order, once, and say what the reply proves."""
        ...

    async def list_quotes(self, symbols: Sequence[str]) -> Sequence[Quote]:
        """List quotes of those `symbols` that are known here; raises ReadFailed."""
        ...

    async def list_instruments(self) -> Sequence[Instrument]:
        """List what can be traded; option series may be left out where they are too many.

        Raises ReadFailed.
        """
        ...
