"""The embedded brokerage: its parts, and how nostro reaches it, in this process or over HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nostro.brokers.counted import CountedTransport, Told
from nostro.brokers.paper import SPEC, PaperBroker
from nostro.brokers.registry import BrokerKind
from nostro.brokers.transport import Transport
from nostro.brokers.wiring import Wiring
from nostro.ports import Clock, Ids, SystemClock
from nostro.settings import Settings
from nostro.sim.controls import Controls
from nostro.sim.exchange import Exchange
from nostro.sim.face import Face
from nostro.sim.faults import FaultPlan
from nostro.sim.instruments import listed_instruments
from nostro.sim.ledger import Ledger
from nostro.sim.native import API_KEY_HEADER, NATIVE
from nostro.sim.server import OPENING_CASH, OPENING_KEY, SimServer
from nostro.sim.skins import faces
from nostro.sim.venue import EmbeddedVenue

PAPER = SPEC
PAPER_CASH = OPENING_CASH
EXCHANGE_FILE = "exchange.db"
"""The embedded brokerage's own store, in the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A program of its own in spirit, with its own store and clock."""

    ledger: Ledger
    exchange: Exchange
    faults: FaultPlan
    venue: EmbeddedVenue


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The embedded brokerage as nostro reaches it, in this process or another."""

    kind: BrokerKind
    controls: Transport
    """What moves its market and breaks it (`nostro/sim/controls.py`)."""
    close: Callable[[], Awaitable[None]]


class UnknownFace(Exception):
    """The embedded brokerage has no such face; `str()` lists those it has."""


def find_face(slug: str) -> Face:
    """Find the HTTP API that the embedded brokerage can speak under this name; raises UnknownFace."""
    known = faces()
    if slug not in known:
        raise UnknownFace(f"There is no face {slug!r}. There are: {', '.join(sorted(known))}.")
    return known[slug]


def credentials_of(slug: str, api_key: str) -> Mapping[str, str] | None:
    """Give what the embedded brokerage, as `slug`, issues to the customer with this key.

    None where any secret goes with it. Raises UnknownFace.
    """
    issue = find_face(slug).issue
    return None if issue is None else issue(api_key)


def serve_brokerage(path: Path, seed: int, slug: str) -> SimServer:
    """Make the embedded brokerage, on its own file, ready to be started; raises UnknownFace."""
    parts = _embed(path, seed, SystemClock(), find_face(slug))
    return SimServer(parts.exchange, parts.faults, parts.venue, Controls(parts.exchange, parts.faults))


def reach_paper(
    settings: Settings, embedded: Embedded | None, seed: int, wiring: Wiring, told: Told
) -> Paper:
    """Reach `embedded`, the one at `settings.paper_url`, or one in the data folder, in this order."""
    if embedded is None and settings.paper_url:
        return _paper_at(wiring)
    embedded = embedded or _embed(settings.data / EXCHANGE_FILE, seed, wiring.clock)
    return _paper_here(embedded, wiring.ids, told)


def _embed(path: Path, seed: int, clock: Clock, face: Face = NATIVE) -> Embedded:
    ledger = Ledger(path)
    exchange = Exchange(ledger, clock.now, seed, face.shape_id)
    faults = FaultPlan(exchange, clock)
    return Embedded(
        ledger=ledger, exchange=exchange, faults=faults, venue=EmbeddedVenue(exchange, faults, clock, face)
    )


def _paper_here(embedded: Embedded, ids: Ids, told: Told) -> Paper:
    def connect(credentials: Mapping[str, str], _wiring: Wiring) -> PaperBroker:
        return PaperBroker(CountedTransport(embedded.venue.transport(credentials["api_key"]), told))

    def open_account() -> dict[str, str]:
        api_key = ids.secret(43)
        embedded.exchange.open_account(f"PAPER-{ids.secret(8).upper()}", PAPER_CASH, owner=api_key)
        return {"api_key": api_key}

    async def close() -> None:
        embedded.ledger.close()

    return Paper(
        kind=BrokerKind(
            spec=PAPER,
            connect=connect,
            open_account=open_account,
            instruments=tuple(listed_instruments()),
        ),
        controls=Controls(embedded.exchange, embedded.faults),
        close=close,
    )


def paper_over_http() -> BrokerKind:
    """Say how it is reached as any other brokerage is: at an address, by who has an account there."""

    def connect(credentials: Mapping[str, str], wiring: Wiring) -> PaperBroker:
        return PaperBroker(wiring.open({API_KEY_HEADER: credentials["api_key"]}))

    return BrokerKind(spec=PAPER, connect=connect, instruments=tuple(listed_instruments()))


def _paper_at(wiring: Wiring) -> Paper:
    async def close() -> None:
        """Leave it running: it is somebody else's."""

    return Paper(
        kind=replace(
            paper_over_http(), open_account=lambda: {"api_key": f"{OPENING_KEY}{wiring.ids.secret(43)}"}
        ),
        controls=wiring.open({}),
        close=close,
    )
