"""What the sessions of most adapters have in common: a specification, a way to ask, and what is not asked.

What a reply means is never said here. An adapter that does one of these things has a method of its own.
"""

from collections.abc import Sequence

from nostro.brokers.ask import Asking, refused_here
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.domain.account import Quote
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import Instrument
from nostro.domain.order import OrderRef
from nostro.domain.place import NewGroup, NewOrder, PlaceOutcome, Preview, Replacement, ReplaceOutcome


class Session:
    """Begins a `nostro.brokers.port.Broker`."""

    def __init__(self, transport: Transport, spec: BrokerSpec) -> None:
        """Speak through `transport`, which proves who asks."""
        self._spec = spec
        self._ask = Asking(transport, spec)

    @property
    def spec(self) -> BrokerSpec:
        return self._spec

    async def list_quotes(self, _symbols: Sequence[str]) -> Sequence[Quote]:
        raise ReadFailed("prices are not asked for at this brokerage")

    async def list_instruments(self) -> Sequence[Instrument]:
        raise ReadFailed("instruments are not asked for at this brokerage")

    async def preview_order(self, _account: str, _order: NewOrder) -> Preview | str:
        # Where a preview is a placement with one more word in its form, it is no read if the word is lost.
        raise ReadFailed("this brokerage is not asked about an order before it is placed")

    async def place_group(self, _account: str, _group: NewGroup) -> PlaceOutcome:
        return refused_here("groups of orders are not placed here")

    async def replace_order(self, _account: str, _order: OrderRef, _terms: Replacement) -> ReplaceOutcome:
        return refused_here("orders are not replaced here")
