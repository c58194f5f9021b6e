"""What each reply of tastytrade proves, one row of the adapter's table after the other."""

import asyncio
from decimal import Decimal

import pytest

from nostro.brokers.transport import CredentialsRefused, NeverSent, NoReply, Reply, TimedOut
from nostro.domain.cancel import (
    Canceled,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderRef, OrderStatus, OrderType, TimeInForce
from nostro.domain.place import Placed, PlaceRejected, Replaced, Replacement
from tests.brokers.orders import NEW_ORDER
from tests.brokers.scripted import answer

from .said import (
    ACCOUNT,
    CLIENT_ID,
    ENDED,
    NEW_ID,
    ORDER_ID,
    PATH,
    REF,
    UNKNOWN,
    WHOLE,
    asked,
    broker,
    fill,
    leg,
    refused,
    row,
    shown,
    taken,
    whole,
)

LOWER = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal("99.25"))
SUCCESSOR = shown(id=int(NEW_ID), replaces_order_id=int(ORDER_ID), status="Contingent", price="99.25")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (TimedOut("slow"), UnknownCause.TIMEOUT),
        (NoReply("reset"), UnknownCause.CONNECTION_LOST),
        (answer(408, {}), UnknownCause.TIMEOUT),
        (refused(429, "too_many_requests", "Slow down"), UnknownCause.RATE_LIMITED),
        (refused(500, "internal_error", "Oops"), UnknownCause.SERVER_ERROR),
        (Reply(502, b"<html>"), UnknownCause.SERVER_ERROR),
        (refused(401, "unauthorized", "Unauthorized"), UnknownCause.AUTH_REFUSED),
        (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(201, b"{}"), UnknownCause.UNREADABLE_REPLY),
        (Reply(204, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(302, b""), UnknownCause.UNREADABLE_REPLY),
        (answer(202, {"data": row()}), UnknownCause.UNREADABLE_REPLY),
        (Reply(404, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (answer(422, {"errors": ["No."]}), UnknownCause.UNREADABLE_REPLY),
        (answer(422, {"error": "no"}), UnknownCause.UNREADABLE_REPLY),
        (refused(409, "conflict", "Conflict"), UnknownCause.UNREADABLE_REPLY),
        (Reply(422, b'{"error": {"code": "a", "code": "b"}}'), UnknownCause.UNREADABLE_REPLY),
    ],
)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    for outcome in (
        asyncio.run(broker(said).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(said).cancel_order(ACCOUNT, WHOLE)),
        asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)),
        asyncio.run(broker(shown(), said).replace_order(ACCOUNT, REF, LOWER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is cause


def test_a_success_with_an_error_in_it_is_none() -> None:
    error = {"error": {"code": "cannot_update_order", "message": "No."}}
    for outcome in (
        asyncio.run(broker(answer(200, {"data": row()} | error)).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(answer(200, error)).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(answer(201, {"data": {"order": row()}} | error)).place_order(ACCOUNT, NEW_ORDER)),
        asyncio.run(
            broker(answer(201, {"data": {"order": row(), "errors": [{"code": "no"}]}})).place_order(
                ACCOUNT, NEW_ORDER
            )
        ),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is UnknownCause.UNREADABLE_REPLY


@pytest.mark.parametrize("word", ["Cancel Requested", "Live", "Contingent", "Routed", "Haunted"])
def test_a_cancel_that_was_taken_is_pending_whatever_the_order_is_shown_as(word: str) -> None:
    outcome = asyncio.run(broker(shown(status=word)).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelPending)
    assert outcome.raw is not None


def test_an_order_that_the_reply_shows_as_cancelled_is_canceled() -> None:
    said = shown(status="Cancelled", legs=[leg(remaining_quantity=6, fills=[fill(4, "100.4")])])
    outcome = asyncio.run(broker(said).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, Canceled)
    assert outcome.order is not None
    assert outcome.order.filled_quantity == 4
    assert outcome.order.canceled_quantity == 6


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "Filled"}, OrderStatus.FILLED),
        ({"status": "Expired"}, OrderStatus.EXPIRED),
        ({"status": "Rejected"}, OrderStatus.REJECTED),
        ({"status": "Cancelled", "replacing_order_id": int(NEW_ID)}, OrderStatus.REPLACED),
    ],
)
def test_an_order_that_the_reply_shows_as_ended_otherwise_is_not_called_canceled(
    changes: dict[str, str], status: OrderStatus
) -> None:
    outcome = asyncio.run(broker(shown(**changes)).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelRejected)
    assert outcome.reason is CancelRejectReason.TOO_LATE
    assert outcome.order is not None
    assert outcome.order.status is status


def test_a_success_about_another_order_proves_nothing() -> None:
    for outcome in (
        asyncio.run(broker(shown(id=7, status="Cancelled")).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(whole("Cancelled")).cancel_order(ACCOUNT, OrderRef(ORDER_ID, "complex-orders"))),
        asyncio.run(broker(taken(external_identifier="other")).place_order(ACCOUNT, NEW_ORDER)),
        asyncio.run(broker(taken(external_identifier=None)).place_order(ACCOUNT, NEW_ORDER)),
        asyncio.run(broker(shown(), shown()).replace_order(ACCOUNT, REF, LOWER)),
        asyncio.run(broker(shown(), shown(replaces_order_id=7)).replace_order(ACCOUNT, REF, LOWER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (UNKNOWN, CancelRejectReason.UNKNOWN_ORDER, "Couldn't find the order"),
        (ENDED, CancelRejectReason.OTHER, "the order could not be cancelled"),
        (refused(403, "not_permitted", "Not permitted"), CancelRejectReason.OTHER, "Not permitted"),
        (refused(400, "bad_request", ""), CancelRejectReason.OTHER, "bad_request"),
        (
            refused(
                422,
                "preflight_check_failure",
                "Checks failed",
                {"code": "margin_check_failed", "message": "No money."},
                {"domain": "price", "reason": "is missing"},
            ),
            CancelRejectReason.OTHER,
            "Checks failed; No money.; price is missing",
        ),
        (refused(422, "a", "x" * 999), CancelRejectReason.OTHER, "x" * 300),
    ],
)
def test_a_refusal_keeps_its_words_and_says_nothing_of_the_order(
    said: Reply, reason: CancelRejectReason, message: str
) -> None:
    outcome = asyncio.run(broker(said).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.message, outcome.order) == (reason, message, None)
    placed = asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, PlaceRejected)
    assert placed.message == message
    assert isinstance(asyncio.run(broker(shown(), said).replace_order(ACCOUNT, REF, LOWER)), PlaceRejected)


def test_a_refused_placement_may_say_what_it_would_have_cost() -> None:
    error = {"code": "preflight_check_failure", "message": "One or more checks failed"}
    said = answer(422, {"data": {"buying-power-effect": {}}, "error": error})
    assert isinstance(asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)), PlaceRejected)


@pytest.mark.parametrize(
    ("lost", "cause"),
    [
        (NeverSent("refused"), NotSentCause.CONNECT_FAILED),
        (CredentialsRefused("invalid_grant"), NotSentCause.ACCESS_REFUSED),
    ],
)
def test_no_byte_left_is_not_sent(lost: Exception, cause: NotSentCause) -> None:
    for outcome in (
        asyncio.run(broker(lost).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(lost).place_order(ACCOUNT, NEW_ORDER)),
        asyncio.run(broker(shown(), lost).replace_order(ACCOUNT, REF, LOWER)),
    ):
        assert isinstance(outcome, NotSent)
        assert outcome.cause is cause


@pytest.mark.parametrize(
    "bad_id", ["", "-1", " ", "0", "live", "../../positions", "%2e%2e", "1,2", "1 ", "٣", "9" * 16]
)
@pytest.mark.parametrize("route", ["", "orders", "complex-orders"])
def test_what_is_no_order_id_is_never_sent(bad_id: str, route: str) -> None:
    tasty, transport = asked(shown())
    bad = OrderRef(BrokerageOrderId(bad_id), route)
    for outcome in (
        asyncio.run(tasty.cancel_order(ACCOUNT, bad)),
        asyncio.run(tasty.replace_order(ACCOUNT, bad, LOWER)),
    ):
        assert isinstance(outcome, NotSent)
        assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert isinstance(asyncio.run(tasty.look_up_order(ACCOUNT, bad)), LookFailed)
    assert transport.requests == []


def test_a_route_that_is_none_is_never_sent() -> None:
    tasty, transport = asked(shown())
    strange = OrderRef(ORDER_ID, "orders/live")
    assert isinstance(asyncio.run(tasty.cancel_order(ACCOUNT, strange)), NotSent)
    assert isinstance(asyncio.run(tasty.replace_order(ACCOUNT, strange, LOWER)), NotSent)
    assert isinstance(asyncio.run(tasty.look_up_order(ACCOUNT, strange)), LookFailed)
    assert transport.requests == []


# Placements and replacements


def test_a_placed_order_is_as_the_reply_shows_it() -> None:
    tasty, transport = asked(taken())
    placed = asyncio.run(tasty.place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.brokerage_order_id, order.route) == (ORDER_ID, "orders")
    assert (order.client_order_id, order.status) == (CLIENT_ID, OrderStatus.PENDING_NEW)
    [sent] = transport.requests
    assert (sent.method, sent.path, sent.operation) == ("POST", f"{PATH}/orders", "place")


def test_a_placement_that_names_no_order_id_is_unknown() -> None:
    for order_id in (0, "", "../1"):
        assert isinstance(
            asyncio.run(broker(taken(id=order_id)).place_order(ACCOUNT, NEW_ORDER)), CancelUnknown
        )


def test_a_replaced_order_has_a_successor_that_names_it() -> None:
    tasty, transport = asked(shown(), SUCCESSOR)
    replaced = asyncio.run(tasty.replace_order(ACCOUNT, REF, LOWER))
    assert isinstance(replaced, Replaced)
    assert (replaced.replaced_id, replaced.order.brokerage_order_id) == (ORDER_ID, NEW_ID)
    assert (replaced.order.replaces, replaced.order.limit_price) == (ORDER_ID, Decimal("99.25"))
    assert [(each.method, each.path) for each in transport.requests] == [
        ("GET", f"{PATH}/orders/{ORDER_ID}"),
        ("PATCH", f"{PATH}/orders/{ORDER_ID}"),
    ]


@pytest.mark.parametrize("word", ["Filled", "Cancelled", "Expired", "Rejected", "Removed"])
def test_an_order_that_has_ended_is_not_replaced(word: str) -> None:
    tasty, transport = asked(shown(status=word))
    outcome = asyncio.run(tasty.replace_order(ACCOUNT, REF, LOWER))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == f"the order is {word}"
    assert [each.method for each in transport.requests] == ["GET"]


@pytest.mark.parametrize("said", [UNKNOWN, NoReply("lost"), Reply(200, b"[]"), shown(id=7)])
def test_an_order_that_cannot_be_read_is_not_replaced(said: Reply | Exception) -> None:
    tasty, transport = asked(said)
    assert isinstance(asyncio.run(tasty.replace_order(ACCOUNT, REF, LOWER)), NotSent)
    assert [each.method for each in transport.requests] == ["GET"]
