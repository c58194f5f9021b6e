"""Handlers that list orders and look at one, in both of SnapTrade's shapes."""

from collections.abc import Sequence
from datetime import timedelta

from nostro.domain.errors import InvalidRequest
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import Order
from nostro.http.call import Answer, Call
from nostro.wire.forms import OrderDetailForm
from nostro.wire.orders_v1 import RecentOrdersResponse, render_order, render_orders
from nostro.wire.orders_v2 import render_order_v2, render_orders_v2

DAYS_DEFAULT = 30
DAYS_MAX = 90
"""Both from SnapTrade's "List account orders" reference page, August 2026."""

RECENT = timedelta(hours=24)
"""SnapTrade's reach of `recentOrders` (reference page "List account recent orders", August 2026)."""

_STATES = ("all", "open", "executed")


async def list_orders(call: Call) -> Answer:
    return Answer(body=render_orders(await _listed(call)))


async def list_orders_v2(call: Call) -> Answer:
    return Answer(body=render_orders_v2(await _listed(call)))


async def list_recent_orders(call: Call) -> Answer:
    return Answer(body=RecentOrdersResponse(orders=render_orders(await _recent(call))))


async def list_recent_orders_v2(call: Call) -> Answer:
    return Answer(body=render_orders_v2(await _recent(call)))


async def get_order(call: Call) -> Answer:
    order_id = call.form(OrderDetailForm).brokerage_order_id
    return Answer(body=render_order(await _one(call, order_id)))


async def get_order_v2(call: Call) -> Answer:
    return Answer(body=render_order_v2(await _one(call, call.path["brokerageOrderId"])))


async def _listed(call: Call) -> Sequence[Order]:
    target = await call.account()
    state = call.query.get("state") or "all"
    if state not in _STATES:
        raise InvalidRequest(f"`state` must be one of {', '.join(_STATES)}.")
    orders = await call.do.orders(target, timedelta(days=_days(call)))
    if state == "open":
        return [order for order in orders if not order.status.is_closed]
    return [order for order in orders if state == "all" or order.filled_quantity > 0]


async def _recent(call: Call) -> Sequence[Order]:
    target = await call.account()
    only_executed = _flag(call, "only_executed", default=True)
    orders = await call.do.orders(target, RECENT)
    since = call.do.clock.now() - RECENT
    recent = [order for order in orders if order.updated_at >= since]
    return [order for order in recent if not only_executed or order.filled_quantity > 0]


async def _one(call: Call, order_id: str) -> Order:
    return await call.do.orders.one(await call.account(), BrokerageOrderId(order_id))


def _days(call: Call) -> int:
    text = call.query.get("days") or str(DAYS_DEFAULT)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= DAYS_MAX:
        raise InvalidRequest(f"`days` must be a whole number from 1 to {DAYS_MAX}.")
    return int(text)


def _flag(call: Call, name: str, *, default: bool) -> bool:
    """Read a boolean as SDKs (`false`) and hand-written Python (`False`) write it."""
    text = call.query.get(name, "").lower()
    if text in ("", "null", "none"):
        return default
    if text not in ("true", "false", "1", "0"):
        raise InvalidRequest(f"`{name}` must be true or false.")
    return text in ("true", "1")
