"""Every command has help, and its help teaches with an example."""

import pytest
from typer import Typer

from nostro.cli.main import app

from .conftest import run_nostro


def commands(group: Typer, *path: str) -> list[tuple[str, ...]]:
    own = [
        (*path, command.name or command.callback.__name__)
        for command in group.registered_commands
        if command.callback is not None
    ]
    below = [
        found
        for each in group.registered_groups
        if each.typer_instance is not None
        for found in commands(each.typer_instance, *path, str(each.name))
    ]
    return own + below


ALL = commands(app)
WITH_EXAMPLES = [path for path in ALL if path != ("version",)]


def test_all_commands_are_found() -> None:
    assert {("cancel",), ("keys", "create"), ("users", "reset-secret"), ("signature", "check")} <= set(ALL)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_works(path: tuple[str, ...]) -> None:
    assert run_nostro(*path, "--help").exit_code == 0


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=" ".join)
def test_help_shows_an_example(path: tuple[str, ...]) -> None:
    lines = run_nostro(*path, "--help").stdout.splitlines()
    assert any(f": nostro {' '.join(path)} " in line for line in lines if "Usage:" not in line)


def test_the_help_of_cancel_documents_every_exit_status() -> None:
    lines = run_nostro("cancel", "--help").stdout.splitlines()
    assert [line.split()[1] for line in lines if line.strip().startswith("- ")] == list("0123456")


def test_no_help_shows_a_secret_from_the_environment() -> None:
    shown = run_nostro("cancel", "--help", NOSTRO_USER_SECRET="s3cret", NOSTRO_CONSUMER_KEY="s3cret")
    assert "s3cret" not in shown.output
