"""Orders as they are sent: as Schwab's examples have them, and as schwab-py's builder makes them."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.schwab.spec import SPEC
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Replacement
from tests.brokers.oracle import ask_oracle
from tests.brokers.orders import NEW_ORDER

from .said import (
    ACCOUNT,
    ORDER_ID,
    PATH,
    REF,
    SPREAD,
    UNKNOWN,
    asked,
    created,
    leg,
    shown,
)

CALL = "AAPL  260320C00100000"
OPTION = replace(NEW_ORDER, legs=(NewLeg(symbol=CALL, side=Side.BUY),))


def sent(order: NewOrder) -> dict[str, Any]:
    schwab, transport = asked(created(), UNKNOWN)
    asyncio.run(schwab.place_order(ACCOUNT, order))
    request = transport.requests[0]
    assert (request.method, request.path) == ("POST", f"{PATH}/orders")
    assert request.headers == {"Content-Type": "application/json"}
    document: dict[str, Any] = json.loads(request.body)
    return document


def with_leg(side: Side, effect: PositionEffect | None, symbol: str = "AAPL") -> NewOrder:
    return replace(NEW_ORDER, legs=(NewLeg(symbol=symbol, side=side, position_effect=effect),))


def test_a_limit_order_is_spelled_as_in_schwabs_example() -> None:
    assert sent(NEW_ORDER) == {
        "session": "NORMAL",
        "duration": "DAY",
        "orderType": "LIMIT",
        "price": "100.5",
        "orderStrategyType": "SINGLE",
        "orderLegCollection": [
            {"instruction": "BUY", "quantity": 10, "instrument": {"symbol": "AAPL", "assetType": "EQUITY"}}
        ],
    }


def test_a_spread_is_told_by_its_legs_and_its_net_price() -> None:
    document = sent(SPREAD)
    assert (document["orderType"], document["price"]) == ("NET_CREDIT", "1.25")
    assert document["duration"] == "GOOD_TILL_CANCEL"
    assert document["orderLegCollection"] == [
        {
            "instruction": "BUY_TO_OPEN",
            "quantity": 3,
            "instrument": {"symbol": CALL, "assetType": "OPTION"},
        },
        {
            "instruction": "SELL_TO_OPEN",
            "quantity": 6,
            "instrument": {"symbol": "AAPL  260320C00110000", "assetType": "OPTION"},
        },
    ]
    assert sent(replace(SPREAD, price_effect=PriceEffect.DEBIT))["orderType"] == "NET_DEBIT"
    even = sent(replace(SPREAD, price_effect=PriceEffect.EVEN, limit_price=Decimal(0)))
    assert (even["orderType"], "price" in even) == ("NET_ZERO", False)


@pytest.mark.parametrize(
    ("order", "instruction"),
    [
        (with_leg(Side.BUY, None), "BUY"),
        (with_leg(Side.SELL, None), "SELL"),
        (with_leg(Side.SELL, PositionEffect.OPEN), "SELL_SHORT"),
        (with_leg(Side.SELL, PositionEffect.CLOSE), "SELL"),
        (with_leg(Side.BUY, PositionEffect.OPEN), "BUY"),
        (with_leg(Side.BUY, PositionEffect.CLOSE), "BUY_TO_COVER"),
        (with_leg(Side.BUY, None, CALL), "BUY_TO_OPEN"),
        (with_leg(Side.BUY, PositionEffect.CLOSE, CALL), "BUY_TO_CLOSE"),
        (with_leg(Side.SELL, PositionEffect.CLOSE, CALL), "SELL_TO_CLOSE"),
    ],
)
def test_a_side_is_named_with_what_it_does_to_the_position(order: NewOrder, instruction: str) -> None:
    [only] = sent(order)["orderLegCollection"]
    assert only["instruction"] == instruction


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
    assert (stop["price"], stop["stopPrice"]) == ("100", "0.00012345")
    assert stop["orderLegCollection"][0]["quantity"] == 1000


def test_a_class_of_shares_and_extended_hours_have_words_of_their_own() -> None:
    document = sent(replace(with_leg(Side.BUY, None, "BRK.B"), extended_hours=True))
    assert document["orderLegCollection"][0]["instrument"]["symbol"] == "BRK/B"
    assert document["session"] == "SEAMLESS"


def test_every_type_and_duration_of_the_specification_has_a_word() -> None:
    orders = {AssetClass.STOCK: NEW_ORDER, AssetClass.OPTION: OPTION}
    for each in SPEC.capabilities.orders:
        for type_ in each.order_types:
            for duration in each.times_in_force:
                order = replace(orders[each.asset_class], order_type=type_, time_in_force=duration)
                assert SPEC.capabilities.objection(order) is None
                assert sent(order)["orderType"] == type_.name


def test_fractions_values_and_groups_are_not_claimed() -> None:
    for order in (
        replace(NEW_ORDER, quantity=Decimal("1.5")),
        replace(NEW_ORDER, quantity=None, notional=Decimal(100)),
        replace(NEW_ORDER, time_in_force=TimeInForce.GTD),
        replace(SPREAD, order_type=OrderType.MARKET),
    ):
        assert SPEC.capabilities.objection(order) is not None


# Replacements


def replacement(terms: Replacement, **changes: Any) -> dict[str, Any]:
    schwab, transport = asked(shown(**changes), created(), UNKNOWN)
    asyncio.run(schwab.replace_order(ACCOUNT, REF, terms))
    request = transport.requests[1]
    assert (request.method, request.path) == ("PUT", f"{PATH}/orders/{ORDER_ID}")
    document: dict[str, Any] = json.loads(request.body)
    return document


def test_a_replacement_keeps_what_its_terms_do_not_name() -> None:
    terms = Replacement(
        order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal("99.25")
    )
    kept = {"session": "SEAMLESS", "specialInstruction": "ALL_OR_NONE", "taxLotMethod": "LIFO"}
    assert replacement(terms, **kept) == kept | {
        "duration": "DAY",
        "orderType": "LIMIT",
        "price": "99.25",
        "complexOrderStrategyType": "NONE",
        "orderStrategyType": "SINGLE",
        "orderLegCollection": [
            {"instruction": "BUY", "quantity": 10, "instrument": {"symbol": "AAPL", "assetType": "EQUITY"}}
        ],
    }


def test_a_replacement_can_change_type_duration_and_quantity() -> None:
    terms = Replacement(
        order_type=OrderType.STOP,
        time_in_force=TimeInForce.GTC,
        quantity=Decimal(4),
        stop_price=Decimal(90),
    )
    document = replacement(terms)
    assert (document["orderType"], document["duration"]) == ("STOP", "GOOD_TILL_CANCEL")
    assert (document["stopPrice"], "price" in document) == ("90", False)
    assert document["orderLegCollection"][0]["quantity"] == 4


def test_a_replacement_of_a_spread_keeps_its_kind_of_price_and_its_ratios() -> None:
    legs = [leg("BUY_TO_OPEN", CALL, 3.0), leg("SELL_TO_OPEN", "AAPL  260320C00110000", 6.0, legId=2)]
    terms = Replacement(
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(2),
        limit_price=Decimal("1.5"),
    )
    document = replacement(
        terms,
        orderType="NET_DEBIT",
        complexOrderStrategyType="BACK_RATIO",
        quantity=3.0,
        orderLegCollection=legs,
    )
    assert (document["orderType"], document["price"]) == ("NET_DEBIT", "1.5")
    assert document["complexOrderStrategyType"] == "BACK_RATIO"
    assert [each["quantity"] for each in document["orderLegCollection"]] == [2, 4]


# schwab-py

_BUILD = """
import json
from schwab.orders import common, equities, options
from schwab.orders.generic import OrderBuilder

def one(builder):
    return builder.build()

print(json.dumps([
    one(equities.equity_buy_limit("AAPL", 10, "100.5")),
    one(equities.equity_sell_short_market("AAPL", 10)),
    one(options.option_buy_to_open_limit(
        options.OptionSymbol("AAPL", "260320", "C", "100").build(), 10, "100.5")),
    one(equities.equity_buy_limit("AAPL", 10, "100.5")
        .set_order_type(common.OrderType.STOP_LIMIT).set_stop_price("101")
        .set_duration(common.Duration.GOOD_TILL_CANCEL).set_session(common.Session.SEAMLESS)),
    one(options.bull_call_vertical_open(
        options.OptionSymbol("AAPL", "260320", "C", "100").build(),
        options.OptionSymbol("AAPL", "260320", "C", "110").build(), 3, "1.25")
        .clear_complex_order_strategy_type().clear_quantity()),
]))
"""


def test_schwab_py_builds_the_same_orders() -> None:
    said = ask_oracle("schwab", _BUILD)
    short = replace(with_leg(Side.SELL, PositionEffect.OPEN), order_type=OrderType.MARKET, limit_price=None)
    stop = replace(
        NEW_ORDER,
        order_type=OrderType.STOP_LIMIT,
        stop_price=Decimal(101),
        time_in_force=TimeInForce.GTC,
        extended_hours=True,
    )
    spread = replace(
        SPREAD,
        legs=(SPREAD.legs[0], replace(SPREAD.legs[1], ratio=Decimal(1))),
        price_effect=PriceEffect.DEBIT,
        time_in_force=TimeInForce.DAY,
    )
    assert json.loads(said) == [sent(each) for each in (NEW_ORDER, short, OPTION, stop, spread)]
