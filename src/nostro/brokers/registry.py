"""Which brokerages this server can talk to, and how a session with one is opened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nostro.brokers.port import Broker
from nostro.brokers.spec import BrokerSpec
from nostro.domain.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerKind:
    spec: BrokerSpec
    connect: Callable[[Mapping[str, str]], Broker]
    """Make a session from the credentials that `spec.credentials` names. Does no I/O."""
    open_account: Callable[[], dict[str, str]] | None = None
    """Open a new account at the brokerage and return its credentials; None where only it can do so."""
    instruments: tuple[Instrument, ...] = ()
    """What is known to trade there without anybody's credentials."""


class Registry:
    def __init__(self, kinds: Sequence[BrokerKind]) -> None:
        self._kinds = {kind.spec.slug: kind for kind in kinds}

    def kinds(self) -> list[BrokerKind]:
        """List all brokerages, by slug."""
        return [self._kinds[slug] for slug in sorted(self._kinds)]

    def find(self, slug: str) -> BrokerKind | None:
        return self._kinds.get(slug)
