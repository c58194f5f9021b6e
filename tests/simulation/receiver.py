"""The partners' receivers: up, down for a while or for hours, slow, or losing what they answer."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from nostro.ports import Clock
from nostro.webhooks.deliver import TIMEOUT_S
from nostro.webhooks.relay import DeliveryFailed
from nostro.wire.webhooks import DELIVERED_STATUSES

from .caller import PARTNERS, Partner
from .loop import SimLoop, process
from .plan import ReceiverPlan, ReceiverTrouble

_STATUSES = {
    ReceiverTrouble.ANSWERS_410: 410,
    ReceiverTrouble.ANSWERS_429: 429,
    ReceiverTrouble.ANSWERS_500: 500,
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came to a receiver."""

    partner: Partner
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: datetime
    """When it came, by the receiver's clock: that of the servers, but it does not jump on the way."""


class Receivers:
    """See `nostro.webhooks.relay.Deliver`. A receiver that is well answers one of the good statuses."""

    def __init__(
        self,
        plan: Sequence[ReceiverPlan],
        *,
        loop: SimLoop,
        clock: Clock,
        wall: Clock,
        rng: random.Random,
        on_arrival: Callable[[Delivery], None],
        on_accept: Callable[[Delivery], None],
        note: Callable[[str], None],
    ) -> None:
        """`wall` is the servers' clock.

        `on_arrival` is told of all that comes, `on_accept` of what is then answered with a good status."""
        self._plan = list(plan)
        self._loop = loop
        self._clock = clock
        self._wall = wall
        self._rng = rng
        self._on_arrival = on_arrival
        self._on_accept = on_accept
        self._note = note
        self._under_way: Counter[int] = Counter()
        """By the process that delivers."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        [partner] = (each for each in PARTNERS if each.url == url)
        number = process.get()
        self._under_way[number] += 1
        left_at, left_s = self._wall.now(), self._loop.time()
        try:
            await self._clock.sleep(self._rng.choice((0.0, 0.001, 0.05)))
            lower = {name.lower(): value for name, value in headers.items()}
            at = left_at + timedelta(seconds=self._loop.time() - left_s)
            return await self._receive(Delivery(partner, lower, body, at))
        finally:
            self._under_way[number] -= 1

    async def _receive(self, delivery: Delivery) -> int:
        trouble = self._trouble_of(delivery.partner)
        if trouble is not None:
            self._note(f"receiver {trouble}")
        if trouble is ReceiverTrouble.DOWN:
            raise DeliveryFailed("no reply: connection refused")
        self._on_arrival(delivery)
        if trouble in _STATUSES:
            return _STATUSES[trouble]
        if trouble is ReceiverTrouble.HANGS:
            await self._clock.sleep(TIMEOUT_S)
            raise DeliveryFailed("no reply in time")
        if trouble is ReceiverTrouble.SLOW:
            await self._clock.sleep(self._rng.uniform(1.0, TIMEOUT_S - 1.0))
        self._on_accept(delivery)
        if trouble is ReceiverTrouble.LOSES_ANSWER:
            raise DeliveryFailed("no reply: the connection drops")
        return self._rng.choice(sorted(DELIVERED_STATUSES))

    def _trouble_of(self, partner: Partner) -> ReceiverTrouble | None:
        now_s = self._loop.time()
        for each in self._plan:
            if PARTNERS[each.partner] is partner and each.begun_s <= now_s < each.ended_s:
                return each.kind
        return None

    def is_busy(self) -> bool:
        """Say whether a process that lives has a delivery under way."""
        return any(count and not self._loop.is_dead(number) for number, count in self._under_way.items())

    def refuses_for_ever(self, partner: Partner) -> bool:
        """Say whether nothing gets through until somebody mends it."""
        return any(
            PARTNERS[each.partner] is partner
            and each.ended_s == inf
            and each.kind is not ReceiverTrouble.SLOW
            for each in self._plan
        )

    def mend(self) -> None:
        """End all troubles."""
        self._plan.clear()
