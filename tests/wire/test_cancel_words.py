from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from nostro.domain.cancel import CancelIntent, CancelRejectReason, CancelState, EvidenceRecord, UnknownCause
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.wire.cancel import cancel_status, canceled_order, render_cancel, render_receipt
from nostro.wire.values import encode

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
INTENT = CancelIntent(
    cancel_id=CancelId("c-1"),
    account_id=AccountId("a-1"),
    brokerage_order_id=BrokerageOrderId("o-1"),
    requested_at=NOW,
)
ORDER = Order(
    brokerage_order_id=BrokerageOrderId("o-1"),
    status=OrderStatus.FILLED,
    order_type=OrderType.MARKET,
    time_in_force=TimeInForce.DAY,
    legs=(Leg(instrument=Instrument(symbol="AAPL", asset_class=AssetClass.STOCK), side=Side.BUY),),
    quantity=Decimal(10),
    placed_at=NOW,
    updated_at=NOW,
)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (CancelState.INTENT, "UNKNOWN"),
        (CancelState.UNKNOWN, "UNKNOWN"),
        (CancelState.ACKED, "CANCEL_PENDING"),
        (CancelState.CONFIRMED, "CANCELED"),
        (CancelState.NOT_SENT, "NOT_SENT"),
        (CancelState.TOO_LATE, "UNKNOWN"),
        (CancelState.REFUSED, "UNKNOWN"),
    ],
)
def test_the_word_for_a_state_when_no_order_is_known(state: CancelState, word: str) -> None:
    assert cancel_status(replace(INTENT, state=state)) == word


@pytest.mark.parametrize(("filled", "word"), [("0", "CANCELED"), ("4", "PARTIAL_CANCELED")])
def test_a_confirmed_cancel_tells_whether_part_of_the_order_was_filled(filled: str, word: str) -> None:
    order = replace(ORDER, status=OrderStatus.CANCELED, filled_quantity=Decimal(filled))

    assert cancel_status(replace(INTENT, state=CancelState.CONFIRMED, order=order)) == word


@pytest.mark.parametrize(
    ("state", "status", "word"),
    [
        (CancelState.TOO_LATE, OrderStatus.FILLED, "EXECUTED"),
        (CancelState.TOO_LATE, OrderStatus.EXPIRED, "EXPIRED"),
        (CancelState.TOO_LATE, OrderStatus.REPLACED, "REPLACED"),
        (CancelState.REFUSED, OrderStatus.PENDING_REPLACE, "REPLACE_PENDING"),
        (CancelState.REFUSED, OrderStatus.NEW, "ACCEPTED"),
    ],
)
def test_a_cancel_that_failed_tells_the_orders_status(
    state: CancelState, status: OrderStatus, word: str
) -> None:
    assert cancel_status(replace(INTENT, state=state, order=replace(ORDER, status=status))) == word


def test_an_order_that_only_looked_part_filled_does_not_make_a_pending_cancel_final() -> None:
    order = replace(ORDER, status=OrderStatus.PARTIALLY_FILLED, filled_quantity=Decimal(4))

    assert cancel_status(replace(INTENT, state=CancelState.ACKED, order=order)) == "CANCEL_PENDING"


def test_the_answer_has_the_contracts_fields_first() -> None:
    intent = replace(INTENT, state=CancelState.CONFIRMED, raw={"status": "CANCELLED"})

    assert encode(render_cancel(intent)) == (
        b'{"brokerage_order_id":"o-1","raw_response":{"status":"CANCELLED"},'
        b'"status":"CANCELED","cancel_id":"c-1"}'
    )


def test_a_reply_that_never_came_is_null() -> None:
    assert render_cancel(INTENT).raw_response is None


def test_an_order_whose_cancel_was_only_taken_is_shown_as_pending() -> None:
    intent = replace(INTENT, state=CancelState.ACKED, order=replace(ORDER, status=OrderStatus.NEW))

    order = canceled_order(intent)

    assert order is not None
    assert order.status is OrderStatus.PENDING_CANCEL


def test_an_order_that_is_canceled_is_shown_as_proven() -> None:
    order = replace(ORDER, status=OrderStatus.CANCELED)

    assert canceled_order(replace(INTENT, state=CancelState.CONFIRMED, order=order)) == order


def test_a_receipt_of_a_late_cancel() -> None:
    intent = replace(
        INTENT,
        state=CancelState.TOO_LATE,
        sent_at=NOW,
        ended_at=NOW,
        resolved_at=NOW,
        reason=CancelRejectReason.TOO_LATE,
        cause=UnknownCause.TIMEOUT,
        message="no answer within 5 s",
        order=ORDER,
    )
    looked = EvidenceRecord(at=NOW, kind="look_up", state="TOO_LATE", detail={"status": "filled"})

    body = msgspec.json.decode(encode(render_receipt(intent, [looked])))

    assert body.pop("order")["status"] == "EXECUTED"
    at = "2026-11-20T15:30:00Z"
    assert body == {
        "cancel_id": "c-1",
        "account_id": "a-1",
        "brokerage_order_id": "o-1",
        "state": "TOO_LATE",
        "status": "EXECUTED",
        "is_final": True,
        "requested_at": at,
        "sent_at": at,
        "answered_at": at,
        "resolved_at": at,
        "reason": "too_late",
        "cause": "timeout",
        "message": "no answer within 5 s",
        "raw_response": None,
        "evidence": [{"at": at, "kind": "look_up", "state": "TOO_LATE", "detail": {"status": "filled"}}],
    }


def test_a_receipt_of_an_open_cancel_is_not_final() -> None:
    receipt = render_receipt(replace(INTENT, state=CancelState.UNKNOWN), [])

    assert (receipt.is_final, receipt.order, receipt.resolved_at) == (False, None, None)
