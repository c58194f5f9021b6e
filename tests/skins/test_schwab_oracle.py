"""Schwab's face, driven by schwab-py over a socket, which fetches tokens, builds orders, reads answers."""

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

from . import schwab_shapes as shapes
from .driven import ENDS_WITHIN_S, Driven, driven
from .shapes import faults

KEY = "open-oracle"
EXPIRES_ON = (datetime.now(UTC) + timedelta(days=60)).strftime("%y%m%d")
CALL, HIGHER_CALL = (f"AAPL  {EXPIRES_ON}C{strike:08d}" for strike in (100_000, 110_000))


def credentials(customer: str = KEY) -> dict[str, str]:
    issue = faces()["schwab"].issue
    assert issue is not None
    return dict(issue(customer))


@dataclass(frozen=True, slots=True)
class Schwab:
    package: Driven
    url: str
    folder: Path
    account: str = ""
    """The hash."""

    def ask(self, call: str, *args: object, **more: object) -> dict[str, Any]:
        answer = self.package.ask(call=call, args=args, more=more)
        assert "error" not in answer, answer
        return answer

    def read(self, call: str, *args: object, **more: object) -> Any:
        answer = self.ask(call, *args, **more)
        assert answer["status"] == 200, answer
        return answer["body"]

    def place(self, template: str, *args: object, **more: object) -> int:
        order = {"template": template, "args": args, "more": more}
        answer = self.ask("place_order", self.account, order)
        assert (answer["status"], answer["body"]) == (201, ""), answer
        if answer["order_id"] is None:  # it filled at once
            [order] = self.read("get_orders_for_account", self.account, max_results=1)
            assert order["status"] == "FILLED"
            return int(order["orderId"])
        return int(answer["order_id"])

    def rest(self) -> int:
        return self.place("equity_buy_limit", "AAPL", 10, "50.25")

    def order(self, order_id: int) -> Any:
        order = self.read("get_order", order_id, self.account)
        assert list(faults(order, shapes.ORDER)) == []
        assert order["orderId"] == order_id
        return order

    def becomes(self, order_id: int, status: str) -> Any:
        """Wait until the order has this status; it was told to have it."""
        deadline = time.monotonic() + ENDS_WITHIN_S
        while (order := self.order(order_id))["status"] != status:
            assert time.monotonic() < deadline, order
            time.sleep(0.02)
        return order


@pytest.fixture(scope="module")
def schwab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schwab]:
    folder = install_oracle("schwab")
    with Server(tmp_path_factory.mktemp("schwab"), "--as", "schwab").start("simbroker") as server:
        quote = json.dumps({"symbol": "AAPL", "bid": "99", "ask": "101"}).encode()
        send(server.url, "POST", "/sandbox/quotes", quote, {}, ENDS_WITHIN_S)
        with driven("schwab_driver.py", folder, server.url, *credentials().values()) as package:
            nameless = Schwab(package, server.url, folder)
            [row] = nameless.read("get_account_numbers")
            yield Schwab(package, server.url, folder, row["hashValue"])


# Who asks


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"app_secret": "another"}, "invalid_client"),
        ({"app_key": "another"}, "invalid_client"),
        ({"refresh_token": "another"}, "unsupported_token_type"),
        (credentials("open-other") | {"refresh_token": credentials()["refresh_token"]}, "invalid_client"),
    ],
    ids=["secret", "key", "token", "client"],
)
def test_wrong_credentials_are_refused(schwab: Schwab, changes: dict[str, str], words: str) -> None:
    given = (credentials() | changes).values()
    with driven("schwab_driver.py", schwab.folder, schwab.url, *given) as package:
        answer = package.ask(call="get_account_numbers", args=[], more={})
    assert answer["error"].startswith(words), answer


def test_another_customer_has_another_account(schwab: Schwab) -> None:
    order_id = schwab.rest()
    with driven(
        "schwab_driver.py", schwab.folder, schwab.url, *credentials("open-other").values()
    ) as package:
        other = Schwab(package, schwab.url, schwab.folder)
        [row] = other.read("get_account_numbers")
        assert row["hashValue"] != schwab.account
        answer = other.ask("cancel_order", order_id, schwab.account)
        assert (answer["status"], answer["body"]) == (400, {"message": "Invalid account number"})
        assert other.ask("cancel_order", order_id, row["hashValue"])["status"] == 404
    assert schwab.order(order_id)["status"] == "WORKING"


# Accounts


def test_the_account_has_money(schwab: Schwab) -> None:
    [account] = schwab.read("get_accounts")
    assert list(faults(account, shapes.ACCOUNT)) == []
    assert account["securitiesAccount"]["currentBalances"]["cashAvailableForTrading"] > 0
    assert "positions" not in account["securitiesAccount"]


def test_a_market_order_fills_and_becomes_a_position(schwab: Schwab) -> None:
    order = schwab.order(schwab.place("equity_buy_market", "AAPL", 3))
    [fill] = order["orderActivityCollection"]
    assert (order["status"], order["filledQuantity"], fill["executionLegs"][0]["price"]) == ("FILLED", 3, 101)
    account = schwab.read("get_account", schwab.account, fields=["positions"])
    assert list(faults(account, shapes.ACCOUNT)) == []
    [position] = [
        each for each in account["securitiesAccount"]["positions"] if each["instrument"]["symbol"] == "AAPL"
    ]
    assert (position["longQuantity"], position["averagePrice"]) == (3, 101)


def test_preferences_name_the_account(schwab: Schwab) -> None:
    [row] = schwab.read("get_account_numbers")
    preferences = schwab.read("get_user_preferences")
    assert [each["accountNumber"] for each in preferences["accounts"]] == [row["accountNumber"]]
    assert preferences["streamerInfo"]


def test_quotes_come_by_symbol(schwab: Schwab) -> None:
    quotes = schwab.read("get_quotes", ["AAPL", CALL, "NOSUCH"])
    assert (quotes["AAPL"]["quote"]["bidPrice"], quotes["AAPL"]["quote"]["askPrice"]) == (99, 101)
    assert CALL in quotes
    assert quotes["errors"]["invalidSymbols"] == ["NOSUCH"]


# Orders


@pytest.mark.parametrize(
    ("template", "instruction", "price"),
    [
        ("equity_buy_limit", "BUY", "50.25"),
        ("equity_sell_limit", "SELL", "150"),
        ("equity_sell_short_limit", "SELL_SHORT", "150"),
        ("equity_buy_to_cover_limit", "BUY_TO_COVER", "50"),
    ],
)
def test_an_equity_order_rests_as_it_was_built(
    schwab: Schwab, template: str, instruction: str, price: str
) -> None:
    order = schwab.order(schwab.place(template, "AAPL", 10, price, duration="GOOD_TILL_CANCEL"))
    assert (order["status"], order["price"], order["duration"]) == (
        "WORKING",
        float(price),
        "GOOD_TILL_CANCEL",
    )
    assert order["orderLegCollection"][0]["instruction"] == instruction


@pytest.mark.parametrize(
    ("template", "instruction", "price"),
    [
        ("option_buy_to_open_limit", "BUY_TO_OPEN", "0.05"),
        ("option_sell_to_open_limit", "SELL_TO_OPEN", "900"),
        ("option_buy_to_close_limit", "BUY_TO_CLOSE", "0.05"),
        ("option_sell_to_close_limit", "SELL_TO_CLOSE", "900"),
    ],
)
def test_an_option_order_names_its_series(
    schwab: Schwab, template: str, instruction: str, price: str
) -> None:
    order = schwab.order(schwab.place(template, CALL, 1, price))
    [leg] = order["orderLegCollection"]
    assert (leg["instruction"], leg["instrument"]["symbol"], order["status"]) == (
        instruction,
        CALL,
        "WORKING",
    )


@pytest.mark.parametrize(
    ("template", "order_type", "price"),
    [("bull_call_vertical_open", "NET_DEBIT", "0.05"), ("bear_call_vertical_open", "NET_CREDIT", "9.95")],
)
def test_a_vertical_is_one_order_with_two_legs(
    schwab: Schwab, template: str, order_type: str, price: str
) -> None:
    order = schwab.order(schwab.place(template, CALL, HIGHER_CALL, 2, price))
    assert (order["orderType"], order["complexOrderStrategyType"]) == (order_type, "VERTICAL")
    assert (order["quantity"], len(order["orderLegCollection"])) == (2, 2)


def test_a_list_grows_and_is_filtered_by_status(schwab: Schwab) -> None:
    order_id = schwab.rest()
    working = schwab.read("get_orders_for_account", schwab.account, status="WORKING")
    assert list(faults(working, [shapes.ORDER])) == []
    assert order_id in {row["orderId"] for row in working}
    assert {row["status"] for row in working} == {"WORKING"}
    assert len(schwab.read("get_orders_for_account", schwab.account, max_results=1)) == 1
    everywhere = schwab.read("get_orders_for_all_linked_accounts")
    assert order_id in {row["orderId"] for row in everywhere}


def test_a_cancel_is_taken_and_then_carried_out(schwab: Schwab) -> None:
    order_id = schwab.rest()
    answer = schwab.ask("cancel_order", order_id, schwab.account)
    assert (answer["status"], answer["body"]) == (200, "")
    assert schwab.becomes(order_id, "CANCELED")["filledQuantity"] == 0
    assert schwab.ask("cancel_order", order_id, schwab.account)["status"] == 400


def test_a_cancel_that_is_pending_shows(schwab: Schwab) -> None:
    order_id = schwab.rest()
    fault = json.dumps({"operation": "cancel", "kind": "ack_only", "order_id": str(order_id)}).encode()
    send(schwab.url, "POST", "/sandbox/faults", fault, {}, ENDS_WITHIN_S)
    schwab.ask("cancel_order", order_id, schwab.account)
    order = schwab.order(order_id)
    assert (order["status"], order["cancelable"]) == ("PENDING_CANCEL", False)
    assert schwab.ask("cancel_order", order_id, schwab.account)["status"] == 400


def test_a_filled_order_cannot_be_canceled(schwab: Schwab) -> None:
    order_id = schwab.place("equity_buy_market", "AAPL", 1)
    answer = schwab.ask("cancel_order", order_id, schwab.account)
    assert (answer["status"], list(answer["body"])) == (400, ["message"])


def test_nobodys_order_is_not_found(schwab: Schwab) -> None:
    for call in ("get_order", "cancel_order"):
        answer = schwab.ask(call, 1, schwab.account)
        assert (answer["status"], answer["body"]) == (404, {"message": "Order not found"})


def test_a_successor_has_an_id_of_its_own(schwab: Schwab) -> None:
    order_id = schwab.rest()
    order = {"template": "equity_buy_limit", "args": ["AAPL", 7, "51"]}
    answer = schwab.ask("replace_order", schwab.account, order_id, order)
    assert answer["status"] == 201
    assert answer["order_id"] != order_id
    assert schwab.order(order_id)["status"] == "REPLACED"
    successor = schwab.order(answer["order_id"])
    assert (successor["status"], successor["quantity"], successor["price"]) == ("WORKING", 7, 51)
    assert schwab.ask("replace_order", schwab.account, order_id, order)["status"] == 400


@pytest.mark.parametrize(
    ("template", "args"),
    [
        ("equity_buy_limit", ["NOSUCH", 1, "50"]),
        ("equity_buy_limit", ["AAPL", 900_000_000, "50"]),
        ("equity_buy_limit", ["AAPL", 0.5, "50"]),
        ("option_buy_to_open_limit", ["AAPL", 1, "50"]),
    ],
    ids=str,
)
def test_a_refused_order_says_why(schwab: Schwab, template: str, args: list[object]) -> None:
    answer = schwab.ask("place_order", schwab.account, {"template": template, "args": args})
    assert answer["status"] == 400
    assert answer["body"]["message"]
    assert len(answer["body"]["errors"]) == 1


def test_a_preview_costs_nothing_yet(schwab: Schwab) -> None:
    order = {"template": "equity_buy_limit", "args": ["AAPL", 10, "50.25"]}
    preview = schwab.read("preview_order", schwab.account, order)
    assert list(faults(preview, shapes.PREVIEW)) == []
    assert (preview["orderStrategy"]["status"], preview["orderStrategy"]["orderValue"]) == ("ACCEPTED", 502.5)
