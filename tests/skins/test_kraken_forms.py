"""What Kraken's face makes of orders and new terms, and what it says no to."""

import json
from decimal import Decimal

import pytest

from nostro.brokers.transport import Request
from nostro.domain.order import TimeInForce
from tests.sim.market import ACCOUNT, OPENED_AT

from .kraken_scene import ORDER, Scene, unix

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
        ({"volume": "1e99"}, "EGeneral:Invalid arguments:volume"),
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
        ("EditOrder", {"txid": "", "cl_ord_id": "mine", "pair": "XBTUSD"}, "EGeneral:Invalid arguments"),
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
    txid = kraken.place(cl_ord_id="mine")
    before = kraken.order(txid)
    assert kraken.refused(call, **{"txid": txid} | fields) == error
    assert kraken.order(txid) == before
