"""Power cuts on real servers: `python -m tests.torture.power ENGINE SEED [COUNT]` runs these seeds again.

One trial: orders rest at a brokerage, callers cancel them through one or two servers, the brokerage fails now
and then, and at a chance moment, or as a server reaches a named point, the power goes. The disk keeps what it
must and what chance adds. The machine is switched on again, and what it then says is compared with what
callers were told before, and with what the brokerage wrote down. The brokerage keeps its power throughout.

A seed fixes the orders, faults, moments and the disk's luck; how processes interleave is the machine's.
"""

import contextlib
import http.client
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Any

from tests.server.world import Server
from tests.simulation.ports import dice

from .disk import Luck
from .machine import ENGINES, Factory, Machine, factory
from .outcome import Outcome, Tell

CUTS_PER_WORLD = 10
WORLDS_AT_ONCE = 2
ORDERS = (3, 6)
CALLERS_PER_ORDER = 2
ANSWERS_PER_CALLER = 3
CUT_WAIT_S = 3.0
"""How long to wait for the answer that the cut is to follow: brokerages hang, and callers with them."""
SETTLE_S = 25.0
"""Within what time, after the power is back and the brokerage well, every cancel must have ended."""

POINTS = ("after_intent", "before_send", "after_send", "before_commit", "after_commit", "before_answer")
FAULTS = ("hang", "reply_lost", "reply_delayed", "ack_only", "error_500_not_done", "error_502_done")
_FINAL = {"CONFIRMED", "TOO_LATE", "REFUSED", "NOT_SENT"}
_ROWS = "SELECT cancel_id, brokerage_order_id, state FROM cancel_intent"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a seed fixes of one trial."""

    seed: int
    orders: int
    servers: int
    was_stopped: bool
    """Whether a world that begins with this trial does so on a disk that an orderly stop left."""
    faults: tuple[str, ...]
    """For each order a kind of fault, or an empty word."""
    point: str
    """Where a server kills itself, and takes the power with it; empty: after some answers."""
    answers: int
    """After how many answers to callers the power goes, `delay_s` later."""
    delay_s: float
    luck: Luck

    @classmethod
    def draw(cls, seed: int) -> "Plan":
        rng = dice(seed, "plan")
        orders = rng.randint(*ORDERS)
        return cls(
            seed=seed,
            orders=orders,
            servers=rng.choice((1, 1, 1, 2)),
            faults=tuple(rng.choice(FAULTS) if rng.random() < 0.4 else "" for _ in range(orders)),
            point=rng.choice(POINTS) if rng.random() < 0.4 else "",
            answers=rng.randrange(orders * CALLERS_PER_ORDER * ANSWERS_PER_CALLER // 2),
            delay_s=rng.uniform(0, 0.03),
            luck=Luck.draw(rng),
            was_stopped=rng.random() < 0.5,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller was told of one cancel before the power went."""

    order_id: str
    cancel_id: str
    state: str
    """As its receipt said, or, where nobody came to ask, as the answer's own words imply; empty: either."""


@dataclass(slots=True)
class World:
    machine: Machine
    order_ids: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    """Of all trials in this world: no cut may take any of it back."""


def run(count: int, *, engine: str, seed_base: int, tell: Tell, source: Path | None = None) -> Outcome:
    """Cut the power `count` times, under the seeds from `seed_base` on; `source` is a copy of `src` to run.

    Raises NoCompiler.
    """
    outcome = Outcome()
    plans = [Plan.draw(seed) for seed in range(seed_base, seed_base + count)]
    worlds = [plans[first : first + CUTS_PER_WORLD] for first in range(0, count, CUTS_PER_WORLD)]
    reports: SimpleQueue[Outcome | None] = SimpleQueue()
    with factory(engine, source) as parts, ThreadPoolExecutor(WORLDS_AT_ONCE) as pool:
        running = [pool.submit(_world, parts, world, reports.put) for world in worlds]
        for each in running:
            each.add_done_callback(lambda _done: reports.put(None))
        ended = 0
        while ended < len(running):
            report = reports.get()
            if report is None:
                ended += 1
            else:
                outcome += report
                tell(outcome.counts["power_cuts"])
        for each in running:
            each.result()
    return outcome


def _world(parts: Factory, plans: Sequence[Plan], report: Callable[[Outcome], None]) -> None:
    """Run trials one after the other on one machine, until one finds something: the rest would do so too."""
    again = f"python -m tests.torture.power {parts.engine} {plans[0].seed}"
    with parts.machine() as machine:
        world = World(machine)
        try:
            _begin(machine, plans[0])
        except AssertionError as error:
            report(Outcome([f"it does not start: {error} {_last_words(machine)} ({again})"]))
            return
        for plan, following in zip_longest(plans, plans[1:]):
            outcome = _trial(world, plan, following)
            trials = plan.seed - plans[0].seed + 1
            outcome.violations = [f"{each} ({again} {trials})" for each in outcome.violations]
            report(outcome)
            if outcome.violations:
                return


def _begin(machine: Machine, plan: Plan) -> None:
    if plan.was_stopped:
        machine.start()
        machine.stop()
    machine.start(plan.servers, plan.point)


def _last_words(machine: Machine) -> str:
    return "".join(machine.log.read_text().splitlines(keepends=True)[-3:])


def _trial(world: World, plan: Plan, following: Plan | None) -> Outcome:
    """Run one trial on a machine that is on, and leave it on, as the following one needs it.

    A cancel may stay open over many cuts: all have to end after the last one.
    """
    machine, rng = world.machine, dice(plan.seed, "trial")
    order_ids = [machine.servers[0].place(units=number + 1) for number in range(plan.orders)]
    for order_id, kind in zip(order_ids, plan.faults, strict=True):
        if kind:
            machine.brokerage.fault(kind, order_id=order_id)
    world.order_ids += order_ids
    told = _cancel_until_dark(machine, plan, order_ids, rng)
    world.told += told
    machine.brokerage.control("DELETE", "/faults")
    counts = Counter(
        {"power_cuts": 1, "orders under a cut": len(order_ids), "answers before a cut": len(told)}
    )
    counts[f"a power cut at {plan.point or 'a chance moment'}"] += 1
    try:
        if following is not None:
            machine.start(following.servers, following.point)
            violations = [*_lost(world)]
        else:
            machine.start()
            violations = [*_lost(world)] or [*_unsettled(machine), *_untrue(world)]
        if machine.cluster is None:
            [(found,)] = machine.journal("PRAGMA integrity_check")
            violations += [] if found == "ok" else [f"the database is damaged: {found}"]
    except (AssertionError, sqlite3.DatabaseError) as error:
        machine.kill()
        violations = [f"after a power cut it does not work again: {error} {_last_words(machine)}"]
    return Outcome(violations, counts)


def _cancel_until_dark(machine: Machine, plan: Plan, order_ids: Sequence[str], rng: Random) -> list[Told]:
    """Let callers cancel, cut the power in their midst, and return what they were told."""
    calls = [(order_id, rng.choice(machine.servers), rng.uniform(0, 0.05)) for order_id in order_ids]
    calls *= CALLERS_PER_ORDER
    answers: SimpleQueue[None] = SimpleQueue()
    with ThreadPoolExecutor(len(calls)) as pool:
        told = [pool.submit(_ask, *call, answers) for call in calls]
        if plan.point:
            _wait_for_death(machine.servers[-1])
        else:
            with contextlib.suppress(Empty):
                for _ in range(plan.answers):
                    answers.get(timeout=CUT_WAIT_S)
            time.sleep(plan.delay_s)
        machine.cut_power(plan.luck, rng)
    return [each for call in told for each in call.result()]


def _wait_for_death(server: Server) -> None:
    """Wait for a server that kills itself; not for ever, as its callers may all have gone to the other."""
    deadline = time.monotonic() + 1.0
    stat = Path(f"/proc/{server.pid}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.001)


def _ask(order_id: str, server: Server, delay_s: float, answers: SimpleQueue[None]) -> list[Told]:
    """Cancel, as often as there is an answer, and look at the receipt; until the power is gone."""
    time.sleep(delay_s)
    told: list[Told] = []
    with contextlib.suppress(OSError, http.client.HTTPException):
        for _ in range(ANSWERS_PER_CALLER):
            reply = server.cancel(order_id, headers={"Prefer": "wait=0"})
            answers.put(None)
            if not isinstance(reply.body, dict) or "cancel_id" not in reply.body:
                continue
            cancel_id = reply.body["cancel_id"]
            told.append(Told(order_id, cancel_id, _implied(reply.body.get("status"))))
            receipt = server.call("GET", f"/cancellations/{cancel_id}")
            if receipt.status == 200:
                told.append(Told(order_id, cancel_id, receipt.body["state"]))
    return told


def _implied(status: str | None) -> str:
    return {"CANCELED": "CONFIRMED", "PARTIAL_CANCELED": "CONFIRMED", "NOT_SENT": "NOT_SENT"}.get(
        status or "", ""
    )


def _lost(world: World) -> Iterator[str]:
    """Compare what the machine says after the cut with what was told before."""
    machine = world.machine
    server = machine.servers[0]
    now: dict[str, Any] = {}
    for told in world.told:
        if told.cancel_id not in now:
            reply = server.call("GET", f"/cancellations/{told.cancel_id}")
            now[told.cancel_id] = reply.body["state"] if reply.status == 200 else None
        state = now[told.cancel_id]
        if state is None:
            yield f"lost: the receipt of cancel {told.cancel_id}, which a caller was told"
        elif told.state in _FINAL and state != told.state:
            yield f"changed: cancel {told.cancel_id} was told as {told.state}, and is {state}"
        elif told.state not in ("", "INTENT") and state in ("INTENT", "NOT_SENT"):
            yield f"worse: cancel {told.cancel_id} was told as {told.state}, and is {state}"
    received = Counter(_received(machine))
    kept = Counter(str(order_id) for _, order_id, _ in machine.journal(_ROWS))
    for order_id, requests in received.items():
        if requests > kept[order_id]:
            yield f"I13: {requests} requests for order {order_id}, and {kept[order_id]} intents"


def _received(machine: Machine) -> Iterator[str]:
    for each in machine.brokerage.truth():
        if (each["event"], each["operation"]) == ("request_received", "cancel"):
            yield each["brokerage_order_id"]


def _unsettled(machine: Machine) -> Iterator[str]:
    """Wait until every cancel has ended."""
    deadline = time.monotonic() + SETTLE_S
    while open_ := [row for row in machine.journal(_ROWS) if row[2] not in _FINAL]:
        if time.monotonic() > deadline:
            for cancel_id, _, state in open_:
                yield f"unsettled: cancel {cancel_id} is {state} {SETTLE_S} s after the power came back"
            return
        time.sleep(0.05)


def _untrue(world: World) -> Iterator[str]:
    """Compare each verdict with what the brokerage did."""
    rows = world.machine.journal(_ROWS)
    for order_id in world.order_ids:
        states = {state for _, of_order, state in rows if of_order == order_id}
        is_canceled = world.machine.brokerage.true_status(order_id) == "canceled"
        if is_canceled != ("CONFIRMED" in states):
            truth = "canceled" if is_canceled else "not canceled"
            yield f"untrue: order {order_id} is {truth}, and its cancels are {sorted(states)}"


def _main() -> None:
    engine, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    assert engine in ENGINES
    begun = time.monotonic()
    outcome = run(count, engine=engine, seed_base=seed, tell=lambda _done: None)
    report = [*outcome.violations, dict(outcome.counts), f"{time.monotonic() - begun:.1f} s"]
    print(*report, sep="\n")  # noqa: T201 - a command
    sys.exit(bool(outcome.violations))


if __name__ == "__main__":
    _main()
