"""Orders, accounts, money and positions as Schwab writes them."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.transport import NoReply, Reply
from nostro.domain.account import Balance
from nostro.domain.cancel import LookFailed, OrderFound
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import AssetClass
from nostro.domain.order import (
    Order,
    OrderRef,
    OrderStatus,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from tests.brokers.scripted import answer

from .said import ACCOUNT, NEW_ID, PATH, REF, T0, asked, broker, fill, leg, row, shown

CALLS = ("AAPL  260320C00100000", "AAPL  260320C00110000")


def seen(**changes: Any) -> Order:
    look = asyncio.run(broker(shown(**changes)).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    return look.order


def test_an_order_is_read_to_the_last_digit() -> None:
    body = b'{"orderId":1002260663765,"status":"WORKING","enteredTime":"2026-03-02T15:00:00.250Z","price":'
    body += b'100.10000000000000001,"quantity":0.12345678,"orderType":"STOP_LIMIT","stopPrice":101,"duration"'
    body += b':"FILL_OR_KILL","session":"SEAMLESS","orderLegCollection":[{"instruction":"SELL_SHORT",'
    body += b'"quantity":0.12345678,"instrument":{"assetType":"EQUITY","symbol":"BRK/B"}}]}'
    look = asyncio.run(broker(Reply(200, body)).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    order = look.order
    assert (order.limit_price, order.stop_price) == (Decimal("100.10000000000000001"), Decimal(101))
    assert (order.quantity, order.order_type) == (Decimal("0.12345678"), OrderType.STOP_LIMIT)
    assert (order.time_in_force, order.extended_hours) == (TimeInForce.FOK, True)
    assert order.placed_at == datetime(2026, 3, 2, 15, 0, 0, 250_000, tzinfo=UTC)
    [only] = order.legs
    assert (only.side, only.position_effect) == (Side.SELL, PositionEffect.OPEN)
    assert (only.instrument.symbol, only.instrument.asset_class) == ("BRK.B", AssetClass.STOCK)


def test_the_average_is_of_fills_alone_and_only_where_they_add_up() -> None:
    out = fill(7.0, 0.0) | {"executionType": "CANCELED"}
    fills = [fill(1.0, 100.0), fill(2.0, 99.4, at="2026-03-02T15:01:00+0000"), out]
    order = seen(
        status="CANCELED",
        filledQuantity=3.0,
        orderActivityCollection=fills,
        closeTime="2026-03-02T15:02:00+0000",
    )
    assert (order.average_price, order.filled_quantity) == (Decimal("99.6"), Decimal(3))
    assert (order.canceled_quantity, order.status) == (Decimal(7), OrderStatus.CANCELED)
    assert order.filled_at == T0 + timedelta(minutes=1)
    assert order.updated_at == T0 + timedelta(minutes=2)
    assert seen(filledQuantity=4.0, orderActivityCollection=fills).average_price is None
    assert seen(filledQuantity=1.0).status is OrderStatus.PARTIALLY_FILLED


def test_a_spread_has_a_ratio_for_each_leg_and_a_net_price() -> None:
    legs = [leg("BUY_TO_OPEN", CALLS[0], 3.0), leg("SELL_TO_OPEN", CALLS[1], 6.0, legId=2)]
    order = seen(
        orderType="NET_CREDIT",
        price=1.25,
        quantity=3.0,
        status="FILLED",
        filledQuantity=3.0,
        orderLegCollection=legs,
        orderActivityCollection=[fill(3.0, 2.5), fill(6.0, 1.9, leg_id=2)],
    )
    assert (order.order_type, order.price_effect) == (OrderType.LIMIT, PriceEffect.CREDIT)
    assert [(each.instrument.symbol, each.ratio) for each in order.legs] == [
        (CALLS[0], Decimal(1)),
        (CALLS[1], Decimal(2)),
    ]
    assert (order.average_price, order.asset_class) == (Decimal("1.3"), AssetClass.OPTION)
    assert seen(quantity=None, orderLegCollection=legs).quantity == Decimal(3)


def test_what_nostro_could_not_place_is_shown_all_the_same() -> None:
    fund = {"assetType": "MUTUAL_FUND", "symbol": "SWVXX"}
    order = seen(
        orderType="TRAILING_STOP",
        duration="END_OF_MONTH",
        session="AM",
        cancelTime="2026-03-31T00:00:00+0000",
        quantity=500.0,
        orderLegCollection=[leg("EXCHANGE", "SWVXX", 500.0, instrument=fund, quantityType="DOLLARS")],
    )
    assert (order.order_type, order.time_in_force, order.extended_hours) == (None, None, True)
    assert (order.quantity, order.notional) == (None, Decimal(500))
    assert order.expires_at == datetime(2026, 3, 31, tzinfo=UTC)
    etf = {"assetType": "COLLECTIVE_INVESTMENT", "type": "EXCHANGE_TRADED_FUND", "symbol": "SPY"}
    assert seen(orderLegCollection=[leg(instrument=etf)]).asset_class is AssetClass.ETF


@pytest.mark.parametrize(
    "changes",
    [
        {"enteredTime": "2026-03-02T15:00:00"},
        {"quantity": "NaN"},
        {"price": 1e99},
        {"filledQuantity": 1e-99},
        {"orderLegCollection": [leg("HOLD")]},
        {"orderLegCollection": [leg("BUY", instrument={"assetType": "OPTION", "symbol": "AAPL"})]},
        {"orderLegCollection": []},
        {"status": None},
    ],
)
def test_what_makes_no_sense_is_no_order(changes: dict[str, Any]) -> None:
    look = asyncio.run(broker(shown(**changes)).look_up_order(ACCOUNT, REF))
    assert isinstance(look, LookFailed)


def test_what_hangs_on_an_order_is_found_and_a_bracket_is_no_order() -> None:
    peers = [row(orderId=5), row(orderId=6, orderType="STOP", stopPrice=90.0)]
    bracket = {"orderId": 4, "orderStrategyType": "OCO", "status": "AWAITING_PARENT_ORDER"}
    bracket |= {"enteredTime": "2026-03-02T15:00:00+0000", "childOrderStrategies": peers}
    trigger = row(orderId=3, orderStrategyType="TRIGGER", childOrderStrategies=[bracket])
    listed = asyncio.run(broker(answer(200, [trigger])).list_orders(ACCOUNT, T0))
    assert {order.brokerage_order_id for order in listed} == {"3", "5", "6"}
    look = asyncio.run(
        broker(answer(200, trigger)).look_up_order(ACCOUNT, OrderRef(listed[2].ref.brokerage_order_id))
    )
    assert isinstance(look, OrderFound)
    assert look.order == listed[2]


# Replacements


OLD = {"status": "REPLACED", "closeTime": "2026-03-02T15:00:09+0000"}
NEW = {"orderId": int(NEW_ID), "enteredTime": "2026-03-02T15:00:09+0000"}
LATER = {"orderId": int(NEW_ID), "status": "REPLACED", "enteredTime": "2026-03-02T15:00:09+0000"}


@pytest.mark.parametrize(
    ("changes", "replaces", "replaced_by"),
    [
        (OLD | {"replacingOrderCollection": [row(**NEW)]}, None, NEW_ID),
        (OLD | {"replacingOrderCollection": [{"orderId": int(NEW_ID)}]}, None, NEW_ID),
        (OLD | {"replacingOrderCollection": [LATER]}, None, NEW_ID),
        ({"replacingOrderCollection": [LATER | {"enteredTime": None}]}, NEW_ID, None),
        ({"replacingOrderCollection": [{"orderId": int(NEW_ID), "status": "WORKING"}]}, None, None),
    ],
)
def test_of_two_orders_the_one_that_was_replaced_came_first(
    changes: dict[str, Any], replaces: str | None, replaced_by: str | None
) -> None:
    order = seen(**changes)
    assert (order.replaces, order.replaced_by) == (replaces, replaced_by)


def test_two_successors_or_a_text_name_none() -> None:
    two = [{"orderId": 7}, {"orderId": 8}]
    for said in (two, ["string"], []):
        assert seen(**OLD, replacingOrderCollection=said).replaced_by is None


def test_what_was_recorded_of_a_replacement_ties_nothing() -> None:
    rows = [row(**NEW), row(**OLD)]
    schwab, transport = asked(answer(200, rows), answer(200, rows[1]))
    listed = asyncio.run(schwab.list_orders(ACCOUNT, T0))
    assert [(each.replaces, each.replaced_by) for each in listed] == [(None, None)] * 2
    look = asyncio.run(schwab.look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    assert (look.order.status, look.order.replaced_by) == (OrderStatus.REPLACED, None)
    assert [each.operation for each in transport.requests] == ["list", "look_up"]


# Accounts


def test_accounts_are_known_by_their_numbers() -> None:
    rows = [{"accountNumber": "1", "hashValue": "A"}, {"accountNumber": "2", "hashValue": "B"}]
    found = asyncio.run(broker(answer(200, rows)).list_accounts())
    assert [(each.number, each.is_paper) for each in found] == [("1", False), ("2", False)]


@pytest.mark.parametrize(
    ("current", "balance"),
    [
        (
            {"cashBalance": -5.5, "buyingPower": 10.25, "availableFunds": 3.0},
            Balance(currency="USD", cash=Decimal("-5.5"), buying_power=Decimal("10.25")),
        ),
        (
            {"totalCash": 121.58, "cashAvailableForTrading": 100.0},
            Balance(currency="USD", cash=Decimal("121.58"), buying_power=Decimal(100)),
        ),
    ],
)
def test_money_is_read_of_margin_and_of_cash_accounts(current: dict[str, float], balance: Balance) -> None:
    account = {"securitiesAccount": {"type": "ANY", "accountNumber": ACCOUNT, "currentBalances": current}}
    schwab, transport = asked(answer(200, account))
    assert asyncio.run(schwab.list_balances(ACCOUNT)) == [balance]
    assert transport.requests[0].path == PATH


def test_positions_are_long_less_short() -> None:
    rows = [
        {"longQuantity": 3.0, "shortQuantity": 0.0, "averagePrice": 10.5, "instrument": leg()["instrument"]},
        {"shortQuantity": 2.0, "averagePrice": 1.5, "instrument": leg(symbol=CALLS[0])["instrument"]},
    ]
    account = {"securitiesAccount": {"currentBalances": {}, "positions": rows}}
    schwab, transport = asked(answer(200, account))
    held = asyncio.run(schwab.list_positions(ACCOUNT))
    assert transport.requests[0].path == f"{PATH}?fields=positions"
    assert [(each.instrument.symbol, each.quantity, each.average_price) for each in held] == [
        ("AAPL", Decimal(3), Decimal("10.5")),
        (CALLS[0], Decimal(-2), Decimal("1.5")),
    ]
    empty: dict[str, Any] = {"securitiesAccount": {"currentBalances": {}}}
    assert asyncio.run(broker(answer(200, empty)).list_positions(ACCOUNT)) == []


@pytest.mark.parametrize(
    "said",
    [
        answer(401, {"message": "Unauthorized"}),
        Reply(500, b""),
        answer(200, {}),
        answer(200, {"securitiesAccount": {"currentBalances": {}, "positions": [{"instrument": {}}]}}),
        NoReply("lost"),
    ],
)
def test_a_read_without_proof_failed(said: Reply | Exception) -> None:
    for read in (
        broker(said).list_accounts(),
        broker(said).list_balances(ACCOUNT),
        broker(said).list_positions(ACCOUNT),
        broker(said).list_orders(ACCOUNT, T0),
    ):
        with pytest.raises(ReadFailed):
            asyncio.run(read)
