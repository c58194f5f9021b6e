"""The bodies that the official SDKs really send, read as nostro's forms."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from nostro.domain.order import GroupType, OrderType, TimeInForce
from nostro.ports import SystemIds
from nostro.wire.forms import CancelForm, ConfirmForm, LoginForm, RegisterUserForm, convert_form
from nostro.wire.group_forms import BracketForm, ComplexForm
from nostro.wire.order_forms import CryptoForm, OptionsForm, OrderForm, ReplaceForm, SimpleForm

from .conftest import StartSdk
from .harness import Installed
from .recorder import Recorder, recording
from .which import HAVING, OLDEST, but, only

ACCOUNT = "917c8734-8470-4a3e-a18f-57c3f2ee6631"
SYMBOL_ID = "2bcd7cc3-e922-4976-bce1-9858296801c3"
USER = {"user_id": "snaptrade-user-123", "user_secret": "adf2aa34-8219-40f7-a6b3-60156985cc61"}


def no_symbol(_universal_symbol_id: str) -> None:
    return None


@pytest.fixture(scope="module")
def server() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def send(any_sdk: Installed, start_sdk: StartSdk, server: Recorder) -> Any:
    """Make one call and return the body that arrived."""
    sdk = start_sdk(any_sdk, server.base_url)

    def call(name: str, **kwargs: object) -> Any:
        server.arrived.clear()
        sdk.call(name, **kwargs, **USER)
        return server.arrived[0].body

    return call


def test_an_equity_order(send: Any) -> None:
    body = send(
        "trading.place_force_order",
        account_id=ACCOUNT,
        action="BUY",
        order_type="StopLimit",
        time_in_force="Day",
        symbol="AAPL",
        price=31.33,
        stop=31.2,
        units=1.0,
    )

    order = convert_form(body, OrderForm).to_domain(SystemIds(), no_symbol)

    assert (order.order_type, order.limit_price, order.stop_price, order.quantity) == (
        OrderType.STOP_LIMIT,
        Decimal("31.33"),
        Decimal("31.2"),
        Decimal(1),
    )


def test_an_order_to_be_previewed(send: Any) -> None:
    body = send(
        "trading.get_order_impact",
        account_id=ACCOUNT,
        action="SELL",
        order_type="Market",
        time_in_force="Day",
        universal_symbol_id=SYMBOL_ID,
        units=2.0,
    )

    order = convert_form(body, OrderForm).to_domain(SystemIds(), {SYMBOL_ID: "VAB.TO"}.get)

    assert (order.legs[0].symbol, order.quantity) == ("VAB.TO", Decimal(2))


def test_a_confirmation(send: Any) -> None:
    body = send("trading.place_order", trade_id="139e307a-82f7-4402-b39e-4da7baa87758", wait_to_confirm=False)

    assert convert_form(body, ConfirmForm).wait_to_confirm is False


def test_a_spread(send: Any) -> None:
    legs = [
        {
            "instrument": {"symbol": "AAPL  251114C00240000", "instrument_type": "OPTION"},
            "action": "BUY_TO_OPEN",
            "units": 1,
        },
        {
            "instrument": {"symbol": "AAPL  251114C00250000", "instrument_type": "OPTION"},
            "action": "SELL_TO_OPEN",
            "units": 1,
        },
    ]

    body = send(
        "trading.place_mleg_order",
        account_id=ACCOUNT,
        order_type="LIMIT",
        time_in_force="Day",
        limit_price="1.50",
        legs=legs,
    )

    order = convert_form(body, OptionsForm).to_domain(SystemIds())
    assert (order.quantity, order.limit_price, len(order.legs)) == (Decimal(1), Decimal("1.50"), 2)


@pytest.mark.parametrize(
    ("any_sdk", "method"),
    [
        (sdk, method)
        for method in ("trading.place_crypto_order", "trading.place_simple_order")
        for sdk in HAVING[method]
    ],
    ids=lambda part: part if isinstance(part, str) else "-".join(part),
    indirect=["any_sdk"],
)
def test_a_crypto_order(send: Any, method: str) -> None:
    body = send(
        method,
        account_id=ACCOUNT,
        instrument={"symbol": "BTC-USD", "type": "CRYPTOCURRENCY_PAIR"},
        side="BUY",
        type="LIMIT",
        time_in_force="GTC",
        amount="0.5",
        limit_price="100000",
    )

    order = convert_form(body, CryptoForm).to_domain(SystemIds())

    assert (order.legs[0].symbol, order.quantity) == ("BTC/USD", Decimal("0.5"))


@only(*HAVING["experimental_endpoints.place_simple_order"])
def test_a_simple_trade_of_sdk_13(send: Any) -> None:
    leg = {"instrument": {"kind": "equity", "symbol": "AAPL"}, "action": "buy", "units": "1.5"}

    body = send(
        "experimental_endpoints.place_simple_order",
        account_id=ACCOUNT,
        order_type="limit",
        time_in_force="day",
        legs=[leg],
        limit_price="31.33",
    )

    order = convert_form(body, SimpleForm).to_domain(SystemIds())
    assert (order.quantity, order.limit_price) == (Decimal("1.5"), Decimal("31.33"))


@only(*HAVING["trading.place_complex_order"])
def test_a_complex_order(send: Any) -> None:
    def leg(role: str) -> dict[str, object]:
        return {
            "order_role": role,
            "action": "BUY",
            "instrument": {"symbol": "AAPL", "type": "EQUITY"},
            "order_type": "Limit",
            "units": 1,
            "time_in_force": "Day",
            "price": 31.33,
        }

    body = send(
        "trading.place_complex_order",
        account_id=ACCOUNT,
        type="OTO",
        orders=[leg("TRIGGER"), leg("CONDITIONAL")],
    )

    assert convert_form(body, ComplexForm).to_domain(SystemIds()).type is GroupType.OTO


@only(*HAVING["trading.place_bracket_order"])
def test_a_bracket(send: Any) -> None:
    body = send(
        "trading.place_bracket_order",
        account_id=ACCOUNT,
        action="BUY",
        instrument={"symbol": "AAPL", "type": "EQUITY"},
        order_type="Market",
        time_in_force="GTC",
        units=1.0,
        stop_loss={"stop_price": "48.55", "limit_price": "48.50"},
        take_profit={"limit_price": "49.95"},
    )

    group = convert_form(body, BracketForm).to_domain(SystemIds())

    assert [member.order.time_in_force for member in group.members] == [TimeInForce.GTC] * 3


@only(*but(OLDEST))  # which names the order in the path
def test_a_replacement(send: Any) -> None:
    body = send(
        "trading.replace_order",
        account_id=ACCOUNT,
        brokerage_order_id="o-1",
        action="BUY",
        order_type="Limit",
        time_in_force="GTC",
        price=31.33,
        symbol="AAPL",
        units=1.0,
    )

    form = convert_form(body, ReplaceForm)
    assert (form.brokerage_order_id, form.to_domain().limit_price) == ("o-1", Decimal("31.33"))


@only(*HAVING["trading.cancel_user_account_order"])
def test_the_first_cancel(send: Any) -> None:
    body = send("trading.cancel_user_account_order", account_id=ACCOUNT, brokerage_order_id="o-1")

    assert convert_form(body, CancelForm).brokerage_order_id == "o-1"


def test_a_login(send: Any) -> None:
    body = send("authentication.login_snap_trade_user", broker="ALPACA", connection_type="trade")

    form = convert_form(body, LoginForm)

    assert (form.broker, form.connectionType) == ("ALPACA", "trade")


@only(*but(OLDEST, ("typescript", "9")))  # which know no expiry date
def test_a_time_with_an_offset_is_read_as_utc(send: Any) -> None:
    body = send(
        "trading.place_force_order",
        account_id=ACCOUNT,
        action="BUY",
        order_type="Limit",
        time_in_force="GTD",
        symbol="AAPL",
        price=31.33,
        units=1.0,
        expiry_date="2026-08-22T01:27:55+02:00",
    )

    order = convert_form(body, OrderForm).to_domain(SystemIds(), no_symbol)
    assert order.expires_at == datetime(2026, 8, 21, 23, 27, 55, tzinfo=UTC)


def test_a_new_user(any_sdk: Installed, start_sdk: StartSdk, server: Recorder) -> None:
    sdk = start_sdk(any_sdk, server.base_url)
    server.arrived.clear()

    sdk.call("authentication.register_snap_trade_user", user_id="snaptrade-user-123")

    assert convert_form(server.arrived[0].body, RegisterUserForm).userId == "snaptrade-user-123"
