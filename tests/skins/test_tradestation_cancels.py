"""TradeStation's face in its own words: cancels, new terms, and what they are refused with."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, OTHER_API_KEY

from .tradestation_scene import (
    CHANGES,
    MARKET,
    NAME,
    SECOND,
    SECOND_NAME,
    SPREAD,
    Scene,
    bad,
    said,
)

NOT_OPEN = bad("Not an open order.")
UNKNOWN = bad("Invalid order ID.")


@pytest.fixture
def station() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


# Cancels


def test_a_cancel_is_sent_and_carried_out_a_little_later(station: Scene) -> None:
    order_id = station.place()
    sent = (200, {"Message": "Cancel request sent", "OrderID": order_id})
    assert said(station.ask("DELETE", f"{CHANGES}/{order_id}")) == sent
    order = station.order(order_id)
    assert (order["Status"], order["StatusDescription"]) == ("UCN", "Cancel Sent")
    assert "ClosedDateTime" not in order
    assert said(station.ask("DELETE", f"{CHANGES}/{order_id}")) == sent
    station.exchange.advance(1)
    order = station.order(order_id)
    assert (order["Status"], order["StatusDescription"]) == ("OUT", "UROut")
    assert (order["Legs"][0]["ExecQuantity"], order["Legs"][0]["QuantityRemaining"]) == ("0", "0")
    assert order["ClosedDateTime"] >= order["OpenedDateTime"]
    assert said(station.ask("DELETE", f"{CHANGES}/{order_id}")) == NOT_OPEN


def test_what_was_filled_before_a_cancel_stays_filled(station: Scene) -> None:
    order_id = station.place()
    station.exchange.fill(order_id, units=Decimal(4))
    order = station.order(order_id)
    assert (order["Status"], order["Legs"][0]["QuantityRemaining"]) == ("FPR", "6")
    station.ask("DELETE", f"{CHANGES}/{order_id}")
    station.exchange.advance(1)
    order = station.order(order_id)
    assert (order["Status"], order["StatusDescription"]) == ("FLP", "Partial Fill (UROut)")
    assert (order["Legs"][0]["ExecQuantity"], order["Legs"][0]["QuantityRemaining"]) == ("4", "0")


def test_a_filled_order_is_not_open(station: Scene) -> None:
    order_id = station.place(**MARKET)
    assert said(station.ask("DELETE", f"{CHANGES}/{order_id}")) == NOT_OPEN
    order = station.order(order_id)
    assert (order["Status"], order["FilledPrice"]) == ("FLL", "101")


@pytest.mark.parametrize("order_id", ["7", "*", "1,2", "1-2345-6789", "%20", "..%2f.."])
def test_an_order_that_is_not_there_has_an_invalid_id(station: Scene, order_id: str) -> None:
    rests = station.place()
    for method in ("DELETE", "PUT"):
        assert said(station.ask(method, f"{CHANGES}/{order_id}", {"Quantity": "1"})) == UNKNOWN
    assert station.order(rests)["Status"] == "ACK"


def test_two_ids_in_one_path_cancel_nothing(station: Scene) -> None:
    ids = [station.place(), station.place()]
    for joined in (",".join(ids), "".join(ids), "%2C".join(ids)):
        assert said(station.ask("DELETE", f"{CHANGES}/{joined}")) == UNKNOWN
    assert {station.order(order_id)["Status"] for order_id in ids} == {"ACK"}


def test_a_cancel_reaches_every_account_of_its_customer_and_none_of_another(station: Scene) -> None:
    order_id = station.place(AccountID=SECOND_NAME)
    assert said(station.ask("DELETE", f"{CHANGES}/{order_id}", api_key=OTHER_API_KEY)) == UNKNOWN
    assert station.exchange.order(SECOND, order_id).status is OrderStatus.NEW
    assert station.ask("DELETE", f"{CHANGES}/{order_id}").status == 200
    assert station.exchange.order(SECOND, order_id).status is OrderStatus.PENDING_CANCEL


def test_what_ended_before_today_has_an_invalid_id(station: Scene) -> None:
    order_id = station.place()
    station.exchange.advance(86_400)
    assert station.exchange.order(ACCOUNT, order_id).status is OrderStatus.EXPIRED
    for method in ("DELETE", "PUT"):
        assert said(station.ask(method, f"{CHANGES}/{order_id}", {"Quantity": "1"})) == UNKNOWN


def test_a_cancel_that_will_be_forgotten_of_a_closed_order_is_refused_all_the_same(station: Scene) -> None:
    order_id = station.place(**MARKET)
    station.faults.declare("cancel", FaultKind.ACK_NEVER_CANCELS)
    assert said(station.ask("DELETE", f"{CHANGES}/{order_id}")) == NOT_OPEN


# New terms


def test_new_terms_stand_under_the_same_id(station: Scene) -> None:
    order_id = station.place()
    station.exchange.fill(order_id, units=Decimal(2))
    reply = station.ask("PUT", f"{CHANGES}/{order_id}", {"Quantity": "7", "LimitPrice": "51"})
    assert said(reply) == (200, {"Message": "Cancel/Replace order sent.", "OrderID": order_id})
    order = station.order(order_id)
    assert (order["Status"], order["LimitPrice"]) == ("FPR", "51")
    assert (order["Legs"][0]["QuantityOrdered"], order["Legs"][0]["QuantityRemaining"]) == ("7", "5")
    assert station.listed() == [order_id]


def test_an_order_can_become_a_market_order_and_nothing_else(station: Scene) -> None:
    order_id = station.place()
    same = {"AccountID": NAME, "OrderID": order_id, "OrderType": "Limit", "Quantity": "3"}
    assert station.ask("PUT", f"{CHANGES}/{order_id}", same).status == 200
    reply = station.ask("PUT", f"{CHANGES}/{order_id}", {"OrderType": "StopMarket", "StopPrice": "1"})
    assert said(reply) == bad("Failed to Cancel/Replace order: An order can become a market order only.")
    assert station.ask("PUT", f"{CHANGES}/{order_id}", {"OrderType": "Market"}).status == 200
    assert station.order(order_id)["Status"] == "FLL"
    reply = station.ask("PUT", f"{CHANGES}/{order_id}", {"Quantity": "4"})
    assert said(reply) == bad("Failed to Cancel/Replace order: Not an open order.")


def test_the_price_of_several_legs_keeps_its_direction(station: Scene) -> None:
    order_id = station.place(**SPREAD)
    assert station.ask("PUT", f"{CHANGES}/{order_id}", {"LimitPrice": "0.1"}).status == 200
    assert station.order(order_id)["LimitPrice"] == "0.1"
    reply = station.ask("PUT", f"{CHANGES}/{order_id}", {"LimitPrice": "-0.1"})
    assert said(reply) == bad("Failed to Cancel/Replace order: A debit cannot become a credit.")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "At least one property must be updated."),
        ({"Quantity": "half"}, "Invalid decimal string - at `$.Quantity`"),
        ({"Quantity": "0.5"}, "Quantity must be a whole number above zero."),
        ({"StopPrice": "1"}, "Failed to Cancel/Replace order: An order of this type has no stop price."),
        (
            {"AdvancedOptions": {"TrailingStop": {"Percent": "5"}}, "Quantity": "1"},
            "Failed to Cancel/Replace order: Advanced options are not taken here.",
        ),
        (
            {"Quantity": "900000"},
            "Failed to Cancel/Replace order: You do not have enough buying power to enter this order.",
        ),
    ],
    ids=str,
)
def test_terms_that_are_none_change_nothing(station: Scene, terms: dict[str, Any], message: str) -> None:
    order_id = station.place()
    before = station.order(order_id)
    assert said(station.ask("PUT", f"{CHANGES}/{order_id}", terms)) == bad(message)
    assert station.order(order_id) == before


def test_new_terms_come_too_late_once_a_cancel_was_sent(station: Scene) -> None:
    order_id = station.place()
    station.ask("DELETE", f"{CHANGES}/{order_id}")
    reply = station.ask("PUT", f"{CHANGES}/{order_id}", {"Quantity": "4"})
    assert said(reply) == bad("Cancel/Replace not allowed after cancel has been attempted")
