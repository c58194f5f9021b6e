"""One request and one answer, as handlers see them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from msgspec import Struct

from nostro.accounts.read import ReadAccounts
from nostro.brokers.registry import Registry
from nostro.connections.connect import ConnectionDesk
from nostro.connections.links import Links
from nostro.connections.sessions import Sessions
from nostro.domain.errors import CredentialsMissing
from nostro.orders.cancel import CancelOrders
from nostro.orders.list import ListOrders
from nostro.orders.place import PlaceOrders
from nostro.orders.preview import PreviewOrders
from nostro.orders.replace import ReplaceOrders
from nostro.ports import Clock, Ids
from nostro.storage.port import Journal, Keys, OwnedAccount, Owner, PartnerKey
from nostro.users.registry import UserRegistry
from nostro.wire.forms import convert_form

F = TypeVar("F", bound=Struct)

PREFER_WAIT_S_MAX = 60.0

_WAIT = re.compile(rb"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,4})\"?", re.IGNORECASE)


def preferred_wait_s(headers: Mapping[bytes, bytes]) -> float | None:
    """Read `Prefer: wait=N` (RFC 7240, section 4.3); N in whole seconds, capped."""
    match = _WAIT.search(headers.get(b"prefer", b""))
    return None if match is None else min(float(match[1]), PREFER_WAIT_S_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """All use cases, for handlers to call."""

    cancel: CancelOrders
    place: PlaceOrders
    replace: ReplaceOrders
    preview: PreviewOrders
    orders: ListOrders
    accounts: ReadAccounts
    connections: ConnectionDesk
    sessions: Sessions
    links: Links
    users: UserRegistry
    keys: Keys
    journal: Journal
    registry: Registry
    clock: Clock
    ids: Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is proven to be calling. `user` is set for operations that ask for one."""

    key: PartnerKey
    user: Owner | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, verified as far as its operation asks."""

    do: Commands
    path: Mapping[str, str]
    """Path parameters, percent-decoded."""
    query: Mapping[str, str]
    value: object
    """The body as the signature covers it; None when there is none."""
    headers: Mapping[bytes, bytes]
    caller: Caller | None
    base_url: str
    """Where this server is reached, without a trailing slash."""

    @property
    def owner(self) -> Owner:
        if self.caller is None or self.caller.user is None:
            raise CredentialsMissing
        return self.caller.user

    @property
    def key(self) -> PartnerKey:
        if self.caller is None:
            raise CredentialsMissing
        return self.caller.key

    def form(self, form: type[F]) -> F:
        """Read the body as `form`; raises InvalidRequest."""
        return convert_form({} if self.value is None else self.value, form)

    async def account(self) -> OwnedAccount:
        """Find the account the path names; raises NotFound."""
        return await self.do.connections.account(self.owner, self.path["accountId"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    body: object
    """Anything `wire.values.encode` writes; bytes go out as they are."""
    status: int = 200
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()
