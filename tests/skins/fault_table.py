"""What the table in `faults.py` says of each kind of fault, and what most faces make of it."""

import inspect

from nostro.brokers.transport import NoReply, TimedOut, TransportError
from nostro.domain.order import OrderStatus
from nostro.sim import faults
from nostro.sim.faults import FaultKind

ENDS = {
    "yes": OrderStatus.CANCELED,
    "twice": OrderStatus.CANCELED,
    "no": OrderStatus.NEW,
    "not received": OrderStatus.NEW,
    "acknowledged": OrderStatus.PENDING_CANCEL,
}
RECEIVED = {"not received": 0, "twice": 2}
PLACEABLE = set(FaultKind) - {
    FaultKind.ACK_ONLY,
    FaultKind.ACK_THEN_FILL,
    FaultKind.ACK_NEVER_CANCELS,
    FaultKind.LIST_LAGS,
}


def done(kind: FaultKind, operation: str = "cancel") -> str:
    """Read the column "done?" of the table."""
    if kind is FaultKind.NOT_FOUND_LAG and operation == "place":
        return "yes"  # the table's second line for this kind
    row = next(
        line.split(maxsplit=1)[1]
        for line in (inspect.getdoc(faults) or "").splitlines()
        if line.split()[:1] == [kind]
    )
    return next(
        word for word in ("not received", "acknowledged", "twice", "yes", "no") if row.startswith(word)
    )


Row = tuple[FaultKind, int | type[TransportError], OrderStatus]


def cancels(*, again: int, absent: int = 404) -> list[Row]:
    """List what the sender of a cancel sees where a success is 200 with a body, and what the order becomes.

    `again` answers a second cancel, and `absent` is said of an order that is not there.
    """
    return [
        (FaultKind.HANG, TimedOut, OrderStatus.CANCELED),
        (FaultKind.REPLY_LOST, NoReply, OrderStatus.CANCELED),
        (FaultKind.ERROR_500_DONE, 500, OrderStatus.CANCELED),
        (FaultKind.ERROR_500_NOT_DONE, 500, OrderStatus.NEW),
        (FaultKind.RATE_LIMITED, 429, OrderStatus.NEW),
        (FaultKind.MALFORMED, 200, OrderStatus.CANCELED),
        (FaultKind.TRUNCATED, 200, OrderStatus.CANCELED),
        (FaultKind.DUP_KEY_JSON, 200, OrderStatus.CANCELED),
        (FaultKind.OTHER_ORDER, 200, OrderStatus.CANCELED),
        (FaultKind.DUPLICATE_DELIVERY, again, OrderStatus.CANCELED),
        (FaultKind.ACK_ONLY, 200, OrderStatus.PENDING_CANCEL),
        (FaultKind.ACK_THEN_FILL, 200, OrderStatus.FILLED),
        (FaultKind.ACK_NEVER_CANCELS, 200, OrderStatus.NEW),
        (FaultKind.NOT_FOUND_LAG, absent, OrderStatus.NEW),
    ]
