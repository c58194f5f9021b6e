"""Connections: one user's authorization at one brokerage."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nostro.domain.ids import ClientId, ConnectionId, UserId


class ConnectionType(StrEnum):
    READ = "read"
    TRADE = "trade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Credentials are not part of it: they are unsealed by the vault only when the brokerage is called."""

    connection_id: ConnectionId
    client_id: ClientId
    user_id: UserId
    broker_slug: str
    name: str
    type: ConnectionType
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None = None
    """None while the connection works."""
    generation: int = 1
    """Counts how often its user gave credentials. What was learnt of others says nothing of these."""
