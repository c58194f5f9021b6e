"""Orders in Coinbase's words: which fields there are, and what stands in them.

Fields: ccxt/ccxt `static/response/coinbase.json` at 089cd5c, and the models of
coinbase/coinbase-advanced-py 54fb8ed.
"""

import json
from collections.abc import Sequence
from decimal import Decimal

from nostro.brokers.transport import Reply
from nostro.domain.order import Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.sim.face import reply
from nostro.sim.skins.coinbase.shapes import (
    Document,
    Holder,
    make_id,
    number,
    product_id,
    time,
)

KINDS = {
    "market_market_ioc": (OrderType.MARKET, TimeInForce.IOC),
    "market_market_fok": (OrderType.MARKET, TimeInForce.FOK),
    "sor_limit_ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "limit_limit_gtc": (OrderType.LIMIT, TimeInForce.GTC),
    "limit_limit_gtd": (OrderType.LIMIT, TimeInForce.GTD),
    "limit_limit_fok": (OrderType.LIMIT, TimeInForce.FOK),
    "stop_limit_stop_limit_gtc": (OrderType.STOP_LIMIT, TimeInForce.GTC),
    "stop_limit_stop_limit_gtd": (OrderType.STOP_LIMIT, TimeInForce.GTD),
}
"""The names of configurations."""

_CONFIGURATIONS = {kind: name for name, kind in KINDS.items()}
_WORDS = {
    OrderStatus.PENDING_CANCEL: "CANCEL_QUEUED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELLED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.REJECTED: "FAILED",
}
_TIMES = {
    TimeInForce.GTD: "GOOD_UNTIL_DATE_TIME",
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
}


def word_of(order: Order) -> str:
    """Return Coinbase's word for the order's status."""
    return _WORDS.get(order.status, "OPEN")


def type_of(order: Order) -> str:
    return (order.order_type or OrderType.MARKET).upper()


def time_in_force_of(order: Order) -> str:
    return _TIMES.get(order.time_in_force or TimeInForce.GTC, "GOOD_UNTIL_CANCELLED")


def write_order(order: Order, holder: Holder) -> Document:
    is_filled = order.status is OrderStatus.FILLED
    filled, value = order.filled_quantity, order.filled_quantity * (order.average_price or Decimal(0))
    return {
        "order_id": order.brokerage_order_id,
        "product_id": product_id(order.legs[0].instrument),
        "user_id": make_id("user", holder.owner),
        "order_configuration": configuration_of(order),
        "side": order.legs[0].side.upper(),
        "client_order_id": order.client_order_id,
        "status": word_of(order),
        "time_in_force": time_in_force_of(order),
        "created_time": time(order.placed_at),
        "completion_percentage": number(round(100 * filled / order.quantity, 2)) if order.quantity else "0",
        "filled_size": number(filled),
        "average_filled_price": number(order.average_price),
        "fee": "",
        "number_of_fills": "1" if filled else "0",
        "filled_value": number(value),
        "pending_cancel": order.status is OrderStatus.PENDING_CANCEL,
        "size_in_quote": order.notional is not None,
        "total_fees": "0",
        "size_inclusive_of_fees": order.notional is not None,
        "total_value_after_fees": number(value),
        "trigger_status": _trigger_status(order),
        "order_type": type_of(order),
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": is_filled,
        "product_type": "SPOT",
        "reject_message": order.reject_reason or "",
        "cancel_message": "User requested cancel" if order.status is OrderStatus.CANCELED else "",
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": number(held_by(order)),
        "is_liquidation": False,
        "last_fill_time": None if order.filled_at is None else time(order.filled_at),
        "edit_history": [],
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": holder.portfolio_id,
        "originating_order_id": "",
        "attached_order_id": "",
    }


def configuration_of(order: Order) -> Document:
    terms: Document = {}
    if order.notional is not None:
        terms["quote_size"] = number(order.notional)
    else:
        terms["base_size"] = number(order.quantity)
    if order.limit_price is not None:
        terms["limit_price"] = number(order.limit_price)
    if order.stop_price is not None:
        direction = "UP" if order.legs[0].side is Side.BUY else "DOWN"
        terms |= {
            "stop_price": number(order.stop_price),
            "stop_direction": f"STOP_DIRECTION_STOP_{direction}",
        }
    if order.expires_at is not None:
        terms["end_time"] = time(order.expires_at)
    # What is no kind of Coinbase's, only the exchange's controls can place.
    kind = order.order_type or OrderType.MARKET, order.time_in_force or TimeInForce.GTC
    name = _CONFIGURATIONS.get(kind, "limit_limit_gtc")
    if name in ("limit_limit_gtc", "limit_limit_gtd"):
        terms["post_only"] = False
    return {name: terms}


def _trigger_status(order: Order) -> str:
    if order.stop_price is None:
        return "INVALID_ORDER_TYPE"
    return "STOP_TRIGGERED" if order.filled_quantity else "STOP_PENDING"


def held_by(order: Order) -> Decimal:
    """Return what an open order keeps on hold: of the quote for a buy, of the base for a sell."""
    units = order.open_quantity or Decimal(0)
    return units if order.legs[0].side is Side.SELL else units * (order.limit_price or Decimal(0))


def write_taken(order: Order, configuration: object) -> Document:
    """Say that an order was created; `configuration` is repeated as it was asked for."""
    return {
        "success": True,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": order.brokerage_order_id,
        "success_response": {
            "order_id": order.brokerage_order_id,
            "product_id": product_id(order.legs[0].instrument),
            "side": order.legs[0].side.upper(),
            "client_order_id": order.client_order_id,
            "attached_order_id": "",
        },
        "order_configuration": configuration,
    }


def write_list(rows: Sequence[Document], cursor: str) -> Document:
    """Spell a page of orders; `cursor` is empty on the last."""
    return {"orders": rows, "sequence": "0", "has_next": bool(cursor), "cursor": cursor}


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last digit of both its ids."""
    if "content-type" in true.headers:  # no JSON, which names none
        return true
    document = json.loads(true.body)
    rows = [document, document.get("order"), document.get("success_response")]
    for row in [*rows, *document.get("orders", []), *document.get("results", [])]:
        for name in ("order_id", "client_order_id"):
            if row and row.get(name):
                row[name] = row[name][:-1] + ("1" if row[name][-1] == "0" else "0")
    return reply(true.status, document)
