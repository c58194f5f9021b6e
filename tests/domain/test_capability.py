"""What a brokerage does not take is said before anything is sent, in words that name the reason."""

from dataclasses import replace
from decimal import Decimal

import pytest

from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import AssetClass
from nostro.domain.order import GroupRole, GroupType, OrderType, Side, TimeInForce
from nostro.domain.place import NewGroup, NewGroupMember, NewLeg, NewOrder

CAPABILITIES = Capabilities(
    orders=(
        OrderRow(
            asset_class=AssetClass.STOCK,
            order_types=frozenset({OrderType.MARKET}),
            times_in_force=frozenset({TimeInForce.DAY}),
            fractional=True,
            notional=True,
        ),
        OrderRow(
            asset_class=AssetClass.STOCK,
            order_types=frozenset({OrderType.LIMIT}),
            times_in_force=frozenset({TimeInForce.DAY, TimeInForce.GTC}),
            extended_hours=True,
        ),
        OrderRow(
            asset_class=AssetClass.OPTION,
            order_types=frozenset({OrderType.LIMIT}),
            times_in_force=frozenset({TimeInForce.DAY}),
            legs_max=2,
        ),
    ),
    groups=frozenset({GroupType.OCO}),
    cancel=CancelAck.ACCEPTED,
    replace=Replace.UNSUPPORTED,
    client_order_ids=True,
)
CALL = NewLeg(symbol="AAPL260320C00100000", side=Side.BUY)
MARKET = NewOrder(
    legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
    order_type=OrderType.MARKET,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(1),
    client_order_id=ClientOrderId("c"),
)
LIMIT = replace(MARKET, order_type=OrderType.LIMIT, limit_price=Decimal(1))


@pytest.mark.parametrize(
    "order",
    [
        MARKET,
        replace(MARKET, quantity=Decimal("0.5")),
        replace(MARKET, quantity=None, notional=Decimal(5)),
        replace(LIMIT, time_in_force=TimeInForce.GTC, extended_hours=True),
        replace(LIMIT, legs=(CALL, CALL)),
    ],
)
def test_what_a_row_covers_is_taken(order: NewOrder) -> None:
    assert CAPABILITIES.objection(order) is None


@pytest.mark.parametrize(
    ("order", "objection"),
    [
        (replace(MARKET, legs=(NewLeg(symbol="BTC/USD", side=Side.BUY),)), "crypto orders"),
        (replace(LIMIT, legs=(CALL, MARKET.legs[0])), "mixed orders"),
        (replace(LIMIT, legs=(CALL,) * 3), "option orders of 3 legs"),
        (replace(MARKET, legs=(CALL,)), "market orders for option"),
        (replace(MARKET, order_type=OrderType.STOP_LIMIT), "stop limit orders for stock"),
        (
            replace(MARKET, time_in_force=TimeInForce.GTC),
            "market orders for stock as GTC",
        ),
        (
            replace(LIMIT, quantity=None, notional=Decimal(5)),
            "limit orders for stock by value",
        ),
        (replace(LIMIT, quantity=Decimal("1.5")), "limit orders for stock of fractions"),
        (
            replace(MARKET, extended_hours=True),
            "market orders for stock in extended hours",
        ),
    ],
)
def test_what_no_row_covers_is_named(order: NewOrder, objection: str) -> None:
    assert CAPABILITIES.objection(order) == objection


def test_a_group_is_taken_if_it_and_all_its_members_are() -> None:
    def group(kind: GroupType, second: NewOrder) -> NewGroup:
        members = tuple(NewGroupMember(role=GroupRole.PEER, order=each) for each in (LIMIT, second))
        return NewGroup(type=kind, members=members, client_order_id=ClientOrderId("g"))

    assert CAPABILITIES.objection(group(GroupType.OCO, LIMIT)) is None
    assert CAPABILITIES.objection(group(GroupType.OTO, LIMIT)) == "OTO groups of orders"
    late = replace(LIMIT, order_type=OrderType.STOP)
    assert CAPABILITIES.objection(group(GroupType.OCO, late)) == "stop orders for stock"
