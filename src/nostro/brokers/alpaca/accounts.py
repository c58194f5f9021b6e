"""What stands in an Alpaca account. Prices are Alpaca's market data, another service, which is not asked."""

from collections.abc import Sequence

from nostro.brokers.alpaca.wire import read_account, read_balance, read_positions
from nostro.brokers.session import Session
from nostro.domain.account import Balance, BrokerageAccount, Position


class AlpacaAccounts(Session):
    """The calls of one key that change nothing and concern no order."""

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        account = await self._ask.read(
            "/v2/account", lambda body: read_account(body, is_paper=self._spec.is_paper)
        )
        return [account]

    async def list_balances(self, _account: str) -> Sequence[Balance]:
        return [await self._ask.read("/v2/account", read_balance)]

    async def list_positions(self, _account: str) -> Sequence[Position]:
        return await self._ask.read("/v2/positions", read_positions)
