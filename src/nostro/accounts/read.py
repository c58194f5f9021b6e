"""Read an account's balances and positions, and add them up."""

from collections.abc import Sequence
from decimal import Decimal

from nostro.connections.sessions import Sessions
from nostro.domain.account import Balance, Position
from nostro.domain.errors import ConnectionDisabled, ReadFailed
from nostro.storage.port import OwnedAccount


class ReadAccounts:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def balances(self, target: OwnedAccount) -> Sequence[Balance]:
        """Raises ReadFailed, ConnectionDisabled."""
        broker = await self._sessions.reading(target.connection)
        return await broker.list_balances(target.account.number)

    async def positions(self, target: OwnedAccount) -> Sequence[Position]:
        """Raises ReadFailed, ConnectionDisabled."""
        broker = await self._sessions.reading(target.connection)
        return await broker.list_positions(target.account.number)

    async def total(self, target: OwnedAccount) -> Decimal | None:
        """Add up the account in its own currency; None where a price, a rate or the brokerage is missing."""
        try:
            balances = await self.balances(target)
            positions = await self.positions(target)
        except (ReadFailed, ConnectionDisabled):
            return None
        total = Decimal(0)
        currency = target.account.currency
        for balance in balances:
            if balance.currency != currency:
                return None
            total += balance.cash
        for position in positions:
            if position.instrument.currency != currency or position.last_price is None:
                return None
            total += position.quantity * position.last_price * position.instrument.multiplier
        return total
