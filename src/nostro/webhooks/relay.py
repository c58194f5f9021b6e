"""The relay: takes events out of the outbox and delivers them, each at least once, in order per order.

1. _round      which partners have something to be told?  Each may have a few deliveries under way, so that
               one who hangs delays nobody else.
2. claim       takes events under a lease, before anything is sent: of all processes, one delivers. The
               lease of a process that dies runs out, and the next one delivers again, under the same id.
3. _deliver    one POST, stamped and signed anew.
4. record      the attempt is logged; the event is delivered, due again later, or dead.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from nostro.domain.errors import StoreFailed
from nostro.domain.ids import ClientId
from nostro.ports import Clock, Tasks
from nostro.storage.outbox_port import DeliveryAttempt, Endpoints, EventState, Outbox, OutboxEvent
from nostro.storage.port import Keys
from nostro.wire.webhooks import DELIVERED_STATUSES, render_body, render_headers

POLL_S = 0.25
"""How often the outbox is asked; events of other processes are not announced."""

AT_ONCE_MAX = 32
PER_PARTNER_MAX = 8

LEASE_S = 30.0
"""Longer than any delivery takes."""

FIRST_DELAYS_S = (5.0, 30.0, 120.0, 600.0)
LATER_DELAY_S = 1800.0
"""The fifth delay; each one after it doubles."""
LATER_DELAYS = 10
ATTEMPTS_MAX = 1 + len(FIRST_DELAYS_S) + LATER_DELAYS

log = structlog.get_logger()


class DeliveryFailed(Exception):
    """There was no reply; `str()` says why in a few words."""


class Deliver(Protocol):
    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post the body once and return the reply's status; raises DeliveryFailed."""
        ...


def delay_s(attempts: int) -> float | None:
    """Say how long to wait after that many failed attempts; None where the event is given up."""
    if attempts <= len(FIRST_DELAYS_S):
        return FIRST_DELAYS_S[attempts - 1]
    if attempts >= ATTEMPTS_MAX:
        return None
    return LATER_DELAY_S * 2.0 ** (attempts - len(FIRST_DELAYS_S) - 1)


class Relay:
    def __init__(
        self,
        *,
        outbox: Outbox,
        endpoints: Endpoints,
        keys: Keys,
        deliver: Deliver,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._outbox = outbox
        self._endpoints = endpoints
        self._keys = keys
        self._deliver = deliver
        self._clock = clock
        self._tasks = tasks
        self._under_way: Counter[ClientId] = Counter()
        self._is_stopping = False

    async def run(self) -> None:
        """Deliver until told to stop."""
        while not self._is_stopping:
            try:
                await self._round()
            except Exception:  # the database, or a bug: the next round must come all the same
                log.exception("outbox_not_read")
            await self._clock.sleep(POLL_S)

    def stop(self) -> None:
        """Begin nothing new; what is under way ends by itself."""
        self._is_stopping = True

    async def _round(self) -> None:
        now = self._clock.now()
        for client_id in await self._outbox.waiting(now):
            room = min(AT_ONCE_MAX - self._under_way.total(), PER_PARTNER_MAX - self._under_way[client_id])
            if room <= 0:
                continue
            until = now + timedelta(seconds=LEASE_S)
            for event in await self._outbox.claim(client_id, now, until, room):
                self._under_way[client_id] += 1
                self._tasks.start(self._tell(event), name=f"webhook {event.event_id}")

    async def _tell(self, event: OutboxEvent) -> None:
        try:
            await self._tell_and_record(event)
        except StoreFailed:  # the lease runs out, and the event is delivered again
            log.exception("delivery_not_recorded", event_id=event.event_id)
        finally:
            self._under_way[event.client_id] -= 1

    async def _tell_and_record(self, event: OutboxEvent) -> None:
        key = await self._keys.get(event.client_id)
        endpoint = await self._endpoints.get(event.client_id)
        at, began = self._clock.now(), self._clock.monotonic()
        status, error = None, ""
        if key is None or endpoint is None:
            error = "the partner's key is revoked"
        else:
            body = render_body(event, at)
            headers = render_headers(
                body, event.event_id, at, consumer_key=key.consumer_key, secret=endpoint.secret
            )
            try:
                status = await self._deliver(endpoint.url, body, headers)
            except DeliveryFailed as failure:
                error = str(failure)
            except Exception:  # a bug of ours is one failed attempt: the event must not be stuck behind it
                log.exception("delivery_broke", event_id=event.event_id)
                error = "internal error"
        duration_ms = round((self._clock.monotonic() - began) * 1000)
        attempt = DeliveryAttempt(at=at, status=status, error=error, duration_ms=duration_ms)
        wait_s = delay_s(event.attempts)
        now = self._clock.now()
        if status in DELIVERED_STATUSES:
            await self._outbox.record(event, attempt, EventState.DELIVERED, now)
        elif wait_s is None or key is None:
            log.error("webhook_dead", event_id=event.event_id, client_id=event.client_id)
            await self._outbox.record(event, attempt, EventState.DEAD, now)
        else:
            due_at = now + timedelta(seconds=wait_s)
            await self._outbox.record(event, attempt, EventState.PENDING, due_at)
