"""Schwab's JSON of accounts, money and positions, as the domain's values.

Shapes: as in `wire.py`. The cash of a margin account stands in `currentBalances.cashBalance`, which answers
that users recorded have and Schwab's document has not; that of a cash account in `totalCash`.
"""

from decimal import Decimal

from nostro.brokers.reply import Unreadable, decimal, read
from nostro.brokers.schwab.wire import InstrumentRow, Row
from nostro.domain.account import Balance, Position


class _AccountRow(Row, kw_only=True):
    account_number: str
    hash_value: str


class _BalanceRow(Row, kw_only=True):
    cash_balance: Decimal | None = None
    total_cash: Decimal | None = None
    buying_power: Decimal | None = None
    cash_available_for_trading: Decimal | None = None


class _PositionRow(Row, kw_only=True):
    instrument: InstrumentRow
    long_quantity: Decimal | None = None
    short_quantity: Decimal | None = None
    average_price: Decimal | None = None

    def to_domain(self) -> Position:
        long, short = decimal(self.long_quantity), decimal(self.short_quantity)
        if long is None and short is None:
            raise Unreadable("a quantity is missing")
        return Position(
            instrument=self.instrument.to_domain(),
            quantity=(long or Decimal(0)) - (short or Decimal(0)),
            average_price=decimal(self.average_price),
            last_price=None,
        )


class _SecuritiesRow(Row, kw_only=True):
    current_balances: _BalanceRow
    positions: tuple[_PositionRow, ...] = ()


class _SecuritiesBody(Row, kw_only=True):
    securities_account: _SecuritiesRow


def read_hashes(body: bytes) -> dict[str, str]:
    """Read under which name the paths know each account, by its number."""
    return {row.account_number: row.hash_value for row in read(body, tuple[_AccountRow, ...])}


def read_balance(body: bytes) -> Balance:
    row = read(body, _SecuritiesBody).securities_account.current_balances
    cash = _first(row.cash_balance, row.total_cash)
    if cash is None:
        raise Unreadable("the account's cash is missing")
    power = _first(row.buying_power, row.cash_available_for_trading)
    return Balance(currency="USD", cash=cash, buying_power=power)


def read_positions(body: bytes) -> list[Position]:
    return [row.to_domain() for row in read(body, _SecuritiesBody).securities_account.positions]


def _first(*numbers: Decimal | None) -> Decimal | None:
    return next((decimal(each) for each in numbers if each is not None), None)
