"""What one seed decides about one trial, drawn before anything happens."""

import random
from dataclasses import dataclass

from nostro.sim.faults import FaultKind

POINTS = ("after_intent", "before_send", "after_send", "before_commit", "after_commit", "before_answer")

KILLS = {
    "random": 30,
    "point": 35,
    "all": 10,
    "stop": 13,
    "freeze": 6,
    "freeze, locks lost": 6,
}
"""How servers end, and how often of a hundred; a freeze is SIGSTOP and SIGCONT, a stop SIGTERM."""

CANCEL_FAULTS = (
    *(kind.value for kind in FaultKind if kind is not FaultKind.LIST_LAGS),
    *("ack_only", "ack_only", "ack_only", "ack_never_cancels", "ack_then_fill", "drop_before", "hang"),
)
"""Some stand here more than once: they lead to states that nothing else leads to."""
LOOK_FAULTS = (
    "error_500_not_done",
    "error_503_done",
    "hang",
    "malformed",
    "not_found_lag",
    "other_order",
    "rate_limited",
    "reply_lost",
    "truncated",
)
MOVES = ("fill", "part_fill", "expire", "reject", "cancel")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    operation: str
    kind: str
    times: int
    delay_s: float | None
    processed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    at_s: float
    server: int
    wait_s: int | None
    """What the caller prefers; None: it says nothing."""
    patience_s: float | None
    """When it hangs up; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    units: int
    faults: tuple[PlannedFault, ...]
    calls: tuple[PlannedCall, ...]
    move: str | None
    """What the market does to it without being asked."""
    move_at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    seed: int
    kill: str
    """One of KILLS."""
    kill_at_s: float
    victim: int
    point: str
    """Where the victim of a kill at a point dies, as NOSTRO_CRASH_AT."""
    freeze_s: float
    orders: tuple[PlannedOrder, ...]

    def kills(self, servers: int) -> int:
        """Say how many of so many servers it kills outright."""
        return {"point": 1, "random": 1, "all": servers}.get(self.kill, 0)


def draw(seed: int, servers: int) -> Plan:
    dice = random.Random(f"{seed} kill")  # noqa: S311 - nothing here is a secret
    [kill] = dice.choices(list(KILLS), list(KILLS.values()))
    victim = dice.randrange(servers)
    point = dice.choice(POINTS)
    visit = dice.randint(1, 8 if point == "before_answer" else 3)
    # At a point the victim must be where the cancels are; else they may be anywhere.
    weights = [4 if kill in ("point", "stop") and number == victim else 1 for number in range(servers)]
    return Plan(
        seed=seed,
        kill=kill,
        kill_at_s=round(dice.uniform(0, 0.5), 3),
        victim=victim,
        point=f"{point}:{visit}",
        freeze_s=round(dice.uniform(2.5, 4.0), 1),
        orders=tuple(_draw_order(dice, weights) for _ in range(dice.randint(2, 4))),
    )


def _draw_order(dice: random.Random, weights: list[int]) -> PlannedOrder:
    faults = []
    if dice.random() < 0.75:
        faults.append(_draw_fault(dice, "cancel", CANCEL_FAULTS))
    if dice.random() < 0.3:
        faults.append(_draw_fault(dice, "look_up", LOOK_FAULTS))
    return PlannedOrder(
        units=dice.randint(2, 9),
        faults=tuple(faults),
        calls=tuple(_draw_call(dice, weights) for _ in range(dice.randint(2, 6))),
        move=dice.choice(MOVES) if dice.random() < 0.3 else None,
        move_at_s=round(dice.uniform(0, 0.6), 3),
    )


def _draw_fault(dice: random.Random, operation: str, kinds: tuple[str, ...]) -> PlannedFault:
    kind = dice.choice(kinds)
    takes_delay = kind in ("hang", "not_found_lag")
    return PlannedFault(
        operation=operation,
        kind=kind,
        times=dice.randint(1, 2),
        delay_s=dice.choice((0.3, 1.0)) if takes_delay else None,
        processed=dice.choice((True, False)) if kind == "hang" else None,
    )


def _draw_call(dice: random.Random, weights: list[int]) -> PlannedCall:
    [server] = dice.choices(range(len(weights)), weights)
    return PlannedCall(
        at_s=round(dice.uniform(0, 0.5) * dice.random(), 3),
        server=server,
        wait_s=dice.choice((None, None, 0, 1, 2)),
        patience_s=round(dice.uniform(0.01, 0.4), 3) if dice.random() < 0.2 else None,
    )
