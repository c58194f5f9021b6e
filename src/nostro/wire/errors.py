"""Every refusal's answer: HTTP status and code. `docs/errors.md` is generated from this table.

Codes from 1000 to 3999 are SnapTrade's, used with its meaning (research of August to November 2026: its
published OpenAPI file, its documentation, and clients' recorded replies). Codes from 7000 to 7099 are
nostro's own; SnapTrade uses none of them. `code` is text and `default_code` the same as a number: both
spellings have clients.
"""

from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType

from nostro.domain import errors
from nostro.domain.cancel import CancelIntent, CancelState
from nostro.wire.cancel import cancel_status
from nostro.wire.orders_v2 import AccountOrderRecordV2, render_order_v2


class Row(NamedTuple):
    status: int
    code: str
    nothing_was_sent: bool = False
    """True where it is certain, and worth saying, that no order was touched."""


class ErrorBody(Struct, kw_only=True, frozen=True):
    """SnapTrade's three keys, the two its documentation names, and what a cancel has to add."""

    detail: str
    status_code: int
    code: str
    default_detail: str
    default_code: int
    status: str | UnsetType = UNSET
    """Of a cancel: UNKNOWN, NOT_SENT, or the order's own status."""
    cancel_id: str | UnsetType = UNSET
    """Where to look: `GET /cancellations/{cancel_id}`."""
    order: AccountOrderRecordV2 | UnsetType | None = UNSET
    """The order as last proven."""
    replaced_by: str | UnsetType = UNSET
    """The live successor of a replaced order."""


TABLE: dict[type[Exception], Row] = {
    errors.Unauthenticated: Row(401, "0000"),
    errors.CredentialsMissing: Row(401, "0000"),
    errors.SignatureInvalid: Row(401, "1076"),
    errors.TimestampInvalid: Row(401, "1076"),
    errors.ClientUnknown: Row(401, "1083"),
    errors.UserUnknown: Row(401, "1083"),
    errors.ReplayRefused: Row(401, "7001"),
    errors.Forbidden: Row(403, "1066"),
    errors.ConnectionReadOnly: Row(403, "1066"),
    errors.InvalidRequest: Row(400, "1012"),
    errors.MalformedBody: Row(400, "1012"),
    errors.UserExists: Row(400, "1010"),
    errors.NotForPersonalKeys: Row(400, "1012"),
    errors.OrderIdInvalid: Row(400, "7010"),
    errors.OrderUnknown: Row(400, "7011"),
    errors.OrderIdAmbiguous: Row(400, "7016"),
    errors.OrderRefused: Row(400, "7012"),
    errors.OrderNotTaken: Row(400, "7017", nothing_was_sent=True),
    errors.ClientOrderIdReused: Row(400, "7013"),
    errors.PreviewExpired: Row(400, "7014"),
    errors.LoginTokenInvalid: Row(400, "7015"),
    errors.ConnectionDisabled: Row(402, "3003"),
    errors.ConnectionAlreadyDisabled: Row(402, "3011"),
    errors.NotFound: Row(404, "1011"),
    errors.MethodNotAllowed: Row(405, "7005"),
    errors.BodyTooSlow: Row(400, "7006"),
    errors.Throttled: Row(429, "0000"),
    errors.Overloaded: Row(503, "7022", nothing_was_sent=True),
    errors.NotServing: Row(503, "7023", nothing_was_sent=True),
    errors.BrokerageUnreachable: Row(503, "7020", nothing_was_sent=True),
    errors.ReadFailed: Row(503, "3002"),
    errors.StoreFailed: Row(503, "7021", nothing_was_sent=True),
    errors.PlaceUnknown: Row(500, "7030"),
    errors.AnswerLate: Row(500, "7031"),
}

CANCEL_TOO_LATE = Row(400, "7040")
CANCEL_REFUSED = Row(400, "7041")
CANCEL_UNKNOWN = Row(500, "7042")
CANCEL_NOT_SENT = Row(503, "7020", nothing_was_sent=True)
UNEXPECTED = Row(500, "1000")

_UNEXPECTED = "Encountered an unexpected exception."


def render_error(error: Exception) -> tuple[Row, ErrorBody]:
    """Render a refusal. Anything that is not in the table is a bug, and its text stays in the log."""
    row = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), None)
    if row is None:
        return UNEXPECTED, _body(UNEXPECTED, _UNEXPECTED)
    return row, _body(row, str(error), status="NOT_SENT" if row.nothing_was_sent else UNSET)


def render_cancel_error(intent: CancelIntent) -> tuple[Row, ErrorBody]:
    """Render the answer to a cancel that is neither done nor pending."""
    row, detail = _cancel_row(intent)
    order = intent.order
    return row, _body(
        row,
        detail,
        status=cancel_status(intent),
        cancel_id=intent.cancel_id,
        order=UNSET if order is None else render_order_v2(order),
        replaced_by=UNSET if order is None or order.replaced_by is None else order.replaced_by,
    )


def _cancel_row(intent: CancelIntent) -> tuple[Row, str]:
    match intent.state:
        case CancelState.TOO_LATE:
            return (
                CANCEL_TOO_LATE,
                f"Too late: the order is {_words(intent)} and cannot be cancelled any more.",
            )
        case CancelState.REFUSED:
            why = intent.message or "it did not carry the request out"
            return CANCEL_REFUSED, f"The brokerage did not cancel the order, which is still open: {why}."
        case CancelState.NOT_SENT:
            return CANCEL_NOT_SENT, str(errors.not_sent(intent.cause, intent.message))
        case CancelState.INTENT:
            said = "The cancel is under way, and the brokerage has not answered yet."
        case _:
            said = "The cancel was sent, and what became of it is not known yet. It is being looked up."
    return CANCEL_UNKNOWN, f"{said} See /cancellations/{intent.cancel_id}, or send the same request again."


def _words(intent: CancelIntent) -> str:
    status = cancel_status(intent).lower().replace("_", " ")
    if intent.order is not None and intent.order.replaced_by is not None:
        return f"{status} by {intent.order.replaced_by}"
    return status


def _body(
    row: Row,
    detail: str,
    *,
    status: str | UnsetType = UNSET,
    cancel_id: str | UnsetType = UNSET,
    order: AccountOrderRecordV2 | UnsetType = UNSET,
    replaced_by: str | UnsetType = UNSET,
) -> ErrorBody:
    return ErrorBody(
        detail=detail,
        status_code=row.status,
        code=row.code,
        default_detail=detail,
        default_code=int(row.code),
        status=status,
        cancel_id=cancel_id,
        order=order,
        replaced_by=replaced_by,
    )
