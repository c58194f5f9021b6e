"""Orders as nostro knows them: what was asked, what the brokerage says became of it.

Statuses carry FIX's names (OrdStatus 39). SnapTrade's words for them exist only in `wire/`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class PositionEffect(StrEnum):
    OPEN = "open"
    CLOSE = "close"


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class TimeInForce(StrEnum):
    DAY = "day"
    GTC = "gtc"
    FOK = "fok"
    IOC = "ioc"
    GTD = "gtd"


class PriceEffect(StrEnum):
    """Direction of a multi-leg order's net price, which itself is never negative."""

    DEBIT = "debit"
    CREDIT = "credit"
    EVEN = "even"


class OrderStatus(StrEnum):
    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    PENDING_CANCEL = "pending_cancel"
    CANCELED = "canceled"
    """Also when part of it was filled before; then `filled_quantity` is positive."""
    PENDING_REPLACE = "pending_replace"
    REPLACED = "replaced"
    """A successor lives under another id, `Order.replaced_by`."""
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    HELD = "held"
    """A conditional order of a group whose trigger has not filled yet."""
    PENDING_REVIEW = "pending_review"
    UNRECOGNIZED = "unrecognized"
    """A word that the adapter does not know; it stands in `Order.raw_status`. Never proof of anything."""

    @property
    def is_closed(self) -> bool:
        """True when no further fill or cancel is possible."""
        return self in _CLOSED


_CLOSED = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.REPLACED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
    }
)


class GroupType(StrEnum):
    """How the orders of one complex order hang together."""

    OCO = "oco"
    OTO = "oto"
    OTOCO = "otoco"


class GroupRole(StrEnum):
    TRIGGER = "trigger"
    CONDITIONAL = "conditional"
    PEER = "peer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One instrument within an order. An order that is not multi-leg has exactly one."""

    instrument: Instrument
    side: Side
    position_effect: PositionEffect | None = None
    """None where the brokerage draws no distinction (stocks, crypto)."""
    ratio: Decimal = Decimal(1)
    """Units of this leg in one unit of the order."""
    average_price: Decimal | None = None
    """Average fill price of this leg; None while nothing is filled."""


@dataclass(frozen=True, slots=True)
class OrderRef:
    """What names one order to its brokerage."""

    brokerage_order_id: BrokerageOrderId
    route: str = ""
    """What the brokerage needs to know beside the id, in words of its adapter's own (see `Order.route`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order in the words its brokerage used last. Times are aware UTC.

    Quantities count units of the order (for a multi-leg order: whole strategies); a leg's own quantity is
    that times its ratio. Where the brokerage reports them, `filled_quantity + canceled_quantity <= quantity`.
    """

    brokerage_order_id: BrokerageOrderId
    client_order_id: ClientOrderId | None = None
    status: OrderStatus
    raw_status: str = ""
    """The brokerage's own word for `status`."""
    order_type: OrderType | None
    """None for a type that nostro has no word for; such an order can be seen and cancelled, not placed."""
    time_in_force: TimeInForce | None
    """None likewise."""
    legs: tuple[Leg, ...]
    quantity: Decimal | None
    """None for an order by notional value that is not filled yet."""
    notional: Decimal | None = None
    """Money to spend or raise, in the instrument's currency; set exactly for orders by value."""
    filled_quantity: Decimal = Decimal(0)
    canceled_quantity: Decimal = Decimal(0)
    average_price: Decimal | None = None
    """Average fill price per unit; for a multi-leg order the net price. None while nothing is filled."""
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    price_effect: PriceEffect | None = None
    """Set for multi-leg orders only."""
    extended_hours: bool = False
    placed_at: datetime
    updated_at: datetime
    filled_at: datetime | None = None
    """When the last fill happened."""
    expires_at: datetime | None = None
    group_id: str | None = None
    group_type: GroupType | None = None
    group_role: GroupRole | None = None
    replaces: BrokerageOrderId | None = None
    replaced_by: BrokerageOrderId | None = None
    reject_reason: str | None = None
    """The brokerage's words; None unless REJECTED."""
    route: str = ""
    """Where the order is found: a symbol, a segment, another id. Its adapter writes it and alone reads it;
    empty where the id is enough."""

    @property
    def ref(self) -> OrderRef:
        return OrderRef(self.brokerage_order_id, self.route)

    @property
    def asset_class(self) -> AssetClass:
        """The class of the first leg, which decides how the order is traded."""
        return self.legs[0].instrument.asset_class

    @property
    def open_quantity(self) -> Decimal | None:
        """What may still fill; None while `quantity` is unknown, zero once closed."""
        if self.status.is_closed:
            return Decimal(0)
        if self.quantity is None:
            return None
        return self.quantity - self.filled_quantity - self.canceled_quantity
