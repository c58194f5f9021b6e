"""How the orders of one complex order hang together. The rules are the exchange's own.

- TRIGGER: works at once. When it is filled completely, the other orders of its group begin to work; when it
  ends in any other way (canceled after a part-fill too), those of them that never worked are canceled with
  it.
- CONDITIONAL, and PEER of an OTOCO: HELD until then. A DAY order's day begins when it begins to work.
- PEER: when one is filled completely, canceled or rejected, its sibling is canceled, held or not. A part-fill
  and an expiry leave the sibling alone.
- A successor (replace) takes the place of the order it replaces; replacing is not an end.
"""

from collections.abc import Iterable
from typing import NamedTuple

from nostro.domain.order import GroupRole, GroupType, OrderStatus
from nostro.domain.place import NewGroup
from nostro.sim.book import Entry
from nostro.sim.refusals import Refused

_ROLES = {
    GroupType.OCO: (GroupRole.PEER, GroupRole.PEER),
    GroupType.OTO: (GroupRole.TRIGGER, GroupRole.CONDITIONAL),
    GroupType.OTOCO: (GroupRole.TRIGGER, GroupRole.PEER, GroupRole.PEER),
}
_ENDS_SIBLING = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED})


class Consequences(NamedTuple):
    """What follows from the end of one order for the others of its group."""

    activate: tuple[Entry, ...] = ()
    cancel: tuple[Entry, ...] = ()
    why: str = ""


def check_group(group: NewGroup) -> None:
    """Raise Refused when the members do not make such a group."""
    roles = tuple(member.role for member in group.members)
    if roles != _ROLES[group.type]:
        wanted = ", ".join(role.value for role in _ROLES[group.type])
        raise Refused(
            f"An {group.type.value} group consists of exactly these roles, in this order: {wanted}."
        )
    for member in group.members:
        if member.order.notional is not None:
            raise Refused("An order by value cannot be part of a group.")
        if member.role is GroupRole.PEER and member.order.limit_price is member.order.stop_price is None:
            raise Refused("A peer order needs a price: a market order would fill at once.")


def begins_held(group_type: GroupType, role: GroupRole) -> bool:
    """Say whether such an order waits for a trigger."""
    return group_type is not GroupType.OCO and role is not GroupRole.TRIGGER


def consequences(ended: Entry, group: Iterable[Entry]) -> Consequences:
    """Say what the end of `ended` means for `group`, all entries of its group."""
    order = ended.order
    others = [entry for entry in group if not entry.order.status.is_closed]
    if order.group_role is GroupRole.TRIGGER:
        held = tuple(entry for entry in others if entry.held)
        if order.status is OrderStatus.FILLED:
            return Consequences(activate=held, why="its trigger order was filled")
        return Consequences(cancel=held, why=f"its trigger order was {order.status.value}")
    if order.group_role is GroupRole.PEER and order.status in _ENDS_SIBLING:
        peers = tuple(entry for entry in others if entry.order.group_role is GroupRole.PEER)
        return Consequences(cancel=peers, why=f"its sibling was {order.status.value}")
    return Consequences()
