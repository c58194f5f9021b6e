"""What the exchange has said is on disk, and the same calls always give the same log."""

import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from nostro.domain.order import OrderStatus
from nostro.sim.exchange import Exchange
from nostro.sim.ledger import Ledger
from tests.sim.market import ACCOUNT, OPENED_AT, buy
from tests.sim.trader import STEPS, open_exchange, seen


def run_and_kill(path: Path, steps: int) -> str:
    """Trade so many steps in a process of its own, kill it, and return what was to be seen last."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sim.trader", str(path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as trader:
        assert trader.stdin is not None
        assert trader.stdout is not None
        last = ""
        for step in range(steps):
            if step:
                trader.stdin.write("\n")
                trader.stdin.flush()
            last = trader.stdout.readline().rstrip("\n")
        trader.kill()
        assert trader.wait() == -signal.SIGKILL
    return last


@pytest.mark.parametrize("steps", [1, 4, 6, 8, 11, len(STEPS)])
def test_a_killed_exchange_goes_on_where_it_was(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "exchange.db"
    assert run_and_kill(path, steps) == seen(open_exchange(path))


def test_a_killed_exchange_still_carries_out_its_pending_cancels(tmp_path: Path) -> None:
    path = tmp_path / "exchange.db"
    run_and_kill(path, 6)
    exchange = open_exchange(path)
    pending = exchange.find_client_order(ACCOUNT, "first")
    exchange.advance(600)
    after = exchange.order(ACCOUNT, pending.brokerage_order_id)
    assert (pending.status, after.status) == (OrderStatus.PENDING_CANCEL, OrderStatus.CANCELED)


def test_restarts_between_calls_change_nothing(tmp_path: Path) -> None:
    unbroken = open_exchange(":memory:")
    path = tmp_path / "exchange.db"
    for step in STEPS:
        step(unbroken)
        ledger = Ledger(path)
        step(Exchange(ledger, lambda: OPENED_AT, seed=7))
        ledger.close()
    assert seen(open_exchange(path)) == seen(unbroken)


def test_the_same_seed_and_calls_give_the_same_log() -> None:
    first, second = open_exchange(":memory:"), open_exchange(":memory:")
    for step in STEPS:
        step(first)
        step(second)
    assert first.truth() == second.truth()


def test_another_seed_opens_with_other_quotes() -> None:
    quotes = {
        Exchange(Ledger(":memory:"), lambda: OPENED_AT, seed=seed).quotes(["MSFT"])[0].bid
        for seed in range(5)
    }
    assert len(quotes) > 1


def test_a_reset_starts_over() -> None:
    exchange, fresh = open_exchange(":memory:"), open_exchange(":memory:")
    for step in STEPS:
        step(exchange)
    exchange.reset(7)
    assert seen(exchange) == seen(fresh)


def test_the_truth_log_counts_without_gaps() -> None:
    exchange = open_exchange(":memory:")
    for step in STEPS:
        step(exchange)
    log = exchange.truth()
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))


def test_the_truth_log_can_be_read_from_a_point_on() -> None:
    exchange = open_exchange(":memory:")
    for step in STEPS:
        step(exchange)
    assert exchange.truth(after_seq=5) == exchange.truth()[5:]


class FullDisk(Ledger):
    """A ledger whose disk is full when told."""

    is_full = False

    def commit(self) -> None:
        if self.is_full:
            raise OSError("no space left")
        super().commit()


def test_a_change_that_cannot_be_committed_did_not_happen() -> None:
    ledger = FullDisk(":memory:")
    exchange = Exchange(ledger, lambda: OPENED_AT, seed=7)
    STEPS[0](exchange)
    before = seen(exchange)
    ledger.is_full = True
    with pytest.raises(OSError, match="no space"):
        exchange.place(ACCOUNT, buy(limit="1"))
    ledger.is_full = False
    assert seen(exchange) == before


def test_a_fill_is_logged_with_its_price() -> None:
    exchange = open_exchange(":memory:")
    for step in STEPS[:3]:
        step(exchange)
    order = exchange.find_client_order(ACCOUNT, "first")
    exchange.fill(order.brokerage_order_id, Decimal(4), Decimal("99.5"))
    entry = exchange.truth()[-1]
    assert (entry.event, entry.operation, entry.status, entry.detail) == (
        "order_changed",
        "fill",
        "partially_filled",
        {"filled_quantity": "4", "canceled_quantity": "0", "why": "told", "price": "99.5"},
    )


def test_the_truth_log_keeps_its_newest_lines_and_their_numbers() -> None:
    ledger = Ledger(":memory:", truth_max=1500)
    for _ in range(4000):
        ledger.log(OPENED_AT, "request_received", "list", None, None, {})
    ledger.commit()
    numbers = [entry.seq for entry in ledger.truth()]
    assert numbers == list(range(2501, 4001))
    ledger.close()
