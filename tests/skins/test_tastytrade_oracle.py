"""tastytrade's face, driven by the tastytrade package over a socket: it fetches tokens, builds, reads."""

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
EXPIRES_ON = (datetime.now(UTC) + timedelta(days=60)).strftime("%y%m%d")
CALL, HIGHER_CALL = (f"AAPL  {EXPIRES_ON}C{strike:08d}" for strike in (100_000, 110_000))

Form = dict[str, Any]


def credentials(customer: str = KEY) -> dict[str, str]:
    issue = faces()["tastytrade"].issue
    assert issue is not None
    return dict(issue(customer))


def leg(
    symbol: str = "AAPL", action: str = "Buy to Open", quantity: object = 10, kind: str = "Equity"
) -> Form:
    fields = {"symbol": symbol, "action": action, "quantity": quantity, "instrument_type": kind}
    return {"class": "Leg", **{name: value for name, value in fields.items() if value is not None}}


def limit(price: str = "-50.25", *legs: Form, **more: object) -> Form:
    """Build a limit order; the package says a debit with a minus."""
    return {"class": "LimitOrder", "price": price, "legs": list(legs) or [leg()], **more}


def stop(trigger: str = "40") -> Form:
    return {"class": "StopOrder", "stop_trigger": trigger, "legs": [leg(action="Sell to Close")]}


LIVE: Form = {"class": "OrderStatus", "value": "Live"}
MARKET: Form = {"class": "MarketOrder", "legs": [leg(quantity=3)]}
PROFIT = limit("150", leg(action="Sell to Close"))


@dataclass(frozen=True, slots=True)
class Tastytrade:
    package: Driven
    url: str
    folder: Path

    def ask(self, call: str, *args: object, **more: object) -> dict[str, Any]:
        return self.package.ask(call=call, args=args, more=more)

    def read(self, call: str, *args: object, **more: object) -> Any:
        answer = self.ask(call, *args, **more)
        assert "error" not in answer, answer
        return answer["read"]

    def place(self, form: Form | None = None) -> Any:
        return self.read("place_order", form or limit(), dry_run=False)["order"]

    def rest(self) -> int:
        order_id = self.place()["id"]
        assert isinstance(order_id, int)
        return order_id

    def order(self, order_id: int) -> Any:
        order = self.read("get_order", order_id)
        assert order["id"] == order_id
        return order

    def becomes(self, order_id: int, status: str) -> Any:
        """Wait until the order has this status; it was told to have it."""
        deadline = time.monotonic() + ENDS_WITHIN_S
        while (order := self.order(order_id))["status"] != status:
            assert time.monotonic() < deadline, order
            time.sleep(0.02)
        return order


@pytest.fixture(scope="module")
def tastytrade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tastytrade]:
    folder = install_oracle("tastytrade")
    with Server(tmp_path_factory.mktemp("tastytrade"), "--as", "tastytrade").start("simbroker") as server:
        quote = json.dumps({"symbol": "AAPL", "bid": "99", "ask": "101"}).encode()
        send(server.url, "POST", "/sandbox/quotes", quote, {}, ENDS_WITHIN_S)
        with driven("tastytrade_driver.py", folder, server.url, *credentials().values()) as package:
            yield Tastytrade(package, server.url, folder)


# Who asks


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_secret": "another"}, "invalid_client"),
        ({"refresh_token": "another"}, "invalid_grant"),
        (credentials("open-other") | {"refresh_token": credentials()["refresh_token"]}, "invalid_client"),
    ],
    ids=["secret", "token", "client"],
)
def test_wrong_credentials_are_refused(tastytrade: Tastytrade, changes: dict[str, str], code: str) -> None:
    given = (credentials() | changes).values()
    with driven("tastytrade_driver.py", tastytrade.folder, tastytrade.url, *given) as package:
        answer = package.ask(call="accounts", args=[], more={})
    assert answer["raw"]["error_code"] == code, answer
    assert answer["error"]


def test_another_customer_does_not_see_the_order(tastytrade: Tastytrade) -> None:
    order_id = tastytrade.rest()
    given = credentials("open-other").values()
    with driven("tastytrade_driver.py", tastytrade.folder, tastytrade.url, *given) as package:
        other = Tastytrade(package, tastytrade.url, tastytrade.folder)
        assert other.read("accounts") != tastytrade.read("accounts")
        for call in ("get_order", "delete_order"):
            answer = other.ask(call, order_id)
            assert (answer["status"], answer["raw"]["error"]["code"]) == (404, "record_not_found")
    assert tastytrade.order(order_id)["status"] == "Live"


# Accounts


def test_the_account_has_money(tastytrade: Tastytrade) -> None:
    [account] = tastytrade.read("accounts")
    assert account["margin_or_cash"] == "Cash"
    number = account["account_number"]
    assert tastytrade.read("accounts", number) == account
    balance = tastytrade.read("get_balances")
    assert balance["account_number"] == number
    assert float(balance["equity_buying_power"]) > 0


def test_a_market_order_fills_and_becomes_a_position(tastytrade: Tastytrade) -> None:
    placed = tastytrade.place(MARKET)
    assert (placed["status"], placed["cancellable"]) == ("Routed", False)
    order = tastytrade.order(placed["id"])
    [fill] = order["legs"][0]["fills"]
    assert (order["status"], fill["quantity"], fill["fill_price"]) == ("Filled", "3", "101.0")
    [position] = tastytrade.read("get_positions", symbol="AAPL", include_marks=True)
    assert (position["quantity_direction"], position["average_open_price"]) == ("Long", "101.0")
    assert float(position["mark_price"]) == 100


# Orders


@pytest.mark.parametrize(
    ("form", "kind", "action"),
    [
        (limit(time_in_force="GTC"), "Limit", "Buy to Open"),
        (limit("150", leg(action="Sell to Open")), "Limit", "Sell to Open"),
        (limit("-0.05", leg(CALL, "Buy to Open", 1, "Equity Option")), "Limit", "Buy to Open"),
        (limit("-100", leg("/ESZ6", "Buy", 1, "Future")), "Limit", "Buy"),
        (limit("-1000", leg("BTC/USD", "Buy to Open", "0.25", "Cryptocurrency")), "Limit", "Buy to Open"),
        (stop(), "Stop", "Sell to Close"),
        (stop() | {"class": "StopLimitOrder", "price": "39"}, "Stop Limit", "Sell to Close"),
    ],
    ids=["stock", "short", "option", "future", "crypto", "stop", "stop-limit"],
)
def test_an_order_rests_as_it_was_built(tastytrade: Tastytrade, form: Form, kind: str, action: str) -> None:
    placed = tastytrade.place(form | {"external_identifier": "mine"})
    order = tastytrade.order(placed["id"])
    [built], [found] = form["legs"], order["legs"]
    assert (order["status"], order["order_type"], order["external_identifier"]) == ("Live", kind, "mine")
    assert (found["symbol"], found["action"]) == (built["symbol"], action)
    assert float(found["quantity"]) == float(found["remaining_quantity"]) == float(built["quantity"])
    assert form.get("price") is None or float(order["price"]) == float(form["price"])


def test_a_spread_is_one_order_with_two_legs(tastytrade: Tastytrade) -> None:
    legs = [
        leg(CALL, "Buy to Open", 2, "Equity Option"),
        leg(HIGHER_CALL, "Sell to Open", 2, "Equity Option"),
    ]
    order = tastytrade.order(tastytrade.place(limit("-0.05", *legs))["id"])
    assert (order["size"], order["price"], len(order["legs"])) == ("2", "-0.05", 2)


def test_an_order_by_value_buys_for_its_value(tastytrade: Tastytrade) -> None:
    form = {"class": "NotionalOrder", "value": "-505", "legs": [leg(quantity=None)]}
    order = tastytrade.order(tastytrade.place(form)["id"])
    assert (order["status"], order["order_type"], order["size"]) == ("Filled", "Notional Market", "5")


def test_a_list_is_read_page_by_page_and_filtered(tastytrade: Tastytrade) -> None:
    order_ids = [tastytrade.rest() for _ in range(3)]
    everything = tastytrade.read("get_order_history", per_page=2, page_offset=None)
    found = [row["id"] for row in everything]
    assert found[:3] == order_ids[::-1]
    assert len(set(found)) == len(found) > 3
    live = tastytrade.read("get_order_history", statuses=[LIVE], sort="Asc")
    assert order_ids[0] in {row["id"] for row in live}
    assert {row["status"] for row in live} == {"Live"}
    assert set(order_ids) <= {row["id"] for row in tastytrade.read("get_live_orders")}


def test_a_cancel_is_requested_and_then_carried_out(tastytrade: Tastytrade) -> None:
    order_id = tastytrade.rest()
    answer = tastytrade.ask("delete_order", order_id)
    told = answer["raw"]["data"]
    assert (answer["status"], told["id"], told["status"]) == (200, order_id, "Cancel Requested")
    order = tastytrade.becomes(order_id, "Cancelled")
    assert order["cancelled_at"]
    assert order["legs"][0]["remaining_quantity"] == "10"


@pytest.mark.parametrize("call", ["delete_order", "replace_order"])
def test_a_filled_order_cannot_be_changed(tastytrade: Tastytrade, call: str) -> None:
    order_id = tastytrade.place(MARKET)["id"]
    answer = tastytrade.ask(call, order_id, *([limit()] if call == "replace_order" else []))
    assert (answer["status"], answer["error"].partition(":")[0]) == (422, "cannot_update_order")


def test_nobodys_order_is_not_found(tastytrade: Tastytrade) -> None:
    for call in ("get_order", "delete_order", "get_complex_order", "delete_complex_order"):
        answer = tastytrade.ask(call, 1)
        assert (answer["status"], answer["error"].partition(":")[0]) == (404, "record_not_found")


def test_a_successor_has_an_id_of_its_own(tastytrade: Tastytrade) -> None:
    order_id = tastytrade.rest()
    placed = tastytrade.read("replace_order", order_id, limit("-51"))
    assert (placed["status"], placed["replaces_order_id"]) == ("Contingent", order_id)
    successor, old = tastytrade.order(placed["id"]), tastytrade.order(order_id)
    assert (successor["status"], successor["price"], successor["size"]) == ("Live", "-51.0", "10")
    assert (old["status"], old["replacing_order_id"]) == ("Cancelled", placed["id"])


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (limit("-50", leg("NOSUCH")), "invalid_symbol"),
        (limit("-50", leg(quantity=900_000_000)), "margin_check_failed"),
        (limit("-50", leg(CALL, quantity="0.5", kind="Equity Option")), "invalid_order"),
        (limit("50"), "cant_buy_for_credit"),
        (MARKET | {"time_in_force": "GTC"}, "gtc_market_orders_not_supported"),
    ],
    ids=["symbol", "money", "units", "effect", "time"],
)
def test_a_refused_order_says_why(tastytrade: Tastytrade, form: Form, code: str) -> None:
    for dry_run in (True, False):
        answer = tastytrade.ask("place_order", form, dry_run=dry_run)
        assert (answer["status"], answer["error"].partition(":")[0]) == (422, code)
        assert answer["raw"]["error"]["code"] == "preflight_check_failure"


def test_a_dry_run_costs_nothing_yet(tastytrade: Tastytrade) -> None:
    count = len(tastytrade.read("get_live_orders"))
    tried = tastytrade.read("place_order", limit(), dry_run=True)
    assert tried["buying_power_effect"]["change_in_buying_power"] == "-502.5"
    assert (tried["order"]["price"], tried["fee_calculation"]["total_fees"]) == ("-50.25", "0.0")
    assert len(tastytrade.read("get_live_orders")) == count


# Complex orders


def test_a_bracket_waits_for_its_trigger_and_is_cancelled_as_one(tastytrade: Tastytrade) -> None:
    form = {"class": "OTOCOOrder", "trigger_order": limit(), "take_profit": PROFIT, "stop_loss": stop()}
    placed = tastytrade.read("place_complex_order", form, dry_run=False)["complex_order"]
    found = tastytrade.read("get_complex_order", placed["id"])
    assert [order["status"] for order in found["orders"]] == ["Contingent", "Contingent"]
    trigger = found["trigger_order"]
    assert (trigger["status"], trigger["complex_order_tag"]) == ("Live", "OTOCO::trigger-order")
    assert trigger["complex_order_id"] == placed["id"]
    answer = tastytrade.ask("delete_complex_order", placed["id"])
    assert (answer["status"], answer["raw"]["data"]["id"]) == (200, placed["id"])
    for order in [trigger, *found["orders"]]:
        tastytrade.becomes(order["id"], "Cancelled")
    assert tastytrade.read("get_complex_order", placed["id"])["terminal_at"]
    assert tastytrade.ask("delete_complex_order", placed["id"])["status"] == 422


@pytest.mark.parametrize(
    ("form", "statuses"),
    [
        ({"class": "OCOOrder", "take_profit": PROFIT, "stop_loss": stop()}, ["Live", "Live"]),
        ({"class": "OTOOrder", "trigger_order": limit(), "orders": [PROFIT]}, ["Contingent"]),
    ],
    ids=["OCO", "OTO"],
)
def test_other_complex_orders_are_listed_too(tastytrade: Tastytrade, form: Form, statuses: list[str]) -> None:
    placed = tastytrade.read("place_complex_order", form, dry_run=False)["complex_order"]
    for call in ("get_complex_order_history", "get_live_complex_orders"):
        found = tastytrade.read(call)[0]
        assert found["id"] == placed["id"]
        assert [order["status"] for order in found["orders"]] == statuses
