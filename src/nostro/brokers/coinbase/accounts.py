"""What stands in the portfolio of a key. Prices and previews are not asked for."""

from collections.abc import AsyncGenerator, Callable, Sequence
from urllib.parse import quote

from nostro.brokers.ask import Asking
from nostro.brokers.coinbase.wallets import Wallet, balances, positions, read_account, read_wallets
from nostro.brokers.coinbase.wire import Page, Row
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import Instrument
from nostro.domain.place import NewOrder, Preview

API = "/api/v3/brokerage"

PAGE_MAX = 250
"""Wallets in one answer ("List Accounts", parameter `limit`). For orders Coinbase names no bound; of so many
rows an answer stays well below what the transport takes."""

PAGES_MAX = 40


class CoinbaseAccounts:
    """The calls of one key that change nothing and concern no order.

    A key is one portfolio's, and sees and trades in no other, so that no call names it ("Create Order",
    `retail_portfolio_id`).
    """

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        self._spec = spec
        self._ask = Asking(transport, spec)

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        return [await self._ask.read(f"{API}/key_permissions", read_account)]

    async def list_balances(self, _account: str) -> Sequence[Balance]:
        return balances(await self._wallets())

    async def list_positions(self, _account: str) -> Sequence[Position]:
        return positions(await self._wallets())

    async def list_quotes(self, _symbols: Sequence[str]) -> Sequence[Quote]:
        raise ReadFailed("prices are not asked for at this brokerage")

    async def list_instruments(self) -> Sequence[Instrument]:
        raise ReadFailed("instruments are not asked for at this brokerage")

    async def preview_order(self, _account: str, _order: NewOrder) -> Preview | str:
        raise ReadFailed("this brokerage is not asked about an order before it is placed")

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
