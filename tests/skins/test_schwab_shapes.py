"""Every answer of Schwab's face has the shape that the portal's file and recorded answers have."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.sim.market import ACCOUNT, CALL, OTHER_API_KEY, buy, oto

from . import schwab_shapes as shapes
from .schwab_scene import ACCOUNTS, EVER, HASH, ORDER, ORDERS, SPREAD, Scene, id_of, leg
from .shapes import faults

DAY_S = 86_400


@pytest.fixture
def schwab() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def has_shape(value: Any, shape: Any) -> None:
    assert list(faults(value, shape)) == []


@pytest.fixture
def orders(schwab: Scene) -> list[Any]:
    """Orders in each status that the exchange can give one."""
    schwab.exchange.place_group(ACCOUNT, oto(buy(limit="50"), buy(limit="51")))
    canceled, expired, rejected, replaced = (schwab.place() for _ in range(4))
    schwab.place(orderType="MARKET", price=None)
    schwab.place(orderType="STOP", price=None, stopPrice=150)
    schwab.place(duration="GOOD_TILL_CANCEL", cancelTime="2026-03-20T00:00:00Z")
    schwab.place(orderLegCollection=[leg("SPY", "BUY", 1)])
    schwab.place(**SPREAD)
    schwab.place(**SPREAD | {"orderType": "MARKET", "price": None})
    schwab.exchange.fill(id_of(canceled), Decimal(1))
    schwab.exchange.expire(id_of(expired))
    schwab.exchange.reject(id_of(rejected))
    schwab.ask("PUT", replaced, ORDER)
    schwab.ask("DELETE", canceled)
    schwab.exchange.advance(1)
    schwab.ask("DELETE", schwab.place())
    return schwab.listed()


def test_orders_of_every_status_have_the_shape(orders: list[Any]) -> None:
    has_shape(orders, [shapes.ORDER])
    assert all(order.keys() >= shapes.ORDER_ALWAYS for order in orders)
    assert {order["status"] for order in orders} == {
        "AWAITING_PARENT_ORDER",
        "AWAITING_STOP_CONDITION",
        "CANCELED",
        "EXPIRED",
        "FILLED",
        "PENDING_CANCEL",
        "REJECTED",
        "REPLACED",
        "WORKING",
    }


def test_an_order_is_shown_alone_as_in_the_list(schwab: Scene, orders: list[Any]) -> None:
    assert [schwab.read(f"{ORDERS}/{order['orderId']}") for order in orders] == orders


def test_what_is_open_can_be_canceled_and_what_is_closed_has_its_time(orders: list[Any]) -> None:
    for order in orders:
        is_open = order["status"] in ("AWAITING_PARENT_ORDER", "AWAITING_STOP_CONDITION", "WORKING")
        assert (order["cancelable"], order["editable"]) == (is_open, is_open)
        assert ("closeTime" in order) is not (is_open or order["status"] == "PENDING_CANCEL")
        assert order["closeTime" if "closeTime" in order else "enteredTime"] >= order["enteredTime"]


def test_everything_else_has_its_shape(schwab: Scene, orders: list[Any]) -> None:
    assert orders
    has_shape(schwab.read(f"{ACCOUNTS}?fields=positions"), [shapes.ACCOUNT])
    has_shape(schwab.read(f"{ACCOUNTS}/{HASH}"), shapes.ACCOUNT)
    has_shape(schwab.read(f"{ACCOUNTS}/accountNumbers"), shapes.NUMBERS)
    has_shape(schwab.read("/trader/v1/userPreference"), shapes.PREFERENCE)
    quotes = schwab.read(f"/marketdata/v1/quotes?symbols=AAPL,SPY,{CALL.replace(' ', '%20')}")
    assert len(quotes) == 3
    has_shape(list(quotes.values()), [shapes.QUOTE])


@pytest.mark.parametrize(
    "changes",
    [{}, SPREAD, {"orderType": "MARKET", "price": None}, {"orderLegCollection": [leg("AAPL", "BUY", 10**6)]}],
    ids=str,
)
def test_a_preview_has_its_shape(schwab: Scene, changes: dict[str, Any]) -> None:
    reply = schwab.ask("POST", f"{ACCOUNTS}/{HASH}/previewOrder", ORDER | changes)
    assert reply.status == 200
    has_shape(json.loads(reply.body), shapes.PREVIEW)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{ORDERS}?status=OPEN", None),
        ("GET", f"{ORDERS}/1", None),
        ("GET", "/trader/v1/nothing", None),
        ("POST", ORDERS, {}),
        ("POST", ORDERS, ORDER | {"orderLegCollection": [leg("NOSUCH", "BUY", 1)]}),
        ("POST", ORDERS, ORDER | {"orderLegCollection": [leg("AAPL", "BUY", 10**6)]}),
    ],
    ids=str,
)
def test_a_refusal_has_its_shape(schwab: Scene, method: str, path: str, body: object) -> None:
    reply = schwab.ask(method, path, body)
    assert reply.status in (400, 404)
    has_shape(json.loads(reply.body), shapes.ERROR)


def test_a_refusal_of_somebody_elses_account_has_its_shape(schwab: Scene) -> None:
    reply = schwab.ask("GET", f"{ORDERS}?{EVER}", api_key=OTHER_API_KEY)
    assert reply.status == 400
    has_shape(json.loads(reply.body), shapes.ERROR)


def test_what_is_not_of_a_shape_is_told() -> None:
    wrong = {"orderId": "7", "quantity": True, "status": "OPEN", "enteredTime": "2026-03-02", "new": 1}
    wrong |= {"orderLegCollection": {}, "orderActivityCollection": [[]]}
    assert len(list(faults(wrong, shapes.ORDER))) == len(wrong)
