"""What stands in a Kraken account. Prices and previews are not asked for."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from nostro.brokers.kraken.names import Names
from nostro.brokers.kraken.wire import Holding, read_account_number, read_holdings
from nostro.brokers.session import Session
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.instrument import AssetClass, Instrument

_CASH = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "JPY", "USD"})
"""What is money here; every other asset is a position. Kraken calls all of them assets of one class."""

_EARNING = ".F"
"""Ends the name of what earns rewards and can be traded as the asset itself (BalanceEx)."""


class KrakenAccounts(Session):
    """The calls of one key that change nothing and concern no order. A key is one account's."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        super().__init__(transport, spec)
        self._names = Names(self._ask)

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        number = await self._ask.read("/0/private/GetApiKeyInfo", read_account_number)
        return [BrokerageAccount(number=number, name="Kraken account")]

    async def list_balances(self, _account: str) -> Sequence[Balance]:
        holdings = await self._holdings()
        return [
            Balance(currency=name, cash=holding.total, buying_power=holding.available)
            for name, holding in holdings.items()
            if name in _CASH
        ]

    async def list_positions(self, _account: str) -> Sequence[Position]:
        """List the coins. A coin is held without a price: it is shown as the pair with the dollar."""
        holdings = await self._holdings()
        return [
            Position(instrument=_coin(name), quantity=holding.total, average_price=None, last_price=None)
            for name, holding in holdings.items()
            if name not in _CASH and holding.total
        ]

    async def _holdings(self) -> Mapping[str, Holding]:
        """Read what is held of each asset, by the name that everybody uses."""
        found = await self._ask.read("/0/private/BalanceEx", read_holdings)
        names = await self._names.asset_names()
        holdings: dict[str, Holding] = {}
        for asset, holding in found.items():
            plain = asset.removesuffix(_EARNING)
            name = names.get(plain, plain)
            known = holdings.get(name, Holding(total=Decimal(0), available=Decimal(0)))
            holdings[name] = Holding(
                total=known.total + holding.total, available=known.available + holding.available
            )
        return holdings


def _coin(name: str) -> Instrument:
    # What is staked or otherwise bound has a name of its own, and no market.
    symbol = name if "." in name else f"{name}/USD"
    return Instrument(symbol=symbol, asset_class=AssetClass.CRYPTO, fractionable=True)
