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
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from nostro.brokers.transport import Reply, Request
from nostro.domain.instrument import Instrument
from nostro.domain.order import Leg, Order, OrderStatus
from nostro.domain.place import NewGroup, NewOrder, Replacement
from nostro.sim.exchange import Exchange
from nostro.sim.refusals import CancelAlreadyPending, OrderClosed, Refused, UnknownAccount, UnknownOrder

Document = dict[str, Any]
"""A JSON object."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How the brokerage is at the moment of a request."""

    hides: Callable[[str], bool]
    """Says whether an order cannot be seen now."""
    acknowledge_only: bool = False
    """Cancels are taken and not carried out at once."""
    acknowledge_delay_s: float | None = None
    forgets_cancels: bool = False
    """Cancels are taken, and nothing comes of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, understood."""

    operation: str
    """`cancel`, `place`, `replace`, `look_up`, `list` or `read`."""
    account: str
    """Empty where the path names none."""
    order_id: str | None
    """The order that the path names, by the exchange's id."""
    client_order_id: str
    query: Mapping[str, str]
    body: bytes
    answer: "Callable[[_Asked], Reply]"


@dataclass(frozen=True, slots=True)
class _Asked:
    exchange: Exchange
    owner: str
    call: Call
    conditions: Conditions

    def order_id(self) -> str:
        """Return the order that the path names; raises UnknownOrder while it is hidden."""
        order_id = self.call.order_id or ""
        if self.conditions.hides(order_id):
            raise UnknownOrder(order_id)
        return order_id


class _Malformed(Exception):
    """The request cannot be read; `str()` says where."""


def understand(request: Request) -> Call | None:
    """Find what is asked for; None when there is no such route."""
    split = urlsplit(request.path)
    for method, pattern, operation, answer in _ROUTES:
        match = pattern.fullmatch(split.path)
        if match is not None and method == request.method:
            names = {name: unquote(text) for name, text in match.groupdict().items()}
            return Call(
                operation=operation,
                account=names.get("account", ""),
                order_id=names.get("order"),
                client_order_id=names.get("client", ""),
                query={name: values[-1] for name, values in parse_qs(split.query).items()},
                body=request.body,
                answer=answer,
            )
    return None


def perform(exchange: Exchange, owner: str, call: Call | None, conditions: Conditions) -> Reply:
    """Carry out what the customer with the API key `owner` asks for, and answer."""
    own = {account.number for account in exchange.accounts(owner)}
    if not own:
        return failure(401, "unauthorized", "This API key is not known.")
    if call is None:
        return failure(404, "unknown_route", "There is no such route.")
    if call.account and call.account not in own:
        return failure(404, "unknown_account", str(UnknownAccount(call.account)))
    try:
        return call.answer(_Asked(exchange, owner, call, conditions))
    except _Malformed as error:
        return failure(400, "malformed", str(error))
    except UnknownOrder as error:
        return failure(404, "unknown_order", str(error))
    except OrderClosed as error:
        return failure(422, "order_closed", str(error), error.order)
    except CancelAlreadyPending as error:
        return failure(409, "cancel_pending", str(error), error.order)
    except Refused as error:
        return failure(422, "rejected", str(error))


def failure(status: int, error: str, message: str, order: Order | None = None) -> Reply:
    document: Document = {"error": error, "message": message}
    if order is not None:
        document["order"] = write_order(order)
    return _reply(status, document)


# Answers


def _accounts(asked: _Asked) -> Reply:
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


def _balances(asked: _Asked) -> Reply:
    balance = asked.exchange.balance(asked.call.account)
    row = {"currency": balance.currency, "cash": balance.cash, "buying_power": balance.buying_power}
    return _reply(200, {"balances": [row]})


def _positions(asked: _Asked) -> Reply:
    rows = [
        {
            "instrument": _instrument(position.instrument),
            "quantity": position.quantity,
            "average_price": position.average_price,
            "last_price": position.last_price,
        }
        for position in asked.exchange.positions(asked.call.account)
    ]
    return _reply(200, {"positions": rows})


def _list_orders(asked: _Asked) -> Reply:
    since = datetime.min.replace(tzinfo=UTC)
    if "since" in asked.call.query:
        try:
            since = datetime.fromisoformat(asked.call.query["since"])
        except ValueError as error:
            raise _Malformed("since is not a time.") from error
        if since.tzinfo is None:
            raise _Malformed("since has no offset.")
    orders = asked.exchange.orders(asked.call.account, since)
    return list_of(order for order in orders if not asked.conditions.hides(order.brokerage_order_id))


def list_of(orders: Iterable[Order]) -> Reply:
    return _reply(200, {"orders": [write_order(order) for order in orders]})


def _look_up(asked: _Asked) -> Reply:
    return _reply(200, {"order": write_order(asked.exchange.order(asked.call.account, asked.order_id()))})


def _find_client_order(asked: _Asked) -> Reply:
    order = asked.exchange.find_client_order(asked.call.account, asked.call.client_order_id)
    if asked.conditions.hides(order.brokerage_order_id):
        raise UnknownOrder(asked.call.client_order_id)
    return _reply(200, {"order": write_order(order)})


def _place(asked: _Asked) -> Reply:
    order = asked.exchange.place(asked.call.account, _read(asked, NewOrder))
    return _reply(201, {"order": write_order(order)})


def _place_group(asked: _Asked) -> Reply:
    orders = asked.exchange.place_group(asked.call.account, _read(asked, NewGroup))
    return _reply(201, {"orders": [write_order(order) for order in orders]})


def _preview(asked: _Asked) -> Reply:
    preview = asked.exchange.preview(asked.call.account, _read(asked, NewOrder))
    return _reply(
        200,
        {
            "cash_change": preview.cash_change,
            "commission": preview.commission,
            "remaining_cash": preview.remaining_cash,
        },
    )


def _replace(asked: _Asked) -> Reply:
    old_id = asked.order_id()
    order = asked.exchange.replace(asked.call.account, old_id, _read(asked, Replacement))
    return _reply(201, {"order": write_order(order), "replaced_id": old_id})


def _cancel(asked: _Asked) -> Reply:
    account, order_id = asked.call.account, asked.order_id()
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


def _quotes(asked: _Asked) -> Reply:
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


def _instruments(asked: _Asked) -> Reply:
    return _reply(200, {"instruments": [_instrument(row) for row in asked.exchange.instruments()]})


_ACCOUNT = "/accounts/(?P<account>[^/]+)"
_ORDER = _ACCOUNT + "/orders/(?P<order>[^/]+)"
_ROUTES = tuple(
    (method, re.compile(path), operation, answer)
    for method, path, operation, answer in (
        ("DELETE", _ORDER, "cancel", _cancel),
        ("GET", _ORDER, "look_up", _look_up),
        ("GET", _ACCOUNT + "/orders/by-client-id/(?P<client>[^/]+)", "look_up", _find_client_order),
        ("GET", _ACCOUNT + "/orders", "list", _list_orders),
        ("POST", _ACCOUNT + "/orders", "place", _place),
        ("POST", _ACCOUNT + "/orders/preview", "read", _preview),
        ("POST", _ACCOUNT + "/groups", "place", _place_group),
        ("POST", _ORDER + "/replace", "replace", _replace),
        ("GET", "/accounts", "read", _accounts),
        ("GET", _ACCOUNT + "/balances", "read", _balances),
        ("GET", _ACCOUNT + "/positions", "read", _positions),
        ("GET", "/quotes", "read", _quotes),
        ("GET", "/instruments", "read", _instruments),
    )
)


# JSON


def _read(asked: _Asked, kind: type[T]) -> T:
    """Read the body; its fields are those of the domain's class of that name."""
    try:
        return msgspec.json.decode(asked.call.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _Malformed(f"The body cannot be read: {error}.") from error


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
