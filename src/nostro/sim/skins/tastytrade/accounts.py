"""tastytrade's accounts, balances, positions, and what an order does to them.

Recorded: laustindasauce/tasty-go a3df43f `accounts_test.go`; QuantConnect/Lean.Brokerages.Tastytrade 84c03e8
`Get_Account_Balance.json`, `Get_Positions.json`, `Post_Submit_Order_Response.json`.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.instrument import AssetClass
from nostro.sim.skins.tastytrade.shapes import (
    TYPES,
    Document,
    number,
    signed,
    symbol_of,
    text,
    time,
    underlying_of,
)

_NONE = Decimal(0)
_LONG_AGO = "2024-01-02T15:04:05.000+00:00"
"""When accounts were opened and positions acquired: the exchange does not remember."""
_KINDS = {
    AssetClass.STOCK: "equity",
    AssetClass.ETF: "equity",
    AssetClass.OPTION: "derivative",
    AssetClass.CRYPTO: "cryptocurrency",
    AssetClass.FUTURE: "futures",
}
_FEES = (
    "regulatory-fees",
    "clearing-fees",
    "commission",
    "proprietary-index-option-fees",
    "total-fees",
)
_ZEROS = (
    "bond-margin-requirement",
    "cryptocurrency-margin-requirement",
    "day-equity-call-value",
    "day-trade-excess",
    "day-trading-buying-power",
    "day-trading-call-value",
    "equity-offering-margin-requirement",
    "fixed-income-security-margin-requirement",
    "futures-intraday-margin-requirement",
    "futures-margin-requirement",
    "futures-overnight-margin-requirement",
    "long-bond-value",
    "long-fixed-income-security-value",
    "long-futures-derivative-value",
    "long-margineable-value",
    "maintenance-call-value",
    "maintenance-requirement",
    "margin-settle-balance",
    "pending-margin-interest",
    "reg-t-call-value",
    "reg-t-margin-requirement",
    "short-futures-derivative-value",
    "short-margineable-value",
    "sma-equity-option-buying-power",
    "special-memorandum-account-apex-adjustment",
    "special-memorandum-account-value",
    "total-pending-liquidity-pool-rebate",
)


def write_account(account: BrokerageAccount) -> Document:
    return {
        "account-number": account.number,
        "opened-at": _LONG_AGO,
        "nickname": account.name,
        "account-type-name": "Individual",
        "day-trader-status": False,
        "is-closed": False,
        "is-firm-error": False,
        "is-firm-proprietary": False,
        "is-futures-approved": True,
        "is-test-drive": False,
        "margin-or-cash": "Cash",
        "is-foreign": False,
        "suitable-options-level": "No Restrictions",
        "created-at": _LONG_AGO,
    }


def write_balance(account: str, balance: Balance, positions: Iterable[Position], now: datetime) -> Document:
    """Spell a cash account."""
    cash = balance.cash
    free = cash if balance.buying_power is None else balance.buying_power
    values = {f"{way}-{kind}-value": _NONE for way in ("long", "short") for kind in _KINDS.values()}
    total = cash
    for position in positions:
        worth = _worth(position)
        total += worth
        way, sign = ("long", 1) if position.quantity > 0 else ("short", -1)
        values[f"{way}-{_KINDS[position.instrument.asset_class]}-value"] += sign * worth
    return {
        "account-number": account,
        "currency": balance.currency,
        **dict.fromkeys(_ZEROS, "0.0"),
        **{name: text(value) for name, value in values.items()},
        "available-trading-funds": text(free),
        "cash-available-to-withdraw": text(free),
        "cash-balance": text(cash),
        "cash-settle-balance": text(cash),
        "closed-loop-available-balance": text(free),
        "derivative-buying-power": text(free),
        "effective-cryptocurrency-buying-power": text(free),
        "equity-buying-power": text(free),
        "maintenance-excess": text(free),
        "margin-equity": text(total),
        "net-liquidating-value": text(total),
        "total-settle-balance": text(cash),
        "used-derivative-buying-power": text(cash - free),
        "unsettled-cryptocurrency-fiat-amount": "0.0",
        "unsettled-cryptocurrency-fiat-effect": "None",
        **signed("buying-power-adjustment", _NONE),
        **signed("pending-cash", _NONE),
        "snapshot-date": now.date().isoformat(),
        "updated-at": time(now),
    }


def _worth(position: Position) -> Decimal:
    """Return what a position adds to the cash: nobody paid for a future, so that only its gain counts."""
    price = _last(position)
    if position.instrument.asset_class is AssetClass.FUTURE:
        price -= position.average_price or _NONE
    return position.quantity * position.instrument.multiplier * price


def _last(position: Position) -> Decimal:
    price = position.average_price if position.last_price is None else position.last_price
    return price or _NONE


def write_position(account: str, position: Position, *, has_mark: bool) -> Document:
    instrument = position.instrument
    is_long = position.quantity > 0
    average = position.average_price or _NONE
    last = _last(position)
    document: Document = {
        "account-number": account,
        "symbol": symbol_of(instrument),
        "instrument-type": TYPES[instrument.asset_class],
        "underlying-symbol": underlying_of(instrument),
        "quantity": number(abs(position.quantity)),
        "quantity-direction": "Long" if is_long else "Short",
        "close-price": text(last),
        "average-open-price": text(average),
        "average-yearly-market-close-price": text(average),
        "average-daily-market-close-price": text(last),
        "multiplier": number(instrument.multiplier),
        "cost-effect": "Credit" if is_long else "Debit",
        "is-suppressed": False,
        "is-frozen": False,
        "restricted-quantity": 0,
        **signed("realized-day-gain", _NONE),
        **signed("realized-today", _NONE),
        "created-at": _LONG_AGO,
        "updated-at": _LONG_AGO,
    }
    if has_mark:
        mark = abs(position.quantity) * instrument.multiplier * last
        document |= {"mark": text(mark), "mark-price": text(last)}
    return document


def write_effect(power: Decimal, change: Decimal, *, is_spread: bool) -> Document:
    """Say what an order does to an account's buying power."""
    effect = signed("impact", change)
    return {
        **signed("change-in-margin-requirement", _NONE),
        **signed("change-in-buying-power", change),
        **signed("current-buying-power", power),
        **signed("new-buying-power", power + change),
        **signed("isolated-order-margin-requirement", _NONE),
        "is-spread": is_spread,
        "impact": effect["impact"],
        "effect": effect["impact-effect"],
    }


def write_fees() -> Document:
    return {name: value for fee in _FEES for name, value in signed(fee, _NONE).items()}
