"""Alpaca's answers: which fields there are, and what stands in them.

Numbers are strings, times RFC 3339 with `Z`, and what is absent is null.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from nostro.brokers.transport import Reply
from nostro.domain.account import Balance, Position
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import GroupRole, GroupType, Leg, Order, OrderStatus, OrderType, PriceEffect
from nostro.sim.face import reply

Document = dict[str, Any]
"""A JSON object."""

_NAMES = UUID("6a8f1f3e-3d0b-4c39-9d4e-0c6f5a2b7d10")
_CLASSES = {
    GroupType.OCO: "oco",
    GroupType.OTO: "oto",
    GroupType.OTOCO: "bracket",
}
_ASSET_CLASSES = {
    AssetClass.STOCK: "us_equity",
    AssetClass.ETF: "us_equity",
    AssetClass.OPTION: "us_option",
    AssetClass.CRYPTO: "crypto",
}
_EXCHANGES = {"XNAS": "NASDAQ", "XNYS": "NYSE", "ARCX": "ARCA"}
_CREATED_AT = "2024-01-02T15:04:05.678901Z"
"""Of every account: the exchange does not remember."""


def make_id(*parts: object) -> str:
    """Give the same id for the same parts, always."""
    return str(uuid5(_NAMES, ":".join(map(str, parts))))


def number(value: Decimal | None) -> str | None:
    if value is None:
        return None
    return f"{value.normalize():f}" if value else "0"


def time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


# Orders


def write_order(order: Order, legs: Sequence[Document] | None = None) -> Document:
    """Spell an order; `legs` None where they are not asked for, or there are none."""
    is_multi_leg = len(order.legs) > 1
    instrument = None if is_multi_leg else order.legs[0].instrument
    return {
        "id": order.brokerage_order_id,
        "client_order_id": order.client_order_id,
        **_life(order),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        **_what(instrument),
        "notional": number(order.notional),
        "qty": number(order.quantity) if order.notional is None else None,
        "filled_qty": number(order.filled_quantity),
        "filled_avg_price": number(_signed(order, order.average_price)),
        "order_class": "mleg" if is_multi_leg else _CLASSES[order.group_type] if order.group_type else "",
        "order_type": order.order_type,
        "type": order.order_type,
        "side": "" if is_multi_leg else order.legs[0].side,
        "time_in_force": order.time_in_force,
        "limit_price": number(_signed(order, order.limit_price)),
        "stop_price": number(order.stop_price),
        "status": order.status,
        "extended_hours": order.extended_hours,
        "legs": legs or None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
        "position_intent": None if is_multi_leg else _intent(order.legs[0]),
    }


def write_legs(order: Order) -> list[Document]:
    """Spell the legs of a multi-leg order, each as an order of its own; empty for any other."""
    if len(order.legs) == 1:
        return []
    return [_write_leg(order, leg, index) for index, leg in enumerate(order.legs)]


def _write_leg(order: Order, leg: Leg, index: int) -> Document:
    whole = write_order(order)
    return whole | {
        "id": make_id("leg", order.brokerage_order_id, index),
        "client_order_id": make_id("leg", order.client_order_id, index),
        "replaced_by": order.replaced_by and make_id("leg", order.replaced_by, index),
        "replaces": order.replaces and make_id("leg", order.replaces, index),
        **_what(leg.instrument),
        "qty": None if order.quantity is None else number(order.quantity * leg.ratio),
        "filled_qty": number(order.filled_quantity * leg.ratio),
        "filled_avg_price": number(leg.average_price),
        "order_type": "",
        "type": "",
        "side": leg.side,
        "limit_price": None,
        "position_intent": _intent(leg),
        "ratio_qty": number(leg.ratio),
    }


def _life(order: Order) -> Document:
    def when(*statuses: OrderStatus) -> str | None:
        return time(order.updated_at) if order.status in statuses else None

    return {
        "created_at": time(order.placed_at),
        "updated_at": time(order.updated_at),
        "submitted_at": time(order.placed_at),
        "filled_at": time(order.filled_at),
        "expired_at": when(OrderStatus.EXPIRED),
        "canceled_at": when(OrderStatus.CANCELED),
        "failed_at": when(OrderStatus.REJECTED),
        "replaced_at": when(OrderStatus.REPLACED),
    }


def _what(instrument: Instrument | None) -> Document:
    """Say what is traded; a multi-leg order as a whole has empty texts here (alpaca-py `Order.__init__`)."""
    if instrument is None:
        return {"asset_id": "", "symbol": "", "asset_class": ""}
    return {
        "asset_id": asset_id(instrument),
        "symbol": symbol_of(instrument),
        "asset_class": _ASSET_CLASSES[instrument.asset_class],
    }


def _signed(order: Order, price: Decimal | None) -> Decimal | None:
    """Turn a net price into Alpaca's, where a credit is negative."""
    return -price if price is not None and order.price_effect is PriceEffect.CREDIT else price


def _intent(leg: Leg) -> str | None:
    return f"{leg.side}_to_{leg.position_effect}" if leg.position_effect else None


def is_parent(order: Order) -> bool:
    """Say whether the others of the order's group are its legs: an entry's, or those of an OCO's limit."""
    if order.group_type is GroupType.OCO:
        return order.order_type is OrderType.LIMIT
    return order.group_role is GroupRole.TRIGGER


def roll_up(orders: Sequence[Order], among: Iterable[Order]) -> list[Document]:
    """Spell `orders`, each leg that is current within its parent; `among` holds what else may be a leg."""
    legs: dict[str, list[Order]] = {}
    for order in among:
        if order.group_id and not is_parent(order) and order.status is not OrderStatus.REPLACED:
            legs.setdefault(order.group_id, []).append(order)
    parents = {
        order.group_id: order for order in orders if is_parent(order) and order.status != OrderStatus.REPLACED
    }
    shown = []
    for order in orders:
        parent = parents.get(order.group_id) if order.group_id else None
        if parent is None or order.status is OrderStatus.REPLACED:
            shown.append(write_order(order, write_legs(order)))
        elif order is parent:
            shown.append(write_order(order, [write_order(leg) for leg in legs.get(order.group_id or "", [])]))
    return shown


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last digit of both its ids."""
    document = json.loads(true.body or "null")
    for order in document if isinstance(document, list) else [document or {}]:
        for name in ("id", "client_order_id"):
            if order.get(name):
                order[name] = order[name][:-1] + ("1" if order[name][-1] == "0" else "0")
    return reply(true.status, document) if true.body else true


# What is held, and what can be


def symbol_of(instrument: Instrument) -> str:
    """Spell a symbol: options without the padding."""
    return instrument.symbol.replace(" ", "")


def asset_id(instrument: Instrument) -> str:
    return make_id("asset", instrument.symbol)


def write_asset(instrument: Instrument) -> Document:
    is_crypto = instrument.asset_class is AssetClass.CRYPTO
    document: Document = {
        "id": asset_id(instrument),
        "class": _ASSET_CLASSES[instrument.asset_class],
        "exchange": exchange_of(instrument),
        "symbol": symbol_of(instrument),
        "name": instrument.description,
        "status": "active",
        "tradable": True,
        "marginable": not is_crypto,
        "shortable": not is_crypto,
        "easy_to_borrow": not is_crypto,
        "fractionable": instrument.fractionable,
        "attributes": [],
    }
    if is_crypto:
        least = "0.000000001"
        document |= {"min_order_size": least, "min_trade_increment": least, "price_increment": least}
    return document


def exchange_of(instrument: Instrument) -> str:
    if instrument.asset_class is AssetClass.CRYPTO:
        return "CRYPTO"
    return _EXCHANGES.get(instrument.exchange_mic, "")


def write_position(position: Position) -> Document:
    instrument = position.instrument
    is_crypto = instrument.asset_class is AssetClass.CRYPTO
    average = position.average_price or Decimal(0)
    current = average if position.last_price is None else position.last_price
    size = position.quantity * instrument.multiplier
    gain = size * (current - average)
    share = gain / abs(size * average) if average else Decimal(0)
    return {
        "asset_id": make_id("holding", instrument.symbol) if is_crypto else asset_id(instrument),
        "symbol": symbol_of(instrument).replace("/", ""),
        "exchange": exchange_of(instrument),
        "asset_class": _ASSET_CLASSES[instrument.asset_class],
        "asset_marginable": not is_crypto,
        "qty": number(position.quantity),
        "avg_entry_price": number(average),
        "side": "long" if position.quantity > 0 else "short",
        "market_value": number(size * current),
        "cost_basis": number(size * average),
        "unrealized_pl": number(gain),
        "unrealized_plpc": number(round(share, 9)),
        "unrealized_intraday_pl": number(gain),
        "unrealized_intraday_plpc": number(round(share, 9)),
        "current_price": number(current),
        "lastday_price": number(current),
        "change_today": "0",
        "qty_available": number(position.quantity),
    }


def write_account(account: str, balance: Balance, positions: Iterable[Position]) -> Document:
    """Spell a cash account. What FINRA's new margin rules took from it on 2026-07-06 is not there."""
    values = [Decimal(str(write_position(position)["market_value"])) for position in positions]
    long = sum((value for value in values if value > 0), Decimal(0))
    short = sum((value for value in values if value < 0), Decimal(0))
    equity, power = number(balance.cash + long + short), number(balance.buying_power)
    return {
        "id": make_id("account", account),
        "account_number": account,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": balance.currency,
        "buying_power": power,
        "regt_buying_power": power,
        "non_marginable_buying_power": power,
        "options_buying_power": power,
        "cash": number(balance.cash),
        "accrued_fees": "0",
        "portfolio_value": equity,
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": _CREATED_AT,
        "trade_suspended_by_user": False,
        "multiplier": "1",
        "shorting_enabled": True,
        "equity": equity,
        "last_equity": equity,
        "long_market_value": number(long),
        "short_market_value": number(short),
        "initial_margin": "0",
        "maintenance_margin": "0",
        "last_maintenance_margin": "0",
        "sma": "0",
        "options_approved_level": 3,
        "options_trading_level": 3,
    }
