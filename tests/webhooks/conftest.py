"""Databases for tests of the outbox: both engines where the outbox itself is under test, SQLite elsewhere."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.storage.conftest import Place, place, postgres

from .desk import Desk, opened

__all__ = ["place", "postgres"]

Run = Callable[[Callable[[Desk], Coroutine[Any, Any, Any]]], Any]


def _runner(data: Path, url: str) -> Run:
    def run(work: Callable[[Desk], Coroutine[Any, Any, Any]]) -> Any:
        async def main() -> Any:
            async with opened(data, url) as desk:
                return await work(desk)

        return asyncio.run(main())

    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a coroutine function on a furnished SQLite database."""
    return _runner(tmp_path, "")


@pytest.fixture
def run_on_both(place: Place) -> Run:
    """Run it on each engine."""
    return _runner(place.data, place.url)
