"""Composition root: the one place that knows every part.

What it builds is one running nostro, without a socket.
"""

import os
import signal
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from nostro.accounts.read import ReadAccounts
from nostro.brokers.paper import SPEC as PAPER
from nostro.brokers.paper import PaperBroker
from nostro.brokers.registry import BrokerKind, Registry
from nostro.connections.connect import ConnectionDesk
from nostro.connections.links import Links
from nostro.connections.sessions import Sessions
from nostro.http import openapi
from nostro.http.authenticate import Authenticator
from nostro.http.call import Commands
from nostro.http.gateway import Gateway
from nostro.http.health import Health
from nostro.http.lanes import Lanes
from nostro.http.limits import RateLimits
from nostro.http.meter import Meter
from nostro.http.operation import Operation
from nostro.http.operations import OPERATIONS
from nostro.http.router import Router
from nostro.orders.cancel import CancelOrders
from nostro.orders.list import ListOrders
from nostro.orders.place import PlaceOrders
from nostro.orders.preview import PreviewOrders
from nostro.orders.reconcile import Reconciler
from nostro.orders.replace import ReplaceOrders
from nostro.orders.watch import Watch
from nostro.portal.connect import OPERATIONS as PORTAL
from nostro.ports import Clock, Crashpoint, Ids, SystemClock, SystemIds, Tasks, no_crash
from nostro.settings import Settings
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.venue import EmbeddedVenue
from nostro.storage.connections import SqlConnections
from nostro.storage.database import Database
from nostro.storage.identity import SqlKeys, SqlLoginLinks, SqlSeenRequests, SqlUsers
from nostro.storage.journal import SqlJournal
from nostro.storage.orders import SqlOrders
from nostro.storage.placements import SqlPlacements, SqlPreviews
from nostro.storage.schema import upgrade
from nostro.storage.sqlite import SqliteDatabase
from nostro.storage.vault import Vault, open_key_ring
from nostro.users.registry import UserRegistry

DRAIN_S = 15.0
"""How long requests under way may take to end when the server is told to stop."""

PAPER_CASH = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The embedded brokerage: a program of its own in spirit, with its own store and clock."""

    ledger: Ledger
    exchange: Exchange
    faults: FaultPlan
    venue: EmbeddedVenue


@dataclass(frozen=True, slots=True, kw_only=True)
class Nostro:
    """One nostro. `start` it before its port opens, `stop` it after its port is closed."""

    settings: Settings
    commands: Commands
    database: Database
    embedded: Embedded
    reconciler: Reconciler
    tasks: Tasks
    authenticate: Authenticator
    lanes: Lanes
    meter: Meter
    health: Health
    ids: Ids

    async def start(self) -> None:
        """Take up what an earlier process left open."""
        await self.commands.place.recover()
        await self.reconciler.recover()
        self.tasks.start(self.reconciler.run(), name="reconcile")

    async def stop(self) -> None:
        """Let what is under way end, in bounded time; boot recovery has the rest."""
        self.reconciler.stop()
        await self.tasks.drain(DRAIN_S)
        await self.database.close()
        self.embedded.ledger.close()

    def application(self, extra: tuple[Operation, ...] = ()) -> Gateway:
        """Make the ASGI application that answers all operations, and `extra` ones."""
        return Gateway(
            router=Router(
                (
                    *OPERATIONS,
                    *PORTAL,
                    *self.health.operations(),
                    openapi.operation_for(OPERATIONS),
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
    settings: Settings, *, seed: int = 0, clock: Clock | None = None, ids: Ids | None = None
) -> Nostro:
    """Open the data folder and put the parts together; raises VaultError, SchemaTooNew, StoreFailed."""
    clock, ids = clock or SystemClock(), ids or SystemIds()
    database, vault = await open_store(settings.data, ids)
    embedded = _embed(settings.data / "exchange.db", seed, clock)
    registry = Registry((_paper(embedded, clock, ids),))

    tasks = Tasks()
    users = UserRegistry(users=SqlUsers(database), clock=clock, ids=ids)
    keys = SqlKeys(database, vault)
    connections = SqlConnections(database, vault)
    sessions = Sessions(registry, connections)
    journal, orders = SqlJournal(database), SqlOrders(database)
    watch = Watch(journal, clock)
    reconciler = Reconciler(
        journal=journal, connections=connections, sessions=sessions, watch=watch, clock=clock, tasks=tasks
    )
    commands = Commands(
        cancel=CancelOrders(
            journal=journal,
            orders=orders,
            sessions=sessions,
            reconciler=reconciler,
            watch=watch,
            clock=clock,
            ids=ids,
            tasks=tasks,
            crashpoint=_crashpoint(settings.crash_at),
        ),
        place=PlaceOrders(
            placements=SqlPlacements(database), orders=orders, sessions=sessions, clock=clock, tasks=tasks
        ),
        replace=ReplaceOrders(orders=orders, sessions=sessions, clock=clock),
        preview=PreviewOrders(previews=SqlPreviews(database), sessions=sessions, clock=clock, ids=ids),
        orders=ListOrders(orders=orders, sessions=sessions, clock=clock),
        accounts=ReadAccounts(sessions),
        connections=ConnectionDesk(
            connections=connections, registry=registry, sessions=sessions, clock=clock, ids=ids
        ),
        sessions=sessions,
        links=Links(links=SqlLoginLinks(database), clock=clock, ids=ids),
        users=users,
        keys=keys,
        journal=journal,
        registry=registry,
        clock=clock,
        ids=ids,
    )
    authenticate = Authenticator(
        keys=keys, users=users, seen=SqlSeenRequests(database), clock=clock, settings=settings
    )
    lanes = Lanes()
    meter = Meter(lanes)
    return Nostro(
        settings=settings,
        commands=commands,
        database=database,
        embedded=embedded,
        reconciler=reconciler,
        tasks=tasks,
        authenticate=authenticate,
        lanes=lanes,
        meter=meter,
        health=Health(database=database, journal=journal, meter=meter, clock=clock),
        ids=ids,
    )


async def open_store(data: Path, ids: Ids) -> tuple[Database, Vault]:
    """Open the data folder, made on first use; raises VaultError, SchemaTooNew, StoreFailed."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)  # noqa: ASYNC240 - nothing else runs yet
    vault = open_key_ring(data / "keys.json", ids)
    database = SqliteDatabase(data / "nostro.db")
    await database.write(upgrade)
    return database, vault


def _embed(path: Path, seed: int, clock: Clock) -> Embedded:
    ledger = Ledger(path)
    exchange = Exchange(ledger, clock.now, seed)
    faults = FaultPlan(exchange, clock)
    return Embedded(
        ledger=ledger, exchange=exchange, faults=faults, venue=EmbeddedVenue(exchange, faults, clock)
    )


def _paper(embedded: Embedded, clock: Clock, ids: Ids) -> BrokerKind:
    def open_account() -> dict[str, str]:
        api_key = ids.secret(43)
        embedded.exchange.open_account(f"PAPER-{ids.secret(8).upper()}", PAPER_CASH, owner=api_key)
        return {"api_key": api_key}

    return BrokerKind(
        spec=PAPER,
        connect=lambda credentials: PaperBroker(embedded.venue.transport(credentials["api_key"]), clock),
        open_account=open_account,
        instruments=tuple(embedded.exchange.instruments()),
    )


def _crashpoint(name: str) -> Crashpoint:
    """Make the process kill itself at the named point, as a power switch would."""
    if not name:
        return no_crash

    def die_at(reached: str) -> None:
        if reached == name:
            os.kill(os.getpid(), signal.SIGKILL)

    return die_at
