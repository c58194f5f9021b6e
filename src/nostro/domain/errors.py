"""Refusals: why nostro itself does not do what it was asked.

No HTTP in them; `wire/errors.py` gives each its answer.

Refusal
  Unauthenticated          who is calling is not proven
    SignatureInvalid, TimestampInvalid, ClientUnknown, UserUnknown, CredentialsMissing, ReplayRefused
  Forbidden                proven, but not allowed
    ConnectionReadOnly
  InvalidRequest           the request cannot be understood or can never be right
    MalformedBody, OrderIdInvalid, OrderUnknown, OrderIdAmbiguous, OrderRefused, OrderNotTaken,
    ClientOrderIdReused, UserExists, NotForPersonalKeys, PreviewExpired, LoginTokenInvalid
  NotFound                 no such thing for this caller; a foreign thing is the same
  MethodNotAllowed
  BodyTooSlow              the request did not arrive whole in time
  Throttled                too many requests of this caller; nothing was done
  Overloaded               too many requests of everybody; nothing was done
  NotServing               the server starts or stops; nothing was done
  AnswerLate               not done in time; what was asked may still be done
  ConnectionDisabled       nothing was sent
  ConnectionAlreadyDisabled
  StoreFailed              our own database does not answer; nothing was sent
  BrokerageUnreachable     nothing was sent; worth trying again
  ReadFailed               a read at the brokerage came to nothing; nothing was changed
    AccessRefused          because the brokerage does not accept the credentials
  PlaceUnknown             an order may or may not exist now
"""

from nostro.domain.cancel import NotSentCause, UnknownCause


class Refusal(Exception):
    """Base of all refusals. `str()` of one is a full sentence for the caller and holds no secret."""

    default_message = "The request was refused."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.default_message)


class Unauthenticated(Refusal):
    default_message = "Authentication credentials were not provided."


class CredentialsMissing(Unauthenticated):
    default_message = "Please provide clientId, userId and userSecret in query params"


class SignatureInvalid(Unauthenticated):
    default_message = "Unable to verify signature sent"


class TimestampInvalid(Unauthenticated):
    default_message = "Invalid timestamp"


class ClientUnknown(Unauthenticated):
    default_message = "Invalid clientId provided"


class UserUnknown(Unauthenticated):
    default_message = "Invalid userID or userSecret provided"


class ReplayRefused(Unauthenticated):
    default_message = "This signed request was already received once."


class Forbidden(Refusal):
    default_message = "User does not have permission to access this resource"


class ConnectionReadOnly(Forbidden):
    default_message = "This connection is read-only: it cannot trade."


class InvalidRequest(Refusal):
    default_message = "Invalid input"


class MalformedBody(InvalidRequest):
    default_message = "The request body is not acceptable JSON."


class OrderIdInvalid(InvalidRequest):
    default_message = "This is not an order id of this brokerage. Nothing was sent."


class OrderUnknown(InvalidRequest):
    default_message = "This account has no such order. Nothing was sent."


class OrderIdAmbiguous(InvalidRequest):
    default_message = "This account has several orders of this id. Nothing was sent."


class OrderRefused(InvalidRequest):
    default_message = "The brokerage refused the order."


class OrderNotTaken(InvalidRequest):
    default_message = "The brokerage takes no orders of this kind. Nothing was sent."


class ClientOrderIdReused(InvalidRequest):
    default_message = "This client_order_id was used before for an order with other content."


class UserExists(InvalidRequest):
    default_message = "User with the following userId already exist"


class NotForPersonalKeys(InvalidRequest):
    default_message = "registerUser is not available for personal keys"


class PreviewExpired(InvalidRequest):
    default_message = "This trade id is unknown or older than five minutes. Ask for the impact again."


class LoginTokenInvalid(InvalidRequest):
    default_message = "This link was used before or is older than five minutes."


class NotFound(Refusal):
    default_message = "The requested resource does not exist."


class MethodNotAllowed(Refusal):
    default_message = "Method not allowed."


class BodyTooSlow(Refusal):
    default_message = "The request did not arrive whole in time."


class Throttled(Refusal):
    def __init__(self, limit: int = 0, retry_after_s: int = 1) -> None:
        """Say that the window of `limit` requests is full and when one of them leaves it."""
        super().__init__(f"Request was throttled. Expected available in {retry_after_s} seconds.")
        self.limit = limit
        self.retry_after_s = retry_after_s


class Overloaded(Refusal):
    default_message = "The server has too much to do. Nothing was done with this request."


class NotServing(Refusal):
    default_message = "The server is starting or stopping. Nothing was done with this request."


class AnswerLate(Refusal):
    default_message = (
        "The server could not answer in time. What was asked may be done all the same: look, or ask again."
    )


class ConnectionDisabled(Refusal):
    default_message = "Unable to sync with brokerage account because the connection is disabled."


class ConnectionAlreadyDisabled(Refusal):
    default_message = "This connection is already disabled."


class StoreFailed(Refusal):
    """The database could not do the work: it is full, gone or broken, as its cause says.

    Whoever catches it after a request has left must not pass it on: its words would be a lie then.
    """

    default_message = "The server's own database does not answer. Nothing was sent."


class BrokerageUnreachable(Refusal):
    default_message = "The brokerage could not be reached. Nothing was sent."


def not_sent(cause: UnknownCause | NotSentCause | None, why: str) -> BrokerageUnreachable:
    """Say to a caller why nothing was sent: only where nobody was reached, that nobody was."""
    if cause is NotSentCause.ACCESS_REFUSED:
        return BrokerageUnreachable(f"{AccessRefused.default_message} Nothing was sent.")
    if cause is NotSentCause.REFUSED_LOCALLY:
        return BrokerageUnreachable(f"Nothing was sent: {why}.")
    return BrokerageUnreachable()


class ReadFailed(Refusal):
    """A brokerage could not be read: it is unreachable, it refused, or its answer is unreadable."""

    default_message = "Unable to sync with brokerage account. Invalid response from Brokerage API."


class AccessRefused(ReadFailed):
    default_message = "The brokerage does not accept these credentials."


class PlaceUnknown(Refusal):
    default_message = (
        "The brokerage did not say whether it took the order."
        " List the orders to learn it; a repeat with the same client_order_id does so too,"
        " and never places twice."
    )
