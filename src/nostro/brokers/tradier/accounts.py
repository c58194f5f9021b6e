"""What stands in Tradier accounts. Prices and previews are not asked for."""

from collections.abc import Sequence
from urllib.parse import quote

from nostro.brokers.ask import Asking
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tradier.wire import read_accounts, read_balance, read_positions
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import Instrument
from nostro.domain.place import NewOrder, Preview


class TradierAccounts:
    """The calls of one token that change nothing and concern no order."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        self._spec = spec
        self._ask = Asking(transport, spec)

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        return await self._ask.read(
            "/v1/user/profile", lambda body: read_accounts(body, is_paper=self._spec.is_paper)
        )

    async def list_balances(self, account: str) -> Sequence[Balance]:
        return [await self._ask.read(f"{account_path(account)}/balances", read_balance)]

    async def list_positions(self, account: str) -> Sequence[Position]:
        return await self._ask.read(f"{account_path(account)}/positions", read_positions)

    async def list_quotes(self, _symbols: Sequence[str]) -> Sequence[Quote]:
        raise ReadFailed("prices are not asked for at this brokerage")

    async def list_instruments(self) -> Sequence[Instrument]:
        raise ReadFailed("instruments are not asked for at this brokerage")

    async def preview_order(self, _account: str, _order: NewOrder) -> Preview | str:
        # Tradier's preview is a placement with one more word in its form: not a read, if the word is lost.
        raise ReadFailed("this brokerage is not asked about an order before it is placed")


def account_path(account: str) -> str:
    return f"/v1/accounts/{quote(account, safe='')}"
