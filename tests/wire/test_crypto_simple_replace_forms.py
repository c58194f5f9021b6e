from decimal import Decimal

import pytest

from nostro.domain.errors import InvalidRequest
from nostro.domain.order import OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Replacement
from nostro.ports import SystemIds
from nostro.wire.forms import convert_form
from nostro.wire.order_forms import CryptoForm, ReplaceForm, SimpleForm

GIVEN_ID = "550e8400-e29b-41d4-a716-446655440000"
CRYPTO: dict[str, object] = {
    "instrument": {"symbol": "BTC-USD", "type": "CRYPTOCURRENCY_PAIR"},
    "side": "SELL",
    "type": "LIMIT",
    "time_in_force": "GTC",
    "amount": "123.45",
    "limit_price": "100000",
}
SIMPLE: dict[str, object] = {
    "order_type": "limit",
    "time_in_force": "day",
    "legs": [{"instrument": {"kind": "equity", "symbol": "AAPL"}, "action": "buy", "units": "10.5"}],
    "limit_price": "31.33",
}
REPLACE: dict[str, object] = {
    "brokerage_order_id": "1",
    "action": "BUY",
    "order_type": "Limit",
    "time_in_force": "GTC",
}


def crypto(**changes: object) -> NewOrder:
    return convert_form({**CRYPTO, **changes}, CryptoForm).to_domain(SystemIds())


def simple(**changes: object) -> NewOrder:
    return convert_form({**SIMPLE, **changes}, SimpleForm).to_domain(SystemIds())


def replacement(**changes: object) -> Replacement:
    return convert_form({**REPLACE, **changes}, ReplaceForm).to_domain()


@pytest.mark.parametrize("spelling", ["BTC-USD", "BTC/USD", "BTC_USD", "btc-usd"])
def test_a_pair_may_be_spelled_in_any_way(spelling: str) -> None:
    order = crypto(instrument={"symbol": spelling, "type": "CRYPTOCURRENCY_PAIR"})

    assert order.legs == (NewLeg(symbol="BTC/USD", side=Side.SELL),)


def test_a_crypto_order_is_read_whole() -> None:
    order = crypto(type="STOP_LOSS_LIMIT", stop_price="99000", post_only=False)

    assert (order.order_type, order.quantity) == (OrderType.STOP_LIMIT, Decimal("123.45"))
    assert (order.limit_price, order.stop_price) == (Decimal(100000), Decimal(99000))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"instrument": {"symbol": "BTC", "type": "CRYPTOCURRENCY"}},
            "`instrument.symbol` must name a pair, such as BTC-USD.",
        ),
        ({"post_only": True}, "`post_only` orders are not supported."),
        (
            {"type": "TAKE_PROFIT_LIMIT", "stop_price": "1"},
            "Take-profit orders are not supported: place a LIMIT order.",
        ),
        ({"amount": "0"}, "`amount` must be greater than zero."),
        ({"time_in_force": "GTD"}, "`expiration_date` is required when `time_in_force` is GTD."),
    ],
)
def test_a_crypto_order_that_is_not_taken_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        crypto(**changes)

    assert str(caught.value) == sentence


def test_a_simple_order_is_read_in_lower_case() -> None:
    order = simple(client_order_id=GIVEN_ID, trading_session="extended")

    assert (order.order_type, order.time_in_force) == (OrderType.LIMIT, TimeInForce.DAY)
    assert (order.quantity, order.client_order_id) == (Decimal("10.5"), GIVEN_ID)
    assert order.extended_hours


def test_a_simple_order_by_value_has_no_units() -> None:
    legs = [{"instrument": {"kind": "equity", "symbol": "AAPL"}, "action": "buy", "units": None}]

    order = simple(order_type="market", limit_price=None, legs=legs, notional_value="50")

    assert (order.quantity, order.notional) == (None, Decimal(50))


def test_a_future_loses_its_leading_slash() -> None:
    legs = [{"instrument": {"kind": "future", "symbol": "/ESZ6"}, "action": "sell", "units": "1"}]

    assert simple(legs=legs).legs == (NewLeg(symbol="ESZ6", side=Side.SELL),)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("future_option", "Options on futures are not supported."),
        ("bond", "`legs.instrument.kind` must be one of equity, option, future, future_option."),
    ],
)
def test_a_kind_that_is_not_traded_is_refused(kind: str, sentence: str) -> None:
    legs = [{"instrument": {"kind": kind, "symbol": "X"}, "action": "buy", "units": "1"}]

    with pytest.raises(InvalidRequest) as caught:
        simple(legs=legs)

    assert str(caught.value) == sentence


def test_a_simple_order_without_units_or_value_is_refused() -> None:
    legs = [{"instrument": {"kind": "equity", "symbol": "AAPL"}, "action": "buy"}]

    with pytest.raises(InvalidRequest, match=r"exactly one of `legs\[0\].units` and `notional_value`"):
        simple(legs=legs)


def test_a_replacement_leaves_what_it_does_not_name() -> None:
    assert replacement() == Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC)


def test_a_replacement_carries_its_new_terms() -> None:
    terms = replacement(order_type="StopLimit", price="1.5", stop=Decimal("1.4"), units=3)

    assert (terms.limit_price, terms.stop_price, terms.quantity) == (
        Decimal("1.5"),
        Decimal("1.4"),
        Decimal(3),
    )


def test_a_replacement_with_a_price_that_its_type_lacks_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="`price` must be null"):
        replacement(order_type="Market", price=5)
