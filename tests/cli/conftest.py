"""The command, run in this process against a sandbox in another one."""

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from nostro.cli.main import app

from ..server.world import Server
from .stub import Stub

Run = Callable[..., Result]
"""Called with the command's arguments, and environment variables by name."""

VARIABLES = (
    "NOSTRO_URL",
    "NOSTRO_CLIENT_ID",
    "NOSTRO_CONSUMER_KEY",
    "NOSTRO_USER_ID",
    "NOSTRO_USER_SECRET",
    "NOSTRO_DATA",
)


def run_nostro(*arguments: str, **environment: str) -> Result:
    env = {**dict.fromkeys(VARIABLES), "COLUMNS": "200", **environment}
    return CliRunner(env=env).invoke(app, arguments)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Server]:
    """A sandbox that all commands share: no test resets it, or changes the well-known user."""
    with Server(None) as server:
        yield server


@pytest.fixture
def nostro(sandbox: Server) -> Run:
    """Run a command against the shared sandbox."""
    return lambda *arguments, **environment: run_nostro(
        *arguments, **{"NOSTRO_URL": sandbox.url, **environment}
    )


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub
