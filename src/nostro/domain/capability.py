"""What a brokerage can do, as data."""

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
