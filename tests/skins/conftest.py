from collections.abc import Iterator

import pytest

from . import coinbase_scene, kraken_scene
from .alpaca_scene import Scene


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.ledger.close()


@pytest.fixture
def coinbase() -> Iterator[coinbase_scene.Scene]:
    scene = coinbase_scene.Scene()
    yield scene
    scene.ledger.close()


@pytest.fixture
def kraken() -> Iterator[kraken_scene.Scene]:
    scene = kraken_scene.Scene()
    yield scene
    scene.ledger.close()
