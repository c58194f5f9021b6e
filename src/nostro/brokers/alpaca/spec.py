"""Alpaca: what it is and what it takes. Sources stand with SOURCES."""

import re
from dataclasses import replace
from datetime import date

from nostro.brokers.spec import BrokerSpec, Credential, Quality, RateLimit, Source
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, TimeInForce

_CHECKED = date(2026, 11, 26)

SOURCES = (
    Source(page="docs.alpaca.markets/reference/deleteorderbyorderid-1", checked=_CHECKED),
    Source(page="docs.alpaca.markets/docs/orders-at-alpaca", checked=_CHECKED),
    Source(page="docs.alpaca.markets/docs/options-level-3-trading", checked=_CHECKED),
    Source(page="docs.alpaca.markets/us/changelog/2026-08-28-options-gtc-15a3de4", checked=_CHECKED),
    Source(page="github.com/alpacahq/alpaca-py, alpaca/trading, July 2026", checked=_CHECKED),
)

_ALL_DURATIONS = frozenset({TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK})
_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GTC})

SPEC = BrokerSpec(
    slug="ALPACA",
    name="Alpaca",
    description="US stocks, options and crypto over an API",
    site="https://alpaca.markets",
    is_paper=False,
    credentials=(
        Credential(name="key_id", label="API key ID", is_secret=False),
        Credential(name="secret_key", label="Secret key"),
    ),
    order_id=re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    capabilities=Capabilities(
        orders=(
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=frozenset({OrderType.MARKET}),
                times_in_force=_ALL_DURATIONS,
                fractional=True,
                notional=True,
            ),
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=frozenset({OrderType.LIMIT}),
                times_in_force=_ALL_DURATIONS,
                fractional=True,
            ),
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=frozenset({OrderType.LIMIT}),
                times_in_force=_RESTING,
                fractional=True,
                extended_hours=True,
            ),
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=frozenset({OrderType.STOP, OrderType.STOP_LIMIT}),
                times_in_force=_RESTING,
            ),
            OrderRow(
                asset_class=AssetClass.OPTION,
                order_types=frozenset({OrderType.MARKET, OrderType.LIMIT}),
                times_in_force=_RESTING,
                legs_max=4,
            ),
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.MARKET}),
                times_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC}),
                fractional=True,
                notional=True,
            ),
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT}),
                times_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC}),
                fractional=True,
            ),
        ),
        groups=frozenset(),
        cancel=CancelAck.ACCEPTED,
        replace=Replace.ATOMIC,
        client_order_ids=True,
    ),
    request_timeout_s=8.0,
    # No document says how long a request that was given up can still act; ten seconds is several times what
    # its order service takes at most ("Alpaca OMS v2", alpaca.markets/blog: below 500 ms under load).
    cancel_settles_s=10.0,
    address="https://api.alpaca.markets",
    rate_limits=(RateLimit(requests=200, per_s=60.0),),
    quality=Quality(
        rests_on="Alpaca's published documents and its own SDK's models",
        oracles=("alpaca-py",),
    ),
    sources=SOURCES,
)

PAPER_SPEC = replace(
    SPEC,
    slug="ALPACA-PAPER",
    name="Alpaca Paper",
    description="Alpaca's paper trading: no real money",
    is_paper=True,
    address="https://paper-api.alpaca.markets",
)
