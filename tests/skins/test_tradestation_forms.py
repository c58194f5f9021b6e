"""TradeStation's face in its own words: placing, groups, and what it refuses."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from nostro.brokers.transport import Request
from nostro.domain.order import TimeInForce
from tests.sim.market import ACCOUNT, buy

from .tradestation_scene import (
    CALL,
    CHANGES,
    GROUPS,
    HIGHER_CALL,
    MARKET,
    NAME,
    ORDER,
    OTHER_NAME,
    SECOND_NAME,
    SELL,
    SPREAD,
    STOP,
    Scene,
    bad,
    leg,
    said,
)


@pytest.fixture
def station() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


# Placing


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, {"OrderType": "Limit", "LimitPrice": "50.25", "Duration": "DAY", "Status": "ACK"}),
        ({"TimeInForce": {"Duration": "Day"}}, {"Duration": "DAY"}),
        ({"TimeInForce": {"Duration": "DYP"}}, {"Duration": "DAY+"}),
        (
            {"TimeInForce": {"Duration": "GTC"}},
            {"Duration": "GTC", "GoodTillDate": "2026-05-31T00:00:00Z"},
        ),
        (
            {"TimeInForce": {"Duration": "GDP", "Expiration": "2026-03-20T23:30:00Z"}},
            {"Duration": "GTD+", "GoodTillDate": "2026-03-20T00:00:00Z"},
        ),
        ({"TimeInForce": {"Duration": "FOK"}}, {"Duration": "FOK", "Status": "OUT"}),
        (MARKET, {"OrderType": "Market", "Status": "FLL"}),
        (STOP, {"OrderType": "StopMarket", "StopPrice": "40", "AdvancedOptions": "STPTRG=STT;"}),
        (
            STOP | {"OrderType": "StopLimit", "LimitPrice": 39.5},
            {"OrderType": "StopLimit", "StopPrice": "40", "LimitPrice": "39.5"},
        ),
    ],
    ids=str,
)
def test_an_order_is_shown_as_it_was_placed(
    station: Scene, changes: dict[str, Any], shown: dict[str, str]
) -> None:
    order = station.order(station.place(**changes))
    assert order | shown == order


def test_an_order_good_through_a_date_ends_on_it(station: Scene) -> None:
    order_id = station.place(TimeInForce={"Duration": "GTD", "Expiration": "2026-03-03T09:00:00Z"})
    order = station.exchange.order(ACCOUNT, order_id)
    assert (order.time_in_force, order.expires_at) == (TimeInForce.GTD, datetime(2026, 3, 3, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("symbol", "action", "shown"),
    [
        ("AAPL", "Buy", ("STOCK", "Buy", "Open")),
        ("SPY", "BUYTOCOVER", ("STOCK", "BuyToCover", "Close")),
        ("aapl", "SELL", ("STOCK", "Sell", "Close")),
        ("AAPL", "SellShort", ("STOCK", "SellShort", "Open")),
        (CALL, "BuyToOpen", ("STOCKOPTION", "Buy", "Open")),
        (CALL, "SELLTOOPEN", ("STOCKOPTION", "Sell", "Open")),
        (CALL, "BUYTOCLOSE", ("STOCKOPTION", "Buy", "Close")),
        ("AAPL 260320P102.5", "SELLTOCLOSE", ("STOCKOPTION", "Sell", "Close")),
        ("ESZ26", "BUY", ("FUTURE", "Buy", "Open")),
        ("CLF27", "SELL", ("FUTURE", "Sell", "Close")),
    ],
    ids=str,
)
def test_a_leg_says_what_is_traded_and_how(
    station: Scene, symbol: str, action: str, shown: tuple[str, ...]
) -> None:
    price = "900000" if action.upper().startswith("SELL") else "0.05"
    order = station.order(station.place(Symbol=symbol, TradeAction=action, LimitPrice=price, Quantity=1))
    [row] = order["Legs"]
    assert (row["AssetType"], row["BuyOrSell"], row["OpenOrClose"]) == shown
    assert row["Symbol"] == symbol.upper()


def test_an_option_says_which_series_it_is(station: Scene) -> None:
    order_id = station.place(Symbol=None, Quantity=None, TradeAction=None, Legs=[leg(CALL, "BUYTOOPEN")])
    station.exchange.fill(order_id)
    assert station.order(order_id)["Legs"][0] == {
        "AssetType": "STOCKOPTION",
        "BuyOrSell": "Buy",
        "ExecQuantity": "2",
        "ExecutionPrice": "50.25",
        "ExpirationDate": "2026-03-20T00:00:00Z",
        "OpenOrClose": "Open",
        "OptionType": "CALL",
        "QuantityOrdered": "2",
        "QuantityRemaining": "0",
        "StrikePrice": "100",
        "Symbol": CALL,
        "Underlying": "AAPL",
    }


@pytest.mark.parametrize("price", ["0.05", "-900", "0"])
def test_several_legs_have_one_price_that_is_negative_for_a_credit(station: Scene, price: str) -> None:
    legs = [leg(CALL, "SELLTOOPEN", "4"), leg(HIGHER_CALL, "BUYTOOPEN")]
    order = station.order(station.place(**SPREAD | {"LimitPrice": price, "Legs": legs}))
    assert (order["LimitPrice"], order["OrderType"]) == (price, "Limit")
    assert [row["QuantityOrdered"] for row in order["Legs"]] == ["4", "2"]


def test_a_credit_is_filled_at_a_negative_price(station: Scene) -> None:
    legs = [leg(CALL, "SELLTOOPEN"), leg(HIGHER_CALL, "BUYTOOPEN")]
    order_id = station.place(**SPREAD | {"LimitPrice": "-50", "Legs": legs})
    station.exchange.fill(order_id)
    order = station.order(order_id)
    assert (order["Status"], order["FilledPrice"]) == ("FLL", "-50")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AccountID": None}, "Expected `str`, got `null` - at `$.AccountID`"),
        ({"OrderType": "TrailingStop"}, "OrderType 'TrailingStop' is not valid."),
        ({"TimeInForce": {"Duration": "OPG"}}, "Duration 'OPG' is not valid."),
        ({"TimeInForce": {}}, "Object missing required field `Duration` - at `$.TimeInForce`"),
        ({"TimeInForce": {"Duration": "GTD"}}, "Expiration is required, with a time and its zone."),
        ({"TradeAction": "BUYTOOPEN"}, "TradeAction 'BUYTOOPEN' is not valid."),
        ({"Symbol": "ESZ26", "TradeAction": "SELLSHORT"}, "TradeAction 'SELLSHORT' is not valid."),
        ({"Symbol": None}, "Symbol, Quantity and TradeAction are required."),
        ({"Quantity": "1.5"}, "Quantity must be a whole number above zero."),
        ({"Quantity": "0"}, "Quantity must be a whole number above zero."),
        ({"OrderConfirmID": "x" * 23}, "OrderConfirmID has at most 22 characters."),
    ],
    ids=str,
)
def test_a_body_that_is_not_an_order_is_a_bad_request(
    station: Scene, changes: dict[str, Any], words: str
) -> None:
    assert said(station.ask("POST", CHANGES, ORDER | changes)) == bad(words)
    assert station.count() == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"AccountID": 7}', b'{"Orders": [1]}'])
@pytest.mark.parametrize("path", [CHANGES, GROUPS])
def test_a_body_that_is_nothing_is_a_bad_request(station: Scene, path: str, body: bytes) -> None:
    status, document = said(station.send(Request("POST", path, body)))
    assert (status, document["Error"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Symbol": "NOSUCH"}, "Unknown symbol: NOSUCH."),
        ({"Symbol": "BTC/USD"}, "Unknown symbol: BTC/USD."),
        ({"Symbol": "ESZ6"}, "Unknown symbol: ESZ6."),
        ({"Symbol": "AAPL  260320C00100000"}, "Unknown symbol: AAPL  260320C00100000."),
        ({"Symbol": "AAPL 260229C100"}, "Unknown symbol: AAPL 260229C100."),
        ({"LimitPrice": None}, "An order of this type needs a limit price."),
        ({"OrderType": "Market"}, "An order of this type has no limit price."),
        ({"LimitPrice": "-1"}, "The limit price must be positive."),
        ({"AdvancedOptions": {"AllOrNone": True}}, "Advanced options are not taken here."),
        ({"OSOs": [{"Type": "BRK", "Orders": [ORDER]}]}, "1 orders of type BRK are not taken here."),
        ({"OSOs": [{"Type": "NORMAL", "Orders": [ORDER]}] * 2}, "An order sends one group of orders here."),
        (SPREAD | {"OrderType": "StopLimit", "StopPrice": 1}, "A multi-leg order is a market or a limit"),
    ],
    ids=str,
)
def test_a_refused_order_is_an_error_of_a_success(
    station: Scene, changes: dict[str, Any], reason: str
) -> None:
    status, document = said(station.ask("POST", CHANGES, ORDER | changes))
    [error] = document["Errors"]
    assert (status, document["Orders"], error["Error"]) == (200, [], "FAILED")
    assert error["Message"].startswith(f"Order failed. Reason: {reason}")
    assert station.count() == 0


def test_an_order_without_money_stands_among_the_orders_and_is_none(station: Scene) -> None:
    status, document = said(station.ask("POST", CHANGES, ORDER | {"Quantity": "900000"}))
    [failed] = document["Orders"]
    assert (status, list(document), failed["Error"]) == (200, ["Orders"], "FAILED")
    assert "enough buying power" in failed["Message"]
    assert station.read(f"/v3/brokerage/accounts/{NAME}/orders/{failed['OrderID']}")["Orders"] == []
    assert station.count() == 0


def test_an_order_that_says_what_it_is_not_is_taken(station: Scene) -> None:
    assert station.place(AdvancedOptions={"AllOrNone": False, "TrailingStop": None})


@pytest.mark.parametrize("name", [OTHER_NAME, ACCOUNT, "x"])
def test_an_order_for_a_foreign_account_is_forbidden(station: Scene, name: str) -> None:
    forbidden = (403, {"Error": "Forbidden", "Message": "Invalid Account ID."})
    assert said(station.ask("POST", CHANGES, ORDER | {"AccountID": name})) == forbidden


def test_a_confirmation_can_be_used_once(station: Scene) -> None:
    station.place(OrderConfirmID="once")
    for name in (NAME, SECOND_NAME):
        again = ORDER | {"OrderConfirmID": "once", "AccountID": name}
        _, document = said(station.ask("POST", CHANGES, again))
        [error] = document["Errors"]
        assert error["Message"] == "Order failed. Reason: OrderConfirmID was used before."
    assert station.count() == 1
    assert station.place() != station.place()


def test_a_confirmation_costs_nothing_yet(station: Scene) -> None:
    [shown] = json.loads(station.ask("POST", "/v3/orderexecution/orderconfirm", ORDER).body)["Confirmations"]
    assert (shown["EstimatedPrice"], shown["EstimatedCost"]) == ("50.25", "502.5")
    assert (shown["SummaryMessage"], shown["AccountID"]) == ("Buy 10 AAPL @ 50.25 Limit", NAME)
    assert station.count() == 0
    assert station.place(OrderConfirmID=shown["OrderConfirmID"])
    too_much = ORDER | {"Quantity": "900000"}
    reply = station.ask("POST", "/v3/orderexecution/orderconfirm", too_much)
    assert said(reply) == bad("You do not have enough buying power to enter this order.")


# Groups


@pytest.mark.parametrize("kind", ["OCO", "BRK"])
def test_orders_of_a_group_cancel_each_other(station: Scene, kind: str) -> None:
    reply = station.ask("POST", GROUPS, {"Type": kind, "Orders": [SELL, STOP]})
    first, second = station.sent(reply)
    shown = station.order(second)
    assert shown["ConditionalOrders"] == [{"OrderID": first, "Relationship": "OCO"}]
    assert shown["GroupName"] == station.order(first)["GroupName"]
    assert shown["AdvancedOptions"] == f"STPTRG=STT;OCA={shown['GroupName'].removeprefix('OCO ')};"
    station.exchange.fill(first)
    assert station.order(second)["Status"] == "OUT"


def test_an_order_sends_another_when_it_is_filled(station: Scene) -> None:
    body = ORDER | {"OSOs": [{"Type": "NORMAL", "Orders": [SELL]}]}
    sender, sent = station.sent(station.ask("POST", CHANGES, body))
    assert station.order(sender)["ConditionalOrders"] == [{"OrderID": sent, "Relationship": "OSO"}]
    waiting = station.order(sent)
    assert (waiting["Status"], waiting["StatusDescription"]) == ("OSO", "OSO Order")
    assert waiting["ConditionalOrders"] == [{"OrderID": sender, "Relationship": "OSP"}]
    station.exchange.fill(sender)
    assert station.order(sent)["Status"] == "ACK"


def test_an_order_sends_a_bracket(station: Scene) -> None:
    body = ORDER | {"OSOs": [{"Type": "BRK", "Orders": [SELL, STOP]}]}
    sender, first, second = station.sent(station.ask("POST", CHANGES, body))
    assert station.order(first)["ConditionalOrders"] == [
        {"OrderID": sender, "Relationship": "OSP"},
        {"OrderID": second, "Relationship": "OCO"},
    ]


def test_a_normal_group_is_orders_apart(station: Scene) -> None:
    wrong = ORDER | {"Symbol": "NOSUCH"}
    bad_one = ORDER | {"OrderType": "TrailingStop"}
    second = ORDER | {"AccountID": SECOND_NAME}
    reply = station.ask("POST", GROUPS, {"Type": "NORMAL", "Orders": [ORDER, wrong, bad_one]})
    status, document = said(reply)
    assert (status, len(document["Orders"]), len(document["Errors"])) == (200, 1, 2)
    assert "GroupName" not in station.order(document["Orders"][0]["OrderID"])
    mixed = said(station.ask("POST", GROUPS, {"Type": "OCO", "Orders": [SELL, second]}))[1]
    assert mixed["Errors"][0]["Message"].endswith("Orders of a group are of one account.")


def test_orders_placed_elsewhere_are_shown(station: Scene) -> None:
    old = station.exchange.place(ACCOUNT, buy(limit="50"))
    station.exchange.reject(old.brokerage_order_id)
    order = station.order(old.brokerage_order_id)
    assert (order["Status"], order["RejectReason"]) == ("REJ", "told")
