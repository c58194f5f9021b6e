"""TradeStation's calls, each answered from the exchange."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from nostro.brokers.transport import Reply
from nostro.domain.account import Position, Quote
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order
from nostro.domain.place import NewGroup
from nostro.sim.face import Asked, reply, route
from nostro.sim.refusals import CancelAlreadyPending, InsufficientFunds, Refused, UnknownOrder, UnknownSymbol
from nostro.sim.skins.tradestation import tokens
from nostro.sim.skins.tradestation.accounts import (
    write_account,
    write_balance,
    write_confirmation,
    write_position,
    write_quote,
)
from nostro.sim.skins.tradestation.forms import (
    GroupForm,
    OrderForm,
    account_of,
    read,
    read_group,
    read_new,
    read_sender,
    read_terms,
)
from nostro.sim.skins.tradestation.listing import is_over, list_orders, page_of
from nostro.sim.skins.tradestation.refusals import (
    BadRequest,
    NoGrant,
    refuse_of,
    refuse_replace,
    refuse_token,
    write_account_error,
    write_failed,
    write_order_error,
)
from nostro.sim.skins.tradestation.shapes import (
    Document,
    make_id,
    name_account,
    write_sent,
)
from nostro.sim.skins.tradestation.symbols import TRADED, read_symbol, write_symbol

CANCEL_TAKES_S = 0.2
"""How long a cancel is only sent, by the exchange's time."""
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path

_ACCOUNTS_MAX = 25
_ORDERS_MAX = 50
_SYMBOLS_MAX = 100


def _token(asked: Asked) -> Reply:
    if asked.call.form().get("grant_type") != "refresh_token":
        raise NoGrant
    document = {
        "access_token": tokens.make_access(asked.owner, asked.conditions.at),
        "expires_in": tokens.ACCESS_S,
        "scope": "openid offline_access MarketData ReadAccount Trade",
        "token_type": "Bearer",
    }
    return reply(200, document)


# Accounts


def _own(asked: Asked) -> dict[str, str]:
    """Return the numbers of the customer's accounts by what they are called here."""
    return {name_account(each.number): each.number for each in asked.exchange.accounts(asked.owner)}


def _named(asked: Asked) -> tuple[dict[str, str], list[Document]]:
    """Find the accounts that the path names; those that are not the customer's are errors."""
    names = _split(asked.call.account or asked.call.named["accounts"], _ACCOUNTS_MAX)
    own = _own(asked)
    errors = [write_account_error(name) for name in names if name not in own]
    return {name: own[name] for name in names if name in own}, errors


def _split(names: str, most: int) -> list[str]:
    split = list(dict.fromkeys(names.split(",")))
    if len(split) > most:
        raise BadRequest(f"No more than {most} can be named at once.")
    return split


def _accounts(asked: Asked) -> Reply:
    return reply(200, {"Accounts": [write_account(each) for each in asked.exchange.accounts(asked.owner)]})


def _balances(asked: Asked) -> Reply:
    accounts, errors = _named(asked)
    rows = [
        write_balance(name, asked.exchange.balance(number), _held(asked, number))
        for name, number in accounts.items()
    ]
    return reply(200, {"Balances": rows, "Errors": errors})


def _positions(asked: Asked) -> Reply:
    accounts, errors = _named(asked)
    wanted = asked.call.query.get("symbol", "*").upper().split(",")
    now = asked.exchange.now()
    rows = [
        write_position(name, position, quote, now)
        for name, number in accounts.items()
        for position in _held(asked, number)
        for quote in asked.exchange.quotes([position.instrument.symbol])
        if any(fnmatchcase(write_symbol(position.instrument), each) for each in wanted)
    ]
    return reply(200, {"Positions": rows, "Errors": errors})


def _held(asked: Asked, number: str) -> list[Position]:
    return [each for each in asked.exchange.positions(number) if each.instrument.asset_class in TRADED]


# Reading orders


def _list(asked: Asked, *, is_past: bool) -> Reply:
    accounts, errors = _named(asked)
    page, next_token = page_of(asked, list_orders(asked, accounts, is_past=is_past))
    document = {"Orders": [listed.write() for listed in page], "Errors": errors}
    return reply(200, document | ({"NextToken": next_token} if next_token else {}))


def _list_today(asked: Asked) -> Reply:
    return _list(asked, is_past=False)


def _list_past(asked: Asked) -> Reply:
    return _list(asked, is_past=True)


def _look_up(asked: Asked, *, is_past: bool) -> Reply:
    accounts, errors = _named(asked)
    ids = _split(asked.call.order_id or asked.call.named["orders"], _ORDERS_MAX)
    found = list_orders(asked, accounts, is_past=is_past)
    known = {listed.order.brokerage_order_id for listed in found}
    names = ",".join(accounts)
    errors += [write_order_error(names, each) for each in ids if accounts and each not in known]
    rows = [listed.write() for listed in found if listed.order.brokerage_order_id in ids]
    return reply(200, {"Orders": rows, "Errors": errors})


def _look_up_today(asked: Asked) -> Reply:
    return _look_up(asked, is_past=False)


def _look_up_past(asked: Asked) -> Reply:
    return _look_up(asked, is_past=True)


# Changing orders


def _place(asked: Asked) -> Reply:
    asked_for = read(asked.call.body, OrderForm)
    return _sent(asked, [partial(_enter, asked, asked_for)])


def _place_group(asked: Asked) -> Reply:
    group = read(asked.call.body, GroupForm)
    if group.type.upper() == "NORMAL":
        return _sent(asked, [partial(_enter, asked, each) for each in group.orders])
    return _sent(asked, [partial(_enter_group, asked, group)])


def _sent(asked: Asked, entering: Sequence[Callable[[], Iterable[Order]]]) -> Reply:
    """Enter orders; those that the exchange refuses are failed ones, and so is a bad one among several."""
    orders: list[Document] = []
    errors: list[Document] = []
    for enter in entering:
        try:
            orders += [write_sent(order) for order in enter()]
        except InsufficientFunds as refused:
            orders.append(write_failed(refused, asked.call.body))
        except Refused as refused:
            if isinstance(refused, BadRequest) and len(entering) == 1:
                raise
            errors.append(write_failed(refused, asked.call.body))
    return reply(200, {"Orders": orders} | ({"Errors": errors} if errors else {}))


def _enter(asked: Asked, asked_for: OrderForm) -> Iterable[Order]:
    if asked_for.osos:
        group = read_sender(asked_for, lambda symbol: _instrument(asked, symbol))
        return _enter_all(asked, group, [asked_for, *asked_for.osos[0].orders])
    new = read_new(asked_for, lambda symbol: _instrument(asked, symbol))
    _check([asked_for], asked)
    return [asked.exchange.place(asked.account, new)]


def _enter_group(asked: Asked, asked_for: GroupForm) -> Iterable[Order]:
    group = read_group(asked_for, lambda symbol: _instrument(asked, symbol))
    return _enter_all(asked, group, asked_for.orders)


def _enter_all(asked: Asked, group: NewGroup, forms: list[OrderForm]) -> Iterable[Order]:
    _check(forms, asked)
    return asked.exchange.place_group(asked.account, group)


def _check(forms: Iterable[OrderForm], asked: Asked) -> None:
    """Raise Refused where orders are not of this account, or have been confirmed before."""
    for each in forms:
        if each.account_id != name_account(asked.account):
            raise Refused("Orders of a group are of one account.")
        for number in _own(asked).values() if each.order_confirm_id else ():
            with contextlib.suppress(UnknownOrder):
                asked.exchange.find_client_order(number, each.order_confirm_id)
                raise Refused("OrderConfirmID was used before.")


def _confirm(asked: Asked) -> Reply:
    exchange, asked_for = asked.exchange, read(asked.call.body, OrderForm)
    new = read_new(asked_for, lambda symbol: _instrument(asked, symbol))
    preview = exchange.preview(asked.account, new)
    instruments = [quote.instrument for quote in exchange.quotes([leg.symbol for leg in new.legs])]
    duration = asked_for.time_in_force.duration
    document = {
        "AccountID": asked_for.account_id,
        "OrderConfirmID": make_id("confirm", asked.call.body, exchange.now()),
        **write_confirmation(duration, new, instruments, preview),
    }
    return reply(200, {"Confirmations": [document]})


def _replace(asked: Asked) -> Reply:
    number, order = _find(asked)
    asked.exchange.amend(number, order.brokerage_order_id, read_terms(asked.call.body, order))
    return reply(200, {"Message": "Cancel/Replace order sent.", "OrderID": order.brokerage_order_id})


def _cancel(asked: Asked) -> Reply:
    """Cancel an order in whichever account of the customer's it is: the path names none."""
    number, order = _find(asked)
    conditions = asked.conditions
    if not conditions.forgets_cancels or order.status.is_closed:
        delay_s = conditions.acknowledge_delay_s if conditions.acknowledge_only else CANCEL_TAKES_S
        with contextlib.suppress(CancelAlreadyPending):
            asked.exchange.acknowledge_cancel(number, order.brokerage_order_id, delay_s)
    return reply(200, {"Message": "Cancel request sent", "OrderID": order.brokerage_order_id})


def _find(asked: Asked) -> tuple[str, Order]:
    """Find an order that can be changed, and its account; one that ended before today is not known here."""
    order_id = asked.order_id()
    for number in _own(asked).values():
        with contextlib.suppress(UnknownOrder):
            order = asked.exchange.order(number, order_id)
            if not is_over(order, asked.exchange.now()):
                return number, order
    raise UnknownOrder(order_id)


# Symbols


def _instrument(asked: Asked, symbol: str) -> Instrument:
    for quote in _quotes_of(asked, [symbol]):
        return quote.instrument
    raise UnknownSymbol(symbol)


def _quotes(asked: Asked) -> Reply:
    symbols = _split(asked.call.named["symbols"], _SYMBOLS_MAX)
    quotes = _quotes_of(asked, symbols)
    known = {write_symbol(quote.instrument) for quote in quotes}
    errors = [
        {"Symbol": symbol, "Error": "FAILED, INVALID SYMBOL"}
        for symbol in symbols
        if symbol.upper() not in known
    ]
    return reply(200, {"Quotes": [write_quote(quote) for quote in quotes], "Errors": errors})


def _quotes_of(asked: Asked, symbols: list[str]) -> list[Quote]:
    """Find what is called so here; a name in another spelling, the exchange's own too, is none."""
    names = {symbol.upper() for symbol in symbols}
    return [
        quote
        for quote in asked.exchange.quotes([read_symbol(symbol) for symbol in symbols])
        if quote.instrument.asset_class in TRADED and write_symbol(quote.instrument) in names
    ]


def _in_body(_query: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    return {"account": account_of(body)}


_READS = "/v3/brokerage/accounts"
_OF = _READS + "/(?:(?P<account>[^/,%]+)|(?P<accounts>[^/]+))"
_BY_ID = "/(?:(?P<order>[^/,%]+)|(?P<orders>[^/]+))"
_CHANGES = "/v3/orderexecution"
_ORDER = _CHANGES + "/orders/(?P<order>[^/]+)"
_orders = refuse_of("Orders")
ROUTES = (
    route("POST", TOKEN_PATH, "read", _token, refuse=refuse_token),
    route("DELETE", _ORDER, "cancel", _cancel),
    route("PUT", _ORDER, "replace", _replace, refuse=refuse_replace),
    route("POST", _CHANGES + "/orders", "place", _place, names=_in_body),
    route("POST", _CHANGES + "/ordergroups", "place", _place_group, names=_in_body),
    route("POST", _CHANGES + "/orderconfirm", "read", _confirm, names=_in_body),
    route("GET", _OF + "/orders", "list", _list_today, refuse=_orders),
    route("GET", _OF + "/orders" + _BY_ID, "look_up", _look_up_today, refuse=_orders),
    route("GET", _OF + "/historicalorders", "list", _list_past, refuse=_orders),
    route("GET", _OF + "/historicalorders" + _BY_ID, "look_up", _look_up_past, refuse=_orders),
    route("GET", _OF + "/balances", "read", _balances, refuse=refuse_of("Balances")),
    route("GET", _OF + "/positions", "read", _positions, refuse=refuse_of("Positions")),
    route("GET", _READS, "read", _accounts),
    route("GET", "/v3/marketdata/quotes/(?P<symbols>[^/]+)", "read", _quotes),
)
