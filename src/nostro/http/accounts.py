"""Handlers that read accounts: list, detail, balances, positions, quotes, crypto pairs."""

from nostro.domain.errors import InvalidRequest, NotFound
from nostro.domain.instrument import AssetClass
from nostro.http.call import Answer, Call
from nostro.storage.port import OwnedAccount
from nostro.wire.accounts import (
    AccountRecord,
    ConnectionAccountsResponse,
    Money,
    render_account,
    render_balance,
    render_connection_account,
)
from nostro.wire.connections import brokerage_id
from nostro.wire.forms import SymbolQueryForm
from nostro.wire.markets import render_pair_quote, render_pairs, render_quotes
from nostro.wire.order_terms import pair_symbol
from nostro.wire.positions import render_positions
from nostro.wire.reference import render_symbol, split_pair, symbol_id
from nostro.wire.search import search_instruments

SYMBOLS_MAX = 100
"""Quotes in one request."""


async def list_accounts(call: Call) -> Answer:
    targets = await call.do.connections.accounts(call.owner)
    return Answer(body=[await _record(call, target) for target in targets])


async def get_account(call: Call) -> Answer:
    return Answer(body=await _record(call, await call.account()))


async def list_authorization_accounts(call: Call) -> Answer:
    return Answer(body=[await _record(call, target) for target in await _of_connection(call)])


async def list_connection_accounts(call: Call) -> Answer:
    records = []
    for target in await _of_connection(call):
        total = await _total(call, target)
        records.append(
            render_connection_account(
                target.account,
                institution_id=brokerage_id(target.connection.broker_slug),
                total=total,
                synced_at=None if total is None else call.do.clock.now(),
            )
        )
    return Answer(body=ConnectionAccountsResponse(results=tuple(records)))


async def list_balances(call: Call) -> Answer:
    target = await call.account()
    return Answer(body=[render_balance(balance) for balance in await call.do.accounts.balances(target)])


async def list_positions(call: Call) -> Answer:
    target = await call.account()
    positions = await call.do.accounts.positions(target)
    return Answer(body=render_positions(positions, call.do.clock.now()))


async def list_quotes(call: Call) -> Answer:
    target = await call.account()
    wanted = [symbol.strip() for symbol in call.query.get("symbols", "").split(",") if symbol.strip()]
    if not 1 <= len(wanted) <= SYMBOLS_MAX:
        raise InvalidRequest(f"`symbols` must list 1 to {SYMBOLS_MAX} symbols, separated by commas.")
    broker = await call.do.sessions.reading(target.connection)
    if call.query.get("use_ticker", "").lower() != "true":
        by_id = {symbol_id(each): each.symbol for each in await broker.list_instruments()}
        wanted = [by_id.get(symbol, symbol) for symbol in wanted]
    return Answer(body=render_quotes(await broker.list_quotes(wanted)))


async def search_account_symbols(call: Call) -> Answer:
    target = await call.account()
    broker = await call.do.sessions.reading(target.connection)
    found = search_instruments(await broker.list_instruments(), call.form(SymbolQueryForm).substring or "")
    return Answer(body=[render_symbol(instrument) for instrument in found])


async def list_crypto_pairs(call: Call) -> Answer:
    target = await call.account()
    broker = await call.do.sessions.reading(target.connection)
    base, quote = (call.query.get(name, "").upper() for name in ("base", "quote"))
    pairs = [each for each in await broker.list_instruments() if each.asset_class is AssetClass.CRYPTO]
    wanted = [
        each
        for each in pairs
        if (not base or split_pair(each)[0] == base) and (not quote or split_pair(each)[1] == quote)
    ]
    return Answer(body=render_pairs(wanted))


async def get_crypto_quote(call: Call) -> Answer:
    """The pair stands in the path as `BTC-USD`, `BTC%2FUSD`, or, from Python SDKs, as two segments."""
    target = await call.account()
    broker = await call.do.sessions.reading(target.connection)
    symbol = call.path.get("instrumentSymbol") or f"{call.path['base']}/{call.path['quote']}"
    quotes = await broker.list_quotes([pair_symbol(symbol)])
    rendered = render_pair_quote(quotes[0]) if quotes else None
    if rendered is None:
        raise NotFound
    return Answer(body=rendered)


async def _of_connection(call: Call) -> list[OwnedAccount]:
    connection = await call.do.connections.get(
        call.owner, call.path.get("authorizationId") or call.path["connectionId"]
    )
    return [
        target
        for target in await call.do.connections.accounts(call.owner)
        if target.connection.connection_id == connection.connection_id
    ]


async def _record(call: Call, target: OwnedAccount) -> AccountRecord:
    total = await _total(call, target)
    return render_account(
        target.account,
        institution_name=call.do.sessions.spec(target.connection).name,
        total=total,
        synced_at=None if total is None else call.do.clock.now(),
    )


async def _total(call: Call, target: OwnedAccount) -> Money | None:
    total = await call.do.accounts.total(target)
    return None if total is None else Money(amount=total, currency=target.account.currency)
