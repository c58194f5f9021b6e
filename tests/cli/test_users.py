"""`nostro users`, against a running sandbox."""

import json

import pytest

from ..server.world import CLIENT_ID, CONSUMER_KEY, USER_ID, Identity, Server
from .conftest import Run


def register(nostro: Run, user_id: str) -> str:
    result = nostro("users", "register", user_id, "--sandbox", "--json")
    assert result.exit_code == 0, result.stderr
    return str(json.loads(result.stdout)["userSecret"])


def users(nostro: Run) -> list[str]:
    listed: list[str] = json.loads(nostro("users", "list", "--sandbox", "--json").stdout)
    return listed


def test_the_list_shows_the_well_known_user(nostro: Run) -> None:
    assert USER_ID in nostro("users", "list", "--sandbox").stdout


def test_a_registered_user_gets_in_with_the_secret_that_is_printed(nostro: Run, sandbox: Server) -> None:
    secret = register(nostro, "gets-in")
    reply = sandbox.call("GET", "/accounts", identity=Identity(user_id="gets-in", user_secret=secret))
    assert reply.status == 200


def test_people_are_told_that_the_secret_is_not_shown_again(nostro: Run) -> None:
    assert "not shown again" in nostro("users", "register", "told", "--sandbox").stdout


def test_registering_a_user_twice_fails(nostro: Run) -> None:
    register(nostro, "twice")
    result = nostro("users", "register", "twice", "--sandbox")
    assert (result.exit_code, "already exist" in result.stderr) == (1, True)


def test_deleting_deletes_the_named_user_and_no_other(nostro: Run) -> None:
    register(nostro, "to-delete")
    before = users(nostro)
    nostro("users", "delete", "to-delete", "--yes", "--sandbox")
    assert users(nostro) == [user for user in before if user != "to-delete"]


def test_deleting_asks_first(nostro: Run) -> None:
    register(nostro, "kept")
    result = nostro("users", "delete", "kept", "--sandbox")
    assert (result.exit_code, "kept" in users(nostro)) == (1, True)


def test_an_unknown_user_cannot_be_deleted(nostro: Run) -> None:
    assert nostro("users", "delete", "nobody", "--yes", "--sandbox").exit_code == 1


@pytest.mark.parametrize("which", ["old", "new"])
def test_after_a_reset_only_the_new_secret_gets_in(nostro: Run, sandbox: Server, which: str) -> None:
    user_id = f"reset-{which}"
    old = register(nostro, user_id)
    result = nostro(
        *("users", "reset-secret", "--client-id", CLIENT_ID, "--consumer-key", CONSUMER_KEY, "--json"),
        *("--user-id", user_id, "--user-secret", old),
    )
    secrets = {"old": old, "new": json.loads(result.stdout)["userSecret"]}
    reply = sandbox.call("GET", "/accounts", identity=Identity(user_id=user_id, user_secret=secrets[which]))
    assert reply.status == {"old": 401, "new": 200}[which]
