"""TradeStation's accounts, balances, positions, quotes and confirmations: which fields there are.

As the examples in mxcoppell/tradestation-api-python 40370f1 `docs/tradestation-webapi-v3-openapi.json` have
them, for an account with a margin.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.place import NewOrder, Preview
from nostro.sim.skins.tradestation.shapes import (
    ROUTE,
    Document,
    make_id,
    name_account,
    summary_of,
    text,
    time,
)
from nostro.sim.skins.tradestation.symbols import write_asset_type, write_series, write_symbol

_TYPE = "Margin"
_CATEGORIES = {AssetClass.OPTION: "STOCKOPTION", AssetClass.FUTURE: "FUTURE"}


def write_account(account: BrokerageAccount) -> Document:
    return {
        "AccountID": name_account(account.number),
        "Alias": account.name,
        "Currency": "USD",
        "Status": "Active",
        "AccountType": _TYPE,
        "AccountDetail": {
            "IsStockLocateEligible": False,
            "EnrolledInRegTProgram": False,
            "RequiresBuyingPowerWarning": False,
            "DayTradingQualified": True,
            "OptionApprovalLevel": 5,
            "PatternDayTrader": False,
        },
    }


def write_balance(account: str, balance: Balance, positions: Sequence[Position]) -> Document:
    none = Decimal(0)
    worth = sum(map(_worth, positions), none)
    cost = sum(map(_cost, positions), none)
    options = sum((_worth(each) for each in positions if each.instrument.option is not None), none)
    free, gain = text(balance.buying_power), text(worth - cost)
    return {
        "AccountID": account,
        "AccountType": _TYPE,
        "CashBalance": text(balance.cash),
        "BuyingPower": free,
        "Equity": text(balance.cash + worth),
        "MarketValue": text(worth),
        "TodaysProfitLoss": gain,
        "UnclearedDeposit": "0",
        "BalanceDetail": {
            "CostOfPositions": text(cost),
            "DayTrades": "0",
            "MaintenanceRate": "0",
            "OptionBuyingPower": free,
            "OptionsMarketValue": text(options),
            "OvernightBuyingPower": free,
            "RequiredMargin": "0",
            "RealizedProfitLoss": "0",
            "UnrealizedProfitLoss": gain,
        },
        "Commission": "0",
    }


def write_position(account: str, position: Position, quote: Quote, now: datetime) -> Document:
    worth, cost = _worth(position), _cost(position)
    gain = worth - cost
    document: Document = {
        "AccountID": account,
        "AveragePrice": text(position.average_price),
        "AssetType": write_asset_type(position.instrument),
        "Last": text(position.last_price),
        "Bid": text(quote.bid),
        "Ask": text(quote.ask),
        "ConversionRate": "1",
        "DayTradeRequirement": "0",
        "InitialRequirement": "0",
        "MaintenanceMargin": "0",
        "PositionID": make_id("position", account, position.instrument.symbol),
        "LongShort": "Long" if position.quantity > 0 else "Short",
        "Quantity": text(position.quantity),
        "Symbol": write_symbol(position.instrument),
        "Timestamp": time(now),
        "TodaysProfitLoss": text(gain),
        "TotalCost": text(cost),
        "MarketValue": text(worth),
        "MarkToMarketPrice": text(position.average_price),
        "UnrealizedProfitLoss": text(gain),
        "UnrealizedProfitLossPercent": text(100 * gain / abs(cost)) if cost else "0",
        "UnrealizedProfitLossQty": text(gain / abs(position.quantity)),
    }
    series = write_series(position.instrument)
    if "ExpirationDate" in series:
        document["ExpirationDate"] = series["ExpirationDate"]
    return document


def write_quote(quote: Quote) -> Document:
    """Spell a quote; of the day it knows one price only."""
    last = text(quote.last)
    return {
        "Symbol": write_symbol(quote.instrument),
        **dict.fromkeys(("Open", "High", "Low", "Close", "PreviousClose", "Last", "VWAP"), last),
        "Ask": text(quote.ask),
        "AskSize": "0" if quote.ask is None else "100",
        "Bid": text(quote.bid),
        "BidSize": "0" if quote.bid is None else "100",
        **dict.fromkeys(("NetChange", "NetChangePct", "Volume", "PreviousVolume", "LastSize"), "0"),
        "DailyOpenInterest": "0",
        "TickSizeTier": "0",
        "TradeTime": time(quote.at),
        "LastVenue": quote.instrument.exchange_mic,
        "MarketFlags": {"IsDelayed": False, "IsHardToBorrow": False, "IsBats": False, "IsHalted": False},
    }


def write_confirmation(
    duration: str, new: NewOrder, instruments: Sequence[Instrument], preview: Preview
) -> Document:
    """Say what an order would cost: what is paid counts positive, in the estimate with its direction."""
    first = instruments[0]
    cost = abs(preview.cash_change)
    units = (new.quantity or Decimal(0)) * first.multiplier
    return {
        "OrderAssetCategory": _CATEGORIES.get(first.asset_class, "EQUITY"),
        "Currency": "USD",
        "Route": ROUTE,
        "TimeInForce": {"Duration": duration},
        "EstimatedPrice": text(new.limit_price or new.stop_price or cost / units),
        "EstimatedCost": text(cost),
        "DebitCreditEstimatedCost": text(-preview.cash_change),
        "EstimatedCommission": text(preview.commission),
        "SummaryMessage": summary_of(new, instruments),
    }


def _worth(position: Position) -> Decimal:
    """Return what closing it would bring; for a future, what it gained or lost."""
    price = position.average_price if position.last_price is None else position.last_price
    value = position.quantity * position.instrument.multiplier * (price or Decimal(0))
    return value - _opened_at(position) if position.instrument.asset_class is AssetClass.FUTURE else value


def _cost(position: Position) -> Decimal:
    is_future = position.instrument.asset_class is AssetClass.FUTURE
    return Decimal(0) if is_future else _opened_at(position)


def _opened_at(position: Position) -> Decimal:
    return position.quantity * position.instrument.multiplier * (position.average_price or Decimal(0))
