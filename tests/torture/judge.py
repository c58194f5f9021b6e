"""The judge of a trial. It believes the brokerage's own log; nostro's answers and journal are the accused."""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from .fleet import Fact, Fleet
from .trial import Call, Trial

OPEN = ("INTENT", "SENT", "ACKED", "UNKNOWN")
CLOSED = ("filled", "canceled", "replaced", "rejected", "expired")
WORDS = {"filled": "EXECUTED", "replaced": "REPLACED", "rejected": "REJECTED", "expired": "EXPIRED"}
NO_VERDICT = {(503, "7020"), (503, "7021"), (503, "7022"), (503, "7023"), (503, "3002")}
"""Refusals that say nothing about an order: the server, its database or the brokerage can do nothing now."""
FINAL_ANSWERS = {(400, "7040"), (400, "7041"), (503, "7020")}

CLOCK_S = 0.01
"""How far two readings of one clock by two processes may seem to be out of order."""

LEAVES_S = 0.5
"""How long a request may be on its way: what was asked before a SIGTERM by less may meet a closed port."""


class Intent(NamedTuple):
    cancel_id: str
    order_id: str
    state: str
    requested_at: float
    sent_at: float | None
    ended_at: float | None
    resolved_at: float | None
    snapshot: str | None

    @property
    def begun_at(self) -> float:
        """Say when it was surely claimed, if that is known: a wish can wait long for its claim."""
        return self.requested_at if self.sent_at is None else self.sent_at


class Learnt(NamedTuple):
    """What is in the journal about one cancel besides its state."""

    replies: tuple[str, ...]
    """The outcome of each reply that was recorded."""
    has_restart: bool


def read_intents(fleet: Fleet, order_id: str) -> list[Intent]:
    """Read the order's intents from the database, in the order in which they began."""
    rows = fleet.ask(
        "SELECT cancel_id, brokerage_order_id, state, requested_at, sent_at, ended_at, resolved_at,"
        " order_snapshot FROM cancel_intent WHERE brokerage_order_id = ?",
        order_id,
    )
    intents = [
        Intent._make([cancel_id, its_order, state, *(each and each / 1e6 for each in times), snapshot])
        for cancel_id, its_order, state, *times, snapshot in rows
    ]
    return sorted(intents, key=lambda intent: intent.begun_at)


def read_learnt(fleet: Fleet, cancel_id: str) -> Learnt:
    rows = fleet.ask("SELECT kind, detail FROM cancel_evidence WHERE cancel_id = ?", cancel_id)
    replies = tuple(json.loads(detail)["outcome"] for kind, detail in rows if kind == "reply")
    return Learnt(replies, any(kind == "restart" for kind, _ in rows))


class Judge:
    """Judges one trial, after all of it is settled. Read `wrongs` then."""

    def __init__(self, fleet: Fleet, trial: Trial) -> None:
        self._fleet = fleet
        self._trial = trial
        self.wrongs = list(trial.wrongs)
        self.counts: Counter[str] = Counter()

    def demand(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrongs.append(what)

    def judge(self) -> None:
        for order_id in self._trial.order_ids:
            facts = self._fleet.facts(order_id)
            intents = read_intents(self._fleet, order_id)
            calls = [call for call in self._trial.calls if call.order_id == order_id]
            calls.sort(key=lambda call: call.ended_at)
            self._judge_requests(order_id, facts, intents)
            self._judge_times(facts, intents)
            for intent in intents:
                self._judge_intent(intent, facts)
            for call in calls:
                self._judge_call(call, facts, {intent.cancel_id: intent for intent in intents})
            self._judge_agreement(calls)
            self._judge_events(order_id, intents)

    # The wire and the journal

    def _judge_requests(self, order_id: str, facts: list[Fact], intents: list[Intent]) -> None:
        received = [each for each in facts if (each.event, each.operation) == ("request_received", "cancel")]
        doubled = sum(each.fault == "duplicate_delivery" for each in received)
        count = len(received) - doubled // 2 + self._trial.drops[order_id]
        certain = possible = 0
        for intent in intents:
            learnt = read_learnt(self._fleet, intent.cancel_id)
            sent = [outcome for outcome in learnt.replies if outcome != "NotSent"]
            self.demand(len(learnt.replies) <= 1, f"I11: cancel {intent.cancel_id} has {learnt.replies}")
            certain += len(sent)
            possible += len(sent) or (learnt.has_restart and not learnt.replies)
        self.counts["requests that left"] += count
        self.counts["requests journalled at least"] += certain
        self.counts["requests journalled at most"] += possible
        self.demand(
            certain <= count <= possible,
            f"I11, I13: order {order_id} had {count} requests; journalled are {certain} to {possible}",
        )

    def _judge_times(self, facts: list[Fact], intents: list[Intent]) -> None:
        for before, after in pairwise(intents):
            if after.sent_at is not None and before.resolved_at is not None:
                self.demand(
                    after.sent_at >= before.resolved_at - CLOCK_S,
                    f"I8: {after} was sent while {before} was open",
                )
        for earlier, fact in zip([None, *facts], facts, strict=False):
            owners = [intent for intent in intents if intent.begun_at <= fact.at + CLOCK_S]
            is_request = (fact.event, fact.operation) == ("request_received", "cancel")
            if is_request:
                self.demand(bool(owners), f"I13: a cancel of {fact} arrived before any intent")
            if not owners or owners[-1].state not in ("REFUSED", "NOT_SENT"):
                continue
            resolved_at = owners[-1].resolved_at or fact.at
            if is_request:
                self.demand(
                    fact.at <= resolved_at + CLOCK_S,
                    f"I3: {owners[-1]} had ended, and its request arrived at {fact.at}",
                )
            did_act = (
                earlier is not None
                and (earlier.event, earlier.operation) == ("request_received", "cancel")
                and fact.status in ("canceled", "pending_cancel")
            )
            self.demand(not did_act, f"I3, I4: {owners[-1]}, and its request did {fact}")

    def _judge_intent(self, intent: Intent, facts: list[Fact]) -> None:
        last = [each for each in facts if each.event == "order_changed"][-1]
        self.demand(intent.state not in OPEN, f"I14: not settled: {intent}")
        if intent.state == "CONFIRMED":
            self.demand(last.status == "canceled", f"I1: {intent}, and the order is {last}")
        if intent.state == "TOO_LATE":
            self.demand(
                last.status in CLOSED and last.status != "canceled", f"I2: {intent}, and the order is {last}"
            )
        if intent.state in ("CONFIRMED", "TOO_LATE"):
            filled = Decimal(json.loads(intent.snapshot or "{}").get("filled_quantity", "-1"))
            self.demand(filled == last.filled, f"I2: {intent} has {filled} filled, and the order is {last}")
        receipt = self._fleet.receipt(self._fleet.servers[-1], intent.cancel_id)
        self.demand(receipt["state"] == intent.state, f"I19: the receipt says {receipt['state']}: {intent}")
        early = self._trial.receipts.get(intent.cancel_id)
        if early is not None and early["is_final"]:
            for name in ("state", "status", "reason", "resolved_at"):
                self.demand(
                    early[name] == receipt[name],
                    f"I6: {name} of {intent.cancel_id} was {early[name]}, and is {receipt[name]}",
                )

    # What callers were told

    def _judge_call(self, call: Call, facts: list[Fact], intents: dict[str, Intent]) -> None:
        if call.reply is None:
            self._judge_lost(call)
            return
        key, body = _key(call), call.reply.body
        cancel_id = body.get("cancel_id")
        if cancel_id is None:
            self.demand(key in NO_VERDICT, f"no verdict, and no reason for that: {key} {body}")
            return
        intent = intents.get(cancel_id)
        if intent is None:
            self.wrongs.append(f"I15: told of cancel {cancel_id}, which is not in the journal")
            return
        changes = [each for each in facts if each.event == "order_changed"]
        then = [each for each in changes if each.at <= call.ended_at + CLOCK_S][-1]
        word = body["status"]
        told = f"at {call.ended_at:.3f} {key} {word} was said; the order was {then}, the cancel is {intent}"
        if key == (200, "") and word == "CANCEL_PENDING":
            was_pending = any(each.status == "pending_cancel" for each in facts)
            self.demand(was_pending or self._forgets(call.order_id), f"never acknowledged: {told}")
        elif key == (200, ""):
            expected = "PARTIAL_CANCELED" if then.filled else "CANCELED"
            holds = (then.status, word, intent.state) == ("canceled", expected, "CONFIRMED")
            self.demand(holds, f"I1: {told}")
        elif key == (400, "7040"):
            filled = Decimal(str(body["order"]["legs"][0]["filled_quantity"]))
            holds = (word, filled, intent.state) == (WORDS.get(then.status or ""), then.filled, "TOO_LATE")
            self.demand(holds, f"I2: {told}")
        elif key == (400, "7041"):
            self.demand(intent.state == "REFUSED", f"I3: {told}")
        elif key == (503, "7020"):
            self.demand(intent.state == "NOT_SENT", f"I4: {told}")
        else:
            self.demand(key == (500, "7042"), f"an answer that no cancel has: {told}")

    def _judge_lost(self, call: Call) -> None:
        """Whoever asked a server that was hit may go without an answer, and nobody else."""
        hit_at = self._trial.hit.get(call.server)
        is_stop = self._trial.plan.kill == "stop"
        is_excused = hit_at is not None and (not is_stop or call.begun_at > hit_at - LEAVES_S)
        is_frozen = "freeze" in self._trial.plan.kill
        self.demand(
            call.lost == "hung up" or (is_excused and not is_frozen),
            f"I20: a caller of server {call.server} got no answer: {call.lost}, begun {call.begun_at:.3f},"
            f" hit {hit_at}",
        )

    def _judge_agreement(self, calls: list[Call]) -> None:
        """Check that verdicts do not contradict each other, nor go back (I17, I18)."""
        told: dict[str, tuple[Any, float]] = {}
        closed: tuple[Any, float] | None = None
        for call in calls:
            if call.reply is None or "cancel_id" not in call.reply.body:
                continue
            cancel_id, word = call.reply.body["cancel_id"], call.reply.body["status"]
            verdict = (_key(call), word)
            is_final = _key(call) in FINAL_ANSWERS or word in ("CANCELED", "PARTIAL_CANCELED")
            before = told.get(cancel_id)
            if before is not None and (is_final or call.begun_at > before[1]):
                self.demand(verdict == before[0], f"I17, I18: {cancel_id} was {before[0]}, then {verdict}")
            if closed is not None and call.begun_at > closed[1]:
                self.demand(
                    (cancel_id, *verdict) == closed[0],
                    f"I18: {closed[0]} was said of {call.order_id}, then {verdict} of {cancel_id}",
                )
            if is_final:
                told.setdefault(cancel_id, (verdict, call.ended_at))
                if _key(call) not in {(400, "7041"), (503, "7020")}:
                    closed = closed or ((cancel_id, *verdict), call.ended_at)

    def _judge_events(self, order_id: str, intents: list[Intent]) -> None:
        """Check that each cancel that ended has exactly one final event (I21)."""
        rows = self._fleet.ask(
            "SELECT event_id, event FROM webhook_event WHERE brokerage_order_id = ?", order_id
        )
        events: defaultdict[str, list[str]] = defaultdict(list)
        for event_id, event in rows:
            ended = json.loads(event).get("ended")
            if ended:
                events[ended["cancel_id"]].append(event_id)
        for intent in intents:
            ids = events[intent.cancel_id]
            self.demand(len(ids) == 1, f"I21: cancel {intent.cancel_id} has the final events {ids}")
            received = {each["webhookId"] for each in self._fleet.receiver.finals(intent.cancel_id)}
            self.demand(received <= set(ids), f"I21: {received} came, and {ids} are kept")

    def _forgets(self, order_id: str) -> bool:
        order = self._trial.plan.orders[self._trial.order_ids.index(order_id)]
        return any(fault.kind == "ack_never_cancels" for fault in order.faults)


def count(fleet: Fleet, trial: Trial) -> Counter[str]:
    """Count what the trial did and what came of it."""
    counts = Counter(trial.counts)
    for order_id in trial.order_ids:
        met = [
            each.fault for each in fleet.facts(order_id) if each.event == "request_received" and each.fault
        ]
        met += ["drop_before"] * trial.drops[order_id]
        counts["faults"] += len(met)
        counts.update(f"fault {kind}" for kind in met)
    counts["trials"] += 1
    counts["orders"] += len(trial.order_ids)
    counts["calls"] += len(trial.calls)
    counts["hang-ups"] += sum(call.lost == "hung up" for call in trial.calls)
    counts["answers lost"] += sum(bool(call.lost) and call.lost != "hung up" for call in trial.calls)
    for call in trial.calls:
        if call.reply is not None:
            counts[f"answers {call.reply.body.get('status', call.reply.status)}"] += 1
    return counts


def _key(call: Call) -> tuple[int, str]:
    assert call.reply is not None
    return call.reply.status, str(call.reply.body.get("code", ""))
