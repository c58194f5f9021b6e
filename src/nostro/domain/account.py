"""Accounts, and what stands in them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nostro.domain.ids import AccountId, ConnectionId
from nostro.domain.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as nostro stores it."""

    account_id: AccountId
    connection_id: ConnectionId
    number: str
    """The brokerage's own name for the account; adapters route by it."""
    name: str
    currency: str
    is_paper: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerageAccount:
    """An account as a brokerage lists it, before nostro has named it."""

    number: str
    name: str
    currency: str = "USD"
    is_paper: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    currency: str
    cash: Decimal
    """Negative when money is owed."""
    buying_power: Decimal | None
    """None where the brokerage does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    instrument: Instrument
    quantity: Decimal
    """Negative when short."""
    average_price: Decimal | None
    """Average cost per unit; None where the brokerage does not say."""
    last_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Best prices of one instrument, per unit, in its currency. A side is None when nobody quotes it."""

    instrument: Instrument
    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None
    bid_quantity: Decimal | None = None
    ask_quantity: Decimal | None = None
    at: datetime
