"""Wallets, which Coinbase calls accounts: each holds one currency or coin of a portfolio.

Shapes: the pages "List Accounts" and "Get API Key Permissions" of its API reference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from nostro.brokers.coinbase.wire import Page, next_page
from nostro.brokers.reply import Number, Unreadable, decimal, known_decimal, read
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.instrument import instrument_of

_FIAT = ("ACCOUNT_TYPE_FIAT", "FIAT")
"""The second is how older pages spell it."""

_QUOTED_IN = "USD"
"""Coinbase holds coins, not pairs; a coin is shown as what it trades as against dollars."""


@dataclass(frozen=True, slots=True)
class Wallet:
    currency: str
    is_money: bool
    available: Decimal
    whole: Decimal
    """With what is held for open orders."""


class _Amount(msgspec.Struct):
    value: Number


class _WalletRow(msgspec.Struct, kw_only=True):
    currency: str
    type: str = ""
    available_balance: _Amount
    hold: _Amount | None = None

    def to_wallet(self) -> Wallet:
        available = known_decimal(self.available_balance.value)
        held = decimal(self.hold.value) if self.hold is not None else None
        return Wallet(self.currency, self.type in _FIAT, available, available + (held or Decimal(0)))


class _WalletsBody(msgspec.Struct, kw_only=True):
    accounts: tuple[_WalletRow, ...]
    has_next: bool
    cursor: str | None = None


class _KeyBody(msgspec.Struct, kw_only=True):
    portfolio_uuid: str
    portfolio_type: str = ""


def read_account(body: bytes) -> BrokerageAccount:
    row = read(body, _KeyBody)
    if not row.portfolio_uuid:
        raise Unreadable("the key belongs to no portfolio")
    name = f"Coinbase {row.portfolio_type.lower()} portfolio".replace("  ", " ")
    return BrokerageAccount(number=row.portfolio_uuid, name=name)


def read_wallets(body: bytes) -> Page[Wallet]:
    found = read(body, _WalletsBody)
    rows = [row.to_wallet() for row in found.accounts]
    return Page(rows, next_page(has_next=found.has_next, cursor=found.cursor))


def balances(wallets: Iterable[Wallet]) -> list[Balance]:
    """Add up the money, by currency."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for wallet in wallets:
        if wallet.is_money:
            cash, power = found.get(wallet.currency, (Decimal(0), Decimal(0)))
            found[wallet.currency] = (cash + wallet.whole, power + wallet.available)
    return [
        Balance(currency=currency, cash=cash, buying_power=power) for currency, (cash, power) in found.items()
    ]


def positions(wallets: Iterable[Wallet]) -> list[Position]:
    """Add up the coins; what they did cost Coinbase does not say here."""
    found: dict[str, Decimal] = {}
    for wallet in wallets:
        if not wallet.is_money:
            found[wallet.currency] = found.get(wallet.currency, Decimal(0)) + wallet.whole
    return [
        Position(
            instrument=instrument_of(f"{coin}/{_QUOTED_IN}"),
            quantity=quantity,
            average_price=None,
            last_price=None,
        )
        for coin, quantity in found.items()
        if quantity
    ]
