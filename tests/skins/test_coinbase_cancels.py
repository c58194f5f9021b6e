"""What Coinbase's face tells of a cancel: a result for each order, and nothing final."""

import json
from decimal import Decimal

import pytest

from nostro.brokers.transport import Request
from nostro.domain.order import OrderStatus
from tests.sim.market import ACCOUNT, OTHER_API_KEY, buy

from .coinbase_scene import CANCEL, COINBASE, ORDERS, Scene, error

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_a_cancel_is_queued_and_then_done(coinbase: Scene) -> None:
    order_id = coinbase.place()
    assert coinbase.cancel(order_id) == [(True, "UNKNOWN_CANCEL_FAILURE_REASON")]
    queued = coinbase.order(order_id)
    assert (queued["status"], queued["pending_cancel"]) == ("CANCEL_QUEUED", True)
    assert coinbase.cancel(order_id) == [(False, "DUPLICATE_CANCEL_REQUEST")]
    coinbase.exchange.advance(1)
    done = coinbase.order(order_id)
    assert (done["status"], done["pending_cancel"]) == ("CANCELLED", False)
    assert coinbase.cancel(order_id) == [(False, "UNKNOWN_CANCEL_ORDER")]


def test_an_order_that_fills_while_its_cancel_is_queued_is_filled(coinbase: Scene) -> None:
    order_id = coinbase.place()
    coinbase.cancel(order_id)
    coinbase.exchange.fill(order_id)
    coinbase.exchange.advance(1)
    assert coinbase.order(order_id)["status"] == "FILLED"
    assert coinbase.cancel(order_id) == [(False, "ORDER_IS_FULLY_FILLED")]


def test_a_part_that_was_filled_is_shown_of_a_cancelled_order(coinbase: Scene) -> None:
    order_id = coinbase.place({"limit_limit_gtc": {"base_size": "3", "limit_price": "50"}})
    coinbase.exchange.fill(order_id, Decimal(1))
    assert coinbase.order(order_id)["status"] == "OPEN"
    coinbase.cancel(order_id)
    coinbase.exchange.advance(1)
    order = coinbase.order(order_id)
    assert (order["status"], order["filled_size"], order["completion_percentage"]) == (
        "CANCELLED",
        "1",
        "33.33",
    )
    assert (order["average_filled_price"], order["filled_value"]) == ("50", "50")


@pytest.mark.parametrize(("end", "status"), [("expire", "EXPIRED"), ("reject", "FAILED")])
def test_an_order_that_ended_otherwise_is_unknown_to_a_cancel(coinbase: Scene, end: str, status: str) -> None:
    order_id = coinbase.place()
    getattr(coinbase.exchange, end)(order_id)
    assert coinbase.order(order_id)["status"] == status
    assert coinbase.cancel(order_id) == [(False, "UNKNOWN_CANCEL_ORDER")]


def test_a_batch_cancels_each_order_by_itself_and_one_of_none_cancels_none(coinbase: Scene) -> None:
    first, second, kept = coinbase.place(), coinbase.place(), coinbase.place()
    assert coinbase.cancel(first, UNKNOWN, second, first) == [
        (True, "UNKNOWN_CANCEL_FAILURE_REASON"),
        (False, "UNKNOWN_CANCEL_ORDER"),
        (True, "UNKNOWN_CANCEL_FAILURE_REASON"),
        (False, "DUPLICATE_CANCEL_REQUEST"),
    ]
    assert coinbase.cancel() == []
    assert coinbase.order(kept)["status"] == "OPEN"


@pytest.mark.parametrize("order_id", ["", "*", "-1", "all", UNKNOWN])
def test_an_id_that_is_none_finds_nothing(coinbase: Scene, order_id: str) -> None:
    kept = coinbase.place()
    assert coinbase.cancel(order_id) == [(False, "UNKNOWN_CANCEL_ORDER")]
    assert coinbase.order(kept)["status"] == "OPEN"


def test_an_order_of_somebody_else_is_unknown(coinbase: Scene) -> None:
    order_id = coinbase.place()
    assert coinbase.cancel(order_id, api_key=OTHER_API_KEY) == [(False, "UNKNOWN_CANCEL_ORDER")]
    look_up = coinbase.ask("GET", f"{ORDERS}/historical/{order_id}", api_key=OTHER_API_KEY)
    assert error(look_up) == (404, "NOT_FOUND")
    assert coinbase.order(order_id)["status"] == "OPEN"


def test_an_order_in_what_coinbase_does_not_have_is_not_there(coinbase: Scene) -> None:
    stock = coinbase.exchange.place(ACCOUNT, buy(limit="50")).brokerage_order_id
    assert coinbase.cancel(stock) == [(False, "UNKNOWN_CANCEL_ORDER")]
    assert error(coinbase.ask("GET", f"{ORDERS}/historical/{stock}")) == (404, "NOT_FOUND")
    assert coinbase.listed() == []
    assert coinbase.exchange.order(ACCOUNT, stock).status is OrderStatus.NEW


@pytest.mark.parametrize(
    "form", [None, {}, {"order_ids": "all"}, {"order_ids": [1]}, {"order_ids": ["1"] * 101}]
)
def test_a_cancel_that_cannot_be_read_is_an_invalid_argument(coinbase: Scene, form: object) -> None:
    kept = coinbase.place()
    assert error(coinbase.ask("POST", CANCEL, form)) == (400, "INVALID_ARGUMENT")
    assert coinbase.order(kept)["status"] == "OPEN"


def test_a_cancel_names_its_order_when_it_is_about_one(coinbase: Scene) -> None:
    def named(*order_ids: str) -> str | None:
        body = json.dumps({"order_ids": order_ids}).encode()
        call = COINBASE.understand(Request("POST", CANCEL, body))
        assert call is not None
        assert call.operation == "cancel"
        return call.order_id

    assert (named("a"), named("a", "b"), named()) == ("a", None, None)
    unreadable = COINBASE.understand(Request("POST", CANCEL, b"{"))
    assert unreadable is not None
    assert unreadable.order_id is None
