"""What each reply of TradeStation proves, one row of the adapter's table after the other."""

import asyncio

import pytest

from nostro.brokers.transport import NeverSent, NoReply, Reply, TimedOut
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
from nostro.domain.place import Placed, PlaceRejected, Replacement
from tests.brokers.orders import NEW_ORDER
from tests.brokers.scripted import answer

from .said import (
    ACCOUNT,
    CHANGE,
    NOTHING,
    ORDER_ID,
    PLACED,
    READ,
    REF,
    SEEN,
    SPREAD,
    TAKEN,
    UNAUTHORIZED,
    asked,
    broker,
    failed,
    leg,
    row,
    shown,
)

OTHER_ID = "286234999"
PROBLEM = {"AccountID": ACCOUNT, "OrderID": ORDER_ID, "Error": "NotFound", "Message": "Order not found"}
TERMS = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY)


def receipts(*orders: object, errors: object = ()) -> Reply:
    return answer(200, {"Orders": orders, "Errors": errors})


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (TimedOut("slow"), UnknownCause.TIMEOUT),
        (NoReply("reset"), UnknownCause.CONNECTION_LOST),
        (answer(408, {}), UnknownCause.TIMEOUT),
        (failed(429, "Too many", "TooManyRequests"), UnknownCause.RATE_LIMITED),
        (failed(503, "Oops", "ServiceUnavailable"), UnknownCause.SERVER_ERROR),
        (Reply(502, b"<html>"), UnknownCause.SERVER_ERROR),
        (UNAUTHORIZED, UnknownCause.AUTH_REFUSED),
        (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(204, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(302, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(403, b"Access Denied"), UnknownCause.UNREADABLE_REPLY),
        (failed(400, "Later.", "GatewayTimeout"), UnknownCause.UNREADABLE_REPLY),
        (failed(409, "Conflict"), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b'{"Error": "BadRequest", "Error": "Forbidden"}'), UnknownCause.UNREADABLE_REPLY),
    ],
)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    for outcome in (
        asyncio.run(broker(said).cancel_order(ACCOUNT, SEEN)),
        asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is cause


def test_no_byte_left_is_not_sent() -> None:
    lost = NeverSent("refused")
    assert isinstance(asyncio.run(broker(lost).cancel_order(ACCOUNT, SEEN)), NotSent)
    assert isinstance(asyncio.run(broker(lost).place_order(ACCOUNT, NEW_ORDER)), NotSent)


def test_a_200_says_that_the_cancel_was_taken_and_no_more() -> None:
    tradestation, transport = asked(TAKEN)
    outcome = asyncio.run(tradestation.cancel_order(ACCOUNT, SEEN))
    assert outcome == CancelPending(raw={"OrderID": ORDER_ID, "Message": "Cancel request sent"})
    [sent] = transport.requests
    assert (sent.method, sent.path, sent.body) == ("DELETE", f"{CHANGE}/{ORDER_ID}", b"")
    assert sent.operation == "cancel"


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ({"OrderID": OTHER_ID, "Message": "Cancel request sent"}, UnknownCause.OTHER_ORDER_IN_REPLY),
        ({"Message": "Cancel request sent"}, UnknownCause.OTHER_ORDER_IN_REPLY),
        ({"Error": "BadRequest", "Message": "No."}, UnknownCause.OTHER_ORDER_IN_REPLY),
        ({"OrderID": ORDER_ID, "Message": "Order is filled"}, UnknownCause.UNREADABLE_REPLY),
        ({"OrderID": ORDER_ID}, UnknownCause.UNREADABLE_REPLY),
        (
            {"OrderID": ORDER_ID, "Message": "Cancel request sent", "Error": "FAILED"},
            UnknownCause.UNREADABLE_REPLY,
        ),
    ],
)
def test_a_200_in_other_words_or_of_another_order_proves_nothing(
    document: object, cause: UnknownCause
) -> None:
    outcome = asyncio.run(broker(answer(200, document)).cancel_order(ACCOUNT, SEEN))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is cause


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (failed(400, "Not an open order."), CancelRejectReason.TOO_LATE, "Not an open order."),
        (failed(400, "Invalid order ID."), CancelRejectReason.UNKNOWN_ORDER, "Invalid order ID."),
        (failed(404, "Not found", "NotFound"), CancelRejectReason.OTHER, "Not found"),
        (failed(403, "Not you", "Forbidden"), CancelRejectReason.OTHER, "Not you"),
        (failed(400, ""), CancelRejectReason.OTHER, "BadRequest"),
        (failed(400, "x" * 999), CancelRejectReason.OTHER, "x" * 300),
    ],
)
def test_a_refusal_keeps_its_words_and_shows_no_order(
    said: Reply, reason: CancelRejectReason, message: str
) -> None:
    outcome = asyncio.run(broker(said).cancel_order(ACCOUNT, SEEN))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.message, outcome.order) == (reason, message, None)
    placed = asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, PlaceRejected)
    assert placed.message == message


# Whose order it is


def test_an_order_is_canceled_once_this_account_shows_it() -> None:
    for answers in ((shown(), TAKEN), (NOTHING, shown(), TAKEN)):
        tradestation, transport = asked(*answers)
        assert isinstance(asyncio.run(tradestation.cancel_order(ACCOUNT, REF)), CancelPending)
        *reads, last = transport.requests
        assert last.method == "DELETE"
        assert all(each.path.startswith(f"{READ}/") for each in reads)
        assert {each.operation for each in reads} == {"look_up"}


@pytest.mark.parametrize(
    "said",
    [
        NOTHING,
        shown(AccountID="SIM999999M"),
        shown(OrderID=OTHER_ID),
        answer(200, {"Orders": [row(), row()], "Errors": []}),
        answer(200, {"Orders": [], "Errors": [PROBLEM]}),
        failed(400, "Invalid order ID."),
        failed(404, "Not found", "NotFound"),
        failed(403, "Not yours", "Forbidden"),
        UNAUTHORIZED,
        Reply(200, b"<html>"),
        Reply(500, b""),
        NoReply("lost"),
        NeverSent("refused"),
    ],
)
def test_nothing_is_sent_for_an_order_that_this_account_does_not_show(said: Reply | Exception) -> None:
    for route in ("", "SIM999999M"):
        tradestation, transport = asked(said)
        outcome = asyncio.run(tradestation.cancel_order(ACCOUNT, OrderRef(ORDER_ID, route)))
        assert isinstance(outcome, NotSent)
        assert outcome.cause is NotSentCause.REFUSED_LOCALLY
        assert {each.method for each in transport.requests} == {"GET"}


@pytest.mark.parametrize("account", ["", f"{ACCOUNT},SIM999999M", "../x", "a/b", "*"])
def test_what_is_not_one_account_is_never_asked_about(account: str) -> None:
    tradestation, transport = asked(shown())
    assert isinstance(asyncio.run(tradestation.cancel_order(account, REF)), NotSent)
    assert isinstance(asyncio.run(tradestation.look_up_order(account, REF)), LookFailed)
    assert transport.requests == []


@pytest.mark.parametrize(
    "bad_id",
    ["", "-1", " ", "0", "1-2345-6789", "../../v2", "%2e%2e", "1,2", "1 ", "1\n", "٣", "9" * 20, "a"],
)
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    tradestation, transport = asked(TAKEN)
    for bad in (OrderRef(BrokerageOrderId(bad_id)), OrderRef(BrokerageOrderId(bad_id), ACCOUNT)):
        outcome = asyncio.run(tradestation.cancel_order(ACCOUNT, bad))
        assert isinstance(outcome, NotSent)
        assert outcome.cause is NotSentCause.REFUSED_LOCALLY
        assert isinstance(asyncio.run(tradestation.look_up_order(ACCOUNT, bad)), LookFailed)
        assert isinstance(asyncio.run(tradestation.replace_order(ACCOUNT, bad, TERMS)), NotSent)
    assert transport.requests == []


# Looks


def test_a_look_shows_the_order_with_its_account_as_route() -> None:
    look = asyncio.run(broker(shown()).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    assert look.order.ref == SEEN
    assert look.order.status is OrderStatus.NEW


@pytest.mark.parametrize(
    "said",
    [
        NOTHING,
        answer(200, {"Orders": []}),
        answer(200, {"Orders": [], "Errors": [PROBLEM]}),
        failed(404, "Not found", "NotFound"),
        failed(400, "Invalid order ID."),
    ],
)
def test_an_order_is_absent_when_neither_today_nor_the_history_has_it(said: Reply) -> None:
    tradestation, transport = asked(said)
    assert asyncio.run(tradestation.look_up_order(ACCOUNT, REF)) == OrderAbsent()
    first, second = (each.path for each in transport.requests)
    assert first == f"{READ}/orders/{ORDER_ID}"
    assert second.startswith(f"{READ}/historicalorders/{ORDER_ID}?since=")
    assert isinstance(asyncio.run(broker(said, shown()).look_up_order(ACCOUNT, REF)), OrderFound)


@pytest.mark.parametrize(
    "said",
    [
        answer(200, {"Orders": [], "Errors": [PROBLEM | {"Error": "GatewayTimeout"}]}),
        answer(200, {"Orders": [], "Errors": [PROBLEM | {"Error": "Forbidden"}]}),
        answer(200, {"Orders": [], "Errors": [PROBLEM | {"OrderID": OTHER_ID}]}),
        answer(200, {"Orders": [row()], "Errors": [PROBLEM]}),
        answer(200, {"Error": "BadRequest", "Message": "No."}),
        failed(400, "No."),
        failed(404, "Later.", "ServiceUnavailable"),
        Reply(404, b"<html>"),
        UNAUTHORIZED,
        NoReply("lost"),
    ],
)
def test_any_other_answer_shows_neither_the_order_nor_its_absence(said: Reply | Exception) -> None:
    assert isinstance(asyncio.run(broker(said).look_up_order(ACCOUNT, REF)), LookFailed)
    assert isinstance(asyncio.run(broker(NOTHING, said).look_up_order(ACCOUNT, REF)), LookFailed)


def test_nobody_finds_an_order_by_an_id_that_tradestation_does_not_keep() -> None:
    tradestation, transport = asked(shown())
    look = asyncio.run(tradestation.find_client_order(ACCOUNT, NEW_ORDER.client_order_id))
    assert isinstance(look, LookFailed)
    assert transport.requests == []


# Placements


def test_a_placed_order_is_looked_at_and_can_be_canceled_without_another_look() -> None:
    tradestation, transport = asked(PLACED, shown(Status="REJ", RejectReason="EC601"))
    placed = asyncio.run(tradestation.place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.ref, order.status, order.reject_reason) == (SEEN, OrderStatus.REJECTED, "EC601")
    assert order.client_order_id == NEW_ORDER.client_order_id
    assert [each.method for each in transport.requests] == ["POST", "GET"]


@pytest.mark.parametrize("seen", [NOTHING, NoReply("lost"), Reply(200, b"<html>")])
def test_a_placement_that_no_look_shows_yet_is_believed_and_its_order_is_not_proven_ours(
    seen: Reply | Exception,
) -> None:
    placed = asyncio.run(broker(PLACED, seen).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.ref, order.status) == (REF, OrderStatus.PENDING_NEW)
    assert (order.quantity, order.limit_price) == (NEW_ORDER.quantity, NEW_ORDER.limit_price)


@pytest.mark.parametrize(
    "legs", [[leg("11")], [leg(BuyOrSell="Sell")], [leg(Symbol="MSFT")], [leg(), leg(Symbol="MSFT")]]
)
def test_an_id_of_an_order_of_other_terms_proves_nothing(legs: object) -> None:
    outcome = asyncio.run(broker(PLACED, shown(Legs=legs)).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_a_spread_whose_units_are_counted_otherwise_is_the_one_that_was_asked_for() -> None:
    option = {"AssetType": "STOCKOPTION"}
    legs = [
        leg("3", Symbol="AAPL 260320C240", **option),
        leg("6", Symbol="AAPL 260320C247.5", BuyOrSell="Sell", **option),
    ]
    placed = asyncio.run(broker(PLACED, shown(Legs=legs, LimitPrice="-1.25")).place_order(ACCOUNT, SPREAD))
    assert isinstance(placed, Placed)
    assert placed.orders[0].ref == SEEN


@pytest.mark.parametrize(
    "said",
    [
        receipts({"OrderID": "1234567", "Error": "FAILED", "Message": "Order failed. Reason: x"}),
        receipts(errors=[{"OrderID": "1234567", "Error": "FAILED", "Message": "Order failed. Reason: x"}]),
        receipts(errors=[{"Error": "BadRequest", "Message": "Order failed. Reason: x"}]),
    ],
)
def test_an_error_in_a_200_refuses_the_order(said: Reply) -> None:
    outcome = asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == "Order failed. Reason: x"


@pytest.mark.parametrize(
    "said",
    [
        receipts(),
        receipts({"OrderID": ""}),
        receipts({"OrderID": "1-2345-6789"}),
        receipts({"OrderID": ORDER_ID}, {"OrderID": OTHER_ID}),
        receipts({"OrderID": ORDER_ID}, errors=[{"Error": "FAILED", "OrderID": OTHER_ID}]),
        receipts(errors=[{"OrderID": ORDER_ID, "Message": "Hm."}]),
        receipts(errors=[{"Error": "GatewayTimeout", "Message": "Later."}]),
        receipts(errors=[{"Error": "HAUNTED", "Message": "Boo."}]),
        answer(200, {"OrderID": ORDER_ID, "Message": "Sent order"}),
        answer(200, [{"Orders": [{"OrderID": ORDER_ID}]}]),
        answer(201, {"Orders": [{"OrderID": ORDER_ID}]}),
    ],
)
def test_a_200_that_neither_takes_nor_refuses_one_order_proves_nothing(said: Reply) -> None:
    outcome = asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.UNREADABLE_REPLY


def test_an_order_keeps_its_id_when_it_is_replaced_so_that_nothing_is_sent() -> None:
    tradestation, transport = asked(TAKEN)
    assert isinstance(asyncio.run(tradestation.replace_order(ACCOUNT, SEEN, TERMS)), NotSent)
    assert transport.requests == []
