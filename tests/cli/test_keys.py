"""`nostro keys`, on data folders of its own, alone and under a running server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..server.world import Identity, Server
from .conftest import run_nostro


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def create(data: Path, *options: str) -> dict[str, str]:
    result = run_nostro("keys", "create", "--json", "--data", str(data), *options)
    assert result.exit_code == 0, result.stderr
    made: dict[str, str] = json.loads(result.stdout)
    return made


def identity(made: dict[str, str]) -> Identity:
    return Identity(
        client_id=made["client_id"], consumer_key=made["consumer_key"], user_id=None, user_secret=None
    )


def test_a_consumer_key_has_48_letters_and_digits(data: Path) -> None:
    assert re.fullmatch("[A-Za-z0-9]{48}", create(data)["consumer_key"])


def test_a_client_id_has_capitals_digits_and_hyphens_only(data: Path) -> None:
    assert re.fullmatch("[A-Z0-9-]{10,}", create(data)["client_id"])


def test_a_personal_client_id_says_so(data: Path) -> None:
    assert re.fullmatch("PERS-[A-Z0-9]{10,}", create(data, "--personal")["client_id"])


def test_people_are_told_that_the_consumer_key_is_not_shown_again(data: Path) -> None:
    result = run_nostro("keys", "create", NOSTRO_DATA=str(data))
    assert "not shown again" in result.stdout


def test_people_are_shown_the_consumer_key(data: Path) -> None:
    result = run_nostro("keys", "create", NOSTRO_DATA=str(data))
    assert re.search("^consumer key: [A-Za-z0-9]{48}$", result.stdout, re.MULTILINE)


def test_the_list_names_each_key_in_the_order_they_were_made(data: Path) -> None:
    create(data, "--name", "first")
    create(data, "--name", "second", "--personal")
    listed = json.loads(run_nostro("keys", "list", "--json", "--data", str(data)).stdout)
    assert [(key["name"], key["is_personal"]) for key in listed] == [("first", False), ("second", True)]


def test_a_key_without_a_name_is_called_by_its_client_id(data: Path) -> None:
    made = create(data)
    assert made["name"] == made["client_id"]


@pytest.mark.parametrize("option", ["--json", None])
def test_the_list_does_not_show_consumer_keys(data: Path, option: str | None) -> None:
    made = create(data)
    result = run_nostro("keys", "list", "--data", str(data), *([option] if option else []))
    assert (made["client_id"] in result.stdout, made["consumer_key"] in result.output) == (True, False)


def test_what_stands_in_a_name_is_neither_markup_nor_obeyed_by_the_terminal(data: Path) -> None:
    create(data, "--name", "[red]\x1b[2J")
    assert r"[red]\x1b[2J" in run_nostro("keys", "list", "--data", str(data)).stdout


def test_a_revoked_key_is_listed_with_its_time(data: Path) -> None:
    made = create(data)
    run_nostro("keys", "revoke", made["client_id"], "--data", str(data))
    (listed,) = json.loads(run_nostro("keys", "list", "--json", "--data", str(data)).stdout)
    assert listed["revoked_at"] >= listed["created_at"]


def test_revoking_twice_fails(data: Path) -> None:
    made = create(data)
    codes = [run_nostro("keys", "revoke", made["client_id"], "--data", str(data)).exit_code for _ in range(2)]
    assert codes == [0, 1]


@pytest.mark.parametrize("command", [("list",), ("revoke", "X")])
def test_a_folder_without_data_is_named_and_left_alone(data: Path, command: tuple[str, ...]) -> None:
    result = run_nostro("keys", *command, "--data", str(data))
    assert (result.exit_code, "holds no nostro data" in result.stderr, data.exists()) == (1, True, False)


def test_a_folder_that_cannot_be_made_is_one_line_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run_nostro("keys", "create", "--data", str(tmp_path / "file"))
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)


def test_a_key_ring_that_others_can_read_is_refused(data: Path) -> None:
    create(data)
    (data / "keys.json").chmod(0o644)
    result = run_nostro("keys", "list", "--data", str(data))
    assert (result.exit_code, "chmod 600" in result.stderr) == (1, True)


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    """A server for real use, which runs while keys are made and revoked."""
    server = Server(data)
    server.start("serve")
    yield server
    server.stop()


def test_a_running_server_takes_a_new_key_at_once_and_refuses_it_once_revoked(
    server: Server, data: Path
) -> None:
    made = create(data)
    before = server.call("GET", "/snapTrade/listUsers", identity=identity(made)).status
    run_nostro("keys", "revoke", made["client_id"], "--data", str(data))
    after = server.call("GET", "/snapTrade/listUsers", identity=identity(made)).status
    assert (before, after) == (200, 401)


def test_a_personal_key_needs_no_user(server: Server, data: Path) -> None:
    reply = server.call("GET", "/accounts", identity=identity(create(data, "--personal")))
    assert (reply.status, reply.body) == (200, [])
