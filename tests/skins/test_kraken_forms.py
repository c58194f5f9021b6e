"""Kraken's face in its own words: forms, lists, balances, and what it says no to."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.transport import Request
from nostro.domain.order import OrderStatus, TimeInForce
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, OPENED_AT, OTHER_API_KEY, buy

from .kraken_scene import NEVER_MADE, ORDER, Scene


@pytest.fixture
def kraken() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def unix(days: float = 0) -> str:
    return str(int((OPENED_AT + timedelta(days=days)).timestamp()))


# Placing


def test_a_placed_order_is_answered_with_its_txid_and_a_sentence(kraken: Scene) -> None:
    placed = kraken.read("AddOrder", **ORDER)
    assert placed["descr"] == {"order": "buy 0.50000000 XBTUSD @ limit 50000.00"}
    [txid] = placed["txid"]
    assert txid[0] == "O"
    assert [len(part) for part in txid.split("-")] == [6, 5, 6]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ordertype": "market"}, "buy 0.50000000 XBTUSD @ market"),
        ({"ordertype": "stop-loss", "price": "70000"}, "buy 0.50000000 XBTUSD @ stop loss 70000.00"),
        (
            {"ordertype": "stop-loss-limit", "price": "70000", "price2": "71000.5"},
            "buy 0.50000000 XBTUSD @ stop loss 70000.00 -> limit 71000.50",
        ),
        ({"pair": "XBT/USD", "type": "sell", "price": "90000"}, "sell 0.50000000 XBTUSD @ limit 90000.00"),
        ({"pair": "XDGUSD", "price": "0.1", "volume": "100"}, "buy 100.00000000 XDGUSD @ limit 0.1000"),
    ],
    ids=str,
)
def test_a_sentence_says_what_an_order_is(kraken: Scene, changes: dict[str, str], sentence: str) -> None:
    txid = kraken.place(**changes)
    assert kraken.order(txid)["descr"]["order"] == sentence


def test_a_json_body_is_as_good_as_a_form(kraken: Scene) -> None:
    placed = kraken.read("AddOrder", {**ORDER, "price": 50000, "userref": 7, "validate": False})
    assert kraken.order(placed["txid"][0])["userref"] == 7


def test_an_order_that_is_only_validated_is_not_placed(kraken: Scene) -> None:
    assert list(kraken.read("AddOrder", **ORDER, validate="true")) == ["descr"]
    assert kraken.read("OpenOrders") == {"open": {}}
    refusal = kraken.refused("AddOrder", **ORDER | {"volume": "500"}, validate="true")
    assert refusal == "EOrder:Insufficient funds"


def test_a_market_buy_can_name_its_cost(kraken: Scene) -> None:
    order = kraken.order(kraken.place(ordertype="market", oflags="viqc", volume="6001"))
    assert (order["status"], order["vol"], order["vol_exec"]) == ("closed", "6001.00000000", "6001.00000000")
    assert (order["oflags"], order["cost"]) == ("fciq,viqc", "6001.00000")
    assert kraken.read("Balance")["XXBT"] == "0.1000000000"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"pair": "AAPL"}, "EQuery:Unknown asset pair"),
        ({"pair": ""}, "EQuery:Unknown asset pair"),
        ({"type": "hold"}, "EGeneral:Invalid arguments:type"),
        ({"ordertype": "trailing-stop"}, "EGeneral:Invalid arguments:ordertype"),
        ({"volume": ""}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "NaN"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "-1"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0.123456789"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0.00001"}, "EOrder:Order minimum not met"),
        ({"volume": "0.0002", "price": "100"}, "EOrder:Cost minimum not met"),
        ({"price": ""}, "EGeneral:Invalid arguments:price"),
        ({"price": "+5%"}, "EGeneral:Invalid arguments:price"),
        ({"price": "50000.001"}, "EOrder:Tick size check failed"),
        ({"ordertype": "stop-loss-limit"}, "EGeneral:Invalid arguments:price2"),
        ({"volume": "500"}, "EOrder:Insufficient funds"),
        ({"leverage": "2:1"}, "EGeneral:Invalid arguments:leverage"),
        ({"reduce_only": "true"}, "EOrder:Reduce only:No position exists"),
        ({"oflags": "post", "price": "60010"}, "EOrder:Post only order"),
        ({"oflags": "post", "ordertype": "market"}, "EGeneral:Invalid arguments:oflags"),
        ({"oflags": "fast"}, "EGeneral:Invalid arguments:oflags"),
        ({"oflags": "viqc"}, "EGeneral:Invalid arguments:viqc"),
        ({"timeinforce": "DAY"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"timeinforce": "GTD"}, "EGeneral:Invalid arguments:expiretm"),
        ({"timeinforce": "GTC", "expiretm": "+5"}, "EGeneral:Invalid arguments:expiretm"),
        ({"userref": "x"}, "EGeneral:Invalid arguments:userref"),
        ({"userref": str(2**31)}, "EGeneral:Invalid arguments:userref"),
        ({"userref": "1", "cl_ord_id": "a"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "a" * 19}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "Mine"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"deadline": "2026-03-02T14:59:59Z"}, "EService:Deadline elapsed"),
        ({"deadline": "soon"}, "EGeneral:Invalid arguments:deadline"),
    ],
    ids=str,
)
def test_what_is_refused_is_said_in_one_text_and_places_nothing(
    kraken: Scene, changes: dict[str, str], error: str
) -> None:
    assert kraken.refused("AddOrder", **ORDER | changes) == error
    assert kraken.exchange.orders(ACCOUNT, OPENED_AT) == []


def test_a_body_that_cannot_be_read_is_an_argument_that_is_invalid(kraken: Scene) -> None:
    reply = kraken.send(Request("POST", "/0/private/AddOrder", b"{"))
    assert (reply.status, json.loads(reply.body)) == (200, {"error": ["EGeneral:Invalid arguments"]})


def test_a_method_that_is_not_there_is_not_found(kraken: Scene) -> None:
    reply = kraken.ask("Withdraw")
    assert (reply.status, json.loads(reply.body)) == (404, {"error": ["EGeneral:Unknown method"]})


@pytest.mark.parametrize(
    ("fields", "time_in_force"),
    [
        ({}, TimeInForce.GTC),
        ({"timeinforce": "gtc"}, TimeInForce.GTC),
        ({"timeinforce": "GTD", "expiretm": "+60"}, TimeInForce.GTD),
        ({"timeinforce": "GTD", "expiretm": unix(1)}, TimeInForce.GTD),
    ],
    ids=str,
)
def test_an_order_lives_as_long_as_it_says(
    kraken: Scene, fields: dict[str, str], time_in_force: TimeInForce
) -> None:
    txid = kraken.place(**fields)
    assert kraken.exchange.order(ACCOUNT, txid).time_in_force is time_in_force
    kraken.exchange.advance(86_401)
    assert kraken.order(txid)["status"] == ("expired" if time_in_force is TimeInForce.GTD else "open")


def test_what_cannot_trade_at_once_is_canceled_where_it_must(kraken: Scene) -> None:
    assert kraken.order(kraken.place(timeinforce="IOC"))["status"] == "canceled"


def test_a_client_order_id_is_one_open_orders_alone(kraken: Scene) -> None:
    txid = kraken.place(cl_ord_id="mine-1")
    error = kraken.refused("AddOrder", **ORDER, cl_ord_id="mine-1")
    assert error == "EGeneral:Invalid arguments:cl_ord_id not unique"
    kraken.read("CancelOrder", txid=txid)
    assert kraken.order(kraken.place(cl_ord_id="mine-1"))["cl_ord_id"] == "mine-1"


# New terms


def test_an_edited_order_has_another_txid(kraken: Scene) -> None:
    old = kraken.place(cl_ord_id="mine")
    edited = kraken.read("EditOrder", txid=old, pair="XBTUSD", volume="0.25", price="51000")
    assert edited | {"txid": ""} == {
        "status": "ok",
        "txid": "",
        "originaltxid": old,
        "volume": "0.25000000",
        "price": "51000.00",
        "price2": "0",
        "orders_cancelled": 1,
        "descr": {"order": "buy 0.25000000 XBTUSD @ limit 51000.00"},
    }
    assert (kraken.order(old)["status"], kraken.order(old)["reason"]) == ("canceled", "Order replaced")
    assert kraken.order(edited["txid"])["status"] == "open"


def test_an_amended_order_keeps_its_txid(kraken: Scene) -> None:
    txid = kraken.place(cl_ord_id="mine")
    amended = kraken.read("AmendOrder", {"cl_ord_id": "mine", "order_qty": "0.3", "limit_price": "51000"})
    assert amended["amend_id"].startswith("T")
    order = kraken.order(txid)
    assert (order["status"], order["vol"], order["descr"]["price"]) == ("open", "0.30000000", "51000.00")


def test_an_amend_below_what_is_filled_cancels_the_rest(kraken: Scene) -> None:
    txid = kraken.place()
    kraken.exchange.fill(txid, Decimal("0.2"))
    kraken.read("AmendOrder", txid=txid, order_qty="0.1")
    order = kraken.order(txid)
    assert (order["status"], order["vol_exec"]) == ("canceled", "0.20000000")


def test_the_trigger_of_a_stop_can_be_moved_and_a_limit_it_has_not(kraken: Scene) -> None:
    txid = kraken.place(ordertype="stop-loss", price="70000")
    kraken.read("AmendOrder", txid=txid, trigger_price="71000")
    assert kraken.order(txid)["descr"]["price"] == "71000.00"
    assert kraken.refused("AmendOrder", txid=txid, limit_price="72000") == "EOrder:Invalid limit price"


@pytest.mark.parametrize(
    ("call", "fields", "error"),
    [
        ("EditOrder", {"volume": "1"}, "EQuery:Unknown asset pair"),
        ("EditOrder", {"pair": "ETHUSD", "volume": "1"}, "EGeneral:Invalid arguments:pair"),
        ("EditOrder", {"pair": "XBTUSD", "volume": "0"}, "EGeneral:Invalid arguments:volume"),
        ("EditOrder", {"pair": "XBTUSD", "price": "60020", "oflags": "post"}, "EOrder:Post only order"),
        ("AmendOrder", {}, "EGeneral:Invalid arguments:order_qty"),
        ("AmendOrder", {"trigger_price": "1"}, "EOrder:Invalid trigger price"),
        ("AmendOrder", {"limit_price": "60020", "post_only": "true"}, "EOrder:Post only order"),
        ("AmendOrder", {"order_qty": "500"}, "EOrder:Insufficient funds"),
    ],
    ids=str,
)
def test_terms_that_are_refused_leave_the_order_as_it_was(
    kraken: Scene, call: str, fields: dict[str, str], error: str
) -> None:
    txid = kraken.place()
    before = kraken.order(txid)
    assert kraken.refused(call, txid=txid, **fields) == error
    assert kraken.order(txid) == before


# Lists


def test_an_order_is_shown_as_others_recorded_it(kraken: Scene) -> None:
    txid = kraken.place(ordertype="stop-loss-limit", price="70000", price2="71000.5", userref="-12")
    kraken.exchange.fill(txid, Decimal("0.125"), Decimal("70000.25"))
    order = kraken.read("QueryOrders", txid=txid, trades="true")[txid]
    [trade] = order.pop("trades")
    assert (trade[0], len(trade)) == ("T", len(txid))
    assert order == {
        "refid": None,
        "userref": -12,
        "status": "open",
        "opentm": OPENED_AT.timestamp(),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": "XBTUSD",
            "type": "buy",
            "ordertype": "stop-loss-limit",
            "price": "70000.00",
            "price2": "71000.50",
            "leverage": "none",
            "order": "buy 0.50000000 XBTUSD @ stop loss 70000.00 -> limit 71000.50",
            "close": "",
        },
        "vol": "0.50000000",
        "vol_exec": "0.12500000",
        "cost": "8750.03125",
        "fee": "0.00000",
        "price": "70000.25000",
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq",
        "reason": None,
    }


def test_a_query_takes_a_list_and_leaves_out_what_is_nobodys(kraken: Scene) -> None:
    first, second = kraken.place(), kraken.place(userref="1")
    named = f"{second},{NEVER_MADE},{first}"
    assert list(kraken.read("QueryOrders", txid=named)) == [second, first]
    assert list(kraken.read("QueryOrders", txid=named, userref="1")) == [second]
    assert kraken.read("QueryOrders", txid=first, cl_ord_id="other") == {}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "EGeneral:Invalid arguments"),
        ({"cl_ord_id": "mine"}, "EGeneral:Invalid arguments"),
        ({"txid": ",".join([NEVER_MADE] * 51)}, "EGeneral:Invalid arguments"),
        ({"txid": "OFAKE-XXXXX-XXXXX"}, "EOrder:Invalid order"),
        ({"txid": "*"}, "EOrder:Invalid order"),
    ],
    ids=str,
)
def test_a_query_needs_txids(kraken: Scene, fields: dict[str, str], error: str) -> None:
    assert kraken.refused("QueryOrders", **fields) == error


def test_open_orders_and_closed_ones_are_two_lists(kraken: Scene) -> None:
    resting, filled = kraken.place(cl_ord_id="one"), kraken.place(ordertype="market", userref="5")
    assert list(kraken.read("OpenOrders")["open"]) == [resting]
    closed = kraken.read("ClosedOrders", trades="true")
    assert (list(closed["closed"]), closed["count"]) == ([filled], 1)
    assert closed["closed"][filled]["closetm"] == OPENED_AT.timestamp()
    assert kraken.read("OpenOrders", cl_ord_id="two") == {"open": {}}
    assert list(kraken.read("OpenOrders", cl_ord_id="one")["open"]) == [resting]
    assert kraken.read("ClosedOrders", userref="6") == {"closed": {}, "count": 0}
    assert kraken.read("ClosedOrders", userref="5")["count"] == 1


def test_closed_orders_come_in_pages_of_fifty_what_ended_last_first(kraken: Scene) -> None:
    txids = []
    for _ in range(51):
        txids.append(kraken.place(ordertype="market", volume="0.001"))
        kraken.exchange.advance(1)
    first, second = kraken.read("ClosedOrders"), kraken.read("ClosedOrders", ofs="50")
    assert (first["count"], second["count"]) == (51, 51)
    assert [*first["closed"], *second["closed"]] == txids[::-1]
    assert kraken.read("ClosedOrders", ofs="51")["closed"] == {}


@pytest.mark.parametrize(
    ("bounds", "is_shown"),
    [
        ({"start": unix(1)}, True),
        ({"start": unix(3)}, False),
        ({"end": unix(1)}, True),
        ({"end": unix(-1)}, False),
        ({"start": unix(1), "closetime": "open"}, False),
        ({"end": unix(1), "closetime": "close"}, False),
        ({"start": unix(1), "end": unix(2), "closetime": "close"}, True),
        ({"start": unix(2), "closetime": "close"}, False),
    ],
    ids=str,
)
def test_closed_orders_are_bounded_by_when_they_began_or_ended(
    kraken: Scene, bounds: dict[str, str], *, is_shown: bool
) -> None:
    txid = kraken.place()
    kraken.exchange.advance(2 * 86_400)
    kraken.read("CancelOrder", txid=txid)
    assert (txid in kraken.read("ClosedOrders", **bounds)["closed"]) is is_shown


def test_another_customers_orders_are_shown_nowhere(kraken: Scene) -> None:
    txid = kraken.place()
    reply = kraken.ask("QueryOrders", api_key=OTHER_API_KEY, txid=txid)
    assert json.loads(reply.body) == {"error": [], "result": {}}
    assert kraken.refused("CancelOrder", api_key=OTHER_API_KEY, txid=txid) == "EOrder:Invalid order"


def test_what_kraken_does_not_trade_is_shown_nowhere(kraken: Scene) -> None:
    stock = kraken.exchange.place(ACCOUNT, buy(limit="50")).brokerage_order_id
    kraken.exchange.place(ACCOUNT, buy())
    assert kraken.read("OpenOrders") == {"open": {}}
    assert kraken.refused("CancelOrder", txid=stock) == "EOrder:Invalid order"
    assert list(kraken.read("Balance")) == ["ZUSD"]
    assert kraken.exchange.order(ACCOUNT, stock).status is OrderStatus.NEW


# Money


def test_balances_are_texts_and_say_what_orders_hold(kraken: Scene) -> None:
    kraken.place(ordertype="market")
    kraken.place(type="sell", price="90000", volume="0.2")
    kraken.place(volume="0.1")
    assert kraken.read("Balance") == {"ZUSD": "69995.0000", "XXBT": "0.5000000000"}
    assert kraken.read("BalanceEx") == {
        "ZUSD": {"balance": "69995.0000", "hold_trade": "5000.0000"},
        "XXBT": {"balance": "0.5000000000", "hold_trade": "0.2000000000"},
    }
    assert kraken.read("TradeBalance")["eb"] == "99997.5000"
    assert kraken.refused("TradeBalance", asset="XYZ") == "EQuery:Unknown asset"
    assert kraken.read("OpenPositions") == {}
    assert kraken.read("OpenPositions", consolidation="market") == []


# What anybody may know


def test_what_is_public_needs_no_key(kraken: Scene) -> None:
    assert kraken.see("Time") == {
        "unixtime": int(OPENED_AT.timestamp()),
        "rfc1123": "Mon, 02 Mar 26 15:00:00 +0000",
    }
    assert kraken.see("SystemStatus")["status"] == "online"
    assert set(kraken.see("Assets")) == {"ZUSD", "XXBT", "XETH", "SOL", "XLTC", "XXDG"}
    assert list(kraken.see("Assets?asset=XBT")) == ["XXBT"]
    assert len(kraken.see("AssetPairs")) == 5
    [(name, pair)] = kraken.see("AssetPairs?pair=XBTUSD").items()
    assert (name, pair["wsname"], pair["base"], pair["quote"]) == ("XXBTZUSD", "XBT/USD", "XXBT", "ZUSD")
    ticker = kraken.see("Ticker?pair=XXBTZUSD")["XXBTZUSD"]
    assert (ticker["b"][0], ticker["a"][0], ticker["c"][0]) == ("60000.00000", "60010.00000", "60005.00000")


@pytest.mark.parametrize("path", ["AssetPairs?pair=XBTEUR", "Ticker?pair=AAPL", "Assets?asset=AAPL"])
def test_what_is_not_listed_is_unknown(kraken: Scene, path: str) -> None:
    reply = kraken.send(Request("GET", f"/0/public/{path}"), "")
    [error] = json.loads(reply.body)["error"]
    assert error.startswith("EQuery:Unknown asset")


def test_a_key_without_an_account_is_invalid(kraken: Scene) -> None:
    assert kraken.refused("Balance", api_key="nobody") == "EAPI:Invalid key"


# Faults that are said in Kraken's words


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        (FaultKind.RATE_LIMITED, 200, "EAPI:Rate limit exceeded"),
        (FaultKind.ERROR_500_NOT_DONE, 500, "EGeneral:Internal error"),
    ],
)
def test_what_goes_wrong_before_is_a_text_too(
    kraken: Scene, kind: FaultKind, status: int, error: str
) -> None:
    kraken.faults.declare("*", kind)
    reply = kraken.ask("Balance")
    assert (reply.status, json.loads(reply.body)) == (status, {"error": [error]})


def test_each_kind_of_list_lags_by_itself(kraken: Scene) -> None:
    resting, filled = kraken.place(), kraken.place(ordertype="market")
    kraken.faults.declare("list", FaultKind.LIST_LAGS)
    assert kraken.read("OpenOrders") == {"open": {}, "closed": {}, "count": 0}
    kraken.read("OpenOrders")
    kraken.read("ClosedOrders")
    kraken.place()
    kraken.faults.declare("list", FaultKind.LIST_LAGS, times=2)
    assert list(kraken.read("OpenOrders")["open"]) == [resting]
    assert list(kraken.read("ClosedOrders")["closed"]) == [filled]


def test_a_reply_about_another_order_names_none_of_the_true_ones(kraken: Scene) -> None:
    txid = kraken.place()
    kraken.faults.declare("*", FaultKind.OTHER_ORDER, times=None)
    named: list[Any] = [
        *kraken.read("AddOrder", **ORDER)["txid"],
        *kraken.read("OpenOrders")["open"],
        *kraken.read("QueryOrders", txid=txid),
        kraken.read("EditOrder", txid=txid, pair="XBTUSD", volume="0.4")["originaltxid"],
        *kraken.read("ClosedOrders")["closed"],
    ]
    assert len(named) == 6
    assert not {order.brokerage_order_id for order in kraken.exchange.orders(ACCOUNT, OPENED_AT)} & set(named)
    assert {name[:-1] for name in named} >= {txid[:-1]}
