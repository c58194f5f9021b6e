"""One exchange with two customers; AAPL is quoted 99 to 101 and both of its calls at round prices."""

from decimal import Decimal

import pytest

from nostro.brokers.paper import PaperBroker
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import (
    ACCOUNT,
    API_KEY,
    CALL,
    CASH,
    HIGHER_CALL,
    OTHER_ACCOUNT,
    OTHER_API_KEY,
    ToldClock,
)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def exchange(clock: ToldClock) -> Exchange:
    exchange = Exchange(Ledger(":memory:"), clock.now, seed=7)
    exchange.open_account(ACCOUNT, CASH, owner=API_KEY)
    exchange.open_account(OTHER_ACCOUNT, CASH, owner=OTHER_API_KEY)
    exchange.set_quote("AAPL", Decimal(99), Decimal(101))
    exchange.set_quote(CALL, Decimal(7), Decimal(8))
    exchange.set_quote(HIGHER_CALL, Decimal(3), Decimal(4))
    return exchange


@pytest.fixture
def faults(exchange: Exchange, clock: ToldClock) -> FaultPlan:
    return FaultPlan(exchange, clock)


@pytest.fixture
def venue(exchange: Exchange, faults: FaultPlan, clock: ToldClock) -> EmbeddedVenue:
    return EmbeddedVenue(exchange, faults, clock)


@pytest.fixture
def broker(venue: EmbeddedVenue, clock: ToldClock) -> PaperBroker:
    return PaperBroker(venue.transport(API_KEY))
