"""Handlers for what is the same for every user: status, brokerages, instruments, symbols, the partner."""

import html

from nostro.brokers.spec import BrokerSpec
from nostro.domain.errors import NotFound
from nostro.domain.instrument import Instrument
from nostro.http.call import Answer, Call
from nostro.http.connections import logo_url
from nostro.wire.capabilities import render_capabilities
from nostro.wire.connections import Brokerage, render_brokerage
from nostro.wire.forms import SymbolQueryForm
from nostro.wire.markets import render_instruments
from nostro.wire.reference import render_symbol, symbol_id
from nostro.wire.search import search_instruments
from nostro.wire.users import PartnerData, Status


async def get_status(call: Call) -> Answer:
    return Answer(body=Status(timestamp=call.do.clock.now()))


async def get_partner(call: Call) -> Answer:
    key = call.key
    return Answer(
        body=PartnerData(
            slug=key.client_id, name=key.name, allowed_brokerages=tuple(_brokerages(call)), redirect_uri=None
        )
    )


async def list_brokerages(call: Call) -> Answer:
    return Answer(body=_brokerages(call))


async def list_capabilities(call: Call) -> Answer:
    return Answer(body=[render_capabilities(kind.spec) for kind in call.do.registry.kinds()])


async def list_brokerage_instruments(call: Call) -> Answer:
    kind = call.do.registry.find(call.path["slug"].upper())
    if kind is None:
        raise NotFound
    return Answer(body=render_instruments(kind.instruments))


async def search_symbols(call: Call) -> Answer:
    found = search_instruments(_instruments(call), call.form(SymbolQueryForm).substring or "")
    return Answer(body=[render_symbol(instrument) for instrument in found])


async def get_symbol(call: Call) -> Answer:
    """Find one symbol by ticker or by id."""
    query = call.path["query"]
    for instrument in _instruments(call):
        if query.upper() == instrument.symbol or query.lower() == symbol_id(instrument):
            return Answer(body=render_symbol(instrument))
    raise NotFound


async def get_logo(call: Call) -> Answer:
    """Draw a brokerage's initials on a color of its own: no third party's mark is used."""
    slug = call.path["file"].removesuffix(".svg").upper()
    kind = call.do.registry.find(slug)
    if kind is None:
        raise NotFound
    return Answer(body=_draw_logo(kind.spec).encode(), content_type=b"image/svg+xml")


def _brokerages(call: Call) -> list[Brokerage]:
    return [render_brokerage(kind.spec, logo_url(call, kind.spec.slug)) for kind in call.do.registry.kinds()]


def _instruments(call: Call) -> list[Instrument]:
    found = {each.symbol: each for kind in call.do.registry.kinds() for each in kind.instruments}
    return [found[symbol] for symbol in sorted(found)]


def _draw_logo(spec: BrokerSpec) -> str:
    initials = "".join(word[0] for word in spec.name.split()[:2]).upper()
    hue = sum(spec.slug.encode()) * 47 % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img">'
        f"<title>{html.escape(spec.name)}</title>"
        f'<rect width="64" height="64" rx="14" fill="hsl({hue} 55% 38%)"/>'
        '<text x="32" y="41" font-family="sans-serif" font-size="26" font-weight="600" fill="#fff"'
        f' text-anchor="middle">{html.escape(initials)}</text></svg>'
    )
