"""The exchange behind a vendor's face, without a socket, and two customers."""

import asyncio
from decimal import Decimal

from nostro.brokers.transport import Reply, Request
from nostro.sim.exchange import Exchange
from nostro.sim.face import Face
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import ACCOUNT, API_KEY, CASH, OTHER_ACCOUNT, OTHER_API_KEY, ToldClock

TIMEOUT_S = 0.8


class FaceScene:
    def __init__(self, face: Face) -> None:
        clock = ToldClock()
        self.ledger = Ledger(":memory:")
        self.exchange = Exchange(self.ledger, clock.now, seed=7, shape_id=face.shape_id)
        for number, owner in ((ACCOUNT, API_KEY), (OTHER_ACCOUNT, OTHER_API_KEY)):
            self.exchange.open_account(number, CASH, owner=owner)
        self.exchange.set_quote("AAPL", Decimal(99), Decimal(101))
        self.faults = FaultPlan(self.exchange, clock)
        self.venue = EmbeddedVenue(self.exchange, self.faults, clock, face)

    def send(self, request: Request, api_key: str = API_KEY) -> Reply:
        """Return the reply; raises TransportError where none comes."""
        return asyncio.run(self.venue.transport(api_key).send(request, TIMEOUT_S))
