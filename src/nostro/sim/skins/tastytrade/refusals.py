"""What tastytrade says no with.

    token endpoint  {"error_code", "error_description"}
    all else        {"error": {"code", "message", "errors": [{"code", "message"} or {"domain", "reason"}]}}

Recorded: QuantConnect/Lean.Brokerages.Tastytrade 84c03e8 `Error_Responses.json` (not_permitted, a failed
preflight check), the tests of laustindasauce/tasty-go a3df43f (unauthorized, too little money, a parameter
that is missing), tastyware/tastytrade#281 (a bad refresh token). Statuses: developer.tastytrade.com,
`/reference/errors`; `/order-management` (422 for an order that has ended, and its words).
"""

from nostro.brokers.transport import Reply
from nostro.sim.face import reply
from nostro.sim.refusals import (
    CancelAlreadyPending,
    InsufficientFunds,
    Malformed,
    OrderClosed,
    Refused,
    UnknownAccount,
    UnknownCustomer,
    UnknownOrder,
    UnknownRoute,
    UnknownSymbol,
)
from nostro.sim.skins.tastytrade.accounts import write_effect
from nostro.sim.skins.tastytrade.shapes import Document

_PREFLIGHT = "One or more preflight checks failed"
_NO_FUNDS = "Account does not have sufficient buying power available for this order."


class NoClient(Refused):
    """The client's secret is not the one of the refresh token's owner."""


class NoGrant(Refused):
    """The grant type is not the one that is known."""


class Invalid(Refused):
    """A parameter is missing, or not of its form."""

    def __init__(self, domain: str, reason: str = "is invalid") -> None:
        super().__init__(f"{domain} {reason}")
        self.domain = domain
        self.reason = reason


class NotTaken(Refused):
    """An order breaks a rule that has a code of its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_ERRORS: dict[type[Refused], tuple[int, str, str]] = {
    UnknownCustomer: (401, "unauthorized", "Unauthorized"),
    UnknownAccount: (403, "not_permitted", "User not permitted access"),
    UnknownOrder: (404, "record_not_found", "Record not found"),
    UnknownRoute: (404, "not_found", "Not found"),
    OrderClosed: (422, "cannot_update_order", "the order could not be cancelled"),
    CancelAlreadyPending: (422, "cannot_update_order", "the order could not be cancelled"),
    Malformed: (400, "bad_request", "The request body could not be read."),
}


def refuse(refused: Refused) -> Reply:
    if type(refused) in _ERRORS:
        return _error(*_ERRORS[type(refused)])
    match refused:
        case Invalid():
            reasons = [{"domain": refused.domain, "reason": refused.reason}]
            return _error(400, "validation_error", "Request validation failed", errors=reasons)
        case InsufficientFunds():
            effect = write_effect(refused.available, -refused.needed, is_spread=False)
            more: Document = {"data": {"buying-power-effect": effect}}
            return _preflight("margin_check_failed", _NO_FUNDS, more)
        case UnknownSymbol():
            return _preflight("invalid_symbol", str(refused))
        case NotTaken():
            return _preflight(refused.code, str(refused))
    return _preflight("invalid_order", str(refused))


def refuse_token(refused: Refused) -> Reply:
    match refused:
        case NoClient():
            return _oauth(401, "invalid_client", "Invalid client")
        case NoGrant():
            return _oauth(400, "unsupported_grant_type", "Unsupported grant type")
    return _oauth(400, "invalid_grant", "Invalid JWT")


def fail(status: int) -> Reply:
    if status == 429:
        return _error(429, "too_many_requests", "Too many requests")
    return _error(status, "internal_server_error", "Internal server error")


def _oauth(status: int, code: str, description: str) -> Reply:
    return reply(status, {"error_code": code, "error_description": description})


def _preflight(code: str, message: str, more: Document | None = None) -> Reply:
    errors = [{"code": code, "message": message}]
    return _error(422, "preflight_check_failure", _PREFLIGHT, errors=errors, more=more)


def _error(
    status: int,
    code: str,
    message: str,
    *,
    errors: list[dict[str, str]] | None = None,
    more: Document | None = None,
) -> Reply:
    error: Document = {"code": code, "message": message}
    if errors is not None:
        error["errors"] = errors
    return reply(status, {**(more or {}), "error": error})
