"""The forms that place several orders bound together.

OCO, OTO, OTOCO, and the older bracket, which is an OTOCO.
"""

from decimal import Decimal
from uuid import UUID, uuid5

from msgspec import Struct

from nostro.domain.errors import InvalidRequest
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import GroupRole, GroupType, PositionEffect, Side
from nostro.domain.place import NewGroup, NewGroupMember, NewLeg, NewOrder
from nostro.ports import Ids
from nostro.wire.order_terms import Terms, client_order_id, leg_of, new_order, pair_symbol, word
from nostro.wire.statuses import GROUP_ROLES, GROUP_TYPES

_ROLES = {
    GroupType.OCO: (GroupRole.PEER, GroupRole.PEER),
    GroupType.OTO: (GroupRole.TRIGGER, GroupRole.CONDITIONAL),
    GroupType.OTOCO: (GroupRole.TRIGGER, GroupRole.PEER, GroupRole.PEER),
}
_ROLE_ORDER = (GroupRole.TRIGGER, GroupRole.CONDITIONAL, GroupRole.PEER)


class TradingInstrument(Struct, kw_only=True, frozen=True):
    symbol: str
    type: str | None = None

    def domain_symbol(self) -> str:
        is_pair = (self.type or "").upper() in ("CRYPTOCURRENCY", "CRYPTOCURRENCY_PAIR")
        return pair_symbol(self.symbol) if is_pair else self.symbol


class ComplexLeg(Struct, kw_only=True, frozen=True):
    order_role: str
    action: str
    instrument: TradingInstrument
    order_type: str
    units: Decimal
    time_in_force: str
    price: Decimal | None = None
    stop: Decimal | None = None


class ComplexForm(Struct, kw_only=True, frozen=True):
    type: str
    orders: list[ComplexLeg]
    client_order_id: str | None = None

    def to_domain(self, ids: Ids) -> NewGroup:
        group_type = word("type", self.type, GROUP_TYPES)
        roles = [
            word(f"orders[{number}].order_role", leg.order_role, GROUP_ROLES)
            for number, leg in enumerate(self.orders)
        ]
        in_order = sorted(range(len(roles)), key=lambda number: _ROLE_ORDER.index(roles[number]))
        if tuple(roles[number] for number in in_order) != _ROLES[group_type]:
            wanted = ", ".join(role.name for role in _ROLES[group_type])
            message = f"The orders of an {group_type.name} must have the roles {wanted}."
            raise InvalidRequest(message)
        group_id = client_order_id(self.client_order_id, ids)
        members = tuple(
            NewGroupMember(role=roles[number], order=_member(self.orders[number], number, group_id, place))
            for place, number in enumerate(in_order)
        )
        return NewGroup(type=group_type, members=members, client_order_id=group_id)


class StopLoss(Struct, kw_only=True, frozen=True):
    stop_price: Decimal
    limit_price: Decimal | None = None


class TakeProfit(Struct, kw_only=True, frozen=True):
    limit_price: Decimal


class BracketForm(Struct, kw_only=True, frozen=True):
    """The oldest SDKs send `symbol` in the place of `instrument`."""

    action: str
    order_type: str
    time_in_force: str
    stop_loss: StopLoss
    take_profit: TakeProfit
    instrument: TradingInstrument | None = None
    symbol: str | None = None
    price: Decimal | None = None
    stop: Decimal | None = None
    units: Decimal

    def to_domain(self, ids: Ids) -> NewGroup:
        group_id = client_order_id(None, ids)
        entry = leg_of("action", self.action, self._symbol())
        terms = Terms(
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            limit_price=self.price,
            stop_price=self.stop,
            quantity=self.units,
            limit_field="price",
            stop_field="stop",
        )
        trigger = new_order(terms, (entry,), member_id(group_id, 0))
        return NewGroup(
            type=GroupType.OTOCO,
            members=(
                NewGroupMember(role=GroupRole.TRIGGER, order=trigger),
                NewGroupMember(role=GroupRole.PEER, order=self._take_profit(entry, group_id)),
                NewGroupMember(role=GroupRole.PEER, order=self._stop_loss(entry, group_id)),
            ),
            client_order_id=group_id,
        )

    def _symbol(self) -> str:
        if self.instrument is not None:
            return self.instrument.domain_symbol()
        if self.symbol is None:
            message = "`instrument` is required."
            raise InvalidRequest(message)
        return self.symbol

    def _take_profit(self, entry: NewLeg, group_id: ClientOrderId) -> NewOrder:
        terms = Terms(
            order_type="Limit",
            time_in_force=self.time_in_force,
            limit_price=self.take_profit.limit_price,
            quantity=self.units,
            limit_field="take_profit.limit_price",
        )
        return new_order(terms, (_exit_of(entry),), member_id(group_id, 1))

    def _stop_loss(self, entry: NewLeg, group_id: ClientOrderId) -> NewOrder:
        terms = Terms(
            order_type="Stop" if self.stop_loss.limit_price is None else "StopLimit",
            time_in_force=self.time_in_force,
            limit_price=self.stop_loss.limit_price,
            stop_price=self.stop_loss.stop_price,
            quantity=self.units,
            limit_field="stop_loss.limit_price",
            stop_field="stop_loss.stop_price",
        )
        return new_order(terms, (_exit_of(entry),), member_id(group_id, 2))


def member_id(group_id: ClientOrderId, place: int) -> ClientOrderId:
    """Name one order of a group.

    The first carries the group's own id, each other one an id that follows from it.
    """
    return group_id if place == 0 else ClientOrderId(str(uuid5(UUID(group_id), str(place))))


def _member(leg: ComplexLeg, number: int, group_id: ClientOrderId, place: int) -> NewOrder:
    field = f"orders[{number}]"
    terms = Terms(
        order_type=leg.order_type,
        time_in_force=leg.time_in_force,
        limit_price=leg.price,
        stop_price=leg.stop,
        quantity=leg.units,
        type_field=f"{field}.order_type",
        limit_field=f"{field}.price",
        stop_field=f"{field}.stop",
        quantity_field=f"{field}.units",
    )
    new_leg = leg_of(f"{field}.action", leg.action, leg.instrument.domain_symbol())
    return new_order(terms, (new_leg,), member_id(group_id, place))


def _exit_of(entry: NewLeg) -> NewLeg:
    """Build the leg that closes what `entry` opens."""
    side = Side.SELL if entry.side is Side.BUY else Side.BUY
    effect = None if entry.position_effect is None else PositionEffect.CLOSE
    return NewLeg(symbol=entry.symbol, side=side, position_effect=effect)
