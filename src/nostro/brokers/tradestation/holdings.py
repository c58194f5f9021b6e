"""TradeStation's JSON of accounts, money and positions, as the domain's values.

Shapes: TradeStation's OpenAPI document (see SOURCES in `spec.py`).
"""

import msgspec

from nostro.brokers.ask import must_be
from nostro.brokers.reply import Number, Unreadable, decimal, read
from nostro.brokers.tradestation.symbols import read_symbol
from nostro.brokers.tradestation.wire import Problem, Row, must_be_said, must_be_whole
from nostro.domain.account import Balance, BrokerageAccount, Position


class _AccountRow(Row, kw_only=True):
    account_id: str = msgspec.field(name="AccountID")
    account_type: str = ""
    currency: str = "USD"


class _AccountsBody(Row, kw_only=True):
    accounts: tuple[_AccountRow, ...]


class _BalanceRow(Row, kw_only=True):
    account_id: str = msgspec.field(name="AccountID")
    cash_balance: Number
    buying_power: Number = None


class _BalancesBody(Row, kw_only=True):
    balances: tuple[_BalanceRow, ...]
    errors: tuple[Problem, ...] | None = None


class _PositionRow(Row, kw_only=True):
    account_id: str = msgspec.field(name="AccountID")
    asset_type: str = ""
    symbol: str
    quantity: Number
    long_short: str = ""
    average_price: Number = None
    last: Number = None

    def to_domain(self) -> Position:
        quantity = must_be_said(self.quantity)
        if self.long_short not in ("Long", "Short"):
            raise Unreadable(f"{self.long_short!r} is no direction")
        return Position(
            instrument=read_symbol(self.symbol, self.asset_type),
            quantity=abs(quantity) if self.long_short == "Long" else -abs(quantity),
            average_price=decimal(self.average_price),
            last_price=decimal(self.last),
        )


class _PositionsBody(Row, kw_only=True):
    positions: tuple[_PositionRow, ...]
    errors: tuple[Problem, ...] | None = None


def read_accounts(body: bytes, *, is_paper: bool) -> list[BrokerageAccount]:
    return [
        BrokerageAccount(
            number=row.account_id,
            name=f"TradeStation {row.account_type} account".replace("  ", " "),
            currency=row.currency,
            is_paper=is_paper,
        )
        for row in read(body, _AccountsBody).accounts
    ]


def read_balance(body: bytes, account: str, currency: str) -> Balance:
    said = read(body, _BalancesBody)
    must_be_whole(said.errors)
    if len(said.balances) != 1:
        raise Unreadable("the reply has not exactly one balance")
    [row] = said.balances
    must_be(row.account_id, account)
    cash, power = must_be_said(row.cash_balance), decimal(row.buying_power)
    return Balance(currency=currency, cash=cash, buying_power=power)


def read_positions(body: bytes, account: str) -> list[Position]:
    said = read(body, _PositionsBody)
    must_be_whole(said.errors)
    for row in said.positions:
        must_be(row.account_id, account)
    return [row.to_domain() for row in said.positions]
