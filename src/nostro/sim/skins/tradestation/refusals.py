"""What TradeStation says no with.

    token endpoint     {"error", "error_description"}      Auth0's: 401 for the client, 403 for the token
    everything else    {"Error", "Message"}                `Error` is the name of the status
    several accounts   200, and `Errors` beside what was found
    a new order        200, and the refusal within `Errors`, or within `Orders` where the order was sent

mxcoppell/tradestation-api-python 40370f1 `docs/tradestation-webapi-v3-openapi.json`. The words about an order
that is closed, being canceled or not known: QuantConnect/Lean.Brokerages.TradeStation 3a67233
(`TradeStationBrokerage.cs`, both tables of soft rejects), with status 400 in the pages on the second
version (tradestation/webapi-docs-v2: fcb3efb `en/orders/cancel-order.md`,
76ec2dd `en/orders/update-order.md`).
"""

from collections.abc import Callable

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
from nostro.sim.skins.tradestation.shapes import Document, make_id

_TITLES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
}
_REPLACES = "Failed to Cancel/Replace order: "


class NoClient(Refused):
    """The client is not the customer's."""


class NoGrant(Refused):
    """There is no such grant."""


class BadRequest(Refused):
    """The request lacks something, or has it in words that are none."""


def refuse(refused: Refused) -> Reply:
    match refused:
        case UnknownCustomer():
            return _error(401, "Access token is invalid or has expired.")
        case UnknownAccount():
            return _error(403, "Invalid Account ID.")
        case UnknownRoute():
            return _error(404, "The requested resource was not found.")
        case UnknownOrder():
            return _error(400, "Invalid order ID.")
        case OrderClosed():
            return _error(400, "Not an open order.")
    return _error(400, _reason(refused))


def refuse_replace(refused: Refused) -> Reply:
    match refused:
        case CancelAlreadyPending():
            return _error(400, "Cancel/Replace not allowed after cancel has been attempted")
        case OrderClosed():
            return _error(400, f"{_REPLACES}Not an open order.")
        case UnknownCustomer() | UnknownOrder() | BadRequest():
            return refuse(refused)
    return _error(400, _REPLACES + _reason(refused))


def refuse_token(refused: Refused) -> Reply:
    match refused:
        case NoClient():
            return reply(401, {"error": "access_denied", "error_description": "Unauthorized"})
        case NoGrant():
            return _no_token("unsupported_grant_type", "Unsupported grant type")
    return _no_token("invalid_grant", "Unknown or invalid refresh token.")


def refuse_of(kind: str) -> Callable[[Refused], Reply]:
    """Make the refusal of a read: an account that is not the customer's is an error beside what is found."""

    def refuse_read(refused: Refused) -> Reply:
        if isinstance(refused, UnknownAccount):
            return reply(200, {kind: [], "Errors": [write_account_error(refused.number)]})
        return refuse(refused)

    return refuse_read


def write_account_error(name: str) -> Document:
    return {"AccountID": name, "Error": "Forbidden", "Message": "Invalid Account ID."}


def write_order_error(names: str, order_id: str) -> Document:
    return {
        "AccountID": names,
        "OrderID": order_id,
        "Error": "BadRequest",
        "Message": "Invalid order ID.",
    }


def write_failed(refused: Refused, asked_for: bytes) -> Document:
    """Spell a new order that there is not, but that got an id."""
    return {
        "Error": "FAILED",
        "Message": f"Order failed. Reason: {_reason(refused)}",
        "OrderID": make_id("failed", asked_for),
    }


def fail(status: int) -> Reply:
    return _error(status, "Rate limit exceeded." if status == 429 else "Internal server error.")


def _reason(refused: Refused) -> str:
    if isinstance(refused, InsufficientFunds):
        return "You do not have enough buying power to enter this order."
    return str(refused)


def _error(status: int, words: str) -> Reply:
    return reply(status, {"Error": _TITLES[status], "Message": words})


def _no_token(error: str, words: str) -> Reply:
    return reply(403, {"error": error, "error_description": words})
