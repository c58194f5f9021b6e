"""What stands in TradeStation accounts. Prices and previews are not asked for.

Many paths take several accounts, and answer 200 where they could say something of one alone ("Errors").
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from nostro.brokers.ask import Asking
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tradestation.holdings import read_accounts, read_balance, read_positions
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import Instrument
from nostro.domain.place import NewOrder, Preview

_ACCOUNTS = "/v3/brokerage/accounts"
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,20}")
"""One account and no list of them: the documents show digits, and `SIM` and `M` around those."""


class TradeStationAccounts:
    """The calls of one customer that change nothing and concern no order."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        self._spec = spec
        self._ask = Asking(transport, spec)

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

    async def list_quotes(self, _symbols: Sequence[str]) -> Sequence[Quote]:
        raise ReadFailed("prices are not asked for at this brokerage")

    async def list_instruments(self) -> Sequence[Instrument]:
        raise ReadFailed("instruments are not asked for at this brokerage")

    async def preview_order(self, _account: str, _order: NewOrder) -> Preview | str:
        raise ReadFailed("this brokerage is not asked about an order before it is placed")


def account_path(account: str) -> str:
    """Name one account in a path; raises ReadFailed for what could name none, or more than one."""
    if _ACCOUNT.fullmatch(account) is None:
        raise ReadFailed(f"{account!r} is not an account here")
    return f"{_ACCOUNTS}/{quote(account, safe='')}"
