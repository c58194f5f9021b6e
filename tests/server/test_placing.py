"""Placing, previewing and replacing, and at most once per client order id."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .world import ACCOUNT, ORDER, Reply, Server

CLIENT_ID = "0b1e0f52-7a0c-4f9e-9a51-0c3a4f3f7a11"
TERMS: dict[str, Any] = {
    "account_id": ACCOUNT,
    "action": "BUY",
    "symbol": "AAPL",
    "order_type": "Limit",
    "time_in_force": "Day",
    "price": 1.5,
    "units": 2,
}


def place(server: Server, **changed: Any) -> Reply:
    terms = {name: value for name, value in (TERMS | changed).items() if value is not None}
    return server.call("POST", "/trade/place", terms)


def places_received(server: Server) -> int:
    return sum(
        entry["event"] == "request_received" and entry["operation"] == "place" for entry in server.truth()
    )


def test_an_order_is_placed_and_listed(sandbox: Server) -> None:
    reply = place(sandbox)
    assert (reply.status, reply.body["status"], reply.body["total_quantity"]) == (200, "ACCEPTED", "2")
    listed = sandbox.call("GET", f"/accounts/{ACCOUNT}/orders", query={"state": "open"}).body
    assert {each["brokerage_order_id"] for each in listed} == {ORDER, reply.body["brokerage_order_id"]}


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"order_type": "Market", "price": None}, "EXECUTED"),
        ({"order_type": "Stop", "price": None, "stop": 9000}, "ACCEPTED"),
        ({"order_type": "StopLimit", "price": 9001, "stop": 9000, "units": 1}, "ACCEPTED"),
        ({"time_in_force": "FOK"}, "CANCELED"),
        ({"time_in_force": "IOC"}, "CANCELED"),
        ({"time_in_force": "GTC"}, "ACCEPTED"),
        ({"units": 0.25}, "ACCEPTED"),
        ({"order_type": "Market", "price": None, "units": None, "notional_value": "250.50"}, "EXECUTED"),
    ],
)
def test_every_type_and_duration_is_taken(sandbox: Server, terms: dict[str, Any], status: str) -> None:
    reply = place(sandbox, **terms)
    assert (reply.status, reply.body["status"]) == (200, status), reply.body


def test_the_same_client_order_id_with_the_same_content_is_one_order_and_one_answer(sandbox: Server) -> None:
    first, second = place(sandbox, client_order_id=CLIENT_ID), place(sandbox, client_order_id=CLIENT_ID)
    assert first.status == 200
    assert first.body == second.body
    assert places_received(sandbox) == 1


def test_the_same_client_order_id_with_other_content_is_refused(sandbox: Server) -> None:
    place(sandbox, client_order_id=CLIENT_ID)
    reply = place(sandbox, client_order_id=CLIENT_ID, units=3)
    assert (reply.status, reply.body["code"]) == (400, "7013")
    assert places_received(sandbox) == 1


def test_twenty_callers_with_one_client_order_id_make_one_order(sandbox: Server) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: place(sandbox, client_order_id=CLIENT_ID), range(20)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body["brokerage_order_id"] for reply in replies}) == 1
    assert places_received(sandbox) == 1


@pytest.mark.parametrize("kind", ["reply_lost", "error_500_done", "malformed"])
def test_a_placement_of_unknown_outcome_is_found_by_a_repeat_and_never_sent_again(
    sandbox: Server, kind: str
) -> None:
    sandbox.fault(kind, "place")
    unknown = place(sandbox, client_order_id=CLIENT_ID)
    assert (unknown.status, unknown.body["code"]) == (500, "7030")
    found = place(sandbox, client_order_id=CLIENT_ID)
    assert (found.status, found.body["status"]) == (200, "ACCEPTED")
    assert places_received(sandbox) == 1
    assert sandbox.cancel(found.body["brokerage_order_id"]).body["status"] == "CANCELED"


def test_a_placement_that_was_not_sent_can_be_repeated(sandbox: Server) -> None:
    sandbox.fault("drop_before", "place")
    reply = place(sandbox, client_order_id=CLIENT_ID)
    assert (reply.status, reply.body["status"]) == (503, "NOT_SENT")
    assert place(sandbox, client_order_id=CLIENT_ID).status == 200


def test_a_placement_the_brokerage_refuses_stays_refused_with_its_reason(sandbox: Server) -> None:
    for _ in range(2):
        reply = place(sandbox, units=10**6, client_order_id=CLIENT_ID)
        assert (reply.status, reply.body["code"]) == (400, "7012")
        assert "buying power" in reply.body["detail"].lower()
    assert places_received(sandbox) == 1


def test_an_order_of_a_kind_that_the_brokerage_does_not_take_never_leaves(sandbox: Server) -> None:
    reply = place(sandbox, order_type="Stop", price=None, stop=9000, time_in_force="IOC")
    assert (reply.status, reply.body["code"], reply.body["status"]) == (400, "7017", "NOT_SENT")
    assert reply.body["detail"] == "nostro Paper takes no stop orders for stock as IOC. Nothing was sent."
    assert places_received(sandbox) == 0


def test_a_previewed_order_is_placed_by_its_trade_id_once(sandbox: Server) -> None:
    impact = sandbox.call("POST", "/trade/impact", TERMS)
    assert impact.status == 200
    trade_id = impact.body["trade"]["id"]
    assert impact.body["trade_impacts"][0]["remaining_cash"] < 1_000_000
    first = sandbox.call("POST", f"/trade/{trade_id}", {"wait_to_confirm": True})
    second = sandbox.call("POST", f"/trade/{trade_id}")
    assert first.status == 200
    assert first.body["brokerage_order_id"] == second.body["brokerage_order_id"]
    assert places_received(sandbox) == 1


def test_an_unknown_trade_id_is_refused(sandbox: Server) -> None:
    reply = sandbox.call("POST", "/trade/00000000-0000-4000-8000-000000000000")
    assert (reply.status, reply.body["code"]) == (400, "7014")


def test_a_symbol_can_be_named_by_its_id(sandbox: Server) -> None:
    found = sandbox.call("POST", "/symbols", {"substring": "apple"})
    assert found.body[0]["symbol"] == "AAPL"
    reply = place(sandbox, symbol=None, universal_symbol_id=found.body[0]["id"])
    assert (reply.status, reply.body["universal_symbol"]["symbol"]) == (200, "AAPL")


def test_replacing_makes_a_successor_and_ends_the_old_order(sandbox: Server) -> None:
    form = {"brokerage_order_id": ORDER, "action": "BUY", "order_type": "Limit", "time_in_force": "GTC"}
    reply = sandbox.call("POST", f"/accounts/{ACCOUNT}/trading/replace", form | {"price": 2, "units": 4})
    assert (reply.status, reply.body["limit_price"], reply.body["total_quantity"]) == (200, "2", "4")
    assert sandbox.order(ORDER)["status"] == "REPLACED"


@pytest.mark.parametrize(
    "changed",
    [
        {"units": None},
        {"units": -1},
        {"units": 0},
        {"units": 1, "notional_value": 5},
        {"price": None},
        {"order_type": "Limitt"},
        {"action": "HOLD"},
        {"time_in_force": "Forever"},
        {"symbol": None},
        {"symbol": "NOSUCH"},
        {"client_order_id": "not-a-uuid"},
        {"price": "1e400"},
        {"units": "NaN"},
    ],
)
def test_a_bad_order_is_refused_with_a_sentence(sandbox: Server, changed: dict[str, Any]) -> None:
    reply = place(sandbox, **changed)
    assert reply.status == 400
    assert len(reply.body["detail"]) > 10


def test_recent_orders_show_only_executed_ones_unless_asked(sandbox: Server) -> None:
    executed = place(sandbox, order_type="Market", price=None).body["brokerage_order_id"]
    path = f"/accounts/{ACCOUNT}/recentOrders"
    only = sandbox.call("GET", path).body["orders"]
    assert [each["brokerage_order_id"] for each in only] == [executed]
    for spelling in ("false", "False", "0"):
        everything = sandbox.call("GET", path, query={"only_executed": spelling}).body["orders"]
        assert {each["brokerage_order_id"] for each in everything} == {executed, ORDER}


def test_a_fill_shows_in_balances_and_positions(sandbox: Server) -> None:
    sandbox.control("POST", "/quotes", {"symbol": "AAPL", "bid": "99.5", "ask": "100"})
    place(sandbox, order_type="Market", price=None, units=3)
    positions = sandbox.call("GET", f"/accounts/{ACCOUNT}/positions/all").body["results"]
    assert [(each["instrument"]["symbol"], each["units"]) for each in positions] == [("AAPL", "3")]
    balance = sandbox.call("GET", f"/accounts/{ACCOUNT}/balances").body[0]
    assert (balance["currency"]["code"], balance["cash"]) == ("USD", 999_700.0)
