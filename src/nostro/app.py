"""Composition root: the one place that knows every part.

What it builds is one running nostro, without a socket.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, partial
from itertools import count

from nostro.accounts.read import ReadAccounts
from nostro.brokers.registry import Registry, discover
from nostro.brokers.ties import LooseSecrets, loose
from nostro.brokers.wiring import Wires
from nostro.connections.connect import ConnectionDesk
from nostro.connections.links import Links
from nostro.connections.sessions import Sessions
from nostro.embedded import PAPER, Embedded, Paper, reach_paper
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Nostro:
    """One nostro. `start` it before its port opens, `stop` it after its port is closed."""

    settings: Settings
    commands: Commands
    database: Database
    members: Members
    paper: Paper
    wires: Wires
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
        await self.wires.close()
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
    addresses = {**settings.broker_urls, PAPER.slug: settings.paper_url}
    wires = Wires(addresses, clock=clock, ids=ids, tasks=tasks, sent=meter.sent)
    paper = reach_paper(
        settings, embedded, seed, wires(PAPER, loose(LooseSecrets({}))), partial(meter.sent, PAPER.slug)
    )
    registry = Registry((paper.kind, *discover()), wires)
    commands, reconciler = _commands(
        store, registry, clock, ids, tasks, crashpoint or _crashpoint(settings.crash_at)
    )
    return Nostro(
        settings=settings,
        commands=commands,
        database=store.database,
        members=store.members,
        paper=paper,
        wires=wires,
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
    sessions = Sessions(registry, connections, clock, tasks)
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
