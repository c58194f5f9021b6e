from collections.abc import Iterator

import pytest

from .conftest import StartSdk
from .harness import DriverFailed, Installed
from .recorder import Recorder, recording
from .which import HAVING, NEWEST, only

ACCOUNT = "917c8734-8470-4a3e-a18f-57c3f2ee6631"
ORDER = "66a033fa-da74-4fcf-b527-feefdec9257e"
USER = {"user_id": "snaptrade-user-123", "user_secret": "adf2aa34-8219-40f7-a6b3-60156985cc61"}
CANCELED = {"brokerage_order_id": ORDER, "raw_response": {"status": "CANCELLED"}, "status": "CANCELED"}


@pytest.fixture(scope="module")
def listening() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def server(listening: Recorder) -> Recorder:
    listening.status, listening.reply = 200, {}
    listening.arrived.clear()
    return listening


def test_every_sdk_sends_a_signed_cancel_of_its_generation(
    any_sdk: Installed, start_sdk: StartSdk, server: Recorder
) -> None:
    server.reply = CANCELED
    sdk = start_sdk(any_sdk, server.base_url)

    sdk.call("trading.cancel_order", account_id=ACCOUNT, brokerage_order_id=ORDER, **USER)

    (request,) = server.arrived
    in_path = (any_sdk.language, any_sdk.version) == ("python", "11.0.100")
    tail = f"trading/simple/{ORDER}/cancel" if in_path else "trading/cancel"
    assert (request.method, request.path) == ("POST", f"/accounts/{ACCOUNT}/{tail}")
    assert request.body == (None if in_path else {"brokerage_order_id": ORDER})
    assert request.query.keys() == {"clientId", "timestamp", "userId", "userSecret"}
    assert len(request.headers["signature"]) == 44


def test_every_sdk_hands_back_status_body_and_headers(
    any_sdk: Installed, start_sdk: StartSdk, server: Recorder
) -> None:
    server.reply = CANCELED
    sdk = start_sdk(any_sdk, server.base_url)

    reply = sdk.call("trading.cancel_order", account_id=ACCOUNT, brokerage_order_id=ORDER, **USER)

    assert (reply.status, reply.body, reply.model_error) == (200, CANCELED, None)
    assert reply.headers["x-request-id"] == "0123456789abcdef0123456789abcdef"


def test_every_sdk_hands_back_an_api_error_as_a_reply(
    any_sdk: Installed, start_sdk: StartSdk, server: Recorder
) -> None:
    server.status = 400
    server.reply = {"detail": "Too late.", "status_code": 400, "code": "7001"}
    sdk = start_sdk(any_sdk, server.base_url)

    reply = sdk.call("trading.cancel_order", account_id=ACCOUNT, brokerage_order_id=ORDER, **USER)

    assert (reply.status, reply.body) == (400, server.reply)


def test_body_fields_keep_their_wire_names_in_every_sdk(
    any_sdk: Installed, start_sdk: StartSdk, server: Recorder
) -> None:
    sdk = start_sdk(any_sdk, server.base_url)

    sdk.call(
        "trading.place_force_order",
        account_id=ACCOUNT,
        action="BUY",
        order_type="Limit",
        time_in_force="Day",
        symbol="AAPL",
        price=31.5,
        units=10.0,
        **USER,
    )

    (request,) = server.arrived
    assert request.body == {
        "account_id": ACCOUNT,
        "action": "BUY",
        "order_type": "Limit",
        "time_in_force": "Day",
        "symbol": "AAPL",
        "price": 31.5,
        "units": 10,
    }


def test_a_base_path_is_kept(any_sdk: Installed, start_sdk: StartSdk, server: Recorder) -> None:
    server.reply = []
    sdk = start_sdk(any_sdk, f"{server.base_url}/api/v1")

    sdk.call("account_information.list_user_accounts", **USER)

    assert server.arrived[0].path == "/api/v1/accounts"


@only(NEWEST, ("typescript", "11"))  # the others are older than personal keys
def test_personal_keys_send_no_user(any_sdk: Installed, start_sdk: StartSdk, server: Recorder) -> None:
    server.reply = []
    sdk = start_sdk(any_sdk, server.base_url, auth="personal")

    sdk.call("account_information.list_user_accounts")

    assert server.arrived[0].query.keys() == {"clientId", "timestamp"}


def test_a_reply_that_the_sdk_cannot_read_is_a_model_error(
    python_sdk: Installed, start_sdk: StartSdk, server: Recorder
) -> None:
    server.reply = {"brokerage_order_id": 7}
    sdk = start_sdk(python_sdk, server.base_url)

    reply = sdk.call("trading.cancel_order", account_id=ACCOUNT, brokerage_order_id=ORDER, **USER)

    assert reply.model_error is not None
    assert "brokerage_order_id" in reply.model_error


def test_a_body_can_be_checked_against_a_model_without_a_server(
    python_sdk: Installed, start_sdk: StartSdk
) -> None:
    sdk = start_sdk(python_sdk, "http://127.0.0.1:9")

    assert sdk.check_model("account_order_record", {"status": "PENDING"}) is None
    assert "NO_SUCH" in str(sdk.check_model("account_order_record", {"status": "NO_SUCH"}))


def test_a_call_that_reaches_no_server_raises(any_sdk: Installed, start_sdk: StartSdk) -> None:
    sdk = start_sdk(any_sdk, "http://127.0.0.1:9")

    with pytest.raises(DriverFailed):
        sdk.call("trading.no_such_method")


def test_each_sdk_has_the_methods_that_the_table_says(any_sdk: Installed, start_sdk: StartSdk) -> None:
    sdk, named = start_sdk(any_sdk, "http://127.0.0.1:9"), (any_sdk.language, any_sdk.version)
    assert {name: sdk.has(name) for name in HAVING} == {
        name: named in having for name, having in HAVING.items()
    }
