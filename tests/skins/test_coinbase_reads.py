"""What can be read of Coinbase's face: lists of orders, wallets, products."""

from datetime import timedelta

import pytest

from nostro.domain.order import TimeInForce
from tests.sim.market import ACCOUNT, OPENED_AT, buy

from .coinbase_scene import BASE, LIST, Scene, error


def test_orders_are_listed_by_what_is_asked_for(coinbase: Scene) -> None:
    resting = coinbase.place()
    filled = coinbase.place({"market_market_ioc": {"base_size": "1"}}, side="SELL")
    ether = coinbase.place(product_id="ETH-USD")
    queued = coinbase.place({"sor_limit_ioc": {"base_size": "1", "limit_price": "50"}})
    assert coinbase.listed() == [queued, ether, filled, resting]
    assert coinbase.listed("order_status=OPEN") == [ether, resting]
    assert coinbase.listed("order_status=FILLED&order_status=CANCELLED") == [queued, filled]
    assert coinbase.listed("product_ids=ETH-USD") == coinbase.listed("product_id=ETH-USD") == [ether]
    assert coinbase.listed("product_ids=ETH-USD&product_ids=BTC-USD&order_side=SELL") == [filled]
    assert coinbase.listed(f"order_ids={filled}&order_ids={ether}") == [ether, filled]
    assert coinbase.listed("order_types=MARKET") == [filled]
    assert coinbase.listed("time_in_forces=GOOD_UNTIL_CANCELLED") == [ether, resting]
    assert coinbase.listed("product_type=FUTURE") == []


def test_a_list_of_open_orders_leaves_out_one_whose_cancel_is_queued(coinbase: Scene) -> None:
    order_id = coinbase.place()
    coinbase.cancel(order_id)
    assert coinbase.listed("order_status=OPEN") == []
    assert coinbase.listed("order_status=CANCEL_QUEUED") == [order_id]


def test_a_list_begins_at_its_first_moment_and_ends_before_its_last(coinbase: Scene) -> None:
    first = coinbase.place()
    coinbase.exchange.advance(60)
    second = coinbase.place()
    begin, end = (f"{OPENED_AT + timedelta(seconds=s):%Y-%m-%dT%H:%M:%SZ}" for s in (0, 60))
    assert coinbase.listed(f"start_date={begin}&end_date={end}") == [first]
    assert coinbase.listed(f"start_date={end}") == [second]


def test_a_page_ends_with_a_cursor_for_the_next_whatever_happens_between(coinbase: Scene) -> None:
    ids = [coinbase.place() for _ in range(3)]
    page = coinbase.read(f"{LIST}?order_status=OPEN&limit=2")
    assert ([order["order_id"] for order in page["orders"]], page["has_next"]) == (ids[:0:-1], True)
    coinbase.exchange.cancel(ids[1])
    coinbase.place()
    last = coinbase.read(f"{LIST}?order_status=OPEN&limit=2&cursor={page['cursor']}")
    assert [order["order_id"] for order in last["orders"]] == [ids[0]]
    assert (last["has_next"], last["cursor"]) == (False, "")


@pytest.mark.parametrize(
    "query",
    [
        "order_status=OPEN&order_status=FILLED",
        "cursor=none",
        "limit=0",
        "limit=-1",
        "limit=all",
        "start_date=yesterday",
    ],
)
def test_a_list_that_cannot_be_is_an_invalid_argument(coinbase: Scene, query: str) -> None:
    assert error(coinbase.ask("GET", f"{LIST}?{query}")) == (400, "INVALID_ARGUMENT")


def test_what_only_the_exchange_can_place_is_shown_in_the_nearest_words(coinbase: Scene) -> None:
    placed = coinbase.exchange.place(ACCOUNT, buy("1", "BTC/USD", stop="120", tif=TimeInForce.DAY))
    order = coinbase.order(placed.brokerage_order_id)
    assert (order["order_type"], order["trigger_status"]) == ("STOP", "STOP_PENDING")


# What is held and traded


def test_wallets_have_what_is_free_and_what_is_on_hold(coinbase: Scene) -> None:
    coinbase.place({"market_market_ioc": {"base_size": "3"}})
    coinbase.place({"limit_limit_gtc": {"base_size": "1", "limit_price": "200"}}, side="SELL")
    coinbase.place()
    accounts = coinbase.read(f"{BASE}/accounts")
    wallets = {
        wallet["currency"]: (wallet["available_balance"]["value"], wallet["hold"]["value"])
        for wallet in accounts["accounts"]
    }
    assert (wallets["USD"], wallets["BTC"], wallets["ETH"]) == (("99647", "50"), ("2", "1"), ("0", "0"))
    assert (accounts["size"], accounts["has_next"], accounts["cursor"]) == (len(wallets), False, "")


def test_a_breakdown_has_what_each_coin_cost(coinbase: Scene) -> None:
    coinbase.place({"market_market_ioc": {"base_size": "3"}})
    [portfolio] = coinbase.read(f"{BASE}/portfolios")["portfolios"]
    breakdown = coinbase.read(f"{BASE}/portfolios/{portfolio['uuid']}")["breakdown"]
    cash, bitcoin = breakdown["spot_positions"]
    assert (cash["asset"], cash["total_balance_fiat"]) == ("USD", 99697)
    assert (bitcoin["asset"], bitcoin["total_balance_crypto"]) == ("BTC", 3)
    assert (bitcoin["cost_basis"]["value"], bitcoin["total_balance_fiat"]) == ("303", 300)
    assert breakdown["portfolio_balances"]["total_balance"] == {"value": "99997", "currency": "USD"}


@pytest.mark.parametrize(
    "path", ["/accounts/none", "/products/none", "/portfolios/none", "/orders/edit", "/time"]
)
def test_what_is_not_there_is_not_found(coinbase: Scene, path: str) -> None:
    assert error(coinbase.ask("GET", BASE + path)) == (404, "NOT_FOUND")


def test_products_and_prices_are_those_that_are_named(coinbase: Scene) -> None:
    products = coinbase.read(f"{BASE}/products?product_ids=BTC-USD&product_ids=DOGE-USD")
    assert [product["product_id"] for product in products["products"]] == ["BTC-USD", "DOGE-USD"]
    assert (products["products"][0]["price"], products["num_products"]) == ("100", 2)
    assert products["products"][0] == coinbase.read(f"{BASE}/products/BTC-USD")
    assert coinbase.read(f"{BASE}/products?product_type=FUTURE")["products"] == []
    [book] = coinbase.read(f"{BASE}/best_bid_ask?product_ids=BTC-USD")["pricebooks"]
    assert (book["bids"][0]["price"], book["asks"][0]["price"]) == ("99", "101")
    coinbase.exchange.set_quote("BTC/USD", None, None)
    [book] = coinbase.read(f"{BASE}/best_bid_ask?product_ids=BTC-USD")["pricebooks"]
    assert (book["bids"], book["asks"]) == ([], [])


def test_nothing_costs_a_fee(coinbase: Scene) -> None:
    assert coinbase.read(f"{BASE}/transaction_summary")["fee_tier"]["taker_fee_rate"] == "0"
