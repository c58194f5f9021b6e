"""What a cancel answers: the shapes, and the one word that sums an intent up."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from msgspec import Struct

from nostro.domain.cancel import CancelIntent, CancelState, EvidenceRecord
from nostro.domain.order import Order, OrderStatus
from nostro.wire.orders_v2 import AccountOrderRecordV2, render_order_v2
from nostro.wire.statuses import status_words

CANCELED = "CANCELED"
PARTIAL_CANCELED = "PARTIAL_CANCELED"
CANCEL_PENDING = "CANCEL_PENDING"
UNKNOWN = "UNKNOWN"
NOT_SENT = "NOT_SENT"


class CancelOrderResponse(Struct, kw_only=True, frozen=True):
    """SnapTrade's two fields, then nostro's two."""

    brokerage_order_id: str
    raw_response: Mapping[str, object] | None
    """The brokerage's own reply, always an object: typed SDKs fail on anything else."""
    status: str
    cancel_id: str


class Evidence(Struct, kw_only=True, frozen=True):
    """One thing that was learnt about a cancel, and the state it left the intent in."""

    at: datetime
    kind: str
    """`reply`, `look_up` or `restart`."""
    state: str
    detail: Mapping[str, object]


class CancellationReceipt(Struct, kw_only=True, frozen=True):
    """All that is known of one cancel intent (`GET /cancellations/{cancel_id}`; nostro's own).

    Times are UTC.
    """

    cancel_id: str
    account_id: str
    brokerage_order_id: str
    state: str
    status: str
    is_final: bool
    requested_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    """When the request was answered or given up."""
    resolved_at: datetime | None
    reason: str | None
    cause: str | None
    message: str
    order: AccountOrderRecordV2 | None
    """The order as last proven."""
    raw_response: Mapping[str, object] | None
    evidence: tuple[Evidence, ...]


def cancel_status(intent: CancelIntent) -> str:
    """Sum the intent up in one word.

    CANCELED or PARTIAL_CANCELED, CANCEL_PENDING, NOT_SENT, UNKNOWN; where the cancel came too late or was
    refused, the order's own v1 status.
    """
    match intent.state:
        case CancelState.CONFIRMED:
            has_fills = intent.order is not None and intent.order.filled_quantity > 0
            return PARTIAL_CANCELED if has_fills else CANCELED
        case CancelState.ACKED:
            return CANCEL_PENDING
        case CancelState.TOO_LATE | CancelState.REFUSED:
            return UNKNOWN if intent.order is None else status_words(intent.order).v1
        case CancelState.NOT_SENT:
            return NOT_SENT
        case CancelState.INTENT | CancelState.UNKNOWN:
            return UNKNOWN
        case _:
            assert_never(intent.state)


def render_cancel(intent: CancelIntent) -> CancelOrderResponse:
    return CancelOrderResponse(
        brokerage_order_id=intent.brokerage_order_id,
        raw_response=intent.raw,
        status=cancel_status(intent),
        cancel_id=intent.cancel_id,
    )


def canceled_order(intent: CancelIntent) -> Order | None:
    """Give the order as a successful cancel leaves it.

    What was acknowledged is pending, until a look says more.
    """
    order = intent.order
    if order is not None and intent.state is CancelState.ACKED:
        return replace(order, status=OrderStatus.PENDING_CANCEL)
    return order


def render_receipt(intent: CancelIntent, evidence: Iterable[EvidenceRecord]) -> CancellationReceipt:
    """Render the receipt; `evidence` comes oldest first."""
    return CancellationReceipt(
        cancel_id=intent.cancel_id,
        account_id=intent.account_id,
        brokerage_order_id=intent.brokerage_order_id,
        state=intent.state.value,
        status=cancel_status(intent),
        is_final=intent.state.is_final,
        requested_at=intent.requested_at,
        sent_at=intent.sent_at,
        answered_at=intent.ended_at,
        resolved_at=intent.resolved_at,
        reason=None if intent.reason is None else intent.reason.value,
        cause=None if intent.cause is None else intent.cause.value,
        message=intent.message,
        order=None if intent.order is None else render_order_v2(intent.order),
        raw_response=intent.raw,
        evidence=tuple(
            Evidence(at=each.at, kind=each.kind, state=each.state, detail=each.detail) for each in evidence
        ),
    )
