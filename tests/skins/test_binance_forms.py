"""Binance's face in its own words: parameters, answers, and what it says no with."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from nostro.domain.order import TimeInForce
from nostro.sim.faults import FaultKind
from tests.sim.market import ACCOUNT, OPENED_AT, buy

from .binance_scene import MARKET, ORDER, UNKNOWN_ORDER, Scene, refused, taken

OPENED_MS = 1_772_463_600_000
HOUR_S = 3600
DAY_S = 24 * HOUR_S


@pytest.fixture
def binance() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


# Answers


def test_a_limit_order_is_answered_in_full(binance: Scene) -> None:
    placed = binance.place(newClientOrderId="mine-1")
    order_id = placed.pop("orderId")
    assert isinstance(order_id, int)
    assert placed == {
        "symbol": "BTCUSD",
        "orderListId": -1,
        "clientOrderId": "mine-1",
        "transactTime": OPENED_MS,
        "price": "50000.00000000",
        "origQty": "0.50000000",
        "executedQty": "0.00000000",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "NEW",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "side": "BUY",
        "selfTradePreventionMode": "NONE",
        "workingTime": OPENED_MS,
        "fills": [],
    }


def test_a_query_shows_when_an_order_came_and_whether_it_works(binance: Scene) -> None:
    order_id = binance.place(newClientOrderId="mine-1")["orderId"]
    order = binance.order(order_id)
    assert order == binance.read("order", symbol="BTCUSD", origClientOrderId="mine-1")
    assert "transactTime" not in order
    assert "fills" not in order
    shown = {name: order[name] for name in ("stopPrice", "icebergQty", "time", "updateTime", "isWorking")}
    assert shown == {
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": OPENED_MS,
        "updateTime": OPENED_MS,
        "isWorking": True,
    }


def test_a_market_order_fills_in_one_trade(binance: Scene) -> None:
    placed = taken(binance.ask("POST", "order", **MARKET))
    assert (placed["status"], placed["timeInForce"], placed["price"]) == ("FILLED", "GTC", "0.00000000")
    assert (placed["executedQty"], placed["cummulativeQuoteQty"]) == ("0.50000000", "47500.50000000")
    [fill] = placed["fills"]
    assert (fill["price"], fill["qty"], fill["commissionAsset"]) == ("95001.00000000", "0.50000000", "BTC")
    [trade] = binance.read("myTrades", symbol="BTCUSD")
    assert (trade["orderId"], trade["id"]) == (placed["orderId"], fill["tradeId"])
    assert (trade["price"], trade["quoteQty"]) == ("95001.00000000", "47500.50000000")
    assert trade["isBuyer"]
    assert binance.read("myTrades", symbol="ETHUSD") == []
    assert binance.read("myTrades", symbol="BTCUSD", orderId=1) == []


def test_an_order_by_value_shows_its_value_and_what_that_bought(binance: Scene) -> None:
    placed = binance.place(type="MARKET", timeInForce=None, price=None, quantity=None, quoteOrderQty="950.01")
    order = binance.order(placed["orderId"])
    assert (order["origQuoteOrderQty"], order["cummulativeQuoteQty"]) == ("950.01000000", "950.01000000")
    assert order["origQty"] == order["executedQty"] == "0.01000000"


def test_an_order_by_value_keeps_to_the_step_of_its_pair(binance: Scene) -> None:
    [pair] = binance.read("exchangeInfo", symbol="BTCUSD")["symbols"]
    [lot] = [row for row in pair["filters"] if row["filterType"] == "LOT_SIZE"]
    placed = binance.place(type="MARKET", timeInForce=None, price=None, quantity=None, quoteOrderQty="250")
    assert (placed["executedQty"], placed["cummulativeQuoteQty"]) == ("0.00263155", "249.99988155")
    assert Decimal(placed["executedQty"]) % Decimal(lot["stepSize"]) == 0
    [btc] = [row for row in binance.read("account")["balances"] if row["asset"] == "BTC"]
    assert btc["free"] == placed["executedQty"]


def test_a_stop_order_is_answered_with_its_name_and_works_once_it_is_reached(binance: Scene) -> None:
    placed = binance.place(type="STOP_LOSS_LIMIT", stopPrice="96000", price="96100")
    assert set(placed) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    waiting = binance.order(placed["orderId"])
    assert (waiting["type"], waiting["stopPrice"]) == ("STOP_LOSS_LIMIT", "96000.00000000")
    assert (waiting["isWorking"], waiting["workingTime"]) == (False, -1)
    binance.exchange.advance(1)
    binance.exchange.set_quote("BTC/USD", Decimal(96_999), Decimal(97_000))
    reached = binance.order(placed["orderId"])
    assert (reached["status"], reached["isWorking"]) == ("NEW", True)
    assert reached["workingTime"] == OPENED_MS + 1000


@pytest.mark.parametrize(("kind", "more"), [("ACK", set()), ("RESULT", {"status", "workingTime"})])
def test_a_new_order_is_answered_as_fully_as_was_asked(binance: Scene, kind: str, more: set[str]) -> None:
    placed = binance.place(newOrderRespType=kind)
    assert "fills" not in placed
    assert ({"status", "workingTime"} & placed.keys()) == more


@pytest.mark.parametrize(
    ("tif", "reason"),
    [("IOC", "UNFILLED_IOC_QUANTITY_EXPIRED"), ("FOK", "UNFILLED_FOK_ORDER_EXPIRED")],
)
def test_what_cannot_trade_at_once_has_expired_and_was_not_canceled(
    binance: Scene, tif: str, reason: str
) -> None:
    placed = binance.place(timeInForce=tif)
    assert (placed["status"], placed["expiryReason"]) == ("EXPIRED", reason)
    assert binance.order(placed["orderId"])["status"] == "EXPIRED"


def test_a_client_order_id_is_made_where_none_is_sent_and_each_time_another(binance: Scene) -> None:
    made = {binance.place()["clientOrderId"], binance.place()["clientOrderId"]}
    assert len(made) == 2
    assert all(len(each) == 22 for each in made)


# New orders


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": None}, -1102),
        ({"symbol": "btcusd"}, -1100),
        ({"symbol": "BTC/USD"}, -1100),
        ({"symbol": "BTCUSDT"}, -1121),
        ({"symbol": "AAPL"}, -1121),
        ({"side": None}, -1102),
        ({"side": "buy"}, -1117),
        ({"type": "limit"}, -1116),
        ({"type": "LIMIT_MAKER"}, -1116),
        ({"type": "TAKE_PROFIT"}, -1013),
        ({"icebergQty": "0.1"}, -1013),
        ({"timeInForce": None}, -1102),
        ({"timeInForce": "GTD"}, -1115),
        ({"type": "MARKET", "price": None}, -1106),
        ({"type": "STOP_LOSS_LIMIT", "stopPrice": "96000", "timeInForce": "IOC"}, -1014),
        ({"stopPrice": "40000"}, -1106),
        ({"quoteOrderQty": "100"}, -1106),
        ({"quantity": None}, -1102),
        ({"type": "MARKET", "quantity": None, "price": None, "timeInForce": None}, -1102),
        ({"quantity": "-1"}, -1100),
        ({"quantity": "1e3"}, -1100),
        ({"quantity": "NaN"}, -1100),
        ({"quantity": "0.123456789"}, -1111),
        ({"quantity": "0"}, -1013),
        ({"price": "50000.001"}, -1013),
        ({"price": "2000000"}, -1013),
        ({"quantity": "0.00001"}, -1013),
        ({"newClientOrderId": "a.b"}, -1100),
        ({"newClientOrderId": "a" * 37}, -1100),
        ({"newOrderRespType": "SOME"}, -1130),
        ({"timeInforce": "GTC"}, -1104),
        ({"quantity": "3"}, -2010),
        ({"side": "SELL", "price": "99000"}, -2010),
        ({"type": "STOP_LOSS", "stopPrice": "95001", "price": None, "timeInForce": None}, -2010),
    ],
    ids=str,
)
def test_what_is_refused_has_its_code_and_places_nothing(
    binance: Scene, changes: dict[str, Any], code: int
) -> None:
    fields = {name: value for name, value in (ORDER | changes).items() if value is not None}
    assert refused(binance.ask("POST", "order", **fields))[:2] == (400, code)
    assert binance.exchange.orders(ACCOUNT, OPENED_AT) == []


def test_refusals_of_the_matching_engine_have_its_sentences(binance: Scene) -> None:
    huge = binance.ask("POST", "order", **ORDER | {"quantity": "900000000"})
    assert refused(huge)[2] == "Account has insufficient balance for requested action."
    stop = {"type": "STOP_LOSS", "side": "SELL", "symbol": "BTCUSD", "quantity": "1", "stopPrice": "95000"}
    assert refused(binance.ask("POST", "order", **stop))[2] == "Order would trigger immediately."


def test_a_client_order_id_is_free_again_when_its_order_has_ended(binance: Scene) -> None:
    first = binance.place(newClientOrderId="mine-1")
    again = binance.ask("POST", "order", **ORDER, newClientOrderId="mine-1")
    assert refused(again) == (400, -2010, "Duplicate order sent.")
    binance.ask("DELETE", "order", symbol="BTCUSD", orderId=first["orderId"])
    second = binance.place(newClientOrderId="mine-1")
    assert binance.read("order", symbol="BTCUSD", origClientOrderId="mine-1")["orderId"] == second["orderId"]


def test_a_test_order_is_judged_and_not_placed(binance: Scene) -> None:
    assert taken(binance.ask("POST", "order/test", **ORDER)) == {}
    assert refused(binance.ask("POST", "order/test", **ORDER | {"side": "UP"}))[1] == -1117
    assert binance.read("allOrders", symbol="BTCUSD") == []


def test_the_query_counts_where_the_body_says_something_else(binance: Scene) -> None:
    placed = taken(binance.ask("POST", "order?price=41000", **ORDER))
    assert placed["price"] == "41000.00000000"


# Lists


def test_open_orders_are_those_of_one_pair_or_of_all(binance: Scene) -> None:
    bitcoin = binance.place()["orderId"]
    ether = binance.place(symbol="ETHUSD", price="1000")["orderId"]
    taken(binance.ask("POST", "order", **MARKET))
    assert [row["orderId"] for row in binance.read("openOrders")] == [bitcoin, ether]
    assert [row["orderId"] for row in binance.read("openOrders", symbol="ETHUSD")] == [ether]


def test_only_pairs_are_shown(binance: Scene) -> None:
    stock = binance.exchange.place(ACCOUNT, buy(limit="50"))
    assert binance.read("openOrders") == []
    named = {"symbol": "BTCUSD", "orderId": stock.brokerage_order_id}
    assert refused(binance.ask("DELETE", "order", **named)) == UNKNOWN_ORDER


def test_all_orders_are_the_latest_in_the_sequence_of_time(binance: Scene) -> None:
    ids = [binance.place()["orderId"] for _ in range(3)]
    binance.ask("DELETE", "order", symbol="BTCUSD", orderId=ids[0])
    assert [row["orderId"] for row in binance.read("allOrders", symbol="BTCUSD")] == ids
    assert [row["orderId"] for row in binance.read("allOrders", symbol="BTCUSD", limit=2)] == ids[1:]
    assert binance.read("allOrders", symbol="ETHUSD") == []
    assert refused(binance.ask("GET", "allOrders"))[1] == -1102


def test_from_an_id_on_there_are_all_greater_ids_page_by_page(binance: Scene) -> None:
    ids = sorted(binance.place(quantity="0.1")["orderId"] for _ in range(5))
    seen: list[int] = []
    page = binance.read("allOrders", symbol="BTCUSD", orderId=0, limit=2)
    while page:
        seen += [row["orderId"] for row in page]
        page = binance.read("allOrders", symbol="BTCUSD", orderId=seen[-1] + 1, limit=2)
    assert seen == ids


def test_from_a_time_on_there_are_the_oldest_first(binance: Scene) -> None:
    early = binance.place()["orderId"]
    binance.exchange.advance(HOUR_S)
    later = [binance.place()["orderId"], binance.place()["orderId"]]
    start = OPENED_MS + HOUR_S * 1000
    rows = binance.read("allOrders", symbol="BTCUSD", startTime=start, limit=1)
    assert [row["orderId"] for row in rows] == later[:1]
    rows = binance.read("allOrders", symbol="BTCUSD", endTime=start * 1000 - 1)
    assert [row["orderId"] for row in rows] == [early]
    long = binance.ask("GET", "allOrders", symbol="BTCUSD", startTime=0, endTime=start)
    assert refused(long) == (400, -1127, "More than 24 hours between startTime and endTime.")
    empty = binance.ask("GET", "allOrders", symbol="BTCUSD", startTime=start, endTime=start)
    assert refused(empty)[1] == -1102
    assert refused(binance.ask("GET", "allOrders", symbol="BTCUSD", startTime=10**19))[1] == -1108


def test_an_order_for_the_day_is_shown_with_a_time_in_force_that_exists_here(binance: Scene) -> None:
    day = binance.exchange.place(ACCOUNT, buy("1", "BTC/USD", limit="50000", tif=TimeInForce.DAY))
    assert binance.order(day.brokerage_order_id)["timeInForce"] == "GTC"
    binance.exchange.advance(DAY_S)
    assert binance.order(day.brokerage_order_id)["status"] == "EXPIRED"


# The account and the market


def test_what_open_orders_need_is_locked(binance: Scene) -> None:
    taken(binance.ask("POST", "order", **MARKET))
    binance.place(quantity="0.1")
    binance.place(side="SELL", price="99000", quantity="0.2")
    account = binance.read("account")
    held = {row["asset"]: (row["free"], row["locked"]) for row in account["balances"]}
    assert held["BTC"] == ("0.30000000", "0.20000000")
    assert held["USD"] == ("47499.50000000", "5000.00000000")
    assert held["ETH"] == ("0.00000000", "0.00000000")
    assert (account["accountType"], account["canTrade"]) == ("SPOT", True)
    assert isinstance(account["uid"], int)
    some = binance.read("account", omitZeroBalances="true")["balances"]
    assert {row["asset"] for row in some} == {"BTC", "USD"}


def test_more_than_is_free_cannot_be_sold(binance: Scene) -> None:
    taken(binance.ask("POST", "order", **MARKET))
    binance.place(side="SELL", price="99000", quantity="0.4")
    again = {**ORDER, "side": "SELL", "price": "99000", "quantity": "0.2"}
    assert refused(binance.ask("POST", "order", **again))[1] == -2010
    by_value = {"symbol": "BTCUSD", "side": "SELL", "type": "MARKET", "quoteOrderQty": "9501"}
    assert refused(binance.ask("POST", "order", **by_value))[1] == -2010
    assert taken(binance.ask("POST", "order", **by_value | {"quoteOrderQty": "9500"}))["status"] == "FILLED"


def test_the_market_needs_no_key(binance: Scene) -> None:
    nobody = {"api_key": ""}
    assert taken(binance.ask("GET", "ping", **nobody)) == {}
    assert taken(binance.ask("GET", "time", **nobody)) == {"serverTime": OPENED_MS}
    price = taken(binance.ask("GET", "ticker/price", symbol="BTCUSD", **nobody))
    assert price == {"symbol": "BTCUSD", "price": "95000.50000000"}
    assert price in taken(binance.ask("GET", "ticker/price", **nobody))
    binance.exchange.advance(3600)  # requests are judged by the wall's clock still
    assert taken(binance.ask("GET", "time", **nobody)) == {"serverTime": OPENED_MS}
    [book] = taken(binance.ask("GET", "ticker/bookTicker", symbols='["BTCUSD"]', **nobody))
    assert (book["bidPrice"], book["askPrice"]) == ("95000.00000000", "95001.00000000")
    assert refused(binance.ask("GET", "account", **nobody))[:2] == (401, -2015)


def test_pairs_have_the_rules_that_orders_are_held_to(binance: Scene) -> None:
    symbols = binance.read("exchangeInfo")["symbols"]
    assert {row["symbol"] for row in symbols} == {"BTCUSD", "ETHUSD", "SOLUSD", "LTCUSD", "DOGEUSD"}
    [dogecoin] = binance.read("exchangeInfo", symbol="DOGEUSD")["symbols"]
    assert (dogecoin["baseAsset"], dogecoin["quoteAsset"]) == ("DOGE", "USD")
    filters = {row["filterType"]: row for row in dogecoin["filters"]}
    tick = Decimal(filters["PRICE_FILTER"]["tickSize"])
    fields = {"symbol": "DOGEUSD", "quantity": "1000"}
    assert binance.place(**fields, price=str(10_000 * tick))["status"] == "NEW"
    half = {**ORDER, **fields, "price": str(10_000 * tick + tick / 2)}
    assert refused(binance.ask("POST", "order", **half)) == (400, -1013, "Filter failure: PRICE_FILTER")
    assert dogecoin["permissionSets"] == [["SPOT"]]
    [hidden] = binance.read("exchangeInfo", symbols='["DOGEUSD"]', showPermissionSets="false")["symbols"]
    assert hidden == dogecoin | {"permissionSets": []}
    assert refused(binance.ask("GET", "exchangeInfo", symbols="[1"))[1] == -1100
    assert refused(binance.ask("GET", "exchangeInfo", symbols='["NOSUCH"]')) == (
        400,
        -1121,
        "Invalid symbol.",
    )


def test_too_many_requests_are_told_when_to_come_again(binance: Scene) -> None:
    binance.faults.declare("*", FaultKind.RATE_LIMITED)
    reply = binance.ask("DELETE", "order", symbol="BTCUSD", orderId=1)
    assert refused(reply)[:2] == (429, -1003)
    assert int(reply.headers["retry-after"]) > 0
