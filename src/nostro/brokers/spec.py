"""BrokerSpec: everything about a brokerage that is data, in one frozen literal per adapter."""

import re
from dataclasses import dataclass, field
from datetime import date

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
    look_interval_s_max: float = 60.0
    """How far apart looks at an order whose cancel is open may get."""
    sources: tuple[Source, ...] = field(default=())
