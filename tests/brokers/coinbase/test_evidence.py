"""What each reply of Coinbase proves, one row of the adapter's table after the other."""

import asyncio
import json
from typing import Any

import pytest

from nostro.brokers.coinbase.orders import CoinbaseBroker
from nostro.brokers.coinbase.spec import SPEC
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
from nostro.domain.order import GroupType, OrderRef, OrderStatus, OrderType, TimeInForce
from nostro.domain.place import NewGroup, Placed, PlaceRejected, Replacement
from tests.brokers.scripted import Scripted, answer

from .said import (
    ABSENT,
    NEW_ORDER,
    ORDER_ID,
    OTHER_ID,
    REF,
    FixedClock,
    broker,
    canceled,
    failure,
    placed,
    refused,
    shown,
)

TERMS = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (TimedOut("slow"), UnknownCause.TIMEOUT),
        (NoReply("reset"), UnknownCause.CONNECTION_LOST),
        (Reply(401, b"Unauthorized"), UnknownCause.AUTH_REFUSED),
        (answer(408, {}), UnknownCause.TIMEOUT),
        (answer(429, {"errors": [{"id": "rate_limit_exceeded"}]}), UnknownCause.RATE_LIMITED),
        (failure(500, "INTERNAL", "?"), UnknownCause.SERVER_ERROR),
        (Reply(503, b"<html>"), UnknownCause.SERVER_ERROR),
        (Reply(200, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b"{}"), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b'{"results": [{"success": tr'), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b'{"success": true, "success": true}'), UnknownCause.UNREADABLE_REPLY),
        (failure(200, "INVALID_ARGUMENT", "an error in a success"), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(307, b""), UnknownCause.UNREADABLE_REPLY),
        (ABSENT, UnknownCause.UNREADABLE_REPLY),
        (failure(418, "INVALID_ARGUMENT", "no"), UnknownCause.UNREADABLE_REPLY),
    ],
)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    for outcome in (
        asyncio.run(broker(said).cancel_order("", REF)),
        asyncio.run(broker(said).place_order("", NEW_ORDER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is cause


def test_no_byte_left_is_not_sent() -> None:
    assert isinstance(asyncio.run(broker(NeverSent("refused")).cancel_order("", REF)), NotSent)
    assert isinstance(asyncio.run(broker(NeverSent("refused")).place_order("", NEW_ORDER)), NotSent)


# Cancel


def test_a_success_says_that_the_cancel_was_submitted_and_no_more() -> None:
    outcome = asyncio.run(broker(canceled()).cancel_order("", REF))
    assert isinstance(outcome, CancelPending)
    assert outcome.raw == json.loads(canceled().body)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("UNKNOWN_CANCEL_ORDER", CancelRejectReason.UNKNOWN_ORDER),
        ("ORDER_IS_FULLY_FILLED", CancelRejectReason.TOO_LATE),
        ("DUPLICATE_CANCEL_REQUEST", CancelRejectReason.ALREADY_PENDING),
        ("ORDER_IS_BEING_REPLACED", CancelRejectReason.BROKER_OPTION),
        ("NOT_ALLOWED_TO_CANCEL", CancelRejectReason.BROKER_OPTION),
        ("COMMANDER_REJECTED_CANCEL_ORDER", CancelRejectReason.BROKER_OPTION),
        ("INVALID_CANCEL_FCM_TRADING_SESSION", CancelRejectReason.BROKER_OPTION),
        ("INVALID_CANCEL_REQUEST", CancelRejectReason.OTHER),
        ("INVALID_CANCEL_PRODUCT_ID", CancelRejectReason.OTHER),
    ],
)
def test_a_named_refusal_keeps_its_reason_and_shows_no_order(word: str, reason: CancelRejectReason) -> None:
    said = canceled(success=False, failure_reason=word)
    outcome = asyncio.run(broker(said).cancel_order("", REF))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.message, outcome.order) == (reason, word, None)


@pytest.mark.parametrize("word", ["UNKNOWN_CANCEL_FAILURE_REASON", "ORDER_IS_HAUNTED", "", None])
def test_a_failure_for_no_known_reason_proves_nothing(word: str | None) -> None:
    said = canceled(success=False, failure_reason=word)
    outcome = asyncio.run(broker(said).cancel_order("", REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.raw == json.loads(said.body)


@pytest.mark.parametrize("is_success", [True, False])
def test_a_result_of_another_order_proves_nothing(*, is_success: bool) -> None:
    said = canceled(order_id=OTHER_ID, success=is_success, failure_reason="ORDER_IS_FULLY_FILLED")
    outcome = asyncio.run(broker(said).cancel_order("", REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


@pytest.mark.parametrize("order_ids", [[], [ORDER_ID, OTHER_ID], [ORDER_ID, ORDER_ID]])
def test_no_result_proves_nothing_and_several_prove_no_more(order_ids: list[str]) -> None:
    results = [{"success": True, "order_id": order_id} for order_id in order_ids]
    outcome = asyncio.run(broker(answer(200, {"results": results})).cancel_order("", REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.UNREADABLE_REPLY


@pytest.mark.parametrize(
    "said",
    [
        failure(400, "INVALID_ARGUMENT", "Too many orderIDs entered"),
        failure(403, "PERMISSION_DENIED", "Missing required scopes"),
        answer(403, {"error": "PERMISSION_DENIED"}),
    ],
)
def test_an_error_that_refuses_the_request_itself_is_a_refusal(said: Reply) -> None:
    document = json.loads(said.body)
    words = document.get("message") or document["error"]
    outcome = asyncio.run(broker(said).cancel_order("", REF))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.message) == (CancelRejectReason.OTHER, words)
    refusal = asyncio.run(broker(said).place_order("", NEW_ORDER))
    assert isinstance(refusal, PlaceRejected)
    assert refusal.message == words


def test_words_of_coinbases_are_kept_up_to_a_length() -> None:
    outcome = asyncio.run(broker(failure(400, "INVALID_ARGUMENT", "x" * 5000)).cancel_order("", REF))
    assert isinstance(outcome, CancelRejected)
    assert outcome.message == "x" * 300
    refusal = asyncio.run(broker(refused(message="y" * 5000)).place_order("", NEW_ORDER))
    assert isinstance(refusal, PlaceRejected)
    assert refusal.message == "y" * 300


@pytest.mark.parametrize(
    "bad_id",
    [
        "", "-1", " ", "0", "42", "*", "all", "../../accounts", "%2e%2e", ORDER_ID.upper(), ORDER_ID + "\n",
        f"{ORDER_ID},{OTHER_ID}", f'{ORDER_ID}","{OTHER_ID}', ORDER_ID.replace("-", ""), "OABCDE-FGHIJ",
    ],
)  # fmt: skip
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    transport = Scripted(canceled())
    coinbase = CoinbaseBroker(transport, SPEC, FixedClock())
    bad = OrderRef(BrokerageOrderId(bad_id))
    outcome = asyncio.run(coinbase.cancel_order("", bad))
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert transport.requests == []


def test_a_cancel_is_one_request_whose_list_holds_one_order() -> None:
    transport = Scripted(canceled())
    asyncio.run(CoinbaseBroker(transport, SPEC, FixedClock()).cancel_order("", REF))
    [sent] = transport.requests
    assert (sent.method, sent.path) == ("POST", "/api/v3/brokerage/orders/batch_cancel")
    assert json.loads(sent.body) == {"order_ids": [ORDER_ID]}


# Place


def test_a_placed_order_is_named_by_our_own_id_and_comes_back_as_it_was_asked_for() -> None:
    outcome = asyncio.run(broker(placed()).place_order("", NEW_ORDER))
    assert isinstance(outcome, Placed)
    [order] = outcome.orders
    assert (order.brokerage_order_id, order.status) == (ORDER_ID, OrderStatus.PENDING_NEW)
    assert (order.client_order_id, order.quantity) == (NEW_ORDER.client_order_id, NEW_ORDER.quantity)
    other = asyncio.run(broker(placed(client_order_id="c-9")).place_order("", NEW_ORDER))
    assert isinstance(other, CancelUnknown)
    assert other.cause is UnknownCause.OTHER_ORDER_IN_REPLY


@pytest.mark.parametrize("order_id", ["", "c-1", ORDER_ID.upper()])
def test_a_receipt_without_an_order_id_proves_nothing(order_id: str) -> None:
    outcome = asyncio.run(broker(placed(order_id=order_id)).place_order("", NEW_ORDER))
    assert isinstance(outcome, CancelUnknown)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            refused(error="INSUFFICIENT_FUND", message="Insufficient balance in source account"),
            "Insufficient balance in source account",
        ),
        (refused(message="", error_details="Orders need a size"), "Orders need a size"),
        (refused(error="INVALID_LIMIT_PRICE_POST_ONLY"), "INVALID_LIMIT_PRICE_POST_ONLY"),
        (refused(new_order_failure_reason="ORDER_ENTRY_DISABLED"), "ORDER_ENTRY_DISABLED"),
        (
            refused(preview_failure_reason="PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"),
            "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
        ),
    ],
)
def test_a_refused_order_keeps_coinbases_reason(said: Reply, message: str) -> None:
    outcome = asyncio.run(broker(said).place_order("", NEW_ORDER))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == message


def test_an_order_that_is_refused_for_no_reason_is_unknown() -> None:
    assert isinstance(asyncio.run(broker(refused()).place_order("", NEW_ORDER)), CancelUnknown)


@pytest.mark.parametrize(
    "changes",
    [
        {"success": False},
        {"error_response": {"error": "INSUFFICIENT_FUND"}},
        {"success_response": None},
        {"success": False, "success_response": None},
    ],
)
def test_a_receipt_that_takes_an_order_and_refuses_it_proves_nothing(changes: dict[str, Any]) -> None:
    document = json.loads(placed().body) | changes
    assert isinstance(asyncio.run(broker(answer(200, document)).place_order("", NEW_ORDER)), CancelUnknown)


def test_groups_and_replacements_are_not_sent() -> None:
    transport = Scripted(Reply(200, b""))
    coinbase = CoinbaseBroker(transport, SPEC, FixedClock())
    group = NewGroup(type=GroupType.OCO, members=(), client_order_id=NEW_ORDER.client_order_id)
    assert isinstance(asyncio.run(coinbase.place_group("", group)), NotSent)
    assert isinstance(asyncio.run(coinbase.replace_order("", REF, TERMS)), NotSent)
    assert transport.requests == []


# Look


def test_an_order_is_found_by_its_id_alone() -> None:
    transport = Scripted(shown())
    look = asyncio.run(CoinbaseBroker(transport, SPEC, FixedClock()).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    assert (look.order.brokerage_order_id, look.order.status) == (ORDER_ID, OrderStatus.NEW)
    [sent] = transport.requests
    assert (sent.method, sent.path) == ("GET", f"/api/v3/brokerage/orders/historical/{ORDER_ID}")


def test_only_a_named_absence_is_one() -> None:
    assert asyncio.run(broker(ABSENT).look_up_order("", REF)) == OrderAbsent()
    for said in (
        Reply(404, b"not here"),
        failure(404, "unknown", "Not Found"),
        failure(200, "NOT_FOUND", "order with this orderID was not found"),
        Reply(401, b"Unauthorized"),
        Reply(200, b"<html>"),
        shown(order_id=OTHER_ID),
        NoReply("lost"),
        NeverSent("refused"),
    ):
        assert isinstance(asyncio.run(broker(said).look_up_order("", REF)), LookFailed)
