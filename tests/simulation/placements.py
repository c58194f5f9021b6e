"""What must hold of placements (I30): judged by what left for the brokerage, and by what the exchange has."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from nostro.sim.exchange import Exchange

from .caller import USERS, Call, place
from .durable import Image
from .network import Parcel
from .ports import EPOCH
from .reached import Reached

_NOTHING_SAID = {(503, "7021"), (503, "3002")}
_IN_DOUBT = {(500, "7030"), (500, "7031")}
"""Refusals that say nothing about what was asked under this id before."""


class Key(NamedTuple):
    """What is placed at most once."""

    account_id: str
    client_order_id: str


class Placements:
    def __init__(
        self,
        exchange: Exchange,
        image: Image,
        reached: Reached,
        demand: Callable[[bool, str], None],
        is_gone: Callable[[str], bool],
        was_lost: Callable[[int], bool],
    ) -> None:
        """`is_gone` and `was_lost` are the oracle's."""
        self._exchange = exchange
        self._image = image
        self._reached = reached
        self._demand = demand
        self._is_gone = is_gone
        self._was_lost = was_lost
        self.sent: dict[Key, list[Parcel]] = defaultdict(list)
        """Over all processes."""
        self._told: dict[Key, tuple[str, int]] = {}
        """The order's id that a caller was given, and for how many units."""
        self._doubted: set[Key] = set()
        """Somebody was told that the outcome is not known."""
        self.asked: dict[Key, list[Call]] = {}

    def begin(self, call: Call) -> None:
        key = _key(call)
        self.asked.setdefault(key, []).append(call)
        call.begun_sends = len(self.sent[key])

    def on_send(self, parcel: Parcel) -> None:
        user = next(each for each in USERS if each.number == parcel.account)
        body = json.loads(parcel.request.body)
        key = Key(user.account_id, body["client_order_id"])
        earlier = self.sent[key]
        self._demand(user.api_key == parcel.api_key, "I10: an order went out under another customer's key")
        self._demand(
            all(each.is_refused for each in earlier), f"I30: {key} left again, and the first may have arrived"
        )
        is_same = all(each.request.body == parcel.request.body for each in earlier)
        self._demand(is_same, f"I30: {key} left with two contents")
        states = [state for state, _ in self._rows(key)]
        is_on_disk = states == ["SENT"] or (states == ["UNKNOWN"] and self._was_lost(parcel.sender))
        self._demand(is_on_disk, f"I13: {key} is sent with {states} on disk")
        if earlier:
            self._reached.note("a placement was sent again after a refused connection")
        earlier.append(parcel)

    def judge(self, call: Call, code: tuple[int | None, str]) -> None:
        """Check the answer to a placement, at the moment it arrives."""
        key, units = _key(call), call.body["units"]
        was_sent = any(not each.is_refused for each in self.sent[key][: call.begun_sends])
        if code == (200, ""):
            self._judge_placed(key, call)
            if was_sent:
                self._reached.note("a repeated placement was given the first one's order")
        elif code == (400, "7013"):
            self._reached.note("a client order id with other content was refused")
            has_other = any(each.body["units"] != units for each in self.asked[key])
            self._demand(has_other, f"I30: {key} was refused as another's, and nobody else has it")
        elif code == (400, "7012"):
            self._demand(not self._orders(key), f"I30: {key} is said to be rejected: {self._orders(key)}")
        elif code == (503, "7020"):
            self._demand(not was_sent, f"I30: {key} was said not to be sent, and it was")
        elif code in _IN_DOUBT:
            self._reached.note("a placement was said to be unknown")
            self._doubted.add(key)
        else:
            self._demand(code in _NOTHING_SAID, f"an answer that no placement has: {code} {call.answer}")
        if key in self._told and units != self._told[key][1]:
            is_refused = code in _NOTHING_SAID | {(400, "7013")}
            self._demand(is_refused, f"I30: {key} was used again with other content: {code}")

    def _judge_placed(self, key: Key, call: Call) -> None:
        order_id, units = call.answer["brokerage_order_id"], call.body["units"]
        found = self._orders(key).get(order_id)
        self._demand(found == units, f"I30: {key} for {units} is said to be {order_id}, for {found}")
        told = self._told.setdefault(key, (order_id, units))
        self._demand(told == (order_id, units), f"I30: {key} was said to be {told}, and now {order_id}")
        if key in self._doubted:
            self._reached.note("an unknown placement was found by its client order id")

    def repeats(self) -> Iterator[tuple[Call, bool]]:
        """Make what callers repeat in peace, as it was and with other content (False)."""
        for key, calls in self.asked.items():
            first = calls[0]
            units = json.loads(self.sent[key][0].request.body)["quantity"] if self.sent[key] else 0
            units = int(Decimal(units)) or first.body["units"]
            yield place(first.user, key.client_order_id, units), True
            yield place(first.user, key.client_order_id, units + 1), False

    def judge_in_peace(self, call: Call, *, is_same: bool) -> None:
        """Check what a repeat is told when nothing is in the way any more."""
        key = _key(call)
        code = (call.status, "" if call.status == 200 else call.answer["code"])
        was_sent = any(not each.is_refused for each in self.sent[key])
        if not is_same:
            self._demand(code == (400, "7013"), f"I30: {key} with other content is told {call.answer}")
        elif self._orders(key):
            self._demand(code == (200, ""), f"I30: {key} is placed, and a repeat is told {call.answer}")
        elif was_sent:
            self._demand(code[0] != 200, f"I30: {key} is said to be placed, and the exchange knows nothing")
            self._reached.note("an unknown placement blocks its client order id")
        elif code in _IN_DOUBT:  # it may have been sent, for all that anybody but the dead can know
            owners = [owner for _, owner in self._rows(key)]
            self._demand(
                all(map(self._is_gone, owners)),
                f"I30: {key} was never sent, is said to be unknown, and {owners} live",
            )
        else:  # another content was first
            self._demand(code in {(200, ""), (400, "7013")}, f"I30: {key} was never sent: {call.answer}")

    def close(self) -> None:
        """Check, when all is over, that the exchange has each order once."""
        for key, parcels in self.sent.items():
            orders, times = self._orders(key), 1 + sum(each.was_doubled for each in parcels)
            self._demand(len(orders) <= times, f"I30: {key} is at the exchange as {sorted(orders)}")

    def _rows(self, key: Key) -> list[tuple[Any, ...]]:
        return self._image.rows(
            "SELECT state, owner FROM place_intent WHERE account_id = ? AND client_order_id = ?", *key
        )

    def _orders(self, key: Key) -> dict[str, Any]:
        """List what the exchange took under this id, with the units."""
        [number] = (each.number for each in USERS if each.account_id == key.account_id)
        return {
            order.brokerage_order_id: order.quantity
            for order in self._exchange.orders(number, EPOCH)
            if order.client_order_id == key.client_order_id
        }


def _key(call: Call) -> Key:
    return Key(call.user.account_id, call.body["client_order_id"])
