"""What stands in an Alpaca account. Prices are Alpaca's market data, another service, which is not asked."""

from collections.abc import Sequence

from nostro.brokers.alpaca.wire import read_account, read_balance, read_positions
from nostro.brokers.ask import Asking
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import Instrument
from nostro.domain.place import NewOrder, Preview


class AlpacaAccounts:
    """The calls of one key that change nothing and concern no order."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        self._spec = spec
        self._ask = Asking(transport, spec)

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        account = await self._ask.read(
            "/v2/account", lambda body: read_account(body, is_paper=self._spec.is_paper)
        )
        return [account]

    async def list_balances(self, _account: str) -> Sequence[Balance]:
        return [await self._ask.read("/v2/account", read_balance)]

    async def list_positions(self, _account: str) -> Sequence[Position]:
        return await self._ask.read("/v2/positions", read_positions)

    async def list_quotes(self, _symbols: Sequence[str]) -> Sequence[Quote]:
        raise ReadFailed("prices are not asked for at this brokerage")

    async def list_instruments(self) -> Sequence[Instrument]:
        raise ReadFailed("instruments are not asked for at this brokerage")

    async def preview_order(self, _account: str, _order: NewOrder) -> Preview | str:
        raise ReadFailed("this brokerage says nothing of an order before it is placed")
