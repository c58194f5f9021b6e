"""Kraken's spot exchange: what it is and what it takes. Sources stand with SOURCES."""

import re
from datetime import date

from nostro.brokers.spec import BrokerSpec, Credential, Quality, RateLimit, Source
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, TimeInForce

_CHECKED = date(2026, 11, 26)

SOURCES = (
    Source(page="docs.kraken.com/api-reference/trading: cancel-order, add-order", checked=_CHECKED),
    Source(
        page="docs.kraken.com/api-reference/account-data: query-orders-info, get-open-orders,"
        " get-closed-orders, get-extended-balance, get-api-key-info",
        checked=_CHECKED,
    ),
    Source(
        page="docs.kraken.com/api-reference/market-data: get-tradable-asset-pairs, get-asset-info",
        checked=_CHECKED,
    ),
    Source(
        page="docs.kraken.com/exchange/guides: rest/authentication, rest/ratelimits, general/ratelimits,"
        " general/errors, general/clordid",
        checked=_CHECKED,
    ),
    Source(page="docs.kraken.com/api/docs/guides/spot-amends", checked=_CHECKED),
    Source(page="support.kraken.com, API error messages; API symbols and tickers", checked=_CHECKED),
    Source(page="github.com/krakenfx/kraken-cli, aa32814 of April 2026", checked=_CHECKED),
    Source(page="ccxt 4.5, kraken.py, its words for errors", checked=_CHECKED),
)

SPEC = BrokerSpec(
    slug="KRAKEN",
    name="Kraken",
    description="Crypto spot trading over an API",
    site="https://www.kraken.com",
    is_paper=False,
    credentials=(
        Credential(name="api_key", label="API key", is_secret=False),
        Credential(name="private_key", label="Private key"),
    ),
    # Where an order's id stands, Kraken takes a user reference as well, a number, which can name many
    # orders; and lists, with commas.
    order_id=re.compile(r"O[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}"),
    capabilities=Capabilities(
        orders=(
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.LIMIT}),
                times_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.GTD}),
                fractional=True,
            ),
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT}),
                times_in_force=frozenset({TimeInForce.GTC}),
                fractional=True,
            ),
        ),
        groups=frozenset(),
        cancel=CancelAck.ACCEPTED,
        # AmendOrder changes an order in place, so that no order is replaced; EditOrder cancels first and
        # makes a new order then ("Spot Atomic Amends").
        replace=Replace.UNSUPPORTED,
        client_order_ids=True,
    ),
    request_timeout_s=8.0,
    # No document gives a bound. This is a judgement: a minute is the longest that Kraken lets a client say a
    # new order may be on its way (AddOrder, `deadline`).
    cancel_settles_s=60.0,
    address="https://api.kraken.com",
    # Those of a new customer; others have more. Kraken counts orders by pair, and the cancel of an order that
    # is younger than five minutes as several.
    rate_limits=(
        RateLimit(requests=15, per_s=45.0, operations=frozenset({"list", "look_up", "read"})),
        RateLimit(requests=60, per_s=60.0, operations=frozenset({"place", "cancel"})),
    ),
    rejects_later=False,
    quality=Quality(
        rests_on="Kraken's published reference and guides",
        oracles=("ccxt",),
    ),
    sources=SOURCES,
)
