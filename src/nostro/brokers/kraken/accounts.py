"""What stands in a Kraken account. Prices and previews are not asked for."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from nostro.brokers.ask import Asking
from nostro.brokers.kraken.names import Names
from nostro.brokers.kraken.wire import Holding, read_account_number, read_holdings
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.place import NewOrder, Preview

_CASH = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "JPY", "USD"})
"""What is money here; every other asset is a position. Kraken calls all of them assets of one class."""

_EARNING = ".F"
"""Ends the name of what earns rewards and can be traded as the asset itself (BalanceEx)."""


class KrakenAccounts:
    """The calls of one key that change nothing and concern no order. A key is one account's."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        self._spec = spec
        self._ask = Asking(transport, spec)
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

    async def list_quotes(self, _symbols: Sequence[str]) -> Sequence[Quote]:
        raise ReadFailed("prices are not asked for at this brokerage")

    async def list_instruments(self) -> Sequence[Instrument]:
        raise ReadFailed("instruments are not asked for at this brokerage")

    async def preview_order(self, _account: str, _order: NewOrder) -> Preview | str:
        # Kraken's preview is a placement with one more word in its form: not a read, if the word is lost.
        raise ReadFailed("this brokerage is not asked about an order before it is placed")

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
