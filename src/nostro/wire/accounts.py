"""Accounts and balances."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from nostro.domain.account import Account, Balance
from nostro.wire.reference import Currency, render_currency
from nostro.wire.values import decimal_number, optional_number


class TransactionsStatus(Struct, kw_only=True, frozen=True):
    """nostro does not collect transactions, and says so: nothing was ever synced."""

    initial_sync_completed: bool = False
    last_successful_sync: date | None = None
    first_transaction_date: date | None = None


class HoldingsStatus(Struct, kw_only=True, frozen=True):
    initial_sync_completed: bool
    last_successful_sync: datetime | None


class AccountSyncStatus(Struct, kw_only=True, frozen=True):
    transactions: TransactionsStatus = TransactionsStatus()
    holdings: HoldingsStatus


class Money(Struct, kw_only=True, frozen=True):
    amount: Decimal
    currency: str


class AccountBalance(Struct, kw_only=True, frozen=True):
    total: Money | None


class AccountRecord(Struct, kw_only=True, frozen=True):
    """SnapTrade's `Account`."""

    id: str
    brokerage_authorization: str
    name: str
    number: str
    institution_account_id: str | None
    institution_name: str
    created_date: datetime
    funding_date: datetime | None = None
    opening_date: datetime | None = None
    sync_status: AccountSyncStatus
    balance: AccountBalance
    status: str = "open"
    raw_type: str | None = None
    account_category: str = "INVESTMENT"
    meta: dict[str, object] = {}
    cash_restrictions: tuple[str, ...] = ()
    is_paper: bool


class AccountSimple(Struct, kw_only=True, frozen=True):
    """The account as an order preview embeds it."""

    id: str
    name: str
    number: str


class ConnectionSyncStatus(Struct, kw_only=True, frozen=True):
    transactions: TransactionsStatus = TransactionsStatus()
    orders: datetime | None
    positions: datetime | None
    balances: datetime | None


class InvestmentAccount(Struct, kw_only=True, frozen=True):
    """One of `/connections/{id}/accounts` and `/accounts/all`: the only kind that nostro holds.

    The masked number is written under its name of SDK 13 and under the one before.
    """

    kind: Literal["investment"] = "investment"
    id: str
    connection_id: str
    display_name: str
    masked_account_number: str
    number: str
    institution_account_id: str | None
    institution_id: str
    opening_date: datetime | None = None
    funding_date: datetime | None = None
    sync_status: ConnectionSyncStatus
    raw_type: str | None = None
    cash_or_margin: str = "unknown"
    is_paper: bool
    net_value: Money | None


class ConnectionAccountsResponse(Struct, kw_only=True, frozen=True):
    results: tuple[InvestmentAccount, ...]


class BalanceRecord(Struct, kw_only=True, frozen=True):
    """SnapTrade's `Balance`: one currency."""

    currency: Currency
    cash: Decimal
    buying_power: Decimal | None


def render_account(
    account: Account, *, institution_name: str, total: Money | None, synced_at: datetime | None
) -> AccountRecord:
    """Render an account.

    `total` is its whole value, None where it is not known; `synced_at` is when its brokerage was last asked
    with success, None before the first time.
    """
    return AccountRecord(
        id=account.account_id,
        brokerage_authorization=account.connection_id,
        name=account.name,
        number=account.number,
        institution_account_id=account.number,
        institution_name=institution_name,
        created_date=account.created_at,
        sync_status=AccountSyncStatus(
            holdings=HoldingsStatus(
                initial_sync_completed=synced_at is not None, last_successful_sync=synced_at
            )
        ),
        balance=AccountBalance(total=total),
        is_paper=account.is_paper,
    )


def render_money(amount: Decimal, currency: str) -> Money:
    return Money(amount=decimal_number(amount), currency=currency)


def render_simple_account(account: Account) -> AccountSimple:
    return AccountSimple(id=account.account_id, name=account.name, number=account.number)


def render_connection_account(
    account: Account, *, institution_id: str, total: Money | None, synced_at: datetime | None
) -> InvestmentAccount:
    """Render an account under its connection; `total` and `synced_at` as in `render_account`."""
    masked = f"****{account.number[-4:]}"
    return InvestmentAccount(
        id=account.account_id,
        connection_id=account.connection_id,
        display_name=account.name,
        masked_account_number=masked,
        number=masked,
        institution_account_id=account.number,
        institution_id=institution_id,
        sync_status=ConnectionSyncStatus(orders=synced_at, positions=synced_at, balances=synced_at),
        is_paper=account.is_paper,
        net_value=total,
    )


def render_balance(balance: Balance) -> BalanceRecord:
    return BalanceRecord(
        currency=render_currency(balance.currency),
        cash=decimal_number(balance.cash),
        buying_power=optional_number(balance.buying_power),
    )
