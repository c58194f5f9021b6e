"""Which brokerages this server can talk to, and how a session with one is opened.

An adapter is a package with a tuple KINDS. Built-in ones lie beside this module; others are installed, and
name theirs as an entry point of the group "nostro.brokers". Nobody else knows any of them by name.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

import structlog

import nostro.brokers
from nostro.brokers.port import Broker
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.ties import Ties
from nostro.brokers.wiring import Wiring
from nostro.domain.instrument import Instrument

ENTRY_POINTS = "nostro.brokers"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerKind:
    spec: BrokerSpec
    connect: Callable[[Mapping[str, str], Wiring], Broker]
    """Make a session from the credentials that `spec.credentials` names. Does no I/O."""
    open_account: Callable[[], dict[str, str]] | None = None
    """Open a new account at the brokerage and return its credentials; None where only it can do so."""
    instruments: tuple[Instrument, ...] = ()
    """What is known to trade there without anybody's credentials."""


class Registry:
    def __init__(self, kinds: Sequence[BrokerKind], wire: Callable[[BrokerSpec, Ties], Wiring]) -> None:
        self._kinds = {kind.spec.slug: kind for kind in kinds}
        self._wire = wire

    def kinds(self) -> list[BrokerKind]:
        """List all brokerages, by slug."""
        return [self._kinds[slug] for slug in sorted(self._kinds)]

    def find(self, slug: str) -> BrokerKind | None:
        return self._kinds.get(slug)

    def open(self, kind: BrokerKind, credentials: Mapping[str, str], ties: Ties) -> Broker:
        """Make a session; does no I/O."""
        return kind.connect(credentials, self._wire(kind.spec, ties))


def discover() -> Iterator[BrokerKind]:
    """Find all adapters but the embedded brokerage's, which needs an exchange to be made."""
    for module in pkgutil.iter_modules(nostro.brokers.__path__, "nostro.brokers."):
        if module.ispkg and module.name != "nostro.brokers.paper":
            yield from cast("tuple[BrokerKind, ...]", import_module(module.name).KINDS)
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            yield from cast("tuple[BrokerKind, ...]", entry.load())
        except Exception:  # somebody else's code; it must not take the other brokerages down
            log.exception("adapter_not_loaded", entry_point=entry.value)
