"""Is there an order of effects that explains every answer? One order's history, as it is seen from outside.

A checker in the manner of Wing and Gong, as Lowe and Knossos made it quick: it follows, from moment to
moment, all the states in which the order may be. Equal ones are followed once, which is the memo. A cancel
may take effect, or be taken and take effect later, at any moment after it was asked for, also where no answer
came, unless it is said that it never did. An answer strikes out the states that it contradicts; where none is
left, nothing explains the history.

It knows nothing of nostro: not its database, not which requests left, and not what a cancel did.

    an order          new -> part filled -> filled
                      open -> pending cancel -> canceled       a fill may come in between
                      open -> canceled | expired | rejected | replaced
    the market        moves it at known moments
    a cancel          moves it at an unknown moment, or never
    a look            shows what was true at one moment between its question and its answer
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from .truth import CLOSED, word_of

OPEN = frozenset({"new", "partially_filled", "pending_cancel"})
FINAL = frozenset({"CONFIRMED", "TOO_LATE", "REFUSED", "NOT_SENT"})
_ORDER_ENDED = frozenset({"CONFIRMED", "TOO_LATE"})
_NEVER_ACTS = frozenset({"REFUSED", "NOT_SENT"})
_RANKS = {"INTENT": (0, 0), "SENT": (0, 0), "IN_DOUBT": (0, 1), "UNKNOWN": (1, 1), "ACKED": (2, 2)}
"""How far a cancel is, at least and at most. A cancel's answer does not tell INTENT from UNKNOWN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one client asked, and was told. Moments are counted over all that happens to the order."""

    what: str
    """`cancel`, `look`, or `receipt`: a question about a cancel."""
    begun: int
    ended: int | None = None
    """None: no answer came."""
    cancel_id: str = ""
    """Which cancel the answer is about; empty where it names none."""
    state: str = ""
    """The cancel's state, as the answer has it; empty: nothing is known of it."""
    word: str = ""
    """The order's status, as the answer has it; empty: nothing is said of it."""
    filled: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Something that the market did to the order."""

    at: int
    status: str
    """`partially_filled` for every fill that leaves it open."""
    filled: Decimal


@dataclass(frozen=True, slots=True)
class History:
    operations: Sequence[Operation]
    moves: Sequence[Move]
    acks_may_be_empty: bool = False
    """The brokerage is known to take cancels and forget them."""


class Order(NamedTuple):
    """What may be true of it."""

    status: str = "new"
    filled: Decimal = Decimal(0)
    was_pending: bool = False

    @property
    def word(self) -> str:
        return word_of(self.status, self.filled)


class Path(NamedTuple):
    """A way on which the order may have come here."""

    order: Order
    seen: frozenset[int] = frozenset()
    """Those of the questions under way for which it was once as their answer will say."""


class _Kind(IntEnum):
    """What goes first of things at one moment does not matter; it must only always be the same."""

    BEGUN = 0
    MOVED = 1
    ENDED = 2


def unexplained(history: History) -> str | None:
    """Say where the history stops making sense; None where an order of effects explains all of it."""
    return _contradiction(history.operations) or _Search(history).run()


class _Search:
    def __init__(self, history: History) -> None:
        self._history = history
        operations = history.operations
        self._dead = {each.cancel_id for each in operations if each.state in _NEVER_ACTS}
        self._first: dict[str, int] = {}
        """By cancel: when it was asked for first."""
        for each in operations:
            if each.what == "cancel" and each.cancel_id:
                begun = self._first.get(each.cancel_id, each.begun)
                self._first[each.cancel_id] = min(begun, each.begun)
        self._can_act = False
        self._open: dict[int, Operation] = {}
        """The questions under way whose answer was true at some moment, which may be any."""

    def run(self) -> str | None:
        paths = {Path(Order())}
        for _, happens, index in sorted(self._events()):
            if happens is _Kind.MOVED:
                paths = self._move(paths, self._history.moves[index])
            elif happens is _Kind.BEGUN:
                self._begin(index)
            else:
                paths = self._answer(paths, index)
            if not paths:
                is_move = happens is _Kind.MOVED
                told = self._history.moves[index] if is_move else self._history.operations[index]
                return f"nothing explains {told}"
            paths = self._spread(paths)
        return None

    def _events(self) -> Iterator[tuple[int, _Kind, int]]:
        """List what happens, with its number among the moves or operations."""
        for index, move in enumerate(self._history.moves):
            yield move.at, _Kind.MOVED, index
        for index, each in enumerate(self._history.operations):
            is_refusal = each.what == "cancel" and _is_of_a_moment(each)
            yield self._first[each.cancel_id] if is_refusal else each.begun, _Kind.BEGUN, index
            if each.ended is not None:
                yield each.ended, _Kind.ENDED, index

    def _may_act(self, asked: Operation) -> bool:
        """Say whether this cancel may have moved the order. One that joined another is that other."""
        if asked.cancel_id:
            return asked.cancel_id not in self._dead
        return asked.state not in _NEVER_ACTS

    # What happens

    def _begin(self, index: int) -> None:
        asked = self._history.operations[index]
        self._can_act |= asked.what == "cancel" and self._may_act(asked)
        if _is_of_a_moment(asked):
            self._open[index] = asked

    def _move(self, paths: Iterable[Path], move: Move) -> set[Path]:
        moved = set()
        for path in paths:
            order = path.order
            if order.status in CLOSED or move.filled < order.filled:
                continue
            is_pending = "pending_cancel" in (order.status, move.status)
            status = "pending_cancel" if is_pending and move.status not in CLOSED else move.status
            moved.add(Path(Order(status, move.filled, order.was_pending or is_pending), path.seen))
        return moved

    def _answer(self, paths: Iterable[Path], index: int) -> set[Path]:
        told = self._history.operations[index]
        if index in self._open:
            del self._open[index]
            return {Path(path.order, path.seen - {index}) for path in paths if index in path.seen}
        return {path for path in paths if self._agrees(path.order, told)}

    def _agrees(self, order: Order, told: Operation) -> bool:
        if told.filled is not None and told.filled != order.filled:
            return False
        if told.word and told.word != order.word:
            return False
        match told.state:
            case "CONFIRMED":
                return order.status == "canceled"
            case "TOO_LATE":
                return order.status in CLOSED - {"canceled"}
            case "ACKED":
                return order.was_pending or self._history.acks_may_be_empty
        return True

    # What may happen unseen

    def _spread(self, paths: Iterable[Path]) -> set[Path]:
        found: set[Path] = set()
        left = [self._notice(path) for path in paths]
        while left:
            path = left.pop()
            if path not in found:
                found.add(path)
                left += [self._notice(Path(order, path.seen)) for order in self._effects(path.order)]
        return found

    def _effects(self, order: Order) -> Iterator[Order]:
        """List what a cancel that was asked for, or taken, can do to the order now."""
        if order.status == "pending_cancel" or (self._can_act and order.status in OPEN):
            yield order._replace(status="canceled")
        if self._can_act and order.status in OPEN - {"pending_cancel"}:
            yield order._replace(status="pending_cancel", was_pending=True)

    def _notice(self, path: Path) -> Path:
        """Mark the questions for which the order is now as their answer says."""
        order = path.order
        now = {
            index
            for index, each in self._open.items()
            if each.word in ("", order.word)
            and each.filled in (None, order.filled)
            and (each.what != "cancel" or order.status in OPEN)
        }
        return Path(order, path.seen | now)


def _is_of_a_moment(asked: Operation) -> bool:
    """Say whether the answer is of some moment since the question, and not of the moment it came.

    So are looks, and refusals: the order was seen open after the cancel could act any more.
    """
    if asked.ended is None:
        return False
    return asked.what == "look" or (asked.what == "cancel" and asked.state == "REFUSED")


def _contradiction(operations: Sequence[Operation]) -> str | None:
    """Find two answers that cannot both be: what is final is final, and what is known stays known."""
    told = [each for each in operations if each.ended is not None and each.state]
    for first in told:
        for second in told:
            is_later = first.ended is not None and first.ended < second.begun
            if (
                first.cancel_id == second.cancel_id
                and first.cancel_id
                and _goes_back(first, second, is_later)
            ):
                return f"{first} and {second} contradict each other"
            ends_order = first.state in _ORDER_ENDED and second.what == "cancel" and second.cancel_id
            if is_later and ends_order and second.state != first.state:
                return f"{first} was final, and then {second} was said"
    return None


def _goes_back(first: Operation, second: Operation, is_later: bool) -> bool:
    if first.state in FINAL and second.state in FINAL:
        return first.state != second.state
    if not is_later:
        return False
    return _RANKS.get(first.state, (3, 3))[0] > _RANKS.get(second.state, (3, 3))[1]
