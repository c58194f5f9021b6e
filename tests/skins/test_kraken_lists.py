"""Kraken's face in its own words: lists, balances, what is public, and failures."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.transport import Request
from nostro.domain.order import OrderStatus
from nostro.sim.faults import FaultKind
from nostro.sim.skins.kraken.ids import iban_of
from tests.sim.market import ACCOUNT, API_KEY, OPENED_AT, OTHER_API_KEY, buy

from .kraken_scene import NEVER_MADE, ORDER, Scene, unix

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


@pytest.mark.parametrize(
    ("name", "value"),
    [("ofs", "-1"), ("ofs", "9" * 5000), ("closetime", "never"), ("start", "x"), ("end", "1e999")],
)
def test_a_bound_or_an_offset_that_is_none_is_named(kraken: Scene, name: str, value: str) -> None:
    error = kraken.refused("ClosedOrders", {name: value})
    assert error == f"EGeneral:Invalid arguments:{name}"


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


# Who asks


def test_a_key_says_whose_account_it_is_for_and_what_it_may(kraken: Scene) -> None:
    key = kraken.read("GetApiKeyInfo", nonce="1772627060997")
    iban = key.pop("iban")
    assert re.fullmatch("AA[0-9]{2}( [A-Z0-9]{4}){3}", iban)
    assert key == {
        "apiKeyName": API_KEY,
        "apiKey": API_KEY,
        "nonce": "1772627060997",
        "nonceWindow": 0,
        "permissions": [
            "query-funds",
            "query-open-trades",
            "query-closed-trades",
            "modify-trades",
            "close-trades",
        ],
        "validUntil": "0",
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": "0",
        "modifiedTime": "0",
        "ipAllowlist": [],
        "lastUsed": unix(),
    }
    assert kraken.read("GetApiKeyInfo")["iban"] == iban
    others = json.loads(kraken.ask("GetApiKeyInfo", api_key=OTHER_API_KEY).body)["result"]
    assert others["iban"] != iban


@pytest.mark.parametrize("number", ["", "1", "10000001", "\u00e4", "x" * 99])
def test_the_number_of_an_account_has_the_check_digits_of_an_iban(number: str) -> None:
    iban = iban_of(number).replace(" ", "")
    moved = iban[4:] + iban[:4]
    assert (len(iban), int("".join(str(int(each, 36)) for each in moved)) % 97) == (16, 1)


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
