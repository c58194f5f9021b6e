from collections.abc import Iterator

import pytest

from .alpaca_scene import Scene


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()
