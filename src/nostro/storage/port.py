"""What use cases need of storage, in their words.

Every method that writes returns once its effect is durable.

All of them raise `StoreFailed` when the database cannot answer. Nothing may then be sent, and nothing is
durable, but for a commit whose answer was lost on the way (see `Journal.take_back`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

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

MemberId = NewType("MemberId", str)
"""One life of one server process on the database. Never used again once it is gone."""


class Members(Protocol):
    """The server processes that work on this database: which of them live, and which are gone.

    What a member has claimed and not ended is its own as long as it lives; then the others take it over. A
    member lives exactly as long as it holds a lock which the kernel or the database releases by itself.
    """

    goes_on_s: float
    """How long a member that is gone may still begin a request that it had claimed.

    0 where only death makes it gone; else longer than CLAIM_VALID_S.
    """

    def me(self) -> MemberId:
        """Say who this process is; raises StoreFailed while it is no member, and may claim nothing."""
        ...

    async def enter(self) -> None:
        """Make sure that this process is a member: under a new id, if it is none or no longer one.

        Raises StoreFailed.
        """
        ...

    async def is_gone(self, member: MemberId) -> bool: ...

    async def leave(self) -> None: ...


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


CLAIM_VALID_S = 4.0
"""Whoever claimed begins its request within this time, by its own steady clock, or never.

A process can be frozen between the two, taken for gone, and wake up when others have judged its intent.
"""

LOOK_DELAY_S_MAX = 900.0
"""Looks at an open intent are never further apart. One that is due later is a clock's that has stepped back
since, and is due now."""

LOOK_LEASE_S = 15.0
"""A look that takes longer may be repeated by another process. It is a read, and does no harm."""


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
    known_for_s: float
    """How long, at least, somebody has known that its request is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCount:
    """How many intents are open in one state."""

    state: CancelState
    count: int
    oldest_at: datetime
    """When the oldest of them was asked for."""
    older: tuple[int, ...]
    """How many of them were asked for before each of the times in question."""


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

    async def rotate(self, owner: Owner, present_hash: bytes, new_hash: bytes) -> bool:
        """Replace the hash if it still is `present_hash`."""
        ...

    async def list(self, client_id: ClientId) -> Sequence[UserId]: ...

    async def delete(self, owner: Owner, at: datetime) -> bool:
        """Delete the user with its connections and sealed credentials.

        Records of cancels stay, and are no user's any more.
        """
        ...


class Connections(Protocol):
    async def add(
        self, connection: Connection, credentials: dict[str, str], accounts: Sequence[Account]
    ) -> None: ...

    async def renew(
        self, renewed: Connection, credentials: dict[str, str], new_accounts: Sequence[Account]
    ) -> None:
        """Give an existing connection new credentials, type and accounts, and enable it.

        Its open cancels are due at once. Where it was disabled, its partner is told that it works again.
        """
        ...

    async def list(self, owner: Owner) -> Sequence[Connection]: ...

    async def get(self, owner: Owner, connection_id: ConnectionId) -> Connection | None: ...

    async def set_disabled(self, known: Connection, at: datetime) -> bool:
        """Disable it and tell its partner, unless it is disabled or has got newer credentials than `known`.

        Says whether it did.
        """
        ...

    async def touch(self, connection_id: ConnectionId, at: datetime) -> None: ...

    async def delete(self, connection_id: ConnectionId) -> None: ...

    async def credentials(self, connection_id: ConnectionId) -> Mapping[str, str] | None:
        """Unseal the credentials; None when there is no such connection."""
        ...

    async def keep(
        self, connection_id: ConnectionId, held: Mapping[str, str], values: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        """Store renewed credentials in place of those `held`, unless they are not stored any more.

        Returns what is stored then; None when there is no such connection.
        """
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

    async def standing(self, account_id: AccountId, order_id: BrokerageOrderId) -> CancelIntent | None:
        """Find the intent that `claim` would join; None when it would make a new one. Writes nothing."""
        ...

    async def apply(
        self, cancel_id: CancelId, evidence: Evidence, next_look_at: datetime | None
    ) -> CancelIntent:
        """Let `decide` judge the evidence on the newest state; all becomes durable in one transaction.

        Raises NotFound for an intent that is gone: a sandbox was started over, nothing else forgets one.
        """
        ...

    async def get(self, cancel_id: CancelId) -> CancelIntent | None: ...

    async def receipt(
        self, owner: Owner, cancel_id: CancelId
    ) -> tuple[CancelIntent, Sequence[EvidenceRecord]] | None: ...

    async def due(self, now: datetime, limit: int) -> Sequence[DueLook]:
        """Give out what is due, at most `limit`, to this caller alone of all processes for LOOK_LEASE_S."""
        ...

    async def open_counts(self, asked_before: Sequence[datetime]) -> Sequence[OpenCount]:
        """Count open intents by state, and of each those that were asked for before these times."""
        ...

    async def overdue(self, asked_before: datetime, now: datetime) -> Sequence[CancelIntent]:
        """Give out UNKNOWN intents asked for before then, each once over all processes and for ever."""
        ...

    async def hurry(self, now: datetime) -> None:
        """Make all open intents due at `now` that would be due later."""
        ...

    async def abandoned(self) -> Sequence[CancelIntent]:
        """Intents whose request had not ended when their process did: nobody works on them."""
        ...

    async def take_back(self, now: datetime) -> None:
        """End as NOT_SENT what a claim that raised StoreFailed made durable all the same.

        A database can lose its answer to a commit. Nothing was sent for such an intent, and nobody owns it.
        """
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
        """Turn what processes that are gone left SENT into UNKNOWN.

        What `claim` made durable, though it raised StoreFailed, becomes NOT_SENT: it was nobody's to send.
        """
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
        self, client_id: ClientId, signature: str, method: str, at: datetime
    ) -> str | None:
        """Remember the signature; return the method it was first used with, None for the first use."""
        ...


class Retention(Protocol):
    """What is kept for a time only. Cancel intents and their evidence are the audit trail, kept for ever."""

    async def prune(self, now: datetime) -> int:
        """Delete what is past its age, a bounded piece of it; return how much. 0: there is no more."""
        ...
