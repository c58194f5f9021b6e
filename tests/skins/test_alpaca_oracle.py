"""Alpaca's face, driven by Alpaca's own SDK over a socket; its models read every reply."""

import http.client
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.sdk.install import install_oracle
from tests.server.world import Server

from .alpaca_sdk import Alpaca, running

UNKNOWN = "00000000-0000-4000-8000-000000000000"
EXPIRES_ON = (datetime.now(UTC) + timedelta(days=60)).strftime("%y%m%d")
CALL, HIGHER_CALL = f"AAPL{EXPIRES_ON}C00100000", f"AAPL{EXPIRES_ON}C00110000"


class Desk(NamedTuple):
    alpaca: Alpaca
    url: str

    def tell(self, method: str, path: str, form: object = None) -> Any:
        """Use the exchange's controls."""
        split = urlsplit(self.url)
        connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=10)
        connection.request(method, f"/sandbox/{path}", None if form is None else json.dumps(form))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def rest(self, **fields: Any) -> Any:
        """Place an order that rests."""
        usual = {"symbol": "AAPL", "qty": 10, "side": "buy", "time_in_force": "gtc", "limit_price": 50}
        return self.alpaca.place("LimitOrderRequest", **usual | fields)

    def order(self, order_id: str, *, nested: bool = False) -> Any:
        return self.alpaca.call("get_order_by_id", order_id, form=("GetOrderByIdRequest", {"nested": nested}))

    def becomes(self, order_id: str, status: str) -> Any:
        """Wait until the order has this status; it was told to have it."""
        while (order := self.order(order_id))["status"] != status:
            assert order["status"] == "pending_cancel"
            time.sleep(0.02)
        return order


@pytest.fixture(scope="module")
def sdk_folder() -> Path:
    return install_oracle("alpaca")


@pytest.fixture(scope="module")
def desk(sdk_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Server(tmp_path_factory.mktemp("alpaca"), "--as", "alpaca").start("simbroker")
    try:
        with running(sdk_folder, server.url) as alpaca:
            desk = Desk(alpaca, server.url)
            desk.tell("POST", "quotes", {"symbol": "AAPL", "bid": "99", "ask": "101"})
            yield desk
    finally:
        server.stop()


def test_the_account_is_open_and_has_money(desk: Desk) -> None:
    account = desk.alpaca.call("get_account")
    assert (account["status"], account["currency"]) == ("ACTIVE", "USD")
    assert float(account["cash"]) > 0


def test_a_key_that_nobody_has_is_not_authorized(desk: Desk, sdk_folder: Path) -> None:
    with running(sdk_folder, desk.url, key="nobody") as stranger:
        assert stranger.refused("get_account") == (401, 40110000, "request is not authorized")


def test_a_limit_order_rests_and_is_found_by_both_its_ids(desk: Desk) -> None:
    client_order_id = str(uuid4())
    placed = desk.rest(client_order_id=client_order_id, limit_price=50.5)
    assert placed["status"] == "new"
    assert (placed["qty"], placed["limit_price"], placed["filled_qty"]) == ("10", "50.5", "0")
    assert placed["filled_avg_price"] is None
    assert desk.order(placed["id"]) == placed
    assert desk.alpaca.call("get_order_by_client_id", client_order_id) == placed


def test_an_order_without_a_client_order_id_is_given_one(desk: Desk) -> None:
    placed = desk.rest()
    assert desk.alpaca.call("get_order_by_client_id", placed["client_order_id"])["id"] == placed["id"]


def test_a_client_order_id_is_taken_once(desk: Desk) -> None:
    client_order_id = desk.rest()["client_order_id"]
    fields = {"symbol": "AAPL", "qty": 1, "side": "buy", "time_in_force": "day"}
    again = ("MarketOrderRequest", fields | {"client_order_id": client_order_id})
    refused = desk.alpaca.refused("submit_order", form=again)
    assert refused == (422, 40010001, "client_order_id must be unique")


def test_a_market_order_fills_and_becomes_a_position(desk: Desk) -> None:
    placed = desk.alpaca.place("MarketOrderRequest", symbol="MSFT", qty=3, side="buy", time_in_force="day")
    assert (placed["status"], placed["filled_qty"]) == ("filled", "3")
    position = desk.alpaca.call("get_open_position", "MSFT")
    assert (position["qty"], position["side"], position["asset_class"]) == ("3", "long", "us_equity")
    assert position["avg_entry_price"] == placed["filled_avg_price"]
    assert position["asset_id"] == placed["asset_id"]


def test_an_order_by_value_has_no_quantity(desk: Desk) -> None:
    placed = desk.alpaca.place(
        "MarketOrderRequest", symbol="AAPL", notional=500, side="buy", time_in_force="day"
    )
    assert (placed["notional"], placed["qty"]) == ("500", None)
    assert float(placed["filled_qty"]) == pytest.approx(500 / 101)


def test_crypto_is_ordered_with_a_slash_and_held_without_one(desk: Desk) -> None:
    placed = desk.alpaca.place(
        "MarketOrderRequest", symbol="BTC/USD", qty=0.25, side="buy", time_in_force="gtc"
    )
    assert (placed["symbol"], placed["asset_class"], placed["status"]) == ("BTC/USD", "crypto", "filled")
    held = {position["symbol"]: position for position in desk.alpaca.call("get_all_positions")}
    assert held["BTCUSD"]["qty"] == "0.25"
    assert desk.alpaca.refused("get_open_position", "BTC/USD").status == 404


def test_an_option_is_named_by_its_symbol_without_padding(desk: Desk) -> None:
    placed = desk.rest(symbol=CALL, qty=2, limit_price=0.05, time_in_force="day")
    assert (placed["symbol"], placed["asset_class"]) == (CALL, "us_option")


def test_an_option_rests_for_the_day_or_until_canceled_and_no_other_way(desk: Desk) -> None:
    fields = {"symbol": CALL, "qty": 1, "side": "buy", "time_in_force": "ioc", "limit_price": 0.05}
    assert desk.alpaca.refused("submit_order", form=("LimitOrderRequest", fields)).code == 42210000
    assert desk.rest(symbol=CALL, qty=1, limit_price=0.05, time_in_force="gtc")["time_in_force"] == "gtc"


def test_a_future_is_not_found_here(desk: Desk) -> None:
    fields = {"symbol": "ESZ6", "qty": 1, "side": "buy", "time_in_force": "day"}
    refused = desk.alpaca.refused("submit_order", form=("MarketOrderRequest", fields))
    assert refused == (422, 42210000, 'asset "ESZ6" not found')


def test_more_than_the_account_can_pay_is_refused_as_forbidden(desk: Desk) -> None:
    fields = {"symbol": "AAPL", "qty": 1_000_000, "side": "buy", "time_in_force": "day"}
    refused = desk.alpaca.refused("submit_order", form=("MarketOrderRequest", fields))
    assert refused == (403, 40310000, "insufficient buying power")


def test_a_multi_leg_order_has_legs_and_a_credit_is_negative(desk: Desk) -> None:
    legs = [
        ("OptionLegRequest", {"symbol": symbol, "ratio_qty": 1, "position_intent": intent})
        for symbol, intent in ((CALL, "sell_to_open"), (HIGHER_CALL, "buy_to_open"))
    ]
    placed = desk.alpaca.place(
        "LimitOrderRequest", qty=2, time_in_force="day", order_class="mleg", legs=legs, limit_price=-30
    )
    assert (placed["order_class"], placed["symbol"], placed["limit_price"]) == ("mleg", None, "-30")
    shown = [(leg["symbol"], leg["side"], leg["qty"], leg["position_intent"]) for leg in placed["legs"]]
    assert shown == [(CALL, "sell", "2", "sell_to_open"), (HIGHER_CALL, "buy", "2", "buy_to_open")]
    assert desk.order(placed["id"])["legs"] is None
    assert desk.order(placed["id"], nested=True) == placed
    desk.alpaca.call("cancel_order_by_id", placed["id"])
    desk.becomes(placed["id"], "canceled")


@pytest.mark.parametrize(
    ("order_class", "leg_kinds"),
    [("bracket", ["limit", "stop_limit"]), ("oto", ["stop_limit"]), ("oco", ["stop_limit"])],
)
def test_an_advanced_order_has_its_legs_in_it_when_asked_for(
    desk: Desk, order_class: str, leg_kinds: list[str]
) -> None:
    fields: dict[str, Any] = {"stop_loss": {"stop_price": 40, "limit_price": 39}}
    if order_class != "oto":
        fields["take_profit"] = {"limit_price": 160}
    if order_class == "oco":
        fields |= {"side": "sell", "limit_price": 160}
    placed = desk.rest(order_class=order_class, **fields)
    assert placed["order_class"] == order_class
    assert [leg["type"] for leg in placed["legs"]] == leg_kinds
    assert {leg["side"] for leg in placed["legs"]} == {"sell"}
    nested = desk.order(placed["id"], nested=True)
    assert sorted(leg["id"] for leg in nested["legs"]) == sorted(leg["id"] for leg in placed["legs"])
    assert all(desk.order(leg["id"])["legs"] is None for leg in placed["legs"])
    desk.alpaca.call("cancel_order_by_id", placed["id"])
    desk.becomes(placed["id"], "canceled")
    for leg in placed["legs"]:
        desk.becomes(leg["id"], "canceled")


def test_legs_of_a_bracket_are_held_until_its_entry_fills(desk: Desk) -> None:
    placed = desk.rest(order_class="bracket", take_profit={"limit_price": 160}, stop_loss={"stop_price": 40})
    assert [leg["status"] for leg in placed["legs"]] == ["held", "held"]
    desk.tell("POST", f"orders/{placed['id']}/fill", {})
    assert [desk.order(leg["id"])["status"] for leg in placed["legs"]] == ["new", "new"]


def test_a_list_can_be_narrowed(desk: Desk) -> None:
    first, second = (desk.rest(symbol="KO", limit_price=price)["id"] for price in (10, 11))
    desk.alpaca.call("cancel_order_by_id", first)
    desk.becomes(first, "canceled")

    def ids(**fields: Any) -> list[str]:
        form = ("GetOrdersRequest", {"symbols": ["KO"], **fields})
        return [order["id"] for order in desk.alpaca.call("get_orders", form=form)]

    assert ids() == ids(status="open") == [second]
    assert ids(status="closed") == [first]
    assert ids(status="all") == [second, first]
    assert ids(status="all", direction="asc") == [first, second]
    assert ids(status="all", limit=1) == [second]
    placed_at = desk.order(first)["submitted_at"]
    assert ids(status="all", after=placed_at) == [second]
    assert ids(status="all", until=placed_at) == []


def test_a_nested_list_holds_legs_in_their_parents(desk: Desk) -> None:
    placed = desk.rest(
        symbol="DIS",
        order_class="bracket",
        limit_price=10,
        take_profit={"limit_price": 500},
        stop_loss={"stop_price": 5},
    )

    def shown(*, nested: bool) -> list[tuple[str, int]]:
        form = ("GetOrdersRequest", {"symbols": ["DIS"], "nested": nested})
        orders = desk.alpaca.call("get_orders", form=form)
        return [(order["id"], len(order["legs"] or ())) for order in orders]

    assert shown(nested=True) == [(placed["id"], 2)]
    assert len(shown(nested=False)) == 3


def test_a_replaced_order_names_its_successor_and_the_other_way_round(desk: Desk) -> None:
    old = desk.rest()
    new = desk.alpaca.call(
        "replace_order_by_id", old["id"], form=("ReplaceOrderRequest", {"qty": 7, "limit_price": 51})
    )
    assert (new["qty"], new["limit_price"], new["replaces"]) == ("7", "51", old["id"])
    assert new["client_order_id"] != old["client_order_id"]
    before = desk.alpaca.call("get_order_by_client_id", old["client_order_id"])
    assert (before["id"], before["status"], before["replaced_by"]) == (old["id"], "replaced", new["id"])
    refused = desk.alpaca.refused("cancel_order_by_id", old["id"])
    assert refused == (422, 42210000, 'order is already in "replaced" state')


def test_a_held_leg_of_a_bracket_can_be_given_other_prices(desk: Desk) -> None:
    placed = desk.rest(order_class="bracket", take_profit={"limit_price": 160}, stop_loss={"stop_price": 40})
    stop = next(leg for leg in placed["legs"] if leg["type"] == "stop")
    new = desk.alpaca.call(
        "replace_order_by_id", stop["id"], form=("ReplaceOrderRequest", {"stop_price": 41})
    )
    assert (new["status"], new["stop_price"], new["order_class"]) == ("held", "41", "bracket")
    nested = desk.order(placed["id"], nested=True)
    assert {leg["id"] for leg in nested["legs"]} == {placed["legs"][0]["id"], new["id"]}


def test_a_successor_of_a_part_filled_order_counts_what_was_left(desk: Desk) -> None:
    placed = desk.rest(qty=10)
    desk.tell("POST", f"orders/{placed['id']}/fill", {"units": "4"})
    part = desk.order(placed["id"])
    assert (part["status"], part["filled_qty"], part["filled_avg_price"]) == ("partially_filled", "4", "50")
    change = ("ReplaceOrderRequest", {"qty": 9})
    assert desk.alpaca.call("replace_order_by_id", placed["id"], form=change)["qty"] == "5"


def test_a_filled_order_cannot_be_replaced(desk: Desk) -> None:
    filled = desk.alpaca.place("MarketOrderRequest", symbol="AAPL", qty=1, side="buy", time_in_force="day")
    refused = desk.alpaca.refused(
        "replace_order_by_id", filled["id"], form=("ReplaceOrderRequest", {"limit_price": 51})
    )
    assert refused == (422, 42210000, "cannot replace order in filled status")


def test_a_canceled_order_is_pending_cancel_first(desk: Desk) -> None:
    placed = desk.rest()
    assert desk.alpaca.call("cancel_order_by_id", placed["id"]) is None
    changes = [
        entry["status"]
        for entry in desk.tell("GET", f"truth?brokerage_order_id={placed['id']}")
        if entry["event"] == "order_changed"
    ]
    assert changes[:2] == ["new", "pending_cancel"]
    canceled = desk.becomes(placed["id"], "canceled")
    assert canceled["canceled_at"] is not None


def test_an_order_can_fill_while_its_cancel_is_pending(desk: Desk) -> None:
    placed = desk.rest()
    desk.tell("POST", "faults", {"operation": "cancel", "kind": "ack_then_fill"})
    assert desk.alpaca.call("cancel_order_by_id", placed["id"]) is None
    assert desk.order(placed["id"])["status"] == "filled"


def test_an_order_whose_cancel_is_pending_takes_no_other_change(desk: Desk) -> None:
    placed = desk.rest()
    desk.tell("POST", "faults", {"operation": "cancel", "kind": "ack_only"})
    desk.alpaca.call("cancel_order_by_id", placed["id"])
    again = desk.alpaca.refused("cancel_order_by_id", placed["id"])
    change = ("ReplaceOrderRequest", {"limit_price": 51})
    changed = desk.alpaca.refused("replace_order_by_id", placed["id"], form=change)
    desk.tell("DELETE", "faults")
    assert again == (422, 42210000, "order pending cancel")
    assert changed == (422, 42210000, "cannot replace order in pending_cancel status")
    assert desk.order(placed["id"])["status"] == "canceled"


def test_a_cancel_of_a_filled_order_is_refused(desk: Desk) -> None:
    filled = desk.alpaca.place("MarketOrderRequest", symbol="AAPL", qty=1, side="buy", time_in_force="day")
    refused = desk.alpaca.refused("cancel_order_by_id", filled["id"])
    assert refused == (422, 42210000, 'order is already in "filled" state')


def test_a_cancel_of_an_unknown_order_finds_none(desk: Desk) -> None:
    refused = desk.alpaca.refused("cancel_order_by_id", UNKNOWN)
    assert refused == (404, 40410000, f"order not found for {UNKNOWN}")


def test_another_customers_order_is_not_found(desk: Desk, sdk_folder: Path) -> None:
    placed = desk.rest()
    with running(sdk_folder, desk.url, key="open-other") as other:
        assert other.refused("cancel_order_by_id", placed["id"]).status == 404
    assert desk.order(placed["id"])["status"] == "new"


def test_assets_are_listed_and_found_by_symbol_and_id(desk: Desk) -> None:
    stocks = desk.alpaca.call("get_all_assets")
    assert {asset["asset_class"] for asset in stocks} == {"us_equity"}
    apple = next(asset for asset in stocks if asset["symbol"] == "AAPL")
    assert desk.alpaca.call("get_asset", "AAPL") == apple == desk.alpaca.call("get_asset", apple["id"])
    pairs = desk.alpaca.call("get_all_assets", form=("GetAssetsRequest", {"asset_class": "crypto"}))
    assert "BTC/USD" in {asset["symbol"] for asset in pairs}
    assert desk.alpaca.refused("get_asset", "NOPE").status == 404


def test_a_cancel_of_all_is_answered_one_by_one_and_logged_as_what_it_is(
    desk: Desk, sdk_folder: Path
) -> None:
    with running(sdk_folder, desk.url, key="open-bulk") as alpaca:
        bulk = Desk(alpaca, desk.url)
        placed = {bulk.rest()["id"], bulk.rest()["id"]}
        answers = alpaca.call("cancel_orders")
        assert {(answer["id"], answer["status"]) for answer in answers} == {(each, 200) for each in placed}
        for each in placed:
            bulk.becomes(each, "canceled")
    received = [entry for entry in desk.tell("GET", "truth") if entry["event"] == "request_received"]
    assert "cancel_all" in {entry["operation"] for entry in received}
