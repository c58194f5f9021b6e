"""tastytrade's face in its own words: what it takes, how orders come back, lists, accounts."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from nostro.brokers.transport import Request
from tests.sim.market import ACCOUNT, CALL, HIGHER_CALL, buy, sell

from .tastytrade_scene import (
    MARKET,
    ORDER,
    ORDERS,
    OTOCO,
    PROFIT,
    SPREAD,
    Form,
    Scene,
    data,
    error,
    leg,
    reasons,
)

DAY_S = 86_400


@pytest.fixture
def tastytrade() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def future(action: str) -> Form:
    return ORDER | {"price": "100", "legs": [leg("/ESZ6", action, 1, "Future")]}


# Placing


def test_a_new_order_is_routed_whatever_became_of_it(tastytrade: Scene) -> None:
    reply = tastytrade.ask("POST", ORDERS, MARKET)
    document = data(reply, 201)
    assert json.loads(reply.body)["context"] == ORDERS
    order = document["order"]
    assert (order["status"], order["cancellable"], order["editable"]) == ("Routed", False, False)
    assert (order["legs"][0]["fills"], order["legs"][0]["remaining-quantity"]) == ([], 3)
    assert "price-effect" not in order
    assert document["buying-power-effect"]["change-in-buying-power"] == "303.0"
    assert document["buying-power-effect"]["effect"] == "Debit"
    found = tastytrade.read(f"{ORDERS}/{order['id']}")
    assert (found["status"], found["legs"][0]["remaining-quantity"]) == ("Filled", 0)
    assert found["terminal-at"] == found["received-at"] == "2026-03-02T15:00:00.000+00:00"
    assert found["updated-at"] == 1_772_463_600_000


def test_an_order_comes_back_in_the_words_it_came_in(tastytrade: Scene) -> None:
    order = tastytrade.read(tastytrade.place(external_identifier="mine-1"))
    terms = {name: value for name, value in ORDER.items() if name != "legs"}
    assert {name: order[name] for name in terms} == terms
    assert (order["external-identifier"], order["size"], order["account-number"]) == ("mine-1", 10, ACCOUNT)
    assert order["ext-client-order-id"] != "mine-1"
    [found] = order["legs"]
    assert found == ORDER["legs"][0] | {"remaining-quantity": 10, "fills": []}


def test_legs_have_sizes_of_their_own_and_an_order_what_they_share(tastytrade: Scene) -> None:
    order = tastytrade.read(tastytrade.place(SPREAD))
    assert (order["size"], order["price"], order["price-effect"]) == (2, "0.05", "Debit")
    assert [each["quantity"] for each in order["legs"]] == [6, 4]
    assert [each["symbol"] for each in order["legs"]] == [CALL, HIGHER_CALL]
    assert (order["underlying-symbol"], order["underlying-instrument-type"]) == ("AAPL", "Equity")


def test_a_spread_for_nothing_is_neither_debit_nor_credit(tastytrade: Scene) -> None:
    even = {name: each for name, each in SPREAD.items() if name != "price-effect"} | {"price": "0.0"}
    document = data(tastytrade.ask("POST", ORDERS, even), 201)["order"]
    assert (document["price"], document["price-effect"]) == ("0.0", "None")


@pytest.mark.parametrize("action", ["Buy", "Buy to Open", "Buy to Close"])
def test_a_future_can_be_bought_without_saying_what_for(tastytrade: Scene, action: str) -> None:
    order = tastytrade.read(tastytrade.place(future(action)))
    assert order["legs"][0]["action"] == action
    assert (order["underlying-symbol"], order["underlying-instrument-type"]) == ("/ESZ6", "Future")


def test_what_a_filled_trigger_sets_off_was_still_waiting_when_it_was_placed(tastytrade: Scene) -> None:
    placed = tastytrade.place_complex(OTOCO | {"trigger-order": MARKET})
    assert [order["status"] for order in placed["orders"]] == ["Contingent", "Contingent"]
    found = [tastytrade.read(f"{ORDERS}/{order['id']}") for order in placed["orders"]]
    assert [order["status"] for order in found] == ["Live", "Live"]


def test_an_order_by_value_has_no_size_until_it_fills(tastytrade: Scene) -> None:
    form = MARKET | {
        "order-type": "Notional Market",
        "value": "505",
        "value-effect": "Debit",
        "legs": [{name: each for name, each in leg("AAPL", "Buy to Open").items() if name != "quantity"}],
    }
    placed = data(tastytrade.ask("POST", ORDERS, form), 201)["order"]
    assert (placed["order-type"], placed["value"], "size" in placed) == ("Notional Market", "505.0", False)
    assert "quantity" not in placed["legs"][0]
    assert tastytrade.read(f"{ORDERS}/{placed['id']}")["size"] == 5


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"time-in-force": "Ext"}, "Ext"),
        ({"time-in-force": "GTC Ext"}, "GTC Ext"),
        ({"time-in-force": "GTD", "gtc-date": "2026-03-05"}, "GTD"),
    ],
    ids=str,
)
def test_times_in_force_are_kept(tastytrade: Scene, changes: Form, word: str) -> None:
    order = tastytrade.read(tastytrade.place(ORDER | changes))
    assert order["time-in-force"] == word
    assert order.get("gtc-date") == changes.get("gtc-date")


def test_an_order_that_is_good_till_a_date_expires_on_it(tastytrade: Scene) -> None:
    path = tastytrade.place(time_in_force="GTD", gtc_date="2026-03-05")
    tastytrade.exchange.advance(3 * DAY_S)
    assert tastytrade.word(path) == "Live"
    tastytrade.exchange.advance(DAY_S / 2)
    assert tastytrade.word(path) == "Expired"


@pytest.mark.parametrize(
    ("changes", "domain", "reason"),
    [
        ({"order-type": "Trailing"}, "order-type", "is invalid"),
        ({"time-in-force": "FOK"}, "time-in-force", "is invalid"),
        ({"price": None}, "price", "is missing"),
        ({"price": "NaN"}, "price", "is invalid"),
        ({"price": -1}, "price", "is invalid"),
        ({"value": "5", "value-effect": "Debit"}, "value", "is invalid"),
        ({"order-type": "Notional Market", "price": None}, "value", "is missing"),
        ({"legs": [leg("AAPL", "Buy to Open", "-1")]}, "legs[0].quantity", "is invalid"),
        ({"price-effect": None}, "price-effect", "is missing"),
        ({"order-type": "Market"}, "price", "is invalid"),
        ({"order-type": "Stop Limit"}, "stop-trigger", "is missing"),
        ({"time-in-force": "GTD"}, "gtc-date", "is missing"),
        ({"gtc-date": "2026-03-05"}, "gtc-date", "is invalid"),
        ({"legs": []}, "legs", "is missing"),
        ({"legs": None}, "legs", "is invalid"),
        ({"legs": [{"symbol": "AAPL"}]}, "legs[0].action", "is missing"),
        ({"legs": [leg("AAPL", "Buy to Open", None)]}, "legs[0].quantity", "is missing"),
        ({"legs": [leg("AAPL", "Buy to Open", 0)]}, "legs[0].quantity", "is invalid"),
        ({"legs": [leg("AAPL", "Buy")]}, "legs[0].action", "is invalid"),
        ({"legs": [leg("AAPL", "Allocate")]}, "legs[0].action", "is invalid"),
    ],
    ids=str,
)
def test_what_is_missing_or_invalid_is_named_and_places_nothing(
    tastytrade: Scene, changes: Form, domain: str, reason: str
) -> None:
    reply = tastytrade.ask("POST", ORDERS, ORDER | changes)
    assert reasons(reply) == (400, [(domain, reason)])
    assert error(reply)[1] == "validation_error"
    assert tastytrade.count() == 0


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (ORDER | {"price-effect": "Credit"}, "cant_buy_for_credit"),
        (PROFIT | {"price-effect": "Debit"}, "cant_sell_for_debit"),
        (MARKET | {"time-in-force": "GTC"}, "gtc_market_orders_not_supported"),
        (MARKET | {"legs": SPREAD["legs"]}, "multi_leg_market_orders_not_supported"),
        (ORDER | {"order-type": "Marketable Limit"}, "order_type_not_supported"),
        (ORDER | {"time-in-force": "Ext Overnight"}, "order_type_not_supported"),
        (SPREAD | {"time-in-force": "GTC Ext"}, "extended_hours_not_supported"),
        (ORDER | {"rules": {"conditions": [{"action": "route"}]}}, "rules_not_supported"),
        (ORDER | {"legs": [leg("NOSUCH", "Buy to Open")]}, "invalid_symbol"),
        (ORDER | {"legs": [leg("aapl", "Buy to Open")]}, "invalid_symbol"),
        (ORDER | {"legs": [leg(CALL, "Buy to Open")]}, "invalid_symbol"),
        (ORDER | {"legs": [leg(CALL.replace(" ", ""), "Buy to Open", 1, "Equity Option")]}, "invalid_symbol"),
        (ORDER | {"legs": [leg("ESZ6", "Buy", 1, "Future")]}, "invalid_symbol"),
        (ORDER | {"legs": [leg("AAPL", "Buy to Open", 900_000_000)]}, "margin_check_failed"),
        (ORDER | {"legs": [leg(CALL, "Buy to Open", 0.5, "Equity Option")]}, "invalid_order"),
    ],
    ids=[str(index) for index in range(15)],
)
def test_a_check_that_fails_has_a_code_and_places_nothing(tastytrade: Scene, form: Form, code: str) -> None:
    for path in (f"{ORDERS}/dry-run", ORDERS):
        reply = tastytrade.ask("POST", path, form)
        assert error(reply) == (422, "preflight_check_failure")
        assert [each[0] for each in reasons(reply)[1]] == [code]
    assert tastytrade.count() == 0


def test_too_little_money_comes_with_data_beside_the_error(tastytrade: Scene) -> None:
    reply = tastytrade.ask("POST", ORDERS, ORDER | {"legs": [leg("AAPL", "Buy to Open", 10_000)]})
    effect = json.loads(reply.body)["data"]["buying-power-effect"]
    assert (effect["change-in-buying-power"], effect["new-buying-power"]) == ("502500.0", "402500.0")
    assert (effect["current-buying-power-effect"], effect["new-buying-power-effect"]) == ("Credit", "Debit")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_what_is_no_json_cannot_be_read(tastytrade: Scene, body: bytes) -> None:
    assert error(tastytrade.send(Request("POST", ORDERS, body))) == (400, "bad_request")


def test_a_dry_run_shows_the_order_without_an_id(tastytrade: Scene) -> None:
    document = data(tastytrade.ask("POST", f"{ORDERS}/dry-run", ORDER), 201)
    assert "id" not in document["order"]
    assert (document["order"]["price"], document["order"]["status"]) == ("50.25", "Contingent")
    assert document["fee-calculation"]["total-fees"] == "0.0"
    assert tastytrade.count() == 0


# Lists


def test_a_list_has_ten_orders_a_page_newest_first(tastytrade: Scene) -> None:
    order_ids = [int(tastytrade.place().rpartition("/")[2]) for _ in range(12)]
    reply = json.loads(tastytrade.ask("GET", ORDERS).body)
    assert [row["id"] for row in reply["data"]["items"]] == order_ids[:1:-1]
    pagination = reply["pagination"]
    assert (pagination["per-page"], pagination["total-items"], pagination["total-pages"]) == (10, 12, 2)
    assert tastytrade.listed("page-offset=1") == order_ids[1::-1]
    assert tastytrade.listed("per-page=5&page-offset=2&sort=Asc") == order_ids[10:]
    assert tastytrade.listed("page-offset=9") == []
    assert len(tastytrade.read(f"{ORDERS}/live")["items"]) == 12


def test_a_list_is_filtered(tastytrade: Scene) -> None:
    live, filled, spread, contract = (
        int(tastytrade.place(form).rpartition("/")[2]) for form in (ORDER, MARKET, SPREAD, future("Buy"))
    )
    for more, found in (
        ("status[]=Filled", [filled]),
        ("status%5B%5D=Filled&status%5B%5D=Live", [contract, spread, filled, live]),
        ("status[]=Rejected", []),
        ("underlying-symbol=AAPL", [spread, filled, live]),
        ("underlying-instrument-type=Equity", [spread, filled, live]),
        ("underlying-instrument-type=Future", [contract]),
        ("futures-symbol=ESZ6", [contract]),
        ("start-date=2026-03-02&end-date=2026-03-02", [contract, spread, filled, live]),
        ("start-date=2026-03-03", []),
        ("end-date=2026-03-01", []),
        ("start-at=2026-03-02T15:00:01", []),
        ("end-at=2026-03-02T15:00:00Z", [contract, spread, filled, live]),
        ("end-at=2026-03-02T14:59:59Z", []),
    ):
        assert tastytrade.listed(more) == found, more


@pytest.mark.parametrize(
    ("more", "domain"),
    [
        ("per-page=0", "per-page"),
        ("per-page=201", "per-page"),
        ("page-offset=-1", "page-offset"),
        ("sort=Up", "sort"),
        ("status[]=Open", "status"),
        ("start-date=yesterday", "start-date"),
        ("end-at=now", "end-at"),
        ("underlying-instrument-type=Share", "underlying-instrument-type"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused(tastytrade: Scene, more: str, domain: str) -> None:
    assert reasons(tastytrade.ask("GET", f"{ORDERS}?{more}")) == (400, [(domain, "is invalid")])


def test_the_live_list_has_what_is_open_and_what_ended_today(tastytrade: Scene) -> None:
    lasting = int(tastytrade.place(SPREAD).rpartition("/")[2])
    tastytrade.place(MARKET)
    tastytrade.exchange.advance(DAY_S)
    today = int(tastytrade.place(MARKET).rpartition("/")[2])
    assert [row["id"] for row in tastytrade.read(f"{ORDERS}/live")["items"]] == [today, lasting]
    assert len(tastytrade.listed()) == 3


def test_components_stand_in_the_list_of_orders(tastytrade: Scene) -> None:
    placed = tastytrade.place_complex(OTOCO)
    rows = tastytrade.read(ORDERS)["items"]
    assert {row["complex-order-id"] for row in rows} == {placed["id"]}
    assert sorted((row["status"], row["complex-order-tag"]) for row in rows) == [
        ("Contingent", "OTOCO::oco-1-order"),
        ("Contingent", "OTOCO::oco-1-order"),
        ("Live", "OTOCO::trigger-order"),
    ]


# Accounts


def test_positions_have_a_size_and_a_direction(tastytrade: Scene) -> None:
    tastytrade.exchange.place(ACCOUNT, buy("0.5", "BTC/USD"))
    tastytrade.exchange.place(ACCOUNT, sell("2"))
    tastytrade.exchange.place(ACCOUNT, buy("1", CALL))
    tastytrade.exchange.set_quote("AAPL", Decimal(109), Decimal(111))
    path = f"/accounts/{ACCOUNT}/positions"
    rows = {row["symbol"]: row for row in tastytrade.read(path)["items"]}
    assert set(rows) == {"AAPL", "BTC/USD", CALL}
    short = rows["AAPL"]
    assert (short["quantity"], short["quantity-direction"], short["cost-effect"]) == (2, "Short", "Debit")
    assert (short["average-open-price"], "mark" in short) == ("99.0", False)
    assert (rows["BTC/USD"]["quantity"], rows[CALL]["multiplier"]) == ("0.5", 100)
    [marked] = tastytrade.read(f"{path}?symbol=AAPL&include-marks=true")["items"]
    assert (marked["mark-price"], marked["mark"]) == ("110.0", "220.0")
    of_apple = tastytrade.read(f"{path}?underlying-symbol[]=AAPL")["items"]
    assert {row["symbol"] for row in of_apple} == {"AAPL", CALL}
    [crypto] = tastytrade.read(f"{path}?instrument-type=Cryptocurrency")["items"]
    assert crypto["symbol"] == "BTC/USD"


def test_a_balance_counts_what_is_held_and_what_is_set_aside(tastytrade: Scene) -> None:
    tastytrade.place(MARKET)
    tastytrade.place()
    path = f"/accounts/{ACCOUNT}/balances"
    balance = tastytrade.read(path)
    assert (balance["cash-balance"], balance["equity-buying-power"]) == ("99697.0", "99194.5")
    assert (balance["long-equity-value"], balance["net-liquidating-value"]) == ("300.0", "99997.0")
    assert tastytrade.read(f"{path}/USD") == balance
    assert reasons(tastytrade.ask("GET", f"{path}/EUR")) == (400, [("currency", "is invalid")])


def test_a_future_counts_with_its_gain_alone(tastytrade: Scene) -> None:
    tastytrade.exchange.set_quote("ESZ6", Decimal(99), Decimal(101))
    tastytrade.place(future("Buy") | {"price": "101"})
    balance = tastytrade.read(f"/accounts/{ACCOUNT}/balances")
    assert (balance["cash-balance"], balance["equity-buying-power"]) == ("100000.0", "99495.0")
    assert (balance["long-futures-value"], balance["net-liquidating-value"]) == ("-50.0", "99950.0")


def test_orders_made_elsewhere_have_words_too(tastytrade: Scene) -> None:
    order_id = tastytrade.exchange.place(ACCOUNT, sell(limit="150")).brokerage_order_id
    order = tastytrade.read(f"{ORDERS}/{order_id}")
    assert (order["legs"][0]["action"], order["price-effect"]) == ("Sell to Close", "Credit")
    assert order["external-identifier"] == "c-1"
