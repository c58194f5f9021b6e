"""What Coinbase says no with: `error`, `error_details` and `message`, plain text, or a 200 without success.

Recorded: 401 (ccxt/ccxt#26300), 404 of an order (Drakkar-Software/OctoBot-Tentacles), 429
(coinbase-samples/advanced-trade-sdk-go#18), an order that needs too much money (ccxt/ccxt#20419), a stop on
the wrong side of the price (ccxt 4.5.90, a comment of `handle_errors`). The reasons are words of
NewOrderFailureReason and PreviewFailureReason, docs.cdp.coinbase.com `create-order`.
"""

from nostro.brokers.transport import Reply
from nostro.sim.face import reply
from nostro.sim.refusals import (
    InsufficientFunds,
    Refused,
    UnknownCustomer,
    UnknownOrder,
    UnknownRoute,
    UnknownSymbol,
)
from nostro.sim.skins.coinbase.shapes import Document

UNKNOWN_REASON = "UNKNOWN_FAILURE_REASON"

_TOO_MANY = b"<html><head><title>Coinbase</title></head><body>Too many requests</body></html>"


class NotTaken(Refused):
    """An order is not created; for `reason`, or for what a preview of it would say."""

    def __init__(self, message: str, *, reason: str = UNKNOWN_REASON, preview: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.preview = preview


class NotFound(Refused):
    """Something that is no order is not there."""


def refuse(refused: Refused) -> Reply:
    match refused:
        case UnknownCustomer():
            return Reply(401, b"Unauthorized", {"content-type": "text/plain"})
        case UnknownOrder():
            return _error(404, "NOT_FOUND", "order with this orderID was not found")
        case NotFound() | UnknownRoute() | UnknownSymbol():
            return _error(404, "NOT_FOUND", str(refused))
    return _error(400, "INVALID_ARGUMENT", str(refused))


def fail(status: int) -> Reply:
    if status == 429:
        return Reply(429, _TOO_MANY, {"content-type": "text/html"})
    return _error(status, "INTERNAL", "internal error")


def write_not_taken(refused: Refused, configuration: object) -> Document:
    """Say that no order was created, and why; `configuration` is repeated as it was asked for."""
    match refused:
        case InsufficientFunds():
            reason, preview = "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND"
            message = "Insufficient balance in source account"
        case UnknownSymbol():
            reason, preview, message = "INVALID_PRODUCT_ID", "", "ProductID is invalid"
        case NotTaken():
            reason, preview, message = refused.reason, refused.preview, str(refused)
        case _:
            reason, preview, message = "UNSUPPORTED_ORDER_CONFIGURATION", "", str(refused)
    why = {"preview_failure_reason": preview} if preview else {"new_order_failure_reason": reason}
    return {
        "success": False,
        "failure_reason": UNKNOWN_REASON,
        "order_id": "",
        "error_response": {"error": reason, "message": message, "error_details": "", **why},
        "order_configuration": configuration,
    }


def _error(status: int, error: str, message: str) -> Reply:
    return reply(status, {"error": error, "error_details": message, "message": message})
