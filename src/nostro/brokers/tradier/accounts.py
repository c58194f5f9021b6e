"""What stands in Tradier accounts. Prices and previews are not asked for."""

from collections.abc import Sequence
from urllib.parse import quote

from nostro.brokers.session import Session
from nostro.brokers.tradier.wire import read_accounts, read_balance, read_positions
from nostro.domain.account import Balance, BrokerageAccount, Position


class TradierAccounts(Session):
    """The calls of one token that change nothing and concern no order."""

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        return await self._ask.read(
            "/v1/user/profile", lambda body: read_accounts(body, is_paper=self._spec.is_paper)
        )

    async def list_balances(self, account: str) -> Sequence[Balance]:
        return [await self._ask.read(f"{account_path(account)}/balances", read_balance)]

    async def list_positions(self, account: str) -> Sequence[Position]:
        return await self._ask.read(f"{account_path(account)}/positions", read_positions)


def account_path(account: str) -> str:
    return f"/v1/accounts/{quote(account, safe='')}"
