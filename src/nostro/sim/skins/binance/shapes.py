"""Binance's answers: which fields there are, and what stands in them.

Amounts are texts with eight decimals, times count milliseconds, ids are JSON numbers. The fields are those of
the samples in `rest-api.md`, binance/binance-spot-api-docs at a5e0bc3.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from nostro.brokers.transport import Reply
from nostro.domain.account import Balance, Position, Quote
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.sim.face import reply

Document = dict[str, Any]
"""A JSON object."""

QUOTE_ASSET = "USD"
PRECISION = 8

_NAMES = UUID("0e2a9c61-55a7-4f0b-8b6d-7d1c9a4f3e25")
_ID_START = 10**14
_ID_COUNT = 9 * 10**14
_CLIENT_ID_LENGTH = 22
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
_MILLISECOND = timedelta(milliseconds=1)
_NO_LIST = -1
_NEVER = -1

_WORDS = {
    OrderStatus.NEW: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.PENDING_CANCEL: "PENDING_CANCEL",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.REPLACED: "CANCELED",
    OrderStatus.REJECTED: "REJECTED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.HELD: "PENDING_NEW",
}
TYPES = {
    "LIMIT": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP_LOSS": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
}
_TYPE_WORDS = {each: word for word, each in TYPES.items()}
TIMES_IN_FORCE = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_TIME_WORDS = {each: word for word, each in TIMES_IN_FORCE.items()}
_EXPIRY_REASONS = {
    TimeInForce.IOC: "UNFILLED_IOC_QUANTITY_EXPIRED",
    TimeInForce.FOK: "UNFILLED_FOK_ORDER_EXPIRED",
}


def shape_id(made: UUID) -> int:
    """Make an integer that a JSON number carries exactly."""
    return _ID_START + made.int % _ID_COUNT


def make_id(*parts: object) -> UUID:
    """Give the same id for the same parts, always."""
    return uuid5(_NAMES, ":".join(map(str, parts)))


def make_client_id(*parts: object) -> str:
    return make_id(*parts).hex[:_CLIENT_ID_LENGTH]


def amount(value: Decimal | None) -> str:
    """Spell an amount with the decimals that every asset has here; what is finer is rounded."""
    return f"{value or Decimal(0):.{PRECISION}f}"


def time(moment: datetime) -> int:
    return (moment - EPOCH) // _MILLISECOND


# Orders


def number_of(order: Order) -> int:
    return int(order.brokerage_order_id)


def word_of(order: Order) -> str:
    return "EXPIRED" if _ran_out(order) else _WORDS.get(order.status, "NEW")


def _ran_out(order: Order) -> bool:
    """Say whether the order ended because it could not trade at once: here its rules do not cancel it."""
    is_momentary = order.time_in_force in _EXPIRY_REASONS or order.order_type is OrderType.MARKET
    return order.status is OrderStatus.CANCELED and is_momentary


def write_order(order: Order) -> Document:
    """Spell an order as the queries do."""
    is_working = order.stop_price is None or order.updated_at > order.placed_at
    return {
        **_name(order, order.client_order_id or ""),
        **_terms(order),
        "stopPrice": amount(order.stop_price),
        "icebergQty": amount(None),
        "time": time(order.placed_at),
        "updateTime": time(order.updated_at),
        "isWorking": is_working,
        "workingTime": _working_time(order) if is_working else _NEVER,
        **_expiry(order),
    }


def write_canceled(order: Order, cancel_id: str) -> Document:
    """Spell an order that was canceled now; `cancel_id` is the client order id of the cancel."""
    return {
        "origClientOrderId": order.client_order_id or "",
        **_name(order, cancel_id),
        "transactTime": time(order.updated_at),
        **_terms(order),
        **_stop(order),
    }


def write_placed(order: Order, kind: str) -> Document:
    """Spell a new order; `kind` is `ACK`, `RESULT` or `FULL`."""
    named = {**_name(order, order.client_order_id or ""), "transactTime": time(order.placed_at)}
    if kind == "ACK":
        return named
    is_working = order.stop_price is None or bool(order.filled_quantity)
    result = {
        **named,
        **_terms(order),
        **_stop(order),
        "workingTime": _working_time(order) if is_working else _NEVER,
        **_expiry(order),
    }
    return result if kind == "RESULT" else result | {"fills": _fills(order)}


def _name(order: Order, client_order_id: str) -> Document:
    return {
        "symbol": symbol_of(order.legs[0].instrument),
        "orderId": number_of(order),
        "orderListId": _NO_LIST,
        "clientOrderId": client_order_id,
    }


def _terms(order: Order) -> Document:
    return {
        "price": amount(order.limit_price),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.filled_quantity),
        "origQuoteOrderQty": amount(order.notional),
        "cummulativeQuoteQty": amount(_spent(order)),
        "status": word_of(order),
        "timeInForce": _TIME_WORDS.get(order.time_in_force or TimeInForce.GTC, "GTC"),
        "type": _TYPE_WORDS.get(order.order_type or OrderType.LIMIT, "LIMIT"),
        "side": order.legs[0].side.upper(),
        "selfTradePreventionMode": "NONE",
    }


def _stop(order: Order) -> Document:
    return {} if order.stop_price is None else {"stopPrice": amount(order.stop_price)}


def _expiry(order: Order) -> Document:
    if not _ran_out(order):
        return {}
    reason = _EXPIRY_REASONS.get(order.time_in_force or TimeInForce.GTC, "INSUFFICIENT_LIQUIDITY")
    return {"expiryReason": reason}


def _working_time(order: Order) -> int:
    return time(order.placed_at if order.stop_price is None else order.updated_at)


def _spent(order: Order) -> Decimal:
    return order.filled_quantity * (order.average_price or Decimal(0))


def _fills(order: Order) -> list[Document]:
    if not order.filled_quantity:
        return []
    fill = {"price": amount(order.average_price), "qty": amount(order.filled_quantity), **_fee(order)}
    return [fill | {"tradeId": number_of(order)}]


def _fee(order: Order) -> Document:
    is_buy = order.legs[0].side is Side.BUY
    asset = base_of(order.legs[0].instrument) if is_buy else QUOTE_ASSET
    return {"commission": amount(None), "commissionAsset": asset}


def write_trade(order: Order) -> Document:
    """Spell all that was filled of an order as one trade."""
    return {
        "symbol": symbol_of(order.legs[0].instrument),
        "id": number_of(order),
        "orderId": number_of(order),
        "orderListId": _NO_LIST,
        "price": amount(order.average_price),
        "qty": amount(order.filled_quantity),
        "quoteQty": amount(_spent(order)),
        **_fee(order),
        "time": time(order.filled_at or order.updated_at),
        "isBuyer": order.legs[0].side is Side.BUY,
        "isMaker": False,
        "isBestMatch": True,
    }


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last digit of its id and of its client's ids."""
    document = json.loads(true.body)
    for row in document if isinstance(document, list) else [document]:
        data = row.get("data", row)
        for order in (row, data.get("cancelResponse"), data.get("newOrderResponse")):
            _rename(order or {})
    return reply(true.status, document, true.headers)


def _rename(order: Document) -> None:
    if isinstance(order.get("orderId"), int):
        order["orderId"] += 1 if order["orderId"] % 10 == 0 else -1
    for name in ("clientOrderId", "origClientOrderId"):
        if order.get(name):
            order[name] = order[name][:-1] + ("1" if order[name][-1] == "0" else "0")


# Pairs and prices


def symbol_of(instrument: Instrument) -> str:
    return instrument.symbol.replace("/", "")


def base_of(instrument: Instrument) -> str:
    return instrument.symbol.partition("/")[0]


def write_price(quote: Quote) -> Document:
    return {"symbol": symbol_of(quote.instrument), "price": amount(quote.last)}


def write_book(quote: Quote, depth: Decimal) -> Document:
    """Spell the best prices; a side that nobody quotes is zero."""
    return {
        "symbol": symbol_of(quote.instrument),
        "bidPrice": amount(quote.bid),
        "bidQty": amount(depth if quote.bid else None),
        "askPrice": amount(quote.ask),
        "askQty": amount(depth if quote.ask else None),
    }


# The account


def write_account(
    account: str,
    now: datetime,
    balances: Iterable[tuple[str, Decimal, Decimal]],
) -> Document:
    """Spell an account; `balances` are of each asset what is free and what is locked."""
    return {
        "makerCommission": 0,
        "takerCommission": 0,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": dict.fromkeys(("maker", "taker", "buyer", "seller"), amount(None)),
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": time(now),
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": amount(free), "locked": amount(locked)}
            for asset, free, locked in balances
        ],
        "permissions": ["SPOT"],
        "uid": shape_id(make_id("account", account)),
    }


def list_balances(
    cash: Balance, pairs: Iterable[Instrument], held: Iterable[Position], open_orders: Iterable[Order]
) -> list[tuple[str, Decimal, Decimal]]:
    """List of each asset what is free, and what open orders lock: money of buys, coins of sells."""
    zero = Decimal(0)
    free_cash = cash.cash if cash.buying_power is None else cash.buying_power
    owned = {each.instrument.symbol: each.quantity for each in held}
    locked: dict[str, Decimal] = {}
    for order in open_orders:
        leg = order.legs[0]
        if leg.side is Side.SELL:
            symbol = leg.instrument.symbol
            locked[symbol] = locked.get(symbol, zero) + (order.open_quantity or zero)
    rows = [(QUOTE_ASSET, free_cash, cash.cash - free_cash)]
    for pair in pairs:
        bound = locked.get(pair.symbol, zero)
        rows.append((base_of(pair), owned.get(pair.symbol, zero) - bound, bound))
    return rows


def is_pair(instrument: Instrument) -> bool:
    return instrument.asset_class is AssetClass.CRYPTO
