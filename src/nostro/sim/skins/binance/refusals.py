"""What Binance says no with: a status, and `{"code", "msg"}`. Codes are universal, messages can vary.

Codes and messages: `errors.md` of binance/binance-spot-api-docs at a5e0bc3. Statuses are shown by users:
400 of -1022 (sieblyio/binance#34), of -1104 (binance/binance-connector-python#172), of -2010
(DeviaVir/zenbot#876) and of -2011 (binance/binance-connector-python#185); 401 of -2015 (ccxt/ccxt#14993).
Legal ranges of -1100: `orderId` (sammchardy/python-binance#123), client order ids
(binance/binance-spot-api-docs#34), numbers (sonvister/Binance#17), symbols (OpenBB-finance/OpenBB#1794). An
order type that a symbol has not: -1013 (sammchardy/python-binance#166).
"""

from nostro.brokers.transport import Reply
from nostro.sim.face import reply
from nostro.sim.refusals import (
    CancelAlreadyPending,
    InsufficientFunds,
    OrderClosed,
    Refused,
    UnknownCustomer,
    UnknownOrder,
    UnknownRoute,
    UnknownSymbol,
)
from nostro.sim.skins.binance.shapes import Document

_RETRY_AFTER_S = 1


class Error(Refused):
    """What the API refuses before the exchange is asked."""

    def __init__(self, code: int, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.code = code
        self.status = status


class WrongClientId(UnknownOrder):
    """The order that is named has another client order id than the one that is named, too."""


def missing(name: str) -> Error:
    return Error(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def missing_both(first: str, second: str) -> Error:
    return Error(-1102, f"Param '{first}' or '{second}' must be sent, but both were empty/null!")


def illegal(name: str, legal: str) -> Error:
    return Error(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def filtered(name: str) -> Error:
    return Error(-1013, f"Filter failure: {name}")


def rejected(words: str) -> Error:
    """Say no to a new order in the words of the matching engine."""
    return Error(-2010, words)


def insufficient() -> Error:
    return rejected("Account has insufficient balance for requested action.")


def words_of(refused: Refused) -> Document:
    _, code, words = _find(refused)
    return {"code": code, "msg": words}


def refuse(refused: Refused) -> Reply:
    status, code, words = _find(refused)
    return reply(status, {"code": code, "msg": words})


def refuse_cancel(refused: Refused) -> Reply:
    """Word a refusal of a cancel: an order that is not there, and one that has ended, are alike."""
    return refuse(cancel_refused(refused))


def cancel_refused(refused: Refused) -> Refused:
    if isinstance(refused, UnknownOrder | OrderClosed | CancelAlreadyPending):
        return Error(-2011, "Unknown order sent.")
    return refused


def fail(status: int) -> Reply:
    if status == 429:
        again = {"retry-after": str(_RETRY_AFTER_S)}
        return reply(429, {"code": -1003, "msg": "Too many requests queued."}, again)
    return reply(status, {"code": -1000, "msg": "An unknown error occurred while processing the request."})


def _find(refused: Refused) -> tuple[int, int, str]:
    match refused:
        case Error():
            return refused.status, refused.code, str(refused)
        case UnknownCustomer():
            return 401, -2015, "Invalid API-key, IP, or permissions for action."
        case UnknownRoute():
            return 404, -1000, str(refused)
        case UnknownSymbol():
            return 400, -1121, "Invalid symbol."
        case WrongClientId():
            return 400, -2039, "Client order ID is not correct for this order ID."
        case UnknownOrder():
            return 400, -2013, "Order does not exist."
        case InsufficientFunds():
            return _find(insufficient())
    return 400, -2010, str(refused)
