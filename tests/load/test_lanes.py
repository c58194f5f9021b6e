"""Who may enter when all is full: the rules behind what the load tests see."""

import asyncio

import pytest

from nostro.domain.errors import NotServing, Overloaded, Throttled
from nostro.domain.ids import ClientId
from nostro.http.lanes import LAG_PLACE_S, LAG_READ_S, Lane, Lanes, Phase
from nostro.http.limits import RateLimits
from tests.sim.market import ToldClock

KEY = ClientId("P")


@pytest.fixture
def lanes() -> Lanes:
    made = Lanes()
    made.phase = Phase.SERVING
    return made


def fill(lanes: Lanes, lane: Lane) -> None:
    while not lanes.sheds(lane):
        lanes.enter(lane)


def test_reads_leave_room_for_placements_and_both_for_cancels(lanes: Lanes) -> None:
    fill(lanes, Lane.READ)
    lanes.enter(Lane.PLACE)
    fill(lanes, Lane.PLACE)
    lanes.enter(Lane.CANCEL)


def test_after_a_cancel_was_refused_no_read_enters_until_half_the_cancels_have_left(lanes: Lanes) -> None:
    fill(lanes, Lane.CANCEL)
    for left in range(Lane.CANCEL.value // 2):
        with pytest.raises(Overloaded):
            lanes.enter(Lane.READ)
        assert lanes.is_strained, left
        lanes.leave(Lane.CANCEL)
    lanes.enter(Lane.READ)


@pytest.mark.parametrize(
    ("lag_s", "refused"),
    [(0.0, set()), (LAG_READ_S * 1.1, {Lane.READ}), (LAG_PLACE_S * 1.1, {Lane.READ, Lane.PLACE})],
)
def test_a_server_that_is_behind_refuses_reads_first_and_cancels_never(
    lanes: Lanes, lag_s: float, refused: set[Lane]
) -> None:
    lanes.lag_s = lag_s
    assert {lane for lane in Lane if lanes.sheds(lane)} == refused


def test_a_server_full_of_cancels_still_answers_its_supervisor(lanes: Lanes) -> None:
    fill(lanes, Lane.CANCEL)
    lanes.enter(Lane.HEALTH)


@pytest.mark.parametrize("phase", [Phase.RECOVERING, Phase.DRAINING])
def test_a_server_that_is_not_serving_lets_in_its_supervisor_alone(lanes: Lanes, phase: Phase) -> None:
    lanes.phase = phase
    lanes.enter(Lane.HEALTH)
    for lane in (Lane.READ, Lane.PLACE, Lane.CANCEL):
        with pytest.raises(NotServing):
            lanes.enter(lane)


def test_draining_ends_as_soon_as_all_have_left(lanes: Lanes) -> None:
    clock = ToldClock()
    asyncio.run(lanes.drain(15.0, clock))
    assert lanes.phase is Phase.DRAINING


def test_a_request_gets_its_place_back_a_minute_later_and_not_sooner() -> None:
    clock = ToldClock()
    limits = RateLimits(2, clock)
    assert [limits.take(KEY, Lane.READ) is not None for _ in range(2)] == [True, True]
    clock.pass_time(59.0)
    with pytest.raises(Throttled) as refused:
        limits.take(KEY, Lane.READ)
    assert (refused.value.limit, refused.value.retry_after_s) == (2, 1)
    clock.pass_time(1.0)
    allowance = limits.take(KEY, Lane.READ)
    assert allowance is not None
    assert (allowance.limit, allowance.remaining, allowance.reset_s) == (2, 1, 60)


def test_reads_and_placements_use_up_no_cancels_allowance_and_keys_none_of_each_other() -> None:
    limits = RateLimits(1, ToldClock())
    for key in (KEY, ClientId("Q")):
        limits.take(key, Lane.READ)
        limits.take(key, Lane.CANCEL)
        with pytest.raises(Throttled):
            limits.take(key, Lane.PLACE)
