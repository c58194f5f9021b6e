"""Handlers that place, preview and replace orders."""

from nostro.domain.errors import NotFound, PreviewExpired
from nostro.domain.order import Order
from nostro.domain.place import NewGroup, NewOrder
from nostro.http.call import Answer, Call
from nostro.storage.port import OwnedAccount
from nostro.wire.group_forms import BracketForm, ComplexForm
from nostro.wire.order_forms import (
    CryptoForm,
    OptionsForm,
    OrderForm,
    ReplaceForm,
    SimpleForm,
)
from nostro.wire.orders_v1 import (
    SimpleTradeResponse,
    render_group,
    render_mleg,
    render_order,
    render_updated,
)
from nostro.wire.previews import render_crypto_preview, render_impact, render_option_impact
from nostro.wire.reference import symbol_id


async def place_order(call: Call) -> Answer:
    target, order = await _manual_order(call)
    return Answer(body=render_order(await _place(call, target, order)))


async def place_options_order(call: Call) -> Answer:
    target = await call.account()
    order = call.form(OptionsForm).to_domain(call.do.ids)
    return Answer(body=render_mleg(await _place(call, target, order)))


async def place_crypto_order(call: Call) -> Answer:
    target = await call.account()
    order = call.form(CryptoForm).to_domain(call.do.ids)
    return Answer(body=render_updated(await _place(call, target, order)))


async def place_simple_order(call: Call) -> Answer:
    target = await call.account()
    order = await _place(call, target, call.form(SimpleForm).to_domain(call.do.ids))
    return Answer(body=SimpleTradeResponse(brokerage_order_id=order.brokerage_order_id))


async def place_complex_order(call: Call) -> Answer:
    target = await call.account()
    group = call.form(ComplexForm).to_domain(call.do.ids)
    return Answer(body=render_group(tuple(await call.do.place(target, group))))


async def place_bracket_order(call: Call) -> Answer:
    target = await call.account()
    group = call.form(BracketForm).to_domain(call.do.ids)
    return Answer(body=render_order(await _place(call, target, group)))


async def replace_order(call: Call) -> Answer:
    target = await call.account()
    form = call.form(ReplaceForm)
    order = await call.do.replace(target, form.brokerage_order_id, form.to_domain())
    return Answer(body=render_order(order))


async def preview_order(call: Call) -> Answer:
    """Check an order, say what it costs, and keep its terms under a trade id."""
    target, order = await _manual_order(call)
    preview = await call.do.preview(target, order)
    trade_id = await call.do.preview.keep(target, order)
    broker = await call.do.sessions.reading(target.connection)
    quotes = await broker.list_quotes([order.legs[0].symbol])
    if not quotes:
        raise NotFound
    instrument = quotes[0].instrument
    return Answer(body=render_impact(trade_id, target.account, order, instrument, preview))


async def place_previewed_order(call: Call) -> Answer:
    """Place what a trade id stands for. The trade id is the order's client order id: twice is once."""
    account_id, order = await call.do.preview.kept(call.path["tradeId"])
    try:
        target = await call.do.connections.account(call.owner, account_id)
    except NotFound:  # somebody else's trade id is like one that never was
        raise PreviewExpired from None
    return Answer(body=render_order(await _place(call, target, order)))


async def preview_options_order(call: Call) -> Answer:
    target = await call.account()
    preview = await call.do.preview(target, call.form(OptionsForm).to_domain(call.do.ids))
    return Answer(body=render_option_impact(preview))


async def preview_crypto_order(call: Call) -> Answer:
    target = await call.account()
    order = call.form(CryptoForm).to_domain(call.do.ids)
    preview = await call.do.preview(target, order)
    return Answer(body=render_crypto_preview(preview, target.account.currency))


async def _place(call: Call, target: OwnedAccount, wanted: NewOrder | NewGroup) -> Order:
    return (await call.do.place(target, wanted))[0]


async def _manual_order(call: Call) -> tuple[OwnedAccount, NewOrder]:
    form = call.form(OrderForm)
    target = await call.do.connections.account(call.owner, form.account_id)
    by_id: dict[str, str] = {}
    if form.universal_symbol_id is not None:
        broker = await call.do.sessions.reading(target.connection)
        by_id = {symbol_id(each): each.symbol for each in await broker.list_instruments()}
    return target, form.to_domain(call.do.ids, by_id.get)
