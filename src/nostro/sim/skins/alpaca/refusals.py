"""What Alpaca says no with: a status, and `{"code", "message"}`.

Codes are the contract, messages can change (docs.alpaca.markets, options, "Error Responses", where
40310000, 40410000, 42210000 and the sentences about replacing stand). Only other people's programs and
tests show these: the code of a client order id that is not unique, "order pending cancel", and the bodies
of 400, 429 and 500.
"""

from nostro.brokers.transport import Reply
from nostro.domain.order import Order
from nostro.sim.face import reply
from nostro.sim.refusals import (
    CancelAlreadyPending,
    InsufficientFunds,
    Malformed,
    OrderClosed,
    Refused,
    UnknownCustomer,
    UnknownOrder,
    UnknownRoute,
    UnknownSymbol,
)
from nostro.sim.skins.alpaca.shapes import number

_INVALID = 42210000
_NOT_FOUND = 40410000


class NotUnique(Refused):
    def __init__(self) -> None:
        super().__init__("client_order_id must be unique")


class NotFound(Refused):
    """Something that is no order is not there."""


class NotReplaceable(Refused):
    def __init__(self, order: Order) -> None:
        super().__init__(f"cannot replace order in {order.status} status")


_WORDS: tuple[tuple[type[Refused], int, int, str], ...] = (
    (UnknownCustomer, 401, 40110000, "request is not authorized"),
    (UnknownRoute, 404, _NOT_FOUND, "endpoint not found"),
    (UnknownOrder, 404, _NOT_FOUND, "order not found for {0.order_id}"),
    (NotFound, 404, _NOT_FOUND, "{0}"),
    (OrderClosed, 422, _INVALID, 'order is already in "{0.order.status}" state'),
    (CancelAlreadyPending, 422, _INVALID, "order pending cancel"),
    (UnknownSymbol, 422, _INVALID, 'asset "{0.symbol}" not found'),
    (NotUnique, 422, 40010001, "{0}"),
    (Malformed, 400, 40010000, "{0}"),
    (Refused, 422, _INVALID, "{0}"),
)


def refuse(refused: Refused) -> Reply:
    if isinstance(refused, InsufficientFunds):
        more = {"buying_power": number(refused.available), "cost_basis": number(refused.needed)}
        return _error(403, 40310000, "insufficient buying power", more)
    _, status, code, words = next(row for row in _WORDS if isinstance(refused, row[0]))
    return _error(status, code, words.format(refused))


def fail(status: int) -> Reply:
    if status == 429:
        return _error(429, 42910000, "too many requests")
    return _error(status, status * 100_000 + 10_000, "internal server error occurred")


def _error(status: int, code: int, message: str, more: dict[str, str | None] | None = None) -> Reply:
    return reply(status, {"code": code, "message": message, **(more or {})})
