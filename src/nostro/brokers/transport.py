"""How bytes reach a brokerage, and what is certain when they do not come back.

TransportError
  NeverSent               no byte of the request left this machine
    CredentialsRefused    the brokerage gives nothing for these credentials to send it with
  NoReply                 at least one byte may have left; what it did is not known
    TimedOut
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class TransportError(Exception):
    """`str()` names the failure in a few words, without address, header or secret."""


class NeverSent(TransportError):
    pass


class CredentialsRefused(NeverSent):
    pass


class NoReply(TransportError):
    pass


class TimedOut(NoReply):
    pass


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Percent-encoded, with the query if any; the transport knows the host."""
    body: bytes = b""
    operation: str = ""
    """What it is for, in one word: `cancel`, `place`, `replace`, `look_up`, `list`..."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What goes with this request alone: a signature, a token that changes. Secrets; never logged."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Names in lower case."""


class Transport(Protocol):
    async def send(self, request: Request, timeout_s: float) -> Reply:
        """Send once and return the whole reply.

        Raises NeverSent or NoReply, and never sends anything twice.
        """
        ...
