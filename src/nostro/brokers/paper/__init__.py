"""The embedded brokerage. Its exchange lives in `nostro.sim`; only bytes pass between the two."""

from nostro.brokers.paper.accounts import PaperAccounts
from nostro.brokers.paper.orders import PaperOrders
from nostro.brokers.paper.spec import SPEC
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.ports import Clock

__all__ = ["SPEC", "PaperBroker"]


class PaperBroker(PaperOrders, PaperAccounts):
    """One customer's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        """Speak through `transport`, which holds the API key."""
        del clock  # every adapter is made from the same two; this one has no use for the time
        super().__init__(transport)

    @property
    def spec(self) -> BrokerSpec:
        return SPEC
