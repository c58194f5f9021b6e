"""`nostro accounts` and `nostro orders`, against a running sandbox, and where the identity comes from."""

import json
from pathlib import Path

import pytest

from ..server.world import ACCOUNT, CLIENT_ID, CONSUMER_KEY, USER_ID, USER_SECRET, Server
from .conftest import Run, run_nostro

ENVIRONMENT = {
    "NOSTRO_CLIENT_ID": CLIENT_ID,
    "NOSTRO_CONSUMER_KEY": CONSUMER_KEY,
    "NOSTRO_USER_ID": USER_ID,
    "NOSTRO_USER_SECRET": USER_SECRET,
}


def ids_of(nostro: Run, *options: str) -> set[str]:
    result = nostro("orders", ACCOUNT, "--sandbox", "--json", *options)
    return {order["brokerage_order_id"] for order in json.loads(result.stdout)}


def test_the_table_shows_the_account_with_its_brokerage(nostro: Run) -> None:
    result = nostro("accounts", "--sandbox")
    assert (ACCOUNT in result.stdout, "nostro Paper" in result.stdout) == (True, True)


def test_json_is_what_the_server_answered(nostro: Run) -> None:
    assert [account["id"] for account in json.loads(nostro("accounts", "--sandbox", "--json").stdout)] == [
        ACCOUNT
    ]


def test_the_identity_may_come_from_the_environment(nostro: Run) -> None:
    assert ACCOUNT in nostro("accounts", **ENVIRONMENT).stdout


def test_the_identity_may_come_from_options(nostro: Run) -> None:
    options = ("--client-id", CLIENT_ID, "--consumer-key", CONSUMER_KEY, "--user-id", USER_ID)
    assert ACCOUNT in nostro("accounts", *options, "--user-secret", USER_SECRET).stdout


def test_the_sandbox_option_outweighs_the_environment(nostro: Run) -> None:
    assert nostro("accounts", "--sandbox", **{**ENVIRONMENT, "NOSTRO_USER_ID": "other"}).exit_code == 0


def test_the_address_may_end_with_the_prefix_of_snaptrade(nostro: Run, sandbox: Server) -> None:
    assert nostro("accounts", "--sandbox", "--url", f"{sandbox.url}/api/v1/").exit_code == 0


@pytest.mark.parametrize("missing", ["NOSTRO_CLIENT_ID", "NOSTRO_CONSUMER_KEY"])
def test_without_a_key_the_usage_is_wrong(nostro: Run, missing: str) -> None:
    assert nostro("accounts", **{**ENVIRONMENT, missing: ""}).exit_code == 2


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8787",
        "ftp://127.0.0.1",
        "http://",
        "http://h:99999",
        "http://h/é",
        "http://h/a b",
        "http://h/?q",
    ],
)
def test_an_address_that_is_none_is_wrong_usage(url: str) -> None:
    assert run_nostro("accounts", "--sandbox", "--url", url).exit_code == 2


@pytest.mark.parametrize("option", ["--json", "--sandbox"])
def test_a_wrong_secret_is_an_error_on_stderr_alone(nostro: Run, option: str) -> None:
    environment = {**ENVIRONMENT, "NOSTRO_USER_SECRET": "wrong"}
    options = ["--json"] if option == "--json" else []
    result = nostro("accounts", *options, **environment)
    assert (result.exit_code, result.stdout, "1083" in result.stderr) == (1, "", True)


def test_no_error_repeats_a_secret(nostro: Run) -> None:
    environment = {**ENVIRONMENT, "NOSTRO_CONSUMER_KEY": "SECRET-KEY", "NOSTRO_USER_SECRET": "SECRET-USER"}
    result = nostro("accounts", **environment)
    assert (result.exit_code, "SECRET" in result.output) == (1, False)


def test_the_table_of_orders_shows_terms_and_fills(nostro: Run, sandbox: Server) -> None:
    order_id = sandbox.place(price=1.25, units=8)
    sandbox.control("POST", f"/orders/{order_id}/fill", {"units": "3"})
    (row,) = [line for line in nostro("orders", ACCOUNT, "--sandbox").stdout.splitlines() if order_id in line]
    assert row.split()[1:8] == ["PARTIAL", "BUY", "AAPL", "8", "3", "Limit", "1.25"]


def test_open_orders_leave_out_the_filled_one(nostro: Run, sandbox: Server) -> None:
    filled, resting = sandbox.place(), sandbox.place()
    sandbox.control("POST", f"/orders/{filled}/fill", {})
    assert ids_of(nostro, "--state", "open") & {filled, resting} == {resting}


def test_executed_orders_leave_out_the_open_one(nostro: Run, sandbox: Server) -> None:
    filled, resting = sandbox.place(), sandbox.place()
    sandbox.control("POST", f"/orders/{filled}/fill", {})
    assert ids_of(nostro, "--state", "executed") & {filled, resting} == {filled}


def test_all_orders_are_the_default(nostro: Run, sandbox: Server) -> None:
    filled, resting = sandbox.place(), sandbox.place()
    sandbox.control("POST", f"/orders/{filled}/fill", {})
    assert {filled, resting} <= ids_of(nostro)


@pytest.mark.parametrize("days", ["0", "91", "many"])
def test_days_that_no_server_takes_are_wrong_usage(nostro: Run, days: str) -> None:
    assert nostro("orders", ACCOUNT, "--days", days, "--sandbox").exit_code == 2


@pytest.mark.parametrize("account", ["nope", "..", "", "a/b", "\udcff"])
def test_an_account_that_is_none_is_an_error(nostro: Run, account: str) -> None:
    assert nostro("orders", account, "--sandbox").exit_code == 1


def test_the_data_folder_plays_no_part(nostro: Run, tmp_path: Path) -> None:
    nostro("accounts", "--sandbox", NOSTRO_DATA=str(tmp_path / "data"))
    assert list(tmp_path.iterdir()) == []
