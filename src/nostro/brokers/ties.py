"""What ties a session to the connection it belongs to: its stored credentials, and a way to doubt them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class SecretsLost(Exception):
    """The store has no credentials of this connection, or does not answer."""


class Secrets(Protocol):
    """The stored credentials of one connection, for an adapter that has to renew them."""

    async def read(self) -> Mapping[str, str]:
        """Read what is stored now; raises SecretsLost."""
        ...

    async def replace(self, held: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
        """Store `values` in place of those `held`, unless others were first; return what is stored now.

        Durable when it returns. Raises SecretsLost.
        """
        ...


class LooseSecrets:
    """See `Secrets`. Those of a connection that is not stored yet: kept in memory."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.held = values

    async def read(self) -> Mapping[str, str]:
        return self.held

    async def replace(self, held: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
        if held == self.held:
            self.held = values
        return self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    secrets: Secrets
    suspect: Callable[[], None]
    """Called when a reply lets one doubt that the brokerage still accepts the credentials."""


def loose(secrets: LooseSecrets) -> Ties:
    """Make the ties of a session that belongs to no connection yet."""
    return Ties(secrets=secrets, suspect=lambda: None)
