"""Pairs, their rules and their prices, for anybody; and the time."""

from collections.abc import Callable
from decimal import Decimal

from nostro.brokers.transport import Reply
from nostro.domain.account import Quote
from nostro.domain.instrument import Instrument
from nostro.sim.face import Asked, reply, route
from nostro.sim.refusals import UnknownSymbol
from nostro.sim.skins.binance import forms
from nostro.sim.skins.binance.filters import write_pair
from nostro.sim.skins.binance.shapes import (
    Document,
    is_pair,
    symbol_of,
    time,
    write_book,
    write_price,
)

_DEPTH = Decimal(1000)
"""How much stands behind every quote: the exchange trades any quantity."""


def _ping(asked: Asked) -> Reply:
    forms.read(asked.call)
    return reply(200, {})


def _time(asked: Asked) -> Reply:
    forms.read(asked.call)
    return reply(200, {"serverTime": time(asked.conditions.at)})


def _exchange_info(asked: Asked) -> Reply:
    sent = forms.read(asked.call, "symbol", "symbols", "showPermissionSets")
    shows_permissions = sent.get("showPermissionSets") != "false"
    pairs = [quote.instrument for quote in _quotes_of(asked, sent)]
    return reply(
        200,
        {
            "timezone": "UTC",
            "serverTime": time(asked.conditions.at),
            "rateLimits": [],
            "exchangeFilters": [],
            "symbols": [write_pair(pair, shows_permissions=shows_permissions) for pair in pairs],
        },
    )


def _ticker(write: Callable[[Quote], Document]) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        sent = forms.read(asked.call, "symbol", "symbols")
        rows = [write(quote) for quote in _quotes_of(asked, sent)]
        return reply(200, rows[0] if "symbol" in sent else rows)

    return answer


def _quotes_of(asked: Asked, sent: forms.Sent) -> list[Quote]:
    """List quotes of the pairs that are named, or of all."""
    if "symbol" in sent:
        return [find_quote(asked, sent)]
    if "symbols" in sent:
        return [find_quote(asked, {"symbol": symbol}) for symbol in forms.read_symbols(sent)]
    return asked.exchange.quotes([pair.symbol for pair in list_pairs(asked)])


def find_quote(asked: Asked, sent: forms.Sent) -> Quote:
    """Find the pair that is named."""
    symbol = forms.read_symbol(sent)
    for pair in list_pairs(asked):
        if symbol_of(pair) == symbol:
            return asked.exchange.quotes([pair.symbol])[0]
    raise UnknownSymbol(symbol)


def list_pairs(asked: Asked) -> list[Instrument]:
    return [each for each in asked.exchange.instruments() if is_pair(each)]


_V3 = "/api/v3"
PUBLIC = (
    route("GET", f"{_V3}/exchangeInfo", "read", _exchange_info, is_public=True),
    route("GET", f"{_V3}/ticker/price", "read", _ticker(write_price), is_public=True),
    route(
        "GET",
        f"{_V3}/ticker/bookTicker",
        "read",
        _ticker(lambda quote: write_book(quote, _DEPTH)),
        is_public=True,
    ),
    route("GET", f"{_V3}/time", "read", _time, is_public=True),
    route("GET", f"{_V3}/ping", "read", _ping, is_public=True),
)
