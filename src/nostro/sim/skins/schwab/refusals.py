"""What Schwab says no with.

    token endpoint  {"error", "error_description"}                      401 for the app, 400 for the token
    trader          {"message"}, and {"message", "errors": [text, ...]}
    trader, 401     {"errors": [{"id", "status", "title", "detail"}]}   its gateway's; `status` is a number
    market data     {"errors": [{"id", "status", "title", "detail"}]}   `status` is text

Recorded by z-Wind/schwab_api 01c0039 (`ServiceError_real.json`, `ServiceError_real2.json`),
tylerebowers/Schwabdev#35 and #40, go-schwab/trader#26, and the tests of OwenGordon/schwab-api-wrapper.
"""

from collections.abc import Sequence

from nostro.brokers.transport import Reply
from nostro.sim.face import reply
from nostro.sim.refusals import (
    CancelAlreadyPending,
    InsufficientFunds,
    OrderClosed,
    Refused,
    UnknownAccount,
    UnknownCustomer,
    UnknownOrder,
    UnknownRoute,
)
from nostro.sim.skins.schwab.shapes import make_id

NO_FUNDS = "You do not have enough available cash/buying power for this order."
_NOT_VALID = "A validation error occurred while processing the request."


class NoClient(Refused):
    """The app is not the customer's."""


class NoGrant(Refused):
    def __init__(self) -> None:
        super().__init__("The grant type is not supported.")


class InvalidData(Refused):
    """The body lacks something, or has it in words that are none; `reasons` says what."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("Invalid request data")
        self.reasons = list(reasons)


class InvalidValue(Refused):
    """Something in the address is not of its form; an empty value is one that is missing."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"'{value}' is not a valid value for {name}" if value else f"{name} is required")
        self.name = name


def refuse(refused: Refused) -> Reply:
    match refused:
        case UnknownCustomer():
            return _error(401, 401, "Unauthorized", "Client not authorized")
        case UnknownAccount():
            return _message(400, "Invalid account number")
        case UnknownOrder():
            return _message(404, "Order not found")
        case UnknownRoute():
            return _message(404, "Not found")
        case OrderClosed() | CancelAlreadyPending():
            return _message(400, "Order cannot be changed or canceled in its current status")
        case InvalidData():
            return reply(400, {"message": str(refused), "errors": refused.reasons})
        case InvalidValue():
            return _message(400, str(refused))
    reason = NO_FUNDS if isinstance(refused, InsufficientFunds) else str(refused)
    return reply(400, {"message": _NOT_VALID, "errors": [reason]})


def refuse_token(refused: Refused) -> Reply:
    match refused:
        case NoClient():
            return reply(401, {"error": "invalid_client", "error_description": "Unauthorized"})
        case NoGrant():
            return reply(400, {"error": "unsupported_grant_type", "error_description": str(refused)})
    said = (
        '{"error_description":"Exception while authenticating refresh token",'
        '"error":"refresh_token_authentication_error"}'
    )
    return reply(400, {"error": "unsupported_token_type", "error_description": f'400 Bad Request: "{said}"'})


def refuse_data(refused: Refused) -> Reply:
    if isinstance(refused, UnknownCustomer):
        return refuse(refused)
    return _error(400, "400", "Bad Request", str(refused))


def fail(status: int) -> Reply:
    return _message(status, "Too many requests" if status == 429 else "Internal server error")


def _error(status: int, shown: int | str, title: str, detail: str) -> Reply:
    error = {"id": str(make_id("error", title, detail)), "status": shown, "title": title, "detail": detail}
    return reply(status, {"errors": [error]})


def _message(status: int, words: str) -> Reply:
    return reply(status, {"message": words})
