"""What stands in Schwab accounts. Prices and previews are not asked for.

No path names an account by its number: Schwab gives each a hash, and wants that instead ("Get list of account
numbers and their encrypted values").
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from nostro.brokers.schwab.holdings import read_balance, read_hashes, read_positions
from nostro.brokers.session import Session
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.errors import ReadFailed

_ACCOUNTS = "/trader/v1/accounts"


class SchwabAccounts(Session):
    """The calls of one customer that change nothing and concern no order."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        super().__init__(transport, spec)
        self._hashes: dict[str, str] = {}
        self._hashes_lock = asyncio.Lock()

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        await self._read_hashes("read")
        return [BrokerageAccount(number=number, name="Schwab account") for number in self._hashes]

    async def list_balances(self, account: str) -> Sequence[Balance]:
        return [await self._ask.read(await self._account_path(account), read_balance)]

    async def list_positions(self, account: str) -> Sequence[Position]:
        path = await self._account_path(account)
        return await self._ask.read(f"{path}?fields=positions", read_positions)

    async def _account_path(self, account: str) -> str:
        """Find where an account is; raises ReadFailed also for one that these credentials do not have."""
        async with self._hashes_lock:
            if account not in self._hashes:
                await self._read_hashes("look_up")  # a cancel may wait for it
        found = self._hashes.get(account)
        if found is None:
            raise ReadFailed("these credentials have no such account")
        return f"{_ACCOUNTS}/{quote(found, safe='')}"

    async def _read_hashes(self, operation: str) -> None:
        self._hashes = await self._ask.read(f"{_ACCOUNTS}/accountNumbers", read_hashes, operation)
