"""What use cases need of storage, in their words.

Every method that writes returns once its effect is durable.

All of them raise `StoreFailed` when the database cannot answer. Nothing is then durable, and nothing may be
sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from nostro.domain.account import Account
from nostro.domain.cancel import CancelIntent, CancelState, Evidence, EvidenceRecord
from nostro.domain.connection import Connection
from nostro.domain.ids import (
    AccountId,
    BrokerageOrderId,
    CancelId,
    ClientId,
    ClientOrderId,
    ConnectionId,
    UserId,
)
from nostro.domain.order import Order
from nostro.domain.place import NewOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerKey:
    client_id: ClientId
    name: str
    is_personal: bool
    """A personal key is its own only user: its requests name none."""
    consumer_key: str
    created_at: datetime
    revoked_at: datetime | None = None

    def __repr__(self) -> str:
        return f"PartnerKey({self.client_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose data a request may touch. Comes from a verified request only."""

    client_id: ClientId
    user_id: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedAccount:
    account: Account
    connection: Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    intent: CancelIntent
    is_mine: bool
    """True for exactly one caller over all processes: the one that sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLook:
    """An open intent that somebody must look up now."""

    intent: CancelIntent
    looks: int
    """How many looks it has had."""


class Keys(Protocol):
    async def add(self, key: PartnerKey) -> None: ...

    async def get(self, client_id: ClientId) -> PartnerKey | None:
        """None also for a revoked key."""
        ...

    async def list(self) -> Sequence[PartnerKey]:
        """All keys, revoked ones included, oldest first."""
        ...

    async def revoke(self, client_id: ClientId, at: datetime) -> bool: ...


class Users(Protocol):
    async def add(self, owner: Owner, secret_hash: bytes, at: datetime) -> bool:
        """False when the user exists."""
        ...

    async def secret_hash(self, owner: Owner) -> bytes | None: ...

    async def rotate(self, owner: Owner, secret_hash: bytes) -> bool: ...

    async def list(self, client_id: ClientId) -> Sequence[UserId]: ...

    async def delete(self, owner: Owner) -> bool:
        """Delete the user with its connections and sealed credentials. Cancel records stay."""
        ...


class Connections(Protocol):
    async def add(
        self, connection: Connection, credentials: dict[str, str], accounts: Sequence[Account]
    ) -> None: ...

    async def list(self, owner: Owner) -> Sequence[Connection]: ...

    async def get(self, owner: Owner, connection_id: ConnectionId) -> Connection | None: ...

    async def set_disabled(self, connection_id: ConnectionId, at: datetime) -> None: ...

    async def touch(self, connection_id: ConnectionId, at: datetime) -> None: ...

    async def delete(self, connection_id: ConnectionId) -> None: ...

    async def credentials(self, connection_id: ConnectionId) -> dict[str, str] | None:
        """Unseal the credentials; None when there is no such connection."""
        ...

    async def list_accounts(self, owner: Owner) -> Sequence[OwnedAccount]: ...

    async def account(self, owner: Owner, account_id: AccountId) -> OwnedAccount | None:
        """None alike for an unknown and for a foreign account."""
        ...

    async def account_of_intent(self, account_id: AccountId) -> OwnedAccount | None:
        """The same without an owner: for work that goes on after the caller has left."""
        ...


class Orders(Protocol):
    """Which orders are known to belong to which account, with the last look at each."""

    async def remember(self, account_id: AccountId, orders: Sequence[Order], at: datetime) -> None: ...

    async def get(self, account_id: AccountId, order_id: BrokerageOrderId) -> Order | None: ...


class Journal(Protocol):
    """The cancel journal: what was asked, what came back, what it proved."""

    async def claim(self, owner: Owner, intent: CancelIntent) -> Claim | None:
        """Make `intent` durable, or join the one that already answers for this order.

        That is the open intent, if there is one; else the last one if it ended with the order closed.
        None when the order is not known to belong to the account: nothing was written.
        """
        ...

    async def apply(
        self, cancel_id: CancelId, evidence: Evidence, next_look_at: datetime | None
    ) -> CancelIntent:
        """Let `decide` judge the evidence on the newest state; all becomes durable in one transaction."""
        ...

    async def get(self, cancel_id: CancelId) -> CancelIntent | None: ...

    async def receipt(
        self, owner: Owner, cancel_id: CancelId
    ) -> tuple[CancelIntent, Sequence[EvidenceRecord]] | None: ...

    async def due(self, now: datetime, limit: int) -> Sequence[DueLook]: ...

    async def open_counts(self) -> Sequence[tuple[CancelState, int, datetime]]:
        """Count open intents by state, each with the time the oldest was asked for."""
        ...

    async def hurry(self, now: datetime) -> None:
        """Make all open intents due at `now` that would be due later."""
        ...

    async def unfinished(self) -> Sequence[CancelIntent]:
        """Intents whose request had not ended when their process did."""
        ...


class PlaceState(StrEnum):
    SENT = "SENT"
    PLACED = "PLACED"
    REJECTED = "REJECTED"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceIntent:
    account_id: AccountId
    client_order_id: ClientOrderId
    content_hash: bytes
    """SHA-256 of what was asked, without the id: tells a repeat from a reuse."""
    state: PlaceState
    requested_at: datetime
    ended_at: datetime | None = None
    message: str = ""
    order_ids: tuple[BrokerageOrderId, ...] = ()


class Placements(Protocol):
    async def claim(self, intent: PlaceIntent) -> tuple[PlaceIntent, bool]:
        """Make the intent durable, or return the one that holds this client order id.

        True when it is ours to send.

        An intent that ended NOT_SENT is ours to send again, if the content is the same.
        """
        ...

    async def finish(self, intent: PlaceIntent, orders: Sequence[Order], at: datetime) -> None: ...

    async def give_up_sent(self) -> None:
        """Turn what a dead process left SENT into UNKNOWN."""
        ...


class Previews(Protocol):
    async def add(self, trade_id: str, account_id: AccountId, order: NewOrder, at: datetime) -> None: ...

    async def get(self, trade_id: str) -> tuple[AccountId, NewOrder, datetime] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginLink:
    session_id: str
    owner: Owner
    options: dict[str, str]
    created_at: datetime
    used_at: datetime | None = None


class LoginLinks(Protocol):
    async def add(self, token_hash: bytes, link: LoginLink) -> None: ...

    async def get(self, token_hash: bytes) -> LoginLink | None: ...

    async def use(self, token_hash: bytes, at: datetime) -> bool:
        """Mark the link used; True for exactly one caller."""
        ...


class SeenRequests(Protocol):
    async def method_of_first(
        self, client_id: ClientId, signature: str, method: str, at: datetime, forget_before: datetime
    ) -> str | None:
        """Remember the signature; return the method it was first used with, None for the first use.

        Forgets uses older than `forget_before`.
        """
        ...
