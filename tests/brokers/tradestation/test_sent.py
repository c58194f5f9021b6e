"""Orders as they are sent: as TradeStation's examples have them, and as a client of others sends them."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from nostro.brokers.tradestation.orders import PAGE_MAX
from nostro.brokers.tradestation.spec import SPEC
from nostro.brokers.tradestation.spelling import write_order
from nostro.brokers.tradestation.symbols import write_symbol
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from tests.brokers.oracle import ask_oracle
from tests.brokers.orders import NEW_ORDER
from tests.brokers.scripted import answer

from .said import (
    ACCOUNT,
    CALL,
    CHANGE,
    NOTHING,
    ORDER_ID,
    PLACED,
    SEEN,
    SPREAD,
    T0,
    TAKEN,
    asked,
)

OPTION = replace(NEW_ORDER, legs=(NewLeg(symbol=CALL, side=Side.BUY),))
FUTURE = replace(NEW_ORDER, legs=(NewLeg(symbol="ESZ6", side=Side.BUY),))


def sent(order: NewOrder) -> dict[str, Any]:
    tradestation, transport = asked(PLACED, NOTHING)
    asyncio.run(tradestation.place_order(ACCOUNT, order))
    request = transport.requests[0]
    assert (request.method, request.path, request.operation) == ("POST", CHANGE, "place")
    document: dict[str, Any] = json.loads(request.body)
    return document


def with_leg(side: Side, effect: PositionEffect | None, symbol: str = "AAPL") -> NewOrder:
    return replace(NEW_ORDER, legs=(NewLeg(symbol=symbol, side=side, position_effect=effect),))


def test_a_limit_order_is_spelled_as_in_tradestations_example() -> None:
    assert sent(NEW_ORDER) == {
        "AccountID": ACCOUNT,
        "Symbol": "AAPL",
        "Quantity": "10",
        "OrderType": "Limit",
        "TradeAction": "BUY",
        "LimitPrice": "100.5",
        "TimeInForce": {"Duration": "DAY"},
    }


def test_a_spread_is_told_by_its_legs_and_the_sign_of_its_net_price() -> None:
    assert sent(SPREAD) == {
        "AccountID": ACCOUNT,
        "OrderType": "Limit",
        "LimitPrice": "-1.25",
        "TimeInForce": {"Duration": "GTC"},
        "Legs": [
            {"Symbol": "AAPL 260320C240", "Quantity": "3", "TradeAction": "BUYTOOPEN"},
            {"Symbol": "AAPL 260320C247.5", "Quantity": "6", "TradeAction": "SELLTOOPEN"},
        ],
    }
    assert sent(replace(SPREAD, price_effect=PriceEffect.DEBIT))["LimitPrice"] == "1.25"
    even = replace(SPREAD, price_effect=PriceEffect.EVEN, limit_price=Decimal(0))
    assert sent(even)["LimitPrice"] == "0"


@pytest.mark.parametrize(
    ("order", "action"),
    [
        (with_leg(Side.BUY, None), "BUY"),
        (with_leg(Side.SELL, None), "SELL"),
        (with_leg(Side.SELL, PositionEffect.OPEN), "SELLSHORT"),
        (with_leg(Side.SELL, PositionEffect.CLOSE), "SELL"),
        (with_leg(Side.BUY, PositionEffect.OPEN), "BUY"),
        (with_leg(Side.BUY, PositionEffect.CLOSE), "BUYTOCOVER"),
        (with_leg(Side.BUY, None, CALL), "BUYTOOPEN"),
        (with_leg(Side.BUY, PositionEffect.CLOSE, CALL), "BUYTOCLOSE"),
        (with_leg(Side.SELL, PositionEffect.CLOSE, CALL), "SELLTOCLOSE"),
        (with_leg(Side.SELL, PositionEffect.OPEN, "ESZ6"), "SELL"),
        (with_leg(Side.BUY, PositionEffect.CLOSE, "ESZ26"), "BUY"),
    ],
)
def test_a_side_is_named_with_what_it_does_to_the_position(order: NewOrder, action: str) -> None:
    assert sent(order)["TradeAction"] == action


@pytest.mark.parametrize(
    ("symbol", "this_year", "written"),
    [
        ("ESZ6", 2026, "ESZ26"),
        ("ESZ5", 2026, "ESZ25"),
        ("ESZ4", 2026, "ESZ34"),
        ("ESH0", 2029, "ESH30"),
        ("6EZ6", 2026, "6EZ26"),
        ("ESZ26", 2026, "ESZ26"),
        ("BRK.B", 2026, "BRK.B"),
        ("SPXW260320P05012500", 2026, "SPXW 260320P5012.5"),
        (CALL, 2026, "AAPL 260320C240"),
    ],
)
def test_a_symbol_is_written_in_tradestations_way(symbol: str, this_year: int, written: str) -> None:
    assert write_symbol(symbol, this_year) == written


def test_prices_are_plain_and_exact() -> None:
    stop = sent(
        replace(
            NEW_ORDER,
            order_type=OrderType.STOP_LIMIT,
            limit_price=Decimal("1E+2"),
            stop_price=Decimal("0.00012345"),
            quantity=Decimal("1E+3"),
        )
    )
    assert (stop["LimitPrice"], stop["StopPrice"], stop["Quantity"]) == ("100", "0.00012345", "1000")


def test_extended_hours_are_a_duration_of_their_own() -> None:
    extended = replace(NEW_ORDER, extended_hours=True)
    assert sent(extended)["TimeInForce"] == {"Duration": "DYP"}
    assert sent(replace(extended, time_in_force=TimeInForce.GTC))["TimeInForce"] == {"Duration": "GCP"}


def test_every_type_and_duration_of_the_specification_has_a_word() -> None:
    orders = {AssetClass.STOCK: NEW_ORDER, AssetClass.OPTION: OPTION, AssetClass.FUTURE: FUTURE}
    for each in SPEC.capabilities.orders:
        for type_ in each.order_types:
            for duration in each.times_in_force:
                order = replace(
                    orders[each.asset_class],
                    order_type=type_,
                    time_in_force=duration,
                    extended_hours=each.extended_hours,
                )
                assert SPEC.capabilities.objection(order) is None
                assert json.loads(write_order(order, ACCOUNT, 2026))["OrderType"]


_CLIENT = """
import asyncio, json, sys
from tradestation.services.Brokerage.brokerage_service import BrokerageService
from tradestation.services.OrderExecution.order_execution_service import OrderExecutionService
from tradestation.ts_types.order_execution import OrderRequest

sent = []

class Http:
    async def post(self, path, body):
        sent.append(["POST", path, body])
        return {}
    async def delete(self, path):
        sent.append(["DELETE", path])
        return {"OrderID": "1"}
    async def get(self, path, params=None):
        sent.append(["GET", path, {name: str(value) for name, value in (params or {}).items()}])
        return {"Orders": [], "Positions": [], "Errors": []}

async def run(account, order, order_id, since, size):
    orders, reads = OrderExecutionService(Http(), None), BrokerageService(Http(), None)
    await orders.place_order(OrderRequest(**order))
    await orders.cancel_order(order_id)
    await reads.get_orders_by_order_id(account, order_id)
    await reads.get_historical_orders_by_order_id(account, order_id, since)
    await reads.get_orders(account, size, "t")
    await reads.get_historical_orders(account, since, size, "t")

asyncio.run(run(*json.load(sys.stdin)))
print(json.dumps(sent))
"""


def test_a_client_of_others_sends_the_same_requests() -> None:
    more = answer(200, {"Orders": [], "Errors": [], "NextToken": "t"})
    tradestation, transport = asked(PLACED, NOTHING, NOTHING, TAKEN, more, NOTHING, more, NOTHING)

    async def all_of_them() -> None:
        await tradestation.place_order(ACCOUNT, NEW_ORDER)
        await tradestation.cancel_order(ACCOUNT, SEEN)
        await tradestation.list_orders(ACCOUNT, T0)

    asyncio.run(all_of_them())
    place, today, history, cancel, _, older, _, newer = transport.requests
    # It always names a route; the document says which one is meant where none is named.
    order = json.loads(place.body) | {"Route": "Intelligent"}
    ours = [
        [place.method, place.path, order],
        [cancel.method, cancel.path],
        *([each.method, *_split(each.path)] for each in (today, history, newer, older)),
    ]
    since = parse_qs(urlsplit(history.path).query)["since"][0]
    assert (
        json.loads(
            ask_oracle("tradestation", _CLIENT, json.dumps([ACCOUNT, order, ORDER_ID, since, PAGE_MAX]))
        )
        == ours
    )


def _split(path: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(path)
    return split.path, dict(parse_qsl(split.query))
