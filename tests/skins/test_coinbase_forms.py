"""What Coinbase's face makes of orders, those that it takes and those that it does not."""

import json
from typing import Any

import pytest

from nostro.brokers.transport import Request
from tests.sim.market import ACCOUNT, OPENED_AT

from .coinbase_scene import ORDER, ORDERS, Scene, error

STOP = {"base_size": "1", "limit_price": "80", "stop_price": "80"}


@pytest.mark.parametrize(
    ("configuration", "status", "time_in_force"),
    [
        ({"market_market_ioc": {"base_size": "1"}}, "FILLED", "IMMEDIATE_OR_CANCEL"),
        ({"market_market_ioc": {"quote_size": "10"}}, "FILLED", "IMMEDIATE_OR_CANCEL"),
        ({"market_market_fok": {"base_size": "1"}}, "FILLED", "FILL_OR_KILL"),
        (
            {"limit_limit_gtc": {"base_size": "1", "limit_price": "50", "post_only": False}},
            "OPEN",
            "GOOD_UNTIL_CANCELLED",
        ),
        (
            {
                "limit_limit_gtd": {
                    "base_size": "0.1",
                    "limit_price": "50.01",
                    "end_time": "2026-03-03T00:00:00Z",
                    "post_only": False,
                }
            },
            "OPEN",
            "GOOD_UNTIL_DATE_TIME",
        ),
        ({"limit_limit_fok": {"base_size": "1", "limit_price": "50"}}, "CANCELLED", "FILL_OR_KILL"),
        ({"sor_limit_ioc": {"base_size": "1", "limit_price": "102"}}, "FILLED", "IMMEDIATE_OR_CANCEL"),
        (
            {
                "stop_limit_stop_limit_gtc": {
                    "base_size": "1",
                    "limit_price": "121",
                    "stop_price": "120",
                    "stop_direction": "STOP_DIRECTION_STOP_UP",
                }
            },
            "OPEN",
            "GOOD_UNTIL_CANCELLED",
        ),
        (
            {
                "stop_limit_stop_limit_gtd": {
                    "base_size": "1",
                    "limit_price": "121",
                    "stop_price": "120",
                    "stop_direction": "STOP_DIRECTION_STOP_UP",
                    "end_time": "2026-03-03T00:00:00Z",
                }
            },
            "OPEN",
            "GOOD_UNTIL_DATE_TIME",
        ),
    ],
    ids=str,
)
def test_a_configuration_is_shown_as_it_was_asked_for(
    coinbase: Scene, configuration: dict[str, Any], status: str, time_in_force: str
) -> None:
    order = coinbase.order(coinbase.place(configuration))
    assert order["order_configuration"] == configuration
    assert (order["status"], order["time_in_force"]) == (status, time_in_force)


def test_an_order_that_is_taken_is_told_its_id_and_repeated(coinbase: Scene) -> None:
    answer = coinbase.answer()
    order_id = answer["order_id"]
    assert answer == {
        "success": True,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": order_id,
        "success_response": {
            "order_id": order_id,
            "product_id": "BTC-USD",
            "side": "BUY",
            "client_order_id": "mine-1",
            "attached_order_id": "",
        },
        "order_configuration": ORDER["order_configuration"],
    }
    shown = coinbase.order(order_id)
    assert (shown["client_order_id"], shown["filled_size"], shown["outstanding_hold_amount"]) == (
        "mine-1",
        "0",
        "50",
    )


def test_a_client_order_id_that_was_used_is_answered_with_its_order(coinbase: Scene) -> None:
    first = coinbase.answer()
    again = coinbase.answer(order_configuration={"market_market_ioc": {"base_size": "5"}})
    assert again["success_response"] == first["success_response"]
    assert "limit_limit_gtc" in again["order_configuration"]
    assert coinbase.listed() == [first["order_id"]]


@pytest.mark.parametrize(
    ("changes", "error", "more"),
    [
        ({"product_id": "NO-USD"}, "INVALID_PRODUCT_ID", ""),
        ({"product_id": "AAPL"}, "INVALID_PRODUCT_ID", ""),
        ({"product_id": "btc-usd"}, "INVALID_PRODUCT_ID", ""),
        (
            {"order_configuration": {"market_market_ioc": {"base_size": "9999"}}},
            "INSUFFICIENT_FUND",
            "PREVIEW_INSUFFICIENT_FUND",
        ),
        (
            {"order_configuration": {"limit_limit_gtc": {"base_size": "1", "limit_price": "0.001"}}},
            "INVALID_PRICE_PRECISION",
            "",
        ),
        (
            {"order_configuration": {"limit_limit_gtc": {"base_size": "1e-9", "limit_price": "1"}}},
            "INVALID_SIZE_PRECISION",
            "",
        ),
        (
            {
                "order_configuration": {
                    "limit_limit_gtc": {"base_size": "1", "limit_price": "101", "post_only": True}
                }
            },
            "UNKNOWN_FAILURE_REASON",
            "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
        ),
        (
            {"order_configuration": {"stop_limit_stop_limit_gtc": STOP}},
            "UNKNOWN_FAILURE_REASON",
            "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE",
        ),
        (
            {
                "order_configuration": {
                    "stop_limit_stop_limit_gtc": STOP | {"stop_direction": "STOP_DIRECTION_STOP_DOWN"}
                }
            },
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "",
        ),
        (
            {
                "side": "SELL",
                "order_configuration": {"stop_limit_stop_limit_gtc": STOP | {"stop_price": "120"}},
            },
            "UNKNOWN_FAILURE_REASON",
            "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
        ),
        ({"order_configuration": {}}, "UNSUPPORTED_ORDER_CONFIGURATION", ""),
        ({"order_configuration": {"twap_limit_gtd": {}}}, "UNSUPPORTED_ORDER_CONFIGURATION", ""),
        (
            {
                "order_configuration": {
                    "limit_limit_gtc": {"base_size": "1", "limit_price": "1"},
                    "market_market_ioc": {"base_size": "1"},
                }
            },
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "",
        ),
        (
            {"attached_order_configuration": {"trigger_bracket_gtc": {"limit_price": "200"}}},
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "",
        ),
        (
            {"order_configuration": {"limit_limit_gtc": {"quote_size": "10", "limit_price": "50"}}},
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "",
        ),
        (
            {"order_configuration": {"limit_limit_gtc": {"base_size": "1"}}},
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "",
        ),
        ({"order_configuration": {"market_market_ioc": {}}}, "UNSUPPORTED_ORDER_CONFIGURATION", ""),
        (
            {"order_configuration": {"limit_limit_gtd": {"base_size": "1", "limit_price": "50"}}},
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "",
        ),
        (
            {"order_configuration": {"market_market_ioc": {"base_size": "1e99999"}}},
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "",
        ),
    ],
    ids=str,
)
def test_what_is_not_taken_is_told_in_a_200_and_places_nothing(
    coinbase: Scene, changes: dict[str, Any], error: str, more: str
) -> None:
    answer = coinbase.answer(**changes)
    why = answer["error_response"]
    assert (answer["success"], answer["order_id"], why["error"]) == (False, "", error)
    assert why.get("preview_failure_reason", "") == more
    assert ("new_order_failure_reason" in why) is not bool(more)
    assert answer["order_configuration"] == (ORDER | changes)["order_configuration"]
    assert coinbase.exchange.orders(ACCOUNT, OPENED_AT) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"{}",
        json.dumps(ORDER | {"side": "HOLD"}).encode(),
        json.dumps(ORDER | {"client_order_id": ""}).encode(),
        json.dumps(ORDER | {"client_order_id": None}).encode(),
        json.dumps(ORDER | {"order_configuration": {"market_market_ioc": {"base_size": "NaN"}}}).encode(),
        json.dumps(ORDER | {"order_configuration": {"market_market_ioc": {"base_size": "many"}}}).encode(),
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_an_invalid_argument(coinbase: Scene, body: bytes) -> None:
    assert error(coinbase.send(Request("POST", ORDERS, body))) == (400, "INVALID_ARGUMENT")
    assert coinbase.exchange.orders(ACCOUNT, OPENED_AT) == []
