"""Coinbase's face, driven by ccxt over a socket, which signs every request and reads every reply."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nostro.sim.skins import faces
from tests.sdk.install import install_oracle
from tests.server.world import Server, send

from .driven import ENDS_WITHIN_S, Driven, driven

KEY = "open-oracle"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Coinbase:
    ccxt: Driven
    url: str

    def call(self, call: str, *args: object) -> Any:
        answer = self.ccxt.ask(call=call, args=args)
        assert "body" in answer, answer
        return answer["body"]

    def refused(self, call: str, *args: object) -> tuple[str, str]:
        """Return the class of the error that ccxt raised, and its text."""
        answer = self.ccxt.ask(call=call, args=args)
        return answer["error"], answer["message"]

    def place(self, kind: str = "limit", side: str = "buy", price: float = 50, **params: object) -> Any:
        """Place an order for half a bitcoin, which rests if nothing else is said."""
        return self.call("create_order", "BTC/USD", kind, side, 0.5, price, params)

    def order(self, order_id: str) -> Any:
        return self.call("fetch_order", order_id)

    def becomes(self, order_id: str, status: str) -> Any:
        """Wait until the order has this status of ccxt's; it was told to have it."""
        deadline = time.monotonic() + ENDS_WITHIN_S
        while (order := self.order(order_id))["status"] != status:
            assert time.monotonic() < deadline, order
            time.sleep(0.02)
        return order


def credentials() -> tuple[str, str]:
    issue = faces()["coinbase"].issue
    assert issue is not None
    issued = issue(KEY)
    return issued["key_name"], issued["private_key"]


@pytest.fixture(scope="module")
def folder() -> Path:
    return install_oracle("ccxt")


@pytest.fixture(scope="module")
def coinbase(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coinbase]:
    with Server(tmp_path_factory.mktemp("coinbase"), "--as", "coinbase").start("simbroker") as server:
        quote = json.dumps({"symbol": "BTC/USD", "bid": "99", "ask": "101"}).encode()
        send(server.url, "POST", "/sandbox/quotes", quote, {}, ENDS_WITHIN_S)
        with driven("coinbase_driver.py", folder, server.url, *credentials()) as ccxt:
            yield Coinbase(ccxt, server.url)


# Who asks


def test_a_key_of_nobodys_and_a_key_that_is_not_the_names_are_unauthorized(
    coinbase: Coinbase, folder: Path
) -> None:
    issue = faces()["coinbase"].issue
    assert issue is not None
    name, secret = credentials()
    other = issue("open-other")
    for pair in ((name, other["private_key"]), (name.replace(KEY, "nobody"), secret)):
        with driven("coinbase_driver.py", folder, coinbase.url, *pair) as ccxt:
            answer = ccxt.ask(call="v3PrivateGetBrokerageAccounts", args=[])
        assert (answer["error"], "Unauthorized" in answer["message"]) == ("AuthenticationError", True)


def test_the_key_may_trade_and_names_its_portfolio(coinbase: Coinbase) -> None:
    [portfolio] = coinbase.call("fetch_portfolios")
    permissions = coinbase.call("v3PrivateGetBrokerageKeyPermissions")
    assert (permissions["can_trade"], permissions["portfolio_uuid"]) == (True, portfolio["id"])
    breakdown = coinbase.call(
        "v3PrivateGetBrokeragePortfoliosPortfolioUuid", {"portfolio_uuid": portfolio["id"]}
    )
    assert breakdown["breakdown"]["portfolio"]["uuid"] == portfolio["id"]


# What is held and traded


def test_products_are_markets_with_steps(coinbase: Coinbase) -> None:
    markets = {market["symbol"]: market for market in coinbase.call("fetch_markets")}
    assert {"BTC/USD", "DOGE/USD"} < set(markets)
    bitcoin = markets["BTC/USD"]
    assert (bitcoin["id"], bitcoin["active"], bitcoin["spot"]) == ("BTC-USD", True, True)
    assert (bitcoin["precision"]["price"], bitcoin["precision"]["amount"]) == (0.01, 1e-8)


def test_the_best_prices_are_shown(coinbase: Coinbase) -> None:
    ticker = coinbase.call("fetch_bids_asks", ["BTC/USD"])["BTC/USD"]
    assert (ticker["bid"], ticker["ask"]) == (99, 101)


def test_an_order_that_rests_keeps_money_on_hold_and_one_that_fills_buys_a_coin(coinbase: Coinbase) -> None:
    before = coinbase.call("fetch_balance")
    coinbase.place(price=40)
    coinbase.place("market", price=101)
    after = coinbase.call("fetch_balance")
    assert after["USD"]["used"] - before["USD"]["used"] == 20
    assert after["USD"]["total"] - before["USD"]["total"] == -50.5
    assert after["BTC"]["free"] - (before["BTC"]["free"] or 0) == 0.5


def test_wallets_come_in_pages(coinbase: Coinbase) -> None:
    whole = coinbase.call("v3PrivateGetBrokerageAccounts")["accounts"]
    pages: list[Any] = []
    page: dict[str, Any] = {"has_next": True}
    while page["has_next"]:
        asked = {"limit": 4, **({"cursor": page["cursor"]} if "cursor" in page else {})}
        page = coinbase.call("v3PrivateGetBrokerageAccounts", asked)
        pages.append(page["accounts"])
    assert [len(rows) for rows in pages] == [4, len(whole) - 4]
    assert [row for rows in pages for row in rows] == whole
    one = coinbase.call("v3PrivateGetBrokerageAccountsAccountUuid", {"account_uuid": whole[1]["uuid"]})
    assert one["account"] == whole[1]


# Orders

IN_AN_HOUR = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("placed", "shown"),
    [
        ({"timeInForce": "GTC"}, ("limit", "GTC", "open", 50, 0)),
        ({"timeInForce": "GTD", "end_time": IN_AN_HOUR}, ("limit", "GTD", "open", 50, 0)),
        ({"timeInForce": "IOC"}, ("limit", "IOC", "canceled", 50, 0)),
        ({"timeInForce": "IOC", "price": 102}, ("limit", "IOC", "closed", 102, 0.5)),
        # Of a FOK ccxt reads no price.
        ({"timeInForce": "FOK", "price": 102}, ("limit", "FOK", "closed", None, 0.5)),
        ({"kind": "market", "side": "sell"}, ("market", "IOC", "closed", 99, 0.5)),
        ({"stopLossPrice": 120, "price": 121}, ("limit", "GTC", "open", 121, 0)),
        ({"side": "sell", "stopLossPrice": 80, "price": 79}, ("limit", "GTC", "open", 79, 0)),
        (
            {"side": "sell", "stopPrice": 80, "price": 79, "end_time": IN_AN_HOUR}
            | {"stop_direction": "STOP_DIRECTION_STOP_DOWN"},
            ("limit", "GTD", "open", 79, 0),
        ),
    ],
)
def test_each_kind_of_order_is_read_back(
    coinbase: Coinbase, placed: dict[str, Any], shown: tuple[object, ...]
) -> None:
    order = coinbase.order(coinbase.place(**placed)["id"])
    fields = ("type", "timeInForce", "status", "price", "filled")
    assert tuple(order[field] for field in fields) == shown


def test_an_order_by_value_is_filled_for_it(coinbase: Coinbase) -> None:
    order = coinbase.order(coinbase.place("market", price=202, cost=202)["id"])
    assert (order["status"], order["filled"], order["average"]) == ("closed", 2, 101)
    assert order["info"]["size_in_quote"] is True


def test_a_client_order_id_makes_one_order(coinbase: Coinbase) -> None:
    first = coinbase.place(client_order_id="mine-once")
    again = coinbase.place(client_order_id="mine-once", price=60)
    assert (again["id"], again["clientOrderId"]) == (first["id"], "mine-once")
    assert coinbase.order(first["id"])["price"] == 50


def test_open_and_closed_orders_are_listed_apart(coinbase: Coinbase) -> None:
    resting, filled = coinbase.place()["id"], coinbase.place("market", "sell")["id"]
    opened = {order["id"] for order in coinbase.call("fetch_open_orders", "BTC/USD")}
    closed = {order["id"] for order in coinbase.call("fetch_closed_orders", "BTC/USD")}
    assert (resting in opened, filled in opened) == (True, False)
    assert (resting in closed, filled in closed) == (False, True)
    assert {resting, filled} <= {order["id"] for order in coinbase.call("fetch_orders")}


def test_a_list_comes_in_pages(coinbase: Coinbase) -> None:
    ids = [coinbase.place()["id"] for _ in range(3)]
    first = coinbase.call("v3PrivateGetBrokerageOrdersHistoricalBatch", {"limit": 2})
    assert ([order["order_id"] for order in first["orders"]], first["has_next"]) == (ids[:0:-1], True)
    rest = coinbase.call(
        "v3PrivateGetBrokerageOrdersHistoricalBatch", {"limit": 2, "cursor": first["cursor"]}
    )
    assert rest["orders"][0]["order_id"] == ids[0]


# Cancels


def test_a_cancel_is_taken_and_then_carried_out(coinbase: Coinbase) -> None:
    order_id = coinbase.place()["id"]
    assert coinbase.call("cancel_order", order_id)["id"] == order_id
    assert coinbase.becomes(order_id, "canceled")["filled"] == 0
    [canceled] = [
        order for order in coinbase.call("fetch_canceled_orders", "BTC/USD") if order["id"] == order_id
    ]
    assert canceled["info"]["status"] == "CANCELLED"


def test_each_cancel_of_a_batch_has_its_own_result(coinbase: Coinbase) -> None:
    resting, filled = coinbase.place()["id"], coinbase.place("market", "sell")["id"]
    batch = {"order_ids": [resting, filled, UNKNOWN]}
    results = coinbase.call("v3PrivatePostBrokerageOrdersBatchCancel", batch)["results"]
    assert [(row["order_id"], row["success"], row["failure_reason"]) for row in results] == [
        (resting, True, "UNKNOWN_CANCEL_FAILURE_REASON"),
        (filled, False, "ORDER_IS_FULLY_FILLED"),
        (UNKNOWN, False, "UNKNOWN_CANCEL_ORDER"),
    ]
    assert coinbase.refused("cancel_order", filled)[0] == "BadRequest"


# Refusals


def test_an_order_that_needs_too_much_money_is_not_created(coinbase: Coinbase) -> None:
    error, message = coinbase.refused("create_order", "BTC/USD", "limit", "buy", 100_000, 90)
    assert (error, "Insufficient balance in source account" in message) == ("InsufficientFunds", True)


def test_a_stop_on_the_wrong_side_of_the_price_is_not_created(coinbase: Coinbase) -> None:
    stop = {"stopLossPrice": 150}
    error, message = coinbase.refused("create_order", "BTC/USD", "limit", "sell", 1, 90, stop)
    assert (error, "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE" in message) == ("InvalidOrder", True)


def test_a_direction_that_the_exchange_does_not_have_is_not_created(coinbase: Coinbase) -> None:
    error, message = coinbase.refused("create_order", "BTC/USD", "limit", "buy", 1, 90, {"stopPrice": 80})
    assert (error, "UNSUPPORTED_ORDER_CONFIGURATION" in message) == ("ExchangeError", True)


def test_an_order_that_nobody_has_is_not_found(coinbase: Coinbase) -> None:
    error, message = coinbase.refused("fetch_order", UNKNOWN)
    assert '"order with this orderID was not found"' in message
    assert error == "ExchangeError"  # ccxt looks for a sentence that Coinbase does not say


def test_a_request_that_cannot_be_read_is_an_invalid_argument(coinbase: Coinbase) -> None:
    assert coinbase.refused("v3PrivatePostBrokerageOrdersBatchCancel", {})[0] == "BadRequest"
