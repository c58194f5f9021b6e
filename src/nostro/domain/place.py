"""Placing, previewing and replacing orders: what is asked, and what a brokerage can answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nostro.domain.cancel import CancelUnknown, NotSent, Raw
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Order,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeg:
    symbol: str
    """As `Instrument.symbol`; options in either OCC spelling."""
    side: Side
    position_effect: PositionEffect | None = None
    ratio: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """One order to be placed. Exactly one of `quantity` and `notional` is set."""

    legs: tuple[NewLeg, ...]
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    price_effect: PriceEffect | None = None
    extended_hours: bool = False
    expires_at: datetime | None = None
    """Set exactly for GTD."""
    client_order_id: ClientOrderId
    """Always sent to brokerages that take one; made by nostro where the caller gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroupMember:
    role: GroupRole
    order: NewOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """A complex order.

    OCO: two PEERs. OTO: a TRIGGER, then one CONDITIONAL. OTOCO: a TRIGGER, two PEER conditionals.
    """

    type: GroupType
    members: tuple[NewGroupMember, ...]
    client_order_id: ClientOrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """New terms for an open order. None keeps the old value; symbol and side cannot change."""

    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The brokerage took the order, or all orders of a group (trigger first), and named them."""

    orders: tuple[Order, ...]
    raw: Raw | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRejected:
    """The brokerage named a reason; there is no new order."""

    message: str
    raw: Raw | None


PlaceOutcome = Placed | PlaceRejected | CancelUnknown | NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A successor is live under its own id; the old order is REPLACED."""

    order: Order
    replaced_id: BrokerageOrderId
    raw: Raw | None


ReplaceOutcome = Replaced | PlaceRejected | CancelUnknown | NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an order is expected to cost. Money in the account's currency."""

    cash_change: Decimal
    """Negative when cash leaves the account. Fees not included."""
    commission: Decimal
    remaining_cash: Decimal
