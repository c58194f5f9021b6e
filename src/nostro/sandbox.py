"""The sandbox's world: that of SnapTrade's "Cancel order" reference page, whose snippets run as printed.

These secrets are public. They exist in a sandbox only: `nostro serve` refuses a data folder that holds them.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from nostro.app import Nostro
from nostro.domain.connection import ConnectionType
from nostro.domain.errors import InvalidRequest, UserExists
from nostro.domain.ids import AccountId, ClientId, ClientOrderId, UserId
from nostro.domain.order import OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from nostro.embedded import PAPER_CASH
from nostro.http.sandbox import tell
from nostro.storage.port import Owner, PartnerKey
from nostro.storage.reset import forget_everything

CLIENT_ID = ClientId("PARTNER_CLIENT_ID")
CONSUMER_KEY = "CONSUMER_KEY"
USER_ID = UserId("snaptrade-user-123")
USER_SECRET = "adf2aa34-8219-40f7-a6b3-60156985cc61"  # noqa: S105 - public, and good for nothing else
ACCOUNT_ID = AccountId("917c8734-8470-4a3e-a18f-57c3f2ee6631")
ORDER_ID = "66a033fa-da74-4fcf-b527-feefdec9257e"

OWNER = Owner(client_id=CLIENT_ID, user_id=USER_ID)

_TURN_FILE = "reset-turn"
"""In the data folder; whoever furnishes the sandbox, or starts it over, holds a lock on it."""

_WHOLE_FILE = "furnished"
"""In the data folder, once everything was put there."""

_ACCOUNT_NUMBER = "PAPER-0001"
_API_KEY = "sandbox"
_LIMIT_PRICE = Decimal(1)
"""Far below any price the seed makes, so that the order rests until something is done about it."""


async def furnish(nostro: Nostro) -> None:
    """Put the well-known key, user, account and open order into an empty sandbox.

    Leave a used one as it is, and finish one that a crash left half made. One at a time, over all processes.
    """
    whole = nostro.settings.data / _WHOLE_FILE
    async with _turn(nostro.settings.data / _TURN_FILE):
        if not whole.exists() or await nostro.commands.keys.get(CLIENT_ID) is None:
            await _furnish(nostro)
            whole.touch()


async def _furnish(nostro: Nostro) -> None:
    """Do what is not done yet."""
    do = nostro.commands
    if await do.keys.get(CLIENT_ID) is None:
        await do.keys.add(
            PartnerKey(
                client_id=CLIENT_ID,
                name="Sandbox",
                is_personal=False,
                consumer_key=CONSUMER_KEY,
                created_at=do.clock.now(),
            )
        )
    with suppress(UserExists):
        await do.users.register(OWNER, USER_SECRET)
    controls = nostro.paper.controls
    opened = {"number": _ACCOUNT_NUMBER, "api_key": _API_KEY, "cash": PAPER_CASH, "name": "Sandbox account"}
    placed = {"account": _ACCOUNT_NUMBER, "order_id": ORDER_ID, "order": _open_order()}
    for target, document in (("/sandbox/accounts", opened), ("/sandbox/orders", placed)):
        with suppress(InvalidRequest):  # it is there already
            await tell(controls, "POST", target, document)
    await do.connections.connect(
        OWNER, "PAPER", {"api_key": _API_KEY}, ConnectionType.TRADE, {_ACCOUNT_NUMBER: ACCOUNT_ID}
    )
    # Listed once, as an application does before it cancels: the order is then known to be the account's.
    await do.orders(await do.connections.account(OWNER, ACCOUNT_ID), timedelta(days=1))


async def may_furnish(nostro: Nostro) -> bool:
    """Say whether this data folder is empty, or a sandbox's already."""
    keys = await nostro.commands.keys.list()
    return not keys or any(key.consumer_key == CONSUMER_KEY for key in keys)


async def is_furnished(nostro: Nostro) -> bool:
    """Say whether this data folder holds the well-known key."""
    return any(key.consumer_key == CONSUMER_KEY for key in await nostro.commands.keys.list())


def how_to(url: str) -> str:
    """Write the reference page's snippet with the address filled in."""
    return f"""
    from snaptrade_client import SnapTrade      # pip install "snaptrade-python-sdk<12"

    snaptrade = SnapTrade(client_id="{CLIENT_ID}", consumer_key="{CONSUMER_KEY}", host="{url}")
    response = snaptrade.trading.cancel_order(
        account_id="{ACCOUNT_ID}",
        user_id="{USER_ID}",
        user_secret="{USER_SECRET}",
        brokerage_order_id="{ORDER_ID}",
    )
    print(response.body)

The exchange's own log: curl {url}/sandbox/truth
"""


def _open_order() -> NewOrder:
    return NewOrder(
        legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=Decimal(10),
        limit_price=_LIMIT_PRICE,
        client_order_id=ClientOrderId(ORDER_ID),
    )


async def reset(nostro: Nostro, seed: int) -> None:
    """Start the whole sandbox over: exchange, faults, and everything nostro knew.

    One at a time, over all processes on the data folder. What is under way meanwhile ends as it can: of what
    it was about, nothing is known any more.
    """
    async with _turn(nostro.settings.data / _TURN_FILE):
        await tell(nostro.paper.controls, "POST", "/sandbox/reset", {"seed": seed})
        nostro.commands.sessions.forget_all()
        await forget_everything(nostro.database)
        await _furnish(nostro)


@asynccontextmanager
async def _turn(path: Path) -> AsyncIterator[None]:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
