"""A few kills on each engine, and a look at the judge's teeth: it must see a server that lies."""

import pytest

from tests.storage.conftest import postgres
from tests.storage.postgres import PostgresServer

from .kills import ENGINES, run
from .mutant import Change, mutated

__all__ = ["postgres"]

KILLS = 6
SEED = 13
"""From here on the seeds draw most ways to die, and no freeze, which takes long."""

LOOK = "            return await broker.look_up_order(owned.account.number, intent.ref)"

LIES = {
    "silence is called a refusal": (
        "nostro/domain/cancel.py",
        "return replace(sent, state=CancelState.UNKNOWN, cause=cause, message=message, raw=raw)",
        "return replace(sent, state=CancelState.REFUSED, resolved_at=reply.ended_at)",
        "I3",
    ),
    "a doubtful cancel is sent again": (
        "nostro/orders/reconcile.py",
        LOOK,
        f"{LOOK.replace('return ', '').replace('look_up', 'cancel')}\n{LOOK}",
        "I11",
    ),
}


def tell_nobody(_done: int) -> None:
    """See `outcome.Tell`."""


@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_servers_that_die_leave_comes_out_true(request: pytest.FixtureRequest, engine: str) -> None:
    server: PostgresServer | None = None
    if engine == "postgresql":
        server = request.getfixturevalue("postgres")  # skips where there is none
    outcome = run(KILLS, engine=engine, seed_base=SEED, tell=tell_nobody, postgres=server)
    assert outcome.violations == []
    assert outcome.counts["kills"] >= KILLS


@pytest.mark.parametrize("lie", LIES)
def test_the_judge_sees_a_server_that_lies(lie: str) -> None:
    path, old, new, promise = LIES[lie]
    with mutated(Change(path, old, new)) as source:
        outcome = run(1, engine="sqlite", seed_base=SEED, tell=tell_nobody, source=source)
    assert [each for each in outcome.violations if each.startswith(promise)], outcome.violations
