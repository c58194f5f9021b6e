"""Kraken's answers: which fields there are, and what stands in them.

An answer is `{"error": [], "result": ...}`. Amounts are texts with fixed decimals, times seconds since 1970
as JSON numbers. Fields and words as in replies that others recorded: ccxt/ccxt
`ts/src/test/static/response/kraken.json` at 0621cdc and the comments of ccxt 4.5.90, JKorf/Kraken.Net e597f1d
`Kraken.Net.UnitTests/Endpoints/Spot`.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from nostro.brokers.transport import Reply
from nostro.domain.account import Balance, Position, Quote
from nostro.domain.order import Order, OrderStatus, OrderType, Side
from nostro.sim.face import reply
from nostro.sim.skins.kraken.assets import (
    ASSET_DECIMALS,
    COST_DECIMALS,
    COST_MIN,
    LOT_DECIMALS,
    PAIRS,
    USD,
    USD_DECIMALS,
    VOLUME_MIN,
    Pair,
    amount,
    is_traded,
    pair_of,
)
from nostro.sim.skins.kraken.ids import iban_of, make_id, userref_of

Document = dict[str, Any]
"""A JSON object."""

_NOTHING = Decimal(0)
_WORDS = {
    OrderStatus.PENDING_NEW: "pending",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.REPLACED: "canceled",
    OrderStatus.REJECTED: "canceled",
    OrderStatus.EXPIRED: "expired",
}
_REASONS = {
    OrderStatus.CANCELED: "User requested",
    OrderStatus.REPLACED: "Order replaced",
    OrderStatus.EXPIRED: "Order expired",
}
_TYPES = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop-loss",
    OrderType.STOP_LIMIT: "stop-loss-limit",
}
_PERMISSIONS = ("query-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades")


def result(document: object) -> Reply:
    return reply(200, {"error": [], "result": document})


# Orders


def write_orders(orders: Iterable[Order], *, has_trades: bool) -> Document:
    return {order.brokerage_order_id: write_order(order, has_trades=has_trades) for order in orders}


def write_order(order: Order, *, has_trades: bool) -> Document:
    pair = pair_of(order.legs[0].instrument)
    cost = order.filled_quantity * (order.average_price or _NOTHING)
    volume, executed = order.quantity or _NOTHING, order.filled_quantity
    if order.notional is not None:
        volume = order.notional
        executed = volume if order.status is OrderStatus.FILLED else cost
    none = amount(_NOTHING, COST_DECIMALS)
    document: Document = {
        "refid": None,
        "userref": userref_of(order),
        "status": _WORDS.get(order.status, "open"),
        "opentm": order.placed_at.timestamp(),
        "starttm": 0,
        "expiretm": 0 if order.expires_at is None else order.expires_at.timestamp(),
        "descr": _describe(order, pair),
        "vol": amount(volume, LOT_DECIMALS),
        "vol_exec": amount(executed, LOT_DECIMALS),
        "cost": amount(cost, COST_DECIMALS),
        "fee": none,
        "price": amount(round(order.average_price or _NOTHING, ASSET_DECIMALS), COST_DECIMALS),
        "stopprice": none,
        "limitprice": none,
        "misc": "",
        "oflags": "fciq" if order.notional is None else "fciq,viqc",
        "reason": order.reject_reason or _REASONS.get(order.status),
    }
    if order.client_order_id and document["userref"] is None:
        document["cl_ord_id"] = order.client_order_id
    if order.status.is_closed:
        document["closetm"] = order.updated_at.timestamp()
    if has_trades and order.filled_quantity:
        document["trades"] = [make_id("trade", order.brokerage_order_id)]
    return document


def _describe(order: Order, pair: Pair) -> Document:
    first = order.limit_price if order.stop_price is None else order.stop_price
    second = None if order.stop_price is None else order.limit_price
    return {
        "pair": pair.altname,
        "type": order.legs[0].side,
        "ordertype": _TYPES[order.order_type or OrderType.MARKET],
        "price": _price(first, pair),
        "price2": _price(second, pair),
        "leverage": "none",
        "order": describe(order),
        "close": "",
    }


def describe(order: Order) -> str:
    """Say an order in Kraken's sentence."""
    return sentence(
        pair_of(order.legs[0].instrument),
        order.legs[0].side,
        order.quantity if order.notional is None else order.notional,
        order.limit_price,
        order.stop_price,
    )


def sentence(
    pair: Pair, side: Side, volume: Decimal | None, limit: Decimal | None, stop: Decimal | None
) -> str:
    terms = []
    if stop is not None:
        terms.append(f"stop loss {_price(stop, pair)}")
    if limit is not None:
        terms.append(f"limit {_price(limit, pair)}")
    size = amount(volume or _NOTHING, LOT_DECIMALS)
    return f"{side} {size} {pair.altname} @ {' -> '.join(terms) or 'market'}"


def _price(price: Decimal | None, pair: Pair) -> str:
    return "0" if price is None else amount(price, pair.decimals)


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last character of its id."""
    document = json.loads(true.body)
    found = document.get("result")
    if not isinstance(found, dict):
        return true
    for name in ("open", "closed"):
        if name in found:
            found[name] = {_other(txid): order for txid, order in found[name].items()}
    for name in ("txid", "originaltxid"):
        if name in found:
            ids = found[name]
            found[name] = list(map(_other, ids)) if isinstance(ids, list) else _other(ids)
    document["result"] = {_other(name) if "-" in name else name: row for name, row in found.items()}
    return reply(true.status, document)


def _other(txid: str) -> str:
    return txid[:-1] + ("1" if txid[-1] == "0" else "0")


# What is held


def write_balances(
    balance: Balance, positions: Iterable[Position], orders: Iterable[Order]
) -> dict[str, tuple[str, str]]:
    """Say of each asset how much there is, and how much of it open orders hold."""
    selling: dict[str, Decimal] = {}
    for order in orders:
        if order.legs[0].side is Side.SELL and not order.status.is_closed:
            base = pair_of(order.legs[0].instrument).base
            selling[base] = selling.get(base, _NOTHING) + (order.open_quantity or _NOTHING)
    power = balance.cash if balance.buying_power is None else balance.buying_power
    rows = {USD: (amount(balance.cash, USD_DECIMALS), amount(balance.cash - power, USD_DECIMALS))}
    held = {pair_of(each.instrument).base: each.quantity for each in positions if is_traded(each.instrument)}
    for base in sorted(held.keys() | selling.keys()):
        quantities = (held.get(base, _NOTHING), selling.get(base, _NOTHING))
        rows[base] = (amount(quantities[0], ASSET_DECIMALS), amount(quantities[1], ASSET_DECIMALS))
    return rows


def write_trade_balance(balance: Balance, positions: Iterable[Position]) -> Document:
    """Spell the balance of an account without margin, in dollars."""
    worth = sum(
        (each.quantity * (each.last_price or each.average_price or _NOTHING) for each in positions), _NOTHING
    )
    equity, none = amount(balance.cash + worth, USD_DECIMALS), amount(_NOTHING, USD_DECIMALS)
    return {
        "eb": equity,
        "tb": equity,
        "m": none,
        "uv": none,
        "n": none,
        "c": none,
        "v": none,
        "e": equity,
        "mf": equity,
    }


# Who asks


def write_key(api_key: str, account: str, nonce: str, now: datetime) -> Document:
    """Say what a key is and may; times are texts, and 0 where the exchange has none.

    Fields: docs.kraken.com `api-reference/account-data/get-api-key-info`. The reply that JKorf/Kraken.Net
    keeps spells those of two words with `_`; `iban` is the same in both.
    """
    return {
        "apiKeyName": api_key,
        "apiKey": api_key,
        "nonce": nonce,
        "nonceWindow": 0,
        "permissions": list(_PERMISSIONS),
        "iban": iban_of(account),
        "validUntil": "0",
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": "0",
        "modifiedTime": "0",
        "ipAllowlist": [],
        "lastUsed": str(int(now.timestamp())),
    }


# What anybody may know


def write_time(now: datetime) -> Document:
    return {"unixtime": int(now.timestamp()), "rfc1123": f"{now:%a, %d %b %y %H:%M:%S} +0000"}


def write_assets() -> dict[str, Document]:
    rows = {USD: _asset("USD", USD_DECIMALS, 2)}
    return rows | {pair.base: _asset(pair.base_altname, ASSET_DECIMALS, 5) for pair in PAIRS}


def _asset(altname: str, decimals: int, display_decimals: int) -> Document:
    return {
        "aclass": "currency",
        "altname": altname,
        "decimals": decimals,
        "display_decimals": display_decimals,
        "status": "enabled",
    }


def write_pairs(pairs: Sequence[Pair]) -> dict[str, Document]:
    return {pair.name: _pair(pair) for pair in pairs}


def _pair(pair: Pair) -> Document:
    return {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": pair.base,
        "aclass_quote": "currency",
        "quote": USD,
        "lot": "unit",
        "cost_decimals": COST_DECIMALS,
        "pair_decimals": pair.decimals,
        "lot_decimals": LOT_DECIMALS,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0]],
        "fees_maker": [[0, 0]],
        "fee_volume_currency": USD,
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{VOLUME_MIN:f}",
        "costmin": f"{COST_MIN:f}",
        "tick_size": f"{Decimal(1).scaleb(-pair.decimals):f}",
        "status": "online",
    }


def write_ticker(pair: Pair, quote: Quote) -> Document:
    """Spell a quote; the exchange keeps no volumes and no history."""

    def price(value: Decimal | None) -> str:
        return amount(value or _NOTHING, max(pair.decimals, COST_DECIMALS))

    last, none = price(quote.last), amount(_NOTHING, LOT_DECIMALS)
    return {
        "a": [price(quote.ask), "1", "1.000"],
        "b": [price(quote.bid), "1", "1.000"],
        "c": [last, none],
        "v": [none, none],
        "p": [last, last],
        "t": [0, 0],
        "l": [last, last],
        "h": [last, last],
        "o": last,
    }
