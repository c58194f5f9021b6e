"""Tradier's answers: which fields there are, and what stands in them.

Numbers are JSON numbers, times have milliseconds and `Z`, what is absent is left out. A list is the text
`null`, one object, or an array of objects.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from nostro.brokers.transport import Reply
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, PositionEffect, Side, TimeInForce
from nostro.domain.place import Preview
from nostro.sim.face import reply

Document = dict[str, Any]
"""A JSON object."""

TRADED = (AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION)

_NAMES = UUID("3b0c4a55-6a0e-4d53-9d7e-51d0f3b8c2aa")
_ID_START = 10**14
_ID_COUNT = 9 * 10**14
_NOON_UTC = 17
"""Of New York, about: an order outside the session is `pre` before, and `post` after."""

_LONG_AGO = "2024-01-02T15:04:05.000Z"
"""When accounts were opened and positions acquired: the exchange does not remember."""

_WORDS = {
    OrderStatus.PENDING_NEW: "pending",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.REPLACED: "canceled",
    OrderStatus.REJECTED: "rejected",
    OrderStatus.EXPIRED: "expired",
    OrderStatus.HELD: "held",
}
_STOCK_SIDES: dict[tuple[Side, PositionEffect | None], str] = {
    (Side.SELL, PositionEffect.OPEN): "sell_short",
    (Side.BUY, PositionEffect.CLOSE): "buy_to_cover",
}


def shape_id(made: UUID) -> int:
    """Make an integer that a JSON number carries exactly."""
    return _ID_START + made.int % _ID_COUNT


def make_id(*parts: object) -> UUID:
    """Give the same id for the same parts, always."""
    return uuid5(_NAMES, ":".join(map(str, parts)))


def number(value: Decimal | None) -> float:
    return float(value or 0)


def time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_list(plural: str, singular: str, rows: Sequence[Document]) -> Document:
    if not rows:
        return {plural: "null"}
    return {plural: {singular: rows[0] if len(rows) == 1 else list(rows)}}


# Orders


def number_of(order: Order) -> int | str:
    """Return the order's id as JSON has it; one that a test chose may be no number."""
    order_id = order.brokerage_order_id
    return int(order_id) if order_id.isdecimal() else order_id


def write_taken(order: Order, *, is_new: bool) -> Document:
    """Say that a request about an order is taken, which is all that Tradier says."""
    taken: Document = {"id": number_of(order), "status": "ok"}
    if is_new:
        taken["partner_id"] = str(make_id("partner", order.brokerage_order_id))
    return {"order": taken}


def word_of(order: Order) -> str:
    """Return Tradier's word for the order's status; there is none for a cancel that is pending."""
    if order.status is OrderStatus.PENDING_CANCEL and order.filled_quantity:
        return "partially_filled"
    return _WORDS.get(order.status, "open")


def write_order(order: Order, *, has_tag: bool) -> Document:
    is_multi_leg = len(order.legs) > 1
    first = order.legs[0]
    document = {
        "id": number_of(order),
        "type": _type_of(order),
        **({"symbol": _underlying(first.instrument), "side": first.side} if is_multi_leg else _what(first)),
        **_progress(order, Decimal(1), order.average_price),
        "class": "multileg" if is_multi_leg else _class_of(first.instrument),
    }
    if order.limit_price is not None:
        document["price"] = number(order.limit_price)
    if order.stop_price is not None:
        document["stop_price"] = number(order.stop_price)
    if order.status is OrderStatus.REJECTED:
        document["reason_description"] = order.reject_reason or "Rejected"
    if has_tag and order.client_order_id:
        document["tag"] = order.client_order_id
    if is_multi_leg:
        document["num_legs"] = len(order.legs)
        document["leg"] = [_write_leg(order, leg, index) for index, leg in enumerate(order.legs)]
    return document


def _write_leg(order: Order, leg: Leg, index: int) -> Document:
    return {
        "id": shape_id(make_id("leg", order.brokerage_order_id, index)),
        "type": _type_of(order),
        **_what(leg),
        **_progress(order, leg.ratio, leg.average_price),
        "class": "option",
    }


def _progress(order: Order, ratio: Decimal, average: Decimal | None) -> Document:
    return {
        "quantity": number((order.quantity or Decimal(0)) * ratio),
        "status": word_of(order),
        "duration": duration_of(order.time_in_force, order.placed_at, outside=order.extended_hours),
        "avg_fill_price": number(average),
        "exec_quantity": number(order.filled_quantity * ratio),
        "last_fill_price": number(average),
        "last_fill_quantity": number(order.filled_quantity * ratio),
        "remaining_quantity": number((order.open_quantity or Decimal(0)) * ratio),
        "create_date": time(order.placed_at),
        "transaction_date": time(order.updated_at),
    }


def duration_of(time_in_force: TimeInForce | None, placed_at: datetime, *, outside: bool) -> str:
    if outside:
        return "pre" if placed_at.hour < _NOON_UTC else "post"
    return "gtc" if time_in_force is TimeInForce.GTC else "day"


def _type_of(order: Order) -> str:
    if order.price_effect is not None and order.order_type is OrderType.LIMIT:
        return order.price_effect
    return order.order_type or "market"


def _what(leg: Leg) -> Document:
    what = {"symbol": _underlying(leg.instrument), "side": _side_of(leg)}
    if leg.instrument.option is not None:
        what["option_symbol"] = symbol_of(leg.instrument)
    return what


def _side_of(leg: Leg) -> str:
    if leg.instrument.option is None:
        return _STOCK_SIDES.get((leg.side, leg.position_effect), leg.side)
    effect = leg.position_effect or (PositionEffect.OPEN if leg.side is Side.BUY else PositionEffect.CLOSE)
    return f"{leg.side}_to_{effect}"


def _underlying(instrument: Instrument) -> str:
    return instrument.option.underlying if instrument.option else instrument.symbol


def _class_of(instrument: Instrument) -> str:
    return "option" if instrument.option else "equity"


def symbol_of(instrument: Instrument) -> str:
    """Spell a symbol: options without the padding."""
    return instrument.symbol.replace(" ", "")


def write_preview(form: dict[str, str], preview: Preview, now: datetime) -> Document:
    """Say what an order would cost; from the form stand here the words of what is asked."""
    cost = -preview.cash_change
    asked = {name: form[name] for name in ("symbol", "side", "type", "duration", "class") if name in form}
    return {
        "order": asked
        | {
            "status": "ok",
            "result": True,
            "commission": number(preview.commission),
            "fees": 0.0,
            "cost": number(cost + preview.commission),
            "order_cost": number(cost),
            "margin_change": 0.0,
            "extended_hours": form.get("duration") in ("pre", "post"),
            "request_date": time(now),
        }
    }


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last digit of its id."""
    if "content-type" in true.headers:  # plain text, which names none
        return true
    document = json.loads(true.body)
    found = document.get("order") or document.get("orders")
    rows = found.get("order", found) if isinstance(found, dict) else []
    for order in rows if isinstance(rows, list) else [rows]:
        if isinstance(order.get("id"), int):
            order["id"] += 1 if order["id"] % 10 == 0 else -1
    return reply(true.status, document)


# Everything else


def write_profile(owner: str, accounts: Iterable[BrokerageAccount]) -> Document:
    rows = [
        {
            "account_number": account.number,
            "classification": "individual",
            "date_created": _LONG_AGO,
            "day_trader": False,
            "option_level": 6,
            "status": "active",
            "type": "cash",
            "last_update_date": _LONG_AGO,
        }
        for account in accounts
    ]
    person = {"id": f"id-{make_id('person', owner).hex[:8]}", "name": "Customer"}
    return {"profile": person | {"account": rows[0] if len(rows) == 1 else rows}}


def write_position(account: str, position: Position) -> Document:
    instrument = position.instrument
    size = position.quantity * instrument.multiplier
    return {
        "cost_basis": number(size * (position.average_price or Decimal(0))),
        "date_acquired": _LONG_AGO,
        "id": shape_id(make_id("position", account, instrument.symbol)),
        "quantity": number(position.quantity),
        "symbol": symbol_of(instrument),
    }


def write_balances(
    account: str, balance: Balance, positions: Iterable[Position], orders: Sequence[Order]
) -> Document:
    """Spell a cash account."""
    long = short = stock = option_long = option_short = gain = Decimal(0)
    for position in positions:
        average = position.average_price or Decimal(0)
        last = average if position.last_price is None else position.last_price
        size = position.quantity * position.instrument.multiplier
        value = size * last
        gain += size * (last - average)
        long += max(value, Decimal(0))
        short += min(value, Decimal(0))
        if position.instrument.option is None:
            stock += max(value, Decimal(0))
        else:
            option_long += max(value, Decimal(0))
            option_short += min(value, Decimal(0))
    return {
        "balances": {
            "account_number": account,
            "account_type": "cash",
            "close_pl": 0.0,
            "current_requirement": 0.0,
            "equity": 0.0,
            "long_market_value": number(long),
            "market_value": number(long + short),
            "open_pl": number(gain),
            "option_long_value": number(option_long),
            "option_requirement": 0.0,
            "option_short_value": number(option_short),
            "pending_cash": number(balance.cash - (balance.buying_power or balance.cash)),
            "pending_orders_count": sum(not order.status.is_closed for order in orders),
            "short_market_value": number(short),
            "stock_long_value": number(stock),
            "total_cash": number(balance.cash),
            "total_equity": number(balance.cash + long + short),
            "uncleared_funds": 0.0,
            "cash": {
                "cash_available": number(balance.buying_power),
                "sweep": 0,
                "unsettled_funds": 0.0,
            },
        }
    }
