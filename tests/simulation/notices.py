"""What partners are told by webhook (I21): judged at each commit, and at the receiver's door."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nostro.domain.cancel import CancelState
from nostro.webhooks.relay import FIRST_DELAYS_S

from ..webhooks.receiver import snaptrade_accepts, standard_webhooks_accepts
from .durable import Image
from .reached import Reached
from .receiver import Delivery
from .truth import CLOSED, Truth


@dataclass(slots=True)
class Notice:
    """One event of the outbox, and what came of it."""

    event_id: str
    sequence: int
    order_id: str
    cancel_id: str | None
    """Of the event that ends a cancel; None for a change of the order."""
    state: str | None
    arrivals: int = 0
    accepted: int = 0
    contents: set[str] = field(default_factory=set)
    """What was sent, without the moment at which it was."""
    was_replayed: bool = False


class Notices:
    def __init__(
        self,
        image: Image,
        truth: Truth,
        reached: Reached,
        demand: Callable[[bool, str], None],
        state_of: Callable[[str], CancelState | None],
    ) -> None:
        """`state_of` gives a cancel intent's state as it is on disk."""
        self._image = image
        self._truth = truth
        self._reached = reached
        self._demand = demand
        self._state_of = state_of
        self._sequence = 0
        self._notices: dict[str, Notice] = {}
        self._final: dict[str, list[Notice]] = defaultdict(list)
        """By cancel."""
        self._last: dict[str, int] = {}
        """By order: the sequence of the last event that arrived for the first time."""

    # In the database

    def on_commit(self) -> list[Notice]:
        """Read the events that this commit made durable."""
        new = []
        for sequence, event_id, order_id, text in self._image.rows(
            "SELECT sequence, event_id, brokerage_order_id, event FROM webhook_event"
            " WHERE sequence > ? ORDER BY sequence",
            self._sequence,
        ):
            ended = json.loads(text)["ended"] or {}
            notice = Notice(event_id, sequence, order_id, ended.get("cancel_id"), ended.get("state"))
            self._sequence = sequence
            self._notices[event_id] = notice
            new.append(notice)
            if notice.cancel_id is not None:
                self._final[notice.cancel_id].append(notice)
        return new

    def check_new(self, new: list[Notice]) -> None:
        """Check that an event of an end became durable with the end that it tells, and not before."""
        for notice in new:
            if notice.cancel_id is not None:
                state = self._state_of(notice.cancel_id)
                self._demand(state == notice.state, f"I21: {notice} is durable, and the intent is {state}")

    def check_end(self, cancel_id: str, state: CancelState) -> None:
        """Check that an intent which is final since this commit has its event."""
        told = [each.state for each in self._final[cancel_id]]
        self._demand(told == [state], f"I21: {cancel_id} ended {state}, and the outbox tells {told}")

    # At the receiver's door

    def on_arrival(self, delivery: Delivery) -> None:
        now, partner, body = delivery.at, delivery.partner, json.loads(delivery.body)
        self._demand(
            snaptrade_accepts(delivery.body, delivery.headers, partner.consumer_key, now),
            f"I21: SnapTrade's verifier refuses {body}",
        )
        self._demand(
            standard_webhooks_accepts(delivery.body, delivery.headers, partner.secret, now),
            f"I21: Standard Webhooks' verifier refuses {body}",
        )
        notice = self._notices.get(body["webhookId"])
        self._demand(notice is not None, f"I21: {body} arrived, and no such event is durable")
        if notice is None:
            return
        self._check_order(notice)
        notice.arrivals += 1
        notice.contents.add(json.dumps({**body, "eventTimestamp": None}, sort_keys=True))
        self._demand(len(notice.contents) == 1, f"I21: one id, two contents: {notice}")
        self._check_content(notice, body["details"])

    def _check_order(self, notice: Notice) -> None:
        waiting = self._image.rows(
            "SELECT event_id FROM webhook_event"
            " WHERE brokerage_order_id = ? AND sequence < ? AND state = 'pending'",
            notice.order_id,
            notice.sequence,
        )
        self._demand(not waiting, f"I21: {notice} overtook {waiting}")
        if notice.arrivals == 0 and not notice.was_replayed:
            last = self._last.get(notice.order_id, 0)
            self._demand(notice.sequence > last, f"I21: {notice} came after number {last} of its order")
            self._last[notice.order_id] = notice.sequence

    def _check_content(self, notice: Notice, details: dict[str, Any]) -> None:
        self._demand(
            (details.get("cancel_id"), details.get("state")) == (notice.cancel_id, notice.state),
            f"I21: {notice} was told as {details}",
        )
        shown = [
            (order["status"], Decimal(order["legs"][0]["filled_quantity"])) for order in details["orders"]
        ]
        facts = self._truth.since(notice.order_id, 0)
        ever = [(each.word, each.filled) for each in facts]
        self._demand(all(each in ever for each in shown), f"I21: told {shown}; the order was {ever}")
        if notice.cancel_id is None:
            return
        self._demand(
            self._state_of(notice.cancel_id) == notice.state,
            f"I21: {notice} was told, and the intent is {self._state_of(notice.cancel_id)}",
        )
        status, end = facts[-1].status, ever[-1]
        if notice.state == CancelState.CONFIRMED:
            self._demand(
                (status, details["status"]) == ("canceled", facts[-1].word),
                f"I21: {details['status']} was told, and the order is {facts[-1]}",
            )
        if notice.state == CancelState.TOO_LATE:
            self._demand(
                status in CLOSED - {"canceled"} and shown == [end],
                f"I21: too late, {shown}, was told, and the order is {facts[-1]}",
            )

    def on_accept(self, delivery: Delivery) -> None:
        body = json.loads(delivery.body)
        notice = self._notices.get(body["webhookId"])
        if notice is None:
            return
        notice.accepted += 1
        late = delivery.at - datetime.fromisoformat(body["details"]["occurred_at"])
        self._reached.note(f"a webhook was delivered {_how(notice, late)}")

    # The end

    def states(self) -> Counter[str]:
        return Counter(state for (state,) in self._image.rows("SELECT state FROM webhook_event"))

    def on_replay(self) -> list[str]:
        """Say that all dead events are about to be replayed; returns whose they are."""
        dead = self._image.rows("SELECT event_id, client_id FROM webhook_event WHERE state = 'dead'")
        for event_id, _ in dead:
            self._notices[event_id].was_replayed = True
        return [client_id for _, client_id in dead]

    def close(self, cancel_ids: list[str]) -> None:
        """Check, when all is over, that each of these cancels was told to its end, once."""
        self._demand(set(self.states()) <= {"delivered"}, f"I21: left in the outbox: {self.states()}")
        for cancel_id in cancel_ids:
            told = self._final[cancel_id]
            self._demand(
                len(told) == 1 and told[0].accepted > 0, f"I21: the end of {cancel_id} was told as {told}"
            )
        unheard = [each for each in self._notices.values() if not each.accepted]
        self._demand(not unheard, f"I21: counted as delivered, and nobody took them: {unheard}")


def _how(notice: Notice, late: timedelta) -> str:
    if notice.accepted > 1:
        return "twice"
    if notice.was_replayed:
        return "after a replay"
    if late > timedelta(hours=1):
        return "after hours"
    if notice.arrivals > 1 or late.total_seconds() > FIRST_DELAYS_S[0]:
        return "after retries"
    return "at the first try"
