"""BrokerSpec: everything about a brokerage that is data, in one frozen literal per adapter."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from nostro.domain.capability import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One field the connection portal asks for."""

    name: str
    label: str
    is_secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact comes from."""

    page: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """So many requests in so many seconds, for one set of credentials."""

    requests: int
    per_s: float
    operations: frozenset[str] = frozenset()
    """Which it counts (`Request.operation`); empty: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How far the adapter is proven, told as data that the tests disbelieve."""

    rests_on: str
    """What the simulator's face and the adapter were written from."""
    oracles: tuple[str, ...]
    """Programs of others that were tried against the face; empty where there is none."""
    is_measured: bool = False
    """True when rows of evidence were seen at the brokerage itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSpec:
    slug: str
    """SnapTrade's slug where it has the brokerage (`ALPACA`), upper case."""
    name: str
    description: str
    site: str
    """Home page; empty where there is none."""
    is_paper: bool
    """True when no order can move real money."""
    credentials: tuple[Credential, ...]
    order_id: re.Pattern[str]
    """Grammar of an order id, matched whole, before anything is sent."""
    capabilities: Capabilities
    request_timeout_s: float
    """How long a request may take before it is given up."""
    cancel_settles_s: float | None
    """How long after a cancel was given up it may still be carried out; None when no bound is known."""
    address: str = ""
    """Base URL of its API; empty where it is reached otherwise."""
    token_address: str = ""
    """Base URL of where its access tokens are given; empty where that is `address`. An operator who names
    another address names it for both."""
    rate_limits: tuple[RateLimit, ...] = ()
    doubts: re.Pattern[bytes] | None = None
    """What a body contains that lets one doubt the credentials; a 401 does so at every brokerage."""
    history_reach: timedelta | None = None
    """How long it shows orders that are closed; None: for ever."""
    rejects_later: bool = True
    """True where an order that was taken can still be rejected, and is shown as that."""
    names_successors: bool = True
    """True where an order that was replaced names the one that took its place."""
    quality: Quality
    look_interval_s_max: float = 60.0
    """How far apart looks at an order whose cancel is open may get."""
    sources: tuple[Source, ...] = field(default=())
