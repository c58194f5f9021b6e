"""A process that stood still for so long that others gave it up must not go on as if nothing had been."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.world import eventually
from tests.storage.postgres import PostgresServer
from tests.torture.fleet import Fleet, open_fleet
from tests.torture.mutant import Change, mutated
from tests.torture.trial import LOSE_LOCKS

GIVEN_UP_S = 20.0
"""Noticed within two seconds, and certain eight seconds later; the rest is a busy machine."""


@pytest.fixture
def fleet(tmp_path: Path, postgres: PostgresServer) -> Iterator[Fleet]:
    """Two servers, of which the first stops in its tracks just before it sends a cancel."""
    url = postgres.new_database(is_empty=True)
    kill, stop = (f"os.kill(os.getpid(), signal.{name})" for name in ("SIGKILL", "SIGSTOP"))
    with (
        mutated(Change("nostro/app.py", kill, stop)) as source,
        open_fleet(tmp_path, 2, seed=0, database_url=url, source=source) as fleet,
    ):
        fleet.servers[0].stop(signal.SIGKILL)
        fleet.restart([fleet.servers[0]], "before_send")
        yield fleet


def test_a_cancel_that_was_given_up_as_never_sent_is_not_sent_later(fleet: Fleet) -> None:
    frozen, other = fleet.servers
    order_id = fleet.place(units=1)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fleet.cancel, frozen, order_id, wait_s=None, timeout_s=60)
        [(cancel_id,)] = eventually(lambda: fleet.ask("SELECT cancel_id FROM cancel_intent"), bool, 10)
        fleet.ask(LOSE_LOCKS)
        receipt = other.final_receipt(cancel_id, GIVEN_UP_S, identity=fleet.user)
        assert (receipt["state"], receipt["reason"]) == ("REFUSED", "not_processed")
        frozen.send_signal(signal.SIGCONT)
        reply = asked.result()
    assert (reply.status, reply.body["cancel_id"]) == (400, cancel_id)
    assert [each.status for each in fleet.facts(order_id) if each.event == "order_changed"] == ["new"]
    assert other.receipt(cancel_id, identity=fleet.user)["state"] == "REFUSED"
