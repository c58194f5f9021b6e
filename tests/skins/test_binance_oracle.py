"""Binance's face, driven by ccxt over a socket: it signs, and reads every reply."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.sdk.install import install_oracle
from tests.server.world import Server, send

from .binance_scene import BINANCE
from .driven import ENDS_WITHIN_S, Driven, driven

KEY = "open-oracle"
PAIR = "BTC/USD"
SECOND_MS = 1000


@dataclass(frozen=True, slots=True)
class Exchange:
    package: Driven
    url: str
    folder: Path

    def call(self, name: str, *args: Any, **params: Any) -> Any:
        answer = self.package.ask(call=name, args=args, params=params)
        assert "body" in answer, answer
        return answer["body"]

    def fails(self, name: str, *args: Any, **params: Any) -> tuple[str, dict[str, Any]]:
        """Return the name of what ccxt raises, and the JSON that it had from the exchange."""
        answer = self.package.ask(call=name, args=args, params=params)
        assert "error" in answer, answer
        text = answer["text"]
        return answer["error"], json.loads(text[text.index("{") :]) if "{" in text else {"msg": text}

    def rest(self, price: float = 50_000, **params: Any) -> Any:
        """Place an order that rests."""
        return self.call("create_order", PAIR, "limit", "buy", 0.01, price, **params)

    def tell(self, path: str, form: dict[str, object]) -> None:
        """Use the exchange's controls."""
        reply = send(self.url, "POST", f"/sandbox/{path}", json.dumps(form).encode(), {}, ENDS_WITHIN_S)
        assert reply.status == 200, reply

    @contextlib.contextmanager
    def known_by(self, key: str, secret: str) -> Iterator["Exchange"]:
        with driven("binance_driver.py", self.folder, self.url, key, secret) as package:
            yield Exchange(package, self.url, self.folder)


def secret_of(key: str) -> str:
    assert BINANCE.issue is not None
    return BINANCE.issue(key)["secret_key"]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder = install_oracle("ccxt")
    with (
        Server(tmp_path_factory.mktemp("binance"), "--as", "binance").start("simbroker") as server,
        driven("binance_driver.py", folder, server.url, KEY, secret_of(KEY)) as package,
    ):
        exchange = Exchange(package, server.url, folder)
        exchange.tell("quotes", {"symbol": PAIR, "bid": "95000", "ask": "95001"})
        yield exchange


# Who asks


def test_a_wrong_secret_is_told_so(exchange: Exchange) -> None:
    with exchange.known_by(KEY, "another secret") as stranger:
        kind, said = stranger.fails("fetch_balance")
    assert (kind, said["code"]) == ("AuthenticationError", -1022)


def test_a_key_that_nobody_has_is_told_so(exchange: Exchange) -> None:
    with exchange.known_by("nobody", secret_of("nobody")) as stranger:
        assert stranger.fails("fetch_balance")[1]["code"] == -2015
    with exchange.known_by("no key", secret_of("no key")) as stranger:
        kind, said = stranger.fails("fetch_balance")
    assert (kind, said["code"]) == ("AuthenticationError", -2014)


def test_a_clock_that_is_wrong_is_told_so_and_can_be_set_right(exchange: Exchange) -> None:
    late = exchange.call("fetch_time") - 20 * SECOND_MS
    kind, said = exchange.fails("privateGetAccount", timestamp=late)
    assert (kind, said["code"]) == ("InvalidNonce", -1021)
    kind, said = exchange.fails("privateGetAccount", timestamp=late + 40 * SECOND_MS)
    assert (kind, said["code"]) == ("InvalidNonce", -1021)
    assert exchange.call("privateGetAccount", timestamp=late, recvWindow=60_000)["accountType"] == "SPOT"


# The market and the account


def test_markets_have_their_filters(exchange: Exchange) -> None:
    market = next(row for row in exchange.call("fetch_markets") if row["symbol"] == PAIR)
    assert (market["id"], market["base"], market["quote"]) == ("BTCUSD", "BTC", "USD")
    assert (market["spot"], market["active"], market["type"]) == (True, True, "spot")
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.01, 1e-8)
    assert (market["limits"]["cost"]["min"], market["limits"]["amount"]["min"]) == (5, 1e-8)


def test_prices_are_read(exchange: Exchange) -> None:
    best = exchange.call("fetch_bids_asks", [PAIR])[PAIR]
    assert (best["bid"], best["ask"]) == (95_000, 95_001)
    assert exchange.call("fetch_last_prices", [PAIR])[PAIR]["price"] == 95_000.5
    assert exchange.call("publicGetPing") == {}


def test_a_balance_counts_what_is_locked(exchange: Exchange) -> None:
    before = exchange.call("fetch_balance")["USD"]
    order = exchange.rest()
    balance = exchange.call("fetch_balance")["USD"]
    assert (balance["used"] - before["used"], before["free"] - balance["free"]) == (500, 500)
    assert balance["total"] == before["total"]
    exchange.call("cancel_order", order["id"], PAIR)
    assert exchange.call("fetch_balance")["USD"] == before


# Orders


def test_a_limit_order_rests_and_is_found_by_both_its_ids(exchange: Exchange) -> None:
    placed = exchange.rest(clientOrderId="mine-1")
    assert (placed["status"], placed["amount"], placed["price"]) == ("open", 0.01, 50_000)
    assert (placed["filled"], placed["timeInForce"], placed["clientOrderId"]) == (0, "GTC", "mine-1")
    by_id = exchange.call("fetch_order", placed["id"], PAIR)
    by_client_id = exchange.call("fetch_order", None, PAIR, origClientOrderId="mine-1")
    assert by_id == by_client_id
    assert (by_id["id"], by_id["status"]) == (placed["id"], "open")
    exchange.call("cancel_order", placed["id"], PAIR)


def test_a_market_order_fills_and_becomes_a_trade_and_a_balance(exchange: Exchange) -> None:
    before = exchange.call("fetch_balance").get("BTC", {}).get("free", 0)
    placed = exchange.call("create_order", PAIR, "market", "buy", 0.02)
    assert (placed["status"], placed["filled"], placed["average"]) == ("closed", 0.02, 95_001)
    assert placed["fee"]["currency"] == "BTC"
    [trade] = exchange.call("fetch_my_trades", PAIR, None, None, orderId=placed["id"])
    assert (trade["order"], trade["side"], trade["cost"]) == (placed["id"], "buy", 1900.02)
    assert exchange.call("fetch_balance")["BTC"]["free"] - before == pytest.approx(0.02)


def test_a_market_order_can_name_what_it_may_cost(exchange: Exchange) -> None:
    placed = exchange.call("create_order", PAIR, "market", "buy", None, quoteOrderQty=950.01)
    assert (placed["status"], placed["filled"], placed["cost"]) == ("closed", 0.01, 950.01)


def test_a_stop_waits_for_its_price(exchange: Exchange) -> None:
    stop = exchange.call("create_order", PAIR, "market", "buy", 0.01, None, stopLossPrice=99_000)
    limit = exchange.call("create_order", PAIR, "limit", "buy", 0.01, 99_500, stopLossPrice=99_000)
    for placed, kind in ((stop, "STOP_LOSS"), (limit, "STOP_LOSS_LIMIT")):
        order = exchange.call("fetch_order", placed["id"], PAIR)
        assert (order["info"]["type"], order["triggerPrice"], order["status"]) == (kind, 99_000, "open")
        assert exchange.call("cancel_order", placed["id"], PAIR)["status"] == "canceled"


@pytest.mark.parametrize("tif", ["IOC", "FOK"])
def test_what_cannot_trade_at_once_has_expired(exchange: Exchange, tif: str) -> None:
    assert exchange.rest(timeInForce=tif)["status"] == "expired"


def test_open_orders_are_listed_for_one_pair_and_for_all(exchange: Exchange) -> None:
    bitcoin = exchange.rest()["id"]
    ether = exchange.call("create_order", "ETH/USD", "limit", "buy", 0.1, 1000)["id"]
    assert {row["id"] for row in exchange.call("fetch_open_orders")} == {bitcoin, ether}
    assert {row["id"] for row in exchange.call("fetch_open_orders", PAIR)} == {bitcoin}
    for order_id, pair in ((bitcoin, PAIR), (ether, "ETH/USD")):
        exchange.call("cancel_order", order_id, pair)
    assert exchange.call("fetch_open_orders") == []


def test_all_orders_of_a_pair_are_listed_whatever_became_of_them(exchange: Exchange) -> None:
    since = exchange.call("fetch_time")
    ids = [exchange.rest()["id"], exchange.call("create_order", PAIR, "market", "buy", 0.001)["id"]]
    exchange.call("cancel_order", ids[0], PAIR)
    rows = exchange.call("fetch_orders", PAIR, since)
    assert [(row["id"], row["status"]) for row in rows] == [(ids[0], "canceled"), (ids[1], "closed")]
    assert [row["id"] for row in exchange.call("fetch_orders", PAIR, None, 1)] == ids[1:]


# Cancels


def test_a_cancel_is_final_and_has_an_id_of_its_own(exchange: Exchange) -> None:
    placed = exchange.rest(clientOrderId="mine-2")
    raw = exchange.call(
        "privateDeleteOrder", symbol="BTCUSD", orderId=placed["id"], newClientOrderId="cancel-1"
    )
    assert (raw["status"], raw["origClientOrderId"], raw["clientOrderId"]) == (
        "CANCELED",
        "mine-2",
        "cancel-1",
    )
    order = exchange.call("fetch_order", placed["id"], PAIR)
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("canceled", 0, "mine-2")


def test_a_part_that_was_filled_stays_filled(exchange: Exchange) -> None:
    placed = exchange.rest()
    exchange.tell(f"orders/{placed['id']}/fill", {"units": "0.004"})
    assert exchange.call("fetch_order", placed["id"], PAIR)["info"]["status"] == "PARTIALLY_FILLED"
    done = exchange.call("cancel_order", placed["id"], PAIR)
    assert (done["status"], done["filled"], done["remaining"]) == ("canceled", 0.004, 0.006)


def test_unknown_filled_and_canceled_orders_are_not_found_alike(exchange: Exchange) -> None:
    filled = exchange.call("create_order", PAIR, "market", "buy", 0.001)["id"]
    canceled = exchange.rest()["id"]
    exchange.call("cancel_order", canceled, PAIR)
    for order_id in (filled, canceled, "1"):
        kind, said = exchange.fails("cancel_order", order_id, PAIR)
        assert (kind, said) == ("OrderNotFound", {"code": -2011, "msg": "Unknown order sent."})
    kind, said = exchange.fails("fetch_order", "1", PAIR)
    assert (kind, said["code"]) == ("OrderNotFound", -2013)


def test_an_order_is_not_found_under_another_pair(exchange: Exchange) -> None:
    order_id = exchange.rest()["id"]
    assert exchange.fails("cancel_order", order_id, "ETH/USD")[1]["code"] == -2011
    assert exchange.fails("fetch_order", order_id, "ETH/USD")[1]["code"] == -2013
    assert exchange.call("cancel_order", order_id, PAIR)["status"] == "canceled"


def test_a_cancel_of_all_ends_a_pairs_orders_and_needs_one(exchange: Exchange) -> None:
    ids = {exchange.rest()["id"], exchange.rest()["id"]}
    done = exchange.call("cancel_all_orders", PAIR)
    assert {(row["id"], row["status"]) for row in done} == {(order_id, "canceled") for order_id in ids}
    assert exchange.fails("cancel_all_orders", PAIR)[1]["code"] == -2011


def test_an_edited_order_is_another_order(exchange: Exchange) -> None:
    old = exchange.rest()["id"]
    edited = exchange.call("edit_order", old, PAIR, "limit", "buy", 0.01, 40_000)
    assert edited["id"] != old
    assert (edited["price"], edited["status"]) == (40_000, "open")
    assert exchange.call("fetch_order", old, PAIR)["status"] == "canceled"
    _, said = exchange.fails("edit_order", old, PAIR, "limit", "buy", 0.01, 40_000)
    assert said["code"] == -2022
    exchange.call("cancel_order", edited["id"], PAIR)


# Refusals


INSUFFICIENT = "Account has insufficient balance for requested action."


@pytest.mark.parametrize(
    ("args", "params", "kind", "words"),
    [
        (("limit", "buy", 1000, 50_000), {}, "InsufficientFunds", INSUFFICIENT),
        (("limit", "sell", 1000, 99_000), {}, "InsufficientFunds", INSUFFICIENT),
        (("limit", "buy", 0.00001, 50_000), {}, "BadRequest", "Filter failure: NOTIONAL"),
        (
            ("market", "buy", 0.01, None),
            {"stopLossPrice": 90_000},
            "OrderImmediatelyFillable",
            "Order would trigger immediately.",
        ),
    ],
    ids=str,
)
def test_a_new_order_that_is_refused_is_refused_for_its_reason(
    exchange: Exchange, args: tuple[Any, ...], params: dict[str, Any], kind: str, words: str
) -> None:
    seen, said = exchange.fails("create_order", PAIR, *args, **params)
    assert seen == kind
    assert words in said["msg"]


def test_a_client_order_id_is_taken_while_its_order_is_open(exchange: Exchange) -> None:
    order_id = exchange.rest(clientOrderId="mine-3")["id"]
    answer = exchange.fails("create_order", PAIR, "limit", "buy", 0.01, 50_000, clientOrderId="mine-3")
    assert "Duplicate order sent." in answer[1]["msg"]
    exchange.call("cancel_order", order_id, PAIR)
    exchange.call("cancel_order", exchange.rest(clientOrderId="mine-3")["id"], PAIR)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"symbol": "BTCUSD"}, -1102),
        ({"symbol": "BTCUSD", "orderId": "*"}, -1100),
        ({"symbol": "NOSUCH", "orderId": "1"}, -1121),
        ({"orderId": "1"}, -1102),
        ({"symbol": "BTCUSD", "orderId": "1", "userref": "1"}, -1104),
    ],
    ids=str,
)
def test_a_cancel_of_no_order_is_a_bad_request(exchange: Exchange, sent: dict[str, Any], code: int) -> None:
    kind, said = exchange.fails("privateDeleteOrder", **sent)
    assert (kind, said["code"]) == ("BadSymbol" if code == -1121 else "BadRequest", code)


def test_a_test_order_places_nothing(exchange: Exchange) -> None:
    before = exchange.call("fetch_open_orders", PAIR)
    exchange.call("create_order", PAIR, "limit", "buy", 0.01, 50_000, test=True)
    assert exchange.call("fetch_open_orders", PAIR) == before


def test_too_many_requests_and_a_failure_are_told_apart(exchange: Exchange) -> None:
    exchange.tell("faults", {"operation": "*", "kind": "rate_limited"})
    assert exchange.fails("fetch_balance")[0] == "DDoSProtection"
    exchange.tell("faults", {"operation": "*", "kind": "error_500_not_done"})
    kind, said = exchange.fails("fetch_balance")
    assert (kind, said["code"]) == ("OperationFailed", -1000)
