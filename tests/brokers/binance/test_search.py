"""An order without a route is looked for by reads; lists hold what is open, and what closed in some pairs."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.brokers.binance.orders import PAGE_MAX, PAGES_MAX, BinanceBroker
from nostro.brokers.binance.pairs import PAIRS_MAX
from nostro.brokers.binance.spec import SPEC
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.cancel import (
    Canceled,
    LookFailed,
    NotSent,
    OrderAbsent,
    OrderAmbiguous,
    OrderFound,
    OrderLook,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import OrderStatus
from tests.brokers.scripted import Scripted, answer

from .said import (
    ABSENT,
    ORDER_ID,
    T0,
    T0_MS,
    WITHOUT_ROUTE,
    account,
    asked_of,
    broker,
    canceled,
    info,
    prices,
    refusal,
    row,
)

NOTHING_OPEN = answer(200, [])
MARKET = prices("BTCUSDT", "ETHUSDT", "ETHBTC", "DOGEUSDT")
HELD = (account(BTC="1", ETH="2"), MARKET)
"""An account whose pairs are BTC/USDT, ETH/USDT and ETH/BTC, in this order."""
PAIRS = info("BTC/USDT", "ETH/USDT", "ETH/BTC")


def look(*answers: Reply | Exception) -> OrderLook:
    return asyncio.run(broker(*answers).look_up_order("", WITHOUT_ROUTE))


def test_an_open_order_is_found_by_its_id_alone_and_canceled_where_it_is() -> None:
    open_ones = answer(200, [row(), row(orderId=7)])
    transport = Scripted(open_ones, info("BTC/USDT"), *HELD, PAIRS, ABSENT, ABSENT, answer(200, canceled()))
    outcome = asyncio.run(BinanceBroker(transport, SPEC).cancel_order("", WITHOUT_ROUTE))
    assert isinstance(outcome, Canceled)
    assert asked_of(transport) == [
        ("GET /api/v3/openOrders", {}),
        ("GET /api/v3/exchangeInfo", {"symbols": '["BTCUSDT"]', "showPermissionSets": "false"}),
        ("GET /api/v3/account", {"omitZeroBalances": "true"}),
        ("GET /api/v3/ticker/price", {}),
        ("GET /api/v3/exchangeInfo", {"symbols": '["ETHUSDT","ETHBTC"]', "showPermissionSets": "false"}),
        ("GET /api/v3/order", {"symbol": "ETHUSDT", "orderId": ORDER_ID}),
        ("GET /api/v3/order", {"symbol": "ETHBTC", "orderId": ORDER_ID}),
        ("DELETE /api/v3/order", {"symbol": "BTCUSDT", "orderId": ORDER_ID}),
    ]


def test_a_closed_order_is_found_in_a_pair_of_what_the_account_has() -> None:
    found = look(
        NOTHING_OPEN, *HELD, PAIRS, ABSENT, ABSENT, answer(200, row(symbol="ETHBTC", status="FILLED"))
    )
    assert isinstance(found, OrderFound)
    assert (found.order.route, found.order.status) == ("ETH/BTC", OrderStatus.FILLED)


def test_an_id_that_no_open_order_has_and_no_closed_one_of_these_pairs_is_absent() -> None:
    assert look(NOTHING_OPEN, *HELD, PAIRS, ABSENT) == OrderAbsent()


@pytest.mark.parametrize(
    "answers",
    [
        (NoReply("lost"),),
        (Reply(200, b"{}"),),
        (answer(200, [row()]), refusal(-1121)),
        (answer(200, [row()]), info("ETH/USDT")),
        (NOTHING_OPEN, NoReply("lost")),
        (NOTHING_OPEN, account(BTC="1"), NoReply("lost")),
        (NOTHING_OPEN, *HELD, NoReply("lost")),
        (NOTHING_OPEN, *HELD, PAIRS, ABSENT, NoReply("lost")),
        (answer(200, [row()]), info("BTC/USDT"), *HELD, PAIRS, NoReply("lost")),
    ],
)
def test_a_search_of_which_a_part_fails_has_failed(answers: tuple[Reply | Exception, ...]) -> None:
    assert isinstance(look(*answers), LookFailed)


@pytest.mark.parametrize(
    "answers",
    [
        (answer(200, [row(), row(symbol="ETHUSDT")]), info("BTC/USDT", "ETH/USDT"), *HELD, PAIRS, ABSENT),
        (
            answer(200, [row()]),
            info("BTC/USDT"),
            *HELD,
            PAIRS,
            answer(200, row(symbol="ETHUSDT", status="FILLED")),
            ABSENT,
        ),
        (NOTHING_OPEN, *HELD, PAIRS, answer(200, row()), answer(200, row(symbol="ETHUSDT")), ABSENT),
    ],
)
def test_an_id_of_two_symbols_is_ambiguous_and_is_not_canceled(answers: tuple[Reply, ...]) -> None:
    assert look(*answers) == OrderAmbiguous()
    transport = Scripted(*answers)
    assert isinstance(asyncio.run(BinanceBroker(transport, SPEC).cancel_order("", WITHOUT_ROUTE)), NotSent)
    assert all(path.startswith("GET ") for path, _ in asked_of(transport))


def test_an_id_is_not_called_absent_where_not_all_pairs_were_tried() -> None:
    assets = [f"A{number}" for number in range(PAIRS_MAX + 1)]
    held = account(**dict.fromkeys(assets, "1"))
    market, pairs = prices(*(f"{each}USDT" for each in assets)), info(*(f"{each}/USDT" for each in assets))
    transport = Scripted(NOTHING_OPEN, held, market, pairs, ABSENT)
    found = asyncio.run(BinanceBroker(transport, SPEC).look_up_order("", WITHOUT_ROUTE))
    assert isinstance(found, LookFailed)
    assert [path for path, _ in asked_of(transport)].count("GET /api/v3/order") == PAIRS_MAX


def test_an_order_is_found_by_its_client_id_and_believed_if_it_has_it() -> None:
    def find(*answers: Reply | Exception) -> OrderLook:
        return asyncio.run(broker(*answers).find_client_order("", ClientOrderId("c-1")))

    found = find(
        answer(200, [row(), row(orderId=7, clientOrderId="c-7")]), info("BTC/USDT"), *HELD, PAIRS, ABSENT
    )
    assert isinstance(found, OrderFound)
    assert found.order.brokerage_order_id == ORDER_ID
    found = find(NOTHING_OPEN, *HELD, PAIRS, answer(200, row(status="FILLED")), ABSENT)
    assert isinstance(found, OrderFound)
    assert find(NOTHING_OPEN, *HELD, PAIRS, ABSENT) == OrderAbsent()
    assert isinstance(find(NOTHING_OPEN, *HELD, PAIRS, answer(200, row(clientOrderId="c-9"))), LookFailed)
    transport = Scripted(NOTHING_OPEN, account(BTC="1"), MARKET, info("BTC/USDT"), ABSENT)
    asyncio.run(BinanceBroker(transport, SPEC).find_client_order("", ClientOrderId("c-1")))
    assert asked_of(transport)[-1] == (
        "GET /api/v3/order",
        {"symbol": "BTCUSDT", "origClientOrderId": "c-1"},
    )


def test_the_pair_of_an_order_that_this_session_placed_is_tried_though_nothing_is_left_of_it() -> None:
    transport = Scripted(
        answer(200, [row()]), info("BTC/USDT"), account(), MARKET, NOTHING_OPEN, account(), MARKET, ABSENT
    )
    binance = BinanceBroker(transport, SPEC)
    assert isinstance(asyncio.run(binance.look_up_order("", WITHOUT_ROUTE)), OrderFound)
    assert asyncio.run(binance.look_up_order("", WITHOUT_ROUTE)) == OrderAbsent()
    assert asked_of(transport)[-1] == ("GET /api/v3/order", {"symbol": "BTCUSDT", "orderId": ORDER_ID})


def test_a_list_holds_what_is_open_and_what_closed_since() -> None:
    before, after = T0_MS - 1, T0_MS + 7
    history = [
        row(orderId=1, status="CANCELED", updateTime=before),
        row(orderId=2, status="FILLED", updateTime=after),
        row(orderId=3, status="EXPIRED_IN_MATCH", updateTime=T0_MS),
        row(orderId=4),  # closed meanwhile, or not open yet when that was asked: the database is behind
        row(status="CANCELED", updateTime=after),
    ]
    transport = Scripted(
        answer(200, [row(), row(orderId=6, symbol="ETHUSDT", time=T0_MS + 1)]),
        info("BTC/USDT", "ETH/USDT"),
        account(BTC="1"),
        MARKET,
        answer(200, history),
        NOTHING_OPEN,
    )
    since = T0 + timedelta(microseconds=500)
    listed = asyncio.run(BinanceBroker(transport, SPEC).list_orders("", since))
    assert listed[0].ref.route == "ETH/USDT"
    assert {(order.brokerage_order_id, order.status) for order in listed} == {
        ("2", OrderStatus.FILLED),
        ("3", OrderStatus.EXPIRED),
        (ORDER_ID, OrderStatus.CANCELED),
        ("6", OrderStatus.NEW),
    }
    assert asked_of(transport)[-2:] == [
        ("GET /api/v3/allOrders", {"symbol": "BTCUSDT", "limit": str(PAGE_MAX)}),
        ("GET /api/v3/allOrders", {"symbol": "ETHUSDT", "limit": str(PAGE_MAX)}),
    ]


def page(newest_ms: int) -> Reply:
    """Make a full page of filled orders, one each minute, the newest last."""
    times = [newest_ms - 60_000 * number for number in reversed(range(PAGE_MAX))]
    return answer(200, [row(orderId=at // 60_000, status="FILLED", time=at, updateTime=at) for at in times])


def test_a_history_is_read_backwards_to_the_time_or_as_far_as_it_may() -> None:
    span_ms = 60_000 * (PAGE_MAX - 1)
    market = (account(BTC="1"), prices("BTCUSDT"), info("BTC/USDT"))
    pages = [page(T0_MS - number * span_ms) for number in range(PAGES_MAX + 1)]
    transport = Scripted(NOTHING_OPEN, *market, *pages)
    listed = asyncio.run(BinanceBroker(transport, SPEC).list_orders("", T0 - timedelta(days=90)))
    assert len(listed) == PAGES_MAX * (PAGE_MAX - 1) + 1  # the last of a page is the first of the next one
    ends = [query.get("endTime") for path, query in asked_of(transport) if path.endswith("allOrders")]
    assert ends == [None, *(str(T0_MS - number * span_ms) for number in range(1, PAGES_MAX))]
    transport = Scripted(NOTHING_OPEN, *market, *pages)
    listed = asyncio.run(BinanceBroker(transport, SPEC).list_orders("", T0 - timedelta(minutes=10)))
    assert len(listed) == 11
    assert len(transport.requests) == 5
    transport = Scripted(NOTHING_OPEN, *market, page(T0_MS))
    listed = asyncio.run(BinanceBroker(transport, SPEC).list_orders("", T0 - timedelta(days=90)))
    assert len(listed) == PAGE_MAX
    assert len(transport.requests) == 6, "the same page again is not asked for a third time"


def test_where_not_all_pairs_can_be_asked_those_of_open_orders_come_first() -> None:
    assets = [f"A{number}" for number in range(PAIRS_MAX + 1)]
    held, market = account(**dict.fromkeys(assets, "1")), prices(*(f"{each}USDT" for each in assets))
    pairs = info(*(f"{each}/USDT" for each in assets))
    last = answer(200, [row(symbol=f"{assets[-1]}USDT")])
    transport = Scripted(held, market, pairs, last, held, market, NOTHING_OPEN)
    binance = BinanceBroker(transport, SPEC)
    asyncio.run(binance.list_positions(""))
    asyncio.run(binance.list_orders("", T0))
    asked = [query["symbol"] for path, query in asked_of(transport) if path.endswith("allOrders")]
    assert len(asked) == PAIRS_MAX
    assert asked[0] == f"{assets[-1]}USDT"


def test_orders_of_two_symbols_that_have_one_id_are_both_listed() -> None:
    both = [row(), row(symbol="ETHUSDT", price="3000")]
    answers = (answer(200, both), info("BTC/USDT", "ETH/USDT"), account(), MARKET, NOTHING_OPEN)
    listed = asyncio.run(broker(*answers).list_orders("", T0))
    assert {order.limit_price for order in listed} == {Decimal(40000), Decimal(3000)}


@pytest.mark.parametrize(
    "answers",
    [
        (NoReply("lost"),),
        (answer(200, [row()]), NoReply("lost")),
        (NOTHING_OPEN, NoReply("lost")),
        (NOTHING_OPEN, *HELD, PAIRS, NoReply("lost")),
        (NOTHING_OPEN, *HELD, PAIRS, answer(200, [row(symbol="ETHUSDT")])),
    ],
)
def test_a_list_of_which_a_part_fails_has_failed(answers: tuple[Reply | Exception, ...]) -> None:
    with pytest.raises(ReadFailed):
        asyncio.run(broker(*answers).list_orders("", T0))
