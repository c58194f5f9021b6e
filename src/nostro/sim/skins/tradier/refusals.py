"""What Tradier says no with: plain text, a `fault` of its gateway, or `errors` within a success.

A 401 means two things: with a `fault` the token is not known, with `Unauthorized Account` either the account
or the order is not the customer's. Measured by Networkgems/TradingAI-,
`docs/tra4484-tradier-sandbox-semantics.md`. Faults: QuantConnect/Lean.Brokerages.Tradier, `Fault.cs` and
`TradierBrokerageAditionalTests.cs`, where Datastore Error stands.
"""

from nostro.brokers.transport import Reply
from nostro.sim.face import reply
from nostro.sim.refusals import (
    Malformed,
    OrderClosed,
    Refused,
    UnknownAccount,
    UnknownCustomer,
    UnknownRoute,
)
from nostro.sim.skins.tradier.shapes import word_of


class InvalidParameter(Refused):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Invalid parameter, {name}: {reason}.")


def refuse(refused: Refused) -> Reply:
    match refused:
        case UnknownCustomer():
            return _fault(401, "Invalid Access Token", "keymanagement.service.invalid_access_token")
        case UnknownAccount():
            return _text(401, f"Unauthorized Account: {refused.number}")
        case OrderClosed():
            return _text(400, f"order already in finalized state: {word_of(refused.order)}")
        case UnknownRoute():
            return _text(404, "Not Found")
        case InvalidParameter() | Malformed():
            return _text(400, str(refused))
    return reply(200, {"errors": {"error": [str(refused)]}})


def fail(status: int) -> Reply:
    if status == 429:
        return _fault(429, "Rate limit quota violation", "policies.ratelimit.QuotaViolation")
    return _fault(status, "Datastore Error", "steps.servicecallout.ExecutionFailed")


def _fault(status: int, words: str, code: str) -> Reply:
    return reply(status, {"fault": {"faultstring": words, "detail": {"errorcode": code}}})


def _text(status: int, words: str) -> Reply:
    return Reply(status, words.encode(), {"content-type": "text/plain"})
