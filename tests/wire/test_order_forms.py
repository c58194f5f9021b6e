from datetime import UTC, datetime
from decimal import Decimal

import pytest

from nostro.domain.errors import InvalidRequest
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from nostro.wire.forms import convert_form
from nostro.wire.order_forms import OptionsForm, OrderForm

MADE_ID = "00000000-0000-4000-8000-000000000001"
GIVEN_ID = "550e8400-e29b-41d4-a716-446655440000"
SYMBOLS = {"2bcd7cc3-e922-4976-bce1-9858296801c3": "VAB.TO"}

ORDER: dict[str, object] = {
    "account_id": "917c8734-8470-4a3e-a18f-57c3f2ee6631",
    "action": "BUY",
    "order_type": "Limit",
    "time_in_force": "Day",
    "symbol": "AAPL",
    "price": Decimal("31.33"),
    "units": 10,
}
ACTION_WORDS = "BUY, SELL, BUY_TO_OPEN, BUY_TO_CLOSE, SELL_TO_OPEN, SELL_TO_CLOSE"


class FixedIds:
    def uuid(self) -> str:
        return MADE_ID

    def secret(self, length: int) -> str:
        return "s" * length

    def token(self, size_bytes: int) -> bytes:
        return bytes(size_bytes)


def place(**changes: object) -> NewOrder:
    return convert_form({**ORDER, **changes}, OrderForm).to_domain(FixedIds(), SYMBOLS.get)


def options(*legs: tuple[str, str, object], **changes: object) -> NewOrder:
    body = {
        "order_type": "LIMIT",
        "time_in_force": "Day",
        "limit_price": "1.50",
        "price_effect": "DEBIT",
        "legs": [
            {"instrument": {"symbol": symbol, "instrument_type": "OPTION"}, "action": action, "units": units}
            for symbol, action, units in legs
        ],
    }
    return convert_form({**body, **changes}, OptionsForm).to_domain(FixedIds())


CALL = ("AAPL  251114C00240000", "BUY_TO_OPEN")
HIGHER_CALL = ("AAPL  251114C00250000", "SELL_TO_OPEN")


def test_a_limit_order_is_read_whole() -> None:
    assert place() == NewOrder(
        legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(10),
        limit_price=Decimal("31.33"),
        client_order_id=ClientOrderId(MADE_ID),
    )


def test_a_decimal_may_be_text() -> None:
    order = place(price="31.33", units="0.5")

    assert (order.limit_price, order.quantity) == (Decimal("31.33"), Decimal("0.5"))


@pytest.mark.parametrize(
    ("action", "side", "effect"),
    [
        ("BUY", Side.BUY, None),
        ("SELL", Side.SELL, None),
        ("BUY_TO_OPEN", Side.BUY, PositionEffect.OPEN),
        ("BUY_TO_CLOSE", Side.BUY, PositionEffect.CLOSE),
        ("SELL_TO_OPEN", Side.SELL, PositionEffect.OPEN),
        ("SELL_TO_CLOSE", Side.SELL, PositionEffect.CLOSE),
    ],
)
def test_an_action_is_a_side_and_a_position_effect(
    action: str, side: Side, effect: PositionEffect | None
) -> None:
    (leg,) = place(action=action).legs

    assert (leg.side, leg.position_effect) == (side, effect)


@pytest.mark.parametrize(
    ("word", "order_type", "prices"),
    [
        ("Market", OrderType.MARKET, {"price": None}),
        ("Limit", OrderType.LIMIT, {}),
        ("Stop", OrderType.STOP, {"price": None, "stop": 30}),
        ("StopLimit", OrderType.STOP_LIMIT, {"stop": 30}),
        ("STOP_LOSS_MARKET", OrderType.STOP, {"price": None, "stop": 30}),
        ("STOP_LOSS_LIMIT", OrderType.STOP_LIMIT, {"stop": 30}),
        ("stop_limit", OrderType.STOP_LIMIT, {"stop": 30}),
    ],
)
def test_every_generations_spelling_of_an_order_type_is_read(
    word: str, order_type: OrderType, prices: dict[str, object]
) -> None:
    assert place(order_type=word, **prices).order_type is order_type


def test_a_universal_symbol_id_is_resolved() -> None:
    order = place(symbol=None, universal_symbol_id="2bcd7cc3-e922-4976-bce1-9858296801c3")

    assert order.legs[0].symbol == "VAB.TO"


def test_an_order_by_value_has_no_quantity() -> None:
    order = place(order_type="Market", price=None, units=None, notional_value="100.00")

    assert (order.quantity, order.notional) == (None, Decimal("100.00"))


@pytest.mark.parametrize(("session", "extended"), [("EXTENDED", True), ("REGULAR", False), (None, False)])
def test_the_trading_session_decides_on_extended_hours(session: str | None, extended: bool) -> None:
    assert place(trading_session=session).extended_hours is extended


def test_a_client_order_id_is_kept_in_lower_case() -> None:
    assert place(client_order_id=GIVEN_ID.upper()).client_order_id == GIVEN_ID


@pytest.mark.parametrize("text", ["2026-08-21T23:27:55", "2026-08-21T23:27:55Z", "2026-08-22T01:27:55+02:00"])
def test_an_expiry_is_utc_unless_it_says_otherwise(text: str) -> None:
    order = place(time_in_force="GTD", expiry_date=text)

    assert order.expires_at == datetime(2026, 8, 21, 23, 27, 55, tzinfo=UTC)
    assert order.expires_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"units": None}, "Give exactly one of `units` and `notional_value`."),
        ({"notional_value": 5}, "Give exactly one of `units` and `notional_value`."),
        ({"price": None}, "`price` is required for this type of order."),
        ({"order_type": "Market"}, "`price` must be null for this type of order."),
        ({"stop": 30}, "`stop` must be null for this type of order."),
        ({"order_type": "StopLimit"}, "`stop` is required for this type of order."),
        ({"price": 0}, "`price` must be greater than zero."),
        ({"price": "-1"}, "`price` must be greater than zero."),
        ({"price": "NaN"}, "`price` must be greater than zero."),
        ({"price": "Infinity"}, "`price` must be greater than zero."),
        ({"price": "1e999999"}, "`price` is out of range."),
        ({"units": -1}, "`units` must be greater than zero."),
        ({"units": "1e-19"}, "`units` is out of range."),
        ({"units": None, "notional_value": 0}, "`notional_value` must be greater than zero."),
        ({"time_in_force": "GTD"}, "`expiry_date` is required when `time_in_force` is GTD."),
        (
            {"expiry_date": "2026-08-21T23:27:55Z"},
            "`expiry_date` must be null unless `time_in_force` is GTD.",
        ),
        ({"symbol": None}, "`symbol` or `universal_symbol_id` is required."),
        ({"universal_symbol_id": "x"}, "Give `symbol` or `universal_symbol_id`, not both."),
        (
            {"symbol": None, "universal_symbol_id": "x"},
            "`universal_symbol_id` is not the id of a symbol known here.",
        ),
        ({"symbol": " "}, "`symbol` must not be blank."),
        ({"client_order_id": "mine"}, "`client_order_id` must be a UUID of 36 characters."),
        ({"time_in_force": "MOO"}, "`time_in_force` must be one of Day, GTC, FOK, IOC, GTD."),
        ({"trading_session": "NIGHT"}, "`trading_session` must be one of REGULAR, EXTENDED."),
        (
            {"action": "SHORT"},
            f"`action` must be one of {ACTION_WORDS}.",
        ),
        (
            {"order_type": "Trailing"},
            "`order_type` must be one of Market, Limit, Stop, StopLimit, STOP_LOSS_MARKET, STOP_LOSS_LIMIT.",
        ),
    ],
)
def test_an_order_that_can_never_be_right_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        place(**changes)

    assert str(caught.value) == sentence


def test_a_spread_is_whole_strategies_and_ratios() -> None:
    order = options((*CALL, 4), (*HIGHER_CALL, 6))

    assert order.quantity == 2
    assert [leg.ratio for leg in order.legs] == [2, 3]


def test_a_covered_call_keeps_its_hundred_shares_per_contract() -> None:
    order = options(("AAPL", "BUY", 200), ("AAPL  251114C00240000", "SELL_TO_OPEN", 2))

    assert order.quantity == 2
    assert [leg.ratio for leg in order.legs] == [100, 1]


def test_a_spread_keeps_the_direction_of_its_net_price() -> None:
    order = options((*CALL, 1), (*HIGHER_CALL, 1), price_effect="CREDIT")

    assert (order.price_effect, order.limit_price) == (PriceEffect.CREDIT, Decimal("1.50"))


@pytest.mark.parametrize("price", [None, 0, "0.00"])
def test_an_even_spread_is_priced_at_zero(price: object) -> None:
    order = options((*CALL, 1), (*HIGHER_CALL, 1), price_effect="EVEN", limit_price=price)

    assert (order.price_effect, order.limit_price) == (PriceEffect.EVEN, Decimal(0))


def test_a_market_spread_has_no_direction() -> None:
    order = options((*CALL, 1), (*HIGHER_CALL, 1), order_type="MARKET", limit_price=None)

    assert (order.price_effect, order.limit_price) == (None, None)


def test_the_direction_of_a_single_leg_is_its_side() -> None:
    order = options((*CALL, 3))

    assert (order.price_effect, order.quantity, order.legs[0].ratio) == (None, Decimal(3), Decimal(1))


@pytest.mark.parametrize(
    ("legs", "changes", "sentence"),
    [
        ((), {}, "`legs` must have at least one leg."),
        (((*CALL, 0),), {}, "`legs[0].units` must be greater than zero."),
        (
            ((*CALL, 1), (*HIGHER_CALL, "0.5")),
            {},
            "`legs[1].units` must be a whole number in a multi-leg order.",
        ),
        (
            ((*CALL, 1), (*HIGHER_CALL, 1)),
            {"price_effect": "EVEN"},
            "`limit_price` must be 0 or null when `price_effect` is EVEN.",
        ),
        (
            ((*CALL, 1), (*HIGHER_CALL, 1)),
            {"price_effect": "UP"},
            "`price_effect` must be one of DEBIT, CREDIT, EVEN.",
        ),
        (
            ((CALL[0], "HOLD", 1),),
            {},
            f"`legs[0].action` must be one of {ACTION_WORDS}.",
        ),
        (
            ((*CALL, 1),),
            {"order_type": "STOP_LOSS_MARKET", "limit_price": None},
            "`stop_price` is required for this type of order.",
        ),
    ],
)
def test_an_option_order_that_can_never_be_right_is_refused(
    legs: tuple[tuple[str, str, object], ...], changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        options(*legs, **changes)

    assert str(caught.value) == sentence
