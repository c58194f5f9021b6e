"""Kraken's calls, each answered from the exchange."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nostro.brokers.transport import Reply
from nostro.domain.order import Order, OrderStatus, Side
from nostro.domain.place import NewOrder
from nostro.sim.face import Asked, route
from nostro.sim.refusals import Malformed, UnknownOrder
from nostro.sim.skins.kraken.access import PRIVATE
from nostro.sim.skins.kraken.assets import PAIRS, USD, Pair, find_pair, is_traded, pair_of
from nostro.sim.skins.kraken.forms import (
    check_deadline,
    flags,
    is_set,
    read_amend,
    read_edit,
    read_fields,
    read_filter,
    read_names,
    read_new,
    read_offset,
    read_time,
    read_userref,
    text,
)
from nostro.sim.skins.kraken.ids import TXID, make_id, read_name
from nostro.sim.skins.kraken.refusals import InvalidArgument, NothingOpen, OrderRefused
from nostro.sim.skins.kraken.shapes import (
    Document,
    describe,
    result,
    sentence,
    write_assets,
    write_balances,
    write_key,
    write_orders,
    write_pairs,
    write_ticker,
    write_time,
    write_trade_balance,
)

_EVER = datetime.min.replace(tzinfo=UTC)
_PAGE_SIZE = 50
_QUERY_MAX = _BATCH_MAX = 50


def _fields(asked: Asked) -> dict[str, Any]:
    try:
        return read_fields(asked.call.body)
    except ValueError as error:
        raise Malformed(str(error)) from error


# Orders that are there


def _list_open(asked: Asked) -> Reply:
    fields = _fields(asked)
    orders = [order for order in _listed(asked, fields) if not order.status.is_closed]
    return result({"open": write_orders(orders, has_trades=is_set(fields, "trades"))})


def _list_closed(asked: Asked) -> Reply:
    """List what ended, what ended last first, a page of it."""
    fields = _fields(asked)
    which, offset = text(fields, "closetime") or "both", read_offset(fields)
    if which not in ("open", "close", "both"):
        raise InvalidArgument("closetime")
    start, end = read_time(fields, "start"), read_time(fields, "end")

    def is_within(order: Order) -> bool:
        times = {"open": [order.placed_at], "close": [order.updated_at]}
        return any(
            (start is None or start < time) and (end is None or time <= end)
            for time in times.get(which, [order.placed_at, order.updated_at])
        )

    orders = [order for order in _listed(asked, fields) if order.status.is_closed and is_within(order)]
    orders.sort(key=lambda order: order.placed_at if which == "open" else order.updated_at, reverse=True)
    page = orders[offset : offset + _PAGE_SIZE]
    rows = write_orders(page, has_trades=is_set(fields, "trades"))
    return result({"closed": rows, "count": len(orders)})


def _query(asked: Asked) -> Reply:
    """Show the orders that are named; those that are not the customer's are left out."""
    fields = _fields(asked)
    named = text(fields, "txid").split(",")
    if named == [""] or len(named) > _QUERY_MAX:
        raise Malformed("txid")
    for each in named:
        if not TXID.fullmatch(each):
            raise UnknownOrder(each)
    seen: dict[str, Order] = {order.brokerage_order_id: order for order in _listed(asked, fields)}
    orders = [seen[each] for each in named if each in seen]
    return result(write_orders(orders, has_trades=is_set(fields, "trades")))


def _listed(asked: Asked, fields: dict[str, Any]) -> list[Order]:
    called = read_filter(fields)
    return [order for order in _seen(asked) if called in (None, order.client_order_id)]


def _seen(asked: Asked) -> list[Order]:
    """List all orders that can be seen now, newest first."""
    return [
        order
        for order in asked.exchange.orders(asked.account, _EVER)
        if is_traded(order.legs[0].instrument) and not asked.conditions.hides(order.brokerage_order_id)
    ]


def _named(asked: Asked) -> Order:
    """Find the one order that is named by its id or its `cl_ord_id`."""
    if asked.call.order_id is None and asked.call.client_order_id:
        return _open_ones(asked, [asked.call.client_order_id])[0]
    if asked.call.order_id is None and not text(_fields(asked), "txid"):
        raise Malformed("txid")
    return _own(asked, asked.order_id())


def _own(asked: Asked, order_id: str) -> Order:
    order = asked.exchange.order(asked.account, order_id)
    if not is_traded(order.legs[0].instrument):
        raise UnknownOrder(order_id)
    return order


def _open_ones(asked: Asked, called: Iterable[str]) -> list[Order]:
    """Find every open order that is called so; raises NothingOpen."""
    names = set(called)
    found = [order for order in _seen(asked) if order.client_order_id in names and _is_cancelable(order)]
    if not found:
        raise NothingOpen
    return found


def _is_cancelable(order: Order) -> bool:
    return not order.status.is_closed and order.status is not OrderStatus.PENDING_CANCEL


# Orders that shall be there


def _place(asked: Asked) -> Reply:
    fields = _fields(asked)
    now = asked.exchange.now()
    check_deadline(fields, now)
    new = read_new(fields, now)
    pair = find_pair(text(fields, "pair"))
    if "post" in flags(fields):
        _check_post(asked, pair, new.legs[0].side, new.limit_price)
    _check_unique(asked, new)
    volume = new.quantity if new.notional is None else new.notional
    taken: Document = {
        "descr": {"order": sentence(pair, new.legs[0].side, volume, new.limit_price, new.stop_price)}
    }
    if is_set(fields, "validate"):
        asked.exchange.preview(asked.account, new)
    else:
        taken["txid"] = [asked.exchange.place(asked.account, new).brokerage_order_id]
    return result(taken)


def _check_unique(asked: Asked, new: NewOrder) -> None:
    """Refuse a `cl_ord_id` that another open order has; user references may be many orders'."""
    is_client_id = bool(text(_fields(asked), "cl_ord_id"))
    called = {order.client_order_id for order in _seen(asked) if not order.status.is_closed}
    if is_client_id and new.client_order_id in called:
        raise InvalidArgument("cl_ord_id not unique")


def _check_post(asked: Asked, pair: Pair, side: Side, limit: Decimal | None) -> None:
    [quote] = asked.exchange.quotes([pair.symbol])
    other = quote.ask if side is Side.BUY else quote.bid
    if limit is None or other is None:
        return
    if limit >= other if side is Side.BUY else limit <= other:
        raise OrderRefused("EOrder:Post only order")


def _edit(asked: Asked) -> Reply:
    """Cancel an order and enter another, of another id, in its place; a `cl_ord_id` names none here."""
    fields = _fields(asked)
    check_deadline(fields, asked.exchange.now())
    if not text(fields, "txid"):
        raise Malformed("txid")
    old = _named(asked)
    pair = pair_of(old.legs[0].instrument)
    if find_pair(text(fields, "pair")) is not pair:
        raise InvalidArgument("pair")
    terms = read_edit(fields, old)
    if "post" in flags(fields):
        _check_post(asked, pair, old.legs[0].side, terms.limit_price)
    order = asked.exchange.replace(
        asked.account, old.brokerage_order_id, terms, client_order_id=read_userref(fields)
    )
    shown = write_orders([order], has_trades=False)[order.brokerage_order_id]
    return result(
        {
            "status": "ok",
            "txid": order.brokerage_order_id,
            "originaltxid": old.brokerage_order_id,
            "volume": shown["vol"],
            "price": shown["descr"]["price"],
            "price2": shown["descr"]["price2"],
            "orders_cancelled": 1,
            "descr": {"order": describe(order)},
        }
    )


def _amend(asked: Asked) -> Reply:
    """Give an order new terms under its own id; what is less than its fills cancels the rest."""
    fields = _fields(asked)
    now = asked.exchange.now()
    check_deadline(fields, now)
    old = _named(asked)
    terms = read_amend(fields, old)
    if is_set(fields, "post_only"):
        _check_post(asked, pair_of(old.legs[0].instrument), old.legs[0].side, terms.limit_price)
    order_id = old.brokerage_order_id
    if terms.quantity is not None and terms.quantity <= old.filled_quantity:
        asked.exchange.request_cancel(asked.account, order_id)
    else:
        asked.exchange.amend(asked.account, order_id, terms)
    return result({"amend_id": make_id("amend", order_id, now)})


# Orders that shall not be there any more


def _cancel(asked: Asked) -> Reply:
    """Cancel one order, or every open one that has the user reference or `cl_ord_id`."""
    if asked.call.order_id is None and asked.call.client_order_id:
        return _taken(asked, _open_ones(asked, [asked.call.client_order_id]))
    return _taken(asked, [_named(asked)])


def _cancel_batch(asked: Asked) -> Reply:
    fields = _fields(asked)
    orders, client_ids = fields.get("orders") or [], fields.get("cl_ord_ids") or []
    if not isinstance(orders, list) or not isinstance(client_ids, list):
        raise Malformed("orders")
    if not 1 <= len(orders) + len(client_ids) <= _BATCH_MAX:
        raise Malformed("orders")
    names = [read_name(str(each)) for each in orders] + [{"client": str(each)} for each in client_ids]
    ids = {name["order"] for name in names if "order" in name}
    called = {name["client"] for name in names if "client" in name}
    found = [
        order
        for order in _seen(asked)
        if (order.brokerage_order_id in ids or order.client_order_id in called) and _is_cancelable(order)
    ]
    if not found:
        raise NothingOpen
    return _taken(asked, found)


def _cancel_all(asked: Asked) -> Reply:
    return _taken(asked, [order for order in _seen(asked) if _is_cancelable(order)])


def _taken(asked: Asked, orders: Sequence[Order]) -> Reply:
    """Cancel these; `pending` where that is not done when the answer leaves."""
    conditions = asked.conditions
    for order in orders:
        if conditions.forgets_cancels and not order.status.is_closed:
            continue
        if conditions.acknowledge_only:
            asked.exchange.acknowledge_cancel(
                asked.account, order.brokerage_order_id, conditions.acknowledge_delay_s
            )
        else:
            asked.exchange.request_cancel(asked.account, order.brokerage_order_id)
    is_pending = conditions.acknowledge_only or conditions.forgets_cancels
    return result({"count": len(orders)} | ({"pending": True} if is_pending else {}))


# Everything else


def _balances(asked: Asked) -> dict[str, tuple[str, str]]:
    exchange, account = asked.exchange, asked.account
    return write_balances(exchange.balance(account), exchange.positions(account), _seen(asked))


def _balance(asked: Asked) -> Reply:
    return result({asset: total for asset, (total, _) in _balances(asked).items()})


def _extended_balance(asked: Asked) -> Reply:
    rows = _balances(asked).items()
    return result({asset: {"balance": total, "hold_trade": held} for asset, (total, held) in rows})


def _trade_balance(asked: Asked) -> Reply:
    if text(_fields(asked), "asset") not in ("", USD, "USD"):
        raise OrderRefused("EQuery:Unknown asset")
    exchange, account = asked.exchange, asked.account
    held = [each for each in exchange.positions(account) if is_traded(each.instrument)]
    return result(write_trade_balance(exchange.balance(account), held))


def _positions(asked: Asked) -> Reply:
    """List positions on margin, of which there are none."""
    return result([] if text(_fields(asked), "consolidation") == "market" else {})


def _key(asked: Asked) -> Reply:
    nonce = text(_fields(asked), "nonce")
    return result(write_key(asked.owner, asked.account, nonce, asked.exchange.now()))


def _time(asked: Asked) -> Reply:
    return result(write_time(asked.exchange.now()))


def _status(asked: Asked) -> Reply:
    now = asked.exchange.now()
    return result({"status": "online", "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}"})


def _assets(asked: Asked) -> Reply:
    rows = write_assets()
    wanted = [each for each in asked.call.query.get("asset", "").split(",") if each]
    found = {name: row for name, row in rows.items() if not wanted or {name, row["altname"]} & set(wanted)}
    if len(found) < len(set(wanted)):
        raise OrderRefused("EQuery:Unknown asset")
    return result(found)


def _pairs(asked: Asked) -> Reply:
    return result(write_pairs(_wanted_pairs(asked)))


def _ticker(asked: Asked) -> Reply:
    rows = {}
    for pair in _wanted_pairs(asked):
        [quote] = asked.exchange.quotes([pair.symbol])
        rows[pair.name] = write_ticker(pair, quote)
    return result(rows)


def _wanted_pairs(asked: Asked) -> list[Pair]:
    wanted = asked.call.query.get("pair", "")
    return [find_pair(each) for each in wanted.split(",")] if wanted else list(PAIRS)


ROUTES = (
    route("POST", PRIVATE + "CancelOrder", "cancel", _cancel, read_names),
    route("POST", PRIVATE + "CancelOrderBatch", "cancel_all", _cancel_batch),
    route("POST", PRIVATE + "CancelAll", "cancel_all", _cancel_all),
    route("POST", PRIVATE + "AddOrder", "place", _place),
    route("POST", PRIVATE + "EditOrder", "replace", _edit, read_names),
    route("POST", PRIVATE + "AmendOrder", "replace", _amend, read_names),
    route("POST", PRIVATE + "QueryOrders", "look_up", _query, read_names),
    route("POST", PRIVATE + "OpenOrders", "list", _list_open),
    route("POST", PRIVATE + "ClosedOrders", "list", _list_closed),
    route("POST", PRIVATE + "Balance", "read", _balance),
    route("POST", PRIVATE + "BalanceEx", "read", _extended_balance),
    route("POST", PRIVATE + "TradeBalance", "read", _trade_balance),
    route("POST", PRIVATE + "OpenPositions", "read", _positions),
    route("POST", PRIVATE + "GetApiKeyInfo", "read", _key),
    route("GET", "/0/public/Time", "read", _time, is_public=True),
    route("GET", "/0/public/SystemStatus", "read", _status, is_public=True),
    route("GET", "/0/public/Assets", "read", _assets, is_public=True),
    route("GET", "/0/public/AssetPairs", "read", _pairs, is_public=True),
    route("GET", "/0/public/Ticker", "read", _ticker, is_public=True),
)
