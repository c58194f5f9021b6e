"""Kraken's face, driven by ccxt over a socket, which signs every call and reads every reply."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from nostro.sim.skins import faces
from tests.sdk.install import install_oracle
from tests.server.world import Server, send

from .driven import ENDS_WITHIN_S, Driven, driven

KEY = "open-oracle"
BTC = "BTC/USD"
RESTS_AT = 40_000
NEVER_MADE = "OZZZZZ-ZZZZZ-ZZZZZZ"


def secret_of(key: str) -> str:
    issue = faces()["kraken"].issue
    assert issue is not None
    return issue(key)["private_key"]


@dataclass(frozen=True, slots=True)
class Kraken:
    ccxt: Driven
    url: str

    def ask(self, call: str, *args: object, **other: object) -> dict[str, Any]:
        """Call ccxt; with settings of a client's, another client than the usual one."""
        return self.ccxt.ask(call=call, args=args, other=other or None)

    def call(self, call: str, *args: object) -> Any:
        """Return what ccxt made of the reply."""
        answer = self.ask(call, *args)
        assert "body" in answer, answer
        return answer["body"]

    def refused(self, call: str, *args: object, **other: object) -> tuple[str, str]:
        """Return the name of the exception that ccxt raised, and Kraken's text."""
        error = self.ask(call, *args, **other)["error"]
        document = json.loads(error["words"][error["words"].index("{") :])
        [words] = document["error"]
        return error["kind"], words

    def rest(self, **params: Any) -> str:
        """Place an order that rests."""
        placed = self.call("create_order", BTC, "limit", "buy", 0.1, RESTS_AT, params)
        return str(placed["id"])

    def order(self, txid: str) -> Any:
        return self.call("fetch_order", txid)

    def tell(self, path: str, form: object) -> None:
        """Use the exchange's controls."""
        send(self.url, "POST", f"/sandbox/{path}", json.dumps(form).encode(), {}, ENDS_WITHIN_S)


@pytest.fixture(scope="module")
def kraken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kraken]:
    folder = install_oracle("ccxt")
    with (
        Server(tmp_path_factory.mktemp("kraken"), "--as", "kraken").start("simbroker") as server,
        driven("kraken_driver.py", folder, server.url, KEY, secret_of(KEY)) as ccxt,
    ):
        kraken = Kraken(ccxt, server.url)
        kraken.tell("quotes", {"symbol": BTC, "bid": "60000", "ask": "60010"})
        yield kraken


# Who asks


def test_a_wrong_secret_is_refused(kraken: Kraken) -> None:
    refused = kraken.refused("privatePostBalance", secret=secret_of("open-somebody"))
    assert refused == ("ExchangeError", "EAPI:Invalid signature")


def test_a_key_that_does_not_open_an_account_is_unknown(kraken: Kraken) -> None:
    refused = kraken.refused("privatePostBalance", apiKey="nobody", secret=secret_of("nobody"))
    assert refused == ("AuthenticationError", "EAPI:Invalid key")


def test_a_nonce_below_the_last_one_is_refused(kraken: Kraken) -> None:
    kraken.call("privatePostBalance")
    behind = {"timeDifference": 60_000}
    refused = kraken.refused("privatePostBalance", options=behind)
    assert refused == ("InvalidNonce", "EAPI:Invalid nonce")
    fresh = kraken.ask(
        "privatePostBalance", apiKey="open-fresh", secret=secret_of("open-fresh"), options=behind
    )
    assert fresh["body"]["error"] == []


def test_a_key_says_whose_it_is(kraken: Kraken) -> None:
    key = kraken.call("privatePostGetApiKeyInfo")["result"]
    others = kraken.ask("privatePostGetApiKeyInfo", apiKey="open-other", secret=secret_of("open-other"))
    assert (key["apiKey"], others["body"]["result"]["apiKey"]) == (KEY, "open-other")
    assert key["iban"] != others["body"]["result"]["iban"]
    assert key["lastUsed"] > "1772542900"


# What anybody may know


def test_markets_and_currencies_are_read(kraken: Kraken) -> None:
    markets = kraken.call("load_markets")
    assert set(markets) == {"BTC/USD", "ETH/USD", "SOL/USD", "LTC/USD", "DOGE/USD"}
    market = markets[BTC]
    assert (market["id"], market["active"], market["type"], market["taker"]) == ("XXBTZUSD", True, "spot", 0)
    assert (market["precision"], market["limits"]["amount"]["min"]) == (
        {"amount": 1e-8, "price": 0.01},
        0.0001,
    )
    currencies = kraken.call("fetch_currencies")
    assert currencies["BTC"]["id"] == "XXBT"
    assert currencies["BTC"]["active"] is True
    ticker = kraken.call("fetch_ticker", BTC)
    assert (ticker["symbol"], ticker["bid"], ticker["ask"]) == (BTC, 60_000, 60_010)
    assert abs(kraken.call("fetch_time") / 1000 - time.time()) < ENDS_WITHIN_S
    assert kraken.call("fetch_status")["status"] == "ok"


# Orders


def test_an_order_rests_and_is_found_by_its_id_and_in_the_list(kraken: Kraken) -> None:
    txid = kraken.rest(clientOrderId="mine1")
    order = kraken.order(txid)
    assert (order["id"], order["clientOrderId"], order["status"]) == (txid, "mine1", "open")
    assert (order["symbol"], order["type"], order["side"]) == (BTC, "limit", "buy")
    assert (order["price"], order["amount"], order["filled"], order["remaining"]) == (RESTS_AT, 0.1, 0, 0.1)
    assert order["timestamp"] is not None
    listed = kraken.call("fetch_open_orders", BTC)
    assert txid in {each["id"] for each in listed}
    [found] = kraken.call("fetch_open_orders", None, None, None, {"clientOrderId": "mine1"})
    assert found["id"] == txid


def test_a_market_order_fills_and_is_listed_among_the_closed(kraken: Kraken) -> None:
    txid = kraken.call("create_order", BTC, "market", "buy", 0.25)["id"]
    order = kraken.order(txid)
    assert (order["status"], order["filled"], order["average"], order["cost"]) == (
        "closed",
        0.25,
        60_010,
        15_002.5,
    )
    assert [trade["order"] for trade in order["trades"]] == [txid]
    closed = kraken.call("fetch_closed_orders", BTC)
    assert txid in {each["id"] for each in closed}
    assert order["lastUpdateTimestamp"] is not None


def test_a_market_order_by_cost_spends_it(kraken: Kraken) -> None:
    txid = kraken.call("create_market_buy_order_with_cost", BTC, 600.1)["id"]
    raw = kraken.order(txid)["info"]
    assert (raw["status"], raw["oflags"], raw["cost"]) == ("closed", "fciq,viqc", "600.10000")


@pytest.mark.parametrize(
    ("type_", "price", "params", "shown"),
    [
        ("market", None, {"stopLossPrice": 70_000}, {"type": "market", "stopLossPrice": 70_000}),
        (
            "limit",
            71_000,
            {"stopLossPrice": 70_000},
            {"type": "limit", "stopLossPrice": 70_000, "price": 71_000},
        ),
        ("limit", 39_999, {"postOnly": True}, {"type": "limit", "price": 39_999}),
    ],
    ids=str,
)
def test_kinds_of_orders_come_back_as_they_were_sent(
    kraken: Kraken, type_: str, price: float | None, params: dict[str, Any], shown: dict[str, Any]
) -> None:
    placed = kraken.call("create_order", BTC, type_, "buy", 0.1, price, params)
    assert {name: placed[name] for name in ("symbol", "side", "amount")} == {
        "symbol": BTC,
        "side": "buy",
        "amount": 0.1,
    }
    order = kraken.order(placed["id"])
    assert {name: order[name] for name in shown} == shown
    assert order["status"] == "open"


def test_a_part_fill_is_read_as_one(kraken: Kraken) -> None:
    txid = kraken.rest()
    kraken.tell(f"orders/{txid}/fill", {"units": "0.04"})
    order = kraken.order(txid)
    assert (order["status"], order["filled"], order["remaining"], order["average"]) == (
        "open",
        0.04,
        0.06,
        RESTS_AT,
    )


def test_an_amended_order_has_new_terms_under_its_id(kraken: Kraken) -> None:
    txid = kraken.rest()
    assert kraken.call("edit_order", txid, BTC, "limit", "buy", 0.2, 41_000)["id"].startswith("T")
    order = kraken.order(txid)
    assert (order["status"], order["amount"], order["price"]) == ("open", 0.2, 41_000)


def test_an_edited_order_has_new_terms_under_another_id(kraken: Kraken) -> None:
    txid = kraken.rest()
    edited = kraken.call("privatePostEditOrder", {"txid": txid, "pair": "XBTUSD", "volume": "0.3"})["result"]
    assert (kraken.order(txid)["status"], kraken.order(edited["txid"])["amount"]) == ("canceled", 0.3)


# Cancels


def test_a_cancel_counts_one_and_is_done(kraken: Kraken) -> None:
    txid = kraken.rest()
    assert kraken.call("cancel_order", txid)["info"]["result"] == {"count": 1}
    assert kraken.order(txid)["status"] == "canceled"


def test_a_cancel_that_is_pending_says_so_and_then_is_refused(kraken: Kraken) -> None:
    txid = kraken.rest()
    kraken.tell("faults", {"operation": "cancel", "kind": "ack_only"})
    assert kraken.call("cancel_order", txid)["info"]["result"] == {"count": 1, "pending": True}
    assert kraken.refused("cancel_order", txid) == ("CancelPending", "EOrder:Cancel pending")
    assert kraken.order(txid)["status"] == "open"


def test_an_order_that_is_gone_is_not_found_by_a_cancel(kraken: Kraken) -> None:
    filled = kraken.call("create_order", BTC, "market", "buy", 0.01)["id"]
    assert kraken.refused("cancel_order", filled) == ("OrderNotFound", "EOrder:Unknown order")


def test_an_order_that_never_was_is_invalid_to_a_cancel_and_not_found_by_a_query(kraken: Kraken) -> None:
    assert kraken.refused("cancel_order", NEVER_MADE) == ("InvalidOrder", "EOrder:Invalid order")
    assert kraken.ask("fetch_order", NEVER_MADE)["error"]["kind"] == "OrderNotFound"


def test_a_client_order_id_or_a_user_reference_can_be_canceled(kraken: Kraken) -> None:
    by_client_id = kraken.rest(clientOrderId="byclient")
    kraken.call("cancel_order", "", None, {"clientOrderId": "byclient"})
    by_userref = [kraken.rest(userref=77), kraken.rest(userref=77)]
    canceled = kraken.call("cancel_order", "", None, {"userref": 77})
    assert canceled["info"]["result"] == {"count": 2}
    assert {kraken.order(txid)["status"] for txid in (by_client_id, *by_userref)} == {"canceled"}


def test_a_batch_and_all_can_be_canceled(kraken: Kraken) -> None:
    batch = [kraken.rest(), kraken.rest()]
    [canceled] = kraken.call("cancel_orders", batch)
    assert canceled["info"]["result"] == {"count": 2}
    other = kraken.rest()
    [everything] = kraken.call("cancel_all_orders")
    assert everything["info"]["result"]["count"] >= 1
    assert {kraken.order(txid)["status"] for txid in (*batch, other)} == {"canceled"}


# Refusals


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"volume": "9000"}, ("InsufficientFunds", "EOrder:Insufficient funds")),
        ({"volume": "0.00001"}, ("InvalidOrder", "EOrder:Order minimum not met")),
        ({"volume": "x"}, ("InvalidOrder", "EGeneral:Invalid arguments:volume")),
        ({"price": "x"}, ("InvalidOrder", "EGeneral:Invalid arguments:price")),
        ({"pair": "NOSUCH"}, ("ExchangeError", "EQuery:Unknown asset pair")),
        ({"oflags": "viqc"}, ("InvalidOrder", "EGeneral:Invalid arguments:viqc")),
    ],
    ids=str,
)
def test_a_refusal_is_the_exception_that_ccxt_has_for_it(
    kraken: Kraken, changes: dict[str, str], error: tuple[str, str]
) -> None:
    form = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "40000", "volume": "0.1"}
    assert kraken.refused("privatePostAddOrder", form | changes) == error


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limited", ("DDoSProtection", "EAPI:Rate limit exceeded")),
        ("error_500_not_done", ("ExchangeNotAvailable", "EGeneral:Internal error")),
    ],
)
def test_a_failure_is_the_exception_that_ccxt_has_for_it(
    kraken: Kraken, kind: str, error: tuple[str, str]
) -> None:
    kraken.tell("faults", {"operation": "read", "kind": kind})
    assert kraken.refused("privatePostBalance") == error


# Money


def test_balances_say_what_orders_hold(kraken: Kraken) -> None:
    before = kraken.call("fetch_balance")
    kraken.rest()
    after = kraken.call("fetch_balance")
    assert after["USD"]["total"] == before["USD"]["total"]
    assert after["USD"]["used"] == before["USD"]["used"] + 4000
    assert before["BTC"]["total"] > 0
    assert float(kraken.call("privatePostTradeBalance")["result"]["eb"]) > before["USD"]["total"]
    assert kraken.call("fetch_positions") == []
