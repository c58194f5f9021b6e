from decimal import Decimal

import pytest

from nostro.domain.errors import InvalidRequest
from nostro.domain.order import GroupRole, GroupType, OrderType, PositionEffect, Side
from nostro.domain.place import NewGroup
from nostro.ports import SystemIds
from nostro.wire.forms import convert_form
from nostro.wire.group_forms import BracketForm, ComplexForm

GIVEN_ID = "550e8400-e29b-41d4-a716-446655440000"
BRACKET: dict[str, object] = {
    "action": "BUY",
    "instrument": {"symbol": "AAPL", "type": "EQUITY"},
    "order_type": "Limit",
    "time_in_force": "GTC",
    "price": 50,
    "units": 2,
    "stop_loss": {"stop_price": "48.55"},
    "take_profit": {"limit_price": "52"},
}


def leg(role: str, **changes: object) -> dict[str, object]:
    return {
        "order_role": role,
        "action": "BUY",
        "instrument": {"symbol": "AAPL", "type": "EQUITY"},
        "order_type": "Limit",
        "units": 1,
        "time_in_force": "Day",
        "price": 31.33 if role == "TRIGGER" else "40",
        **changes,
    }


def complex_order(kind: str, *legs: dict[str, object], client_order_id: str | None = None) -> NewGroup:
    body = {"type": kind, "orders": list(legs), "client_order_id": client_order_id}
    return convert_form(body, ComplexForm).to_domain(SystemIds())


def bracket(**changes: object) -> NewGroup:
    return convert_form({**BRACKET, **changes}, BracketForm).to_domain(SystemIds())


@pytest.mark.parametrize(
    ("kind", "roles"),
    [("OCO", ["PEER", "PEER"]), ("OTO", ["TRIGGER", "CONDITIONAL"]), ("OTOCO", ["TRIGGER", "PEER", "PEER"])],
)
def test_each_kind_of_group_has_its_roles(kind: str, roles: list[str]) -> None:
    group = complex_order(kind, *(leg(role) for role in roles))

    assert group.type is GroupType[kind]
    assert [member.role.name for member in group.members] == roles


def test_the_trigger_comes_first_wherever_it_stood() -> None:
    group = complex_order("OTO", leg("CONDITIONAL", price=2), leg("TRIGGER", price=1))

    assert [member.role for member in group.members] == [GroupRole.TRIGGER, GroupRole.CONDITIONAL]
    assert [member.order.limit_price for member in group.members] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("OCO", ["PEER"]),
        ("OCO", ["TRIGGER", "PEER"]),
        ("OTO", ["TRIGGER", "PEER"]),
        ("OTO", ["TRIGGER", "TRIGGER"]),
        ("OTOCO", ["TRIGGER", "PEER"]),
        ("OTOCO", ["TRIGGER", "PEER", "PEER", "PEER"]),
        ("OTOCO", []),
    ],
)
def test_a_group_with_other_roles_is_refused(kind: str, roles: list[str]) -> None:
    with pytest.raises(InvalidRequest, match=f"The orders of an {kind} must have the roles"):
        complex_order(kind, *(leg(role) for role in roles))


def test_an_error_in_a_member_names_the_member() -> None:
    with pytest.raises(InvalidRequest, match=r"`orders\[1\].price` is required"):
        complex_order("OCO", leg("PEER"), leg("PEER", price=None))


def test_the_first_member_carries_the_groups_client_order_id() -> None:
    group = complex_order("OCO", leg("PEER"), leg("PEER"), client_order_id=GIVEN_ID)

    assert (group.client_order_id, group.members[0].order.client_order_id) == (GIVEN_ID, GIVEN_ID)


def test_a_repeated_group_has_the_same_ids_in_every_member() -> None:
    first = complex_order("OCO", leg("PEER"), leg("PEER"), client_order_id=GIVEN_ID)
    second = complex_order("OCO", leg("PEER"), leg("PEER"), client_order_id=GIVEN_ID)

    assert first == second
    assert len({member.order.client_order_id for member in first.members}) == 2


def test_a_crypto_pair_in_a_group_is_spelled_as_everywhere() -> None:
    pair = {"symbol": "BTC-USD", "type": "CRYPTOCURRENCY_PAIR"}

    group = complex_order("OCO", leg("PEER", instrument=pair), leg("PEER", instrument=pair))

    assert {member.order.legs[0].symbol for member in group.members} == {"BTC/USD"}


def test_a_bracket_is_an_otoco_whose_exits_sell_what_was_bought() -> None:
    group = bracket()

    assert group.type is GroupType.OTOCO
    assert [member.order.legs[0].side for member in group.members] == [Side.BUY, Side.SELL, Side.SELL]
    assert [member.order.order_type for member in group.members] == [
        OrderType.LIMIT,
        OrderType.LIMIT,
        OrderType.STOP,
    ]


def test_a_brackets_prices_go_to_their_orders() -> None:
    entry, take_profit, stop_loss = (member.order for member in bracket().members)

    assert (entry.limit_price, take_profit.limit_price) == (Decimal(50), Decimal(52))
    assert (stop_loss.stop_price, stop_loss.limit_price) == (Decimal("48.55"), None)


def test_a_stop_loss_with_a_limit_is_a_stop_limit_order() -> None:
    group = bracket(stop_loss={"stop_price": "48.55", "limit_price": "48.50"})

    assert group.members[2].order.order_type is OrderType.STOP_LIMIT


def test_the_exits_of_an_option_bracket_close_it() -> None:
    group = bracket(action="SELL_TO_OPEN")

    assert [member.order.legs[0].position_effect for member in group.members] == [
        PositionEffect.OPEN,
        PositionEffect.CLOSE,
        PositionEffect.CLOSE,
    ]


def test_a_bracket_may_name_its_symbol_as_the_oldest_sdks_do() -> None:
    group = bracket(instrument=None, symbol="MSFT")

    assert {member.order.legs[0].symbol for member in group.members} == {"MSFT"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"instrument": None}, "`instrument` is required."),
        ({"take_profit": {"limit_price": "0"}}, "`take_profit.limit_price` must be greater than zero."),
        ({"stop_loss": {"stop_price": "-1"}}, "`stop_loss.stop_price` must be greater than zero."),
    ],
)
def test_a_bracket_that_can_never_be_right_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        bracket(**changes)

    assert str(caught.value) == sentence
