"""The exchange's native API: JSON over HTTP, without a socket and without faults.

    GET    /accounts                                     accounts of the caller
    GET    /accounts/{number}/balances
    GET    /accounts/{number}/positions
    GET    /accounts/{number}/orders?since=TIME          open ones and those updated since, newest first
    GET    /accounts/{number}/orders/{id}
    GET    /accounts/{number}/orders/by-client-id/{id}
    POST   /accounts/{number}/orders                     201 {"order"}
    POST   /accounts/{number}/orders/preview             200 {"cash_change", "commission", "remaining_cash"}
    POST   /accounts/{number}/groups                     201 {"orders"}, trigger first
    POST   /accounts/{number}/orders/{id}/replace        201 {"order", "replaced_id"}
    DELETE /accounts/{number}/orders/{id}                200 {"status": "canceled", "order"}
                                                         202 {"status": "pending_cancel", "order"}
    GET    /quotes?symbols=A,B
    GET    /instruments

Failures carry {"error", "message"}: 400 `malformed`, 401 `unauthorized`, 404 `unknown_order`,
`unknown_account` or `unknown_route`, 409 `cancel_pending` and 422 `order_closed` (both with "order"), 422
`rejected`. Another customer's account does not exist. Decimals are strings, times ISO 8601 with offset,
absent values null.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from nostro.brokers.transport import Reply
from nostro.domain.instrument import Instrument
from nostro.domain.order import Leg, Order, OrderStatus
from nostro.domain.place import NewGroup, NewOrder, Replacement
from nostro.sim.face import Asked, Face, route
from nostro.sim.refusals import (
    CancelAlreadyPending,
    Malformed,
    OrderClosed,
    Refused,
    UnknownAccount,
    UnknownCustomer,
    UnknownOrder,
    UnknownRoute,
)

API_KEY_HEADER = "X-Api-Key"

Document = dict[str, Any]
"""A JSON object."""

T = TypeVar("T")


# Answers


def _accounts(asked: Asked) -> Reply:
    accounts = asked.exchange.accounts(asked.owner)
    return _reply(
        200,
        {
            "accounts": [
                {"number": account.number, "name": account.name, "currency": account.currency}
                for account in accounts
            ]
        },
    )


def _balances(asked: Asked) -> Reply:
    balance = asked.exchange.balance(asked.account)
    row = {"currency": balance.currency, "cash": balance.cash, "buying_power": balance.buying_power}
    return _reply(200, {"balances": [row]})


def _positions(asked: Asked) -> Reply:
    rows = [
        {
            "instrument": _instrument(position.instrument),
            "quantity": position.quantity,
            "average_price": position.average_price,
            "last_price": position.last_price,
        }
        for position in asked.exchange.positions(asked.account)
    ]
    return _reply(200, {"positions": rows})


def _list_orders(asked: Asked) -> Reply:
    since = datetime.min.replace(tzinfo=UTC)
    if "since" in asked.call.query:
        try:
            since = datetime.fromisoformat(asked.call.query["since"])
        except ValueError as error:
            raise Malformed("since is not a time.") from error
        if since.tzinfo is None:
            raise Malformed("since has no offset.")
    orders = asked.exchange.orders(asked.account, since)
    return list_of(order for order in orders if not asked.conditions.hides(order.brokerage_order_id))


def list_of(orders: Iterable[Order]) -> Reply:
    return _reply(200, {"orders": [write_order(order) for order in orders]})


def _look_up(asked: Asked) -> Reply:
    return _reply(200, {"order": write_order(asked.exchange.order(asked.account, asked.order_id()))})


def _find_client_order(asked: Asked) -> Reply:
    order = asked.exchange.find_client_order(asked.account, asked.call.client_order_id)
    if asked.conditions.hides(order.brokerage_order_id):
        raise UnknownOrder(asked.call.client_order_id)
    return _reply(200, {"order": write_order(order)})


def _place(asked: Asked) -> Reply:
    order = asked.exchange.place(asked.account, _read(asked, NewOrder))
    return _reply(201, {"order": write_order(order)})


def _place_group(asked: Asked) -> Reply:
    orders = asked.exchange.place_group(asked.account, _read(asked, NewGroup))
    return _reply(201, {"orders": [write_order(order) for order in orders]})


def _preview(asked: Asked) -> Reply:
    preview = asked.exchange.preview(asked.account, _read(asked, NewOrder))
    return _reply(
        200,
        {
            "cash_change": preview.cash_change,
            "commission": preview.commission,
            "remaining_cash": preview.remaining_cash,
        },
    )


def _replace(asked: Asked) -> Reply:
    old_id = asked.order_id()
    order = asked.exchange.replace(asked.account, old_id, _read(asked, Replacement))
    return _reply(201, {"order": write_order(order), "replaced_id": old_id})


def _cancel(asked: Asked) -> Reply:
    account, order_id = asked.account, asked.order_id()
    if asked.conditions.forgets_cancels:
        order = asked.exchange.order(account, order_id)
        if not order.status.is_closed:
            shown = replace(order, status=OrderStatus.PENDING_CANCEL)
            return _reply(202, {"status": "pending_cancel", "order": write_order(shown)})
    if asked.conditions.acknowledge_only:
        delay_s = asked.conditions.acknowledge_delay_s
        order = asked.exchange.acknowledge_cancel(account, order_id, delay_s)
        return _reply(202, {"status": "pending_cancel", "order": write_order(order)})
    order = asked.exchange.request_cancel(account, order_id)
    return _reply(200, {"status": "canceled", "order": write_order(order)})


def _quotes(asked: Asked) -> Reply:
    symbols = [symbol for symbol in asked.call.query.get("symbols", "").split(",") if symbol]
    rows = [
        {
            "instrument": _instrument(quote.instrument),
            "bid": quote.bid,
            "ask": quote.ask,
            "last": quote.last,
            "at": quote.at,
        }
        for quote in asked.exchange.quotes(symbols)
    ]
    return _reply(200, {"quotes": rows})


def _instruments(asked: Asked) -> Reply:
    return _reply(200, {"instruments": [_instrument(row) for row in asked.exchange.instruments()]})


_ACCOUNT = "/accounts/(?P<account>[^/]+)"
_ORDER = _ACCOUNT + "/orders/(?P<order>[^/]+)"
_ROUTES = (
    route("DELETE", _ORDER, "cancel", _cancel),
    route("GET", _ORDER, "look_up", _look_up),
    route("GET", _ACCOUNT + "/orders/by-client-id/(?P<client>[^/]+)", "look_up", _find_client_order),
    route("GET", _ACCOUNT + "/orders", "list", _list_orders),
    route("POST", _ACCOUNT + "/orders", "place", _place),
    route("POST", _ACCOUNT + "/orders/preview", "read", _preview),
    route("POST", _ACCOUNT + "/groups", "place", _place_group),
    route("POST", _ORDER + "/replace", "replace", _replace),
    route("GET", "/accounts", "read", _accounts),
    route("GET", _ACCOUNT + "/balances", "read", _balances),
    route("GET", _ACCOUNT + "/positions", "read", _positions),
    route("GET", "/quotes", "read", _quotes),
    route("GET", "/instruments", "read", _instruments),
)


# Refusals

_WORDS: tuple[tuple[type[Refused], int, str], ...] = (
    (UnknownCustomer, 401, "unauthorized"),
    (UnknownRoute, 404, "unknown_route"),
    (UnknownAccount, 404, "unknown_account"),
    (UnknownOrder, 404, "unknown_order"),
    (Malformed, 400, "malformed"),
    (OrderClosed, 422, "order_closed"),
    (CancelAlreadyPending, 409, "cancel_pending"),
    (Refused, 422, "rejected"),
)


def failure(status: int, error: str, message: str, order: Order | None = None) -> Reply:
    document: Document = {"error": error, "message": message}
    if order is not None:
        document["order"] = write_order(order)
    return _reply(status, document)


def _refuse(refused: Refused) -> Reply:
    status, error = next((status, error) for kind, status, error in _WORDS if isinstance(refused, kind))
    return failure(status, error, str(refused), getattr(refused, "order", None))


def _fail(status: int) -> Reply:
    if status == 429:
        return failure(429, "rate_limited", "Too many requests.")
    return failure(status, "internal", "Something went wrong.")


# JSON


def _read(asked: Asked, kind: type[T]) -> T:
    """Read the body; its fields are those of the domain's class of that name."""
    try:
        return msgspec.json.decode(asked.call.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"The body cannot be read: {error}.") from error


def write_order(order: Order) -> Document:
    """Spell an order as every reply does."""
    return {
        "id": order.brokerage_order_id,
        "client_order_id": order.client_order_id,
        "status": order.status,
        "order_type": order.order_type,
        "time_in_force": order.time_in_force,
        "legs": [_leg(leg) for leg in order.legs],
        "quantity": order.quantity,
        "notional": order.notional,
        "filled_quantity": order.filled_quantity,
        "canceled_quantity": order.canceled_quantity,
        "average_price": order.average_price,
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "price_effect": order.price_effect,
        "extended_hours": order.extended_hours,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
        "filled_at": order.filled_at,
        "expires_at": order.expires_at,
        "group_id": order.group_id,
        "group_type": order.group_type,
        "group_role": order.group_role,
        "replaces": order.replaces,
        "replaced_by": order.replaced_by,
        "reject_reason": order.reject_reason,
    }


def _leg(leg: Leg) -> Document:
    return {
        "instrument": _instrument(leg.instrument),
        "side": leg.side,
        "position_effect": leg.position_effect,
        "ratio": leg.ratio,
        "average_price": leg.average_price,
    }


def _instrument(instrument: Instrument) -> Document:
    return {
        "symbol": instrument.symbol,
        "asset_class": instrument.asset_class,
        "currency": instrument.currency,
        "description": instrument.description,
        "exchange_mic": instrument.exchange_mic,
        "multiplier": instrument.multiplier,
        "fractionable": instrument.fractionable,
    }


def _reply(status: int, document: Document) -> Reply:
    return Reply(status, json.dumps(document, default=_spell).encode())


def _spell(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a reply")


def _about_another_order(reply: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last digit of both its ids."""
    document = json.loads(reply.body)
    single = document.get("order")
    for order in [single] if single else document.get("orders", []):
        for name in ("id", "client_order_id"):
            if order[name]:
                order[name] = order[name][:-1] + ("1" if order[name][-1] == "0" else "0")
    return Reply(reply.status, json.dumps(document).encode())


NATIVE = Face(
    slug="paper",
    routes=_ROUTES,
    customer=lambda request, _at: request.headers.get(API_KEY_HEADER.lower(), ""),
    refuse=_refuse,
    failure=_fail,
    no_orders=lambda: list_of(()),
    about_another_order=_about_another_order,
)
