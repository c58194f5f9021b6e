"""`nostro webhooks`, on data folders of its own."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from nostro.domain.cancel import NotSent, NotSentCause
from nostro.storage.outbox_port import DeliveryAttempt, EventState
from tests.cli.conftest import run_nostro

from .desk import OWNER, T0, Desk, opened, order

URL = "https://hooks.example.com/in"
NOT_SENT = NotSent(cause=NotSentCause.CONNECT_FAILED, message="")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one partner that listens, one dead event, and one pending one."""

    async def main() -> None:
        async with opened(tmp_path) as desk:
            await desk.listen()
            for order_id in ("o-1", "o-2"):
                await desk.see(order(order_id))
                await desk.ask(f"x-{order_id}", order_id)
                await desk.answer(f"x-{order_id}", NOT_SENT)
            await _kill_first(desk)

    asyncio.run(main())
    return tmp_path


async def _kill_first(desk: Desk) -> None:
    [first] = await desk.outbox.claim(OWNER.client_id, T0, T0, 1)
    attempt = DeliveryAttempt(at=T0, status=None, error="no reply: \x1b[2J", duration_ms=7)
    await desk.outbox.record(first, attempt, EventState.DEAD, T0)


def webhooks(data: Path, *arguments: str, **environment: str) -> Result:
    return run_nostro("webhooks", *arguments, "--data", str(data), **environment)


def listed(data: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(webhooks(data, "list", "--json", *arguments).stdout)
    return found


def set_(data: Path, *arguments: str) -> dict[str, Any]:
    result = webhooks(data, "set", OWNER.client_id, URL, "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    made: dict[str, Any] = json.loads(result.stdout)
    return made


def test_a_new_secret_is_shown_when_it_is_made_and_then_never_again(data: Path) -> None:
    made = set_(data, "--new-secret")["secret"]
    assert re.fullmatch("whsec_[A-Za-z0-9+/]{43}=", made)
    assert "secret" not in set_(data)
    assert made not in webhooks(data, "show", OWNER.client_id).output
    assert made not in webhooks(data, "show", OWNER.client_id, "--json").output


def test_people_are_told_that_the_secret_is_not_shown_again(data: Path) -> None:
    shown = webhooks(data, "set", OWNER.client_id, URL, "--new-secret").stdout
    assert ("signing secret: whsec_" in shown, "not shown again" in shown) == (True, True)


def test_disabling_keeps_the_url_and_setting_switches_on_again(data: Path) -> None:
    set_(data)
    states = []
    for command in (("disable", OWNER.client_id), ("set", OWNER.client_id, URL)):
        webhooks(data, *command)
        shown = json.loads(webhooks(data, "show", OWNER.client_id, "--json").stdout)
        states.append((shown["url"], shown["is_on"]))
    assert states == [(URL, False), (URL, True)]


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/", "https://127.0.0.1/", "https://a@b.example.com/"]
)
def test_a_url_that_would_never_be_called_is_refused(data: Path, url: str) -> None:
    result = webhooks(data, "set", OWNER.client_id, url)
    assert (result.exit_code, url in result.stderr) == (1, True)


def test_the_setting_allows_what_is_refused_otherwise(data: Path) -> None:
    result = webhooks(
        data, "set", OWNER.client_id, "http://127.0.0.1:9000/", NOSTRO_WEBHOOK_ALLOW="127.0.0.1:9000"
    )
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "command",
    [("set", "NOBODY", URL), ("show", "NOBODY"), ("disable", "NOBODY"), ("log", "x"), ("replay", "x")],
)
def test_what_does_not_exist_is_one_line_on_stderr(data: Path, command: tuple[str, ...]) -> None:
    result = webhooks(data, *command)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)


def test_the_list_is_newest_first_and_can_be_of_one_state(data: Path) -> None:
    both = [(each["brokerage_order_id"], each["state"]) for each in listed(data)]
    dead = [each["cancel_id"] for each in listed(data, "--state", "dead")]
    assert (both, dead) == ([("o-2", "pending"), ("o-1", "dead")], ["x-o-1"])


def test_the_list_for_people_names_events_whole(data: Path) -> None:
    shown = webhooks(data, "list").stdout
    assert all(each["event_id"] in shown for each in listed(data))


def test_the_log_shows_every_attempt(data: Path) -> None:
    [dead] = listed(data, "--state", "dead")
    attempts = json.loads(webhooks(data, "log", dead["event_id"], "--json").stdout)
    [attempt] = attempts
    assert (attempt["status"], attempt["error"], attempt["duration_ms"]) == (None, "no reply: \x1b[2J", 7)


def test_the_log_for_people_cannot_move_the_cursor(data: Path) -> None:
    [dead] = listed(data, "--state", "dead")
    assert r"no reply: \x1b[2J" in webhooks(data, "log", dead["event_id"]).stdout


@pytest.mark.parametrize("which", ["--dead", "by id"])
def test_a_dead_event_can_be_replayed(data: Path, which: str) -> None:
    [dead] = listed(data, "--state", "dead")
    result = webhooks(data, "replay", dead["event_id"] if which == "by id" else which)
    assert (result.exit_code, listed(data, "--state", "dead"), len(listed(data))) == (0, [], 2)


@pytest.mark.parametrize("arguments", [(), ("x", "--dead")])
def test_replay_wants_one_event_or_all_dead_ones(data: Path, arguments: tuple[str, ...]) -> None:
    assert webhooks(data, "replay", *arguments).exit_code == 1


def test_a_folder_without_data_is_named_and_left_alone(tmp_path: Path) -> None:
    result = webhooks(tmp_path / "none", "list")
    assert (result.exit_code, (tmp_path / "none").exists()) == (1, False)
