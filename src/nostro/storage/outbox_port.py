"""What telling partners needs of storage. Goes with `port.py`, and what is said there holds here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from nostro.domain.event import ConnectionEvent, OrderEvent
from nostro.domain.ids import ClientId, ConnectionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Where one partner is told what happens."""

    client_id: ClientId
    url: str
    secret: str
    """Signs the Standard Webhooks headers: `whsec_` and base64 of its bytes."""
    is_on: bool
    """While it is off nothing new is kept for the partner, and what is pending waits."""
    updated_at: datetime

    def __repr__(self) -> str:
        return f"WebhookEndpoint({self.client_id})"


class Endpoints(Protocol):
    async def get(self, client_id: ClientId) -> WebhookEndpoint | None: ...

    async def put(self, endpoint: WebhookEndpoint) -> None: ...


class EventState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; delivered again only when somebody replays it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEvent:
    event_id: str
    """A UUID: one fact, one id, in every attempt."""
    client_id: ClientId
    user_id: UserId
    connection_id: ConnectionId | None
    """None where the connection was deleted before the fact was known; so is `broker_slug`."""
    broker_slug: str | None
    event: OrderEvent | ConnectionEvent
    state: EventState
    attempts: int
    """How many deliveries were begun since the event was made, or replayed."""
    due_at: datetime
    """When it may be tried next. A claim moves it past the end of its own try: that is the lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    at: datetime
    status: int | None
    """The receiver's HTTP status; None where there was no reply, for the reason in `error`."""
    error: str
    duration_ms: int


class Outbox(Protocol):
    """Events on their way to partners. They are put in by the transactions that make them true.

    Of one order, or one connection, no event is claimed before the earlier ones are delivered or dead.
    """

    async def waiting(self, now: datetime) -> Sequence[ClientId]:
        """Name the partners for whom something can be claimed at `now`."""
        ...

    async def claim(
        self, client_id: ClientId, now: datetime, until: datetime, limit: int
    ) -> Sequence[OutboxEvent]:
        """Take what is due for this caller alone, over all processes, up to `until`."""
        ...

    async def record(
        self, claimed: OutboxEvent, attempt: DeliveryAttempt, state: EventState, due_at: datetime
    ) -> None:
        """Log the attempt and move the event on, unless it was claimed again or replayed meanwhile."""
        ...

    async def counts(self) -> Mapping[EventState, int]:
        """Count the events that are PENDING and those that are DEAD."""
        ...

    async def list(self, state: EventState | None, limit: int) -> Sequence[OutboxEvent]:
        """List events, newest first; None for all states."""
        ...

    async def attempts(self, event_id: str) -> Sequence[DeliveryAttempt] | None:
        """List the attempts, oldest first; None when there is no such event."""
        ...

    async def replay(self, event_id: str | None, now: datetime) -> int:
        """Make the event, or with None all dead ones, due at `now` with all attempts before it.

        Returns how many.
        """
        ...
