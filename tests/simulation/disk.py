"""What every seed begins with: partners who listen, and their users' connections, made by the server."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from decimal import Decimal

import structlog

from nostro.app import build
from nostro.domain.connection import ConnectionType
from nostro.domain.ids import AccountId, ClientId, UserId
from nostro.embedded import Embedded
from nostro.settings import Settings, read_settings
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.storage.open import Store
from nostro.storage.outbox import SqlEndpoints
from nostro.storage.outbox_port import WebhookEndpoint
from nostro.storage.port import Owner, PartnerKey
from nostro.storage.vault import Ring, Vault

from .caller import PARTNERS, USERS
from .durable import Image, SimDatabase, SqliteImage
from .loop import SimLoop, new_loop
from .network import Network
from .ports import SimClock, SimIds, SimMembers, dice

_SETTINGS = {
    "NOSTRO_DATA": "nowhere",
    "NOSTRO_TIMESTAMP_PAST_S": "86400",
    "NOSTRO_TIMESTAMP_FUTURE_S": "86400",
}


class Disk:
    """What all seeds begin with: partners, users, their connections, and no orders."""

    def __init__(self, image: Image | None = None) -> None:
        self.image = image or SqliteImage()
        self.vault = Vault(lambda: Ring({b"sim-key.": bytes(32)}, b"sim-key."), SimIds(dice(0, "disk")))
        with quiet():
            loop = new_loop(dice(0, "disk"), lambda _which: None)
            loop.run_until_done(_furnish(self, loop))
            loop.discard()
        self.image.keep()


async def _furnish(disk: Disk, loop: SimLoop) -> None:
    clock = SimClock(loop)
    database = open_database(disk.image, clock, lambda: None)
    ledger = Ledger(":memory:")
    exchange = open_exchange(ledger, clock)
    faults = FaultPlan(exchange, clock)
    network = Network(
        exchange,
        faults,
        clock,
        loop=loop,
        rng=dice(0, "disk"),
        on_send=lambda _parcel: None,
        on_arrival=lambda _parcel: None,
        on_refusal=lambda _operation: None,
    )
    network.is_slow = False
    nostro = await build(
        settings(),
        clock=clock,
        ids=SimIds(dice(0, "ids")),
        store=Store(database=database, vault=disk.vault, members=SimMembers(loop, 0, set())),
        embedded=Embedded(ledger=ledger, exchange=exchange, faults=faults, venue=network),
    )
    do = nostro.commands
    endpoints = SqlEndpoints(database, disk.vault)
    for partner in PARTNERS:
        await do.keys.add(
            PartnerKey(
                client_id=ClientId(partner.client_id),
                name="Simulation",
                is_personal=False,
                consumer_key=partner.consumer_key,
                created_at=clock.now(),
            )
        )
        await endpoints.put(
            WebhookEndpoint(
                client_id=ClientId(partner.client_id),
                url=partner.url,
                secret=partner.secret,
                is_on=True,
                updated_at=clock.now(),
            )
        )
    for user in USERS:
        owner = Owner(client_id=ClientId(user.partner.client_id), user_id=UserId(user.user_id))
        await do.users.register(owner, user.secret)
        await do.connections.connect(
            owner,
            "PAPER",
            {"api_key": user.api_key},
            ConnectionType.TRADE,
            {user.number: AccountId(user.account_id)},
        )
    ledger.close()


def open_database(image: Image, clock: SimClock, on_commit: Callable[[], None]) -> SimDatabase:
    """Open it for somebody who is no server: nothing goes wrong."""
    return SimDatabase(
        image,
        clock,
        take_fault=lambda _what: None,
        delay_s=lambda: 0.0,
        is_alive=lambda: True,
        on_commit=on_commit,
    )


def settings() -> Settings:
    return read_settings(_SETTINGS)


def open_exchange(ledger: Ledger, clock: SimClock) -> Exchange:
    exchange = Exchange(ledger, clock.now, seed=1)
    for user in USERS:
        exchange.open_account(user.number, Decimal(1_000_000), owner=user.api_key)
    return exchange


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let nostro log nothing: its troubles are the point, and there are many."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
