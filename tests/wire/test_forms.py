from decimal import Decimal

import pytest

from nostro.domain.errors import InvalidRequest
from nostro.wire.forms import (
    CancelForm,
    ConfirmForm,
    LoginForm,
    RegisterUserForm,
    ResetUserSecretForm,
    SymbolQueryForm,
    convert_form,
)
from nostro.wire.order_forms import OptionsForm, OrderForm

SECRET = "adf2aa34-8219-40f7-a6b3-60156985cc61"


def refusal(value: object, form: type) -> str:
    with pytest.raises(InvalidRequest) as caught:
        convert_form(value, form)
    return str(caught.value)


def test_a_cancel_names_its_order() -> None:
    assert convert_form({"brokerage_order_id": "é☃-1"}, CancelForm).brokerage_order_id == "é☃-1"


def test_unknown_fields_are_ignored() -> None:
    assert convert_form({"brokerage_order_id": "1", "extra": {}}, CancelForm).brokerage_order_id == "1"


def test_a_missing_field_is_named() -> None:
    assert refusal({}, CancelForm) == "`brokerage_order_id` is required."


def test_a_missing_field_is_named_with_its_path() -> None:
    legs = [{"instrument": {}, "action": "BUY", "units": 1}]
    body = {"order_type": "MARKET", "time_in_force": "Day", "legs": legs}

    assert refusal(body, OptionsForm) == "`legs[0].instrument.symbol` is required."


@pytest.mark.parametrize("value", [7, True, None, ["1"], {"id": "1"}, Decimal("1.5")])
def test_an_order_id_that_is_not_text_is_refused(value: object) -> None:
    assert refusal({"brokerage_order_id": value}, CancelForm) == "`brokerage_order_id` must be text."


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    assert refusal(body, CancelForm) == "The request body must be an object."


def test_a_price_that_is_no_number_is_refused() -> None:
    body = {
        "account_id": "a",
        "action": "BUY",
        "order_type": "Limit",
        "time_in_force": "Day",
        "price": "cheap",
    }

    assert refusal(body, OrderForm) == "`price` must be a number or a numeric string."
    assert refusal({**body, "price": True}, OrderForm) == (
        "`price` must be a number or a numeric string or null."
    )


def test_an_expiry_that_is_no_time_is_refused() -> None:
    body = {
        "account_id": "a",
        "action": "BUY",
        "order_type": "Limit",
        "time_in_force": "GTD",
        "expiry_date": "tomorrow",
    }

    assert refusal(body, OrderForm) == (
        "`expiry_date` must be an ISO 8601 time such as 2026-08-21T23:27:55Z."
    )


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ({"userId": {"secret": SECRET}}, RegisterUserForm),
        ({"userId": "u", "userSecret": [SECRET]}, ResetUserSecretForm),
        ({"connectionType": SECRET}, LoginForm),
        ({"brokerage_order_id": {SECRET: 1}}, CancelForm),
        (SECRET, CancelForm),
    ],
)
def test_a_refusal_never_repeats_a_value(body: object, form: type) -> None:
    assert SECRET not in refusal(body, form)


def test_an_unknown_connection_type_is_refused() -> None:
    assert refusal({"connectionType": "write"}, LoginForm) == (
        "`connectionType` has a value that is not accepted here."
    )


def test_an_empty_login_asks_for_nothing() -> None:
    assert convert_form({}, LoginForm) == LoginForm()


def test_a_login_keeps_what_it_asks_for() -> None:
    body = {"broker": "ALPACA", "connectionType": "trade-if-available", "darkMode": True, "locale": "en"}

    form = convert_form(body, LoginForm)

    assert (form.broker, form.connectionType, form.darkMode) == ("ALPACA", "trade-if-available", True)


def test_a_symbol_query_may_be_empty() -> None:
    assert convert_form({}, SymbolQueryForm).substring is None


def test_waiting_is_left_open_when_null() -> None:
    assert convert_form({"wait_to_confirm": None}, ConfirmForm).wait_to_confirm is None
