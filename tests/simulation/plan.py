"""Everything that one seed decides, drawn before anything runs."""

import random
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from nostro.sim.faults import ANY_OPERATION, OPERATIONS, FaultKind, FaultPlan

from .caller import PARTNERS
from .ports import dice

CRASH_POINTS = ("after_intent", "before_send", "after_send", "before_commit", "after_commit", "before_answer")
MOVES = (
    "fill",
    "part_fill",
    "part_fill",
    "expire",
    "reject",
    "cancel",
    "pending_cancel",
    "pending_cancel",
    "replace",
    "roll",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    at_s: float
    operation: str
    kind: str
    times: int | None
    order: int | None
    """Index of the order it is declared for; None: any."""
    delay_s: float | None
    processed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Something that happens to an order at the exchange without a caller's asking."""

    at_s: float
    what: str
    order: int


class ReceiverTrouble(StrEnum):
    """How a partner's receiver can be; `receiver.py` says what each does."""

    DOWN = "down"
    HANGS = "hangs"
    SLOW = "slow"
    LOSES_ANSWER = "loses_answer"
    ANSWERS_410 = "answers_410"
    ANSWERS_429 = "answers_429"
    ANSWERS_500 = "answers_500"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverPlan:
    """What is wrong with one partner's receiver, and from when to when; infinity: until somebody mends it."""

    kind: ReceiverTrouble
    partner: int
    begun_s: float
    ended_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    seed: int
    workers: int
    callers: int
    orders: int
    calls_per_caller: int
    chaos_s: float
    faults: tuple[PlannedFault, ...]
    moves: tuple[Move, ...]
    crash_points: tuple[tuple[str, int], ...]
    """Named points, each with the visit at which a process dies there."""
    crash_steps: tuple[int, ...]
    """Processes die before these callbacks, counted over all of them."""
    freezes: tuple[tuple[int, float], ...]
    """Before which callbacks a process stands still, and for how many seconds."""
    adapter_bug_rate: float
    """How often an adapter breaks over the brokerage's reply to a cancel."""
    store_failure_rate: float
    store_lost_answer_rate: float
    store_outages: tuple[tuple[float, float], ...]
    """From when to when the database answers nothing."""
    handlers_are_cancelled: bool
    """The handler of a caller who hung up can be cancelled, wherever it is."""
    clock_jumps: tuple[tuple[float, float], ...]
    """When the servers' wall clock jumps, and by how many seconds."""
    receivers: tuple[ReceiverPlan, ...]


def possible_faults(faults: FaultPlan) -> list[tuple[str, str]]:
    """List which kind can be declared for which operation, by asking."""
    found = []
    for kind in FaultKind:
        for operation in (*OPERATIONS, ANY_OPERATION):
            try:
                faults.declare(operation, kind)
            except ValueError:
                continue
            found.append((operation, kind.value))
    return found


def draw(seed: int, workers: int | None, possible: list[tuple[str, str]]) -> Plan:
    rng = dice(seed, "plan")
    chaos_s = rng.choice((2.0, 4.0, 8.0))
    orders = rng.randint(1, 4)

    def moment() -> float:
        return round(rng.uniform(0, chaos_s), 3)

    def sometimes(chance: float, most: int) -> range:
        """Most seeds leave most troubles out, so that each is seen alone as well as with others."""
        return range(rng.randint(1, most) if rng.random() < chance else 0)

    faults = [_draw_fault(rng, moment() * rng.random(), orders, possible) for _ in sometimes(0.85, 12)]
    outages = []
    for _ in sometimes(0.15, 2):
        begun = moment()
        outages.append((begun, begun + rng.choice((0.3, 3.0, 12.0))))
    return Plan(
        seed=seed,
        workers=workers or rng.choice((1, 2, 2, 2, 4)),
        callers=rng.randint(1, 6),
        orders=orders,
        calls_per_caller=rng.randint(1, 5),
        chaos_s=chaos_s,
        faults=tuple(sorted(faults, key=lambda each: each.at_s)),
        moves=tuple(
            Move(at_s=moment() * rng.random(), what=rng.choice(MOVES), order=rng.randrange(orders))
            for _ in sometimes(0.7, 6)
        ),
        crash_points=tuple((rng.choice(CRASH_POINTS), rng.randint(1, 3)) for _ in sometimes(0.4, 2)),
        crash_steps=tuple(sorted(rng.randint(1, 1200) for _ in sometimes(0.3, 3))),
        freezes=tuple((rng.randint(1, 1200), rng.choice((0.5, 3.0, 6.0, 60.0))) for _ in sometimes(0.15, 3)),
        adapter_bug_rate=0.3 if rng.random() < 0.05 else 0.0,
        store_failure_rate=rng.choice((0.01, 0.05)) if rng.random() < 0.2 else 0.0,
        store_lost_answer_rate=rng.choice((0.01, 0.05)) if rng.random() < 0.2 else 0.0,
        store_outages=tuple(outages),
        handlers_are_cancelled=False,
        clock_jumps=tuple((moment(), rng.choice((-3600.0, -5.0, 5.0, 3600.0))) for _ in sometimes(0.15, 2)),
        receivers=tuple(_draw_receiver(rng, moment() * rng.random()) for _ in sometimes(0.5, 3)),
    )


def _draw_fault(
    rng: random.Random, at_s: float, orders: int, possible: list[tuple[str, str]]
) -> PlannedFault:
    # What a cancel or an order can meet is drawn more often: it leads to what nothing else leads to.
    on_cancel = [each for each in possible if each[0] == "cancel"]
    on_cancel += [("cancel", kind) for kind in ("ack_only", "ack_only", "drop_before", "not_found_lag")]
    on_place = [("place", kind) for kind in ("drop_before", "reply_lost", "hang", "error_500_not_done")]
    operation, kind = rng.choice(rng.choices((on_cancel, on_place, possible), (5, 1, 4))[0])
    names_an_order = operation in ("cancel", "look_up", "replace", ANY_OPERATION)
    is_hang = kind == FaultKind.HANG
    takes_delay = kind in (FaultKind.HANG, FaultKind.ACK_ONLY, FaultKind.NOT_FOUND_LAG)
    return PlannedFault(
        at_s=at_s,
        operation=operation,
        kind=kind,
        times=rng.choice((1, 2, 5, None)),
        order=rng.randrange(orders) if names_an_order and rng.random() < 0.5 else None,
        delay_s=rng.choice((None, 0.3, 1.5, 5.0)) if takes_delay else None,
        processed=rng.choice((True, False)) if is_hang else None,
    )


def _draw_receiver(rng: random.Random, begun_s: float) -> ReceiverPlan:
    return ReceiverPlan(
        kind=rng.choice(list(ReceiverTrouble)),
        partner=rng.randrange(len(PARTNERS)),
        begun_s=begun_s,
        ended_s=begun_s + rng.choices((2.0, 20.0, 7200.0, inf), (10, 6, 2, 1))[0],
    )
