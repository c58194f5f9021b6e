"""A program started with a mutant's folder runs the mutant, and this one does not."""

import os
import subprocess
import sys

import pytest

from nostro.orders.reconcile import POLL_S

from .mutant import mutated

PRINT = "from nostro.orders.reconcile import POLL_S; print(POLL_S)"


def test_a_process_runs_the_changed_copy_and_the_source_stays_as_it_is() -> None:
    with mutated("nostro/orders/reconcile.py", "POLL_S = 1.0", "POLL_S = 7.0") as folder:
        env = os.environ | {"PYTHONPATH": str(folder)}
        said = subprocess.run([sys.executable, "-c", PRINT], env=env, capture_output=True, check=True)
    assert float(said.stdout) == 7.0
    assert POLL_S == 1.0
    assert not folder.exists()


@pytest.mark.parametrize("old", ["this stands nowhere", "import"])
def test_a_text_that_does_not_stand_there_exactly_once_is_refused(old: str) -> None:
    with pytest.raises(AssertionError, match="not once"), mutated("nostro/orders/reconcile.py", old, "x"):
        pass
