"""What a brokerage can do, as data, and the check that uses it before anything is sent."""

from dataclasses import dataclass
from enum import StrEnum

from nostro.domain.instrument import AssetClass
from nostro.domain.order import GroupType, OrderType, TimeInForce


class CancelAck(StrEnum):
    """What a success reply to a cancel proves."""

    CONFIRMED = "confirmed"
    """The order is cancelled."""
    ACCEPTED = "accepted"
    """The request was taken; the order may still fill."""


class Replace(StrEnum):
    ATOMIC = "atomic"
    CANCEL_THEN_NEW = "cancel_then_new"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One row of a brokerage's order matrix: these types with these durations, for this class."""

    asset_class: AssetClass
    order_types: frozenset[OrderType]
    times_in_force: frozenset[TimeInForce]
    fractional: bool = False
    notional: bool = False
    legs_max: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    orders: tuple[OrderRow, ...]
    groups: frozenset[GroupType]
    cancel: CancelAck
    replace: Replace
    client_order_ids: bool
    """True when the brokerage keeps `client_order_id` and finds orders by it."""


@dataclass(frozen=True, slots=True)
class NotSupported:
    """The sentence a caller is shown."""

    message: str


def check_terms(
    capabilities: Capabilities,
    asset_class: AssetClass,
    order_type: OrderType,
    time_in_force: TimeInForce,
    *,
    legs: int = 1,
    notional: bool = False,
    fractional: bool = False,
) -> NotSupported | None:
    """Say why these terms cannot be placed at this brokerage, or None when nothing speaks against them."""
    rows = [row for row in capabilities.orders if row.asset_class is asset_class]
    if not rows:
        return NotSupported(f"This brokerage does not trade {asset_class.value} orders.")
    rows = [row for row in rows if order_type in row.order_types and time_in_force in row.times_in_force]
    if not rows:
        return NotSupported(
            f"This brokerage does not take {order_type.value} orders with time in force {time_in_force.value}"
            f" for {asset_class.value}."
        )
    if all(legs > row.legs_max for row in rows):
        return NotSupported(
            f"This brokerage takes at most {max(row.legs_max for row in rows)} legs per order."
        )
    if notional and not any(row.notional for row in rows):
        return NotSupported(f"This brokerage does not take {asset_class.value} orders by notional value.")
    if fractional and not any(row.fractional for row in rows):
        return NotSupported(f"This brokerage does not take fractional units for {asset_class.value}.")
    return None
