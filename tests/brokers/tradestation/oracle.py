"""Runs a piece of Python where tradestation-api-python is, a client that is not ours."""

import subprocess
import sys

import pytest

from tests.sdk.install import install_locked


def ask_oracle(program: str, said: str = "") -> str:
    """Return what `program` prints; it reads `said` from its input. Skips where there is no package index."""
    try:
        folder = install_locked("oracle-tradestation", "oracle-tradestation")
    except RuntimeError as error:
        pytest.skip(f"tradestation-api-python cannot be installed: {error}")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(folder)},
        input=said,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
