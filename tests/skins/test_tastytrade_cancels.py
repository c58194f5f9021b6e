"""What tastytrade says to cancels and replacements, of orders and of complex orders."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from nostro.domain.order import OrderStatus
from tests.sim.market import ACCOUNT, OTHER_ACCOUNT, OTHER_API_KEY, buy

from .tastytrade_scene import (
    COMPLEX_ORDERS,
    LOSS,
    MARKET,
    OCO,
    ORDER,
    ORDERS,
    OTOCO,
    PROFIT,
    SPREAD,
    Form,
    Scene,
    data,
    error,
    reasons,
)

NOT_UPDATED = (422, "cannot_update_order")
NOT_FOUND = (404, "record_not_found")


@pytest.fixture
def tastytrade() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def terms(**changes: object) -> Form:
    return {name: value for name, value in ORDER.items() if name != "legs"} | changes


# Orders


def test_a_working_order_is_cancel_requested_until_it_is_cancelled(tastytrade: Scene) -> None:
    path = tastytrade.place()
    reply = tastytrade.ask("DELETE", path)
    told = data(reply)
    assert (told["status"], told["cancellable"], told["editable"]) == ("Cancel Requested", False, False)
    assert json.loads(reply.body)["context"] == path
    assert tastytrade.word(path) == "Cancel Requested"
    refused = tastytrade.ask("DELETE", path)
    assert error(refused) == NOT_UPDATED
    assert json.loads(refused.body)["error"]["message"] == "the order could not be cancelled"
    tastytrade.exchange.advance(1)
    order = tastytrade.read(path)
    assert (order["status"], order["legs"][0]["remaining-quantity"]) == ("Cancelled", 10)
    assert order["cancelled-at"] == order["terminal-at"]
    assert error(tastytrade.ask("DELETE", path)) == NOT_UPDATED


def test_an_order_can_fill_while_its_cancel_is_requested(tastytrade: Scene) -> None:
    path = tastytrade.place()
    tastytrade.ask("DELETE", path)
    tastytrade.exchange.fill(path.rpartition("/")[2])
    tastytrade.exchange.advance(1)
    assert tastytrade.word(path) == "Filled"


def test_an_order_that_filled_in_part_says_so_in_its_legs_alone(tastytrade: Scene) -> None:
    path = tastytrade.place()
    tastytrade.exchange.fill(path.rpartition("/")[2], units=Decimal(5))
    order = tastytrade.read(path)
    assert (order["status"], order["legs"][0]["remaining-quantity"]) == ("Live", 5)
    [fill] = order["legs"][0]["fills"]
    assert (fill["quantity"], fill["fill-price"]) == (5, "50.25")


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_an_order_that_ended_cannot_be_changed(tastytrade: Scene, method: str) -> None:
    filled, expired, rejected = tastytrade.place(MARKET), tastytrade.place(), tastytrade.place()
    tastytrade.exchange.expire(expired.rpartition("/")[2])
    tastytrade.exchange.reject(rejected.rpartition("/")[2])
    for path, word in ((filled, "Filled"), (expired, "Expired"), (rejected, "Rejected")):
        assert error(tastytrade.ask(method, path, terms())) == NOT_UPDATED
        assert tastytrade.word(path) == word
    assert tastytrade.read(rejected)["reject-reason"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH"])
def test_an_order_that_is_not_there_is_not_found(tastytrade: Scene, method: str) -> None:
    path = tastytrade.place()
    assert error(tastytrade.ask(method, f"{ORDERS}/1", terms())) == NOT_FOUND
    for other in ("-1", "*", "1,2", "%20", "..%2f.."):
        reply = tastytrade.ask(method, f"{ORDERS}/{other}", terms())
        assert reasons(reply) == (400, [("id", "is invalid")])
    assert tastytrade.word(path) == "Live"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH"])
def test_somebody_elses_account_is_not_permitted(tastytrade: Scene, method: str) -> None:
    path = tastytrade.place()
    reply = tastytrade.ask(method, path, terms(), api_key=OTHER_API_KEY)
    assert error(reply) == (403, "not_permitted")
    theirs = path.replace(ACCOUNT, OTHER_ACCOUNT)
    assert error(tastytrade.ask(method, theirs, terms(), api_key=OTHER_API_KEY)) == NOT_FOUND
    assert tastytrade.word(path) == "Live"


def test_nothing_cancels_all_orders(tastytrade: Scene) -> None:
    path = tastytrade.place()
    assert error(tastytrade.ask("DELETE", ORDERS)) == (404, "not_found")
    assert reasons(tastytrade.ask("DELETE", f"{ORDERS}/live")) == (400, [("id", "is invalid")])
    assert tastytrade.word(path) == "Live"


# Replacements


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_successor_keeps_what_cannot_change(tastytrade: Scene, method: str) -> None:
    path = tastytrade.place(external_identifier="mine")
    told = data(tastytrade.ask(method, path, terms(price="51")))
    assert (told["status"], told["contingent-status"], told["price"]) == (
        "Contingent",
        "Pending Order",
        "51.0",
    )
    successor, old = tastytrade.read(f"{ORDERS}/{told['id']}"), tastytrade.read(path)
    assert (successor["status"], successor["size"]) == ("Live", 10)
    assert successor["external-identifier"] == "mine"
    assert (successor["replaces-order-id"], successor["edited"]) == (old["id"], False)
    assert (old["status"], old["edited"], old["replacing-order-id"]) == ("Cancelled", True, told["id"])
    assert error(tastytrade.ask("DELETE", path)) == NOT_UPDATED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": None}, "validation_error"),
        ({"order-type": "Stop"}, "validation_error"),
        ({"price-effect": "Credit"}, "preflight_check_failure"),
        ({"time-in-force": "GTD", "gtc-date": "2026-03-05"}, "preflight_check_failure"),
    ],
    ids=str,
)
def test_terms_that_do_not_fit_change_nothing(tastytrade: Scene, changes: Form, code: str) -> None:
    path = tastytrade.place()
    assert error(tastytrade.ask("PUT", path, terms(**changes)))[1] == code
    assert tastytrade.word(path) == "Live"
    assert tastytrade.count() == 1


def test_a_spread_keeps_the_way_its_money_goes(tastytrade: Scene) -> None:
    path = tastytrade.place(SPREAD)
    reply = tastytrade.ask("PUT", path, terms(**{"price": "0.10", "price-effect": "Credit"}))
    assert reasons(reply)[1][0][0] == "replacement_not_supported"
    told = data(tastytrade.ask("PUT", path, terms(price="0.10")))
    assert (told["price"], told["price-effect"], len(told["legs"])) == ("0.1", "Debit", 2)


# Complex orders


def test_a_component_is_cancelled_by_its_own_id(tastytrade: Scene) -> None:
    placed = tastytrade.place_complex(OCO)
    profit, loss = (f"{ORDERS}/{order['id']}" for order in placed["orders"])
    assert data(tastytrade.ask("DELETE", profit))["complex-order-tag"] == "OCO::order"
    tastytrade.exchange.advance(1)
    assert [tastytrade.word(path) for path in (profit, loss)] == ["Cancelled", "Cancelled"]


def test_an_order_that_waits_is_cancelled_at_once(tastytrade: Scene) -> None:
    placed = tastytrade.place_complex(OTOCO)
    path = f"{ORDERS}/{placed['orders'][0]['id']}"
    waiting = tastytrade.read(path)
    assert (waiting["status"], waiting["contingent-status"]) == ("Contingent", "Pending Order")
    assert data(tastytrade.ask("DELETE", path))["status"] == "Cancelled"
    assert tastytrade.word(f"{ORDERS}/{placed['trigger-order']['id']}") == "Live"


def test_a_complex_order_is_cancelled_as_one(tastytrade: Scene) -> None:
    placed, alone = tastytrade.place_complex(OTOCO), tastytrade.place()
    path = f"{COMPLEX_ORDERS}/{placed['id']}"
    told = data(tastytrade.ask("DELETE", path))
    assert (told["id"], told["trigger-order"]["status"]) == (placed["id"], "Cancel Requested")
    assert [order["status"] for order in told["orders"]] == ["Cancelled", "Cancelled"]
    assert "terminal-at" not in told
    tastytrade.exchange.advance(1)
    ended = tastytrade.read(path)
    assert (ended["trigger-order"]["status"], "terminal-at" in ended) == ("Cancelled", True)
    assert error(tastytrade.ask("DELETE", path)) == NOT_UPDATED
    assert tastytrade.word(alone) == "Live"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_complex_order_that_is_not_there_is_not_found(tastytrade: Scene, method: str) -> None:
    placed = tastytrade.place_complex()
    for order in [placed["trigger-order"], *placed["orders"]]:
        assert error(tastytrade.ask(method, f"{COMPLEX_ORDERS}/{order['id']}")) == NOT_FOUND
    assert error(tastytrade.ask(method, f"{ORDERS}/{placed['id']}")) == NOT_FOUND
    assert reasons(tastytrade.ask(method, f"{COMPLEX_ORDERS}/x")) == (400, [("id", "is invalid")])


@pytest.mark.parametrize("prefix", [ORDERS, COMPLEX_ORDERS])
def test_one_number_can_name_an_order_and_a_complex_order(tastytrade: Scene, prefix: str) -> None:
    placed = tastytrade.place_complex()
    tastytrade.exchange.place_with_id(ACCOUNT, buy(limit="50"), str(placed["id"]))
    order, complex_order = (tastytrade.read(f"{each}/{placed['id']}") for each in (ORDERS, COMPLEX_ORDERS))
    assert order["id"] == complex_order["id"]
    assert "complex-order-id" not in order
    data(tastytrade.ask("DELETE", f"{prefix}/{placed['id']}"))
    tastytrade.exchange.advance(1)
    ended = OrderStatus.CANCELED
    alone = tastytrade.exchange.order(ACCOUNT, str(placed["id"])).status
    trigger = tastytrade.exchange.order(ACCOUNT, str(placed["trigger-order"]["id"])).status
    assert (alone is ended, trigger is ended) == (prefix is ORDERS, prefix is COMPLEX_ORDERS)


def test_a_component_that_was_replaced_is_only_mentioned(tastytrade: Scene) -> None:
    placed = tastytrade.place_complex(OCO)
    old = placed["orders"][0]["id"]
    new = data(tastytrade.ask("PUT", f"{ORDERS}/{old}", terms(**{"price-effect": "Credit", "price": "160"})))
    found = tastytrade.read(f"{COMPLEX_ORDERS}/{placed['id']}")
    assert {order["id"] for order in found["orders"]} == {new["id"], placed["orders"][1]["id"]}
    [related] = found["related-orders"]
    assert (related["id"], related["replacing-order-id"]) == (old, new["id"])


def test_complex_orders_are_listed_newest_first_by_pages(tastytrade: Scene) -> None:
    lasting = OTOCO | {"trigger-order": ORDER | {"time-in-force": "GTC"}}
    first, second = tastytrade.place_complex(OCO), tastytrade.place_complex(lasting)
    assert [row["id"] for row in tastytrade.read(COMPLEX_ORDERS)["items"]] == [second["id"], first["id"]]
    paged = tastytrade.read(f"{COMPLEX_ORDERS}?per-page=1&page-offset=1")["items"]
    assert [row["id"] for row in paged] == [first["id"]]
    tastytrade.exchange.cancel(str(first["orders"][0]["id"]))  # and with it its peer
    tastytrade.exchange.advance(2 * 86_400)
    live = tastytrade.read(f"{COMPLEX_ORDERS}/live")["items"]
    assert [row["id"] for row in live] == [second["id"]]


@pytest.mark.parametrize(
    "form",
    [
        {"type": "OCO", "orders": [PROFIT]},
        {"type": "OCO", "orders": [PROFIT, PROFIT], "trigger-order": ORDER},
        {"type": "OTO", "orders": [PROFIT]},
        {"type": "OTOCO", "orders": [PROFIT, PROFIT]},
        {"type": "OTO", "orders": [PROFIT, PROFIT], "trigger-order": ORDER},
        {"type": "PAIRS", "orders": [PROFIT, PROFIT]},
        {"type": "BLAST", "orders": [PROFIT, PROFIT]},
        {"type": "OCO", "orders": [PROFIT, MARKET]},
        {"type": "OCO", "orders": [PROFIT | {"price": None}, LOSS]},
    ],
    ids=[
        "one-peer",
        "trigger",
        "no-trigger",
        "bracket-without",
        "three",
        "pairs",
        "blast",
        "market",
        "price",
    ],
)
def test_a_complex_order_that_does_not_fit_places_nothing(tastytrade: Scene, form: Form) -> None:
    assert tastytrade.ask("POST", COMPLEX_ORDERS, form).status in (400, 422)
    assert tastytrade.count() == 0


@pytest.mark.parametrize("orders", [[PROFIT, PROFIT], [LOSS, LOSS]], ids=["limits", "stops"])
def test_an_oco_has_a_limit_order_and_one_with_a_stop(tastytrade: Scene, orders: list[Form]) -> None:
    reply = tastytrade.ask("POST", COMPLEX_ORDERS, {"type": "OCO", "orders": orders})
    assert reasons(reply)[1][0][0] == "invalid_oco_order_type_combo"
    assert tastytrade.count() == 0
