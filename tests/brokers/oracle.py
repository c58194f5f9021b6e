"""Runs a piece of Python where a client is that is not ours."""

import subprocess
import sys

from tests.sdk.install import install_oracle


def ask_oracle(name: str, program: str, said: str = "") -> str:
    """Return what `program` prints, with the lock `oracle-<name>` installed and `said` for its input."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(install_oracle(name))},
        input=said,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
