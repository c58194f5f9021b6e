"""Machines whose power can go, on SQLite and on PostgreSQL."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .disk import NoCompiler
from .machine import ENGINES, Factory, factory


def machines_of(engine: str) -> Iterator[Factory]:
    """What makes machines of one engine; where this one cannot, its tests are skipped with the reason."""
    with ExitStack() as stack:
        try:
            parts = stack.enter_context(factory(engine))
        except NoCompiler as error:  # the disk that forgets is a library in C
            pytest.skip(f"no disk can be torn here: {error}")
        except (OSError, subprocess.SubprocessError) as error:  # a machine may forbid it in many ways
            pytest.skip(f"no {engine} starts here: {error!r}")
        yield parts


@pytest.fixture(scope="module", params=ENGINES)
def parts(request: pytest.FixtureRequest) -> Iterator[Factory]:
    yield from machines_of(request.param)


@pytest.fixture(scope="module")
def sqlite_parts() -> Iterator[Factory]:
    yield from machines_of("sqlite")


@pytest.fixture(scope="module")
def postgres_parts() -> Iterator[Factory]:
    yield from machines_of("postgresql")
