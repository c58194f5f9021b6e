"""Orders as they are sent to tastytrade, beside those that a client of others writes."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.tastytrade.spec import SPEC
from nostro.domain.cancel import NotSent, NotSentCause
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Replacement
from tests.brokers.oracle import ask_oracle
from tests.brokers.orders import NEW_ORDER

from .said import (
    ACCOUNT,
    CLIENT_ID,
    PATH,
    REF,
    SPREAD,
    UNKNOWN,
    asked,
    fill,
    leg,
    shown,
)

CALL = "AAPL  260320C00100000"


def with_leg(side: Side, effect: PositionEffect | None, symbol: str = "AAPL") -> NewOrder:
    return replace(NEW_ORDER, legs=(NewLeg(symbol=symbol, side=side, position_effect=effect),))


OPTION = with_leg(Side.BUY, PositionEffect.OPEN, CALL)
FUTURE = with_leg(Side.BUY, None, "ESZ6")
CRYPTO = with_leg(Side.BUY, None, "BTC/USD")
BY_VALUE = replace(
    NEW_ORDER, order_type=OrderType.MARKET, limit_price=None, quantity=None, notional=Decimal("250.00")
)


def sent(order: NewOrder) -> dict[str, Any]:
    tasty, transport = asked(UNKNOWN)
    asyncio.run(tasty.place_order(ACCOUNT, order))
    [request] = transport.requests
    assert (request.method, request.path) == ("POST", f"{PATH}/orders")
    document: dict[str, Any] = json.loads(request.body)
    return document


def test_an_order_is_spelled_as_the_guide_does() -> None:
    assert sent(NEW_ORDER) == {
        "time-in-force": "Day",
        "order-type": "Limit",
        "price": "100.5",
        "price-effect": "Debit",
        "external-identifier": CLIENT_ID,
        "legs": [{"instrument-type": "Equity", "symbol": "AAPL", "action": "Buy to Open", "quantity": 10}],
    }


def test_a_spread_is_spelled_with_the_quantity_of_each_leg() -> None:
    document = sent(SPREAD)
    assert (document["price"], document["price-effect"], document["time-in-force"]) == (
        "1.25",
        "Credit",
        "GTC",
    )
    assert [(each["symbol"], each["action"], each["quantity"]) for each in document["legs"]] == [
        (CALL, "Buy to Open", 3),
        ("AAPL  260320C00110000", "Sell to Open", 6),
    ]


@pytest.mark.parametrize(
    ("order", "kind", "symbol", "action", "is_strict"),
    [
        (with_leg(Side.BUY, None), "Equity", "AAPL", "Buy to Open", False),
        (with_leg(Side.SELL, None), "Equity", "AAPL", "Sell to Close", False),
        (with_leg(Side.SELL, PositionEffect.OPEN), "Equity", "AAPL", "Sell to Open", False),
        (with_leg(Side.SELL, PositionEffect.CLOSE), "Equity", "AAPL", "Sell to Close", True),
        (with_leg(Side.BUY, PositionEffect.CLOSE, "BRK.B"), "Equity", "BRK/B", "Buy to Close", True),
        (with_leg(Side.BUY, None, "AAPL260320C00100000"), "Equity Option", CALL, "Buy to Open", False),
        (with_leg(Side.SELL, PositionEffect.CLOSE, CALL), "Equity Option", CALL, "Sell to Close", True),
        (FUTURE, "Future", "/ESZ6", "Buy", False),
        (with_leg(Side.SELL, None, "/CLZ26"), "Future", "/CLZ26", "Sell", False),
        (with_leg(Side.SELL, PositionEffect.CLOSE, "6EH7"), "Future", "/6EH7", "Sell to Close", True),
        (CRYPTO, "Cryptocurrency", "BTC/USD", "Buy to Open", False),
        (with_leg(Side.SELL, None, "BTC/USD"), "Cryptocurrency", "BTC/USD", "Sell to Close", False),
    ],
)
def test_a_side_is_named_with_what_it_does_to_the_position(
    order: NewOrder,
    kind: str,
    symbol: str,
    action: str,
    is_strict: bool,
) -> None:
    document = sent(order)
    [only] = document["legs"]
    assert (only["instrument-type"], only["symbol"], only["action"]) == (kind, symbol, action)
    assert document["price-effect"] == ("Debit" if order.legs[0].side is Side.BUY else "Credit")
    strict = {"strict-position-effect-validation": True} if is_strict else None
    assert document.get("advanced-instructions") == strict


def test_numbers_are_plain_and_exact() -> None:
    order = replace(CRYPTO, quantity=Decimal("1.23456789"), limit_price=Decimal("1E+2"))
    tasty, transport = asked(UNKNOWN)
    asyncio.run(tasty.place_order(ACCOUNT, order))
    assert b'"quantity":1.23456789' in transport.requests[0].body
    assert b'"price":"100"' in transport.requests[0].body
    many = replace(NEW_ORDER, quantity=Decimal("1E+3"), limit_price=Decimal("0.00012345"))
    assert (sent(many)["legs"][0]["quantity"], sent(many)["price"]) == (1000, "0.00012345")


def test_what_has_no_limit_has_no_price() -> None:
    market = sent(replace(NEW_ORDER, order_type=OrderType.MARKET, limit_price=None))
    assert not {"price", "price-effect", "stop-trigger"} & set(market)
    stop = sent(replace(NEW_ORDER, order_type=OrderType.STOP, limit_price=None, stop_price=Decimal(90)))
    assert (stop["order-type"], stop["stop-trigger"]) == ("Stop", "90")
    assert not {"price", "price-effect"} & set(stop)
    both = sent(replace(NEW_ORDER, order_type=OrderType.STOP_LIMIT, stop_price=Decimal(90)))
    assert (both["order-type"], both["stop-trigger"], both["price"]) == ("Stop Limit", "90", "100.5")


def test_an_order_by_value_has_no_quantity() -> None:
    document = sent(BY_VALUE)
    assert (document["order-type"], document["value"], document["value-effect"]) == (
        "Notional Market",
        "250",
        "Debit",
    )
    assert "quantity" not in document["legs"][0]
    assert "price" not in document


def test_extended_hours_are_a_duration() -> None:
    assert sent(replace(NEW_ORDER, extended_hours=True))["time-in-force"] == "Ext"
    gtc = replace(NEW_ORDER, extended_hours=True, time_in_force=TimeInForce.GTC)
    assert sent(gtc)["time-in-force"] == "GTC Ext"


def test_every_type_and_duration_of_the_specification_has_a_word() -> None:
    orders = {
        AssetClass.STOCK: NEW_ORDER,
        AssetClass.OPTION: OPTION,
        AssetClass.FUTURE: FUTURE,
        AssetClass.CRYPTO: CRYPTO,
    }
    for each in SPEC.capabilities.orders:
        for type_ in each.order_types:
            for duration in each.times_in_force:
                order = replace(orders[each.asset_class], order_type=type_, time_in_force=duration)
                assert SPEC.capabilities.objection(order) is None
                assert sent(order)["order-type"].upper().replace(" ", "_") == type_.name


@pytest.mark.parametrize(
    "order",
    [
        replace(NEW_ORDER, quantity=Decimal("1.5")),
        replace(NEW_ORDER, time_in_force=TimeInForce.GTD),
        replace(NEW_ORDER, order_type=OrderType.MARKET, time_in_force=TimeInForce.GTC),
        replace(OPTION, extended_hours=True),
        replace(SPREAD, order_type=OrderType.STOP_LIMIT),
        replace(SPREAD, order_type=OrderType.MARKET, time_in_force=TimeInForce.DAY),
        replace(NEW_ORDER, legs=(*NEW_ORDER.legs, *OPTION.legs)),
    ],
)
def test_what_the_rules_exclude_is_not_claimed(order: NewOrder) -> None:
    assert SPEC.capabilities.objection(order) is not None


@pytest.mark.parametrize("effect", [PriceEffect.EVEN, None])
def test_a_net_price_without_a_direction_is_not_sent(effect: PriceEffect | None) -> None:
    tasty, transport = asked(UNKNOWN)
    outcome = asyncio.run(tasty.place_order(ACCOUNT, replace(SPREAD, price_effect=effect)))
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert transport.requests == []


# Replacements

LOWER = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal("99.25"))


def replacement(terms: Replacement, **changes: Any) -> dict[str, Any] | None:
    """Give what is sent to replace an order; None where nothing is."""
    tasty, transport = asked(shown(**changes), UNKNOWN)
    asyncio.run(tasty.replace_order(ACCOUNT, REF, terms))
    if len(transport.requests) == 1:
        return None
    document: dict[str, Any] = json.loads(transport.requests[1].body)
    return document


def test_an_edit_names_the_price_the_type_and_the_duration_alone() -> None:
    assert replacement(LOWER) == {
        "time-in-force": "Day",
        "order-type": "Limit",
        "price": "99.25",
        "price-effect": "Debit",
    }
    kept = replace(LOWER, limit_price=None, quantity=Decimal(10), time_in_force=TimeInForce.GTC)
    assert replacement(kept, price_effect="Credit", legs=[leg("Sell to Close")]) == {
        "time-in-force": "GTC",
        "order-type": "Limit",
        "price": "100.5",
        "price-effect": "Credit",
    }
    stop = replace(LOWER, order_type=OrderType.STOP, limit_price=None, stop_price=Decimal("98.5"))
    assert replacement(stop) == {"time-in-force": "Day", "order-type": "Stop", "stop-trigger": "98.5"}


def test_an_edit_keeps_the_hours_and_the_direction_of_a_net_price() -> None:
    extended = replacement(LOWER, time_in_force="Ext")
    assert extended is not None
    assert extended["time-in-force"] == "Ext"
    legs = [leg("Buy to Open", CALL, 3), leg("Sell to Open", "AAPL  260320C00110000", 3)]
    spread = replacement(LOWER, price="1.25", price_effect="Credit", legs=legs)
    assert spread is not None
    assert spread["price-effect"] == "Credit"


@pytest.mark.parametrize(
    ("terms", "changes"),
    [
        (replace(LOWER, quantity=Decimal(5)), {}),
        (replace(LOWER, time_in_force=TimeInForce.GTD), {}),
        (replace(LOWER, time_in_force=TimeInForce.FOK), {}),
        (LOWER, {"legs": [leg(fills=[fill(1, "100.5")], remaining_quantity=9)]}),
        (LOWER, {"order_type": "Marketable Limit"}),
        (LOWER, {"order_type": "Notional Market", "value": "10", "price": None}),
        (LOWER, {"time_in_force": "Sometime"}),
        (LOWER, {"price_effect": None, "legs": [leg("Buy to Open", CALL), leg("Sell to Open", CALL)]}),
    ],
)
def test_what_an_edit_cannot_say_is_not_sent(terms: Replacement, changes: dict[str, Any]) -> None:
    assert replacement(terms, **changes) is None


# The client of others

_WRITE = """
import json
from decimal import Decimal
from tastytrade.order import *

def one(legs, **said):
    order = NewOrder(legs=[Leg(**each) for each in legs], **said)
    written = json.loads(order.model_dump_json(exclude_none=True, by_alias=True))
    return {name: value for name, value in written.items() if name not in ("source", "behavior")}

def leg(kind, symbol, action, quantity=None):
    return {"instrument_type": kind, "symbol": symbol, "action": action, "quantity": quantity}

DAY, GTC = OrderTimeInForce.DAY, OrderTimeInForce.GTC
print(json.dumps([
    one([leg("Equity", "AAPL", "Buy to Open", 10)],
        time_in_force=DAY, order_type=OrderType.LIMIT, price=Decimal("-100.5")),
    one([leg("Equity Option", "AAPL  260320C00100000", "Buy to Open", 3),
         leg("Equity Option", "AAPL  260320C00110000", "Sell to Open", 6)],
        time_in_force=GTC, order_type=OrderType.LIMIT, price=Decimal("1.25")),
    one([leg("Equity", "AAPL", "Buy to Open")],
        time_in_force=DAY, order_type=OrderType.NOTIONAL_MARKET, value=Decimal("-250")),
    one([leg("Future", "/ESZ6", "Buy", 10)],
        time_in_force=OrderTimeInForce.DAY, order_type=OrderType.STOP, stop_trigger=Decimal("90")),
    one([leg("Equity", "AAPL", "Sell to Close", 10)], time_in_force=GTC, order_type=OrderType.LIMIT,
        price=Decimal("100.5"),
        advanced_instructions=AdvancedInstructions(strict_position_effect_validation=True)),
]))
"""


def test_the_client_of_others_writes_the_same_orders() -> None:
    said = ask_oracle("tastytrade", _WRITE)
    stop = replace(FUTURE, order_type=OrderType.STOP, limit_price=None, stop_price=Decimal(90))
    closing = replace(with_leg(Side.SELL, PositionEffect.CLOSE), time_in_force=TimeInForce.GTC)
    ours = [sent(each) for each in (NEW_ORDER, SPREAD, BY_VALUE, stop, closing)]
    for each in ours:
        del each["external-identifier"]
    assert json.loads(said) == ours
