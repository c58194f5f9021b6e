"""Schwab's face in its own words: lists of orders, accounts, quotes."""

from collections.abc import Iterator

import pytest

from tests.sim.market import (
    API_KEY,
    CALL,
    CASH,
    HIGHER_CALL,
    OTHER_ACCOUNT,
    buy,
)

from .schwab_scene import ACCOUNTS, EVER, HASH, ORDERS, SPREAD, Scene, id_of, said

DAY_S = 86_400


@pytest.fixture
def schwab() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


# Lists


def test_a_list_has_the_newest_first_and_those_of_one_status(schwab: Scene) -> None:
    paths = [schwab.place(), schwab.place(orderType="MARKET", price=None), schwab.place()]
    ids = [int(id_of(path)) for path in paths]
    assert [row["orderId"] for row in schwab.listed()] == ids[::-1]
    assert [row["orderId"] for row in schwab.listed("&status=FILLED")] == [ids[1]]
    assert [row["orderId"] for row in schwab.listed("&maxResults=1")] == [ids[2]]


def test_a_list_has_what_was_entered_within_its_times(schwab: Scene) -> None:
    first = schwab.place(duration="GOOD_TILL_CANCEL")
    schwab.exchange.advance(DAY_S)
    schwab.place()
    rows = schwab.read(
        f"{ORDERS}?fromEnteredTime=2026-03-02T15:00:00.000Z&toEnteredTime=2026-03-02T15:00:00Z"
    )
    assert [row["orderId"] for row in rows] == [int(id_of(first))]
    assert len(schwab.listed()) == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "fromEnteredTime is required"),
        ("fromEnteredTime=2026-01-01T00:00:00.000Z", "toEnteredTime is required"),
        (EVER.replace("2026-01-01T00:00:00.000Z", "2026-01-01"), "'2026-01-01' is not a valid value for"),
        (EVER.replace("000Z", "000%2B0000"), "'2026-01-01T00:00:00.000+0000' is not a valid value for"),
        (EVER.replace("2026-01", "2026-13"), "'2026-13-01T00:00:00.000Z' is not a valid value for"),
        (EVER.replace("2026-01", "2024-01"), "'2024-01-01T00:00:00.000Z' is not a valid value for from"),
        (EVER.replace("2026-01", "2027-01"), "'2026-12-31T00:00:00.000Z' is not a valid value for to"),
        (EVER + "&status=OPEN", "'OPEN' is not a valid value for status"),
        (EVER + "&maxResults=all", "'all' is not a valid value for maxResults"),
    ],
)
def test_a_list_without_its_times_or_with_bad_words_is_refused(
    schwab: Scene, query: str, message: str
) -> None:
    status, document = said(schwab.ask("GET", f"{ORDERS}?{query}"))
    assert status == 400
    assert document["message"].startswith(message)


def test_the_list_of_all_accounts_reaches_back_sixty_days(schwab: Scene) -> None:
    schwab.exchange.open_account("A-9", CASH, owner=API_KEY)
    schwab.place()
    schwab.exchange.place("A-9", buy(limit="50"))
    schwab.exchange.place(OTHER_ACCOUNT, buy(limit="50"))
    rows = schwab.read(f"/trader/v1/orders?{EVER}")
    assert len({row["accountNumber"] for row in rows}) == len(rows) == 2
    # The rule is about days: a client that counts sixty of them back from now is a moment too early.
    for begin, status in (("2026-01-01T00:00:00", 200), ("2025-12-31T23:59:59", 400)):
        query = EVER.replace("2026-01-01T00:00:00", begin)
        assert schwab.ask("GET", f"/trader/v1/orders?{query}").status == status


# Everything else


def test_an_account_shows_positions_when_asked(schwab: Scene) -> None:
    schwab.place(orderType="MARKET", price=None)
    schwab.place(**SPREAD | {"orderType": "MARKET", "price": None})
    bare = schwab.read(f"{ACCOUNTS}/{HASH}")["securitiesAccount"]
    full = schwab.read(f"{ACCOUNTS}/{HASH}?fields=positions")["securitiesAccount"]
    assert "positions" not in bare
    sizes = {
        each["instrument"]["symbol"]: each["longQuantity"] - each["shortQuantity"]
        for each in full["positions"]
    }
    assert sizes == {"AAPL": 10, CALL: 2, HIGHER_CALL: -2}
    balances = full["currentBalances"]
    assert balances["longMarketValue"] == 1000
    assert balances["longOptionMarketValue"] > 0 > balances["shortOptionMarketValue"]
    assert full["type"] == "CASH"
    assert schwab.read(f"{ACCOUNTS}?fields=positions") == [schwab.read(f"{ACCOUNTS}/{HASH}?fields=positions")]
    assert schwab.ask("GET", f"{ACCOUNTS}?fields=orders").status == 400


def test_what_an_open_order_sets_aside_is_not_there_to_trade(schwab: Scene) -> None:
    schwab.place()
    balances = schwab.read(f"{ACCOUNTS}/{HASH}")["securitiesAccount"]["currentBalances"]
    assert (balances["totalCash"], balances["cashAvailableForTrading"]) == (100_000, 99_497.5)


def test_quotes_come_by_symbol_with_those_that_are_unknown(schwab: Scene) -> None:
    option = CALL.replace(" ", "%20")
    document = schwab.read(f"/marketdata/v1/quotes?symbols=AAPL,NOSUCH,BTC/USD,{option}")
    assert (document["AAPL"]["quote"]["bidPrice"], document["AAPL"]["quote"]["askPrice"]) == (99, 101)
    assert document[CALL]["assetMainType"] == "OPTION"
    assert document["errors"] == {"invalidSymbols": ["NOSUCH", "BTC/USD"]}
    status, refused = said(schwab.ask("GET", "/marketdata/v1/quotes"))
    assert (status, refused["errors"][0]["status"]) == (400, "400")
