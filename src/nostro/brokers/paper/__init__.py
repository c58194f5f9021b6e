"""The embedded brokerage. Its exchange lives in `nostro.sim`; only bytes pass between the two."""

from nostro.brokers.paper.accounts import PaperAccounts
from nostro.brokers.paper.orders import PaperOrders
from nostro.brokers.paper.spec import SPEC
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport

__all__ = ["SPEC", "PaperBroker"]


class PaperBroker(PaperOrders, PaperAccounts):
    """One customer's session; a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport) -> None:
        """Speak through `transport`, which holds the API key."""
        super().__init__(transport)

    @property
    def spec(self) -> BrokerSpec:
        return SPEC
