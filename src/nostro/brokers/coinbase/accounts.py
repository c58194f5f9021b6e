"""What stands in the portfolio of a key. Prices and previews are not asked for."""

from collections.abc import AsyncGenerator, Callable, Sequence
from urllib.parse import quote

from nostro.brokers.coinbase.wallets import Wallet, balances, positions, read_account, read_wallets
from nostro.brokers.coinbase.wire import Page, Row
from nostro.brokers.session import Session
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.errors import ReadFailed

API = "/api/v3/brokerage"

PAGE_MAX = 250
"""Wallets in one answer ("List Accounts", parameter `limit`). For orders Coinbase names no bound; of so many
rows an answer stays well below what the transport takes."""

PAGES_MAX = 40


class CoinbaseAccounts(Session):
    """The calls of one key that change nothing and concern no order.

    A key is one portfolio's, and sees and trades in no other, so that no call names it ("Create Order",
    `retail_portfolio_id`).
    """

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        return [await self._ask.read(f"{API}/key_permissions", read_account)]

    async def list_balances(self, _account: str) -> Sequence[Balance]:
        return balances(await self._wallets())

    async def list_positions(self, _account: str) -> Sequence[Position]:
        return positions(await self._wallets())

    async def _wallets(self) -> list[Wallet]:
        return [wallet async for wallet in self._rows(f"{API}/accounts?", read_wallets, "read")]

    async def _rows(
        self, query: str, parse: Callable[[bytes], Page[Row]], operation: str
    ) -> AsyncGenerator[Row, None]:
        """Read a list to its end, page by page; raises ReadFailed where that does not come."""
        cursor = ""
        for _ in range(PAGES_MAX):
            page = await self._ask.read(f"{query}limit={PAGE_MAX}{cursor}", parse, operation)
            for row in page.rows:
                yield row
            if page.next is None:
                return
            cursor = f"&cursor={quote(page.next, safe='')}"
        raise ReadFailed("there is more in this portfolio than can be listed")
