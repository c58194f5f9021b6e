"""Tradier's face, driven by lumiwealth-tradier over a socket, which reads every reply."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sdk.install import install_oracle
from tests.server.world import Server, send

from .driven import ENDS_WITHIN_S, Driven, driven

TOKEN = "open-oracle"
EXPIRES_ON = (datetime.now(UTC) + timedelta(days=60)).strftime("%y%m%d")
CALL, HIGHER_CALL = f"AAPL{EXPIRES_ON}C00100000", f"AAPL{EXPIRES_ON}C00110000"


@dataclass(frozen=True, slots=True)
class Tradier:
    package: Driven
    url: str

    def ask(self, part: str, call: str, **args: Any) -> dict[str, Any]:
        return self.package.ask(part=part, call=call, args=args)

    def account(self, call: str) -> Any:
        return self.ask("account", call)["body"]

    def orders(self, call: str, **args: Any) -> Any:
        answer = self.ask("orders", call, **args)
        assert "body" in answer, answer
        return answer["body"]

    def place(self, **changes: Any) -> int:
        """Place the usual order, which rests, changed; return its id."""
        usual = {"symbol": "AAPL", "side": "buy", "quantity": 10, "order_type": "limit", "limit_price": 50.25}
        placed = self.orders("order", **usual | changes)
        assert placed["status"] == "ok"
        assert placed["partner_id"]
        order_id = placed["id"]
        assert isinstance(order_id, int)
        return order_id

    def order(self, order_id: int) -> Any:
        [row] = self.orders("get_order", order_id=order_id)
        return row

    def becomes(self, order_id: int, status: str) -> Any:
        """Wait until the order has this status; it was told to have it."""
        deadline = time.monotonic() + ENDS_WITHIN_S
        while (order := self.order(order_id))["status"] != status:
            assert time.monotonic() < deadline, order
            time.sleep(0.02)
        return order


@pytest.fixture(scope="module")
def tradier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tradier]:
    folder = install_oracle("tradier")
    with Server(tmp_path_factory.mktemp("tradier"), "--as", "tradier").start("simbroker") as server:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        profile = send(server.url, "GET", "/v1/user/profile", None, bearer, ENDS_WITHIN_S)
        account = profile.body["profile"]["account"]["account_number"]
        quote = json.dumps({"symbol": "AAPL", "bid": "99", "ask": "101"}).encode()
        send(server.url, "POST", "/sandbox/quotes", quote, {}, ENDS_WITHIN_S)
        with driven("tradier_driver.py", folder, server.url, account, TOKEN) as package:
            yield Tradier(package, server.url)


def test_the_account_is_active_and_has_money(tradier: Tradier) -> None:
    [profile] = tradier.account("get_user_profile")
    [balances] = tradier.account("get_account_balance")
    # One account stands as an object, whose fields the package makes into columns.
    assert profile["account.status"] == "active"
    assert balances["account_number"] == profile["account.account_number"]
    assert balances["total_cash"] > 0


def test_a_list_of_none_is_read_as_empty_and_grows_by_one_and_two(tradier: Tradier) -> None:
    before = tradier.orders("get_orders")
    ids = {tradier.place(), tradier.place()}
    rows = tradier.orders("get_orders")
    assert {row["id"] for row in rows} == ids | {row["id"] for row in before}


def test_an_order_rests_and_keeps_its_tag(tradier: Tradier) -> None:
    order = tradier.order(tradier.place(tag="mine-1", duration="gtc"))
    assert (order["status"], order["tag"], order["duration"]) == ("open", "mine-1", "gtc")
    assert (order["price"], order["quantity"], order["remaining_quantity"]) == (50.25, 10, 10)


def test_a_market_order_fills_and_becomes_a_position(tradier: Tradier) -> None:
    order = tradier.order(tradier.place(symbol="AAPL", order_type="market", quantity=3))
    assert (order["status"], order["exec_quantity"], order["avg_fill_price"]) == ("filled", 3, 101)
    [position] = [row for row in tradier.account("get_positions") if row["symbol"] == "AAPL"]
    assert (position["quantity"], position["cost_basis"]) == (3, 303)


def test_an_option_order_names_its_series(tradier: Tradier) -> None:
    placed = tradier.orders(
        "order_option",
        asset_symbol="AAPL",
        option_symbol=CALL,
        side="buy_to_open",
        quantity=1,
        order_type="limit",
        limit_price=0.05,
    )
    order = tradier.order(placed["id"])
    assert (order["class"], order["symbol"], order["option_symbol"]) == ("option", "AAPL", CALL)
    assert order["side"] == "buy_to_open"


def test_a_spread_is_one_order_with_two_legs(tradier: Tradier) -> None:
    legs = [
        {"option_symbol": CALL, "side": "buy_to_open", "quantity": 2},
        {"option_symbol": HIGHER_CALL, "side": "sell_to_open", "quantity": 2},
    ]
    placed = tradier.orders(
        "multileg_order", symbol="AAPL", order_type="debit", duration="day", legs=legs, price=0.05
    )
    order = tradier.order(placed["id"])
    assert (order["class"], order["type"], order["num_legs"], order["quantity"]) == (
        "multileg",
        "debit",
        2,
        2,
    )
    assert [leg["option_symbol"] for leg in order["leg"]] == [CALL, HIGHER_CALL]


def test_a_cancel_is_taken_and_then_carried_out(tradier: Tradier) -> None:
    order_id = tradier.place()
    assert tradier.orders("cancel", order_id=order_id) == {"id": order_id, "status": "ok"}
    assert tradier.becomes(order_id, "canceled")["exec_quantity"] == 0


def test_the_package_knows_the_sentence_about_a_final_order(tradier: Tradier) -> None:
    # It reads any 400 of these words as a success, and one of other words as an error.
    filled = tradier.place(order_type="market", quantity=1)
    assert tradier.orders("cancel", order_id=filled) == {"id": filled, "status": "ok"}


def test_a_cancel_of_nobodys_order_is_unauthorized(tradier: Tradier) -> None:
    answer = tradier.ask("orders", "cancel", order_id=1)
    assert answer["error"].startswith("Error: 401 - Unauthorized Account: ")


@pytest.mark.parametrize("changes", [{"symbol": "NOSUCH"}, {"quantity": 900_000_000}], ids=str)
def test_a_refused_order_is_an_error_in_the_brokerages_words(
    tradier: Tradier, changes: dict[str, Any]
) -> None:
    usual = {"symbol": "AAPL", "side": "buy", "quantity": 1, "order_type": "limit", "limit_price": 50}
    answer = tradier.ask("orders", "order", **usual | changes)
    assert answer["error"].startswith("Error: ")
    assert " - " not in answer["error"]  # a status would stand before it


def test_a_tag_that_is_too_long_is_a_bad_request(tradier: Tradier) -> None:
    usual = {"symbol": "AAPL", "side": "buy", "quantity": 1, "order_type": "market", "tag": "a" * 256}
    answer = tradier.ask("orders", "order", **usual)
    assert answer["error"] == "Error: 400 - Invalid parameter, tag: contains more than 255 characters."
