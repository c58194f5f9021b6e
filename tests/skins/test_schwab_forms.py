"""Schwab's face in its own words: orders, lists, cancels, and what it refuses."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from nostro.sim.faults import FaultKind
from tests.sim.market import (
    ACCOUNT,
    CALL,
    HIGHER_CALL,
    OTHER_API_KEY,
    buy,
)

from .schwab_scene import (
    ACCOUNTS,
    HASH,
    ORDER,
    ORDERS,
    OTHER_HASH,
    SPREAD,
    Scene,
    id_of,
    leg,
    said,
)

NOT_OPEN = (400, {"message": "Order cannot be changed or canceled in its current status"})
INVALID_ACCOUNT = (400, {"message": "Invalid account number"})
DAY_S = 86_400


@pytest.fixture
def schwab() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


# Cancels


def test_a_canceled_order_is_pending_until_it_is_carried_out(schwab: Scene) -> None:
    path = schwab.place()
    reply = schwab.ask("DELETE", path)
    assert (reply.status, reply.body) == (200, b"")
    order = schwab.read(path)
    assert (order["status"], order["cancelable"], order["editable"]) == ("PENDING_CANCEL", False, False)
    assert "closeTime" not in order
    assert said(schwab.ask("DELETE", path)) == NOT_OPEN
    schwab.exchange.advance(1)
    order = schwab.read(path)
    assert (order["status"], order["remainingQuantity"], order["filledQuantity"]) == ("CANCELED", 0, 0)
    [end] = order["orderActivityCollection"]
    assert (end["executionType"], end["quantity"], end["executionLegs"][0]["price"]) == ("CANCELED", 10, 0)
    assert order["closeTime"] >= order["enteredTime"]
    assert said(schwab.ask("DELETE", path)) == NOT_OPEN


def test_a_filled_order_cannot_be_canceled(schwab: Scene) -> None:
    path = schwab.place(orderType="MARKET", price=None)
    assert said(schwab.ask("DELETE", path)) == NOT_OPEN
    assert schwab.read(path)["status"] == "FILLED"


def test_what_was_filled_before_a_cancel_stays_filled(schwab: Scene) -> None:
    path = schwab.place()
    schwab.exchange.fill(id_of(path), units=Decimal(4))
    working = schwab.read(path)
    assert (working["status"], working["filledQuantity"], working["remainingQuantity"]) == ("WORKING", 4, 6)
    schwab.ask("DELETE", path)
    schwab.exchange.advance(1)
    order = schwab.read(path)
    assert (order["status"], order["filledQuantity"], order["remainingQuantity"]) == ("CANCELED", 4, 0)
    kinds = [(each["executionType"], each["quantity"]) for each in order["orderActivityCollection"]]
    assert kinds == [("FILL", 4), ("CANCELED", 6)]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
@pytest.mark.parametrize("order_id", ["*", "-1", "..%2f..", "%20", "1,2"])
def test_an_id_that_is_no_number_is_not_valid(schwab: Scene, method: str, order_id: str) -> None:
    path = schwab.place()
    status, document = said(schwab.ask(method, f"{ORDERS}/{order_id}", ORDER))
    assert status == 400
    assert document["message"].endswith("is not a valid value for orderId")
    assert schwab.read(path)["status"] == "WORKING"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_an_order_that_is_not_there_is_not_found(schwab: Scene, method: str) -> None:
    assert said(schwab.ask(method, f"{ORDERS}/7", ORDER)) == (404, {"message": "Order not found"})


def test_an_order_is_found_in_its_own_account_only(schwab: Scene) -> None:
    path = schwab.place()
    assert said(schwab.ask("DELETE", path, api_key=OTHER_API_KEY)) == INVALID_ACCOUNT
    theirs = path.replace(HASH, OTHER_HASH)
    assert schwab.ask("DELETE", theirs, api_key=OTHER_API_KEY).status == 404
    assert schwab.read(path)["status"] == "WORKING"


def test_a_path_takes_the_hash_and_never_the_number(schwab: Scene) -> None:
    [row] = schwab.read(f"{ACCOUNTS}/accountNumbers")
    for name in (row["accountNumber"], ACCOUNT, HASH.lower()):
        assert said(schwab.ask("GET", f"{ACCOUNTS}/{name}")) == INVALID_ACCOUNT


# Placing


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"orderStrategyType": None, "duration": None}, "Field: orderStrategyType - must not be null"),
        ({"orderLegCollection": []}, "Field: orderLegCollection - must not be null"),
        ({"orderType": "TRAILING_STOP"}, "Field: orderType"),
        ({"session": "AM"}, "Field: session"),
        ({"duration": "END_OF_WEEK"}, "Field: duration"),
        ({"orderLegCollection": [leg("AAPL", "BUY_TO_OPEN", 1)]}, "Field: instruction"),
        ({"orderLegCollection": [leg("AAPL", "BUY", 1.5)]}, "Field: quantity"),
        ({"orderLegCollection": [leg("AAPL", "BUY", 0)]}, "Field: quantity"),
        (
            {"orderLegCollection": [leg("AAPL", "BUY", 1) | {"quantityType": "DOLLARS"}]},
            "Field: quantityType",
        ),
        ({"price": "many"}, "Invalid decimal"),
    ],
    ids=str,
)
def test_a_body_that_is_not_an_order_is_invalid_data(
    schwab: Scene, changes: dict[str, Any], words: str
) -> None:
    status, document = said(schwab.ask("POST", ORDERS, ORDER | changes))
    assert (status, document["message"]) == (400, "Invalid request data")
    assert any(error.startswith(words) for error in document["errors"]), document
    assert schwab.count() == 0


def test_each_field_that_is_missing_is_named(schwab: Scene) -> None:
    _, document = said(schwab.ask("POST", ORDERS, {"price": 1}))
    assert len(document["errors"]) == 5
    assert said(schwab.ask("POST", ORDERS))[0] == 400


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"orderStrategyType": "TRIGGER"}, "Only single orders"),
        ({"specialInstruction": "ALL_OR_NONE"}, "Only single orders"),
        ({"orderLegCollection": [leg("NOSUCH", "BUY", 1)]}, "Unknown symbol"),
        ({"orderLegCollection": [leg("BTC/USD", "BUY", 1)]}, "Unknown symbol"),
        ({"orderLegCollection": [leg(CALL, "BUY", 1)]}, "Unknown symbol"),
        ({"orderLegCollection": [leg("AAPL", "BUY_TO_OPEN", 1, "OPTION")]}, "Unknown symbol"),
        ({"orderLegCollection": [leg("AAPL", "BUY", 900_000)]}, "You do not have enough available cash"),
        ({"orderType": "NET_DEBIT"}, "Only a multi-leg order has a price effect"),
        ({"price": None}, "An order of this type needs a limit price"),
        ({"orderType": "STOP", "price": None}, "An order of this type needs a stop price"),
        ({"session": "SEAMLESS", "orderType": "MARKET", "price": None}, "Only limit orders of stocks"),
        ({"cancelTime": "2026-03-20T00:00:00Z"}, "cancelTime"),
        ({"quantity": 3}, "Quantities of legs"),
        ({"quantity": 0}, "Quantities of legs"),
        (SPREAD | {"session": "SEAMLESS"}, "Only limit orders of stocks"),
        (SPREAD | {"orderType": "LIMIT"}, "A multi-leg limit order must say"),
    ],
    ids=str,
)
def test_what_the_brokerage_does_not_want_is_a_validation_error(
    schwab: Scene, changes: dict[str, Any], words: str
) -> None:
    status, document = said(schwab.ask("POST", ORDERS, ORDER | changes))
    assert (status, document["message"][:26]) == (400, "A validation error occurre")
    assert document["errors"][0].startswith(words)
    assert schwab.count() == 0


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        (
            {},
            {
                "orderType": "LIMIT",
                "price": 50.25,
                "duration": "DAY",
                "session": "NORMAL",
                "status": "WORKING",
            },
        ),
        ({"duration": "GOOD_TILL_CANCEL"}, {"duration": "GOOD_TILL_CANCEL"}),
        (
            {"duration": "GOOD_TILL_CANCEL", "cancelTime": "2026-03-20T00:00:00Z"},
            {"duration": "GOOD_TILL_CANCEL", "cancelTime": "2026-03-20T00:00:00+0000"},
        ),
        ({"session": "SEAMLESS"}, {"session": "SEAMLESS"}),
        (
            {"orderType": "STOP", "price": None, "stopPrice": "150"},
            {"orderType": "STOP", "stopPrice": 150, "status": "AWAITING_STOP_CONDITION"},
        ),
        (
            {"orderType": "STOP_LIMIT", "stopPrice": 150},
            {"orderType": "STOP_LIMIT", "stopPrice": 150, "price": 50.25, "status": "WORKING"},
        ),
        (
            {"duration": "FILL_OR_KILL"},
            {"duration": "FILL_OR_KILL", "status": "CANCELED", "cancelable": False},
        ),
        ({"duration": "IMMEDIATE_OR_CANCEL"}, {"duration": "IMMEDIATE_OR_CANCEL", "status": "CANCELED"}),
        ({"orderType": "MARKET", "price": None}, {"orderType": "MARKET", "status": "FILLED"}),
    ],
    ids=str,
)
def test_an_order_is_shown_as_it_was_asked_for(
    schwab: Scene, changes: dict[str, Any], shown: dict[str, Any]
) -> None:
    order = schwab.read(schwab.place(**changes))
    assert order | shown == order
    assert (order["orderStrategyType"], order["quantity"]) == ("SINGLE", 10)


@pytest.mark.parametrize(
    ("instruction", "effect"),
    [("BUY", "OPENING"), ("SELL", "CLOSING"), ("SELL_SHORT", "OPENING"), ("BUY_TO_COVER", "CLOSING")],
)
def test_a_leg_keeps_its_instruction(schwab: Scene, instruction: str, effect: str) -> None:
    path = schwab.place(price="1000", orderLegCollection=[leg("AAPL", instruction, 1)])
    [shown] = schwab.read(path)["orderLegCollection"]
    assert (shown["instruction"], shown["positionEffect"]) == (instruction, effect)


def test_a_spread_has_the_quantity_of_the_whole_and_of_each_leg(schwab: Scene) -> None:
    order = schwab.read(schwab.place(**SPREAD))
    assert (order["orderType"], order["price"], order["quantity"]) == ("NET_DEBIT", 0.05, 2)
    assert order["complexOrderStrategyType"] == "VERTICAL"
    legs = order["orderLegCollection"]
    assert [each["instrument"]["symbol"] for each in legs] == [CALL, HIGHER_CALL]
    assert [(each["instruction"], each["quantity"]) for each in legs] == [
        ("BUY_TO_OPEN", 2),
        ("SELL_TO_OPEN", 2),
    ]


def test_a_ratio_is_what_a_leg_has_more_than_the_order(schwab: Scene) -> None:
    legs = [leg(CALL, "SELL_TO_OPEN", 3, "OPTION"), leg(HIGHER_CALL, "BUY_TO_OPEN", 6, "OPTION")]
    more = {"orderType": "NET_CREDIT", "quantity": None, "orderLegCollection": legs}
    order = schwab.read(schwab.place(**SPREAD | more))
    assert (order["quantity"], order["complexOrderStrategyType"]) == (3, "CUSTOM")
    assert [each["quantity"] for each in order["orderLegCollection"]] == [3, 6]


def test_an_even_spread_costs_nothing(schwab: Scene) -> None:
    order = schwab.read(schwab.place(**SPREAD | {"orderType": "NET_ZERO", "price": None}))
    assert (order["orderType"], order["price"]) == ("NET_ZERO", 0)


def test_a_fill_is_an_activity_with_a_price_for_each_leg(schwab: Scene) -> None:
    order = schwab.read(schwab.place(orderType="MARKET", price=None))
    assert (order["status"], order["filledQuantity"], order["remainingQuantity"]) == ("FILLED", 10, 0)
    [fill] = order["orderActivityCollection"]
    assert (fill["executionType"], fill["quantity"], fill["orderRemainingQuantity"]) == ("FILL", 10, 0)
    assert [each["price"] for each in fill["executionLegs"]] == [101]


def test_an_order_that_the_exchange_rejects_says_why(schwab: Scene) -> None:
    path = schwab.place()
    schwab.exchange.reject(id_of(path))
    order = schwab.read(path)
    assert (order["status"], bool(order["statusDescription"])) == ("REJECTED", True)
    assert "orderActivityCollection" not in order


def test_where_an_order_is_that_filled_at_once_is_not_said(schwab: Scene) -> None:
    market = ORDER | {"orderType": "MARKET", "price": None}
    for reply in (schwab.ask("POST", ORDERS, market), schwab.ask("PUT", schwab.place(), market)):
        assert (reply.status, reply.body, dict(reply.headers)) == (201, b"", {})
        assert schwab.listed()[0]["status"] == "FILLED"


# Replacing


def test_a_successor_has_an_id_of_its_own_and_the_quantity_it_was_given(schwab: Scene) -> None:
    path = schwab.place()
    schwab.exchange.fill(id_of(path), units=Decimal(4))
    terms = {"price": "51", "orderLegCollection": [leg("AAPL", "BUY", 9)]}
    successor = schwab.location(schwab.ask("PUT", path, ORDER | terms))
    assert successor != path
    old, new = schwab.read(path), schwab.read(successor)
    assert (old["status"], old["filledQuantity"], old["remainingQuantity"]) == ("REPLACED", 4, 0)
    assert (old["cancelable"], old["editable"], "closeTime" in old) == (False, False, True)
    assert (new["status"], new["quantity"], new["price"]) == ("WORKING", 9, 51)
    assert said(schwab.ask("PUT", path, ORDER)) == said(schwab.ask("DELETE", path)) == NOT_OPEN


@pytest.mark.parametrize(
    "changes",
    [
        {"orderLegCollection": [leg("MSFT", "BUY", 10)]},
        {"orderLegCollection": [leg("AAPL", "SELL", 10)]},
        {"session": "SEAMLESS"},
        {"duration": "GOOD_TILL_CANCEL", "cancelTime": "2026-03-20T00:00:00Z"},
    ],
    ids=str,
)
def test_a_successor_that_is_another_order_is_refused(schwab: Scene, changes: dict[str, Any]) -> None:
    path = schwab.place()
    assert schwab.ask("PUT", path, ORDER | changes).status == 400
    assert schwab.read(path)["status"] == "WORKING"


def test_an_order_that_never_said_what_it_opens_is_replaced_too(schwab: Scene) -> None:
    order = schwab.exchange.place(ACCOUNT, buy("1", CALL, limit="0.05"))
    terms = {"price": "0.10", "orderLegCollection": [leg(CALL, "BUY_TO_OPEN", 1, "OPTION")]}
    reply = schwab.ask("PUT", f"{ORDERS}/{order.brokerage_order_id}", ORDER | terms)
    assert schwab.read(schwab.location(reply))["price"] == 0.1


def test_an_order_whose_cancel_is_pending_is_not_replaced(schwab: Scene) -> None:
    path = schwab.place()
    schwab.ask("DELETE", path)
    assert said(schwab.ask("PUT", path, ORDER)) == NOT_OPEN


# Everything else


def test_a_preview_says_the_cost_and_places_nothing(schwab: Scene) -> None:
    document = json.loads(schwab.ask("POST", f"{ACCOUNTS}/{HASH}/previewOrder", ORDER).body)
    strategy = document["orderStrategy"]
    assert (strategy["status"], strategy["orderValue"]) == ("ACCEPTED", 502.5)
    assert (document["orderId"], document["orderValidationResult"], schwab.count()) == (0, {}, 0)
    assert strategy["orderBalance"]["projectedBuyingPower"] == 99_497.5


def test_a_preview_of_too_much_is_a_success_that_rejects(schwab: Scene) -> None:
    much = ORDER | {"orderLegCollection": [leg("AAPL", "BUY", 900_000)]}
    status, document = said(schwab.ask("POST", f"{ACCOUNTS}/{HASH}/previewOrder", much))
    assert (status, document["orderStrategy"]["status"]) == (200, "REJECTED")
    assert len(document["orderValidationResult"]["rejects"]) == 1


def test_there_are_no_other_paths(schwab: Scene) -> None:
    assert (
        said(schwab.ask("DELETE", ORDERS)) == said(schwab.ask("GET", "/")) == (404, {"message": "Not found"})
    )


def test_nobody_is_not_authorized_anywhere(schwab: Scene) -> None:
    for path in (ORDERS, "/marketdata/v1/quotes", "/nowhere"):
        status, document = said(schwab.ask("GET", path, api_key="nobody"))
        assert (status, document["errors"][0]["title"]) == (401, "Unauthorized")


def test_a_quota_that_is_used_up_is_a_message(schwab: Scene) -> None:
    schwab.faults.declare("*", FaultKind.RATE_LIMITED)
    status, document = said(schwab.ask("DELETE", f"{ORDERS}/1"))
    assert (status, list(document)) == (429, ["message"])
