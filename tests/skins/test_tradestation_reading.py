"""TradeStation's face in its own words: accounts, balances, positions, lists of orders, quotes."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

import pytest

from nostro.domain.place import Replacement
from tests.sim.market import ACCOUNT, buy, sell

from .tradestation_scene import (
    ACCOUNTS,
    CALL,
    CHANGES,
    HIGHER_CALL,
    MARKET,
    NAME,
    ORDERS,
    OTHER_NAME,
    PAST,
    SECOND,
    SECOND_NAME,
    SPREAD,
    Scene,
    bad,
    said,
)

DAY_S = 86_400
BOTH = f"{NAME},{SECOND_NAME}"


@pytest.fixture
def station() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


def foreign(*names: str) -> list[dict[str, str]]:
    return [{"AccountID": name, "Error": "Forbidden", "Message": "Invalid Account ID."} for name in names]


# Accounts


def test_a_token_sees_all_accounts_of_its_customer(station: Scene) -> None:
    accounts = station.read(ACCOUNTS)["Accounts"]
    assert [account["AccountID"] for account in accounts] == [NAME, SECOND_NAME]
    assert {account["AccountType"] for account in accounts} == {"Margin"}


@pytest.mark.parametrize("what", ["balances", "positions", "orders", "historicalorders?since=2026-03-01"])
@pytest.mark.parametrize("separator", [",", "%2C"])
def test_what_is_found_comes_beside_what_is_not(station: Scene, what: str, separator: str) -> None:
    station.place(**MARKET)
    station.exchange.place(SECOND, buy())
    station.exchange.advance(DAY_S if "since" in what else 0)
    names = separator.join((NAME, OTHER_NAME, SECOND_NAME, "x"))
    found = station.read(f"{ACCOUNTS}/{names}/{what}")
    [kind] = found.keys() - {"Errors"}
    assert {row["AccountID"] for row in found[kind]} == {NAME, SECOND_NAME}
    assert found["Errors"] == foreign(OTHER_NAME, "x")


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("balances", "Balances"),
        ("positions", "Positions"),
        ("orders", "Orders"),
        ("orders/7", "Orders"),
        ("historicalorders?since=2026-03-01", "Orders"),
        ("historicalorders/7?since=2026-03-01", "Orders"),
    ],
)
def test_one_account_that_is_foreign_is_an_error_of_a_success(station: Scene, what: str, kind: str) -> None:
    assert station.read(f"{ACCOUNTS}/{OTHER_NAME}/{what}") == {kind: [], "Errors": foreign(OTHER_NAME)}


def test_no_more_than_so_many_can_be_named_at_once(station: Scene) -> None:
    many = ",".join(map(str, range(26)))
    assert said(station.ask("GET", f"{ACCOUNTS}/{many}/orders"))[0] == 400
    many = ",".join(map(str, range(51)))
    assert said(station.ask("GET", f"{ORDERS}/{many}"))[0] == 400
    assert said(station.ask("GET", f"{ACCOUNTS}/{NAME}/nothing"))[0] == 404


def test_a_balance_counts_what_is_held(station: Scene) -> None:
    station.place(**MARKET)
    station.place(**SPREAD)
    station.exchange.set_quote("ESZ6", Decimal(6000), Decimal(6000))
    station.exchange.place(ACCOUNT, buy("1", "ESZ6"))
    station.exchange.set_quote("ESZ6", Decimal(6010), Decimal(6010))
    [balance] = station.read(f"{ACCOUNTS}/{NAME}/balances")["Balances"]
    detail = balance["BalanceDetail"]
    assert (balance["CashBalance"], balance["MarketValue"], balance["Equity"]) == ("98990", "1500", "100490")
    assert (detail["CostOfPositions"], detail["UnrealizedProfitLoss"]) == ("1010", "490")
    assert balance["BuyingPower"] == detail["OptionBuyingPower"] == "68980"


def test_a_position_is_negative_when_it_is_short(station: Scene) -> None:
    station.exchange.place(ACCOUNT, sell("4"))
    station.exchange.place(ACCOUNT, buy("1", "ESZ6"))
    station.place(Symbol=CALL, TradeAction="BUYTOOPEN", Quantity="2", **MARKET)
    rows = {row["Symbol"]: row for row in station.read(f"{ACCOUNTS}/{NAME}/positions")["Positions"]}
    assert set(rows) == {"AAPL", "ESZ26", CALL}
    short = rows["AAPL"]
    assert (short["LongShort"], short["Quantity"], short["TotalCost"]) == ("Short", "-4", "-396")
    assert (short["MarketValue"], short["UnrealizedProfitLoss"]) == ("-400", "-4")
    assert (short["UnrealizedProfitLossQty"], short["UnrealizedProfitLossPercent"]) == ("-1", "-1.01010101")
    assert (rows[CALL]["AssetType"], rows[CALL]["ExpirationDate"]) == ("STOCKOPTION", "2026-03-20T00:00:00Z")
    assert rows["ESZ26"]["TotalCost"] == "0"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("AAPL", {"AAPL"}), ("AAPL *", {CALL}), ("aapl,ES*", {"AAPL", "ESZ26"}), ("MSFT", set())],
)
def test_positions_are_asked_for_by_symbol(station: Scene, wanted: str, found: set[str]) -> None:
    for symbol in ("AAPL", "ESZ6", "AAPL  260320C00100000"):
        station.exchange.place(ACCOUNT, buy("1", symbol))
    rows = station.read(f"{ACCOUNTS}/{NAME}/positions?symbol={quote(wanted)}")["Positions"]
    assert {row["Symbol"] for row in rows} == found


def test_pairs_of_currencies_are_not_shown(station: Scene) -> None:
    station.exchange.place(ACCOUNT, buy("0.1", "BTC/USD"))
    assert station.read(f"{ACCOUNTS}/{NAME}/positions")["Positions"] == station.listed() == []


# Lists of orders


def test_a_list_has_what_is_open_and_what_ended_today_the_latest_first(station: Scene) -> None:
    rests = station.place(TimeInForce={"Duration": "GTC"})
    ended = station.place()
    station.exchange.advance(DAY_S)
    other = station.place(AccountID=SECOND_NAME)
    filled = station.place(**MARKET)
    assert station.listed() == [filled, rests]
    station.exchange.advance(1)
    last = station.place(AccountID=SECOND_NAME)
    everywhere = station.listed(f"{ACCOUNTS}/{BOTH}/orders")
    assert everywhere[0] == last
    assert everywhere[-1] == rests
    assert set(everywhere[1:-1]) == {filled, other}
    station.exchange.cancel(rests)
    assert station.listed()[0] == rests
    assert station.listed(f"{PAST}?since=2026-03-01") == [ended]
    assert station.listed(f"{PAST}?since=2026-03-03") == []


def test_what_ended_goes_from_today_to_the_past_at_the_roll(station: Scene) -> None:
    order_id = station.place(**MARKET)
    past = f"{PAST}/{order_id}?since=2026-03-01"
    invalid = {
        "AccountID": NAME,
        "OrderID": order_id,
        "Error": "BadRequest",
        "Message": "Invalid order ID.",
    }
    assert station.read(past) == {"Orders": [], "Errors": [invalid]}
    shown = station.order(order_id)
    station.exchange.advance(DAY_S)
    assert station.read(past) == {"Orders": [shown], "Errors": []}
    assert station.read(f"{ORDERS}/{order_id}") == {"Orders": [], "Errors": [invalid]}


def test_several_orders_of_several_accounts_are_looked_up_at_once(station: Scene) -> None:
    ids = [station.place(), station.place(AccountID=SECOND_NAME), station.place()]
    found = station.read(f"{ACCOUNTS}/{BOTH}/orders/{ids[0]},{ids[1]},7")
    assert {order["OrderID"] for order in found["Orders"]} == set(ids[:2])
    [error] = found["Errors"]
    assert (error["AccountID"], error["OrderID"]) == (BOTH, "7")
    assert station.read(f"{ORDERS}/{ids[1]}")["Orders"] == []
    nobodys = station.read(f"{ACCOUNTS}/{OTHER_NAME},x/orders/{ids[0]}")
    assert nobodys == {"Orders": [], "Errors": foreign(OTHER_NAME, "x")}


@pytest.mark.parametrize("since", ["2026-03-01", "03-01-2026", "2026/03/01", "03/01/2026", "2025-12-02"])
def test_a_date_comes_in_four_forms(station: Scene, since: str) -> None:
    assert station.read(f"{PAST}?since={since}")["Orders"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "since is required, as a date."),
        ("?since=yesterday", "since is required, as a date."),
        ("?since=2025-12-01", "since is limited to 90 days prior to the current date."),
    ],
)
def test_a_date_that_is_none_or_too_old_is_refused(station: Scene, query: str, message: str) -> None:
    order_id = station.place()
    for path in (PAST, f"{PAST}/{order_id}"):
        assert said(station.ask("GET", path + query)) == bad(message)


def test_pages_go_on_where_the_last_one_ended(station: Scene) -> None:
    ids = [station.place() for _ in range(5)]
    first = station.read(f"{ORDERS}?pageSize=2")
    newest = station.place()
    second = station.read(f"{ORDERS}?pageSize=2&nextToken={first['NextToken']}")
    third = station.read(f"{ORDERS}?pageSize=2&nextToken={second['NextToken']}")
    seen = [order["OrderID"] for page in (first, second, third) for order in page["Orders"]]
    assert seen == ids[::-1]
    assert "NextToken" not in third
    assert newest not in seen


def test_a_full_page_with_nothing_behind_it_has_no_token(station: Scene) -> None:
    for _ in range(2):
        station.place()
    assert "NextToken" not in station.read(f"{ORDERS}?pageSize=2")
    assert "NextToken" in station.read(f"{ORDERS}?pageSize=1")


def test_without_a_size_what_is_beyond_six_hundred_is_not_shown_and_nothing_says_so(station: Scene) -> None:
    for _ in range(601):
        station.exchange.place(ACCOUNT, buy(limit="1"))
    document = station.read(ORDERS)
    assert (len(document["Orders"]), "NextToken" in document) == (600, False)
    assert "NextToken" in station.read(f"{ORDERS}?pageSize=600")


@pytest.mark.parametrize("query", ["pageSize=0", "pageSize=601", "pageSize=all", "nextToken=x"])
def test_a_page_that_is_none_is_refused(station: Scene, query: str) -> None:
    station.place()
    status, document = said(station.ask("GET", f"{ORDERS}?{query}"))
    assert (status, document["Error"]) == (400, "BadRequest")


def test_an_order_that_the_exchange_gave_a_successor_is_replaced(station: Scene) -> None:
    order_id = station.place()
    old = station.exchange.order(ACCOUNT, order_id)
    assert old.order_type is not None
    assert old.time_in_force is not None
    terms = Replacement(order_type=old.order_type, time_in_force=old.time_in_force, quantity=Decimal(3))
    station.exchange.replace(ACCOUNT, order_id, terms)
    assert station.order(order_id)["Status"] == "UCH"


def test_an_expired_order_says_so(station: Scene) -> None:
    order_id = station.place()
    station.exchange.expire(order_id)
    assert (station.order(order_id)["Status"], station.order(order_id)["StatusDescription"]) == (
        "EXP",
        "Expired",
    )
    assert said(station.ask("DELETE", f"{CHANGES}/{order_id}")) == bad("Not an open order.")


# Quotes


def test_quotes_come_by_symbol_with_what_is_none(station: Scene) -> None:
    station.exchange.set_quote("SPY", None, Decimal(600))
    symbols = f"aapl,SPY,ESZ26,{HIGHER_CALL},NOSUCH,BTC/USD,ESZ6"
    found = station.read(f"/v3/marketdata/quotes/{quote(symbols, safe='')}")
    quotes = {row["Symbol"]: row for row in found["Quotes"]}
    assert set(quotes) == {"AAPL", "SPY", "ESZ26", HIGHER_CALL}
    assert (quotes["AAPL"]["Bid"], quotes["AAPL"]["Ask"], quotes["AAPL"]["Last"]) == ("99", "101", "100")
    assert (quotes["SPY"]["Bid"], quotes["SPY"]["BidSize"], quotes["SPY"]["AskSize"]) == ("0", "0", "100")
    assert [row["Symbol"] for row in found["Errors"]] == ["NOSUCH", "BTC/USD", "ESZ6"]
    assert {row["Error"] for row in found["Errors"]} == {"FAILED, INVALID SYMBOL"}
