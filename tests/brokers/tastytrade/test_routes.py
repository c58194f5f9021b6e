"""Simple and complex orders: ids that look the same, and paths that differ."""

import asyncio
from typing import Any

import pytest

from nostro.brokers.transport import NoReply, Reply
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderAmbiguous,
    OrderFound,
    OrderLook,
)
from nostro.domain.order import GroupRole, GroupType, OrderRef, OrderStatus
from nostro.domain.place import PlaceRejected
from tests.brokers.scripted import answer

from .said import (
    ACCOUNT,
    BARE,
    COMPLEX_ID,
    ORDER_ID,
    PATH,
    REF,
    UNKNOWN,
    WHOLE,
    asked,
    broker,
    row,
    shown,
    whole,
)
from .test_evidence import LOWER

BARE_WHOLE = OrderRef(COMPLEX_ID)
BOTH = [f"{PATH}/orders/{{}}", f"{PATH}/complex-orders/{{}}"]


def look(ref: OrderRef, *answers: Reply | Exception) -> OrderLook:
    return asyncio.run(broker(*answers).look_up_order(ACCOUNT, ref))


def cancel(ref: OrderRef, *answers: Reply | Exception) -> tuple[CancelOutcome, list[tuple[str, str]]]:
    tasty, transport = asked(*answers)
    outcome = asyncio.run(tasty.cancel_order(ACCOUNT, ref))
    return outcome, [(each.method, each.path) for each in transport.requests]


def test_a_route_leads_a_cancel_to_one_path_and_no_other() -> None:
    for ref, path in ((REF, f"orders/{ORDER_ID}"), (WHOLE, f"complex-orders/{COMPLEX_ID}")):
        outcome, sent = cancel(ref, UNKNOWN)
        assert isinstance(outcome, CancelRejected)
        assert sent == [("DELETE", f"{PATH}/{path}")]


def test_a_route_leads_a_look_to_one_path() -> None:
    tasty, transport = asked(shown())
    found = asyncio.run(tasty.look_up_order(ACCOUNT, REF))
    assert isinstance(found, OrderFound)
    assert (found.order.brokerage_order_id, found.order.route) == (ORDER_ID, "orders")
    assert [each.path for each in transport.requests] == [f"{PATH}/orders/{ORDER_ID}"]


def test_without_a_route_both_kinds_are_looked_at() -> None:
    simple = look(BARE, shown(), UNKNOWN)
    assert isinstance(simple, OrderFound)
    assert simple.order.route == "orders"
    complex_ = look(BARE_WHOLE, UNKNOWN, whole("Live", "Contingent"))
    assert isinstance(complex_, OrderFound)
    assert (complex_.order.brokerage_order_id, complex_.order.route) == (COMPLEX_ID, "complex-orders")
    assert look(BARE, UNKNOWN, UNKNOWN) == OrderAbsent()


def test_an_id_of_both_kinds_is_ambiguous_and_cancels_nothing() -> None:
    twin = shown(id=int(COMPLEX_ID))
    assert look(BARE_WHOLE, twin, whole("Live")) == OrderAmbiguous()
    outcome, sent = cancel(BARE_WHOLE, twin, whole("Live"))
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert {method for method, _ in sent} == {"GET"}


@pytest.mark.parametrize(
    "answers",
    [
        (NoReply("lost"), UNKNOWN),
        (shown(), NoReply("lost")),
        (shown(), answer(403, {"error": {"code": "not_permitted"}})),
        (Reply(404, b"<html>"), UNKNOWN),
        (shown(id=7), UNKNOWN),
        (answer(200, {"data": row(), "error": {"code": "no"}}), UNKNOWN),
    ],
)
def test_a_look_at_one_kind_that_comes_to_nothing_is_no_look(answers: tuple[Reply | Exception, ...]) -> None:
    assert isinstance(look(BARE, *answers), LookFailed)
    outcome, sent = cancel(BARE, *answers)
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.CONNECT_FAILED
    assert {method for method, _ in sent} == {"GET"}


def test_a_cancel_without_a_route_goes_where_the_order_was_found() -> None:
    outcome, sent = cancel(BARE_WHOLE, UNKNOWN, whole("Live"), whole("Cancel Requested"))
    assert isinstance(outcome, CancelPending)
    assert sent == [
        ("GET", f"{PATH}/orders/{COMPLEX_ID}"),
        ("GET", f"{PATH}/complex-orders/{COMPLEX_ID}"),
        ("DELETE", f"{PATH}/complex-orders/{COMPLEX_ID}"),
    ]


def test_about_an_id_that_neither_kind_has_nothing_is_sent() -> None:
    outcome, sent = cancel(BARE, UNKNOWN)
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert [method for method, _ in sent] == ["GET", "GET"]


def test_a_complex_order_is_not_replaced() -> None:
    tasty, transport = asked(whole("Live"))
    outcome = asyncio.run(tasty.replace_order(ACCOUNT, WHOLE, LOWER))
    assert isinstance(outcome, NotSent)
    assert not isinstance(outcome, PlaceRejected)
    assert [each.method for each in transport.requests] == ["GET"]


# What a complex order is as one


@pytest.mark.parametrize(
    ("trigger", "others", "status"),
    [
        ("Live", ("Contingent", "Contingent"), OrderStatus.NEW),
        ("Contingent", ("Contingent", "Contingent"), OrderStatus.HELD),
        ("Filled", ("Live", "Contingent"), OrderStatus.NEW),
        ("Filled", ("Cancel Requested", "Live"), OrderStatus.NEW),
        ("Cancel Requested", ("Cancelled", "Cancelled"), OrderStatus.PENDING_CANCEL),
        ("Cancelled", ("Cancelled", "Cancelled"), OrderStatus.CANCELED),
        ("Rejected", ("Cancelled", "Cancelled"), OrderStatus.REJECTED),
        ("Expired", ("Cancelled",), OrderStatus.EXPIRED),
        ("Filled", ("Cancelled", "Filled"), OrderStatus.FILLED),
        ("Filled", ("Cancelled", "Cancelled"), OrderStatus.CANCELED),
        ("Filled", ("Rejected", "Cancelled"), OrderStatus.CANCELED),
        ("Filled", (), OrderStatus.FILLED),
        (None, ("Live", "Cancelled"), OrderStatus.NEW),
        (None, ("Cancelled", "Filled"), OrderStatus.FILLED),
        (None, ("Cancelled", "Cancelled"), OrderStatus.CANCELED),
        (None, ("Haunted", "Cancelled"), OrderStatus.UNRECOGNIZED),
    ],
)
def test_a_complex_order_is_open_while_one_of_its_orders_is(
    trigger: str | None, others: tuple[str, ...], status: OrderStatus
) -> None:
    found = look(WHOLE, whole(trigger, *others))
    assert isinstance(found, OrderFound)
    assert found.order.status is status
    assert (found.order.group_id, found.order.group_role) == (COMPLEX_ID, None)
    assert found.order.group_type is (GroupType.OTOCO if trigger else GroupType.OCO)


def test_a_complex_order_is_canceled_when_the_reply_shows_no_order_of_it_open() -> None:
    outcome, _ = cancel(WHOLE, whole("Cancelled", "Cancelled", "Cancelled"))
    assert isinstance(outcome, Canceled)
    for said in (whole("Cancel Requested", "Cancelled", "Cancelled"), whole("Cancelled", "Live")):
        assert isinstance(cancel(WHOLE, said)[0], CancelPending)
    assert isinstance(cancel(WHOLE, whole("Filled", "Filled", "Cancelled"))[0], CancelRejected)


def test_a_complex_order_without_orders_shows_nothing() -> None:
    assert isinstance(look(WHOLE, whole(None)), LookFailed)


@pytest.mark.parametrize(
    ("tag", "type_", "role"),
    [
        ("OTOCO::trigger-order", GroupType.OTOCO, GroupRole.TRIGGER),
        ("OTOCO::oco-1-order", GroupType.OTOCO, GroupRole.PEER),
        ("OCO::order", GroupType.OCO, GroupRole.PEER),
        ("OTO::order", GroupType.OTO, GroupRole.CONDITIONAL),
        ("PAIRS::order", None, None),
        ("odd", None, None),
    ],
)
def test_an_order_of_a_complex_one_is_a_simple_order_that_names_it(
    tag: str, type_: GroupType | None, role: GroupRole | None
) -> None:
    changes: dict[str, Any] = {"complex_order_id": int(COMPLEX_ID), "complex_order_tag": tag}
    found = look(REF, shown(**changes))
    assert isinstance(found, OrderFound)
    order = found.order
    assert (order.route, order.group_id, order.group_type, order.group_role) == (
        "orders",
        COMPLEX_ID,
        type_,
        role,
    )
