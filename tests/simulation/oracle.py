"""What must hold. The judge is the exchange's own log; nostro's answers and its database are the accused.

Names like I7 are the invariants of docs/reliability.md.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from nostro.domain.cancel import OPEN_STATES, CancelState
from nostro.sim.exchange import Exchange

from .caller import USERS, Call
from .durable import Image
from .history import unexplained
from .network import Parcel
from .notices import Notices
from .placements import Placements
from .reached import Reached
from .recorder import Recorder
from .truth import CLOSED, Truth

ANSWER_WITHIN_S = 10.0
"""I25."""

_NO_VERDICT = {(503, "7021"), (503, "7020"), (503, "3002"), (500, "7030")}
"""Refusals that say nothing about an order: our database, or the brokerage, could not be reached."""


class Broken(AssertionError):
    """An invariant does not hold; `str()` says which, and how."""


class Intent(NamedTuple):
    account_id: str
    order_id: str
    state: CancelState
    snapshot: str | None


class Oracle:
    def __init__(
        self,
        exchange: Exchange,
        image: Image,
        reached: Reached,
        now_s: Callable[[], float],
        is_gone: Callable[[str], bool],
        was_lost: Callable[[int], bool],
    ) -> None:
        """`now_s` is the loop's time.

        `is_gone` says of a member whether it is dead or taken for gone, `was_lost` of a process whether it
        ever was taken for gone while it lived.
        """
        self.truth = Truth(exchange, reached)
        self._image = image
        self._reached = reached
        self._now_s = now_s
        self.broken: list[str] = []
        self.notices = Notices(image, self.truth, reached, self.demand, self._state_of)
        self.recorder = Recorder(self.truth)
        self._was_lost = was_lost
        self.placements = Placements(exchange, image, reached, self.demand, is_gone, was_lost)
        self._intents: dict[str, Intent] = {}
        self.states: dict[str, list[CancelState]] = defaultdict(list)
        self._begun: dict[str, int] = {}
        """By intent: how long the exchange's log was when it was claimed."""
        self._evidence = 0
        self._known: dict[tuple[str, str], tuple[str, int]] = {}
        self._told: dict[str, tuple[float, str]] = {}
        """By order: the answer that ended it for a caller, as status and word."""
        self._cancel_ids: set[str] = set()
        self.parcels: dict[str, list[Parcel]] = defaultdict(list)
        """By intent."""
        self.may_lag = False
        """The brokerage has been told to hide orders from look-ups."""
        self.forgetful = False
        """The brokerage has been told to acknowledge cancels and forget them."""
        self.calls = 0
        self.histories = self.unexplained = 0

    def demand(self, holds: bool, what: str) -> None:
        if not holds:
            self.broken.append(f"at {self._now_s():.3f} s: {what}")

    def _state_of(self, cancel_id: str) -> CancelState | None:
        intent = self._intents.get(cancel_id)
        return intent and intent.state

    # What leaves for the brokerage

    def on_send(self, parcel: Parcel) -> None:
        if parcel.request.operation == "place":
            self.placements.on_send(parcel)
        else:
            self._on_cancel(parcel)

    def _on_cancel(self, parcel: Parcel) -> None:
        user = next(each for each in USERS if each.number == parcel.account)
        self.demand(user.api_key == parcel.api_key, "I10: a cancel went out under another customer's key")
        found = self._image.rows(
            "SELECT cancel_id, state FROM cancel_intent WHERE account_id = ? AND brokerage_order_id = ?"
            " AND sent_at IS NULL AND state NOT IN ('REFUSED', 'NOT_SENT')",
            user.account_id,
            parcel.order_id,
        )
        # A sender that was taken for gone has some time to begin, and others judge the intent meanwhile.
        is_on_disk = [state for _, state in found] == ["INTENT"]
        self.demand(
            is_on_disk or (len(found) == 1 and self._was_lost(parcel.sender)),
            f"I13: sent with {found} on disk",
        )
        if not found:
            return
        parcel.cancel_id = found[0][0]
        self.demand(not self.parcels[found[0][0]], "I11: an intent sent twice")
        self.parcels[found[0][0]].append(parcel)
        others = [
            each
            for parcels in self.parcels.values()
            for each in parcels
            if each.order_id == parcel.order_id and each is not parcel
        ]
        self.demand(
            all(each.is_answered and not each.is_under_way for each in others),
            "I8: sent while an earlier cancel of the order can still act",
        )

    def on_arrival(self, parcel: Parcel) -> None:
        state = self._intents[parcel.cancel_id or ""].state
        self.demand(
            state not in (CancelState.REFUSED, CancelState.NOT_SENT),
            f"I3, I4: a cancel arrived whose intent had ended {state}",
        )
        if parcel.sender_died.is_set():
            self._reached.note("a request arrived after its sender had died")
        elif parcel.is_answered:
            self._reached.note("a request arrived after it was given up")

    # What becomes durable

    def on_commit(self) -> None:
        self.truth.seq()
        told = self.notices.on_commit()
        self._check_evidence()
        for cancel_id, account_id, order_id, state_text, snapshot in self._image.rows(
            "SELECT cancel_id, account_id, brokerage_order_id, state, order_snapshot FROM cancel_intent",
        ):
            before = self._intents.get(cancel_id)
            after = Intent(account_id, order_id, CancelState(state_text), snapshot)
            if after == before:
                continue
            self._intents[cancel_id] = after
            if before is None:
                self._begun[cancel_id] = self.truth.seq()
            if before is None or before.state is not after.state:
                self.states[cancel_id].append(after.state)
                self._reached.transition(before and before.state, after.state)
                self._check_state(cancel_id, before, after)
        self.notices.check_new(told)
        gone = set(self._intents) - {
            cancel_id for (cancel_id,) in self._image.rows("SELECT cancel_id FROM cancel_intent")
        }
        self.demand(not gone, f"I15: intents are gone: {gone}")
        self._check_known_orders()

    def _check_evidence(self) -> None:
        for number, kind, state, detail in self._image.rows(
            "SELECT evidence_id, kind, state, detail FROM cancel_evidence WHERE evidence_id > ?",
            self._evidence,
        ):
            self._evidence = number
            self._reached.evidence(kind, state, detail)

    def _check_state(self, cancel_id: str, before: Intent | None, after: Intent) -> None:
        state = after.state
        if before is None:
            self.demand(state is CancelState.INTENT, f"I13: an intent began as {state}")
            return
        self.demand(before.state in OPEN_STATES, f"I6: {before.state} became {state}")
        evidence = self._image.rows(
            "SELECT count(*) FROM cancel_evidence WHERE cancel_id = ? AND state = ?",
            cancel_id,
            state.value,
        )
        self.demand(evidence[0][0] > 0, f"I1, I5, I13: {state} stands without its evidence")
        fact, parcels = self.truth.facts[after.order_id][-1], self.parcels[cancel_id]
        if state is CancelState.CONFIRMED:
            self.demand(fact.status == "canceled", f"I1: CONFIRMED, and the order is {fact}")
        if state is CancelState.TOO_LATE:
            self.demand(fact.status in CLOSED - {"canceled"}, f"I2: TOO_LATE, and the order is {fact}")
        if state in (CancelState.CONFIRMED, CancelState.TOO_LATE):
            filled = Decimal(json.loads(after.snapshot or "{}").get("filled_quantity", "-1"))
            self.demand(filled == fact.filled, f"I2: {state} with {filled} filled, and the order is {fact}")
        if state is CancelState.REFUSED:
            self.demand(
                not any(each.effect or each.is_under_way for each in parcels),
                "I3: REFUSED, and the request did act or still can",
            )
            was_open = any(
                each.status not in CLOSED for each in self.truth.since(after.order_id, self._begun[cancel_id])
            )
            self.demand(was_open, "I3: REFUSED, and the order was never open meanwhile")
        if state is CancelState.NOT_SENT:
            self.demand(
                not any(each.was_received or each.is_under_way for each in parcels),
                "I4: NOT_SENT, and a request was received or is under way",
            )
        if state.is_final:
            self.notices.check_end(cancel_id, state)

    def _check_known_orders(self) -> None:
        for account_id, order_id, snapshot in self._image.rows(
            "SELECT account_id, brokerage_order_id, snapshot FROM known_order"
        ):
            key = (account_id, order_id)
            text, seq = self._known.get(key, ("", 0))
            if text == snapshot:
                continue
            if not self.truth.facts[order_id]:
                continue  # a list that is about other orders cannot be told from one that is not
            order = json.loads(snapshot)
            seen = (order["status"], Decimal(order["filled_quantity"]))
            matches = [each.seq for each in self.truth.facts[order_id] if (each.status, each.filled) == seen]
            self.demand(bool(matches), f"I7: order {order_id} is kept as {seen}, which it never was")
            newest = matches[-1] if matches else 0
            self.demand(newest >= seq, f"I7: what was known of order {order_id} gave way to the older {seen}")
            self._known[key] = (snapshot, newest)

    def on_ready(self, is_gone: Callable[[str], bool]) -> None:
        left = self._image.rows("SELECT cancel_id, owner FROM cancel_intent WHERE state = 'INTENT'")
        orphans = [cancel_id for cancel_id, owner in left if owner is None or is_gone(owner)]
        self.demand(not orphans, f"I14: the port opened over intents of dead processes: {orphans}")

    # What callers are told

    def begin(self, call: Call) -> None:
        self.recorder.begin(call)
        call.begun_s, call.begun_seq = self._now_s(), self.truth.seq()
        if call.what == "place":
            self.placements.begin(call)
        call.begun_states = len(self.states[call.cancel_id]) if call.cancel_id else 0

    def judge(self, call: Call) -> None:
        """Check an answer, at the moment it arrives."""
        self.calls += 1
        if call.what != "list" or not self.may_lag:
            self.recorder.end(call)
        self.truth.seq()
        key = (call.status, str(call.answer.get("code", "")) if isinstance(call.answer, dict) else "")
        self._reached.note(f"answer {call.what} {key[0]} {key[1]}")
        self.demand(key != (500, "1000"), f"a bug answered {call.what}: {call.answer}")
        self.demand(call.status != 401, f"a signed request was refused: {call.answer}")
        if call.what == "cancel":
            took_s = self._now_s() - call.begun_s - call.stood_still_s
            self.demand(took_s <= ANSWER_WITHIN_S, f"I25: a cancel was answered after {took_s:.2f} s")
            self._judge_cancel(call, key)
        elif call.what == "look" and call.status == 200:
            self._judge_order(call, call.answer)
        elif call.what == "look" and call.status == 404:
            self.demand(self.may_lag, "a known order is said not to exist")
        elif call.what == "list" and call.status == 200 and not self.may_lag:
            for order in call.answer["orders"]:
                # The brokerage may list what does not exist.
                if self.truth.facts[order["brokerage_order_id"]]:
                    self._judge_order(call, order)
        elif call.what == "receipt":
            self._judge_receipt(call, key)
        elif call.what == "place":
            self.placements.judge(call, key)

    def _judge_cancel(self, call: Call, key: tuple[int | None, str]) -> None:
        answer, cancel_id = call.answer, call.answer.get("cancel_id")
        if cancel_id is None:
            is_excused = (key == (400, "7011") and self.may_lag) or (
                key == (500, "7031") and call.stood_still_s > 0
            )
            self.demand(key in _NO_VERDICT or is_excused, f"a cancel without a verdict: {answer}")
            return
        self._reached.note("answer cancel with a verdict")
        if cancel_id in self._cancel_ids:
            self._reached.note("two callers shared one intent")
        self._cancel_ids.add(cancel_id)
        self.demand(cancel_id in self._intents, "I15: an answer about an intent that is not on disk")
        fact, word = self.truth.facts[call.order_id][-1], answer["status"]
        states = self.states[cancel_id]
        told = self._told.get(call.order_id)
        if told is not None and call.begun_s > told[0]:
            self.demand(word == told[1], f"I18: {told[1]} was said before, and now {word}")
        if call.status == 200 and word != "CANCEL_PENDING":
            self.demand(word == fact.word, f"I1: {word} was said, and the order is {fact}")
            self.demand(states[-1] is CancelState.CONFIRMED, f"I13: {word} was said, and is not on disk")
        elif call.status == 200:
            self.demand(CancelState.ACKED in states, "I13: CANCEL_PENDING was said, and never on disk")
            was_pending = any(each.status == "pending_cancel" for each in self.truth.facts[call.order_id])
            self.demand(was_pending or self.forgetful, "CANCEL_PENDING was said, and no cancel ever was")
        elif key == (400, "7040"):
            self.demand(word == fact.word, f"I2: too late, {word}, was said, and the order is {fact}")
            self.demand(states[-1] is CancelState.TOO_LATE, "I13: too late was said, and is not on disk")
            self._judge_order(call, answer["order"])
        elif key == (400, "7041"):
            self.demand(states[-1] is CancelState.REFUSED, "I3: refused without a refusal")
        elif key == (503, "7020"):
            self.demand(states[-1] is CancelState.NOT_SENT, "I4: not sent, and not so on disk")
        else:
            self.demand(key == (500, "7042"), f"an answer that no cancel has: {key} {answer}")
        if word in ("CANCELED", "PARTIAL_CANCELED") or key == (400, "7040"):
            self._told.setdefault(call.order_id, (self._now_s(), word))

    def _judge_order(self, call: Call, record: dict[str, Any]) -> None:
        """Check that the record was true at some moment of the call (I17, I19)."""
        order_id = record["brokerage_order_id"]
        seen = (record["status"], Decimal(str(record["legs"][0]["filled_quantity"])))
        begun_seq = call.begun_seq if call.what != "cancel" else 0
        possible = [(each.word, each.filled) for each in self.truth.since(order_id, begun_seq)]
        self.demand(seen in possible, f"I19: order {order_id} shown as {seen}; it was {possible}")

    def _judge_receipt(self, call: Call, key: tuple[int | None, str]) -> None:
        if call.status != 200:
            is_excused = key == (503, "7021") or (key == (500, "7031") and call.stood_still_s > 0)
            self.demand(is_excused, f"I15: no receipt of a cancel that was answered: {call.answer}")
            return
        possible = self.states[call.cancel_id][max(call.begun_states - 1, 0) :]
        self.demand(
            CancelState(call.answer["state"]) in possible,
            f"I18, I19: the receipt says {call.answer['state']}; the intent was {possible}",
        )

    # The end

    def open_intents(self) -> list[str]:
        return [cancel_id for cancel_id, each in self._intents.items() if each.state in OPEN_STATES]

    def orders_of(self, cancel_ids: list[str]) -> list[str]:
        return [self._intents[cancel_id].order_id for cancel_id in cancel_ids]

    def close(self) -> None:
        """Check, when all is over, what only then can be checked."""
        self.notices.close(list(self._intents))
        self.placements.close()
        self._check_histories()
        restarted = {
            cancel_id
            for (cancel_id,) in self._image.rows(
                "SELECT cancel_id FROM cancel_evidence WHERE kind = 'restart'",
            )
        }
        for cancel_id, order_id, was_sent, state in self._image.rows(
            "SELECT cancel_id, brokerage_order_id, sent_at IS NOT NULL, state FROM cancel_intent",
        ):
            count = len(self.parcels[cancel_id])
            certain, possible = int(was_sent), int(was_sent or cancel_id in restarted)
            self._reached.count_requests(count, certain, possible)
            self.demand(certain <= count, f"I11: {cancel_id} is journalled as sent, and no request left")
            self.demand(count <= 1, f"I11: {cancel_id} has {count} requests")
            if state == "CONFIRMED":
                self.demand(self.truth.now(order_id).status == "canceled", "I1: CONFIRMED did not stay true")

    def _check_histories(self) -> None:
        for order_id, history in self.recorder.histories(acks_may_be_empty=self.forgetful):
            self.histories += 1
            why = unexplained(history)
            self.unexplained += why is not None
            self.demand(why is None, f"I17: the history of order {order_id}: {why}")
