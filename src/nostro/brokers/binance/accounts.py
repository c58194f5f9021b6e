"""What stands in a Binance account. A key is one account's, so that no call names it.

Binance keeps balances of assets and no positions: what is money is shown as a balance, everything else as a
position in its first pair with money (`MONEY`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from nostro.brokers.binance.pairs import ACCOUNT, MONEY, PRICES, Pairs, symbol_of
from nostro.brokers.binance.wire import Holding, read_account_number, read_holdings, read_prices
from nostro.brokers.session import Session
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.instrument import AssetClass, Instrument, instrument_of


class BinanceAccounts(Session):
    """The calls of one key that change nothing and concern no order."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        super().__init__(transport, spec)
        self._pairs = Pairs(self._ask)

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        number = await self._ask.read(ACCOUNT, read_account_number)
        name = f"{self._spec.name} account"
        return [BrokerageAccount(number=number, name=name, is_paper=self._spec.is_paper)]

    async def list_balances(self, _account: str) -> Sequence[Balance]:
        holdings = await self._ask.read(ACCOUNT, read_holdings)
        return [
            Balance(currency=each.asset, cash=each.total, buying_power=each.free)
            for each in holdings
            if each.asset in MONEY
        ]

    async def list_positions(self, _account: str) -> Sequence[Position]:
        holdings = await self._ask.read(ACCOUNT, read_holdings)
        held = [each for each in holdings if each.asset not in MONEY]
        prices = await self._ask.read(PRICES, read_prices) if held else {}
        symbols = {each.asset: _priced_as(each.asset, prices) for each in held}
        pairs = await self._pairs.tell(symbol for symbol in symbols.values() if symbol)
        return [_position(each, pairs.get(symbols[each.asset], ""), prices) for each in held]


def _priced_as(asset: str, prices: Mapping[str, Decimal]) -> str:
    """Name the symbol that an asset is priced by; empty where it has no market against money."""
    return next((found for money in MONEY if (found := f"{asset}{money}") in prices), "")


def _position(holding: Holding, pair: str, prices: Mapping[str, Decimal]) -> Position:
    is_priced = pair.partition("/")[0] == holding.asset
    alone = Instrument(symbol=holding.asset, asset_class=AssetClass.CRYPTO, fractionable=True)
    return Position(
        instrument=instrument_of(pair) if is_priced else alone,
        quantity=holding.total,
        average_price=None,
        last_price=prices[symbol_of(pair)] if is_priced else None,
    )
