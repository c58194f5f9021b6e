"""tastytrade's calls, each answered from the exchange."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from nostro.brokers.transport import Reply
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order, OrderStatus
from nostro.domain.place import NewOrder
from nostro.sim.face import Asked, reply, route
from nostro.sim.refusals import CancelAlreadyPending, OrderClosed, UnknownOrder, UnknownSymbol
from nostro.sim.skins.tastytrade import tokens
from nostro.sim.skins.tastytrade.accounts import (
    write_account,
    write_balance,
    write_effect,
    write_fees,
    write_position,
)
from nostro.sim.skins.tastytrade.forms import (
    ComplexForm,
    OrderForm,
    TermsForm,
    read,
    read_complex,
    read_new,
    read_terms,
)
from nostro.sim.skins.tastytrade.lists import PER_PAGE, PER_PAGE_LIVE, page, select
from nostro.sim.skins.tastytrade.refusals import Invalid, NoGrant, refuse_token
from nostro.sim.skins.tastytrade.shapes import (
    EVER,
    TYPES,
    Document,
    answer,
    symbol_of,
    underlying_of,
    write_complex,
    write_order,
    write_received,
    write_successor,
    write_unplaced,
)
from nostro.sim.trading_day import next_roll

CANCEL_TAKES_S = 0.2
"""How long a working order is in Cancel Requested, by the exchange's time."""
OAUTH_PATH = "/oauth/token"

_DAY = timedelta(days=1)


def _token(asked: Asked) -> Reply:
    if tokens.read_grant(asked.call.body).get("grant_type") != "refresh_token":
        raise NoGrant
    document = {
        "access_token": tokens.make_access(asked.owner, asked.conditions.at),
        "token_type": "Bearer",
        "expires_in": tokens.ACCESS_S,
    }
    return reply(200, document)


def _context(asked: Asked, *more: object) -> str:
    return "/".join(["/accounts", asked.account, *map(str, more)])


# Orders


def _list(asked: Asked) -> Reply:
    rows = [write_order(order, asked.account) for order in select(asked.call, _seen(asked))]
    return page(asked.call, rows, _context(asked, "orders"), PER_PAGE)


def _list_live(asked: Asked) -> Reply:
    rows = [write_order(order, asked.account) for order in _seen(asked) if _is_of_today(asked, order)]
    return page(asked.call, rows, _context(asked, "orders", "live"), PER_PAGE_LIVE)


def _seen(asked: Asked) -> list[Order]:
    """List the orders that can be seen now, newest first."""
    orders = asked.exchange.orders(asked.account, EVER)
    return [order for order in orders if not asked.conditions.hides(order.brokerage_order_id)]


def _is_of_today(asked: Asked, order: Order) -> bool:
    today = next_roll(asked.exchange.now()) - _DAY
    return not order.status.is_closed or order.updated_at >= today


def _look_up(asked: Asked) -> Reply:
    return _order(asked, _named(asked))


def _order(asked: Asked, order: Order) -> Reply:
    context = _context(asked, "orders", asked.call.named["order"])
    return answer(200, write_order(order, asked.account), context)


def _named(asked: Asked) -> Order:
    _check_id(asked.call.order_id or "")
    return asked.exchange.order(asked.account, asked.order_id())


def _check_id(given: str) -> None:
    if not given.isdecimal():
        raise Invalid("id")


def _place(asked: Asked) -> Reply:
    new = read_new(read(asked.call.body, OrderForm), lambda symbol: _instrument(asked, symbol))
    effects = _effects(asked, new)
    order = write_received(asked.exchange.place(asked.account, new), asked.account)
    return answer(201, effects | {"order": order}, _context(asked, "orders"))


def _dry_run(asked: Asked) -> Reply:
    new = read_new(read(asked.call.body, OrderForm), lambda symbol: _instrument(asked, symbol))
    instrument = _instrument(asked, new.legs[0].symbol)
    order = write_unplaced(json.loads(asked.call.body), instrument, asked.account)
    return answer(201, _effects(asked, new) | {"order": order}, _context(asked, "orders", "dry-run"))


def _effects(asked: Asked, new: NewOrder) -> Document:
    """Say what an order would cost; raises Refused as placing it would."""
    change = asked.exchange.preview(asked.account, new).cash_change
    balance = asked.exchange.balance(asked.account)
    power = balance.cash if balance.buying_power is None else balance.buying_power
    return {
        "buying-power-effect": write_effect(power, change, is_spread=len(new.legs) > 1),
        "fee-calculation": write_fees(),
        "warnings": [],
    }


def _replace(asked: Asked) -> Reply:
    old = _named(asked)
    terms = read_terms(read(asked.call.body, TermsForm), old)
    order = asked.exchange.replace(asked.account, old.brokerage_order_id, terms)
    context = _context(asked, "orders", old.brokerage_order_id)
    return answer(200, write_successor(order, asked.account), context)


def _cancel(asked: Asked) -> Reply:
    return _order(asked, _request_cancel(asked, _named(asked)))


def _request_cancel(asked: Asked, order: Order) -> Order:
    """Cancel an order that waits for another one at once, and take the cancel of one that works."""
    order_id, conditions = order.brokerage_order_id, asked.conditions
    if conditions.forgets_cancels and not order.status.is_closed:
        return replace(order, status=OrderStatus.PENDING_CANCEL)
    if order.status is OrderStatus.HELD and not conditions.acknowledge_only:
        return asked.exchange.request_cancel(asked.account, order_id)
    delay_s = conditions.acknowledge_delay_s if conditions.acknowledge_only else CANCEL_TAKES_S
    return asked.exchange.acknowledge_cancel(asked.account, order_id, delay_s)


def _instrument(asked: Asked, symbol: str) -> Instrument:
    for quote in asked.exchange.quotes([symbol]):
        return quote.instrument
    raise UnknownSymbol(symbol)


# Complex orders


def _list_complex(asked: Asked) -> Reply:
    rows = [write_complex(orders, asked.account) for orders in _groups(asked)]
    return page(asked.call, rows, _context(asked, "complex-orders"), PER_PAGE)


def _list_live_complex(asked: Asked) -> Reply:
    rows = [
        write_complex(orders, asked.account)
        for orders in _groups(asked)
        if any(_is_of_today(asked, order) for order in orders)
    ]
    return answer(200, {"items": rows}, _context(asked, "complex-orders", "live"))


def _look_up_complex(asked: Asked) -> Reply:
    return _complex(asked, _named_group(asked))


def _complex(asked: Asked, orders: Sequence[Order]) -> Reply:
    context = _context(asked, "complex-orders", orders[0].group_id)
    return answer(200, write_complex(orders, asked.account), context)


def _groups(asked: Asked) -> list[list[Order]]:
    """List groups, newest first, with the orders of each as they were placed."""
    groups: dict[str, list[Order]] = {}
    for order in _seen(asked):
        if order.group_id is not None:
            groups.setdefault(order.group_id, []).insert(0, order)
    return list(groups.values())


def _named_group(asked: Asked) -> list[Order]:
    group_id = asked.call.named["complex"]
    _check_id(group_id)
    for orders in _groups(asked):
        if orders[0].group_id == group_id:
            return orders
    raise UnknownOrder(group_id)


def _place_complex(asked: Asked) -> Reply:
    form = read(asked.call.body, ComplexForm)
    group = read_complex(form, lambda symbol: _instrument(asked, symbol))
    effects = _effects(asked, group.members[0].order)
    orders = asked.exchange.place_group(asked.account, group)
    document = write_complex(orders, asked.account, write_received)
    return answer(201, effects | {"complex-order": document}, _context(asked, "complex-orders"))


def _cancel_complex(asked: Asked) -> Reply:
    """Cancel all that is open; raises OrderClosed where nothing is."""
    orders = _named_group(asked)
    if all(order.status.is_closed for order in orders):
        raise OrderClosed(orders[0])
    for order in orders:
        # One component's end can be another's, and a cancel of it may be under way.
        with contextlib.suppress(OrderClosed, CancelAlreadyPending):
            _request_cancel(asked, order)
    return _complex(asked, _named_group(asked))


# Everything else


def _accounts(asked: Asked) -> Reply:
    items = [
        {"account": write_account(account), "authority-level": "owner"}
        for account in asked.exchange.accounts(asked.owner)
    ]
    return answer(200, {"items": items}, "/customers/me/accounts")


def _account(asked: Asked) -> Reply:
    [account] = [each for each in asked.exchange.accounts(asked.owner) if each.number == asked.account]
    return answer(200, write_account(account), f"/customers/me/accounts/{asked.account}")


def _balances(asked: Asked) -> Reply:
    exchange, account = asked.exchange, asked.account
    balance = exchange.balance(account)
    currency = asked.call.named.get("currency") or balance.currency
    if currency != balance.currency:
        raise Invalid("currency")
    document = write_balance(account, balance, exchange.positions(account), exchange.now())
    return answer(200, document, _context(asked, "balances"))


def _positions(asked: Asked) -> Reply:
    call = asked.call
    underlyings = [*call.every("underlying-symbol[]"), *call.every("underlying-symbol")]
    has_mark = call.query.get("include-marks") == "true"
    rows = [
        write_position(asked.account, position, has_mark=has_mark)
        for position in asked.exchange.positions(asked.account)
        if call.query.get("symbol") in (None, symbol_of(position.instrument))
        and call.query.get("instrument-type") in (None, TYPES[position.instrument.asset_class])
        and (not underlyings or underlying_of(position.instrument) in underlyings)
    ]
    return answer(200, {"items": rows}, _context(asked, "positions"))


_ACCOUNT = "/accounts/(?P<account>[^/]+)"
_ORDERS = _ACCOUNT + "/orders"
_ORDER = _ORDERS + "/(?P<order>[^/]+)"
_COMPLEX_ORDERS = _ACCOUNT + "/complex-orders"
_COMPLEX_ORDER = _COMPLEX_ORDERS + "/(?P<complex>[^/]+)"
ROUTES = (
    route("POST", OAUTH_PATH, "read", _token, refuse=refuse_token),
    route("GET", _ORDERS + "/live", "list", _list_live),
    route("POST", _ORDERS + "/dry-run", "read", _dry_run),
    route("DELETE", _ORDER, "cancel", _cancel),
    route("GET", _ORDER, "look_up", _look_up),
    route("PUT", _ORDER, "replace", _replace),
    route("PATCH", _ORDER, "replace", _replace),
    route("GET", _ORDERS, "list", _list),
    route("POST", _ORDERS, "place", _place),
    route("GET", _COMPLEX_ORDERS + "/live", "list", _list_live_complex),
    route("DELETE", _COMPLEX_ORDER, "cancel_all", _cancel_complex),
    route("GET", _COMPLEX_ORDER, "read", _look_up_complex),
    route("GET", _COMPLEX_ORDERS, "list", _list_complex),
    route("POST", _COMPLEX_ORDERS, "place", _place_complex),
    route("GET", "/customers/me/accounts", "read", _accounts),
    route("GET", "/customers/me/accounts/(?P<account>[^/]+)", "read", _account),
    route("GET", _ACCOUNT + "/balances(?:/(?P<currency>[^/]+))?", "read", _balances),
    route("GET", _ACCOUNT + "/positions", "read", _positions),
)
