"""Writes down, order by order, what is seen from outside: questions, answers, and the market's moves."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .caller import Call
from .history import History, Move, Operation
from .truth import CLOSED, Fact, Truth

_CANCELS = ("requested", "acknowledged", "the acknowledged cancel was carried out")
"""Why the exchange's log says that an order changed where a cancel did it, whoever asked for that."""
_STATES = {
    (400, "7040"): "TOO_LATE",
    (400, "7041"): "REFUSED",
    (500, "7042"): "IN_DOUBT",
    (503, "7020"): "NOT_SENT",
}


class Recorder:
    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._moment = 0
        self._calls: list[Call] = []
        self._operations: dict[str, list[Operation]] = defaultdict(list)
        self._moves: dict[str, list[Move]] = defaultdict(list)
        self._read: dict[str, int] = defaultdict(lambda: 1)
        """By order: how much of what happened to it was read; first it was entered."""

    def begin(self, call: Call) -> None:
        self._read_moves()
        call.moment = self._next()
        self._calls.append(call)

    def end(self, call: Call) -> None:
        """Write down an answer; those that say nothing of an order are left out, but for a cancel's."""
        self._read_moves()
        ended = self._next()
        if call.what == "cancel":
            self._operations[call.order_id].append(_cancel(call, ended))
        elif call.status != 200:
            return
        elif call.what == "look":
            self._look(call, ended, call.answer)
        elif call.what == "list":
            for order in call.answer["orders"]:
                if self._truth.facts.get(order["brokerage_order_id"]):  # it may list what does not exist
                    self._look(call, ended, order)
        elif call.what == "receipt":
            receipt = Operation(
                what="receipt",
                begun=call.moment,
                ended=ended,
                cancel_id=call.cancel_id,
                state=call.answer["state"],
            )
            self._operations[call.order_id].append(receipt)

    def cancel_by_market(self, order_id: str) -> None:
        """Say that a cancel which no client asked for was taken just now."""
        self._read_moves()
        fact = self._truth.now(order_id)
        self._moves[order_id].append(Move(self._next(), fact.status, fact.filled))

    def histories(self, *, acks_may_be_empty: bool) -> Iterator[tuple[str, History]]:
        """Give the history of each order that anybody asked about, when all is over."""
        operations = {order_id: list(each) for order_id, each in self._operations.items()}
        for call in self._calls:
            if call.what == "cancel" and call.status is None:
                unanswered = Operation(what="cancel", begun=call.moment)
                operations.setdefault(call.order_id, []).append(unanswered)
        for order_id, each in operations.items():
            yield order_id, History(each, self._moves[order_id], acks_may_be_empty)

    def _next(self) -> int:
        self._moment += 1
        return self._moment

    def _look(self, call: Call, ended: int, record: dict[str, Any]) -> None:
        look = Operation(what="look", begun=call.moment, ended=ended, **_shown(record))
        self._operations[record["brokerage_order_id"]].append(look)

    def _read_moves(self) -> None:
        self._truth.seq()
        for order_id, facts in self._truth.facts.items():
            for fact in facts[self._read[order_id] :]:
                if fact.why not in _CANCELS:
                    self._moves[order_id].append(_move(self._next(), fact))
            self._read[order_id] = len(facts)


def _move(moment: int, fact: Fact) -> Move:
    return Move(moment, fact.status if fact.status in CLOSED else "partially_filled", fact.filled)


def _cancel(call: Call, ended: int) -> Operation:
    answer = call.answer
    if "cancel_id" not in answer:
        state = "IN_DOUBT" if (call.status, answer["code"]) == (500, "7031") else "NOT_SENT"
        return Operation(what="cancel", begun=call.moment, ended=ended, state=state)
    word = ""
    if call.status == 200:
        is_pending = answer["status"] == "CANCEL_PENDING"
        state, word = ("ACKED", "") if is_pending else ("CONFIRMED", answer["status"])
    else:
        state = _STATES[call.status or 0, answer["code"]]
    says_order = state in ("TOO_LATE", "REFUSED") and answer.get("order")
    return Operation(
        what="cancel",
        begun=call.moment,
        ended=ended,
        cancel_id=answer["cancel_id"],
        state=state,
        **(_shown(answer["order"]) if says_order else {"word": word}),
    )


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {"word": record["status"], "filled": Decimal(str(record["legs"][0]["filled_quantity"]))}
