"""How a request to the embedded brokerage is lost, and how a hung one ends."""

import asyncio

import pytest

from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut
from nostro.ports import Clock
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import ACCOUNT, API_KEY, ToldClock, buy


@pytest.fixture
def order_id(exchange: Exchange) -> str:
    return exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id


class ClearingClock(ToldClock):
    """Somebody clears the faults after half a second."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: FaultPlan | None = None

    async def sleep(self, delay_s: float) -> None:
        await super().sleep(delay_s)
        if self.faults is not None and self.monotonic() >= 0.5:
            self.faults.clear()


def hung_cancel(exchange: Exchange, order_id: str, *, processed: bool) -> tuple[Reply, Clock]:
    clock = ClearingClock()
    faults = FaultPlan(exchange, clock)
    clock.faults = faults
    faults.declare("cancel", "hang", processed=processed)
    transport = EmbeddedVenue(exchange, faults, clock).transport(API_KEY)
    request = Request("DELETE", f"/accounts/{ACCOUNT}/orders/{order_id}")
    return asyncio.run(transport.send(request, 60)), clock


def test_clearing_lets_a_hung_request_answer(exchange: Exchange, order_id: str) -> None:
    reply, clock = hung_cancel(exchange, order_id, processed=True)
    assert reply.status == 200
    assert clock.monotonic() < 1


def test_clearing_drops_a_hung_request_that_was_not_processed(exchange: Exchange, order_id: str) -> None:
    with pytest.raises(NoReply):
        hung_cancel(exchange, order_id, processed=False)


@pytest.mark.parametrize(
    ("kind", "error"), [("hang", TimedOut), ("reply_lost", NoReply), ("drop_before", NeverSent)]
)
def test_the_transport_says_how_a_request_was_lost(
    venue: EmbeddedVenue, faults: FaultPlan, kind: str, error: type[Exception]
) -> None:
    faults.declare("read", kind)
    with pytest.raises(error):
        asyncio.run(venue.transport(API_KEY).send(Request("GET", "/accounts"), 1.0))
