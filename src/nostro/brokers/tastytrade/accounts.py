"""What stands in tastytrade accounts. Prices and previews are not asked for."""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import quote

from nostro.brokers.reply import Unreadable
from nostro.brokers.session import Session
from nostro.brokers.tastytrade.envelope import Row, read_data, read_items
from nostro.brokers.tastytrade.wire import amount, read_instrument
from nostro.domain.account import Balance, BrokerageAccount, Position

_DIRECTIONS = {"Long": 1, "Short": -1, "Zero": 0}


class _AccountRow(Row, kw_only=True):
    account_number: str
    nickname: str | None = None
    is_closed: bool = False


class _OwnedRow(Row, kw_only=True):
    account: _AccountRow


class _BalanceRow(Row, kw_only=True):
    cash_balance: Decimal
    equity_buying_power: Decimal | None = None
    currency: str = "USD"


class _PositionRow(Row, kw_only=True):
    instrument_type: str = ""
    symbol: str
    quantity: Decimal
    quantity_direction: str
    average_open_price: Decimal | None = None

    def to_domain(self) -> Position:
        direction = _DIRECTIONS.get(self.quantity_direction)
        if direction is None:
            raise Unreadable(f"{self.quantity_direction!r} is no direction")
        price = self.average_open_price
        return Position(
            instrument=read_instrument(self.instrument_type, self.symbol),
            quantity=amount(self.quantity) * direction,
            average_price=None if price is None else amount(price),
            last_price=None,
        )


class TastytradeAccounts(Session):
    """The calls of one customer that change nothing and concern no order."""

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        rows, _ = await self._ask.read("/customers/me/accounts", lambda body: read_items(body, _OwnedRow))
        return [
            BrokerageAccount(
                number=each.account.account_number,
                name=each.account.nickname or "tastytrade account",
                is_paper=self._spec.is_paper,
            )
            for each in rows
            if not each.account.is_closed
        ]

    async def list_balances(self, account: str) -> Sequence[Balance]:
        path = f"{account_path(account)}/balances"
        return [await self._ask.read(path, _read_balance)]

    async def list_positions(self, account: str) -> Sequence[Position]:
        return await self._ask.read(f"{account_path(account)}/positions", _read_positions)


def account_path(account: str) -> str:
    return f"/accounts/{quote(account, safe='')}"


def _read_balance(body: bytes) -> Balance:
    row = read_data(body, _BalanceRow)
    power = row.equity_buying_power
    return Balance(
        currency=row.currency,
        cash=amount(row.cash_balance),
        buying_power=None if power is None else amount(power),
    )


def _read_positions(body: bytes) -> list[Position]:
    rows, _ = read_items(body, _PositionRow)
    found = [each.to_domain() for each in rows]
    return [each for each in found if each.quantity]
