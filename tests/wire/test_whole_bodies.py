"""Whole bodies, so that no field can come from the wrong place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from nostro.domain.account import Account
from nostro.domain.connection import Connection, ConnectionType
from nostro.domain.ids import (
    AccountId,
    BrokerageOrderId,
    ClientId,
    ClientOrderId,
    ConnectionId,
    UserId,
)
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import GroupRole, Leg, Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Preview
from nostro.wire.accounts import render_account, render_money
from nostro.wire.connections import Brokerage, BrokerageType, render_connection
from nostro.wire.orders_v1 import render_order
from nostro.wire.orders_v2 import render_order_v2
from nostro.wire.previews import render_impact
from nostro.wire.reference import render_currency, symbol_id
from nostro.wire.values import encode

PLACED = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
AAPL = Instrument(symbol="AAPL", asset_class=AssetClass.STOCK, exchange_mic="XNAS", description="Apple Inc.")
ORDER = Order(
    brokerage_order_id=BrokerageOrderId("o-1"),
    status=OrderStatus.PARTIALLY_FILLED,
    order_type=OrderType.STOP_LIMIT,
    time_in_force=TimeInForce.GTD,
    legs=(Leg(instrument=AAPL, side=Side.SELL),),
    quantity=Decimal(10),
    filled_quantity=Decimal(4),
    canceled_quantity=Decimal(1),
    average_price=Decimal("31.32"),
    limit_price=Decimal("31.33"),
    stop_price=Decimal("31.20"),
    placed_at=PLACED,
    updated_at=PLACED + timedelta(minutes=1),
    filled_at=PLACED + timedelta(minutes=2),
    expires_at=PLACED + timedelta(minutes=3),
    group_id="G1",
    group_role=GroupRole.PEER,
)
ACCOUNT = Account(
    account_id=AccountId("a-1"),
    connection_id=ConnectionId("c-1"),
    number="PA123456789",
    name="My paper",
    currency="USD",
    is_paper=True,
    created_at=PLACED,
)
CONNECTION = Connection(
    connection_id=ConnectionId("c-1"),
    client_id=ClientId("PARTNER_CLIENT_ID"),
    user_id=UserId("u-1"),
    broker_slug="PAPER",
    name="Connection-1",
    type=ConnectionType.READ,
    created_at=PLACED,
    updated_at=PLACED + timedelta(minutes=1),
)
BROKERAGE = Brokerage(
    id="b-1",
    slug="PAPER",
    name="Paper",
    display_name="Paper",
    description="",
    aws_s3_logo_url="",
    aws_s3_square_logo_url=None,
    url=None,
    allows_trading=True,
    allows_fractional_units=False,
    brokerage_type=BrokerageType(id="t-1", name="Traditional Brokerage"),
)


def body_of(value: object) -> dict[str, object]:
    body = msgspec.json.decode(encode(value))
    assert isinstance(body, dict)
    return body


def test_a_v1_record() -> None:
    body = body_of(render_order(ORDER))

    assert isinstance(body.pop("universal_symbol"), dict)
    assert body == {
        "brokerage_order_id": "o-1",
        "brokerage_group_order_id": "G1",
        "order_role": "PEER",
        "status": "PARTIAL",
        "option_symbol": None,
        "quote_currency": None,
        "action": "SELL",
        "total_quantity": "10",
        "open_quantity": "5",
        "canceled_quantity": "1",
        "filled_quantity": "4",
        "execution_price": "31.32",
        "limit_price": "31.33",
        "stop_price": "31.2",
        "trailing_stop": None,
        "order_type": "StopLimit",
        "time_in_force": "GTD",
        "time_placed": "2026-11-20T15:30:00Z",
        "time_updated": "2026-11-20T15:31:00Z",
        "time_executed": "2026-11-20T15:32:00Z",
        "expiry_date": "2026-11-20T15:33:00Z",
        "symbol": symbol_id(AAPL),
        "child_brokerage_order_ids": None,
    }


def test_a_v2_record() -> None:
    assert body_of(render_order_v2(ORDER)) == {
        "brokerage_order_id": "o-1",
        "brokerage_group_order_id": "G1",
        "order_role": "PEER",
        "status": "PARTIAL",
        "order_type": "STOP_LIMIT",
        "time_in_force": "GTD",
        "time_placed": "2026-11-20T15:30:00Z",
        "time_executed": "2026-11-20T15:32:00Z",
        "price_currency": "USD",
        "quote_currency": "USD",
        "price_effect": "CREDIT",
        "execution_price": "31.32",
        "limit_price": "31.33",
        "stop_price": "31.2",
        "trailing_stop": None,
        "legs": [
            {
                "leg_id": None,
                "instrument": {
                    "symbol": "AAPL",
                    "description": "Apple Inc.",
                    "asset_type": "EQUITY",
                    "exchange_mic_code": "XNAS",
                    "figi_code": None,
                },
                "action": "SELL",
                "execution_price": "31.32",
                "total_quantity": "10",
                "canceled_quantity": "1",
                "filled_quantity": "4",
                "status": "PARTIALLY_EXECUTED",
            }
        ],
    }


def test_an_account() -> None:
    record = render_account(
        ACCOUNT, institution_name="Paper", total=render_money(Decimal(5), "USD"), synced_at=PLACED
    )

    assert body_of(record) == {
        "id": "a-1",
        "brokerage_authorization": "c-1",
        "name": "My paper",
        "number": "PA123456789",
        "institution_account_id": "PA123456789",
        "institution_name": "Paper",
        "created_date": "2026-11-20T15:30:00Z",
        "funding_date": None,
        "opening_date": None,
        "sync_status": {
            "transactions": {
                "initial_sync_completed": False,
                "last_successful_sync": None,
                "first_transaction_date": None,
            },
            "holdings": {
                "initial_sync_completed": True,
                "last_successful_sync": "2026-11-20T15:30:00Z",
            },
        },
        "balance": {"total": {"amount": 5.0, "currency": "USD"}},
        "status": "open",
        "raw_type": None,
        "account_category": "INVESTMENT",
        "meta": {},
        "cash_restrictions": [],
        "is_paper": True,
    }


def test_a_working_connection() -> None:
    body = body_of(render_connection(CONNECTION, BROKERAGE))

    assert isinstance(body.pop("brokerage"), dict)
    assert body == {
        "id": "c-1",
        "created_date": "2026-11-20T15:30:00Z",
        "name": "Connection-1",
        "type": "read",
        "disabled": False,
        "disabled_date": None,
        "meta": {},
        "updated_date": "2026-11-20T15:31:00Z",
        "is_eligible_for_payout": False,
    }


def test_a_disabled_connection_says_since_when() -> None:
    body = body_of(render_connection(replace(CONNECTION, disabled_at=PLACED), BROKERAGE))

    assert (body["disabled"], body["disabled_date"]) == (True, "2026-11-20T15:30:00Z")


@pytest.mark.parametrize("quantity", [Decimal(10), None])
def test_an_impact(quantity: Decimal | None) -> None:
    order = NewOrder(
        legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        quantity=quantity,
        limit_price=Decimal("31.33"),
        client_order_id=ClientOrderId("k-1"),
    )
    preview = Preview(cash_change=Decimal(-313), commission=Decimal("0.50"), remaining_cash=Decimal(86))

    currency = body_of(render_currency("USD"))
    assert body_of(render_impact("t-1", ACCOUNT, order, AAPL, preview)) == {
        "trade": {
            "id": "t-1",
            "account": "a-1",
            "order_type": "Limit",
            "time_in_force": "Day",
            "symbol": {
                "universal_symbol_id": symbol_id(AAPL),
                "currency": currency,
                "local_id": "AAPL",
                "description": "Apple Inc.",
                "symbol": "AAPL",
                "brokerage_symbol_id": symbol_id(AAPL),
            },
            "action": "BUY",
            "units": None if quantity is None else 10.0,
            "price": 31.33,
        },
        "trade_impacts": [
            {
                "account": "a-1",
                "currency": currency["id"],
                "remaining_cash": 86.0,
                "estimated_commission": 0.5,
                "forex_fees": 0.0,
            }
        ],
        "combined_remaining_balance": {
            "account": {"id": "a-1", "name": "My paper", "number": "PA123456789"},
            "currency": currency,
            "cash": 86.0,
        },
    }
