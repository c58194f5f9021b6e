"""Single troubles, without chance deciding whether they happen."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from nostro.storage.port import CLAIM_VALID_S

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
    freezes=(),
    adapter_bug_rate=0.0,
    store_failure_rate=0.0,
    store_lost_answer_rate=0.0,
    store_outages=(),
    handlers_are_cancelled=False,
    clock_jumps=(),
    receivers=(),
)


def calm_fault(
    at_s: float,
    kind: str,
    *,
    times: int | None = 1,
    delay_s: float | None = None,
    processed: bool | None = None,
) -> PlannedFault:
    return PlannedFault(
        at_s=at_s,
        operation="cancel",
        kind=kind,
        times=times,
        order=0,
        delay_s=delay_s,
        processed=processed,
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
    forgets = calm_fault(at_s=0.0, kind="ack_never_cancels", times=None)
    world = live(disk, replace(CALM, faults=(forgets,)))
    assert "state ACKED -> CONFIRMED" not in world.reached.counts


def test_a_cancel_is_answered_in_ten_seconds_though_its_verdict_cannot_be_stored(disk: Disk) -> None:
    live(disk, replace(CALM, seed=0, calls_per_caller=1, store_outages=((0.1, 14.0),)))


def test_a_handler_cancelled_anywhere_leaves_no_intent_that_nobody_works_on(disk: Disk) -> None:
    for seed in range(34, 54):  # in some of them it is just between a claim and what follows it
        plan = replace(CALM, seed=seed, callers=6, orders=4, calls_per_caller=5, handlers_are_cancelled=True)
        live(disk, plan)


@pytest.mark.parametrize("for_s", [3.0, 30.0])
def test_a_process_that_stands_still_before_any_callback_of_a_cancel_breaks_no_promise(
    disk: Disk, for_s: float
) -> None:
    stale = 0
    for step in range(4, 164, 4):
        world = live(disk, replace(CALM, callers=2, freezes=((step, for_s),)))
        stale += sum("NotSent refused_locally" in what for what in world.reached.counts)
    assert bool(stale) == (for_s > CLAIM_VALID_S), "what may be sent after a sleep, and what may not"


def test_a_placement_whose_end_the_database_did_not_take_at_once_is_not_unknown_for_ever(disk: Disk) -> None:
    refused = replace(calm_fault(at_s=0.0, kind="drop_before", times=None), operation="place", order=None)
    for seed in range(12):
        plan = replace(CALM, seed=seed, callers=6, calls_per_caller=5, faults=(refused,))
        live(disk, replace(plan, store_failure_rate=0.2))


def test_a_clock_set_forward_ends_no_doubt_early(disk: Disk) -> None:
    jumps = tuple((0.1 * tenths, 3600.0) for tenths in range(1, 60))
    late = 0
    for seed in range(12):
        plan = replace(CALM, seed=seed, callers=6, orders=4, calls_per_caller=5, clock_jumps=jumps)
        late += live(disk, plan).reached.counts["a request arrived after it was given up"]
    assert late > 0, "no doubt was there to be ended early"


def test_an_adapter_that_breaks_over_a_reply_proves_nothing(disk: Disk) -> None:
    world = live(disk, replace(CALM, adapter_bug_rate=1.0))
    assert world.reached.counts["evidence CancelUnknown adapter_failed => UNKNOWN"] > 0
    assert world.reached.counts["state UNKNOWN -> CONFIRMED"] > 0
