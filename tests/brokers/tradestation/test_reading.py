"""Orders, accounts, money and positions as TradeStation shows them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.tradestation.orders import TradeStationBroker
from nostro.brokers.tradestation.spec import SIM_SPEC
from nostro.brokers.transport import Reply
from nostro.domain.account import Balance, BrokerageAccount
from nostro.domain.cancel import LookFailed, OrderFound
from nostro.domain.errors import AccessRefused, ReadFailed
from nostro.domain.instrument import AssetClass, OptionContract, OptionRight
from nostro.domain.order import Order, OrderStatus, OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.ports import SystemClock
from tests.brokers.oracle import ask_oracle
from tests.brokers.scripted import Scripted, answer

from .said import ACCOUNT, CALL, REF, T0, UNAUTHORIZED, asked, broker, leg, row, shown

CLOSED_AT = "2026-03-02T15:00:05Z"
PROBLEM = {"AccountID": ACCOUNT, "Error": "Forbidden", "Message": "Request not supported for account type."}
ACCOUNTS = answer(
    200,
    {
        "Accounts": [
            {"AccountID": ACCOUNT, "AccountType": "Margin", "Currency": "USD", "Status": "Active"},
            {"AccountID": "SIM123456F", "AccountType": "Futures", "Currency": "EUR", "Alias": "mine"},
        ]
    },
)


def look(said: Reply) -> object:
    return asyncio.run(broker(said).look_up_order(ACCOUNT, REF))


def seen(**changes: Any) -> Order:
    found = look(shown(**changes))
    assert isinstance(found, OrderFound)
    return found.order


def test_a_plain_order_is_read_whole() -> None:
    order = seen()
    [only] = order.legs
    assert (order.order_type, order.time_in_force) == (OrderType.LIMIT, TimeInForce.DAY)
    assert (order.quantity, order.filled_quantity) == (Decimal(10), Decimal(0))
    assert order.limit_price == Decimal("100.5")
    assert (order.stop_price, order.price_effect, order.average_price) == (None, None, None)
    assert (only.instrument.symbol, only.instrument.asset_class) == ("AAPL", AssetClass.STOCK)
    assert (only.side, only.position_effect, only.ratio) == (Side.BUY, None, Decimal(1))
    assert (order.placed_at, order.updated_at, order.expires_at) == (T0, T0, None)


def test_a_part_that_was_filled_and_what_was_canceled_add_up() -> None:
    part = leg("10", "4", ExecutionPrice="100.123456789")
    order = seen(Status="FLP", Legs=[part], FilledPrice="100.123456789", ClosedDateTime=CLOSED_AT)
    assert order.status is OrderStatus.CANCELED
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal(4), Decimal(6))
    assert order.average_price == order.legs[0].average_price == Decimal("100.123456789")
    assert order.updated_at == datetime(2026, 3, 2, 15, 0, 5, tzinfo=UTC)
    assert order.filled_at is None


def test_the_time_of_a_state_that_is_no_end_is_no_time_of_closing() -> None:
    assert seen(Status="STP", ClosedDateTime=CLOSED_AT).updated_at == T0
    filled = seen(Status="FLL", Legs=[leg("10", "10")], ClosedDateTime=CLOSED_AT)
    assert filled.filled_at == filled.updated_at == datetime(2026, 3, 2, 15, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant", "extended"),
    [
        ("GTC", TimeInForce.GTC, False),
        ("GTC+", TimeInForce.GTC, True),
        ("GCP", TimeInForce.GTC, True),
        ("DAY+", TimeInForce.DAY, True),
        ("GTD", TimeInForce.GTD, False),
        ("IOC", TimeInForce.IOC, False),
        ("FOK", TimeInForce.FOK, False),
        ("OPG", None, False),
        ("1 min", None, False),
    ],
)
def test_a_duration_is_told_with_its_hours(said: str, meant: TimeInForce | None, *, extended: bool) -> None:
    order = seen(Duration=said)
    assert (order.time_in_force, order.extended_hours) == (meant, extended)
    assert (order.expires_at is not None) is (said == "GTD")


def test_a_stop_is_a_stop_and_one_that_trails_is_nothing_that_we_have_a_word_for() -> None:
    stop = seen(OrderType="StopMarket", LimitPrice="", StopPrice="99.5")
    assert (stop.order_type, stop.stop_price, stop.limit_price) == (OrderType.STOP, Decimal("99.5"), None)
    assert seen(OrderType="StopMarket", TrailingStop={"Percent": "5.0"}).order_type is None
    assert seen(OrderType="Peg").order_type is None


@pytest.mark.parametrize(
    ("said", "side", "effect"),
    [
        ("Sell", Side.SELL, None),
        ("SellShort", Side.SELL, PositionEffect.OPEN),
        ("BuyToCover", Side.BUY, PositionEffect.CLOSE),
    ],
)
def test_a_side_says_what_it_does_to_the_position(
    said: str, side: Side, effect: PositionEffect | None
) -> None:
    [only] = seen(Legs=[leg(BuyOrSell=said)]).legs
    assert (only.side, only.position_effect) == (side, effect)


@pytest.mark.parametrize(
    ("symbol", "asset_type", "shown_as", "asset_class"),
    [
        ("AAPL 260320C240", "STOCKOPTION", CALL, AssetClass.OPTION),
        ("AAPL 260320P247.5", "STOCKOPTION", "AAPL  260320P00247500", AssetClass.OPTION),
        ("$SPXW.X 260320C5000", "INDEXOPTION", "SPXW  260320C05000000", AssetClass.OPTION),
        ("AAPL 261320C240", "STOCKOPTION", "AAPL 261320C240", AssetClass.STOCK),
        ("ESZ26", "FUTURE", "ESZ6", AssetClass.FUTURE),
        ("MP1H27", "FUTURE", "MP1H7", AssetClass.FUTURE),
        ("@ES", "FUTURE", "@ES", AssetClass.FUTURE),
        ("BRK.B", "STOCK", "BRK.B", AssetClass.STOCK),
    ],
)
def test_a_symbol_is_told_in_our_spelling_and_any_other_thing_is_shown(
    symbol: str, asset_type: str, shown_as: str, asset_class: AssetClass
) -> None:
    instrument = seen(Legs=[leg(Symbol=symbol, AssetType=asset_type)]).legs[0].instrument
    assert (instrument.symbol, instrument.asset_class) == (shown_as, asset_class)


def test_an_option_is_opened_or_closed() -> None:
    option = {"AssetType": "STOCKOPTION", "Symbol": "AAPL 260320C240", "OpenOrClose": "Close"}
    [only] = seen(Legs=[leg(BuyOrSell="Sell", **option)]).legs
    assert only.position_effect is PositionEffect.CLOSE
    assert only.instrument.option == OptionContract("AAPL", date(2026, 3, 20), OptionRight.CALL, Decimal(240))


@pytest.mark.parametrize(
    ("price", "effect"),
    [("1.25", PriceEffect.DEBIT), ("-1.25", PriceEffect.CREDIT), ("0", PriceEffect.EVEN)],
)
def test_a_spread_has_units_ratios_and_a_net_price_whose_sign_is_its_direction(
    price: str, effect: PriceEffect
) -> None:
    option = {"AssetType": "STOCKOPTION"}
    legs = [
        leg("4", "2", Symbol="AAPL 260320C240", **option),
        leg("6", "5", Symbol="AAPL 260320C247.5", BuyOrSell="Sell", **option),
    ]
    order = seen(Legs=legs, LimitPrice=price, FilledPrice="-1.3")
    assert (order.quantity, [each.ratio for each in order.legs]) == (Decimal(2), [Decimal(2), Decimal(3)])
    assert (order.filled_quantity, order.status) == (Decimal(1), OrderStatus.PARTIALLY_FILLED)
    assert (order.limit_price, order.price_effect) == (abs(Decimal(price)), effect)
    assert order.average_price == Decimal("1.3")


@pytest.mark.parametrize(
    "changes",
    [
        {"Legs": []},
        {"Legs": [leg(BuyOrSell="Borrow")]},
        {"Legs": [leg() | {"QuantityOrdered": "0"}]},
        {"Legs": [leg() | {"QuantityOrdered": "ten"}]},
        {"Legs": [leg() | {"QuantityOrdered": "1E+99"}]},
        {"Legs": [leg() | {"ExecQuantity": "NaN"}]},
        {"OpenedDateTime": "yesterday"},
        {"OpenedDateTime": "2026-03-02T15:00:00"},
    ],
)
def test_a_row_that_makes_no_sense_shows_no_order(changes: dict[str, Any]) -> None:
    assert isinstance(look(shown(**changes)), LookFailed)


def test_accounts_are_told_with_their_currency() -> None:
    tradestation = TradeStationBroker(Scripted(ACCOUNTS), SIM_SPEC, SystemClock())
    assert asyncio.run(tradestation.list_accounts()) == [
        BrokerageAccount(number=ACCOUNT, name="TradeStation Margin account", is_paper=True),
        BrokerageAccount(
            number="SIM123456F", name="TradeStation Futures account", currency="EUR", is_paper=True
        ),
    ]


def balances(**changes: Any) -> Reply:
    said = {"AccountID": "SIM123456F", "CashBalance": "-12.345678901234567890", "BuyingPower": "0.1"}
    return answer(200, {"Balances": [said | changes], "Errors": []})


def test_money_is_exact_and_in_the_accounts_currency() -> None:
    tradestation, transport = asked(ACCOUNTS, balances())
    [balance] = asyncio.run(tradestation.list_balances("SIM123456F"))
    cash = Decimal("-12.345678901234567890")
    assert balance == Balance(currency="EUR", cash=cash, buying_power=Decimal("0.1"))
    assert transport.requests[-1].path == "/v3/brokerage/accounts/SIM123456F/balances"


def position(**changes: Any) -> dict[str, Any]:
    return {
        "AccountID": ACCOUNT,
        "AssetType": "STOCK",
        "AveragePrice": "216.68",
        "Last": "216.63",
        "LongShort": "Long",
        "Quantity": "10",
        "Symbol": "MSFT",
    } | changes


def positions(*rows: object, errors: object = ()) -> Reply:
    return answer(200, {"Positions": rows, "Errors": errors})


def test_positions_have_a_direction() -> None:
    short = position(LongShort="Short", Quantity="-3", Symbol="AAPL 260320C240", AssetType="STOCKOPTION")
    said = positions(position(), short, position(LongShort="Short", Symbol="ESZ26", AssetType="FUTURE"))
    found = asyncio.run(broker(said).list_positions(ACCOUNT))
    assert [(each.instrument.symbol, each.quantity) for each in found] == [
        ("MSFT", Decimal(10)),
        (CALL, Decimal(-3)),
        ("ESZ6", Decimal(-10)),
    ]
    assert (found[0].average_price, found[0].last_price) == (Decimal("216.68"), Decimal("216.63"))


Read = Callable[[TradeStationBroker], Awaitable[object]]


@pytest.mark.parametrize(
    ("answers", "read"),
    [
        ([answer(200, {"Accounts": None})], lambda it: it.list_accounts()),
        ([answer(200, {"Error": "BadRequest", "Message": ""})], lambda it: it.list_accounts()),
        ([answer(429, {})], lambda it: it.list_accounts()),
        ([ACCOUNTS], lambda it: it.list_balances("SIM1")),
        ([ACCOUNTS], lambda it: it.list_balances(f"{ACCOUNT},SIM123456F")),
        ([ACCOUNTS, balances()], lambda it: it.list_balances(ACCOUNT)),
        ([ACCOUNTS, balances(CashBalance="")], lambda it: it.list_balances("SIM123456F")),
        (
            [ACCOUNTS, answer(200, {"Balances": [], "Errors": [PROBLEM]})],
            lambda it: it.list_balances(ACCOUNT),
        ),
        ([ACCOUNTS, answer(200, {"Balances": [], "Errors": []})], lambda it: it.list_balances(ACCOUNT)),
        ([positions(position(), errors=[PROBLEM])], lambda it: it.list_positions(ACCOUNT)),
        ([positions(position(AccountID="SIM1"))], lambda it: it.list_positions(ACCOUNT)),
        ([positions(position(LongShort="Flat"))], lambda it: it.list_positions(ACCOUNT)),
        ([positions(position(Quantity=None))], lambda it: it.list_positions(ACCOUNT)),
    ],
)
def test_a_read_that_is_not_whole_or_not_of_this_account_fails(answers: list[Reply], read: Read) -> None:
    async def fails() -> None:
        with pytest.raises(ReadFailed):
            await read(broker(*answers))

    asyncio.run(fails())


def test_a_401_is_told_apart() -> None:
    with pytest.raises(AccessRefused):
        asyncio.run(broker(UNAUTHORIZED).list_accounts())


def test_a_client_of_others_reads_the_same_of_an_order() -> None:
    """Its model knows `Buy` and `Sell` alone, and texts where there are numbers."""
    document = {
        "Orders": [row(Legs=[leg("10", "4", ExecutionPrice="100.25")], Status="FPR", FilledPrice="100.25")],
        "Errors": [],
    }
    program = (
        "import sys; from tradestation.ts_types.brokerage import OrdersById;"
        "order = OrdersById.model_validate_json(sys.stdin.read()).Orders[0]; [leg] = order.Legs;"
        "print(order.OrderID, order.Status, order.LimitPrice,"
        " leg.QuantityOrdered, leg.ExecQuantity, leg.ExecutionPrice)"
    )
    order = seen(**document["Orders"][0])
    ours = (order.brokerage_order_id, order.raw_status, order.limit_price, order.quantity)
    fill = (order.filled_quantity, order.legs[0].average_price)
    assert ask_oracle("tradestation", program, json.dumps(document)) == " ".join(
        str(each) for each in (*ours, *fill)
    )
