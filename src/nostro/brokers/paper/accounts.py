"""Accounts, balances, positions, prices and previews at the embedded brokerage."""

from collections.abc import Sequence
from urllib.parse import quote

from nostro.brokers.ask import Asking
from nostro.brokers.paper.spec import SPEC
from nostro.brokers.paper.wire import (
    Failure,
    read_accounts,
    read_balances,
    read_instruments,
    read_positions,
    read_preview,
    read_quotes,
    write,
)
from nostro.brokers.reply import Unreadable, read
from nostro.brokers.transport import Request, Transport
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import Instrument
from nostro.domain.place import NewOrder, Preview


class PaperAccounts:
    """The calls of one customer that change nothing and concern no order."""

    def __init__(self, transport: Transport) -> None:
        self._ask = Asking(transport, SPEC)

    async def list_accounts(self) -> Sequence[BrokerageAccount]:
        return await self._ask.read("/accounts", read_accounts)

    async def list_balances(self, account: str) -> Sequence[Balance]:
        return await self._ask.read(f"/accounts/{quote(account, safe='')}/balances", read_balances)

    async def list_positions(self, account: str) -> Sequence[Position]:
        return await self._ask.read(f"/accounts/{quote(account, safe='')}/positions", read_positions)

    async def list_quotes(self, symbols: Sequence[str]) -> Sequence[Quote]:
        return await self._ask.read(f"/quotes?symbols={quote(','.join(symbols), safe=',')}", read_quotes)

    async def list_instruments(self) -> Sequence[Instrument]:
        return await self._ask.read("/instruments", read_instruments)

    async def preview_order(self, account: str, order: NewOrder) -> Preview | str:
        path = f"/accounts/{quote(account, safe='')}/orders/preview"
        reply = await self._ask.answer(Request("POST", path, write(order), operation="read"))
        try:
            if reply.status == 200:
                return read_preview(reply.body)
            if reply.status in (400, 422):
                return read(reply.body, Failure).message
        except Unreadable as error:
            raise ReadFailed(str(error)) from error
        raise ReadFailed(f"the brokerage answered {reply.status}")
