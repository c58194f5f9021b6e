"""Every answer of TradeStation's face has the shape that the vendor's file and its examples have."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from nostro.domain.place import Replacement
from tests.sim.market import ACCOUNT, buy

from . import tradestation_shapes as shapes
from .shapes import faults
from .tradestation_scene import (
    ACCOUNTS,
    CALL,
    CHANGES,
    GROUPS,
    MARKET,
    NAME,
    ORDER,
    ORDERS,
    OTHER_NAME,
    PAST,
    SECOND_NAME,
    SELL,
    SPREAD,
    STOP,
    Scene,
    leg,
)

DAY_S = 86_400
CONFIRM = "/v3/orderexecution/orderconfirm"


@pytest.fixture
def station() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def has_shape(value: Any, shape: Any) -> None:
    assert list(faults(value, shape)) == []


@pytest.fixture
def orders(station: Scene) -> list[Any]:
    """Orders in each status that the exchange can give one, but for those of a pending cancel."""
    canceled, expired, rejected, replaced, parted, _ = (station.place() for _ in range(6))
    station.place(**MARKET)
    station.place(TimeInForce={"Duration": "GTC"})
    station.place(TimeInForce={"Duration": "GDP", "Expiration": "2026-03-20T00:00:00Z"})
    station.place(**SPREAD)
    station.place(**SPREAD | {"OrderType": "Market", "LimitPrice": None, "Legs": [leg(CALL, "BUYTOOPEN")]})
    station.exchange.place(ACCOUNT, buy("1", "ESZ6"))
    station.sent(station.ask("POST", CHANGES, ORDER | {"OSOs": [{"Type": "BRK", "Orders": [SELL, STOP]}]}))
    station.exchange.cancel(canceled)
    station.exchange.expire(expired)
    station.exchange.reject(rejected)
    old = station.exchange.order(ACCOUNT, replaced)
    assert old.order_type is not None
    assert old.time_in_force is not None
    terms = Replacement(order_type=old.order_type, time_in_force=old.time_in_force, quantity=Decimal(3))
    station.exchange.replace(ACCOUNT, replaced, terms)
    station.exchange.fill(parted, Decimal(1))
    rest = station.place()
    station.exchange.fill(rest, Decimal(1))
    station.exchange.cancel(rest)
    station.ask("DELETE", f"{CHANGES}/{station.place()}")
    document = station.read(ORDERS)
    has_shape(document, shapes.ORDERS)
    rows: list[Any] = document["Orders"]
    return rows


def test_orders_of_every_status_have_the_shape(orders: list[Any]) -> None:
    assert all(order.keys() >= shapes.ORDER_ALWAYS for order in orders)
    assert {order["Status"] for order in orders} == {
        "ACK",
        "EXP",
        "FLL",
        "FLP",
        "FPR",
        "OSO",
        "OUT",
        "REJ",
        "UCH",
        "UCN",
    }


def test_an_order_is_shown_alone_as_in_the_list(station: Scene, orders: list[Any]) -> None:
    assert [station.order(order["OrderID"]) for order in orders] == orders


def test_what_has_ended_has_its_time_and_nothing_left(orders: list[Any]) -> None:
    for order in orders:
        is_open = order["Status"] in ("ACK", "FPR", "OSO", "UCN")
        assert ("ClosedDateTime" in order) is not is_open
        left = {each["QuantityRemaining"] for each in order["Legs"]}
        assert (left == {"0"}) is not is_open


def test_everything_else_that_is_read_has_its_shape(station: Scene, orders: list[Any]) -> None:
    ids = f"{orders[0]['OrderID']},7"
    has_shape(station.read(ACCOUNTS), shapes.ACCOUNTS)
    names = f"{ACCOUNTS}/{NAME},{SECOND_NAME},{OTHER_NAME}"
    has_shape(station.read(f"{names}/balances"), shapes.BALANCES)
    has_shape(station.read(f"{names}/positions"), shapes.POSITIONS)
    has_shape(station.read(f"{names}/orders?pageSize=1"), shapes.ORDERS)
    has_shape(station.read(f"{names}/orders/{ids}"), shapes.ORDERS_BY_ID)
    has_shape(
        station.read(f"/v3/marketdata/quotes/SPY,ESZ26,NOSUCH,{CALL.replace(' ', '%20')}"), shapes.QUOTES
    )
    station.exchange.advance(DAY_S)
    has_shape(station.read(f"{PAST}?since=2026-03-01"), shapes.ORDERS)
    past = station.read(f"{names}/historicalorders/{ids}?since=2026-03-01")
    has_shape(past, shapes.ORDERS_BY_ID)
    assert [error["AccountID"] for error in past["Errors"]] == [OTHER_NAME, f"{NAME},{SECOND_NAME}"]


@pytest.mark.parametrize(
    ("method", "path", "body", "shape"),
    [
        ("POST", CHANGES, ORDER, shapes.PLACED),
        ("POST", CHANGES, ORDER | {"Symbol": "NOSUCH"}, shapes.PLACED),
        ("POST", CHANGES, ORDER | {"Quantity": "900000"}, shapes.PLACED),
        ("POST", GROUPS, {"Type": "OCO", "Orders": [SELL, STOP]}, shapes.PLACED),
        ("POST", GROUPS, {"Type": "OCO", "Orders": [SELL]}, shapes.PLACED),
        ("POST", CONFIRM, ORDER, shapes.CONFIRMED),
        ("POST", CONFIRM, ORDER | SPREAD, shapes.CONFIRMED),
        ("POST", CONFIRM, ORDER | {"Symbol": "ESZ26", "TimeInForce": {"Duration": "DYP"}}, shapes.CONFIRMED),
        ("PUT", "usual", {"Quantity": "4"}, shapes.CHANGED),
        ("DELETE", "usual", None, shapes.CHANGED),
    ],
)
def test_a_change_is_answered_in_its_shape(
    station: Scene, method: str, path: str, body: object, shape: Any
) -> None:
    reply = station.ask(method, f"{CHANGES}/{station.place()}" if path == "usual" else path, body)
    assert reply.status == 200
    has_shape(json.loads(reply.body), shape)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{ORDERS}?pageSize=0", None),
        ("GET", PAST, None),
        ("GET", "/v3/nothing", None),
        ("POST", CHANGES, {}),
        ("POST", CHANGES, ORDER | {"AccountID": OTHER_NAME}),
        ("POST", CONFIRM, ORDER | {"Symbol": "NOSUCH"}),
        ("PUT", f"{CHANGES}/7", {"Quantity": "1"}),
        ("DELETE", f"{CHANGES}/7", None),
    ],
    ids=str,
)
def test_a_refusal_has_its_shape(station: Scene, method: str, path: str, body: object) -> None:
    reply = station.ask(method, path, body)
    assert reply.status in (400, 403, 404)
    has_shape(json.loads(reply.body), shapes.ERROR)


def test_what_is_not_of_a_shape_is_told() -> None:
    wrong = {"OrderID": 7, "LimitPrice": 1.5, "Status": "OPEN", "OpenedDateTime": "2026-03-02", "new": 1}
    wrong |= {"Legs": {}, "ConditionalOrders": [[]], "Duration": "DYP"}
    assert len(list(faults(wrong, shapes.ORDER))) == len(wrong)
