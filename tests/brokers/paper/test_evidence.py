"""What each reply of the embedded brokerage proves, one row of the adapter's table after the other."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.paper import PaperBroker
from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut
from nostro.domain.cancel import (
    Canceled,
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
    OrderLook,
    UnknownCause,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import OrderRef, OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Placed, PlaceOutcome, PlaceRejected, Replaced, Replacement

ORDER_ID = BrokerageOrderId("66a033fa-da74-4fcf-b527-feefdec9257e")
OTHER_ID = "11111111-da74-4fcf-b527-feefdec9257e"
SUCCESSOR_ID = "22222222-da74-4fcf-b527-feefdec9257e"
SINCE = datetime(2026, 3, 1, tzinfo=UTC)

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(10),
    limit_price=Decimal(100),
    client_order_id=ClientOrderId("c-1"),
)
NEW_TERMS = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY)


def native_order(**changes: object) -> dict[str, Any]:
    """Spell an order as the brokerage does."""
    instrument = {
        "symbol": "AAPL",
        "asset_class": "stock",
        "currency": "USD",
        "description": "Apple Inc.",
        "exchange_mic": "XNAS",
        "multiplier": "1",
        "fractionable": True,
    }
    leg = {
        "instrument": instrument,
        "side": "buy",
        "position_effect": None,
        "ratio": "1",
        "average_price": None,
    }
    absent = (
        "notional average_price stop_price price_effect filled_at expires_at group_id group_type group_role"
        " replaces replaced_by reject_reason"
    )
    order: dict[str, Any] = {
        "id": ORDER_ID,
        "client_order_id": "c-1",
        "status": "canceled",
        "order_type": "limit",
        "time_in_force": "day",
        "legs": [leg],
        "quantity": "10",
        "filled_quantity": "4",
        "canceled_quantity": "6",
        "limit_price": "100",
        "extended_hours": False,
        "placed_at": "2026-03-02T15:00:00+00:00",
        "updated_at": "2026-03-02T15:00:05+00:00",
    }
    return order | dict.fromkeys(absent.split()) | changes


def reply(code: int, **document: object) -> Reply:
    return Reply(code, json.dumps(document).encode())


def failure(code: int, error: str, **more: object) -> Reply:
    return reply(code, error=error, message="the brokerage's words", **more)


class Scripted:
    """A transport that has one answer to everything."""

    def __init__(self, answer: Reply | Exception) -> None:
        self._answer = answer
        self.requests: list[Request] = []

    async def send(self, request: Request, timeout_s: float) -> Reply:
        assert timeout_s == 2.0
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def broker(answer: Reply | Exception) -> PaperBroker:
    return PaperBroker(Scripted(answer))


def cancel(answer: Reply | Exception, order_id: str = ORDER_ID) -> CancelOutcome:
    return asyncio.run(broker(answer).cancel_order("A-1", OrderRef(BrokerageOrderId(order_id))))


def place(answer: Reply | Exception) -> PlaceOutcome:
    return asyncio.run(broker(answer).place_order("A-1", NEW_ORDER))


def look_up(answer: Reply | Exception) -> OrderLook:
    return asyncio.run(broker(answer).look_up_order("A-1", OrderRef(ORDER_ID)))


CANCELED_REPLY = reply(200, status="canceled", order=native_order())
UNPROVEN = [
    (TimedOut("slow"), UnknownCause.TIMEOUT),
    (NoReply("reset"), UnknownCause.CONNECTION_LOST),
    (failure(401, "unauthorized"), UnknownCause.AUTH_REFUSED),
    (failure(429, "rate_limited"), UnknownCause.RATE_LIMITED),
    (failure(500, "internal"), UnknownCause.SERVER_ERROR),
    (Reply(503, b"<html>"), UnknownCause.SERVER_ERROR),
    (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b""), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b"\xff"), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, CANCELED_REPLY.body[:100]), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b'{"status":"new",' + CANCELED_REPLY.body[1:]), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, CANCELED_REPLY.body.replace(b'"id"', b'"id":"x","id"')), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, CANCELED_REPLY.body.replace(b'"id"', b'"\\u0069d":"x","id"')), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b"[" * 100_000), UnknownCause.UNREADABLE_REPLY),
    (Reply(404, b"<html>"), UnknownCause.UNREADABLE_REPLY),
    (failure(404, "unknown_route"), UnknownCause.UNREADABLE_REPLY),
    (failure(403, "unknown_order"), UnknownCause.UNREADABLE_REPLY),
    (Reply(302, b""), UnknownCause.UNREADABLE_REPLY),
]


@pytest.mark.parametrize(("answer", "cause"), UNPROVEN)
def test_a_cancel_without_proof_is_unknown(answer: Reply | Exception, cause: UnknownCause) -> None:
    outcome = cancel(answer)
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is cause


@pytest.mark.parametrize(("answer", "cause"), UNPROVEN)
def test_a_place_without_proof_is_unknown(answer: Reply | Exception, cause: UnknownCause) -> None:
    outcome = place(answer)
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is cause


@pytest.mark.parametrize(("answer", "cause"), UNPROVEN)
def test_a_replace_without_proof_is_unknown(answer: Reply | Exception, cause: UnknownCause) -> None:
    outcome = asyncio.run(broker(answer).replace_order("A-1", OrderRef(ORDER_ID), NEW_TERMS))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is cause


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, status="pending_cancel", order=native_order()),
        reply(200, status="canceled", order=native_order(status="new")),
        reply(202, status="canceled", order=native_order()),
        reply(202, status="pending_cancel", order=native_order(status="canceled")),
        reply(200, status="canceled", order=native_order(status="melted")),
        reply(200, status="canceled", order=native_order(surprise=1)),
        reply(200, status="canceled", order=native_order(legs=[])),
        reply(200, status="canceled", order=native_order(filled_quantity="NaN")),
        reply(200, status="canceled", order=native_order(updated_at="2026-03-02T15:00:05")),
        reply(200, status="canceled"),
        failure(422, "order_closed"),
        failure(422, "order_closed", order=native_order(status="new")),
    ],
)
def test_a_reply_that_contradicts_itself_or_the_documents_proves_nothing(answer: Reply) -> None:
    outcome = cancel(answer)
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.UNREADABLE_REPLY


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, status="canceled", order=native_order(id=OTHER_ID)),
        reply(202, status="pending_cancel", order=native_order(id=OTHER_ID, status="pending_cancel")),
        failure(409, "cancel_pending", order=native_order(id=OTHER_ID, status="pending_cancel")),
        failure(422, "order_closed", order=native_order(id=OTHER_ID, status="filled")),
    ],
)
def test_a_reply_about_another_order_proves_nothing(answer: Reply) -> None:
    outcome = cancel(answer)
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_no_byte_left_is_not_sent() -> None:
    outcome = cancel(NeverSent("refused"))
    assert outcome == NotSent(cause=NotSentCause.CONNECT_FAILED, message="refused")


def test_a_named_cancel_is_canceled() -> None:
    outcome = cancel(CANCELED_REPLY)
    assert isinstance(outcome, Canceled)
    assert outcome.order is not None
    assert (outcome.order.brokerage_order_id, outcome.order.filled_quantity) == (ORDER_ID, Decimal(4))


def test_a_canceled_order_comes_with_the_brokerages_own_words() -> None:
    outcome = cancel(CANCELED_REPLY)
    assert isinstance(outcome, Canceled)
    assert outcome.raw == {"status": "canceled", "order": native_order()}


def test_an_acknowledgement_is_pending() -> None:
    answer = reply(202, status="pending_cancel", order=native_order(status="pending_cancel"))
    assert isinstance(cancel(answer), CancelPending)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            failure(409, "cancel_pending", order=native_order(status="pending_cancel")),
            CancelRejectReason.ALREADY_PENDING,
        ),
        (failure(422, "order_closed", order=native_order(status="filled")), CancelRejectReason.TOO_LATE),
        (failure(404, "unknown_order"), CancelRejectReason.UNKNOWN_ORDER),
        (failure(404, "unknown_account"), CancelRejectReason.UNKNOWN_ORDER),
        (failure(422, "rejected"), CancelRejectReason.OTHER),
        (failure(400, "malformed"), CancelRejectReason.OTHER),
    ],
)
def test_a_named_refusal_keeps_its_reason(answer: Reply, reason: CancelRejectReason) -> None:
    outcome = cancel(answer)
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.message) == (reason, "the brokerage's words")


def test_a_refusal_because_the_order_is_closed_shows_how() -> None:
    outcome = cancel(failure(422, "order_closed", order=native_order(status="expired")))
    assert isinstance(outcome, CancelRejected)
    assert outcome.order is not None
    assert outcome.order.status is OrderStatus.EXPIRED


@pytest.mark.parametrize(
    "bad_id", ["", "-1", "..", "../orders", ORDER_ID.upper(), ORDER_ID + "/x", f" {ORDER_ID}"]
)
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    transport = Scripted(CANCELED_REPLY)
    outcome = asyncio.run(PaperBroker(transport).cancel_order("A-1", OrderRef(BrokerageOrderId(bad_id))))
    assert isinstance(outcome, NotSent)
    assert transport.requests == []


def test_a_cancel_is_one_request_that_names_one_order() -> None:
    transport = Scripted(TimedOut("slow"))
    asyncio.run(PaperBroker(transport).cancel_order("A 1/x", OrderRef(ORDER_ID)))
    assert transport.requests == [
        Request("DELETE", f"/accounts/A%201%2Fx/orders/{ORDER_ID}", operation="cancel")
    ]


def test_a_placed_order_is_named() -> None:
    outcome = place(reply(201, order=native_order(status="new")))
    assert isinstance(outcome, Placed)
    assert outcome.orders[0].brokerage_order_id == ORDER_ID


def test_a_placed_order_of_somebody_else_proves_nothing() -> None:
    outcome = place(reply(201, order=native_order(status="new", client_order_id="c-2")))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_a_success_of_another_kind_proves_no_place() -> None:
    outcome = place(reply(200, order=native_order(status="new")))
    assert isinstance(outcome, CancelUnknown)


def test_a_refused_place_keeps_the_brokerages_words() -> None:
    outcome = place(failure(422, "rejected"))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == "the brokerage's words"


def test_a_place_that_never_left_is_not_sent() -> None:
    assert isinstance(place(NeverSent("refused")), NotSent)


def test_a_replace_names_both_orders() -> None:
    order = native_order(id=SUCCESSOR_ID, status="new", replaces=ORDER_ID)
    answer = reply(201, order=order, replaced_id=ORDER_ID)
    outcome = asyncio.run(broker(answer).replace_order("A-1", OrderRef(ORDER_ID), NEW_TERMS))
    assert isinstance(outcome, Replaced)
    assert (outcome.order.brokerage_order_id, outcome.replaced_id) == (SUCCESSOR_ID, ORDER_ID)


@pytest.mark.parametrize(("replaces", "replaced_id"), [(OTHER_ID, ORDER_ID), (ORDER_ID, OTHER_ID)])
def test_a_replace_of_another_order_proves_nothing(replaces: str, replaced_id: str) -> None:
    order = native_order(id=SUCCESSOR_ID, status="new", replaces=replaces)
    answer = reply(201, order=order, replaced_id=replaced_id)
    outcome = asyncio.run(broker(answer).replace_order("A-1", OrderRef(ORDER_ID), NEW_TERMS))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_a_look_up_finds_the_order() -> None:
    look = look_up(reply(200, order=native_order()))
    assert isinstance(look, OrderFound)
    assert look.order.status is OrderStatus.CANCELED


def test_a_status_nobody_documented_is_unrecognized() -> None:
    look = look_up(reply(200, order=native_order(status="melted")))
    assert isinstance(look, OrderFound)
    assert (look.order.status, look.order.raw_status) == (OrderStatus.UNRECOGNIZED, "melted")


def test_only_a_named_absence_is_one() -> None:
    assert look_up(failure(404, "unknown_order")) == OrderAbsent()


@pytest.mark.parametrize(
    "answer",
    [
        TimedOut("slow"),
        NeverSent("refused"),
        failure(404, "unknown_account"),
        failure(500, "internal"),
        Reply(404, b"<html>"),
        Reply(200, b"<html>"),
        reply(200, order=native_order(id=OTHER_ID)),
    ],
)
def test_every_other_look_up_failed(answer: Reply | Exception) -> None:
    assert isinstance(look_up(answer), LookFailed)


@pytest.mark.parametrize(
    "answer", [TimedOut("slow"), failure(500, "internal"), Reply(200, b"<html>"), reply(200, orders=[{}])]
)
def test_a_list_without_proof_failed(answer: Reply | Exception) -> None:
    with pytest.raises(ReadFailed):
        asyncio.run(broker(answer).list_orders("A-1", SINCE))


@pytest.mark.parametrize("answer", [TimedOut("slow"), failure(401, "unauthorized"), Reply(200, b"<html>")])
def test_a_read_without_proof_failed(answer: Reply | Exception) -> None:
    with pytest.raises(ReadFailed):
        asyncio.run(broker(answer).list_balances("A-1"))


@pytest.mark.parametrize("answer", [NoReply("reset"), failure(500, "internal"), Reply(422, b"<html>")])
def test_a_preview_without_proof_failed(answer: Reply | Exception) -> None:
    with pytest.raises(ReadFailed):
        asyncio.run(broker(answer).preview_order("A-1", NEW_ORDER))


def test_an_option_that_is_none_is_unreadable() -> None:
    leg = native_order()["legs"][0]
    leg["instrument"] |= {"asset_class": "option", "symbol": "AAPL"}
    assert isinstance(look_up(reply(200, order=native_order(legs=[leg]))), LookFailed)
