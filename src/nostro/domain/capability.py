"""What a brokerage can do, as data; and what it would not take, said before anything is sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from nostro.domain.instrument import AssetClass, classes_of
from nostro.domain.order import GroupType, OrderType, TimeInForce
from nostro.domain.place import NewGroup, NewOrder


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
    extended_hours: bool = False
    legs_max: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    orders: tuple[OrderRow, ...]
    groups: frozenset[GroupType]
    cancel: CancelAck
    replace: Replace
    client_order_ids: bool
    """True when the brokerage keeps `client_order_id` and finds orders by it."""

    def objection(self, wanted: NewOrder | NewGroup) -> str | None:
        """Say what of `wanted` no row covers, to follow "takes no"; None if all is covered.

        A brokerage can refuse what passes here: money, prices and hours are its own to judge.
        """
        if isinstance(wanted, NewGroup):
            if wanted.type not in self.groups:
                return f"{wanted.type.value.upper()} groups of orders"
            found = (self._objection(member.order) for member in wanted.members)
            return next((each for each in found if each is not None), None)
        return self._objection(wanted)

    def _objection(self, order: NewOrder) -> str | None:
        rows = self.orders
        for what, covers in _demands(order):
            rows = tuple(row for row in rows if covers(row))
            if not rows:
                return what
        return None


def _demands(order: NewOrder) -> Iterator[tuple[str, Callable[[OrderRow], bool]]]:
    """List what an order asks of a row, the coarsest first, each in words."""
    classes = frozenset.intersection(*(classes_of(leg.symbol) for leg in order.legs))
    kind = "mixed" if not classes else "stock" if AssetClass.STOCK in classes else next(iter(classes)).value
    orders = f"{order.order_type.value.replace('_', ' ')} orders for {kind}"
    quantities = [each for each in (order.quantity, *(leg.ratio for leg in order.legs)) if each is not None]
    yield f"{kind} orders", lambda row: row.asset_class in classes
    yield f"{kind} orders of {len(order.legs)} legs", lambda row: len(order.legs) <= row.legs_max
    yield orders, lambda row: order.order_type in row.order_types
    yield f"{orders} as {order.time_in_force.name}", lambda row: order.time_in_force in row.times_in_force
    if order.notional is not None:
        yield f"{orders} by value", lambda row: row.notional
    if any(each % 1 for each in quantities):
        yield f"{orders} of fractions", lambda row: row.fractional
    if order.extended_hours:
        yield f"{orders} in extended hours", lambda row: row.extended_hours
