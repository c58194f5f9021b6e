"""Every route through the official Python SDKs: their own models must accept every answer."""

from typing import Any

import pytest

from tests.sdk.conftest import StartSdk
from tests.sdk.harness import Sdk
from tests.sdk.install import install_python
from tests.sdk.which import HAVING, SDKS

from .portal import connect_paper_account
from .world import ACCOUNT, USER_ID, USER_SECRET, Server

USER = {"user_id": USER_ID, "user_secret": USER_SECRET}
OF_ACCOUNT = USER | {"account_id": ACCOUNT}
LIMIT = {"action": "BUY", "order_type": "Limit", "time_in_force": "GTC", "price": 1.0, "units": 1.0}
CRYPTO = {
    "instrument": {"symbol": "BTC-USD", "type": "CRYPTOCURRENCY_PAIR"},
    "side": "BUY",
    "type": "LIMIT",
    "time_in_force": "GTC",
    "amount": "0.5",
    "limit_price": "1.00",
}
OPTION = {
    "order_type": "LIMIT",
    "time_in_force": "Day",
    "limit_price": "0.05",
    "legs": [
        {
            "instrument": {"symbol": "AAPL  300118C00240000", "instrument_type": "OPTION"},
            "action": "BUY_TO_OPEN",
            "units": 1,
        }
    ],
}

READS: dict[str, dict[str, Any]] = {
    "api_status.check": {},
    "reference_data.get_partner_info": {},
    "reference_data.list_all_brokerages": {},
    "reference_data.list_all_brokerage_instruments": {"slug": "PAPER"},
    "reference_data.get_symbols": {"substring": "apple"},
    "reference_data.get_symbols_by_ticker": {"query": "AAPL"},
    "reference_data.symbol_search_user_account": OF_ACCOUNT | {"substring": "btc"},
    "authentication.list_snap_trade_users": {},
    "account_information.list_user_accounts": USER,
    "account_information.get_user_account_details": OF_ACCOUNT,
    "account_information.get_user_account_balance": OF_ACCOUNT,
    "account_information.get_all_account_positions": OF_ACCOUNT,
    "account_information.get_user_account_orders": OF_ACCOUNT | {"state": "all", "days": 30},
    "account_information.get_user_account_recent_orders": OF_ACCOUNT | {"only_executed": False},
    "experimental_endpoints.get_user_account_orders_v2": OF_ACCOUNT | {"state": "all"},
    "experimental_endpoints.get_user_account_recent_orders_v2": OF_ACCOUNT | {"only_executed": False},
    "trading.get_user_account_quotes": OF_ACCOUNT | {"symbols": "AAPL,MSFT", "use_ticker": True},
    "trading.search_cryptocurrency_pair_instruments": OF_ACCOUNT | {"base": "BTC"},
    "trading.get_cryptocurrency_pair_quote": OF_ACCOUNT | {"instrument_symbol": "BTC/USD"},
    "connections.list_brokerage_authorizations": USER,
}
WRITES: dict[str, dict[str, Any]] = {
    "trading.place_force_order": USER | {"account_id": ACCOUNT, "symbol": "AAPL", **LIMIT},
    "trading.place_mleg_order": OF_ACCOUNT | OPTION,
    "trading.get_option_impact": OF_ACCOUNT | OPTION,
    "trading.place_crypto_order": OF_ACCOUNT | CRYPTO,
    "trading.preview_crypto_order": OF_ACCOUNT | CRYPTO,
    "experimental_endpoints.place_simple_order": OF_ACCOUNT
    | {
        "order_type": "limit",
        "time_in_force": "gtc",
        "limit_price": "1.5",
        "legs": [{"instrument": {"kind": "future", "symbol": "ESZ6"}, "action": "buy", "units": "1"}],
    },
    "trading.place_bracket_order": OF_ACCOUNT
    | LIMIT
    | {
        "instrument": {"symbol": "AAPL", "type": "EQUITY"},
        "stop_loss": {"stop_price": "0.5"},
        "take_profit": {"limit_price": "9000"},
    },
}


VERSIONS = ("13", "11")
"""The Python SDKs whose models have the published shapes."""


@pytest.fixture(scope="module")
def filled(shared: Server) -> Server:
    """A sandbox whose account holds something of every class and has orders in many states."""
    shared.control("POST", "/reset", {})
    market: dict[str, Any] = {"order_type": "Market", "price": None, "units": 2}
    for symbol in ("AAPL", "SPY", "ESZ6", "BTC-USD", "AAPL  300118C00240000"):
        action = "BUY_TO_OPEN" if len(symbol) > 10 else "BUY"
        shared.place(symbol=symbol.replace("-", "/"), action=action, **market)
    partly = shared.place()
    shared.control("POST", f"/orders/{partly}/fill", {"units": 4, "price": 1})
    shared.cancel(partly)
    shared.control("POST", f"/orders/{shared.place()}/reject")
    shared.control("POST", f"/orders/{shared.place()}/expire")
    return shared


@pytest.fixture(params=VERSIONS)
def sdk(request: pytest.FixtureRequest, filled: Server, start_sdk: StartSdk) -> Sdk:
    return start_sdk(install_python(request.param), filled.url)


def ask(sdk: Sdk, name: str, **kwargs: Any) -> Any:
    reply = sdk.call(name, **kwargs)
    assert reply.status is not None
    assert 200 <= reply.status < 300, reply.body
    assert reply.model_error is None
    return reply.body


@pytest.mark.parametrize(
    ("sdk", "name"),
    [
        (version, name)
        for version in VERSIONS
        for name in READS | WRITES
        if ("python", version) in HAVING.get(name, SDKS)
    ],
    indirect=["sdk"],
)
def test_the_sdks_model_accepts_the_answer(sdk: Sdk, name: str) -> None:
    ask(sdk, name, **(READS | WRITES)[name])


def test_every_method_named_here_is_one_that_some_sdk_has(filled: Server, start_sdk: StartSdk) -> None:
    # A name that no SDK has would be left out everywhere, and its route never checked.
    sdks = [start_sdk(install_python(version), filled.url) for version in VERSIONS]
    assert [name for name in READS | WRITES if not any(sdk.has(name) for sdk in sdks)] == []


def test_a_login_link(sdk: Sdk) -> None:
    # Asked by the model's name: the answer has two shapes, and SDK 11 cannot deserialize such a choice.
    reply = sdk.call("authentication.login_snap_trade_user", **USER)
    assert reply.status == 200
    assert sdk.check_model("login_redirect_uri", reply.body) is None


def test_an_order_in_detail(sdk: Sdk, filled: Server) -> None:
    for order in ask(sdk, "account_information.get_user_account_orders", **OF_ACCOUNT):
        order_id = order["brokerage_order_id"]
        ask(
            sdk,
            "account_information.get_user_account_order_detail",
            brokerage_order_id=order_id,
            **OF_ACCOUNT,
        )
        ask(
            sdk,
            "experimental_endpoints.get_user_account_order_detail_v2",
            brokerage_order_id=order_id,
            **OF_ACCOUNT,
        )


def test_impact_then_place(sdk: Sdk, filled: Server) -> None:
    symbol = filled.call("POST", "/symbols", {"substring": "AAPL"}).body[0]["id"]
    impact = ask(
        sdk, "trading.get_order_impact", account_id=ACCOUNT, universal_symbol_id=symbol, **USER, **LIMIT
    )
    ask(sdk, "trading.place_order", trade_id=impact["trade"]["id"], wait_to_confirm=True, **USER)


def test_replace(sdk: Sdk, filled: Server) -> None:
    ask(sdk, "trading.replace_order", brokerage_order_id=filled.place(), **OF_ACCOUNT, **LIMIT)


def test_a_group(sdk: Sdk) -> None:
    peer = {
        "order_role": "PEER",
        "action": "BUY",
        "instrument": {"symbol": "AAPL", "type": "EQUITY"},
        "order_type": "Limit",
        "time_in_force": "GTC",
        "units": 1,
        "price": 1.0,
    }
    ask(sdk, "trading.place_complex_order", type="OCO", orders=[peer, peer], **OF_ACCOUNT)


def test_a_connections_life(sdk: Sdk, filled: Server) -> None:
    account = connect_paper_account(filled)
    connection = filled.call("GET", f"/accounts/{account}").body["brokerage_authorization"]
    for name in (
        "connections.detail_brokerage_authorization",
        "connections.list_brokerage_authorization_accounts",
        "connections.refresh_brokerage_authorization",
        "connections.disable_brokerage_authorization",
    ):
        ask(sdk, name, authorization_id=connection, **USER)
    if sdk.has("connections.list_connection_accounts"):
        ask(sdk, "connections.list_connection_accounts", connection_id=connection, **USER)
    ask(sdk, "connections.delete_connection", connection_id=connection, **USER)


def test_a_users_life(sdk: Sdk) -> None:
    user_id = f"model user of {sdk.installed.version}"
    registered = ask(sdk, "authentication.register_snap_trade_user", user_id=user_id)
    rotated = ask(
        sdk,
        "authentication.reset_snap_trade_user_secret",
        user_id=user_id,
        user_secret=registered["userSecret"],
    )
    assert rotated["userSecret"] != registered["userSecret"]
    ask(sdk, "authentication.delete_snap_trade_user", user_id=user_id)
