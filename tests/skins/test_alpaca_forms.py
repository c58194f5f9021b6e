"""What Alpaca's face makes of forms and ids that it cannot take."""

import json

import pytest

from nostro.brokers.transport import Request
from nostro.domain.order import OrderStatus
from tests.sim.market import ACCOUNT, OPENED_AT, buy

from .alpaca_scene import ORDER, Scene


def test_what_is_null_in_a_form_is_as_good_as_left_out(scene: Scene) -> None:
    nothing = dict.fromkeys(
        ("order_class", "legs", "take_profit", "notional", "extended_hours", "stop_price")
    )
    reply = scene.ask("POST", "/v2/orders", nothing | ORDER)
    assert reply is not None
    assert (reply.status, json.loads(reply.body)["status"]) == (200, "new")


@pytest.mark.parametrize(
    "terms",
    [
        {"type": "trailing_stop", "trail_price": "1"},
        {"time_in_force": "opg"},
        {"time_in_force": "gtd"},
        {"qty": "NaN"},
        {"qty": None},
        {"side": None},
        {"symbol": None},
        {"limit_price": None},
        {"order_class": "bracket"},
        {"order_class": "oto", "take_profit": {"limit_price": "60"}, "stop_loss": {"stop_price": "40"}},
        {"order_class": "mleg", "legs": []},
        {"symbol": "BTC/USD"},
        {"side": "buy", "position_intent": "sell_to_open"},
    ],
    ids=str,
)
def test_what_cannot_be_taken_is_unprocessable_and_places_nothing(
    scene: Scene, terms: dict[str, object]
) -> None:
    reply = scene.ask("POST", "/v2/orders", ORDER | terms)
    assert reply is not None
    assert (reply.status, json.loads(reply.body)["code"]) == (422, 42210000)
    assert scene.exchange.orders(ACCOUNT, OPENED_AT) == []


def test_what_is_no_json_is_a_bad_request(scene: Scene) -> None:
    reply = scene.send(Request("POST", "/v2/orders", b"{"))
    assert (reply.status, json.loads(reply.body)["code"]) == (400, 40010000)


@pytest.mark.parametrize("path", ["/v2/orders", "/v2/orders/"])
def test_a_blank_id_hits_the_cancel_of_all_orders(scene: Scene, path: str) -> None:
    scene.exchange.place(ACCOUNT, buy(limit="50"))
    reply = scene.ask("DELETE", path)
    assert reply is not None
    assert reply.status == 207
    assert "cancel_all" in {entry.operation for entry in scene.exchange.truth()}


@pytest.mark.parametrize("order_id", ["-1", "*", "..%2f..%2fv2%2fpositions", "%2e%2e", "a,b", "%20"])
def test_an_id_that_is_none_finds_nothing(scene: Scene, order_id: str) -> None:
    order = scene.exchange.place(ACCOUNT, buy(limit="50"))
    reply = scene.ask("DELETE", f"/v2/orders/{order_id}")
    assert reply is not None
    assert reply.status == 404
    assert scene.exchange.order(ACCOUNT, order.brokerage_order_id).status is OrderStatus.NEW
