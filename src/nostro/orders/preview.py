"""Say what an order would cost, and keep its terms for five minutes so that they can be placed by one id."""

from dataclasses import replace
from datetime import timedelta

from nostro.connections.sessions import Sessions
from nostro.domain.errors import OrderRefused, PreviewExpired
from nostro.domain.ids import AccountId, ClientOrderId
from nostro.domain.place import NewOrder, Preview
from nostro.ports import Clock, Ids
from nostro.storage.port import OwnedAccount, Previews

PREVIEW_LIFE = timedelta(minutes=5)
"""SnapTrade's figure for a trade id ("Place order" reference page, August 2026)."""


class PreviewOrders:
    def __init__(self, *, previews: Previews, sessions: Sessions, clock: Clock, ids: Ids) -> None:
        self._previews = previews
        self._sessions = sessions
        self._clock = clock
        self._ids = ids

    async def __call__(self, target: OwnedAccount, order: NewOrder) -> Preview:
        """Ask the brokerage.

        Raises OrderRefused with its reason, ReadFailed, ConnectionDisabled, ConnectionReadOnly.
        """
        broker = await self._sessions.trading(target.connection)
        preview = await broker.preview_order(target.account.number, order)
        if isinstance(preview, str):
            raise OrderRefused(preview)
        return preview

    async def keep(self, target: OwnedAccount, order: NewOrder) -> str:
        """Keep the order's terms; returns the trade id to place them by."""
        trade_id = self._ids.uuid()
        await self._previews.add(trade_id, target.account.account_id, order, self._clock.now())
        return trade_id

    async def kept(self, trade_id: str) -> tuple[AccountId, NewOrder]:
        """Return the account and the terms behind a trade id; raises PreviewExpired.

        The trade id is the client order id too, so that placing it twice makes one order.
        """
        found = await self._previews.get(trade_id)
        if found is None or found[2] + PREVIEW_LIFE < self._clock.now():
            raise PreviewExpired
        account_id, order, _ = found
        return account_id, replace(order, client_order_id=ClientOrderId(trade_id))
