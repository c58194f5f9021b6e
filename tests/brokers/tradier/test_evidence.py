"""What each reply of Tradier proves, one row of the adapter's table after the other."""

import asyncio
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from nostro.brokers.tradier.orders import TradierBroker
from nostro.brokers.tradier.spec import SPEC
from nostro.brokers.transport import NeverSent, NoReply, Reply, TimedOut
from nostro.domain.cancel import (
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    OrderAbsent,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import (
    OrderRef,
    OrderStatus,
    PositionEffect,
    Side,
)
from nostro.domain.place import Placed, PlaceRejected
from nostro.ports import SystemClock
from tests.brokers.scripted import Scripted, answer

from .said import (
    ACCOUNT,
    DEAD_TOKEN,
    MINE,
    NEW_ORDER,
    OF_ANOTHER,
    ORDER_ID,
    REF,
    SPREAD,
    UNAUTHORIZED,
    broker,
    receipt,
    row,
    text,
)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (TimedOut("slow"), UnknownCause.TIMEOUT),
        (NoReply("reset"), UnknownCause.CONNECTION_LOST),
        (answer(408, {}), UnknownCause.TIMEOUT),
        (answer(429, {"fault": {"faultstring": "Rate limit quota violation"}}), UnknownCause.RATE_LIMITED),
        (Reply(502, b"<html>"), UnknownCause.SERVER_ERROR),
        (DEAD_TOKEN, UnknownCause.AUTH_REFUSED),
        (answer(200, {"fault": {"faultstring": "Datastore Error"}}), UnknownCause.UNREADABLE_REPLY),
        (answer(400, {"fault": {"faultstring": "?"}}), UnknownCause.UNREADABLE_REPLY),
        (answer(200, {"order": {"id": int(ORDER_ID), "status": "maybe"}}), UnknownCause.UNREADABLE_REPLY),
        (
            answer(200, {"order": {"id": int(ORDER_ID), "status": "ok"}, "errors": {"error": "no"}}),
            UnknownCause.UNREADABLE_REPLY,
        ),
        (
            answer(400, {"order": {"id": int(ORDER_ID), "status": "ok"}}),
            UnknownCause.UNREADABLE_REPLY,
        ),
        (Reply(200, b'{"order": {"id": 384'), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(404, b""), UnknownCause.UNREADABLE_REPLY),
        (text(403, "forbidden"), UnknownCause.UNREADABLE_REPLY),
    ],
)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    for outcome in (
        asyncio.run(broker(said).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is cause


def test_an_ok_says_that_the_request_was_taken_and_no_more() -> None:
    assert isinstance(asyncio.run(broker(receipt()).cancel_order(ACCOUNT, REF)), CancelPending)


def test_an_ok_for_another_order_proves_nothing() -> None:
    outcome = asyncio.run(broker(receipt(38467962)).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (
            text(400, "order already in finalized state: filled"),
            CancelRejectReason.TOO_LATE,
            "order already in finalized state: filled",
        ),
        (
            text(400, "order already in finalized state: canceled\n"),
            CancelRejectReason.TOO_LATE,
            "order already in finalized state: canceled",
        ),
        (
            text(400, "order already in finalized state: haunted"),
            CancelRejectReason.OTHER,
            "order already in finalized state: haunted",
        ),
        (answer(200, {"errors": {"error": "No."}}), CancelRejectReason.OTHER, "No."),
        (answer(400, {"errors": {"error": ["No.", "Never."]}}), CancelRejectReason.OTHER, "No.; Never."),
    ],
)
def test_a_named_refusal_keeps_its_reason_and_its_words(
    said: Reply, reason: CancelRejectReason, message: str
) -> None:
    outcome = asyncio.run(broker(said).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.message, outcome.order) == (reason, message, None)
    assert isinstance(asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)), PlaceRejected)


def test_a_401_is_a_wrong_id_where_the_token_is_good_and_the_account_its_own() -> None:
    transport = Scripted(UNAUTHORIZED, MINE)
    outcome = asyncio.run(TradierBroker(transport, SPEC, SystemClock()).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelRejected)
    assert outcome.reason is CancelRejectReason.UNKNOWN_ORDER
    assert [(each.method, each.path) for each in transport.requests] == [
        ("DELETE", f"/v1/accounts/{ACCOUNT}/orders/{ORDER_ID}"),
        ("GET", "/v1/user/profile"),
    ]
    assert asyncio.run(broker(UNAUTHORIZED, MINE).look_up_order(ACCOUNT, REF)) == OrderAbsent()


@pytest.mark.parametrize(
    "answers",
    [
        (UNAUTHORIZED, OF_ANOTHER),
        (UNAUTHORIZED, DEAD_TOKEN),
        (UNAUTHORIZED, NoReply("reset")),
        (UNAUTHORIZED, Reply(200, b"{}")),
        (DEAD_TOKEN, MINE),
        (Reply(401, b""), MINE),
    ],
)
def test_any_other_401_proves_nothing(answers: tuple[Reply | Exception, ...]) -> None:
    outcome = asyncio.run(broker(*answers).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.AUTH_REFUSED
    assert isinstance(asyncio.run(broker(*answers).look_up_order(ACCOUNT, REF)), LookFailed)


def test_no_byte_left_is_not_sent() -> None:
    assert isinstance(asyncio.run(broker(NeverSent("refused")).cancel_order(ACCOUNT, REF)), NotSent)
    assert isinstance(asyncio.run(broker(NeverSent("refused")).place_order(ACCOUNT, NEW_ORDER)), NotSent)


@pytest.mark.parametrize(
    "bad_id", ["", "-1", " ", "0", "../../v2/positions", "%2e%2e", "1,2", "1 ", "٣", "9" * 20]
)
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    transport = Scripted(receipt())
    tradier = TradierBroker(transport, SPEC, SystemClock())
    bad = OrderRef(BrokerageOrderId(bad_id))
    assert isinstance(asyncio.run(tradier.cancel_order(ACCOUNT, bad)), NotSent)
    assert transport.requests == []


@pytest.mark.parametrize(
    ("side", "effect", "word"),
    [
        (Side.BUY, None, "buy"),
        (Side.BUY, PositionEffect.OPEN, "buy"),
        (Side.BUY, PositionEffect.CLOSE, "buy_to_cover"),
        (Side.SELL, None, "sell"),
        (Side.SELL, PositionEffect.CLOSE, "sell"),
        (Side.SELL, PositionEffect.OPEN, "sell_short"),
    ],
)
def test_a_stock_has_no_side_of_an_option(side: Side, effect: PositionEffect | None, word: str) -> None:
    transport = Scripted(receipt(7))
    leg = replace(NEW_ORDER.legs[0], side=side, position_effect=effect)
    asked = replace(NEW_ORDER, legs=(leg,))
    asyncio.run(TradierBroker(transport, SPEC, SystemClock()).place_order(ACCOUNT, asked))
    assert parse_qs(transport.requests[0].body.decode())["side"] == [word]


def test_a_stock_order_is_a_form_and_comes_back_as_it_was_asked_for() -> None:
    transport = Scripted(receipt(7))
    placed = asyncio.run(TradierBroker(transport, SPEC, SystemClock()).place_order(ACCOUNT, NEW_ORDER))
    sent = transport.requests[0]
    assert sent.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qs(sent.body.decode()) == {
        "class": ["equity"],
        "symbol": ["BRK/B"],
        "side": ["sell_short"],
        "quantity": ["10"],
        "type": ["stop_limit"],
        "duration": ["gtc"],
        "price": ["100.5"],
        "stop": ["101"],
        "tag": [NEW_ORDER.client_order_id],
    }
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.brokerage_order_id, order.status) == ("7", OrderStatus.PENDING_NEW)
    assert (order.client_order_id, order.quantity) == (NEW_ORDER.client_order_id, NEW_ORDER.quantity)


def test_a_receipt_has_an_id_alone_so_that_a_look_shows_whose_it_is() -> None:
    mine = answer(200, {"order": row(tag=NEW_ORDER.client_order_id, status="rejected")})
    placed = asyncio.run(broker(receipt(), mine).place_order(ACCOUNT, NEW_ORDER))
    assert isinstance(placed, Placed)
    assert placed.orders[0].status is OrderStatus.REJECTED
    for not_it in ((answer(200, {"order": row(tag="c-9")}),), (UNAUTHORIZED, MINE)):
        listed = answer(200, {"orders": {"order": row(id=9, tag=NEW_ORDER.client_order_id)}})
        placed = asyncio.run(broker(receipt(), *not_it, listed).place_order(ACCOUNT, NEW_ORDER))
        assert isinstance(placed, Placed)
        assert placed.orders[0].brokerage_order_id == "9"
        nothing = answer(200, {"orders": "null"})
        outcome = asyncio.run(broker(receipt(), *not_it, nothing).place_order(ACCOUNT, NEW_ORDER))
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_a_spread_names_each_leg_with_its_own_quantity_and_its_net_price() -> None:
    transport = Scripted(receipt(7))
    asyncio.run(TradierBroker(transport, SPEC, SystemClock()).place_order(ACCOUNT, SPREAD))
    sent = transport.requests[0]
    assert parse_qs(sent.body.decode()) == {
        "class": ["multileg"],
        "symbol": ["AAPL"],
        "type": ["credit"],
        "duration": ["day"],
        "price": ["1.25"],
        "option_symbol[0]": ["AAPL260320C00100000"],
        "side[0]": ["buy_to_open"],
        "quantity[0]": ["3"],
        "option_symbol[1]": ["AAPL260320C00110000"],
        "side[1]": ["sell_to_open"],
        "quantity[1]": ["6"],
        "tag": [SPREAD.client_order_id],
    }
