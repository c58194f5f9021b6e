"""Single troubles, without chance deciding whether they happen."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from .disk import Disk
from .plan import CRASH_POINTS, Plan, PlannedFault
from .world import World

CALM = Plan(
    seed=0,
    workers=2,
    callers=4,
    orders=1,
    calls_per_caller=2,
    chaos_s=2.0,
    faults=(),
    moves=(),
    crash_points=(),
    crash_steps=(),
    store_failure_rate=0.0,
    store_lost_answer_rate=0.0,
    store_outages=(),
    handlers_are_cancelled=False,
    clock_jumps=(),
    receivers=(),
)


@pytest.fixture(scope="module")
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.image.close()


def live(disk: Disk, plan: Plan) -> World:
    world = World(disk, plan.seed, plan=plan, peace_s=60.0)
    world.run()
    return world


@pytest.mark.parametrize("point", CRASH_POINTS)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_crash_at_any_named_point_breaks_no_promise(disk: Disk, point: str, workers: int) -> None:
    plan = replace(CALM, seed=1, workers=workers, crash_points=((point, 1), (point, 2)))
    assert live(disk, plan).fleet.crashes == 2


def test_a_crash_before_any_callback_of_a_cancel_breaks_no_promise(disk: Disk) -> None:
    crashes = 0
    for step in range(4, 164, 8):
        crashes += live(disk, replace(CALM, crash_steps=(step,))).fleet.crashes
    assert crashes > 12


def test_a_database_that_loses_every_third_answer_breaks_no_promise(disk: Disk) -> None:
    for seed in range(5):
        live(disk, replace(CALM, seed=seed, store_lost_answer_rate=0.3))


def test_a_placement_that_was_never_sent_is_placed_at_last_by_its_repeats(disk: Disk) -> None:
    for seed in range(20):
        plan = replace(CALM, seed=seed, calls_per_caller=5, store_lost_answer_rate=0.3)
        live(disk, replace(plan, handlers_are_cancelled=seed % 2 == 1))


def test_a_brokerage_that_forgets_a_cancel_it_took_is_never_called_done(disk: Disk) -> None:
    forgets = PlannedFault(
        at_s=0.0,
        operation="cancel",
        kind="ack_never_cancels",
        times=None,
        order=0,
        delay_s=None,
        processed=None,
    )
    world = live(disk, replace(CALM, faults=(forgets,)))
    assert "state ACKED -> CONFIRMED" not in world.reached.counts


def test_a_cancel_is_answered_in_ten_seconds_though_its_verdict_cannot_be_stored(disk: Disk) -> None:
    live(disk, replace(CALM, seed=0, calls_per_caller=1, store_outages=((0.1, 14.0),)))


def test_a_handler_cancelled_anywhere_leaves_no_intent_that_nobody_works_on(disk: Disk) -> None:
    for seed in range(34, 54):  # in some of them it is just between a claim and what follows it
        plan = replace(CALM, seed=seed, callers=6, orders=4, calls_per_caller=5, handlers_are_cancelled=True)
        live(disk, plan)
