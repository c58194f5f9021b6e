"""TradeStation's face, driven by tradestation-api-python over a socket, whose models read every answer.

The package places orders of one leg only; several legs go through its client below, whose answer its model
reads in the list. Its model of an order knows Buy and Sell alone, so nothing is sold short here; and it looks
for the words of an error under names that TradeStation does not use, so they are read from the body.
"""

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
TODAY = datetime.now(UTC)
EXPIRES_ON = (TODAY + timedelta(days=60)).strftime("%y%m%d")
CALL, HIGHER_CALL = (f"AAPL {EXPIRES_ON}C{strike}" for strike in (100, 110))
BAD = "TradeStationValidationError"


def credentials(customer: str = KEY) -> dict[str, str]:
    issue = faces()["tradestation"].issue
    assert issue is not None
    return dict(issue(customer))


@dataclass(frozen=True, slots=True)
class Station:
    package: Driven
    url: str
    folder: Path
    account: str = ""

    def ask(self, part: str, call: str, *args: object, **more: object) -> dict[str, Any]:
        return self.package.ask(part=part, call=call, args=args, more=more)

    def read(self, part: str, call: str, *args: object, **more: object) -> Any:
        answer = self.ask(part, call, *args, **more)
        assert "read" in answer, answer
        return answer["read"]

    def form(self, **changes: object) -> dict[str, Any]:
        """Fill in the package's form of the usual order, which rests, changed."""
        usual = {
            "AccountID": self.account,
            "Symbol": "AAPL",
            "Quantity": "10",
            "OrderType": "Limit",
            "LimitPrice": "50.25",
            "TradeAction": "BUY",
            "TimeInForce": {"Duration": "GTC"},
            "Route": "Intelligent",
        }
        return usual | changes

    def place(self, **changes: object) -> str:
        request = {"model": "OrderRequest", "fields": self.form(**changes)}
        placed = self.read("order_execution", "place_order", request)
        [order] = placed["Orders"]
        assert order["Message"].startswith("Sent order: ")
        assert "Errors" not in placed
        order_id = order["OrderID"]
        assert isinstance(order_id, str)
        return order_id

    def order(self, order_id: str) -> Any:
        found = self.read("brokerage", "get_orders_by_order_id", self.account, order_id)
        assert found["Errors"] == [], found
        [order] = found["Orders"]
        assert order["OrderID"] == order_id
        return order

    def becomes(self, order_id: str, status: str) -> Any:
        """Wait until the order has this status; it was told to have it."""
        deadline = time.monotonic() + ENDS_WITHIN_S
        while (order := self.order(order_id))["Status"] != status:
            assert time.monotonic() < deadline, order
            time.sleep(0.02)
        return order

    def tell(self, path: str, **body: object) -> None:
        status = send(
            self.url, "POST", f"/sandbox/{path}", json.dumps(body).encode(), {}, ENDS_WITHIN_S
        ).status
        assert status < 300


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    folder = install_oracle("tradestation")
    own = credentials().values()
    with (
        Server(tmp_path_factory.mktemp("station"), "--as", "tradestation").start("simbroker") as server,
        driven("tradestation_driver.py", folder, server.url, *own) as package,
    ):
        nameless = Station(package, server.url, folder)
        nameless.tell("quotes", symbol="AAPL", bid="99", ask="101")
        [account] = nameless.read("brokerage", "get_accounts")
        yield Station(package, server.url, folder, account["AccountID"])


# Who asks


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "another"}, "Unauthorized"),
        ({"client_id": "another"}, "Unauthorized"),
        ({"refresh_token": "another"}, "Unknown or invalid refresh token."),
        (credentials("open-other") | {"refresh_token": credentials()["refresh_token"]}, "Unauthorized"),
    ],
    ids=["secret", "id", "token", "client"],
)
def test_wrong_credentials_are_refused(station: Station, changes: dict[str, str], words: str) -> None:
    given = (credentials() | changes).values()
    with driven("tradestation_driver.py", station.folder, station.url, *given) as package:
        answer = package.ask(part="brokerage", call="get_accounts", args=[], more={})
    assert answer["error"] == "TradeStationAuthError"
    assert words in answer["words"]


def test_another_customer_sees_nothing_of_the_first(station: Station) -> None:
    order_id = station.place()
    own = credentials("open-other").values()
    with driven("tradestation_driver.py", station.folder, station.url, *own) as package:
        other = Station(package, station.url, station.folder)
        [account] = other.read("brokerage", "get_accounts")
        assert account["AccountID"] != station.account
        answer = other.ask("order_execution", "cancel_order", order_id)
        assert (answer["error"], answer["said"]["Message"]) == (BAD, "Invalid order ID.")
        both = f"{account['AccountID']},{station.account}"
        found = other.read("brokerage", "get_balances", both)
        assert [balance["AccountID"] for balance in found["Balances"]] == [account["AccountID"]]
        assert found["Errors"] == [
            {"AccountID": station.account, "Error": "Forbidden", "Message": "Invalid Account ID."}
        ]
    assert station.order(order_id)["Status"] == "ACK"


# Accounts


def test_the_account_has_money(station: Station) -> None:
    [balance] = station.read("brokerage", "get_balances", station.account)["Balances"]
    assert balance["AccountType"] == "Margin"
    assert float(balance["BuyingPower"]) > 0


def test_a_market_order_fills_and_becomes_a_position(station: Station) -> None:
    order = station.order(station.place(OrderType="Market", LimitPrice=None, Quantity="3"))
    [leg] = order["Legs"]
    assert (order["Status"], leg["ExecQuantity"], leg["ExecutionPrice"]) == ("FLL", "3", "101")
    [position] = station.read("brokerage", "get_positions", station.account, "AAPL")["Positions"]
    assert (position["Quantity"], position["LongShort"], position["AveragePrice"]) == ("3", "Long", "101")


def test_quotes_come_by_symbol(station: Station) -> None:
    found = station.read("market_data", "get_quote_snapshots", f"AAPL,{CALL},NOSUCH")
    quotes = {quote["Symbol"]: quote for quote in found["Quotes"]}
    assert (quotes["AAPL"]["Bid"], quotes["AAPL"]["Ask"]) == ("99", "101")
    assert CALL in quotes
    assert found["Errors"] == [{"Symbol": "NOSUCH", "Error": "FAILED, INVALID SYMBOL"}]


# Orders


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, {"OrderType": "Limit", "Duration": "GTC", "Status": "ACK"}),
        ({"TimeInForce": {"Duration": "DYP"}}, {"Duration": "DAY+", "Status": "ACK"}),
        (
            {"OrderType": "StopMarket", "LimitPrice": None, "StopPrice": "150"},
            {"OrderType": "StopMarket", "StopPrice": "150", "AdvancedOptions": "STPTRG=STT;"},
        ),
        ({"TimeInForce": {"Duration": "IOC"}}, {"Duration": "IOC", "Status": "OUT"}),
    ],
    ids=str,
)
def test_an_order_is_read_as_it_was_placed(
    station: Station, changes: dict[str, object], shown: dict[str, str]
) -> None:
    order = station.order(station.place(**changes))
    assert order | shown == order


@pytest.mark.parametrize(
    ("symbol", "action", "asset_type"),
    [(CALL, "BUYTOOPEN", "STOCKOPTION"), (CALL, "SELLTOCLOSE", "STOCKOPTION"), ("ESZ26", "BUY", "FUTURE")],
)
def test_options_and_futures_are_named_by_their_symbols(
    station: Station, symbol: str, action: str, asset_type: str
) -> None:
    price = "900" if action.startswith("SELL") else "0.05"
    order = station.order(station.place(Symbol=symbol, TradeAction=action, Quantity="1", LimitPrice=price))
    [leg] = order["Legs"]
    assert (leg["Symbol"], leg["AssetType"]) == (symbol, asset_type)


def test_a_spread_is_one_order_with_two_legs(station: Station) -> None:
    legs = [
        {"Symbol": CALL, "Quantity": "2", "TradeAction": "SELLTOOPEN"},
        {"Symbol": HIGHER_CALL, "Quantity": "2", "TradeAction": "BUYTOOPEN"},
    ]
    request = station.form(LimitPrice="-9.9", Legs=legs)
    [sent] = station.read("http", "post", "/v3/orderexecution/orders", request)["Orders"]
    order = station.order(sent["OrderID"])
    assert [(leg["BuyOrSell"], leg["QuantityOrdered"]) for leg in order["Legs"]] == [
        ("Sell", "2"),
        ("Buy", "2"),
    ]


def test_a_list_is_read_in_pages(station: Station) -> None:
    ids = {station.place(), station.place()}
    seen: set[str] = set()
    more: dict[str, object] = {}
    while True:
        page = station.read("brokerage", "get_orders", station.account, 3, **more)
        assert len(page["Orders"]) <= 3
        seen |= {order["OrderID"] for order in page["Orders"]}
        if "NextToken" not in page:
            break
        more = {"next_token": page["NextToken"]}
    whole = station.read("brokerage", "get_orders", station.account)["Orders"]
    assert ids <= seen == {order["OrderID"] for order in whole}


def test_several_are_looked_up_at_once_and_nobodys_is_an_error(station: Station) -> None:
    ids = [station.place(), station.place()]
    found = station.read("brokerage", "get_orders_by_order_id", station.account, ",".join([*ids, "7"]))
    assert {order["OrderID"] for order in found["Orders"]} == set(ids)
    assert [error["OrderID"] for error in found["Errors"]] == ["7"]


def test_the_history_has_nothing_of_today(station: Station) -> None:
    order_id = station.place(OrderType="Market", LimitPrice=None)
    since = (TODAY - timedelta(days=80)).strftime("%Y-%m-%d")
    assert station.read("brokerage", "get_historical_orders", station.account, since)["Orders"] == []
    found = station.read("brokerage", "get_historical_orders_by_order_id", station.account, order_id, since)
    assert [error["OrderID"] for error in found["Errors"]] == [order_id]


def test_a_cancel_is_sent_and_then_carried_out(station: Station) -> None:
    order_id = station.place()
    answer = station.read("order_execution", "cancel_order", order_id)
    assert answer == {"OrderID": order_id, "Message": "Cancel request sent"}
    assert station.becomes(order_id, "OUT")["Legs"][0]["ExecQuantity"] == "0"
    answer = station.ask("order_execution", "cancel_order", order_id)
    assert (answer["error"], answer["said"]["Message"]) == (BAD, "Not an open order.")


def test_a_cancel_that_is_pending_shows(station: Station) -> None:
    order_id = station.place()
    station.tell("faults", operation="cancel", kind="ack_only", order_id=order_id)
    for _ in range(2):
        answer = station.read("order_execution", "cancel_order", order_id)
        assert answer["Message"] == "Cancel request sent"
    assert station.order(order_id)["Status"] == "UCN"


def test_a_filled_order_cannot_be_canceled(station: Station) -> None:
    order_id = station.place(OrderType="Market", LimitPrice=None)
    answer = station.ask("order_execution", "cancel_order", order_id)
    assert (answer["status"], answer["said"]) == (
        400,
        {"Error": "BadRequest", "Message": "Not an open order."},
    )


def test_nobodys_order_has_an_invalid_id(station: Station) -> None:
    answer = station.ask("order_execution", "cancel_order", "7")
    assert (answer["status"], answer["said"]) == (
        400,
        {"Error": "BadRequest", "Message": "Invalid order ID."},
    )


def test_new_terms_stand_under_the_same_id(station: Station) -> None:
    order_id = station.place()
    terms = {"model": "OrderReplaceRequest", "fields": {"Quantity": "7", "LimitPrice": "51"}}
    answer = station.read("order_execution", "replace_order", order_id, terms)
    assert answer == {"OrderID": order_id, "Message": "Cancel/Replace order sent."}
    order = station.order(order_id)
    assert (order["Legs"][0]["QuantityOrdered"], order["Status"]) == ("7", "ACK")
    station.read("order_execution", "cancel_order", order_id)
    station.becomes(order_id, "OUT")
    refused = station.ask("order_execution", "replace_order", order_id, terms)
    assert refused["said"]["Message"] == "Failed to Cancel/Replace order: Not an open order."


def test_a_bracket_is_two_orders_that_end_together(station: Station) -> None:
    limit = station.form(TradeAction="SELL", LimitPrice="150", Quantity="1")
    stop = station.form(
        TradeAction="SELL", OrderType="StopMarket", LimitPrice=None, StopPrice="9", Quantity="1"
    )
    group = {"model": "GroupOrderRequest", "fields": {"Type": "BRK", "Orders": [limit, stop]}}
    first, second = (
        order["OrderID"] for order in station.read("order_execution", "place_group_order", group)["Orders"]
    )
    assert "OCA=" in station.order(first)["AdvancedOptions"]
    station.read("order_execution", "cancel_order", first)
    station.becomes(second, "OUT")


@pytest.mark.parametrize(
    "changes", [{"Symbol": "NOSUCH"}, {"LimitPrice": None}, {"LimitPrice": "0"}], ids=str
)
def test_a_refused_order_says_why(station: Station, changes: dict[str, object]) -> None:
    request = {"model": "OrderRequest", "fields": station.form(**changes)}
    answer = station.read("order_execution", "place_order", request)
    [error] = answer["Errors"]
    assert (answer["Orders"], error["Error"]) == ([], "FAILED")
    assert error["Message"].startswith("Order failed. Reason: ")


def test_an_order_without_money_stands_where_its_model_takes_it_for_one_that_was_sent(
    station: Station,
) -> None:
    request = station.form(Quantity="900000000")
    [failed] = station.read("http", "post", "/v3/orderexecution/orders", request)["Orders"]
    assert (failed["Error"], "enough buying power" in failed["Message"]) == ("FAILED", True)


def test_a_confirmation_costs_nothing_yet(station: Station) -> None:
    request = {"model": "OrderRequest", "fields": station.form()}
    [shown] = station.read("order_execution", "confirm_order", request)["Confirmations"]
    assert (shown["EstimatedCost"], shown["SummaryMessage"]) == ("502.5", "Buy 10 AAPL @ 50.25 Limit")
    too_much = {"model": "OrderRequest", "fields": station.form(Quantity="900000000")}
    assert station.ask("order_execution", "confirm_order", too_much)["status"] == 400
