"""Composition root: the one place that knows every part.

What it builds is one running nostro, without a socket.
"""

import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path

from nostro.accounts.read import ReadAccounts
from nostro.brokers.counted import CountedTransport, Told
from nostro.brokers.paper import SPEC as PAPER
from nostro.brokers.paper import PaperBroker
from nostro.brokers.registry import BrokerKind, Registry
from nostro.brokers.transport import Transport
from nostro.connections.connect import ConnectionDesk
from nostro.connections.links import Links
from nostro.connections.sessions import Sessions
from nostro.http import openapi
from nostro.http.authenticate import Authenticator
from nostro.http.call import Commands
from nostro.http.gateway import Gateway
from nostro.http.health import Health
from nostro.http.lanes import Lanes, Phase, Pulse
from nostro.http.limits import RateLimits
from nostro.http.meter import Meter
from nostro.http.operation import Operation
from nostro.http.operations import OPERATIONS
from nostro.http.router import Router
from nostro.orders.cancel import CancelOrders
from nostro.orders.index import OrderIndex
from nostro.orders.list import ListOrders
from nostro.orders.place import PlaceOrders
from nostro.orders.preview import PreviewOrders
from nostro.orders.reconcile import Reconciler
from nostro.orders.replace import ReplaceOrders
from nostro.orders.upkeep import Upkeep
from nostro.orders.watch import Watch
from nostro.portal.connect import OPERATIONS as PORTAL
from nostro.ports import Clock, Crashpoint, Ids, SystemClock, SystemIds, Tasks, no_crash
from nostro.settings import Settings
from nostro.sim.controls import Controls
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.instruments import listed_instruments
from nostro.sim.ledger import Ledger
from nostro.sim.server import API_KEY_HEADER, OPENING_CASH, OPENING_KEY, SimServer
from nostro.sim.venue import EmbeddedVenue
from nostro.storage.connections import SqlConnections
from nostro.storage.database import Database
from nostro.storage.identity import SqlKeys, SqlLoginLinks, SqlSeenRequests, SqlUsers
from nostro.storage.journal import SqlJournal
from nostro.storage.open import Store, open_store
from nostro.storage.orders import SqlOrders
from nostro.storage.outbox import SqlEndpoints, SqlOutbox
from nostro.storage.placements import SqlPlacements, SqlPreviews
from nostro.storage.port import Journal, Members
from nostro.storage.retention import SqlRetention
from nostro.storage.timed import TimedDatabase
from nostro.users.registry import UserRegistry
from nostro.webhooks.guard import Guard, resolve
from nostro.webhooks.relay import Deliver, Relay

DRAIN_S = 15.0
"""How long requests under way may take to end when the server is told to stop."""

PAPER_CASH = OPENING_CASH
EXCHANGE_FILE = "exchange.db"
"""The embedded brokerage's own store, in the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The embedded brokerage: a program of its own in spirit, with its own store and clock."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Nostro:
    """One nostro. `start` it before its port opens, `stop` it after its port is closed."""

    settings: Settings
    commands: Commands
    database: Database
    members: Members
    paper: Paper
    reconciler: Reconciler
    relay: Relay
    upkeep: Upkeep
    pulse: Pulse
    """To be run beside a port: in virtual time nothing is late."""
    tasks: Tasks
    authenticate: Authenticator
    lanes: Lanes
    meter: Meter
    health: Health
    ids: Ids

    async def start(self) -> None:
        """Take up what dead processes left open."""
        if self.settings.database_url:
            from nostro.storage import postgres  # noqa: PLC0415 - as in open_store

            await postgres.warn_unless_durable(self.settings.database_url)
        await self.reconciler.recover()
        for work, name in (
            (self.reconciler.run(), "reconcile"),
            (self.relay.run(), "relay"),
            (self.upkeep.run(), "upkeep"),
        ):
            self.tasks.start(work, name=name)
        self.lanes.phase = Phase.SERVING

    async def stop(self) -> None:
        """Let what is under way end, in bounded time; boot recovery has the rest."""
        self.reconciler.stop()
        self.relay.stop()
        self.upkeep.stop()
        await self.tasks.drain(DRAIN_S)
        await self.members.leave()
        await self.database.close()
        await self.paper.close()

    def application(self, extra: tuple[Operation, ...] = ()) -> Gateway:
        """Make the ASGI application that answers all operations, and `extra` ones."""
        return Gateway(
            router=Router(
                (
                    *OPERATIONS,
                    *PORTAL,
                    *self.health.operations(),
                    _openapi(),
                    *extra,
                )
            ),
            authenticate=self.authenticate,
            lanes=self.lanes,
            limits=RateLimits(self.settings.rate_limit_per_minute, self.commands.clock),
            meter=self.meter,
            commands=self.commands,
            settings=self.settings,
            ids=self.ids,
        )


async def build(
    settings: Settings,
    *,
    seed: int = 0,
    clock: Clock | None = None,
    ids: Ids | None = None,
    store: Store | None = None,
    embedded: Embedded | None = None,
    crashpoint: Crashpoint | None = None,
    deliver: Deliver | None = None,
) -> Nostro:
    """Open the data folder and put the parts together; raises VaultError, SchemaTooNew, StoreFailed.

    A simulation passes its own `store` and `embedded` in place of the data folder's, a `crashpoint` in place
    of what `settings.crash_at` names, and a `deliver` that takes its webhooks.
    """
    clock, ids = clock or SystemClock(), ids or SystemIds()
    store = store or await open_store(settings.data, settings.database_url, ids)
    lanes, tasks = Lanes(), Tasks()
    meter = Meter(lanes)
    database = TimedDatabase(store.database, clock, meter.worked)
    store = replace(store, database=database)
    paper = _reach_paper(settings, embedded, seed, clock, ids, partial(meter.sent, PAPER.slug))
    commands, reconciler = _commands(
        store, Registry((paper.kind,)), clock, ids, tasks, crashpoint or _crashpoint(settings.crash_at)
    )
    return Nostro(
        settings=settings,
        commands=commands,
        database=store.database,
        members=store.members,
        paper=paper,
        reconciler=reconciler,
        relay=_relay(store, deliver or _deliver(settings.webhook_allow), clock, tasks),
        upkeep=_upkeep(store.database, commands.journal, settings, clock),
        pulse=Pulse(lanes, lambda: database.waiting_s, clock),
        tasks=tasks,
        authenticate=Authenticator(
            keys=commands.keys,
            users=commands.users,
            seen=SqlSeenRequests(store.database),
            clock=clock,
            settings=settings,
        ),
        lanes=lanes,
        meter=meter,
        health=Health(
            database=store.database,
            members=store.members,
            journal=commands.journal,
            outbox=SqlOutbox(store.database),
            lanes=lanes,
            meter=meter,
            clock=clock,
            tasks=tasks,
        ),
        ids=ids,
    )


def _commands(
    store: Store, registry: Registry, clock: Clock, ids: Ids, tasks: Tasks, crashpoint: Crashpoint
) -> tuple[Commands, Reconciler]:
    """Put the use cases together, and the work that goes on after a cancel was answered."""
    database, members = store.database, store.members
    journal, orders = SqlJournal(database, members), SqlOrders(database)
    placements = SqlPlacements(database, members)
    connections = SqlConnections(database, store.vault)
    sessions = Sessions(registry, connections)
    watch, index = Watch(journal, clock), OrderIndex(orders=orders, clock=clock)
    reconciler = Reconciler(
        journal=journal,
        placements=placements,
        members=members,
        connections=connections,
        sessions=sessions,
        watch=watch,
        clock=clock,
        tasks=tasks,
    )
    commands = Commands(
        cancel=CancelOrders(
            journal=journal,
            index=index,
            sessions=sessions,
            reconciler=reconciler,
            watch=watch,
            clock=clock,
            ids=ids,
            tasks=tasks,
            crashpoint=crashpoint,
        ),
        place=PlaceOrders(placements=placements, orders=orders, sessions=sessions, clock=clock, tasks=tasks),
        replace=ReplaceOrders(orders=orders, index=index, sessions=sessions, clock=clock, tasks=tasks),
        preview=PreviewOrders(previews=SqlPreviews(database), sessions=sessions, clock=clock, ids=ids),
        orders=ListOrders(orders=orders, sessions=sessions, clock=clock),
        accounts=ReadAccounts(sessions),
        connections=ConnectionDesk(
            connections=connections, registry=registry, sessions=sessions, clock=clock, ids=ids
        ),
        sessions=sessions,
        links=Links(links=SqlLoginLinks(database), clock=clock, ids=ids),
        users=UserRegistry(users=SqlUsers(database), clock=clock, ids=ids),
        keys=SqlKeys(database, store.vault),
        journal=journal,
        registry=registry,
        clock=clock,
        ids=ids,
    )
    return commands, reconciler


@cache
def _openapi() -> Operation:
    """Describe the operations once; it takes longer than all the rest of a start."""
    return openapi.operation_for(OPERATIONS)


def _embed(path: Path, seed: int, clock: Clock) -> Embedded:
    ledger = Ledger(path)
    exchange = Exchange(ledger, clock.now, seed)
    faults = FaultPlan(exchange, clock)
    return Embedded(
        ledger=ledger, exchange=exchange, faults=faults, venue=EmbeddedVenue(exchange, faults, clock)
    )


def serve_brokerage(path: Path, seed: int) -> SimServer:
    """Make the embedded brokerage, on its own file, ready to be started."""
    parts = _embed(path, seed, SystemClock())
    return SimServer(parts.exchange, parts.faults, parts.venue, Controls(parts.exchange, parts.faults))


def _reach_paper(
    settings: Settings, embedded: Embedded | None, seed: int, clock: Clock, ids: Ids, told: Told
) -> Paper:
    if settings.paper_url:
        return _paper_at(settings.paper_url, clock, ids, told)
    return _paper_here(embedded or _embed(settings.data / EXCHANGE_FILE, seed, clock), clock, ids, told)


def _paper_here(embedded: Embedded, clock: Clock, ids: Ids, told: Told) -> Paper:
    def connect(credentials: Mapping[str, str]) -> PaperBroker:
        transport = CountedTransport(embedded.venue.transport(credentials["api_key"]), told)
        return PaperBroker(transport, clock)

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


def _paper_at(url: str, clock: Clock, ids: Ids, told: Told) -> Paper:
    # Imported here: aiohttp takes long to load, and a server without brokerages over HTTP has no use for it.
    from nostro.brokers.http_transport import HttpClient  # noqa: PLC0415

    client = HttpClient()

    def connect(credentials: Mapping[str, str]) -> PaperBroker:
        transport = client.transport(url, {API_KEY_HEADER: credentials["api_key"]})
        return PaperBroker(CountedTransport(transport, told), clock)

    return Paper(
        kind=BrokerKind(
            spec=PAPER,
            connect=connect,
            open_account=lambda: {"api_key": f"{OPENING_KEY}{ids.secret(43)}"},
            instruments=tuple(listed_instruments()),
        ),
        controls=client.transport(url, {}),
        close=client.close,
    )


def _relay(store: Store, deliver: Deliver, clock: Clock, tasks: Tasks) -> Relay:
    return Relay(
        outbox=SqlOutbox(store.database),
        endpoints=SqlEndpoints(store.database, store.vault),
        keys=SqlKeys(store.database, store.vault),
        deliver=deliver,
        clock=clock,
        tasks=tasks,
    )


def _upkeep(database: Database, journal: Journal, settings: Settings, clock: Clock) -> Upkeep:
    accepted_for_s = settings.timestamp_past_s + settings.timestamp_future_s
    retention = SqlRetention(database, signatures_kept=timedelta(seconds=accepted_for_s))
    return Upkeep(journal=journal, retention=retention, clock=clock)


def _deliver(allowed: str) -> Deliver:
    async def deliver(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        # Imported here, as aiohttp takes long to load: most servers tell nobody anything.
        from nostro.webhooks.deliver import HttpDeliver  # noqa: PLC0415

        return await HttpDeliver(Guard(allowed, resolve))(url, body, headers)

    return deliver


def _crashpoint(where: str) -> Crashpoint:
    """Make the process kill itself at a point, as a power switch would; `point:n` means its n-th visit."""
    if not where:
        return no_crash
    name, _, visit = where.partition(":")
    visits = count(1)

    def die_at(reached: str) -> None:
        if reached == name and next(visits) == int(visit or 1):
            os.kill(os.getpid(), signal.SIGKILL)

    return die_at
