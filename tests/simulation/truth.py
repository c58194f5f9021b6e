"""What really happened to every order: the exchange's own log, read as it grows."""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from nostro.domain.order import OrderStatus
from nostro.sim.exchange import Exchange

from .reached import Reached

_V2_WORDS = {
    "new": "PENDING",
    "partially_filled": "PARTIAL",
    "filled": "EXECUTED",
    "pending_cancel": "CANCEL_PENDING",
    "canceled": "CANCELED",
    "replaced": "REPLACED",
    "rejected": "REJECTED",
    "expired": "EXPIRED",
}
CLOSED = frozenset(status.value for status in OrderStatus if status.is_closed)


def word_of(status: str, filled: Decimal) -> str:
    """Say it as an API client reads it."""
    return "PARTIAL_CANCELED" if status == "canceled" and filled else _V2_WORDS[status]


class Fact(NamedTuple):
    """What the exchange wrote down of an order at one moment."""

    seq: int
    status: str
    filled: Decimal
    why: str

    @property
    def word(self) -> str:
        return word_of(self.status, self.filled)


class Truth:
    def __init__(self, exchange: Exchange, reached: Reached) -> None:
        self._exchange = exchange
        self._reached = reached
        self._seq = 0
        self.facts: dict[str, list[Fact]] = defaultdict(list)
        """By order."""

    def seq(self) -> int:
        """Read what is new in the exchange's log, and say how long it is."""
        for entry in self._exchange.truth(self._seq):
            self._seq = entry.seq
            if entry.event == "order_changed" and entry.brokerage_order_id and entry.status:
                filled = Decimal(str(entry.detail["filled_quantity"]))
                fact = Fact(entry.seq, entry.status, filled, str(entry.detail["why"]))
                self.facts[entry.brokerage_order_id].append(fact)
            fault = entry.detail.get("fault")
            if entry.event == "request_received" and fault:
                self._reached.fault(entry.operation, str(fault))
        return self._seq

    def now(self, order_id: str) -> Fact:
        self.seq()
        return self.facts[order_id][-1]

    def since(self, order_id: str, seq: int) -> list[Fact]:
        """List what was true of the order at some moment from `seq` on."""
        self.seq()
        facts = self.facts[order_id]
        before = [each for each in facts if each.seq <= seq]
        return before[-1:] + [each for each in facts if each.seq > seq]
