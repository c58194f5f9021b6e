"""What a brokerage bears is kept to, and a cancel never waits behind reads."""

import asyncio

import pytest

from nostro.brokers.spec import RateLimit
from nostro.brokers.throttle import RESERVED, ThrottledTransport
from nostro.brokers.transport import NeverSent, Reply, Request
from tests.sim.market import ToldClock

TEN_A_SECOND = RateLimit(requests=10, per_s=1.0)


class Brokerage:
    """Answers at once, and counts."""

    def __init__(self, reply: Reply | None = None) -> None:
        self.reply = reply or Reply(200, b"")
        self.received: list[str] = []

    async def send(self, request: Request, _timeout_s: float) -> Reply:
        self.received.append(request.operation)
        return self.reply


def ask(transport: ThrottledTransport, operation: str, times: int, timeout_s: float = 60.0) -> None:
    async def work() -> None:
        for _ in range(times):
            await transport.send(Request("GET", "/", operation=operation), timeout_s)

    asyncio.run(work())


def took_s(limits: tuple[RateLimit, ...], operation: str, times: int) -> float:
    clock = ToldClock()
    begun = clock.monotonic()
    ask(ThrottledTransport(Brokerage(), limits, clock), operation, times)
    return clock.monotonic() - begun


@pytest.mark.parametrize("operation", ["read", "list", "place"])
def test_reads_and_placements_leave_a_fifth_of_the_limit_alone(operation: str) -> None:
    assert took_s((TEN_A_SECOND,), operation, 8) == 0
    assert took_s((TEN_A_SECOND,), operation, 9) == pytest.approx(0.1)
    assert took_s((TEN_A_SECOND,), operation, 28) == pytest.approx(2.0)
    assert RESERVED == 0.2


def test_a_limit_of_one_request_at_a_time_lets_reads_through() -> None:
    assert took_s((RateLimit(requests=1, per_s=1.0),), "read", 3) == pytest.approx(2.0)


@pytest.mark.parametrize("operation", ["cancel", "look_up"])
def test_a_cancel_and_its_looks_have_all_of_the_limit(operation: str) -> None:
    assert took_s((TEN_A_SECOND,), operation, 10) == 0
    assert took_s((TEN_A_SECOND,), operation, 20) == pytest.approx(1.0)


def test_a_cancel_goes_out_at_once_where_reads_have_used_up_their_share() -> None:
    clock, brokerage = ToldClock(), Brokerage()
    transport = ThrottledTransport(brokerage, (TEN_A_SECOND,), clock)
    ask(transport, "read", 8)
    begun = clock.monotonic()
    ask(transport, "cancel", 2)
    assert clock.monotonic() == begun


def test_what_cannot_be_sent_in_time_is_not_sent_at_all() -> None:
    brokerage = Brokerage()
    transport = ThrottledTransport(brokerage, (RateLimit(requests=1, per_s=60.0),), ToldClock())
    ask(transport, "cancel", 1)
    with pytest.raises(NeverSent):
        ask(transport, "cancel", 1, timeout_s=10.0)
    assert brokerage.received == ["cancel"]


class FreezingClock(ToldClock):
    """Sleeps an hour whatever it is told, as a machine does that is put to sleep meanwhile."""

    async def sleep(self, _seconds: float) -> None:
        await super().sleep(3600)


def test_what_waited_until_its_time_was_over_is_not_sent_late() -> None:
    brokerage = Brokerage()
    transport = ThrottledTransport(brokerage, (RateLimit(requests=1, per_s=1.0),), FreezingClock())
    ask(transport, "cancel", 1)
    with pytest.raises(NeverSent):
        ask(transport, "cancel", 1, timeout_s=10.0)
    assert brokerage.received == ["cancel"]


def test_a_limit_of_some_operations_counts_no_others() -> None:
    places = RateLimit(requests=5, per_s=60.0, operations=frozenset({"place"}))
    assert took_s((places,), "read", 100) == 0
    assert took_s((places,), "place", 4) == 0


def test_after_a_429_reads_pause_as_long_as_they_are_told_and_cancels_do_not() -> None:
    clock = ToldClock()
    brokerage = Brokerage(Reply(429, b"", {"retry-after": "7"}))
    transport = ThrottledTransport(brokerage, (TEN_A_SECOND,), clock)
    ask(transport, "read", 1)
    begun = clock.monotonic()
    ask(transport, "cancel", 1)
    assert clock.monotonic() == begun
    ask(transport, "read", 1)
    assert clock.monotonic() - begun == pytest.approx(7.0)
