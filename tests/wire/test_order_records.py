from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from nostro.domain.ids import BrokerageOrderId
from nostro.domain.instrument import AssetClass, Instrument, OptionContract, OptionRight
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Leg,
    Order,
    OrderStatus,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.wire.orders_v1 import render_group, render_legs, render_order, render_updated
from nostro.wire.orders_v2 import render_order_v2
from nostro.wire.statuses import STATUS_WORDS, status_words
from nostro.wire.values import encode

V1_STATUSES = frozenset(
    [
        "NONE",
        "PENDING",
        "ACCEPTED",
        "FAILED",
        "REJECTED",
        "CANCELED",
        "PARTIAL_CANCELED",
        "CANCEL_PENDING",
        "EXECUTED",
        "PARTIAL",
        "REPLACE_PENDING",
        "REPLACED",
        "STOPPED",
        "SUSPENDED",
        "EXPIRED",
        "QUEUED",
        "TRIGGERED",
        "ACTIVATED",
        "PENDING_RISK_REVIEW",
        "CONTINGENT_ORDER",
    ]
)
V2_STATUSES = frozenset(
    [
        "PENDING",
        "REJECTED",
        "CANCELED",
        "CANCEL_PENDING",
        "PARTIAL_CANCELED",
        "EXECUTED",
        "PARTIALLY_EXECUTED",
        "REPLACED",
        "REPLACE_PENDING",
        "EXPIRED",
    ]
)
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
AAPL = Instrument(symbol="AAPL", asset_class=AssetClass.STOCK, exchange_mic="XNAS", description="Apple Inc.")
CALL = Instrument(
    symbol="AAPL261218C00240000",
    asset_class=AssetClass.OPTION,
    multiplier=Decimal(100),
    option=OptionContract("AAPL", date(2026, 12, 18), OptionRight.CALL, Decimal(240)),
)
BTC_USD = Instrument(symbol="BTC/USD", asset_class=AssetClass.CRYPTO)
ETH_BTC = Instrument(symbol="ETH/BTC", asset_class=AssetClass.CRYPTO, currency="BTC")


def an_order(
    *legs: Leg,
    status: OrderStatus = OrderStatus.NEW,
    quantity: Decimal | None = Decimal(10),
    filled: Decimal = Decimal(0),
    average_price: Decimal | None = None,
    limit_price: Decimal | None = None,
    price_effect: PriceEffect | None = None,
    role: GroupRole | None = None,
) -> Order:
    return Order(
        brokerage_order_id=BrokerageOrderId("66a033fa"),
        status=status,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        legs=legs or (Leg(instrument=AAPL, side=Side.BUY),),
        quantity=quantity,
        filled_quantity=filled,
        average_price=average_price,
        limit_price=limit_price,
        price_effect=price_effect,
        placed_at=NOW,
        updated_at=NOW,
        group_id="G1" if role else None,
        group_type=GroupType.OTO if role else None,
        group_role=role,
    )


def test_every_status_has_words() -> None:
    assert STATUS_WORDS.keys() == set(OrderStatus)


@pytest.mark.parametrize("status", OrderStatus)
def test_words_are_of_the_published_enums(status: OrderStatus) -> None:
    words = status_words(an_order(status=status))

    assert {words.v1, words.v2} <= V1_STATUSES
    assert words.v2_leg in V2_STATUSES


@pytest.mark.parametrize(
    ("status", "v1", "leg"),
    [
        (OrderStatus.NEW, "ACCEPTED", "PENDING"),
        (OrderStatus.PARTIALLY_FILLED, "PARTIAL", "PARTIALLY_EXECUTED"),
        (OrderStatus.HELD, "CONTINGENT_ORDER", "PENDING"),
        (OrderStatus.UNRECOGNIZED, "PENDING", "PENDING"),
    ],
)
def test_v1_and_v2_differ_where_their_enums_do(status: OrderStatus, v1: str, leg: str) -> None:
    words = status_words(an_order(status=status))

    assert (words.v1, words.v2_leg) == (v1, leg)


def test_a_canceled_order_with_fills_is_partial_canceled_everywhere() -> None:
    words = status_words(an_order(status=OrderStatus.CANCELED, filled=Decimal(4)))

    assert set(words) == {"PARTIAL_CANCELED"}


def test_a_canceled_order_without_fills_is_canceled() -> None:
    assert status_words(an_order(status=OrderStatus.CANCELED)).v1 == "CANCELED"


def test_quantities_are_strings_without_trailing_zeros() -> None:
    order = an_order(status=OrderStatus.PARTIALLY_FILLED, quantity=Decimal("1E+2"), filled=Decimal("0.5000"))

    record = render_order(order)

    assert (record.total_quantity, record.filled_quantity, record.open_quantity) == ("100", "0.5", "99.5")


def test_an_order_by_value_has_no_total_quantity() -> None:
    record = render_order(an_order(quantity=None))

    assert (record.total_quantity, record.open_quantity) == (None, None)


@pytest.mark.parametrize(
    ("side", "effect", "v1", "v2"),
    [
        (Side.BUY, PositionEffect.OPEN, "BUY_OPEN", "BUY_TO_OPEN"),
        (Side.BUY, PositionEffect.CLOSE, "BUY_CLOSE", "BUY_TO_CLOSE"),
        (Side.SELL, PositionEffect.OPEN, "SELL_OPEN", "SELL_TO_OPEN"),
        (Side.SELL, PositionEffect.CLOSE, "SELL_CLOSE", "SELL_TO_CLOSE"),
        (Side.SELL, None, "SELL", "SELL"),
    ],
)
def test_actions_of_options(side: Side, effect: PositionEffect | None, v1: str, v2: str) -> None:
    order = an_order(Leg(instrument=CALL, side=side, position_effect=effect))

    assert (render_order(order).action, render_order_v2(order).legs[0].action) == (v1, v2)


@pytest.mark.parametrize(
    ("side", "effect", "action"),
    [
        (Side.BUY, None, "BUY"),
        (Side.SELL, None, "SELL"),
        (Side.BUY, PositionEffect.OPEN, "BUY"),
        (Side.SELL, PositionEffect.CLOSE, "SELL"),
        (Side.SELL, PositionEffect.OPEN, "SELL_SHORT"),
        (Side.BUY, PositionEffect.CLOSE, "BUY_COVER"),
    ],
)
def test_actions_of_stocks(side: Side, effect: PositionEffect | None, action: str) -> None:
    order = an_order(Leg(instrument=AAPL, side=side, position_effect=effect))

    assert (render_order(order).action, render_order_v2(order).legs[0].action) == (action, action)


def test_an_option_order_has_its_occ_symbol_padded_and_no_universal_symbol() -> None:
    record = render_order(an_order(Leg(instrument=CALL, side=Side.BUY)))

    assert record.universal_symbol is None
    assert record.option_symbol is not None
    assert record.option_symbol.ticker == "AAPL  261218C00240000"


def test_a_pair_in_money_is_its_base_with_a_quote_currency() -> None:
    record = render_order(an_order(Leg(instrument=BTC_USD, side=Side.BUY)))

    assert record.universal_symbol is not None
    assert record.quote_currency is not None
    assert (record.universal_symbol.symbol, record.quote_currency.code) == ("BTC", "USD")
    assert record.quote_universal_symbol is msgspec.UNSET


def test_a_pair_in_a_coin_is_its_base_with_a_quote_symbol() -> None:
    record = render_order(an_order(Leg(instrument=ETH_BTC, side=Side.BUY)))

    assert record.quote_currency is None
    assert isinstance(record.quote_universal_symbol, msgspec.Struct)
    assert record.quote_universal_symbol.symbol == "BTC"


def test_a_spread_is_one_v1_record_per_leg_with_one_id() -> None:
    legs = (Leg(instrument=CALL, side=Side.BUY), Leg(instrument=AAPL, side=Side.SELL, ratio=Decimal(100)))

    records = render_legs(an_order(*legs, quantity=Decimal(2)))

    assert [record.brokerage_order_id for record in records] == ["66a033fa", "66a033fa"]
    assert [record.total_quantity for record in records] == ["2", "200"]


def test_a_spread_is_one_v2_record_with_legs() -> None:
    legs = (Leg(instrument=CALL, side=Side.BUY), Leg(instrument=AAPL, side=Side.SELL, ratio=Decimal(100)))

    record = render_order_v2(an_order(*legs, quantity=Decimal(2)))

    assert [leg.total_quantity for leg in record.legs] == ["2", "200"]
    assert [leg.instrument.asset_type for leg in record.legs] == ["OPTION", "EQUITY"]


def test_the_net_price_of_a_spread_is_no_legs_price() -> None:
    legs = (
        Leg(instrument=CALL, side=Side.BUY, average_price=Decimal("2.50")),
        Leg(instrument=CALL, side=Side.SELL),
    )

    records = render_legs(an_order(*legs, average_price=Decimal("1.25")))

    assert [record.execution_price for record in records] == ["2.5", None]


def test_the_price_of_a_single_leg_is_the_orders() -> None:
    assert render_order(an_order(average_price=Decimal("31.30"))).execution_price == "31.3"


@pytest.mark.parametrize(("side", "effect"), [(Side.BUY, "DEBIT"), (Side.SELL, "CREDIT")])
def test_the_price_effect_of_one_leg_follows_from_its_side(side: Side, effect: str) -> None:
    assert render_order_v2(an_order(Leg(instrument=AAPL, side=side))).price_effect == effect


def test_the_price_effect_of_a_spread_is_its_own() -> None:
    legs = (Leg(instrument=CALL, side=Side.BUY), Leg(instrument=CALL, side=Side.SELL))

    record = render_order_v2(an_order(*legs, price_effect=PriceEffect.CREDIT))

    assert record.price_effect == "CREDIT"


def test_the_price_effect_of_a_spread_that_does_not_say_is_unknown() -> None:
    legs = (Leg(instrument=CALL, side=Side.BUY), Leg(instrument=CALL, side=Side.SELL))

    assert render_order_v2(an_order(*legs)).price_effect == "UNKNOWN"


def test_an_order_outside_a_group_has_no_role_and_a_null_group() -> None:
    body = msgspec.json.decode(encode(render_order(an_order())))

    assert "order_role" not in body
    assert body["brokerage_group_order_id"] is None


def test_a_placed_group_names_its_type_and_its_orders() -> None:
    response = render_group((an_order(role=GroupRole.TRIGGER), an_order(role=GroupRole.CONDITIONAL)))

    assert (response.type, response.brokerage_group_order_id) == ("OTO", "G1")
    assert [order.order_role for order in response.orders] == ["TRIGGER", "CONDITIONAL"]


def test_a_group_without_a_type_is_a_bug() -> None:
    with pytest.raises(ValueError, match="group type"):
        render_group((an_order(),))


def test_a_v1_record_as_bytes() -> None:
    order = an_order(limit_price=Decimal("31.330"), status=OrderStatus.PENDING_CANCEL)

    body = msgspec.json.decode(encode(render_updated(order)))

    assert body["brokerage_order_id"] == "66a033fa"
    record = body["order"]
    assert {
        name: record[name] for name in ("status", "action", "limit_price", "order_type", "time_in_force")
    } == {
        "status": "CANCEL_PENDING",
        "action": "BUY",
        "limit_price": "31.33",
        "order_type": "Limit",
        "time_in_force": "Day",
    }
    assert record["time_placed"] == "2026-11-20T15:30:00Z"
    assert record["universal_symbol"]["exchange"]["mic_code"] == "XNAS"
