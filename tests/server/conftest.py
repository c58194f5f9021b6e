"""Servers for tests: one sandbox shared by all that only add to it, and fresh ones for the rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk.conftest import any_sdk, start_sdk

from .world import Server

__all__ = ["any_sdk", "start_sdk"]


@pytest.fixture(scope="session")
def shared() -> Iterator[Server]:
    """A sandbox that many tests use: none may reset it, clear its faults, or expect the seed's order open."""
    with Server(None) as server:
        yield server


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A sandbox of the test's own, on a folder that survives its process."""
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Server]:
    """A sandbox of the test's own, whose log is a file."""
    server = Server(tmp_path / "data")
    server.log = tmp_path / "log"
    with server:
        yield server


@pytest.fixture
def sandbox(shared: Server) -> Iterator[Server]:
    """The shared process with everything in it as new."""
    reply = shared.control("POST", "/reset", {})
    assert reply.status == 200, reply.body
    yield shared
    shared.control("DELETE", "/faults")
