"""Every asset class and group through the official SDKs: place, list in both shapes, cancel, list again."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sdk.conftest import StartSdk
from tests.sdk.harness import Installed, Sdk, SdkReply
from tests.sdk.which import HAVING, OLDEST, but, only

from .world import ACCOUNT, ORDER, USER_ID, USER_SECRET, Server

USER = {"user_id": USER_ID, "user_secret": USER_SECRET}
CALL = "AAPL  300118C00240000"
PUT = "AAPL  300118P00200000"
RESTING = {"order_type": "Limit", "time_in_force": "GTC"}

Place = Callable[[Sdk], list[str]]


def ask(sdk: Sdk, name: str, **kwargs: Any) -> Any:
    """Call the SDK as the seed's user; the SDK's own model must accept the answer."""
    reply = sdk.call(name, **USER, **kwargs)
    assert reply.status == 200, reply.body
    assert reply.model_error is None, (name, reply.model_error)
    return reply.body


def manual(**terms: Any) -> Place:
    def place(sdk: Sdk) -> list[str]:
        order = {"account_id": ACCOUNT, "action": "BUY", **RESTING, "price": 1.0, "units": 2.0} | terms
        return [ask(sdk, "trading.place_force_order", **order)["brokerage_order_id"]]

    return place


def crypto(sdk: Sdk) -> list[str]:
    body = ask(
        sdk,
        "trading.place_crypto_order",
        account_id=ACCOUNT,
        instrument={"symbol": "BTC-USD", "type": "CRYPTOCURRENCY_PAIR"},
        side="BUY",
        type="LIMIT",
        time_in_force="GTC",
        amount="0.5",
        limit_price="1.00",
    )
    return [body["brokerage_order_id"]]


def option_leg(symbol: str, action: str) -> dict[str, Any]:
    return {"instrument": {"symbol": symbol, "instrument_type": "OPTION"}, "action": action, "units": 1}


def single_option(sdk: Sdk) -> list[str]:
    body = ask(
        sdk,
        "trading.place_mleg_order",
        account_id=ACCOUNT,
        order_type="LIMIT",
        time_in_force="Day",
        limit_price="0.05",
        legs=[option_leg(CALL, "BUY_TO_OPEN")],
    )
    return [body["brokerage_order_id"]]


def multi_leg(sdk: Sdk) -> list[str]:
    body = ask(
        sdk,
        "trading.place_mleg_order",
        account_id=ACCOUNT,
        order_type="LIMIT",
        time_in_force="Day",
        limit_price="0.05",
        price_effect="DEBIT",
        legs=[option_leg(CALL, "BUY_TO_OPEN"), option_leg(PUT, "BUY_TO_OPEN")],
    )
    assert len(body["orders"]) == 2
    return [body["brokerage_order_id"]]


def group(type_: str, *members: tuple[str, str, float]) -> Place:
    def place(sdk: Sdk) -> list[str]:
        orders = [
            {
                "order_role": role,
                "action": action,
                "instrument": {"symbol": "AAPL", "type": "EQUITY"},
                **RESTING,
                "units": 1,
                "price": price,
            }
            for role, action, price in members
        ]
        body = ask(sdk, "trading.place_complex_order", account_id=ACCOUNT, type=type_, orders=orders)
        assert body["type"] == type_
        listed = ask(sdk, "account_information.get_user_account_orders", account_id=ACCOUNT)
        found = [
            each["brokerage_order_id"]
            for each in listed
            if each["brokerage_group_order_id"] == body["brokerage_group_order_id"]
        ]
        assert len(found) == len(members)
        return found

    return place


KINDS: dict[str, Place] = {
    "stock": manual(symbol="AAPL"),
    "fractional stock": manual(symbol="AAPL", units=0.5),
    "etf": manual(symbol="SPY"),
    "future": manual(symbol="ESZ6", units=1.0),
    "crypto pair": crypto,
    "option": single_option,
    "multi-leg option": multi_leg,
    "OCO": group("OCO", ("PEER", "BUY", 1.0), ("PEER", "BUY", 2.0)),
    "OTO": group("OTO", ("TRIGGER", "BUY", 1.0), ("CONDITIONAL", "SELL", 9000.0)),
    "OTOCO": group("OTOCO", ("TRIGGER", "BUY", 1.0), ("PEER", "SELL", 9000.0), ("PEER", "SELL", 9500.0)),
}

GROUPS = ("OCO", "OTO", "OTOCO")


def statuses(sdk: Sdk, order_id: str) -> tuple[set[str], set[str]]:
    """The order's status in the v1 list (every record of it) and in the v2 list."""
    v1 = ask(sdk, "account_information.get_user_account_orders", account_id=ACCOUNT)
    v2 = ask(sdk, "experimental_endpoints.get_user_account_orders_v2", account_id=ACCOUNT)["orders"]
    return (
        {each["status"] for each in v1 if each["brokerage_order_id"] == order_id},
        {each["status"] for each in v2 if each["brokerage_order_id"] == order_id},
    )


@pytest.fixture
def sdk(shared: Server, any_sdk: Installed, start_sdk: StartSdk) -> Sdk:
    return start_sdk(any_sdk, shared.url)


@pytest.mark.parametrize(
    ("any_sdk", "kind"),
    [
        (sdk, kind)
        for kind in KINDS
        for sdk in (HAVING["trading.place_complex_order"] if kind in GROUPS else but(OLDEST))
    ],
    ids=lambda part: part if isinstance(part, str) else "-".join(part),
    indirect=["any_sdk"],
)
def test_place_list_cancel_list(shared: Server, sdk: Sdk, kind: str) -> None:
    order_ids = KINDS[kind](sdk)
    v1, v2 = statuses(sdk, order_ids[0])
    assert len(v1) == len(v2) == 1
    assert v1 <= {"ACCEPTED", "CONTINGENT_ORDER"}
    for order_id in order_ids:
        if shared.true_status(order_id) == "canceled":
            continue  # went with its group
        body = ask(sdk, "trading.cancel_order", account_id=ACCOUNT, brokerage_order_id=order_id)
        assert (body["brokerage_order_id"], body["status"]) == (order_id, "CANCELED")
    for order_id in order_ids:
        assert statuses(sdk, order_id) == ({"CANCELED"}, {"CANCELED"})
        assert shared.true_status(order_id) == "canceled"


@only(*but(OLDEST))  # which has no v2 lists
def test_a_part_fill_then_cancel_shows_both_quantities_in_both_shapes(shared: Server, sdk: Sdk) -> None:
    (order_id,) = manual(symbol="MSFT", units=5.0)(sdk)
    shared.control("POST", f"/orders/{order_id}/fill", {"units": 2, "price": 1})
    body = ask(sdk, "trading.cancel_order", account_id=ACCOUNT, brokerage_order_id=order_id)
    assert body["status"] == "PARTIAL_CANCELED"
    v1 = ask(
        sdk,
        "account_information.get_user_account_order_detail",
        account_id=ACCOUNT,
        brokerage_order_id=order_id,
    )
    assert v1["status"] == "PARTIAL_CANCELED"
    assert (v1["filled_quantity"], v1["canceled_quantity"]) == ("2", "3")
    v2 = ask(
        sdk,
        "experimental_endpoints.get_user_account_order_detail_v2",
        account_id=ACCOUNT,
        brokerage_order_id=order_id,
    )
    leg = v2["legs"][0]
    assert (leg["filled_quantity"], leg["canceled_quantity"]) == ("2", "3")


@only(OLDEST)
def test_the_cancel_of_early_2025_works_through_the_sdk_that_has_it(
    sandbox: Server, start_sdk: StartSdk, any_sdk: Installed
) -> None:
    old = start_sdk(any_sdk, sandbox.url)
    reply = old.call("trading.cancel_order", account_id=ACCOUNT, brokerage_order_id=ORDER, **USER)
    assert reply.status == 200, reply.body
    assert reply.body["brokerage_order_id"] == ORDER
    assert reply.body["order"]["status"] == "CANCELED"


@only(*HAVING["trading.cancel_user_account_order"])
def test_the_oldest_cancel_works_through_the_sdks_that_have_it(sandbox: Server, sdk: Sdk) -> None:
    reply: SdkReply = sdk.call(
        "trading.cancel_user_account_order", account_id=ACCOUNT, brokerage_order_id=ORDER, **USER
    )
    assert (reply.status, reply.body["status"]) == (200, "CANCELED")
