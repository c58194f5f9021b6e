"""What each reply of Schwab proves, one row of the adapter's table after the other."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from nostro.brokers.schwab.orders import SchwabBroker
from nostro.brokers.schwab.spec import SPEC
from nostro.brokers.transport import CredentialsRefused, NeverSent, NoReply, Reply, TimedOut
from nostro.domain.cancel import (
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderRef, OrderStatus, OrderType, TimeInForce
from nostro.domain.place import Placed, PlaceRejected, Replaced, Replacement
from nostro.ports import SystemClock
from tests.brokers.orders import NEW_ORDER
from tests.brokers.scripted import Scripted, answer

from .said import (
    ACCOUNT,
    HASHES,
    NEW_ID,
    ORDER_ID,
    REF,
    REFUSED,
    TAKEN,
    UNKNOWN,
    asked,
    broker,
    created,
    leg,
    shown,
)

LOWER = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal("99.25"))


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (TimedOut("slow"), UnknownCause.TIMEOUT),
        (NoReply("reset"), UnknownCause.CONNECTION_LOST),
        (answer(408, {}), UnknownCause.TIMEOUT),
        (answer(429, {"message": "Too many"}), UnknownCause.RATE_LIMITED),
        (answer(500, {"message": "Oops", "errors": []}), UnknownCause.SERVER_ERROR),
        (Reply(502, b"<html>"), UnknownCause.SERVER_ERROR),
        (answer(401, {"message": "Unauthorized", "errors": []}), UnknownCause.AUTH_REFUSED),
        (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (answer(200, {"message": "No.", "errors": []}), UnknownCause.UNREADABLE_REPLY),
        (Reply(201, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(201, b"<html>", created().headers), UnknownCause.UNREADABLE_REPLY),
        (Reply(204, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(302, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(403, b"Access Denied"), UnknownCause.UNREADABLE_REPLY),
        (Reply(404, b""), UnknownCause.UNREADABLE_REPLY),
        (answer(404, {"errors": [{"status": "404", "title": "Not Found"}]}), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b'{"message": "A", "message": "B"}'), UnknownCause.UNREADABLE_REPLY),
        (answer(409, {"message": "Conflict", "errors": []}), UnknownCause.UNREADABLE_REPLY),
    ],
)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    for outcome in (
        asyncio.run(broker(said).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)),
        asyncio.run(broker(shown(), said).replace_order(ACCOUNT, REF, LOWER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is cause


def test_a_200_says_that_the_cancel_was_taken_and_no_more() -> None:
    schwab, transport = asked(TAKEN)
    assert asyncio.run(schwab.cancel_order(ACCOUNT, REF)) == CancelPending(raw=None)
    [sent] = transport.requests
    assert (sent.method, sent.body, sent.operation) == ("DELETE", b"", "cancel")


def test_a_200_without_a_body_is_no_success_of_a_placement() -> None:
    outcome = asyncio.run(broker(TAKEN).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(outcome, CancelUnknown)


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (UNKNOWN, CancelRejectReason.UNKNOWN_ORDER, "Order not found"),
        (REFUSED, CancelRejectReason.OTHER, "A validation error occurred.; No.; Never."),
        (answer(400, {"message": "Order is FILLED"}), CancelRejectReason.OTHER, "Order is FILLED"),
        (answer(403, {"message": "Forbidden", "errors": []}), CancelRejectReason.OTHER, "Forbidden"),
        (answer(400, {"message": "x" * 999}), CancelRejectReason.OTHER, "x" * 300),
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


def test_no_byte_left_is_not_sent() -> None:
    lost = NeverSent("refused")
    assert isinstance(asyncio.run(broker(lost).cancel_order(ACCOUNT, REF)), NotSent)
    assert isinstance(asyncio.run(broker(lost).place_order(ACCOUNT, NEW_ORDER)), NotSent)
    assert isinstance(asyncio.run(broker(shown(), lost).replace_order(ACCOUNT, REF, LOWER)), NotSent)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (NeverSent("refused"), NotSentCause.CONNECT_FAILED),
        (NoReply("reset"), NotSentCause.CONNECT_FAILED),
        (Reply(200, b"[]"), NotSentCause.CONNECT_FAILED),
        (CredentialsRefused("invalid_grant"), NotSentCause.ACCESS_REFUSED),
        (answer(401, {}), NotSentCause.ACCESS_REFUSED),
    ],
)
def test_nothing_is_changed_while_nobody_knows_where_the_account_is(
    said: Reply | Exception, cause: NotSentCause
) -> None:
    transport = Scripted(said)
    schwab = SchwabBroker(transport, SPEC, SystemClock())
    for outcome in (
        asyncio.run(schwab.cancel_order(ACCOUNT, REF)),
        asyncio.run(schwab.place_order(ACCOUNT, NEW_ORDER)),
        asyncio.run(schwab.replace_order(ACCOUNT, REF, LOWER)),
    ):
        assert isinstance(outcome, NotSent)
        assert outcome.cause is cause
    assert isinstance(asyncio.run(schwab.look_up_order(ACCOUNT, REF)), LookFailed)
    assert {each.method for each in transport.requests} == {"GET"}


def test_the_account_is_looked_for_once_and_another_customers_is_not_found() -> None:
    transport = Scripted(HASHES, TAKEN, TAKEN, HASHES)
    schwab = SchwabBroker(transport, SPEC, SystemClock())

    async def cancel_two() -> None:
        for _ in range(2):
            assert isinstance(await schwab.cancel_order(ACCOUNT, REF), CancelPending)
        assert isinstance(await schwab.cancel_order("87654321", REF), NotSent)

    asyncio.run(cancel_two())
    assert [each.method for each in transport.requests] == ["GET", "DELETE", "DELETE", "GET"]


@pytest.mark.parametrize(
    "bad_id", ["", "-1", " ", "0", "../../v2/positions", "%2e%2e", "1,2", "1 ", "٣", "9" * 20]
)
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    transport = Scripted(HASHES)
    schwab = SchwabBroker(transport, SPEC, SystemClock())
    bad = OrderRef(BrokerageOrderId(bad_id))
    for outcome in (
        asyncio.run(schwab.cancel_order(ACCOUNT, bad)),
        asyncio.run(schwab.replace_order(ACCOUNT, bad, LOWER)),
    ):
        assert isinstance(outcome, NotSent)
        assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert isinstance(asyncio.run(schwab.look_up_order(ACCOUNT, bad)), LookFailed)
    assert transport.requests == []


def test_a_look_shows_the_order_or_its_absence_or_fails() -> None:
    found = asyncio.run(broker(shown()).look_up_order(ACCOUNT, REF))
    assert isinstance(found, OrderFound)
    assert (found.order.brokerage_order_id, found.order.status) == (ORDER_ID, OrderStatus.NEW)
    assert asyncio.run(broker(UNKNOWN).look_up_order(ACCOUNT, REF)) == OrderAbsent()
    for said in (shown(orderId=7), Reply(404, b"<html>"), REFUSED, answer(401, {}), NoReply("lost")):
        assert isinstance(asyncio.run(broker(said).look_up_order(ACCOUNT, REF)), LookFailed)


def test_nobody_finds_an_order_by_an_id_that_schwab_does_not_keep() -> None:
    schwab, transport = asked(shown())
    look = asyncio.run(schwab.find_client_order(ACCOUNT, NEW_ORDER.client_order_id))
    assert isinstance(look, LookFailed)
    assert transport.requests == []


# Placements


def test_a_placed_order_is_named_in_a_header_and_looked_at() -> None:
    schwab, transport = asked(created(), shown(orderId=int(NEW_ID), status="REJECTED"))
    placed = asyncio.run(schwab.place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.brokerage_order_id, order.status) == (NEW_ID, OrderStatus.REJECTED)
    assert order.client_order_id == NEW_ORDER.client_order_id
    assert [each.method for each in transport.requests] == ["POST", "GET"]


@pytest.mark.parametrize("seen", [UNKNOWN, NoReply("lost"), Reply(200, b"<html>")])
def test_a_placement_that_no_look_shows_yet_is_believed(seen: Reply | Exception) -> None:
    placed = asyncio.run(broker(created(), seen).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.brokerage_order_id, order.status) == (NEW_ID, OrderStatus.PENDING_NEW)
    assert (order.quantity, order.limit_price) == (NEW_ORDER.quantity, NEW_ORDER.limit_price)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 11.0},
        {"orderLegCollection": [leg("SELL")]},
        {"orderLegCollection": [leg(symbol="MSFT")]},
        {"orderLegCollection": [leg(), leg()]},
    ],
)
def test_an_id_of_an_order_of_other_terms_proves_nothing(changes: dict[str, object]) -> None:
    seen = shown(orderId=int(NEW_ID), **changes)
    outcome = asyncio.run(broker(created(), seen).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_an_order_that_is_shown_without_its_symbol_is_the_one_that_was_asked_for() -> None:
    seen = shown(orderId=int(NEW_ID), orderLegCollection=[leg(symbol="")])
    placed = asyncio.run(broker(created(), seen).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, Placed)
    assert placed.orders[0].status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (Reply(201, b""), UnknownCause.UNREADABLE_REPLY),
        (created("0"), UnknownCause.UNREADABLE_REPLY),
        (created("not-an-id"), UnknownCause.UNREADABLE_REPLY),
        (Reply(201, b"", {"location": "/trader/v1/accounts"}), UnknownCause.UNREADABLE_REPLY),
        (created(NEW_ID, "AB12"), UnknownCause.OTHER_ORDER_IN_REPLY),
    ],
)
def test_a_success_that_names_no_order_of_the_account_proves_nothing(
    said: Reply, cause: UnknownCause
) -> None:
    outcome = asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is cause


# Replacements


def test_a_successor_is_looked_at_and_names_what_it_replaces() -> None:
    schwab, transport = asked(shown(), created(), shown(orderId=int(NEW_ID), price=99.25))
    outcome = asyncio.run(schwab.replace_order(ACCOUNT, REF, LOWER))
    assert isinstance(outcome, Replaced)
    assert (outcome.replaced_id, outcome.order.replaces) == (ORDER_ID, ORDER_ID)
    assert (outcome.order.brokerage_order_id, outcome.order.limit_price) == (NEW_ID, Decimal("99.25"))
    assert [each.method for each in transport.requests] == ["GET", "PUT", "GET"]
    unseen = asyncio.run(broker(shown(), created(), UNKNOWN).replace_order(ACCOUNT, REF, LOWER))
    assert isinstance(unseen, Replaced)
    assert (unseen.order.brokerage_order_id, unseen.order.quantity) == (NEW_ID, Decimal(10))
    assert (unseen.order.limit_price, unseen.order.status) == (Decimal("99.25"), OrderStatus.PENDING_NEW)


def test_a_successor_that_was_rejected_after_all_replaced_nothing() -> None:
    seen = shown(orderId=int(NEW_ID), status="REJECTED", statusDescription="Too far away")
    outcome = asyncio.run(broker(shown(), created(), seen).replace_order(ACCOUNT, REF, LOWER))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == "Too far away"


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ((created(ORDER_ID),), UnknownCause.UNREADABLE_REPLY),
        ((created(), shown(orderId=int(NEW_ID), quantity=1.0)), UnknownCause.OTHER_ORDER_IN_REPLY),
    ],
)
def test_a_success_that_names_no_successor_proves_nothing(
    answers: tuple[Reply, ...], cause: UnknownCause
) -> None:
    outcome = asyncio.run(broker(shown(), *answers).replace_order(ACCOUNT, REF, LOWER))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is cause


@pytest.mark.parametrize("word", ["FILLED", "CANCELED", "EXPIRED", "REJECTED", "REPLACED"])
def test_a_closed_order_is_not_replaced_and_nothing_is_sent(word: str) -> None:
    schwab, transport = asked(shown(status=word))
    outcome = asyncio.run(schwab.replace_order(ACCOUNT, REF, LOWER))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == f"the order is {word}"
    assert [each.method for each in transport.requests] == ["GET"]


@pytest.mark.parametrize(
    ("seen", "terms"),
    [
        (UNKNOWN, LOWER),
        (NoReply("lost"), LOWER),
        (shown(orderId=7), LOWER),
        (shown(filledQuantity=4.0), LOWER),
        (shown(orderType="TRAILING_STOP"), LOWER),
        (shown(orderStrategyType="TRIGGER"), LOWER),
        (shown(orderLegCollection=[leg(symbol="")]), LOWER),
        (shown(quantity=None, orderLegCollection=[leg(quantity=None)]), LOWER),
        (shown(), replace(LOWER, quantity=Decimal("1.5"))),
        (shown(), replace(LOWER, time_in_force=TimeInForce.GTD)),
    ],
)
def test_what_cannot_be_spelled_for_certain_is_not_replaced(
    seen: Reply | Exception, terms: Replacement
) -> None:
    schwab, transport = asked(seen)
    outcome = asyncio.run(schwab.replace_order(ACCOUNT, REF, terms))
    assert isinstance(outcome, NotSent)
    assert {each.method for each in transport.requests} == {"GET"}
