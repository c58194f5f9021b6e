"""One trial: callers cancel orders while servers die. What everybody saw is written down for the judge."""

import http.client
import signal
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.server.world import Reply, Server, send

from .fleet import Fleet
from .kill_plan import Plan, PlannedCall

CALL_TIMEOUT_S = 40.0
STOP_WITHIN_S = 20.0
"""The drain of 15 s, and what a busy machine adds."""

SIGNAL_GRACE_S = 0.15
"""How long a signal may take to reach a process that is not running just now."""

LOSE_LOCKS = """
SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND datname = current_database()
"""
_DOUBLY_OPEN = """
SELECT brokerage_order_id FROM cancel_intent WHERE state IN ('INTENT', 'SENT', 'ACKED', 'UNKNOWN')
GROUP BY account_id, brokerage_order_id HAVING count(*) > 1
"""


@dataclass(slots=True, kw_only=True)
class Call:
    """One caller's one request. Times count seconds since 1970."""

    order_id: str
    server: int
    begun_at: float
    ended_at: float = 0.0
    reply: Reply | None = None
    lost: str = ""
    """How its answer was lost, if it was; `hung up` where it did that itself."""


@dataclass(slots=True, kw_only=True)
class Trial:
    plan: Plan
    order_ids: list[str]
    calls: list[Call] = field(default_factory=list)
    hit: dict[int, float] = field(default_factory=dict)
    """By server: when it was killed, stopped or frozen."""
    receipts: dict[str, Any] = field(default_factory=dict)
    """By cancel: its receipt while it may still have been open."""
    drops: Counter[str] = field(default_factory=Counter)
    """By order: cancels that the network swallowed before the brokerage heard of them."""
    healed_at: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)
    """What was wrong at the moment it was seen."""


def perform(fleet: Fleet, plan: Plan, next_point: str) -> Trial:
    """Let one trial happen; all servers are up before and after.

    `next_point`, if any, is where one of those that start again shall die in the next trial.
    """
    trial = Trial(plan=plan, order_ids=[fleet.place(order.units) for order in plan.orders])
    for order_id, order in zip(trial.order_ids, plan.orders, strict=True):
        for fault in order.faults:
            terms = {
                "times": fault.times,
                "order_id": order_id,
                "delay_s": fault.delay_s,
                "processed": fault.processed,
            }
            fleet.fault(fault.operation, fault.kind, **terms)
    if plan.kill == "point":
        _arm(fleet, plan)
    with ThreadPoolExecutor(64) as pool:
        work = [
            pool.submit(_call, fleet, trial, order_id, call)
            for order_id, order in zip(trial.order_ids, plan.orders, strict=True)
            for call in order.calls
        ]
        work += [
            pool.submit(_move, fleet, order_id, order.move, order.move_at_s, order.units)
            for order_id, order in zip(trial.order_ids, plan.orders, strict=True)
            if order.move is not None
        ]
        _kill(fleet, trial, work, next_point)
        for each in work:
            each.result()
    _heal(fleet, trial)
    fleet.until_ready()
    return trial


def _arm(fleet: Fleet, plan: Plan) -> None:
    """Bring the server that dies at the plan's point to the victim's place."""
    servers = fleet.servers
    if fleet.armed is None:
        servers[plan.victim].stop(signal.SIGKILL)
        fleet.restart([servers[plan.victim]], plan.point)
    else:
        place = servers.index(fleet.armed)
        servers[place], servers[plan.victim] = servers[plan.victim], servers[place]


def _call(fleet: Fleet, trial: Trial, order_id: str, planned: PlannedCall) -> None:
    time.sleep(planned.at_s)
    call = Call(order_id=order_id, server=planned.server, begun_at=time.time())
    timeout_s = planned.patience_s or CALL_TIMEOUT_S
    try:
        call.reply = fleet.cancel(
            fleet.servers[planned.server], order_id, wait_s=planned.wait_s, timeout_s=timeout_s
        )
    except TimeoutError as error:
        call.lost = "hung up" if planned.patience_s else repr(error)
    except (http.client.HTTPException, OSError) as error:
        call.lost = repr(error)
    call.ended_at = time.time()
    trial.calls.append(call)


def _move(fleet: Fleet, order_id: str, what: str, at_s: float, units: int) -> None:
    """Let the market do something; an order that is closed already refuses, and that is as good."""
    time.sleep(at_s)
    if what in ("fill", "part_fill"):
        body = {"units": units if what == "fill" else 1}
        fleet.brokerage.control("POST", f"/orders/{order_id}/fill", body)
    else:
        fleet.brokerage.control("POST", f"/orders/{order_id}/{what}")


def _kill(fleet: Fleet, trial: Trial, work: "Sequence[Future[None]]", next_point: str) -> None:
    plan = trial.plan
    victim = fleet.servers[plan.victim]
    if plan.kill == "point":
        while victim.is_running and not all(each.done() for each in work):
            time.sleep(0.005)
        if not victim.is_running:
            trial.counts[f"a kill at {plan.point.partition(':')[0]}"] += 1
        fleet.armed = None
        _kill_now(fleet, trial, [plan.victim], next_point)
        return
    time.sleep(plan.kill_at_s)
    if plan.kill == "random":
        _kill_now(fleet, trial, [plan.victim], next_point)
    elif plan.kill == "all":
        _kill_now(fleet, trial, range(len(fleet.servers)), next_point)
    elif plan.kill == "stop":
        _stop(fleet, trial, victim, next_point)
    else:
        _freeze(fleet, trial, victim, loses_locks="lost" in plan.kill)


def _kill_now(fleet: Fleet, trial: Trial, numbers: Sequence[int], next_point: str) -> None:
    victims = [fleet.servers[number] for number in numbers]
    for number, victim in zip(numbers, victims, strict=True):
        trial.hit[number] = time.time()
        if victim.is_running:
            victim.send_signal(signal.SIGKILL)
    for victim in victims:
        victim.wait_until_dead()
    trial.counts["kills"] += len(victims)
    trial.counts[f"trials: {trial.plan.kill}"] += 1
    fleet.restart(victims, next_point)
    doubles = fleet.ask(_DOUBLY_OPEN)
    if doubles:
        trial.wrongs.append(f"two open intents at once for {doubles}")


def _stop(fleet: Fleet, trial: Trial, victim: Server, next_point: str) -> None:
    """Tell it to stop; from then on it wants nothing new, and ends what it has."""
    trial.hit[trial.plan.victim] = told_at = time.time()
    victim.send_signal(signal.SIGTERM)
    while victim.is_running:
        begun_at = time.time()
        try:
            ready = send(victim.url, "GET", "/readyz", None, {}, 5.0)
        except (http.client.HTTPException, OSError):  # all is answered, and the port is closed
            break
        if ready.status == 503:
            trial.counts["unready after SIGTERM"] += 1
        elif begun_at > told_at + SIGNAL_GRACE_S:
            trial.wrongs.append(f"ready {begun_at - told_at:.3f} s after SIGTERM: {ready.body}")
        time.sleep(0.005)
    code = victim.wait_until_dead()
    took_s = time.time() - told_at
    trial.counts["SIGTERMs"] += 1
    trial.counts[f"trials: {trial.plan.kill}"] += 1
    if code != 0:
        trial.wrongs.append(f"exit code {code} after SIGTERM")
    if took_s > STOP_WITHIN_S:
        trial.wrongs.append(f"it took {took_s:.1f} s to stop")
    fleet.restart([victim], next_point)


def _freeze(fleet: Fleet, trial: Trial, victim: Server, *, loses_locks: bool) -> None:
    trial.hit[trial.plan.victim] = time.time()
    victim.send_signal(signal.SIGSTOP)
    if loses_locks and fleet.is_postgres:
        fleet.ask(LOSE_LOCKS)
        trial.counts["locks lost"] += 1
    time.sleep(trial.plan.freeze_s)
    victim.send_signal(signal.SIGCONT)
    trial.counts["freezes"] += 1
    trial.counts[f"trials: {trial.plan.kill}"] += 1


def _heal(fleet: Fleet, trial: Trial) -> None:
    """Read every receipt, then let the brokerage recover and carry out what it had promised."""
    seen = {call.reply.body.get("cancel_id") for call in trial.calls if call.reply is not None}
    for number, cancel_id in enumerate(sorted(seen - {None})):
        server = fleet.servers[number % len(fleet.servers)]
        trial.receipts[cancel_id] = fleet.receipt(server, cancel_id)
    for order_id, order in zip(trial.order_ids, trial.plan.orders, strict=True):
        for fault in order.faults:
            if fault.kind == "drop_before":
                trial.drops[order_id] = fault.times - fleet.faults_left(order_id, fault.kind)
    fleet.brokerage.control("DELETE", "/faults")
    for order_id, order in zip(trial.order_ids, trial.plan.orders, strict=True):
        if any(fault.kind == "ack_never_cancels" for fault in order.faults):
            fleet.brokerage.control("POST", f"/orders/{order_id}/cancel")
    trial.healed_at = time.time()
