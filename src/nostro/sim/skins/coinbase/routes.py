"""Coinbase's calls, each answered from the exchange."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from nostro.brokers.transport import Reply
from nostro.domain.account import Position, Quote
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Order, OrderStatus
from nostro.sim.face import Asked, Call, reply, route
from nostro.sim.refusals import (
    CancelAlreadyPending,
    Malformed,
    OrderClosed,
    Refused,
    UnknownOrder,
    UnknownSymbol,
)
from nostro.sim.skins.coinbase.forms import CancelForm, OrderForm, read, read_new
from nostro.sim.skins.coinbase.holdings import (
    write_book,
    write_breakdown,
    write_fees,
    write_portfolio,
    write_product,
    write_wallets,
)
from nostro.sim.skins.coinbase.orders import (
    configuration_of,
    time_in_force_of,
    type_of,
    word_of,
    write_list,
    write_order,
    write_taken,
)
from nostro.sim.skins.coinbase.refusals import NotFound, write_not_taken
from nostro.sim.skins.coinbase.shapes import Document, Holder, product_id

CANCEL_TAKES_S = 0.2
"""How long an order is CANCEL_QUEUED, by the exchange's time."""
CANCELS_MAX = 100
"""Ids that one batch_cancel may name."""

_EVER = datetime.min.replace(tzinfo=UTC)
_ORDERS_MAX = 1000
_WALLETS, _WALLETS_MAX = 49, 250

T = TypeVar("T")


# Orders


def _list(asked: Asked) -> Reply:
    call, seen = asked.call, _seen(asked)
    rows = _after(seen, call.query.get("cursor", ""), lambda order: order.brokerage_order_id)
    is_asked_for, holder = _filter(call), _holder(asked)
    chosen = [order for order in rows if is_asked_for(order)]
    page = chosen[: _limit(call, _ORDERS_MAX, _ORDERS_MAX)]
    cursor = page[-1].brokerage_order_id if len(page) < len(chosen) else ""
    return reply(200, write_list([write_order(order, holder) for order in page], cursor))


def _filter(call: Call) -> Callable[[Order], bool]:
    """Read which orders are asked for; raises Malformed."""
    statuses, products = call.every("order_status"), call.every("product_ids") + call.every("product_id")
    if "OPEN" in statuses and set(statuses) != {"OPEN"}:
        raise Malformed("OPEN cannot be combined with another order_status")
    start, end = _time(call, "start_date"), _time(call, "end_date")
    wanted: list[tuple[list[str], Callable[[Order], str]]] = [
        (statuses, word_of),
        (products, lambda order: product_id(order.legs[0].instrument)),
        (call.every("order_ids"), lambda order: order.brokerage_order_id),
        (call.every("product_type"), lambda _order: "SPOT"),
        (call.every("order_side"), lambda order: order.legs[0].side.upper()),
        (call.every("order_types"), type_of),
        (call.every("time_in_forces"), time_in_force_of),
    ]
    return lambda order: (
        all(not values or of(order) in values for values, of in wanted)
        and (start is None or order.placed_at >= start)
        and (end is None or order.placed_at < end)
    )


def _look_up(asked: Asked) -> Reply:
    return reply(200, {"order": write_order(_own(asked, asked.call.named["order"]), _holder(asked))})


def _place(asked: Asked) -> Reply:
    body = asked.call.body
    form = read(body, OrderForm)
    if not form.client_order_id:
        raise Malformed("client_order_id is required")
    if known := _known(asked, form.client_order_id):
        return reply(200, write_taken(known, configuration_of(known)))
    configuration = json.loads(body)["order_configuration"]
    try:
        new = read_new(form, _quote(asked, form.product_id))
        order = asked.exchange.place(asked.account, new)
    except Refused as refused:
        return reply(200, write_not_taken(refused, configuration))
    return reply(200, write_taken(order, configuration))


def _known(asked: Asked, client_order_id: str) -> Order | None:
    """Find the order that has this client order id already; it is answered in place of a second one."""
    try:
        return asked.exchange.find_client_order(asked.account, client_order_id)
    except UnknownOrder:
        return None


def _cancel(asked: Asked) -> Reply:
    order_ids = read(asked.call.body, CancelForm).order_ids
    if len(order_ids) > CANCELS_MAX:
        raise Malformed(f"at most {CANCELS_MAX} orders can be cancelled at once")
    return reply(200, {"results": [_cancel_one(asked, order_id) for order_id in order_ids]})


def _cancel_one(asked: Asked, order_id: str) -> Document:
    """Take the cancel of one order, and give its result."""
    reason, conditions = "", asked.conditions
    try:
        order = _own(asked, order_id)
        if not conditions.forgets_cancels or order.status.is_closed:
            delay_s = conditions.acknowledge_delay_s if conditions.acknowledge_only else CANCEL_TAKES_S
            asked.exchange.acknowledge_cancel(asked.account, order_id, delay_s)
    except CancelAlreadyPending:
        reason = "DUPLICATE_CANCEL_REQUEST"
    except OrderClosed as closed:
        is_filled = closed.order.status is OrderStatus.FILLED
        reason = "ORDER_IS_FULLY_FILLED" if is_filled else "UNKNOWN_CANCEL_ORDER"
    except UnknownOrder:
        reason = "UNKNOWN_CANCEL_ORDER"
    return {
        "success": not reason,
        "failure_reason": reason or "UNKNOWN_CANCEL_FAILURE_REASON",
        "order_id": order_id,
    }


def _names_one(_query: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    """Name the order of a cancel that is about exactly one; raises ValueError for what cannot be read."""
    try:
        order_ids = msgspec.json.decode(body, type=CancelForm).order_ids
    except msgspec.MsgspecError as error:
        raise ValueError from error
    return {"order": order_ids[0]} if len(order_ids) == 1 else {}


def _own(asked: Asked, order_id: str) -> Order:
    """Find an order; one that is hidden, or in what Coinbase does not have, is not there."""
    order = asked.exchange.order(asked.account, order_id)
    if order.asset_class is not AssetClass.CRYPTO or asked.conditions.hides(order_id):
        raise UnknownOrder(order_id)
    return order


def _seen(asked: Asked) -> list[Order]:
    """List all orders that can be seen now, newest first."""
    return [
        order
        for order in asked.exchange.orders(asked.account, _EVER)
        if order.asset_class is AssetClass.CRYPTO and not asked.conditions.hides(order.brokerage_order_id)
    ]


# What is held


def _accounts(asked: Asked) -> Reply:
    call, wallets = asked.call, _wallets(asked)
    rows = _after(wallets, call.query.get("cursor", ""), lambda wallet: str(wallet["uuid"]))
    page = rows[: _limit(call, _WALLETS, _WALLETS_MAX)]
    has_next = len(page) < len(rows)
    cursor = page[-1]["uuid"] if has_next else ""
    return reply(200, {"accounts": page, "has_next": has_next, "cursor": cursor, "size": len(page)})


def _account(asked: Asked) -> Reply:
    for wallet in _wallets(asked):
        if wallet["uuid"] == asked.call.named["wallet"]:
            return reply(200, {"account": wallet})
    raise NotFound("account not found")


def _wallets(asked: Asked) -> list[Document]:
    return write_wallets(
        _holder(asked),
        asked.exchange.balance(asked.account),
        _listed(asked),
        _held(asked),
        asked.exchange.orders(asked.account, _EVER),
    )


def _portfolios(asked: Asked) -> Reply:
    return reply(200, {"portfolios": [write_portfolio(_holder(asked))]})


def _portfolio(asked: Asked) -> Reply:
    holder = _holder(asked)
    if asked.call.named["portfolio"] != holder.portfolio_id:
        raise NotFound("portfolio not found")
    balance = asked.exchange.balance(asked.account)
    return reply(200, {"breakdown": write_breakdown(holder, balance, _held(asked))})


def _permissions(asked: Asked) -> Reply:
    permissions = {"can_view": True, "can_trade": True, "can_transfer": False}
    portfolio = {"portfolio_uuid": _holder(asked).portfolio_id, "portfolio_type": "DEFAULT"}
    return reply(200, permissions | portfolio)


def _fees(_asked: Asked) -> Reply:
    return reply(200, write_fees())


def _holder(asked: Asked) -> Holder:
    return Holder(asked.owner, asked.account)


def _held(asked: Asked) -> list[Position]:
    positions = asked.exchange.positions(asked.account)
    return [each for each in positions if each.instrument.asset_class is AssetClass.CRYPTO]


# What can be traded


def _products(asked: Asked) -> Reply:
    is_spot = asked.call.query.get("product_type", "SPOT") == "SPOT"
    rows = [write_product(quote) for quote in _quotes(asked)] if is_spot else []
    return reply(200, {"products": rows, "num_products": len(rows)})


def _product(asked: Asked) -> Reply:
    return reply(200, write_product(_quote(asked, asked.call.named["product"])))


def _best_bid_ask(asked: Asked) -> Reply:
    return reply(200, {"pricebooks": [write_book(quote) for quote in _quotes(asked)]})


def _quotes(asked: Asked) -> list[Quote]:
    """List the quotes of the products that the query names, or of all."""
    wanted = asked.call.every("product_ids")
    symbols = [each.symbol for each in _listed(asked) if not wanted or product_id(each) in wanted]
    return asked.exchange.quotes(symbols)


def _quote(asked: Asked, product: str) -> Quote:
    for instrument in _listed(asked):
        if product_id(instrument) == product:
            return asked.exchange.quotes([instrument.symbol])[0]
    raise UnknownSymbol(product)


def _listed(asked: Asked) -> list[Instrument]:
    return [each for each in asked.exchange.instruments() if each.asset_class is AssetClass.CRYPTO]


# Parameters


def _after(rows: Sequence[T], cursor: str, key: Callable[[T], str]) -> list[T]:
    """Leave out the rows up to the one that a page ended with; raises Malformed for no such row."""
    if not cursor:
        return list(rows)
    keys = [key(row) for row in rows]
    if cursor not in keys:
        raise Malformed("invalid cursor")
    return list(rows[keys.index(cursor) + 1 :])


def _limit(call: Call, usual: int, most: int) -> int:
    text = call.query.get("limit", str(usual))
    if not text.isdecimal() or not int(text):
        raise Malformed("invalid limit")
    return min(int(text), most)


def _time(call: Call, name: str) -> datetime | None:
    if name not in call.query:
        return None
    try:
        moment = datetime.fromisoformat(call.query[name])
    except ValueError as error:
        raise Malformed(f"invalid {name}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_BASE = "/api/v3/brokerage"
ROUTES = (
    route("POST", _BASE + "/orders/batch_cancel", "cancel", _cancel, _names_one),
    route("GET", _BASE + "/orders/historical/batch", "list", _list),
    route("GET", _BASE + "/orders/historical/(?P<order>[^/]+)", "look_up", _look_up),
    route("POST", _BASE + "/orders", "place", _place),
    route("GET", _BASE + "/accounts", "read", _accounts),
    route("GET", _BASE + "/accounts/(?P<wallet>[^/]+)", "read", _account),
    route("GET", _BASE + "/products", "read", _products),
    route("GET", _BASE + "/products/(?P<product>[^/]+)", "read", _product),
    route("GET", _BASE + "/best_bid_ask", "read", _best_bid_ask),
    route("GET", _BASE + "/portfolios", "read", _portfolios),
    route("GET", _BASE + "/portfolios/(?P<portfolio>[^/]+)", "read", _portfolio),
    route("GET", _BASE + "/key_permissions", "read", _permissions),
    route("GET", _BASE + "/transaction_summary", "read", _fees),
)
