"""Binance's calls, each answered from the exchange."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nostro.brokers.transport import Reply
from nostro.domain.account import Quote
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order, OrderStatus, Side
from nostro.domain.place import NewOrder
from nostro.sim.face import Asked, Names, form, reply, route
from nostro.sim.refusals import OrderClosed, Refused, UnknownOrder
from nostro.sim.skins.binance import forms
from nostro.sim.skins.binance.filters import check_filters
from nostro.sim.skins.binance.market import PUBLIC, find_quote, list_pairs
from nostro.sim.skins.binance.refusals import (
    Error,
    WrongClientId,
    cancel_refused,
    insufficient,
    refuse_cancel,
    rejected,
    words_of,
)
from nostro.sim.skins.binance.shapes import (
    Document,
    base_of,
    is_pair,
    list_balances,
    make_client_id,
    number_of,
    write_account,
    write_canceled,
    write_order,
    write_placed,
    write_trade,
)

_EVER = datetime.min.replace(tzinfo=UTC)
_ARCHIVED_AFTER = timedelta(days=90)
_MODES = ("STOP_ON_FAILURE", "ALLOW_FAILURE")


# Orders


def _look_up(asked: Asked) -> Reply:
    sent = forms.read(asked.call, "symbol", "orderId", "origClientOrderId")
    order = _find(asked, sent, forms.read_named(sent, "orderId", "origClientOrderId"))
    is_empty = order.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED) and not order.filled_quantity
    if is_empty and order.updated_at < asked.exchange.now() - _ARCHIVED_AFTER:
        words = "Order was canceled or expired with no executed qty over 90 days ago and has been archived."
        raise Error(-2026, words)
    return reply(200, write_order(order))


def _list_open(asked: Asked) -> Reply:
    sent = forms.read(asked.call, "symbol")
    wanted = find_quote(asked, sent).instrument if "symbol" in sent else None
    return reply(200, [write_order(order) for order in _open(_seen(asked, wanted))])


def _list_all(asked: Asked) -> Reply:
    sent = forms.read(asked.call, "symbol", "orderId", "startTime", "endTime", "limit")
    orders = _seen(asked, find_quote(asked, sent).instrument)
    first = forms.read_id(sent, "orderId")
    rows = _page(orders, sent, lambda order: order.placed_at, first)
    return reply(200, [write_order(order) for order in rows])


def _trades(asked: Asked) -> Reply:
    sent = forms.read(asked.call, "symbol", "orderId", "startTime", "endTime", "fromId", "limit")
    order_id = forms.read_id(sent, "orderId")
    filled = [
        order
        for order in _seen(asked, find_quote(asked, sent).instrument)
        if order.filled_quantity and order_id in (None, number_of(order))
    ]
    first = forms.read_id(sent, "fromId")
    rows = _page(filled, sent, lambda order: order.filled_at or order.updated_at, first)
    return reply(200, [write_trade(order) for order in rows])


def _page(
    orders: list[Order], sent: forms.Sent, when: Callable[[Order], datetime], first: int | None
) -> list[Order]:
    """Choose from all, oldest first: the oldest from a start on, the most recent where none is said."""
    start, end = forms.read_span(sent)
    limit = forms.read_limit(sent)
    chosen = [
        order
        for order in orders
        if (first is None or number_of(order) >= first)
        and (start is None or when(order) >= start)
        and (end is None or when(order) <= end)
    ]
    if first is not None:
        return sorted(chosen, key=number_of)[:limit]
    return chosen[:limit] if start is not None else chosen[max(len(chosen) - limit, 0) :]


def _find(asked: Asked, sent: forms.Sent, named: forms.Named) -> Order:
    """Find the order that is named; raises UnknownOrder for one of another pair, too."""
    wanted = find_quote(asked, sent).instrument
    if named.order_id is not None:
        order = asked.exchange.order(asked.account, str(named.order_id))
    else:
        order = asked.exchange.find_client_order(asked.account, named.client_order_id or "")
    if order.legs[0].instrument != wanted or asked.conditions.hides(order.brokerage_order_id):
        raise UnknownOrder(order.brokerage_order_id)
    if named.client_order_id not in (None, order.client_order_id):
        raise WrongClientId(order.brokerage_order_id)
    return order


def _orders(asked: Asked, wanted: Instrument | None) -> list[Order]:
    """List all orders, of one pair or of all, oldest first."""
    return [
        order
        for order in reversed(asked.exchange.orders(asked.account, _EVER))
        if is_pair(order.legs[0].instrument) and wanted in (None, order.legs[0].instrument)
    ]


def _seen(asked: Asked, wanted: Instrument | None) -> list[Order]:
    hides = asked.conditions.hides
    return [order for order in _orders(asked, wanted) if not hides(order.brokerage_order_id)]


def _open(orders: list[Order]) -> list[Order]:
    return [order for order in orders if not order.status.is_closed]


# Cancels


def _cancel(asked: Asked) -> Reply:
    names = ("symbol", "orderId", "origClientOrderId", "newClientOrderId", "cancelRestrictions")
    sent = forms.read(asked.call, *names)
    named = forms.read_named(sent, "orderId", "origClientOrderId")
    how = forms.read_cancel(sent, "newClientOrderId")
    return reply(200, _carry_out_cancel(asked, _find(asked, sent, named), how))


def _carry_out_cancel(asked: Asked, order: Order, how: forms.Cancel) -> Document:
    """Cancel at once, and for good; under a fault that only takes cancels the order is PENDING_CANCEL."""
    if order.status.is_closed:
        raise OrderClosed(order)
    if how.only not in (None, order.status):
        raise Error(-2011, "Order was not canceled due to cancel restrictions.")
    conditions = asked.conditions
    if conditions.forgets_cancels:
        order = replace(order, status=OrderStatus.PENDING_CANCEL)
    elif conditions.acknowledge_only:
        delay_s = conditions.acknowledge_delay_s
        order = asked.exchange.acknowledge_cancel(asked.account, order.brokerage_order_id, delay_s)
    else:
        order = asked.exchange.request_cancel(asked.account, order.brokerage_order_id)
    return write_canceled(order, how.client_order_id or make_client_id("cancel", order.brokerage_order_id))


def _cancel_all(asked: Asked) -> Reply:
    sent = forms.read(asked.call, "symbol")
    found = _open(_orders(asked, find_quote(asked, sent).instrument))
    orders = [order for order in found if order.status is not OrderStatus.PENDING_CANCEL]
    if not orders:
        raise UnknownOrder("")
    cancel_id = make_client_id("cancel", *(order.brokerage_order_id for order in orders))
    exchange, account = asked.exchange, asked.account
    done = [exchange.request_cancel(account, order.brokerage_order_id) for order in orders]
    return reply(200, [write_canceled(order, cancel_id) for order in done])


# New orders


def _place(asked: Asked) -> Reply:
    sent = forms.read(asked.call, *forms.ORDER)
    new, quote = _read_new(asked, sent)
    kind = forms.read_kind(sent, new)
    return reply(200, write_placed(_enter(asked, new, quote), kind))


def _test(asked: Asked) -> Reply:
    sent = forms.read(asked.call, *forms.ORDER)
    new, _ = _read_new(asked, sent)
    forms.read_kind(sent, new)
    return reply(200, {})


def _read_new(asked: Asked, sent: forms.Sent) -> tuple[NewOrder, Quote]:
    """Read an order as far as its parameters and its pair's rules tell whether it can be taken."""
    quote = find_quote(asked, sent)
    count = len(asked.exchange.orders(asked.account, _EVER))
    new = forms.read_new(sent, quote, make_client_id("order", asked.account, count))
    check_filters(new, quote)
    return new, quote


def _enter(asked: Asked, new: NewOrder, quote: Quote) -> Order:
    """Place an order, as the matching engine takes it."""
    side = new.legs[0].side
    reached = quote.ask if side is Side.BUY else quote.bid
    if new.stop_price is not None and reached is not None:
        is_past = reached >= new.stop_price if side is Side.BUY else reached <= new.stop_price
        if is_past:
            raise rejected("Order would trigger immediately.")
    if any(order.client_order_id == new.client_order_id for order in _open(_orders(asked, None))):
        raise rejected("Duplicate order sent.")
    free = {asset: amount for asset, amount, _ in _balances(asked)}
    if side is Side.SELL and free[base_of(quote.instrument)] < _units(new, quote):
        raise insufficient()
    return asked.exchange.place(asked.account, new)


def _units(new: NewOrder, quote: Quote) -> Decimal:
    if new.quantity is not None:
        return new.quantity
    return (new.notional or Decimal(0)) / quote.bid if quote.bid else Decimal(0)


def _cancel_replace(asked: Asked) -> Reply:
    """Cancel, then place: two steps, of which the second can fail when the first is done."""
    own = (
        "cancelReplaceMode",
        "cancelOrderId",
        "cancelOrigClientOrderId",
        "cancelNewClientOrderId",
        "cancelRestrictions",
    )
    sent = forms.read(asked.call, *forms.ORDER, *own)
    mode = forms.need(sent, "cancelReplaceMode")
    if mode not in _MODES:
        raise Error(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.")
    named = forms.read_named(sent, "cancelOrderId", "cancelOrigClientOrderId")
    how = forms.read_cancel(sent, "cancelNewClientOrderId")
    new, quote = _read_new(asked, sent)
    kind = forms.read_kind(sent, new)
    placed: Document | None = None
    try:
        canceled, cancel_result = _carry_out_cancel(asked, _find(asked, sent, named), how), "SUCCESS"
    except Refused as refused:
        canceled, cancel_result = words_of(cancel_refused(refused)), "FAILURE"
    new_result = "NOT_ATTEMPTED"
    if cancel_result == "SUCCESS" or mode == "ALLOW_FAILURE":
        try:
            placed, new_result = write_placed(_enter(asked, new, quote), kind), "SUCCESS"
        except Refused as refused:
            placed, new_result = words_of(refused), "FAILURE"
    data = {
        "cancelResult": cancel_result,
        "newOrderResult": new_result,
        "cancelResponse": canceled,
        "newOrderResponse": placed,
    }
    match (cancel_result, new_result).count("SUCCESS"):
        case 2:
            return reply(200, data)
        case 1:
            return reply(409, _failed(-2021, "Order cancel-replace partially failed.", data))
    return reply(400, _failed(-2022, "Order cancel-replace failed.", data))


def _failed(code: int, words: str, data: Document) -> Document:
    return {"code": code, "msg": words, "data": data}


# The account


def _account(asked: Asked) -> Reply:
    sent = forms.read(asked.call, "omitZeroBalances")
    rows = _balances(asked)
    if sent.get("omitZeroBalances") == "true":
        rows = [(asset, free, locked) for asset, free, locked in rows if free or locked]
    return reply(200, write_account(asked.account, asked.exchange.now(), rows))


def _balances(asked: Asked) -> list[tuple[str, Decimal, Decimal]]:
    exchange, account = asked.exchange, asked.account
    return list_balances(
        exchange.balance(account), list_pairs(asked), exchange.positions(account), _open(_orders(asked, None))
    )


def _naming(order: str, client: str) -> Names:
    """Make a reader of what names an order; what is not there names none."""

    def names(query: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        sent = {**form(body), **query}
        return {name: sent[each] for name, each in (("order", order), ("client", client)) if sent.get(each)}

    return names


_V3 = "/api/v3"
_NAMED = _naming("orderId", "origClientOrderId")
_REPLACED = _naming("cancelOrderId", "cancelOrigClientOrderId")
ROUTES = (
    route("DELETE", f"{_V3}/order", "cancel", _cancel, _NAMED, refuse_cancel),
    route("DELETE", f"{_V3}/openOrders", "cancel_all", _cancel_all, refuse=refuse_cancel),
    route("GET", f"{_V3}/order", "look_up", _look_up, _NAMED),
    route("GET", f"{_V3}/openOrders", "list", _list_open),
    route("GET", f"{_V3}/allOrders", "list", _list_all),
    route("POST", f"{_V3}/order", "place", _place),
    route("POST", f"{_V3}/order/test", "read", _test),
    route("POST", f"{_V3}/order/cancelReplace", "replace", _cancel_replace, _REPLACED),
    route("GET", f"{_V3}/account", "read", _account),
    route("GET", f"{_V3}/myTrades", "read", _trades),
    *PUBLIC,
)
