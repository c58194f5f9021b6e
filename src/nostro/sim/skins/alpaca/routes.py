"""Alpaca's calls, each answered from the exchange."""

from collections.abc import Mapping
from datetime import UTC, datetime

from nostro.brokers.transport import Reply
from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Order, OrderStatus
from nostro.domain.place import NewGroup
from nostro.sim.face import Asked, in_query, reply, route
from nostro.sim.refusals import CancelAlreadyPending, OrderClosed, Refused, UnknownOrder, UnknownSymbol
from nostro.sim.skins.alpaca.forms import PatchForm, read, read_new, read_terms
from nostro.sim.skins.alpaca.refusals import NotFound, NotReplaceable, NotUnique
from nostro.sim.skins.alpaca.shapes import (
    Document,
    asset_id,
    make_id,
    roll_up,
    symbol_of,
    write_account,
    write_asset,
    write_legs,
    write_order,
    write_position,
)

CANCEL_TAKES_S = 0.2
"""How long an order is `pending_cancel`, by the exchange's time."""

_EVER = datetime.min.replace(tzinfo=UTC)
_LIST_SIZE, _LIST_SIZE_MAX = 50, 500


# Orders


def _list(asked: Asked) -> Reply:
    query = asked.call.query
    status, limit = query.get("status", "open"), query.get("limit", str(_LIST_SIZE))
    if status not in ("open", "closed", "all") or not limit.isdecimal():
        raise Refused("invalid query parameter")
    after, until = _time(query, "after"), _time(query, "until")
    symbols = {symbol.replace("/", "") for symbol in query.get("symbols", "").split(",") if symbol}
    orders = _seen(asked)
    chosen = [
        order
        for order in orders
        if (status == "all" or order.status.is_closed is (status == "closed"))
        and (after is None or order.placed_at > after)
        and (until is None or order.placed_at < until)
        and (not symbols or symbols & {symbol_of(leg.instrument).replace("/", "") for leg in order.legs})
        and ("side" not in query or (len(order.legs) == 1 and order.legs[0].side == query["side"]))
    ]
    if query.get("direction", "desc") == "asc":
        chosen.reverse()
    rows = roll_up(chosen, orders) if _is_nested(asked) else [write_order(order) for order in chosen]
    return reply(200, rows[: min(int(limit), _LIST_SIZE_MAX)])


def _look_up(asked: Asked) -> Reply:
    return reply(200, _shown(asked, asked.exchange.order(asked.account, asked.order_id())))


def _find_client_order(asked: Asked) -> Reply:
    order = asked.exchange.find_client_order(asked.account, asked.call.client_order_id)
    if asked.conditions.hides(order.brokerage_order_id):
        raise UnknownOrder(asked.call.client_order_id)
    return reply(200, _shown(asked, order))


def _place(asked: Asked) -> Reply:
    count = len(asked.exchange.orders(asked.account, _EVER))
    new = read_new(
        asked.call.body,
        lambda symbol: _instrument(asked, symbol),
        lambda index: make_id("client", asked.account, count, index),
    )
    _check_unique(asked, new.client_order_id)
    if not isinstance(new, NewGroup):
        order = asked.exchange.place(asked.account, new)
        return reply(200, write_order(order, write_legs(order)))
    parent, *legs = asked.exchange.place_group(asked.account, new)
    return reply(200, write_order(parent, [write_order(leg) for leg in legs]))


def _replace(asked: Asked) -> Reply:
    order_id = asked.order_id()
    form = read(asked.call.body, PatchForm)
    old = asked.exchange.order(asked.account, order_id)
    if old.status.is_closed or old.status is OrderStatus.PENDING_CANCEL:
        raise NotReplaceable(old)
    count = len(asked.exchange.orders(asked.account, _EVER))
    client_order_id = ClientOrderId(form.client_order_id or make_id("client", asked.account, count, 0))
    _check_unique(asked, client_order_id)
    terms = read_terms(form, old)
    order = asked.exchange.replace(asked.account, order_id, terms, client_order_id=client_order_id)
    return reply(200, write_order(order, write_legs(order)))


def _cancel(asked: Asked) -> Reply:
    order_id, conditions = asked.order_id(), asked.conditions
    order = asked.exchange.order(asked.account, order_id)
    if not conditions.forgets_cancels or order.status.is_closed:
        delay_s = conditions.acknowledge_delay_s if conditions.acknowledge_only else CANCEL_TAKES_S
        asked.exchange.acknowledge_cancel(asked.account, order_id, delay_s)
    return Reply(204, b"")


def _cancel_all(asked: Asked) -> Reply:
    rows: list[Document] = []
    for order in _seen(asked):
        if order.status.is_closed:
            continue
        status = 200
        try:
            asked.exchange.acknowledge_cancel(asked.account, order.brokerage_order_id, CANCEL_TAKES_S)
        except (OrderClosed, CancelAlreadyPending):
            status = 500
        rows.append({"id": order.brokerage_order_id, "status": status})
    return reply(207, rows)


def _seen(asked: Asked) -> list[Order]:
    """List all orders that can be seen now, newest first."""
    orders = asked.exchange.orders(asked.account, _EVER)
    return [order for order in orders if not asked.conditions.hides(order.brokerage_order_id)]


def _shown(asked: Asked, order: Order) -> Document:
    return roll_up([order], _seen(asked))[0] if _is_nested(asked) else write_order(order)


def _is_nested(asked: Asked) -> bool:
    return asked.call.query.get("nested", "").lower() == "true"


def _time(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError as error:
        raise Refused(f"invalid {name}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_unique(asked: Asked, client_order_id: str) -> None:
    try:
        asked.exchange.find_client_order(asked.account, client_order_id)
    except UnknownOrder:
        return
    raise NotUnique


# Everything else


def _account(asked: Asked) -> Reply:
    exchange, account = asked.exchange, asked.account
    return reply(200, write_account(account, exchange.balance(account), exchange.positions(account)))


def _positions(asked: Asked) -> Reply:
    return reply(200, _held(asked))


def _position(asked: Asked) -> Reply:
    named = asked.call.named["symbol"]
    for position in _held(asked):
        if named in (position["symbol"], position["asset_id"]):
            return reply(200, position)
    raise NotFound("position does not exist")


def _held(asked: Asked) -> list[Document]:
    positions = asked.exchange.positions(asked.account)
    return [write_position(each) for each in positions if each.instrument.asset_class in _TRADED]


def _assets(asked: Asked) -> Reply:
    query = asked.call.query
    wanted = query.get("asset_class", "us_equity"), query.get("exchange")
    rows = [
        row
        for row in map(write_asset, _listed(asked))
        if row["class"] == wanted[0]
        and wanted[1] in (None, row["exchange"])
        and query.get("status", "active") == "active"
    ]
    return reply(200, rows)


def _asset(asked: Asked) -> Reply:
    named = asked.call.named["symbol"]
    for instrument in _listed(asked):
        symbol = symbol_of(instrument)
        if named in (symbol, symbol.replace("/", ""), asset_id(instrument)):
            return reply(200, write_asset(instrument))
    raise NotFound(f"asset not found for {named}")


_TRADED = frozenset(AssetClass) - {AssetClass.FUTURE}


def _listed(asked: Asked) -> list[Instrument]:
    return [each for each in asked.exchange.instruments() if each.asset_class in _TRADED]


def _instrument(asked: Asked, symbol: str) -> Instrument:
    """Find what can be traded by its symbol, by that of a pair without the slash, or by its asset id."""
    for instrument in _listed(asked):
        if symbol in (instrument.symbol.replace("/", ""), asset_id(instrument)):
            return instrument
    for quote in asked.exchange.quotes([symbol]):
        if quote.instrument.asset_class in _TRADED:
            return quote.instrument
    raise UnknownSymbol(symbol)


_ORDER = "/v2/orders/(?P<order>[^/]+)"
_SYMBOL = "/(?P<symbol>.+)"
ROUTES = (
    route("DELETE", _ORDER, "cancel", _cancel),
    route("DELETE", "/v2/orders/?", "cancel_all", _cancel_all),
    route("GET", _ORDER, "look_up", _look_up),
    route(
        "GET",
        "/v2/orders:by_client_order_id",
        "look_up",
        _find_client_order,
        in_query(client="client_order_id"),
    ),
    route("GET", "/v2/orders", "list", _list),
    route("POST", "/v2/orders", "place", _place),
    route("PATCH", _ORDER, "replace", _replace),
    route("GET", "/v2/account", "read", _account),
    route("GET", "/v2/positions", "read", _positions),
    route("GET", "/v2/positions" + _SYMBOL, "read", _position),
    route("GET", "/v2/assets", "read", _assets),
    route("GET", "/v2/assets" + _SYMBOL, "read", _asset),
)
