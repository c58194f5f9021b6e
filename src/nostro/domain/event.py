"""Facts that a partner is told without asking: of its orders, its cancels and its connections.

An order is *followed* once it was placed or cancelled through nostro, or succeeds a followed order. Of it, a
partner is told exactly this:

    an intent ends           One `OrderEvent` with `ended` set, for every cancel intent that passes from an
                             open state to a final one; there is no other event with `ended` set. Whatever
                             was answered before (unknown, pending, or the end itself), it is the final word.
    the order changes        One `OrderEvent` without `ended`, whenever a look shows the order with another
                             status, filled or cancelled quantity, or average price than the last look.

Where one piece of evidence does both, the event of the end is the only one. The first look at an order is no
change: whoever placed it got it as the answer. An event is made in the transaction that makes its fact
durable, so that a crash leaves both or neither.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from nostro.domain.cancel import CancelIntent, CancelRejectReason, CancelState
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId, ConnectionId
from nostro.domain.order import Order, OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEnded:
    """How one cancel intent ended."""

    cancel_id: CancelId
    state: CancelState
    evidence: str
    """What ended it, in the journal's word: `reply` or `look_up`."""
    reason: CancelRejectReason | None
    requested_at: datetime


class ConnectionChange(StrEnum):
    BROKEN = "broken"
    """It was disabled: its brokerage does not accept the credentials any more, or somebody asked for it."""
    FIXED = "fixed"
    """It was disabled, and its user has given credentials that work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEvent:
    """One fact about one connection."""

    connection_id: ConnectionId
    change: ConnectionChange
    generation: int
    """Of the credentials that it is about."""
    at: datetime
    """When nostro learnt it; aware UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One fact about one order."""

    account_id: AccountId
    brokerage_order_id: BrokerageOrderId
    order: Order | None
    """The order as proven; None where no look ever showed it."""
    ended: CancelEnded | None = None
    at: datetime
    """When nostro learnt it; aware UTC."""


def event_of_end(before: CancelIntent, after: CancelIntent, kind: str, at: datetime) -> OrderEvent | None:
    """Make the event of an intent's end; None where `after` is still open or `before` had ended.

    `kind` and `at` are of the evidence that led from the one to the other.
    """
    if before.state.is_final or not after.state.is_final:
        return None
    ended = CancelEnded(
        cancel_id=after.cancel_id,
        state=after.state,
        evidence=kind,
        reason=after.reason,
        requested_at=after.requested_at,
    )
    return OrderEvent(
        account_id=after.account_id,
        brokerage_order_id=after.brokerage_order_id,
        order=_as_ended(after),
        ended=ended,
        at=at,
    )


def event_of_change(account_id: AccountId, known: Order, seen: Order, at: datetime) -> OrderEvent | None:
    """Make the event of an order's change; None where nothing changed that a partner is told."""
    if _told(known) == _told(seen):
        return None
    return OrderEvent(account_id=account_id, brokerage_order_id=seen.brokerage_order_id, order=seen, at=at)


def _told(order: Order) -> tuple[object, ...]:
    return order.status, order.filled_quantity, order.canceled_quantity, order.average_price


def _as_ended(intent: CancelIntent) -> Order | None:
    """Give the order as the intent's end proves it: a reply can say "cancelled" without showing the order."""
    order = intent.order
    if order is not None and intent.state is CancelState.CONFIRMED:
        return replace(order, status=OrderStatus.CANCELED)
    return order
