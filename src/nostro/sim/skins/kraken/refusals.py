"""What Kraken says no with: HTTP 200 and a list of texts, `severity category:words`.

The texts and their meaning: docs.kraken.com `exchange/guides/general/errors`, and
support.kraken.com 360001491786 (arguments that are missing are `EGeneral:Invalid arguments`). Measured in
2026-09 by dc-deal/FiniexTestingIDE `probe_kraken_order_identity.py` at 6e98a34: a cancel of an order that was
filled or canceled (`EOrder:Unknown order`), of one that never was (`EOrder:Invalid order`), a `cl_ord_id`
that another open order has; by its `probe_amend_stop_trigger.py` at 84720d4: a limit price for an order that
has none. Only clients of others show `EOrder:Cancel pending` (ccxt 4.5.90), `EOrder:Post only order`, and the
404 of a method that does not exist.
"""

from nostro.brokers.transport import Reply
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


class InvalidSignature(Refused):
    pass


class InvalidNonce(Refused):
    pass


class NothingOpen(Refused):
    """No open order has this user reference or client order id."""


class InvalidArgument(Refused):
    def __init__(self, what: str) -> None:
        super().__init__(f"EGeneral:Invalid arguments:{what}")


class OrderRefused(Refused):
    """An order, or new terms for one, that cannot be; `str()` is Kraken's text."""


_WORDS: tuple[tuple[type[Refused], str], ...] = (
    (UnknownCustomer, "EAPI:Invalid key"),
    (InvalidSignature, "EAPI:Invalid signature"),
    (InvalidNonce, "EAPI:Invalid nonce"),
    (UnknownOrder, "EOrder:Invalid order"),
    (OrderClosed, "EOrder:Unknown order"),
    (NothingOpen, "EOrder:Unknown order"),
    (CancelAlreadyPending, "EOrder:Cancel pending"),
    (UnknownSymbol, "EQuery:Unknown asset pair"),
    (InsufficientFunds, "EOrder:Insufficient funds"),
    (Malformed, "EGeneral:Invalid arguments"),
    (InvalidArgument, "{0}"),
    (OrderRefused, "{0}"),
    (Refused, "EGeneral:Invalid arguments:{0}"),
)


def refuse(refused: Refused) -> Reply:
    if isinstance(refused, UnknownRoute):
        return _error(404, "EGeneral:Unknown method")
    words = next(words for kind, words in _WORDS if isinstance(refused, kind))
    return _error(200, words.format(refused))


def fail(status: int) -> Reply:
    """Word a failure; at the limit of requests Kraken answers with 200, too."""
    if status == 429:
        return _error(200, "EAPI:Rate limit exceeded")
    return _error(status, "EGeneral:Internal error")


def _error(status: int, words: str) -> Reply:
    return reply(status, {"error": [words]})
