"""What stands in TradeStation accounts. Prices and previews are not asked for.

Many paths take several accounts, and answer 200 where they could say something of one alone ("Errors").
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from nostro.brokers.session import Session
from nostro.brokers.tradestation.holdings import read_accounts, read_balance, read_positions
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.errors import ReadFailed

_ACCOUNTS = "/v3/brokerage/accounts"
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,20}")
"""One account and no list of them: the documents show digits, and `SIM` and `M` around those."""


class TradeStationAccounts(Session):
    """The calls of one customer that change nothing and concern no order."""

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        return await self._ask.read(_ACCOUNTS, lambda body: read_accounts(body, is_paper=self._spec.is_paper))

    async def list_balances(self, account: str) -> Sequence[Balance]:
        """List one balance, in the currency that the account has by the list of accounts."""
        path = f"{account_path(account)}/balances"
        own = next((each for each in await self.list_accounts() if each.number == account), None)
        if own is None:
            raise ReadFailed("these credentials have no such account")
        return [await self._ask.read(path, lambda body: read_balance(body, account, own.currency))]

    async def list_positions(self, account: str) -> Sequence[Position]:
        path = f"{account_path(account)}/positions"
        return await self._ask.read(path, lambda body: read_positions(body, account))


def account_path(account: str) -> str:
    """Name one account in a path; raises ReadFailed for what could name none, or more than one."""
    if _ACCOUNT.fullmatch(account) is None:
        raise ReadFailed(f"{account!r} is not an account here")
    return f"{_ACCOUNTS}/{quote(account, safe='')}"
