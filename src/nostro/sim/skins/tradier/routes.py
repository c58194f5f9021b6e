"""Tradier's calls, each answered from the exchange."""

import contextlib
from datetime import timedelta

from nostro.brokers.transport import Reply
from nostro.domain.account import Position
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order
from nostro.sim.face import Asked, reply, route
from nostro.sim.refusals import CancelAlreadyPending, UnknownAccount, UnknownOrder, UnknownSymbol
from nostro.sim.skins.tradier.forms import read_new
from nostro.sim.skins.tradier.shapes import (
    TRADED,
    write_balances,
    write_list,
    write_order,
    write_position,
    write_preview,
    write_profile,
    write_taken,
)
from nostro.sim.trading_day import next_roll

CANCEL_TAKES_S = 0.2
"""How long an order is still open after its cancel was taken, by the exchange's time."""

_DAY = timedelta(days=1)


def _list(asked: Asked) -> Reply:
    has_tags = _includes_tags(asked)
    rows = [write_order(order, has_tag=has_tags) for order in _seen(asked)]
    return reply(200, write_list("orders", "order", rows))


def _look_up(asked: Asked) -> Reply:
    return reply(200, {"order": write_order(_own(asked), has_tag=_includes_tags(asked))})


def _place(asked: Asked) -> Reply:
    form = asked.call.form()
    new = read_new(form, lambda symbol: _instrument(asked, symbol))
    if form.get("preview", "").lower() == "true":
        preview = asked.exchange.preview(asked.account, new)
        return reply(200, write_preview(form, preview, asked.exchange.now()))
    return reply(200, write_taken(asked.exchange.place(asked.account, new), is_new=True))


def _cancel(asked: Asked) -> Reply:
    order, conditions = _own(asked), asked.conditions
    if not conditions.forgets_cancels or order.status.is_closed:
        delay_s = conditions.acknowledge_delay_s if conditions.acknowledge_only else CANCEL_TAKES_S
        with contextlib.suppress(CancelAlreadyPending):
            asked.exchange.acknowledge_cancel(asked.account, order.brokerage_order_id, delay_s)
    return reply(200, write_taken(order, is_new=False))


def _own(asked: Asked) -> Order:
    """Find the order that is named; an order that is not there is an account that is not the customer's."""
    try:
        return asked.exchange.order(asked.account, asked.order_id())
    except UnknownOrder as error:
        raise UnknownAccount(asked.account) from error


def _seen(asked: Asked) -> list[Order]:
    """List the orders that can be seen now, newest first: open ones, and those that ended today."""
    today = next_roll(asked.exchange.now()) - _DAY
    orders = asked.exchange.orders(asked.account, today)
    return [order for order in orders if not asked.conditions.hides(order.brokerage_order_id)]


def _includes_tags(asked: Asked) -> bool:
    return asked.call.query.get("includeTags", "").lower() == "true"


def _instrument(asked: Asked, symbol: str) -> Instrument:
    for quote in asked.exchange.quotes([symbol]):
        if quote.instrument.asset_class in TRADED:
            return quote.instrument
    raise UnknownSymbol(symbol)


def _profile(asked: Asked) -> Reply:
    return reply(200, write_profile(asked.owner, asked.exchange.accounts(asked.owner)))


def _balances(asked: Asked) -> Reply:
    exchange, account = asked.exchange, asked.account
    return reply(200, write_balances(account, exchange.balance(account), _held(asked), _seen(asked)))


def _positions(asked: Asked) -> Reply:
    rows = [write_position(asked.account, position) for position in _held(asked)]
    return reply(200, write_list("positions", "position", rows))


def _held(asked: Asked) -> list[Position]:
    positions = asked.exchange.positions(asked.account)
    return [each for each in positions if each.instrument.asset_class in TRADED]


_ACCOUNT = "/v1/accounts/(?P<account>[^/]+)"
_ORDER = _ACCOUNT + "/orders/(?P<order>[^/]+)"
ROUTES = (
    route("DELETE", _ORDER, "cancel", _cancel),
    route("GET", _ORDER, "look_up", _look_up),
    route("GET", _ACCOUNT + "/orders", "list", _list),
    route("POST", _ACCOUNT + "/orders", "place", _place),
    route("GET", _ACCOUNT + "/balances", "read", _balances),
    route("GET", _ACCOUNT + "/positions", "read", _positions),
    route("GET", "/v1/user/profile", "read", _profile),
)
