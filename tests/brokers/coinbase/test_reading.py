"""How orders and money are read, and how orders are spelled."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.coinbase.orders import CoinbaseBroker
from nostro.brokers.coinbase.spec import SPEC
from nostro.brokers.transport import NeverSent, NoReply, Reply
from nostro.domain.account import Balance
from nostro.domain.cancel import NotSent, OrderFound
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import AssetClass
from nostro.domain.order import Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from tests.brokers.scripted import Scripted, answer

from .said import CLIENT_ID, NEW_ORDER, PORTFOLIO, REF, T0, FixedClock, broker, placed, shown

MEANS = {
    "PENDING": OrderStatus.PENDING_NEW,
    "OPEN": OrderStatus.NEW,
    "FILLED": OrderStatus.FILLED,
    "CANCELLED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "FAILED": OrderStatus.REJECTED,
    "UNKNOWN_ORDER_STATUS": OrderStatus.UNRECOGNIZED,
    "QUEUED": OrderStatus.PENDING_NEW,
    "CANCEL_QUEUED": OrderStatus.PENDING_CANCEL,
    "EDIT_QUEUED": OrderStatus.PENDING_REPLACE,
}
"""The page "List Orders" of Coinbase's API reference, parameter `order_status`, July 2026."""


def look(**changes: object) -> Order:
    found = asyncio.run(broker(shown(**changes)).look_up_order("", REF))
    assert isinstance(found, OrderFound)
    return found.order


@pytest.mark.parametrize("word", MEANS)
def test_a_word_of_the_reference_means_what_it_says_there(word: str) -> None:
    assert (look(status=word).status, look(status=word).raw_status) == (MEANS[word], word)


def test_a_new_word_and_an_order_that_nostro_could_not_place_are_shown_all_the_same() -> None:
    bracket = {"trigger_bracket_gtc": {"base_size": 0.001, "stop_trigger_price": "2", "limit_price": "1"}}
    order = look(status="HAUNTED", order_type="BRACKET", time_in_force="X", order_configuration=bracket)
    assert (order.status, order.raw_status) == (OrderStatus.UNRECOGNIZED, "HAUNTED")
    assert (order.order_type, order.time_in_force) == (None, None)
    assert (order.quantity, order.limit_price) == (Decimal("0.001"), Decimal(1))
    assert look(order_configuration=None).quantity is None
    assert look(order_configuration={"twap_limit_gtd": None}).quantity is None


def test_an_open_order_is_open_in_part_once_it_fills_and_pending_once_a_cancel_was_asked_for() -> None:
    assert look(filled_size="0.2").status is OrderStatus.PARTIALLY_FILLED
    assert look(filled_size="0.2", pending_cancel=True).status is OrderStatus.PENDING_CANCEL
    assert look(status="FILLED", filled_size="0.5", pending_cancel=True).status is OrderStatus.FILLED


def test_what_was_cancelled_is_what_was_not_filled() -> None:
    order = look(
        status="CANCELLED",
        filled_size="0.12345678",
        average_filled_price="39999.123456789",
        last_fill_time="2026-03-02T15:00:09.5Z",
    )
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal("0.12345678"), Decimal("0.37654322"))
    assert order.average_price == Decimal("39999.123456789")
    at = T0 + timedelta(seconds=9, milliseconds=500)
    assert (order.filled_at, order.updated_at) == (at, at)


def test_the_last_change_of_an_order_is_the_latest_that_coinbase_tells_of() -> None:
    made = T0 + timedelta(microseconds=423220)
    assert look(last_update_time=None).updated_at == made
    assert look(last_update_time="").updated_at == made
    assert look(last_update_time="0001-01-01T00:00:00Z").updated_at == made
    assert look(last_update_time="2026-03-02T15:01:00.000000001Z").updated_at == T0 + timedelta(minutes=1)


def test_an_order_by_value_has_a_quantity_once_it_is_filled() -> None:
    terms = {"order_configuration": {"market_market_ioc": {"quote_size": "250"}}, "order_type": "MARKET"}
    order = look(**terms)
    assert (order.notional, order.quantity) == (Decimal(250), None)
    order = look(**terms, status="FILLED", filled_size="0.005")
    assert (order.notional, order.quantity, order.filled_quantity) == (Decimal(250), *[Decimal("0.005")] * 2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reject_message": "no funds", "reject_reason": "HOLD_FAILURE"}, "no funds"),
        ({"reject_reason": "HOLD_FAILURE"}, "HOLD_FAILURE"),
        ({}, ""),
    ],
)
def test_an_order_that_failed_says_why(changes: dict[str, Any], reason: str) -> None:
    assert look(status="FAILED", **changes).reject_reason == reason
    assert look(**changes).reject_reason is None


@pytest.mark.parametrize(
    ("product", "product_type", "symbol", "asset_class", "currency"),
    [
        ("ETH-BTC", "SPOT", "ETH/BTC", AssetClass.CRYPTO, "BTC"),
        ("ETH-EUR", None, "ETH/EUR", AssetClass.CRYPTO, "EUR"),
        ("BIT-31OCT26-CDE", "FUTURE", "BIT-31OCT26-CDE", AssetClass.FUTURE, "USD"),
        ("a1b2c3", "EQUITY", "a1b2c3", AssetClass.STOCK, "USD"),
    ],
)
def test_a_product_is_a_pair_unless_coinbase_says_otherwise(
    product: str, product_type: str | None, symbol: str, asset_class: AssetClass, currency: str
) -> None:
    [leg] = look(product_id=product, product_type=product_type, side="SELL").legs
    assert (leg.instrument.symbol, leg.instrument.asset_class) == (symbol, asset_class)
    assert (leg.instrument.currency, leg.side) == (currency, Side.SELL)


# Money


def wallet(currency: str, kind: str, available: str, hold: str | None) -> dict[str, Any]:
    held = None if hold is None else {"value": hold, "currency": currency}
    return {
        "uuid": f"w-{currency}",
        "currency": currency,
        "available_balance": {"value": available, "currency": currency},
        "type": kind,
        "hold": held,
        "retail_portfolio_id": PORTFOLIO,
    }


def wallets(*rows: dict[str, Any], cursor: str = "") -> Reply:
    return answer(200, {"accounts": rows, "has_next": bool(cursor), "cursor": cursor, "size": len(rows)})


def test_a_key_is_one_portfolio() -> None:
    said = answer(200, {"can_view": True, "portfolio_uuid": PORTFOLIO, "portfolio_type": "DEFAULT"})
    [account] = asyncio.run(broker(said).list_accounts())
    assert (account.number, account.name, account.is_paper) == (
        PORTFOLIO,
        "Coinbase default portfolio",
        False,
    )
    with pytest.raises(ReadFailed):
        asyncio.run(broker(answer(200, {"portfolio_uuid": ""})).list_accounts())


def test_money_is_cash_and_coins_are_positions_with_what_is_held_for_orders_and_page_by_page() -> None:
    pages = (
        wallets(
            wallet("USD", "ACCOUNT_TYPE_FIAT", "10000.50", "450.00"),
            wallet("BTC", "ACCOUNT_TYPE_CRYPTO", "1.23456789", "0.005"),
            cursor="2",
        ),
        wallets(
            wallet("EUR", "FIAT", "0.1", None),
            wallet("USD", "ACCOUNT_TYPE_FIAT", "0.2", None),
            wallet("BTC", "ACCOUNT_TYPE_VAULT", "1", "0"),
            wallet("DOGE", "ACCOUNT_TYPE_CRYPTO", "0", "0"),
        ),
    )
    transport = Scripted(*pages, *pages)
    coinbase = CoinbaseBroker(transport, SPEC, FixedClock())
    assert asyncio.run(coinbase.list_balances(PORTFOLIO)) == [
        Balance(currency="USD", cash=Decimal("10450.70"), buying_power=Decimal("10000.70")),
        Balance(currency="EUR", cash=Decimal("0.1"), buying_power=Decimal("0.1")),
    ]
    [held] = asyncio.run(coinbase.list_positions(PORTFOLIO))
    assert (held.instrument.symbol, held.quantity) == ("BTC/USD", Decimal("2.23956789"))
    paths = ["/api/v3/brokerage/accounts?limit=250", "/api/v3/brokerage/accounts?limit=250&cursor=2"]
    assert [each.path for each in transport.requests] == paths * 2


@pytest.mark.parametrize(
    "said",
    [
        Reply(401, b"Unauthorized"),
        Reply(500, b""),
        Reply(200, b"[]"),
        wallets(wallet("USD", "ACCOUNT_TYPE_FIAT", "", None)),
        wallets(wallet("BTC", "ACCOUNT_TYPE_CRYPTO", "1", "Infinity")),
        NoReply("lost"),
        NeverSent("no key"),
    ],
)
def test_a_read_without_proof_failed(said: Reply | Exception) -> None:
    for read in (
        broker(said).list_accounts(),
        broker(said).list_balances(PORTFOLIO),
        broker(said).list_positions(PORTFOLIO),
    ):
        with pytest.raises(ReadFailed):
            asyncio.run(read)


# Spelling


def spelled(order: NewOrder) -> dict[str, Any]:
    transport = Scripted(placed())
    asyncio.run(CoinbaseBroker(transport, SPEC, FixedClock()).place_order("", order))
    [sent] = transport.requests
    assert (sent.method, sent.path) == ("POST", "/api/v3/brokerage/orders")
    document: dict[str, Any] = json.loads(sent.body)
    return document


def test_an_order_is_spelled_in_plain_numbers_that_are_text() -> None:
    assert spelled(NEW_ORDER) == {
        "client_order_id": CLIENT_ID,
        "product_id": "BTC-USD",
        "side": "BUY",
        "order_configuration": {
            "limit_limit_gtc": {"base_size": "0.50000000", "limit_price": "40000", "post_only": False}
        },
    }


LIMIT = {"base_size": "0.50000000", "limit_price": "40000"}
END = datetime(2026, 3, 3, 8, 30, tzinfo=timezone(timedelta(hours=-5)))
STOP = {"order_type": OrderType.STOP_LIMIT, "stop_price": Decimal("39000.10")}
VALUE = {"order_type": OrderType.MARKET, "quantity": None, "notional": Decimal(250), "limit_price": None}


@pytest.mark.parametrize(
    ("changes", "configuration"),
    [
        ({"time_in_force": TimeInForce.IOC}, {"sor_limit_ioc": LIMIT}),
        ({"time_in_force": TimeInForce.FOK}, {"limit_limit_fok": LIMIT}),
        (
            {"time_in_force": TimeInForce.GTD, "expires_at": END},
            {"limit_limit_gtd": {**LIMIT, "end_time": "2026-03-03T13:30:00.000Z", "post_only": False}},
        ),
        (
            STOP,
            {
                "stop_limit_stop_limit_gtc": {
                    **LIMIT,
                    "stop_price": "39000.10",
                    "stop_direction": "STOP_DIRECTION_STOP_UP",
                }
            },
        ),
        (
            {
                **STOP,
                "legs": (NewLeg(symbol="BTC/USD", side=Side.SELL),),
                "time_in_force": TimeInForce.GTD,
                "expires_at": datetime(2026, 3, 3, tzinfo=UTC),
            },
            {
                "stop_limit_stop_limit_gtd": {
                    **LIMIT,
                    "stop_price": "39000.10",
                    "end_time": "2026-03-03T00:00:00.000Z",
                    "stop_direction": "STOP_DIRECTION_STOP_DOWN",
                }
            },
        ),
        (
            {**VALUE, "time_in_force": TimeInForce.IOC},
            {"market_market_ioc": {"quote_size": "250"}},
        ),
        (
            {**VALUE, "time_in_force": TimeInForce.FOK, "quantity": Decimal(1), "notional": None},
            {"market_market_fok": {"base_size": "1"}},
        ),
    ],
)
def test_each_kind_of_order_has_a_configuration_of_its_own(
    changes: dict[str, Any], configuration: dict[str, Any]
) -> None:
    assert spelled(replace(NEW_ORDER, **changes))["order_configuration"] == configuration


def test_every_kind_that_the_specification_names_can_be_spelled_and_no_other_is_sent() -> None:
    claimed = {
        (order_type, time_in_force)
        for each in SPEC.capabilities.orders
        for order_type in each.order_types
        for time_in_force in each.times_in_force
    }
    for order_type, time_in_force in claimed:
        assert spelled(replace(NEW_ORDER, order_type=order_type, time_in_force=time_in_force))
    for order_type, time_in_force in (
        (OrderType.LIMIT, TimeInForce.DAY),
        (OrderType.STOP, TimeInForce.GTC),
        (OrderType.STOP_LIMIT, TimeInForce.IOC),
    ):
        transport = Scripted(placed())
        order = replace(NEW_ORDER, order_type=order_type, time_in_force=time_in_force)
        outcome = asyncio.run(CoinbaseBroker(transport, SPEC, FixedClock()).place_order("", order))
        assert isinstance(outcome, NotSent)
        assert transport.requests == []
