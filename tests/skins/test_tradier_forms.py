"""Tradier's face in its own words: forms, envelopes, and the answers to a cancel that others measured."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from nostro.brokers.transport import Reply, Request
from nostro.sim.faults import FaultKind
from nostro.sim.skins import faces
from tests.sim.market import (
    ACCOUNT,
    CALL,
    HIGHER_CALL,
    OPENED_AT,
    OTHER_ACCOUNT,
    OTHER_API_KEY,
    buy,
)

from .tradier_scene import ORDER, ORDERS, Scene

SPREAD = {
    "class": "multileg",
    "symbol": "AAPL",
    "type": "debit",
    "price": "0.05",
    "duration": "gtc",
    "option_symbol[0]": CALL.replace(" ", ""),
    "side[0]": "buy_to_open",
    "quantity[0]": "6",
    "option_symbol[1]": HIGHER_CALL.replace(" ", ""),
    "side[1]": "sell_to_open",
    "quantity[1]": "4",
}
DAY_S = 86_400


@pytest.fixture
def tradier() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def text(reply: Reply) -> tuple[int, str]:
    assert reply.headers["content-type"] == "text/plain"
    return reply.status, reply.body.decode()


@pytest.mark.parametrize("value", ["", "secret", "Basic secret", "Bearer ", "Bearersecret"])
def test_the_customer_is_nobody_without_a_bearer_token(value: str) -> None:
    assert customer({"authorization": value}) == customer({}) == ""
    assert customer({"authorization": "Bearer secret"}) == "secret"


def customer(headers: dict[str, str]) -> str:
    return faces()["tradier"].customer(Request("GET", "/v1/user/profile", headers=headers), OPENED_AT)


# Cancels


def test_a_working_order_is_open_until_its_cancel_is_carried_out(tradier: Scene) -> None:
    path = tradier.place()
    reply = tradier.ask("DELETE", path)
    assert json.loads(reply.body) == {"order": {"id": int(path.rpartition("/")[2]), "status": "ok"}}
    assert tradier.ask("DELETE", path) == reply
    assert tradier.read(path)["order"]["status"] == "open"
    tradier.exchange.advance(1)
    assert tradier.read(path)["order"]["status"] == "canceled"
    assert text(tradier.ask("DELETE", path)) == (400, "order already in finalized state: canceled")


def test_a_filled_order_is_final_in_the_same_status(tradier: Scene) -> None:
    path = tradier.place(type="market")
    assert text(tradier.ask("DELETE", path)) == (400, "order already in finalized state: filled")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("order_id", ["1", "-1", "*", "..%2f..", "%20"])
def test_an_order_that_is_not_there_is_an_account_that_is_not_yours(
    tradier: Scene, method: str, order_id: str
) -> None:
    path = tradier.place()
    reply = tradier.ask(method, f"{ORDERS}/{order_id}")
    assert text(reply) == (401, f"Unauthorized Account: {ACCOUNT}")
    assert tradier.read(path)["order"]["status"] == "open"


def test_an_account_of_somebody_else_is_not_yours_either(tradier: Scene) -> None:
    path = tradier.place()
    assert text(tradier.ask("DELETE", path, api_key=OTHER_API_KEY)) == (
        401,
        f"Unauthorized Account: {ACCOUNT}",
    )
    theirs = path.replace(ACCOUNT, OTHER_ACCOUNT)
    assert text(tradier.ask("DELETE", theirs, api_key=OTHER_API_KEY))[0] == 401
    assert tradier.read(path)["order"]["status"] == "open"


def test_a_bad_token_is_told_from_a_bad_account_by_its_fault(tradier: Scene) -> None:
    reply = tradier.ask("GET", "/v1/user/profile", api_key="nobody")
    assert reply.status == 401
    assert json.loads(reply.body)["fault"]["faultstring"] == "Invalid Access Token"


def test_a_quota_that_is_used_up_is_a_fault(tradier: Scene) -> None:
    tradier.faults.declare("*", FaultKind.RATE_LIMITED)
    reply = tradier.ask("DELETE", f"{ORDERS}/1")
    assert reply.status == 429
    assert "quota violation" in json.loads(reply.body)["fault"]["faultstring"]


def test_a_reply_about_another_order_names_another_number(tradier: Scene) -> None:
    path = tradier.place()
    tradier.faults.declare("*", FaultKind.OTHER_ORDER)
    named = json.loads(tradier.ask("GET", path).body)["order"]["id"]
    assert isinstance(named, int)
    assert str(named) != path.rpartition("/")[2]


def test_plain_text_can_have_no_key_twice(tradier: Scene) -> None:
    tradier.faults.declare("*", FaultKind.DUP_KEY_JSON)
    assert text(tradier.ask("DELETE", f"{ORDERS}/1"))[0] == 401


# Placing


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"class": "combo"}, "class"),
        ({"type": "trailing"}, "type"),
        ({"side": "buy_to_open"}, "side"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": "NaN"}, "quantity"),
        ({"price": ""}, "price"),
        ({"price": "-1"}, "price"),
        ({"type": "stop"}, "stop"),
        ({"duration": "ioc"}, "duration"),
        ({"duration": "pre", "type": "market"}, "duration"),
        (SPREAD | {"quantity[1]": "x"}, "quantity[1]"),
        (SPREAD | {"side[0]": "buy"}, "side[0]"),
        (SPREAD | {"type": "limit"}, "type"),
    ],
    ids=str,
)
def test_a_parameter_that_is_invalid_is_named_and_places_nothing(
    tradier: Scene, changes: dict[str, str], name: str
) -> None:
    status, words = text(tradier.ask("POST", ORDERS, ORDER | changes))
    assert (status, words.partition(":")[0]) == (400, f"Invalid parameter, {name}")
    assert tradier.read(ORDERS) == {"orders": "null"}


def test_a_tag_comes_back_when_tags_are_asked_for(tradier: Scene) -> None:
    path = tradier.place(tag="a-" * 127 + "Z")
    assert tradier.read(path + "?includeTags=true")["order"]["tag"] == "a-" * 127 + "Z"
    assert "tag" not in tradier.read(path)["order"]
    assert "tag" not in tradier.read(tradier.place() + "?includeTags=true")["order"]


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("a" * 256, "contains more than 255 characters."),
        *((f"a{sign}b", "contains invalid characters.") for sign in "_.: /\n"),
    ],
)
def test_a_tag_outside_the_grammar_is_refused_and_never_cut(tradier: Scene, tag: str, reason: str) -> None:
    reply = tradier.ask("POST", ORDERS, ORDER | {"tag": tag})
    assert text(reply) == (400, f"Invalid parameter, tag: {reason}")
    assert tradier.exchange.orders(ACCOUNT, OPENED_AT) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "NOSUCH"},
        {"symbol": "BTC/USD"},
        {"symbol": CALL},
        {"class": "option", "side": "buy_to_open", "option_symbol": "AAPL"},
        {"quantity": "900000000"},
    ],
    ids=str,
)
def test_what_the_brokerage_does_not_want_is_an_error_within_a_success(
    tradier: Scene, changes: dict[str, str]
) -> None:
    reply = tradier.ask("POST", ORDERS, ORDER | changes)
    assert reply.status == 200
    document = json.loads(reply.body)
    assert list(document) == ["errors"]
    assert len(document["errors"]["error"]) == 1
    assert tradier.exchange.orders(ACCOUNT, OPENED_AT) == []


def test_a_preview_says_the_cost_and_places_nothing(tradier: Scene) -> None:
    reply = tradier.ask("POST", ORDERS, ORDER | {"preview": "true", "quantity": "3"})
    order = json.loads(reply.body)["order"]
    assert (order["status"], order["result"], order["order_cost"]) == ("ok", True, 150)
    assert "id" not in order
    assert tradier.exchange.orders(ACCOUNT, OPENED_AT) == []


def test_what_the_legs_quantities_share_is_the_orders(tradier: Scene) -> None:
    order = tradier.read(tradier.place(**SPREAD))["order"]
    assert (order["class"], order["type"], order["price"]) == ("multileg", "debit", 0.05)
    assert (order["quantity"], order["num_legs"], order["duration"]) == (2, 2, "gtc")
    assert [
        (leg["option_symbol"], leg["side"], leg["quantity"], leg["remaining_quantity"])
        for leg in order["leg"]
    ] == [
        (SPREAD["option_symbol[0]"], "buy_to_open", 6, 6),
        (SPREAD["option_symbol[1]"], "sell_to_open", 4, 4),
    ]
    assert len({order["id"], *(leg["id"] for leg in order["leg"])}) == 3


@pytest.mark.parametrize("side", ["buy", "sell", "sell_short", "buy_to_cover"])
def test_a_side_of_a_stock_comes_back_as_it_was_sent(tradier: Scene, side: str) -> None:
    price = "200" if side.startswith("sell") else "50"
    assert tradier.read(tradier.place(side=side, price=price))["order"]["side"] == side


def test_an_order_outside_the_session_is_named_by_its_hour(tradier: Scene) -> None:
    assert tradier.read(tradier.place(duration="pre"))["order"]["duration"] == "pre"
    tradier.exchange.advance(4 * 3600)
    assert tradier.read(tradier.place(duration="post"))["order"]["duration"] == "post"


# Lists


def test_a_list_is_a_text_an_object_or_an_array(tradier: Scene) -> None:
    assert tradier.read(ORDERS) == {"orders": "null"}
    tradier.place()
    assert isinstance(tradier.read(ORDERS)["orders"]["order"], dict)
    tradier.place()
    assert len(tradier.read(ORDERS)["orders"]["order"]) == 2


def test_orders_that_ended_on_an_earlier_day_are_listed_no_more(tradier: Scene) -> None:
    filled, open_one = tradier.place(type="market"), tradier.place(duration="gtc")
    assert len(tradier.read(ORDERS)["orders"]["order"]) == 2
    tradier.exchange.advance(DAY_S)
    assert tradier.read(ORDERS)["orders"]["order"]["id"] == int(open_one.rpartition("/")[2])
    assert tradier.read(filled)["order"]["status"] == "filled"


def test_numbers_are_numbers_and_times_have_milliseconds(tradier: Scene) -> None:
    path = tradier.place(quantity="4", type="stop_limit", stop="120", price="121.5")
    tradier.exchange.fill(path.rpartition("/")[2], Decimal(1), Decimal("121.25"))
    order = tradier.read(path)["order"]
    assert order | {"id": 0} == {
        "id": 0,
        "type": "stop_limit",
        "symbol": "AAPL",
        "side": "buy",
        "quantity": 4.0,
        "status": "partially_filled",
        "duration": "day",
        "avg_fill_price": 121.25,
        "exec_quantity": 1.0,
        "last_fill_price": 121.25,
        "last_fill_quantity": 1.0,
        "remaining_quantity": 3.0,
        "create_date": "2026-03-02T15:00:00.000Z",
        "transaction_date": "2026-03-02T15:00:00.000Z",
        "class": "equity",
        "price": 121.5,
        "stop_price": 120.0,
    }


def test_positions_cost_what_was_paid_for_them(tradier: Scene) -> None:
    assert tradier.read(f"/v1/accounts/{ACCOUNT}/positions") == {"positions": "null"}
    tradier.exchange.place(ACCOUNT, buy("10"))
    position = tradier.read(f"/v1/accounts/{ACCOUNT}/positions")["positions"]["position"]
    assert (position["symbol"], position["quantity"], position["cost_basis"]) == ("AAPL", 10, 1010)
    balances = tradier.read(f"/v1/accounts/{ACCOUNT}/balances")["balances"]
    assert (balances["total_cash"], balances["account_type"]) == (98_990, "cash")
    assert balances["cash"]["cash_available"] == 98_990


def test_a_profile_shows_the_customers_own_accounts(tradier: Scene) -> None:
    account = tradier.read("/v1/user/profile")["profile"]["account"]
    assert (account["account_number"], account["status"]) == (ACCOUNT, "active")
