"""`nostro connect`: credentials go to the server and nowhere else, and ids stay when it is done again."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nostro.cli.main import app

from ..server.world import Server
from .conftest import VARIABLES, Run


def test_an_account_is_connected_and_listed(nostro: Run, tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text("{}")
    result = nostro("connect", "paper", "--credentials", str(file), "--sandbox", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["connection"]["brokerage"]["slug"] == "PAPER"
    assert told["connection"]["type"] == "trade"
    [account] = told["accounts"]
    shown = nostro("accounts", "--sandbox", "--json")
    assert account["id"] in {each["id"] for each in json.loads(shown.stdout)}


def test_credentials_come_from_standard_input_and_read_only_is_kept(sandbox: Server) -> None:
    env = {**dict.fromkeys(VARIABLES), "NOSTRO_URL": sandbox.url, "COLUMNS": "200"}
    arguments = ["connect", "PAPER", "--credentials", "-", "--read-only", "--sandbox", "--json"]
    result = CliRunner(env=env).invoke(app, arguments, input="{}")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["connection"]["type"] == "read"


def test_what_the_brokerage_asks_for_and_does_not_get_is_named(nostro: Run, tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text('{"key_id": "mine"}')
    result = nostro("connect", "ALPACA", "--credentials", str(file), "--sandbox")
    assert result.exit_code == 1
    assert "Please fill in: Secret key." in result.stderr
    assert "mine" not in result.output


def test_an_unknown_brokerage_is_an_error_that_lists_those_there_are(nostro: Run) -> None:
    result = nostro("connect", "NOBODY", "--sandbox")
    assert result.exit_code == 2
    assert "ALPACA" in result.output


@pytest.mark.parametrize("text", ["nothing", "[]", '{"api_key": 1}'])
def test_a_file_that_holds_no_credentials_is_refused_before_anything_is_sent(
    nostro: Run, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(text)
    result = nostro("connect", "PAPER", "--credentials", str(file), "--sandbox")
    assert result.exit_code == 2


def test_without_a_terminal_nobody_is_asked(nostro: Run) -> None:
    result = nostro("connect", "PAPER", "--sandbox")
    assert result.exit_code == 2
    assert "--credentials" in result.output
