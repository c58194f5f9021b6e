"""Schwab's calls, each answered from the exchange."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from nostro.brokers.transport import Reply
from nostro.domain.account import Position, Quote
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order
from nostro.sim.face import Asked, reply, route
from nostro.sim.refusals import InsufficientFunds, Refused, UnknownSymbol
from nostro.sim.skins.schwab import tokens
from nostro.sim.skins.schwab.accounts import (
    Estimate,
    write_account,
    write_preference,
    write_preview,
    write_quotes,
)
from nostro.sim.skins.schwab.forms import read_new, read_terms
from nostro.sim.skins.schwab.refusals import (
    NO_FUNDS,
    InvalidValue,
    NoGrant,
    refuse_data,
    refuse_token,
)
from nostro.sim.skins.schwab.shapes import (
    STATUSES,
    TRADED,
    created,
    hash_of,
    number_of,
    word_of,
    write_order,
)

CANCEL_TAKES_S = 0.2
"""How long an order is PENDING_CANCEL, by the exchange's time."""
OAUTH_PATH = "/v1/oauth/token"

_EVER = datetime.min.replace(tzinfo=UTC)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_RANGE_MAX = timedelta(days=366)
_AGE_MAX = timedelta(days=60)
_LIST_SIZE = "3000"


def _token(asked: Asked) -> Reply:
    form = asked.call.form()
    if form.get("grant_type") != "refresh_token":
        raise NoGrant
    document = {
        "expires_in": tokens.ACCESS_S,
        "token_type": "Bearer",
        "scope": "api",
        "refresh_token": form["refresh_token"],
        "access_token": tokens.make_access(asked.owner, asked.conditions.at),
    }
    return reply(200, document)


# Orders


def _list(asked: Asked) -> Reply:
    begin, end = _window(asked.call.query)
    if end - begin > _RANGE_MAX:
        raise InvalidValue("fromEnteredTime", asked.call.query["fromEnteredTime"])
    return _listed(asked, [asked.account], begin, end)


def _list_all(asked: Asked) -> Reply:
    begin, end = _window(asked.call.query)
    if begin.date() < asked.exchange.now().date() - _AGE_MAX:
        raise InvalidValue("fromEnteredTime", asked.call.query["fromEnteredTime"])
    return _listed(asked, _own_accounts(asked), begin, end)


def _listed(asked: Asked, accounts: Iterable[str], begin: datetime, end: datetime) -> Reply:
    """List orders, newest first; their times count as they are shown, in seconds."""
    query = asked.call.query
    status, size = query.get("status"), query.get("maxResults", _LIST_SIZE)
    if status is not None and status not in STATUSES:
        raise InvalidValue("status", status)
    if not size.isdecimal():
        raise InvalidValue("maxResults", size)
    found = [
        (order, account)
        for account in accounts
        for order in asked.exchange.orders(account, _EVER)
        if begin <= order.placed_at.replace(microsecond=0) <= end
        and status in (None, word_of(order))
        and order.asset_class in TRADED
        and not asked.conditions.hides(order.brokerage_order_id)
    ]
    found.sort(key=lambda each: each[0].placed_at, reverse=True)
    return reply(200, [write_order(order, account) for order, account in found[: int(size)]])


def _window(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    begin, end = _time(query, "fromEnteredTime"), _time(query, "toEnteredTime")
    if begin > end:
        raise InvalidValue("toEnteredTime", query["toEnteredTime"])
    return begin, end


def _time(query: Mapping[str, str], name: str) -> datetime:
    text = query.get(name, "")
    try:
        return datetime.fromisoformat(text if _TIME.fullmatch(text) else "")
    except ValueError as error:
        raise InvalidValue(name, text) from error


def _look_up(asked: Asked) -> Reply:
    return reply(200, write_order(_named(asked), asked.account))


def _place(asked: Asked) -> Reply:
    new = read_new(asked.call.body, lambda symbol: _instrument(asked, symbol))
    return created(asked.account, asked.exchange.place(asked.account, new))


def _replace(asked: Asked) -> Reply:
    old = _named(asked)
    terms = read_terms(asked.call.body, old, lambda symbol: _instrument(asked, symbol))
    return created(asked.account, asked.exchange.replace(asked.account, old.brokerage_order_id, terms))


def _cancel(asked: Asked) -> Reply:
    order, conditions = _named(asked), asked.conditions
    if not conditions.forgets_cancels or order.status.is_closed:
        delay_s = conditions.acknowledge_delay_s if conditions.acknowledge_only else CANCEL_TAKES_S
        asked.exchange.acknowledge_cancel(asked.account, order.brokerage_order_id, delay_s)
    return Reply(200, b"")


def _named(asked: Asked) -> Order:
    order_id = asked.call.order_id or ""
    if not order_id.isdecimal():
        raise InvalidValue("orderId", order_id)
    return asked.exchange.order(asked.account, asked.order_id())


def _preview(asked: Asked) -> Reply:
    new = read_new(asked.call.body, lambda symbol: _instrument(asked, symbol))
    exchange = asked.exchange
    try:
        preview = exchange.preview(asked.account, new)
        estimate = Estimate(abs(preview.cash_change), preview.remaining_cash)
    except InsufficientFunds as refused:
        estimate = Estimate(refused.needed, refused.available - refused.needed, NO_FUNDS)
    quotes = exchange.quotes([leg.symbol for leg in new.legs])
    asked_for = json.loads(asked.call.body)
    return reply(200, write_preview(asked.account, asked_for, new, quotes, estimate, exchange.now()))


def _instrument(asked: Asked, symbol: str) -> Instrument:
    for quote in _quotes_of(asked, [symbol]):
        return quote.instrument
    raise UnknownSymbol(symbol)


# Everything else


def _numbers(asked: Asked) -> Reply:
    rows = [
        {"accountNumber": number_of(account), "hashValue": hash_of(account)}
        for account in _own_accounts(asked)
    ]
    return reply(200, rows)


def _accounts(asked: Asked) -> Reply:
    return reply(200, [_shown(asked, account) for account in _own_accounts(asked)])


def _account(asked: Asked) -> Reply:
    return reply(200, _shown(asked, asked.account))


def _shown(asked: Asked, account: str) -> dict[str, object]:
    fields = asked.call.query.get("fields", "")
    if fields not in ("", "positions"):
        raise InvalidValue("fields", fields)
    positions = _held(asked, account)
    balance = asked.exchange.balance(account)
    return write_account(account, balance, positions, has_positions=fields == "positions")


def _held(asked: Asked, account: str) -> list[Position]:
    positions = asked.exchange.positions(account)
    return [each for each in positions if each.instrument.asset_class in TRADED]


def _preference(asked: Asked) -> Reply:
    return reply(200, write_preference(asked.owner, _own_accounts(asked)))


def _own_accounts(asked: Asked) -> list[str]:
    return [account.number for account in asked.exchange.accounts(asked.owner)]


def _quotes(asked: Asked) -> Reply:
    symbols = [symbol for symbol in asked.call.query.get("symbols", "").split(",") if symbol]
    if not symbols:
        raise Refused("Search combination should have min of 1.")
    known = {symbol: quote for symbol in symbols for quote in _quotes_of(asked, [symbol])}
    return reply(200, write_quotes(known.values(), [symbol for symbol in symbols if symbol not in known]))


def _quotes_of(asked: Asked, symbols: list[str]) -> list[Quote]:
    return [each for each in asked.exchange.quotes(symbols) if each.instrument.asset_class in TRADED]


_TRADER = "/trader/v1"
_ACCOUNT = _TRADER + "/accounts/(?P<account>[^/]+)"
_ORDERS = _ACCOUNT + "/orders"
_ORDER = _ORDERS + "/(?P<order>[^/]+)"
ROUTES = (
    route("POST", OAUTH_PATH, "read", _token, refuse=refuse_token),
    route("DELETE", _ORDER, "cancel", _cancel),
    route("GET", _ORDER, "look_up", _look_up),
    route("PUT", _ORDER, "replace", _replace),
    route("GET", _ORDERS, "list", _list),
    route("POST", _ORDERS, "place", _place),
    route("GET", _TRADER + "/orders", "list", _list_all),
    route("POST", _ACCOUNT + "/previewOrder", "read", _preview),
    route("GET", _TRADER + "/accounts/accountNumbers", "read", _numbers),
    route("GET", _TRADER + "/accounts", "read", _accounts),
    route("GET", _ACCOUNT, "read", _account),
    route("GET", _TRADER + "/userPreference", "read", _preference),
    route("GET", "/marketdata/v1/quotes", "read", _quotes, refuse=refuse_data),
)
