"""Schwab's accounts, previews and quotes: which fields there are, and what stands in them.

As z-Wind/schwab_api 01c0039 recorded (`Account_real.json`, `PreviewOrder_real*.json`,
`UserPreferences_real.json`, `QuoteResponse_real.json`); positions as in the portal's file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from nostro.domain.account import Balance, Position, Quote
from nostro.domain.instrument import AssetClass
from nostro.domain.place import NewOrder
from nostro.sim.skins.schwab.shapes import Document, make_id, number, number_of, time, write_instrument


@dataclass(frozen=True, slots=True)
class Estimate:
    value: Decimal
    """What the order would move, in either direction."""
    left: Decimal
    """The cash that would remain."""
    reject: str = ""
    """Why there would be no such order; empty where there would."""


_FREE = {
    "commission": ("BASE_CHARGE", "COMMISSION"),
    "fee": ("SEC_FEE", "OPT_REG_FEE", "TAF_FEE"),
    "trueCommission": ("BASE_CHARGE", "COMMISSION"),
}


def write_account(
    account: str, balance: Balance, positions: Sequence[Position], *, has_positions: bool
) -> Document:
    """Spell a cash account."""
    stock = _value(positions, is_option=False)
    option = _value(positions, is_option=True)
    total = number(balance.cash + sum(stock) + sum(option))
    cash, free = number(balance.cash), number(balance.buying_power)
    usual = {
        "accruedInterest": 0.0,
        "cashAvailableForTrading": free,
        "cashAvailableForWithdrawal": free,
        "cashBalance": cash,
        "bondValue": 0.0,
        "cashReceipts": 0.0,
        "liquidationValue": total,
        "longOptionMarketValue": number(option[0]),
        "moneyMarketFund": 0.0,
        "mutualFundValue": 0.0,
        "shortOptionMarketValue": number(option[1]),
        "unsettledCash": 0.0,
        "cashDebitCallValue": 0.0,
        "pendingDeposits": 0.0,
    }
    document: Document = {
        "type": "CASH",
        "accountNumber": number_of(account),
        "roundTrips": 0,
        "isDayTrader": False,
        "isClosingOnlyRestricted": False,
        "pfcbFlag": False,
        "initialBalances": usual
        | {
            "longStockValue": number(stock[0]),
            "shortStockValue": number(stock[1]),
            "isInCall": False,
            "accountValue": total,
        },
        "currentBalances": usual
        | {
            "longMarketValue": number(stock[0]),
            "shortMarketValue": number(stock[1]),
            "savings": 0.0,
            "cashCall": 0.0,
            "longNonMarginableMarketValue": number(stock[0]),
            "totalCash": cash,
        },
        "projectedBalances": {"cashAvailableForTrading": free, "cashAvailableForWithdrawal": free},
    }
    if has_positions and positions:
        document["positions"] = [_write_position(position) for position in positions]
    return {
        "securitiesAccount": document,
        "aggregatedBalance": {"currentLiquidationValue": total, "liquidationValue": total},
    }


def _value(positions: Iterable[Position], *, is_option: bool) -> tuple[Decimal, Decimal]:
    """Return what is long and what is short, the latter negative."""
    values = [
        _worth(each) for each in positions if (each.instrument.asset_class is AssetClass.OPTION) is is_option
    ]
    none = Decimal(0)
    return sum((each for each in values if each > 0), none), sum((each for each in values if each < 0), none)


def _worth(position: Position) -> Decimal:
    price = position.average_price if position.last_price is None else position.last_price
    return position.quantity * position.instrument.multiplier * (price or Decimal(0))


def _write_position(position: Position) -> Document:
    size, worth = position.quantity, _worth(position)
    average = number(position.average_price)
    gain = number(worth) - number(size * position.instrument.multiplier) * average
    long, short = number(max(size, Decimal(0))), number(max(-size, Decimal(0)))
    way = "Long" if size > 0 else "Short"
    return {
        "shortQuantity": short,
        "averagePrice": average,
        "currentDayProfitLoss": gain,
        "currentDayProfitLossPercentage": 0.0,
        "longQuantity": long,
        "settledLongQuantity": long,
        "settledShortQuantity": short,
        "instrument": write_instrument(position.instrument),
        "marketValue": number(worth),
        "maintenanceRequirement": 0.0,
        f"average{way}Price": average,
        f"taxLotAverage{way}Price": average,
        f"{way.lower()}OpenProfitLoss": gain,
        f"previousSession{way}Quantity": 0.0,
        "currentDayCost": 0.0,
    }


def write_preference(owner: str, accounts: Sequence[str]) -> Document:
    """Spell one object, where the portal's file has a list."""
    customer = str(make_id("customer", owner))
    return {
        "accounts": [
            {
                "accountNumber": number_of(account),
                "primaryAccount": index == 0,
                "type": "BROKERAGE",
                "nickName": "Individual",
                "displayAcctId": f"...{number_of(account)[-3:]}",
                "autoPositionEffect": False,
                "accountColor": "Green",
            }
            for index, account in enumerate(accounts)
        ],
        "streamerInfo": [
            {
                "streamerSocketUrl": "wss://streamer-api.schwab.com/ws",
                "schwabClientCustomerId": customer,
                "schwabClientCorrelId": customer,
                "schwabClientChannel": "N9",
                "schwabClientFunctionId": "APIAPP",
            }
        ],
        "offers": [{"level2Permissions": False, "mktDataPermission": "NP"}],
    }


def write_preview(
    account: str,
    asked: dict[str, Any],
    new: NewOrder,
    quotes: Sequence[Quote],
    estimate: Estimate,
    now: datetime,
) -> Document:
    """Say what an order would cost. From `asked`, its form, stand here the words of what is asked."""
    units = number(new.quantity)
    at = time(now).replace("+0000", "Z")
    strategy = {name: asked[name] for name in ("session", "duration", "orderType", "orderStrategyType")} | {
        "accountNumber": number_of(account),
        "advancedOrderType": "NONE",
        "enteredTime": at,
        "orderBalance": {
            "orderValue": number(estimate.value),
            "projectedAvailableFund": number(estimate.left),
            "projectedBuyingPower": number(estimate.left),
            "projectedCommission": 0.0,
        },
        "orderVersion": 1,
        "status": "REJECTED" if estimate.reject else "ACCEPTED",
        "discretionary": False,
        "filledQuantity": 0.0,
        "orderValue": number(estimate.value),
        "quantity": units,
        "remainingQuantity": 0.0 if estimate.reject else units,
        "sellNonMarginableFirst": False,
        "strategy": asked.get("complexOrderStrategyType", "NONE"),
        "amountIndicator": "SHARES",
        "orderLegs": [
            _write_preview_leg(form, quote, leg_id)
            for leg_id, (form, quote) in enumerate(zip(asked["orderLegCollection"], quotes, strict=True), 1)
        ],
    }
    if new.limit_price is not None:
        strategy["price"] = number(new.limit_price)
    if estimate.reject:
        strategy["closeTime"] = at
    rejects = [{"activityMessage": estimate.reject, "originalSeverity": "REJECT"}]
    return {
        "orderId": 0,
        "orderStrategy": strategy,
        "orderValidationResult": {"rejects": rejects} if estimate.reject else {},
        "commissionAndFee": {name: _cost(name, kinds) for name, kinds in _FREE.items()},
    }


def _write_preview_leg(form: dict[str, Any], quote: Quote, leg_id: int) -> Document:
    instrument = write_instrument(quote.instrument)
    return {
        "askPrice": number(quote.ask),
        "bidPrice": number(quote.bid),
        "lastPrice": number(quote.last),
        "markPrice": number(quote.last),
        "projectedCommission": 0.0,
        "finalSymbol": quote.instrument.symbol,
        "legId": leg_id,
        "assetType": instrument["assetType"],
        "instruction": form["instruction"],
        "quantity": number(Decimal(str(form["quantity"]))),
        "instrument": instrument,
    }


def _cost(name: str, kinds: Iterable[str]) -> Document:
    """Say that it costs nothing."""
    stem = "fee" if name == "fee" else "commission"
    return {f"{stem}Legs": [{f"{stem}Values": [{"value": 0.0, "type": kind} for kind in kinds]}]}


def write_quotes(quotes: Iterable[Quote], unknown: Sequence[str]) -> Document:
    """Spell quotes by their symbols."""
    document: Document = {quote.instrument.symbol: _write_quote(quote) for quote in quotes}
    return document | ({"errors": {"invalidSymbols": list(unknown)}} if unknown else {})


def _write_quote(quote: Quote) -> Document:
    instrument = quote.instrument
    at_ms = int(quote.at.timestamp() * 1000)
    document: Document = {
        "assetMainType": "OPTION" if instrument.option else "EQUITY",
        "realtime": True,
        "symbol": instrument.symbol,
        "quote": {
            "askPrice": number(quote.ask),
            "askSize": 0 if quote.ask is None else 1,
            "bidPrice": number(quote.bid),
            "bidSize": 0 if quote.bid is None else 1,
            "lastPrice": number(quote.last),
            "mark": number(quote.last),
            "quoteTime": at_ms,
            "securityStatus": "Normal",
            "tradeTime": at_ms,
        },
        "reference": {"description": instrument.description},
    }
    if instrument.option is None:
        is_fund = instrument.asset_class is AssetClass.ETF
        document |= {"assetSubType": "ETF" if is_fund else "COE", "quoteType": "NBBO"}
    return document
