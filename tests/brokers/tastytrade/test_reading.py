"""Orders, accounts, money and positions as tastytrade writes them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.tastytrade.orders import TastytradeBroker
from nostro.brokers.tastytrade.spec import SANDBOX_SPEC
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.account import Balance, BrokerageAccount
from nostro.domain.cancel import LookFailed, OrderFound
from nostro.domain.errors import AccessRefused, ReadFailed
from nostro.domain.instrument import OPTION_MULTIPLIER, AssetClass
from nostro.domain.order import Order, OrderStatus, OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from tests.brokers.oracle import ask_oracle
from tests.brokers.scripted import Scripted, answer
from tests.sim.market import ToldClock

from .said import ACCOUNT, PATH, REF, T0, asked, broker, fill, leg, row, shown

CALL, HIGHER = "AAPL  260320C00100000", "AAPL  260320C00110000"


def seen(**changes: Any) -> Order:
    look = asyncio.run(broker(shown(**changes)).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    return look.order


def unread(**changes: Any) -> bool:
    return isinstance(asyncio.run(broker(shown(**changes)).look_up_order(ACCOUNT, REF)), LookFailed)


def test_an_order_is_told_as_it_is_written() -> None:
    order = seen()
    assert (order.order_type, order.time_in_force, order.extended_hours) == (
        OrderType.LIMIT,
        TimeInForce.DAY,
        False,
    )
    assert (order.quantity, order.filled_quantity, order.limit_price) == (
        Decimal(10),
        Decimal(0),
        Decimal("100.5"),
    )
    [only] = order.legs
    assert (only.side, only.position_effect, only.ratio) == (Side.BUY, PositionEffect.OPEN, Decimal(1))
    assert (only.instrument.symbol, only.instrument.asset_class) == ("AAPL", AssetClass.STOCK)
    assert (order.average_price, order.stop_price, order.price_effect, order.notional) == (None,) * 4
    assert (order.placed_at, order.updated_at, order.filled_at) == (T0, T0, None)


def test_numbers_and_ids_are_read_whether_they_are_texts_or_not() -> None:
    one = seen(legs=[leg(quantity=10, fills=[fill(3, "100.1")], remaining_quantity=7)])
    two = seen(
        id="507663517",
        price=100.5,
        legs=[leg(quantity="10.0", fills=[fill("3", "100.10")], remaining_quantity="7")],
    )
    assert one == two
    assert (one.status, one.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal(3))


def test_the_average_of_fills_is_exact() -> None:
    fills = [fill(1, "0.1"), fill(2, "0.25", "2026-09-18T17:26:00.000+00:00")]
    order = seen(status="Filled", legs=[leg(quantity=3, remaining_quantity=0, fills=fills)])
    assert (order.average_price, order.filled_quantity) == (Decimal("0.2"), Decimal(3))
    assert order.filled_at == T0 + timedelta(seconds=24)
    assert order.updated_at == order.filled_at


def test_fractions_are_exact_to_the_eighth_decimal() -> None:
    order = seen(
        legs=[
            leg(
                symbol="BTC/USD",
                quantity="1.23456789",
                fills=[fill("0.5", "40000.1")],
                instrument_type="Cryptocurrency",
            )
        ]
    )
    assert (order.quantity, order.filled_quantity) == (Decimal("1.23456789"), Decimal("0.5"))
    assert (order.legs[0].instrument.asset_class, order.legs[0].instrument.symbol) == (
        AssetClass.CRYPTO,
        "BTC/USD",
    )


def test_without_fills_what_remains_tells_what_was_filled() -> None:
    assert seen(legs=[leg(quantity=10, fills=None, remaining_quantity=4)]).filled_quantity == 6
    assert seen(legs=[leg(quantity=10, fills=None, remaining_quantity=None)]).filled_quantity == 0
    assert seen(status="Filled", legs=[leg(quantity=10, fills=[])]).filled_quantity == 10
    assert seen(status="Cancelled", legs=[leg(quantity=10, remaining_quantity=0)]).filled_quantity == 0


def test_a_spread_is_one_order_with_its_legs() -> None:
    legs = [
        leg("Buy to Open", CALL, 3, fills=[fill(2, "2.5")], remaining_quantity=1),
        leg("Sell to Open", HIGHER, 6, fills=[fill(4, "1.0")], remaining_quantity=2),
    ]
    order = seen(price="1.25", price_effect="Credit", legs=legs, leg_count=2)
    assert (order.quantity, order.filled_quantity) == (Decimal(3), Decimal(2))
    assert [(each.instrument.symbol, each.side, each.ratio) for each in order.legs] == [
        (CALL, Side.BUY, Decimal(1)),
        (HIGHER, Side.SELL, Decimal(2)),
    ]
    assert (order.limit_price, order.price_effect) == (Decimal("1.25"), PriceEffect.CREDIT)
    assert order.average_price == Decimal("0.5")
    assert order.legs[0].instrument.multiplier == OPTION_MULTIPLIER


def test_an_order_by_value_has_a_quantity_when_it_is_filled() -> None:
    by_value = {"order_type": "Notional Market", "value": "250.0", "value_effect": "Debit", "price": None}
    waiting = seen(**by_value, legs=[leg(quantity=None)])
    assert (waiting.order_type, waiting.notional, waiting.quantity) == (
        OrderType.MARKET,
        Decimal(250),
        None,
    )
    filled = seen(**by_value, status="Filled", legs=[leg(quantity=None, fills=[fill("2.5", "100")])])
    assert (filled.notional, filled.quantity, filled.filled_quantity) == (
        Decimal(250),
        Decimal("2.5"),
        Decimal("2.5"),
    )
    assert filled.average_price == 100


@pytest.mark.parametrize(
    ("word", "type_"),
    [
        ("Limit", OrderType.LIMIT),
        ("Market", OrderType.MARKET),
        ("Stop", OrderType.STOP),
        ("Stop Limit", OrderType.STOP_LIMIT),
        ("Marketable Limit", None),
    ],
)
def test_a_type_that_has_no_word_is_shown_without(word: str, type_: OrderType | None) -> None:
    order = seen(order_type=word, stop_trigger="99.5")
    assert (order.order_type, order.stop_price) == (type_, Decimal("99.5"))


@pytest.mark.parametrize(
    ("word", "duration", "is_extended"),
    [
        ("Day", TimeInForce.DAY, False),
        ("GTC", TimeInForce.GTC, False),
        ("GTD", TimeInForce.GTD, False),
        ("IOC", TimeInForce.IOC, False),
        ("Ext", TimeInForce.DAY, True),
        ("GTC Ext", TimeInForce.GTC, True),
        ("Ext Overnight", TimeInForce.DAY, True),
        ("GTC Ext Overnight", TimeInForce.GTC, True),
        ("Sometime", None, False),
    ],
)
def test_durations_are_of_hours_and_of_days(
    word: str,
    duration: TimeInForce | None,
    is_extended: bool,
) -> None:
    order = seen(time_in_force=word)
    assert (order.time_in_force, order.extended_hours) == (duration, is_extended)


@pytest.mark.parametrize(
    ("kind", "symbol", "class_", "shown_as"),
    [
        ("Equity", "BRK/B", AssetClass.STOCK, "BRK.B"),
        ("Equity Option", "AAPL 260320C00100000", AssetClass.OPTION, CALL),
        ("Future", "/ESZ6", AssetClass.FUTURE, "ESZ6"),
        ("Future Option", "./ESZ6 EW4U6 260927P2975", AssetClass.FUTURE, "./ESZ6 EW4U6 260927P2975"),
        ("Fixed Income Security", "912828", AssetClass.STOCK, "912828"),
    ],
)
def test_instruments_have_their_usual_names(
    kind: str, symbol: str, class_: AssetClass, shown_as: str
) -> None:
    [only] = seen(legs=[leg(symbol=symbol, instrument_type=kind)]).legs
    assert (only.instrument.asset_class, only.instrument.symbol) == (class_, shown_as)


def test_a_rejected_order_has_its_reason_and_an_open_one_has_none() -> None:
    assert seen(status="Rejected", reject_reason="No.").reject_reason == "No."
    assert seen(status="Rejected").reject_reason == ""
    assert seen(reject_reason="No.").reject_reason is None


def test_times_are_read_in_each_of_their_forms() -> None:
    bare = {"received_at": None, "updated_at": 0}
    assert seen(**bare).placed_at == datetime.fromtimestamp(0, UTC)
    ended = seen(**bare, status="Expired", terminal_at="2026-09-18T17:25:36.000+00:00")
    assert (ended.placed_at, ended.updated_at) == (T0, T0)
    assert seen(updated_at="2026-09-18T18:00:00Z").updated_at == T0 + timedelta(minutes=34, seconds=24)


@pytest.mark.parametrize(
    "changes",
    [
        {"legs": []},
        {"legs": [leg("Lend")]},
        {"legs": [leg(symbol="NONSENSE", instrument_type="Equity Option")]},
        {"price": "1e9999"},
        {"price": "many"},
        {"legs": [leg(quantity="NaN")]},
        {"status": None},
        {"received_at": "2026-09-18T17:25:36"},
    ],
)
def test_what_is_no_order_is_not_read(changes: dict[str, Any]) -> None:
    assert unread(**changes)


# Accounts

ACCOUNTS = answer(
    200,
    {
        "data": {
            "items": [
                {"account": {"account-number": ACCOUNT, "nickname": "Mine"}, "authority-level": "owner"},
                {"account": {"account-number": "5WX05678"}, "authority-level": "read-only"},
                {"account": {"account-number": "5WX00000", "is-closed": True}, "authority-level": "owner"},
            ]
        },
        "context": "/customers/me/accounts",
    },
)
MONEY = answer(
    200,
    {
        "data": {
            "account-number": ACCOUNT,
            "cash-balance": "-12.345",
            "equity-buying-power": "87.055",
            "currency": "USD",
        }
    },
)


def test_accounts_that_are_open_are_listed() -> None:
    tasty = TastytradeBroker(Scripted(ACCOUNTS), SANDBOX_SPEC, ToldClock())
    assert asyncio.run(tasty.list_accounts()) == [
        BrokerageAccount(number=ACCOUNT, name="Mine", is_paper=True),
        BrokerageAccount(number="5WX05678", name="tastytrade account", is_paper=True),
    ]


def test_money_is_exact_and_may_be_owed() -> None:
    tasty, transport = asked(MONEY)
    assert asyncio.run(tasty.list_balances(ACCOUNT)) == [
        Balance(currency="USD", cash=Decimal("-12.345"), buying_power=Decimal("87.055"))
    ]
    assert [each.path for each in transport.requests] == [f"{PATH}/balances"]


def position(direction: str = "Long", **changes: Any) -> Reply:
    item = {
        "account-number": ACCOUNT,
        "instrument-type": "Equity",
        "symbol": "AAPL",
        "quantity": 742,
        "average-open-price": "52.73",
        "multiplier": "1.0",
        "quantity-direction": direction,
    }
    return answer(200, {"data": {"items": [item | changes]}})


def test_positions_have_a_sign_and_none_is_of_nothing() -> None:
    [long] = asyncio.run(broker(position()).list_positions(ACCOUNT))
    assert (long.instrument.symbol, long.quantity, long.average_price) == (
        "AAPL",
        Decimal(742),
        Decimal("52.73"),
    )
    [short] = asyncio.run(broker(position("Short", quantity="0.5")).list_positions(ACCOUNT))
    assert short.quantity == Decimal("-0.5")
    assert asyncio.run(broker(position("Zero", quantity=0)).list_positions(ACCOUNT)) == []


@pytest.mark.parametrize(
    "said",
    [
        NoReply("lost"),
        Reply(500, b""),
        Reply(200, b"<html>"),
        answer(200, {"error": {"code": "no", "message": "No."}}),
        answer(200, {"data": {"items": [], "cash-balance": "1"}, "error": {"code": "no"}}),
        position("Sideways"),
    ],
)
def test_a_read_that_comes_to_nothing_shows_nothing(said: Reply | Exception) -> None:
    tasty = broker(said)
    for read in (tasty.list_positions, tasty.list_balances):
        with pytest.raises(ReadFailed):
            asyncio.run(read(ACCOUNT))


def test_a_401_is_a_doubt_of_the_credentials() -> None:
    with pytest.raises(AccessRefused):
        asyncio.run(broker(answer(401, {})).list_accounts())


# The client of others

_READ = """
import json, sys
from tastytrade.order import PlacedOrder
orders = [PlacedOrder(**each) for each in json.load(sys.stdin)]
print(json.dumps([
    [str(each.id), str(abs(each.price)), str(each.legs[0].quantity), str(abs(each.average_fill_price()))]
    for each in orders
]))
"""


def test_the_client_of_others_reads_the_same_orders() -> None:
    spread = [
        leg("Buy to Open", CALL, 2, fills=[fill(2, "2.5")]),
        leg("Sell to Open", HIGHER, 2, fills=[fill(2, "1.0")]),
    ]
    orders = [
        {"status": "Filled", "legs": [leg(quantity=3, fills=[fill(1, "0.1"), fill(2, "0.25")])], "size": 3},
        {"status": "Filled", "price": "1.5", "legs": spread, "size": 2},
    ]
    said = ask_oracle("tastytrade", _READ, json.dumps([row(**each) for each in orders]))
    for (order_id, price, quantity, average), each in zip(json.loads(said), orders, strict=True):
        ours = seen(**each)
        assert (order_id, Decimal(price), Decimal(quantity)) == (
            ours.brokerage_order_id,
            ours.limit_price,
            ours.quantity,
        )
        assert Decimal(average) == ours.average_price
