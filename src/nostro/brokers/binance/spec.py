"""Binance spot: what it is and what it takes. Sources stand with SOURCES."""

import re
from dataclasses import replace
from datetime import date, timedelta

from nostro.brokers.spec import BrokerSpec, Credential, Quality, RateLimit, Source
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, TimeInForce

_CHECKED = date(2026, 11, 26)
_DOCS = "github.com/binance/binance-spot-api-docs at a5e0bc3 of 2026-07-21"

SOURCES = (
    Source(page=f"{_DOCS}, rest-api.md", checked=_CHECKED),
    Source(page=f"{_DOCS}, errors.md", checked=_CHECKED),
    Source(page=f"{_DOCS}, enums.md", checked=_CHECKED),
    Source(page=f"{_DOCS}, web-socket-api.md (a cancel that ends a whole order list)", checked=_CHECKED),
    Source(page=f"{_DOCS}, fix-api.md (grammar of client order ids)", checked=_CHECKED),
)

CLIENT_ORDER_ID = re.compile(r"[a-zA-Z0-9_-]{1,36}")
"""fix-api.md, the types of its fields; rest-api.md names no grammar of its own."""

SPEC = BrokerSpec(
    slug="BINANCE",
    name="Binance",
    description="Spot crypto over an API",
    site="https://www.binance.com",
    is_paper=False,
    credentials=(
        Credential(name="api_key", label="API key"),
        Credential(name="secret_key", label="Secret key (HMAC)"),
    ),
    order_id=re.compile(r"[1-9][0-9]{0,18}"),
    capabilities=Capabilities(
        orders=(
            # A market order names no time in force; Binance shows it as GTC, and ends it as IOC.
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
                times_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK}),
                fractional=True,
            ),
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.STOP}),
                times_in_force=frozenset({TimeInForce.GTC}),
                fractional=True,
            ),
        ),
        groups=frozenset(),
        cancel=CancelAck.CONFIRMED,
        # `cancelReplace` is two steps in one request, of which the second can fail alone (HTTP 409).
        replace=Replace.UNSUPPORTED,
        client_order_ids=True,
    ),
    request_timeout_s=8.0,
    # A request reaches the matching engine within its `recvWindow` of five seconds or never, and the API
    # waits ten seconds for it (rest-api.md, "Timing security" and "General API Information"). That the engine
    # holds nothing for longer is a judgement.
    cancel_settles_s=10.0,
    address="https://api.binance.com",
    # Binance counts weights: 6000 a minute for an IP address. These count requests, which weigh at most, on
    # average: look_up 7 (a search through 30 pairs), list 22, read 20, place and cancel 1. For orders Binance
    # has a limit beside, here as its document shows it ("Query Unfilled Order Count").
    rate_limits=(
        RateLimit(requests=50, per_s=10.0, operations=frozenset({"place"})),
        RateLimit(requests=600, per_s=60.0, operations=frozenset({"place", "cancel"})),
        RateLimit(requests=240, per_s=60.0, operations=frozenset({"look_up"})),
        RateLimit(requests=100, per_s=60.0, operations=frozenset({"list"})),
        RateLimit(requests=60, per_s=60.0, operations=frozenset({"read"})),
    ),
    history_reach=timedelta(days=90),
    quality=Quality(
        rests_on="Binance's published documents, and answers that its users showed", oracles=("ccxt",)
    ),
    sources=SOURCES,
)
"""What ended without a fill is archived after ninety days (errors.md, -2026); what was filled is kept.

Closed orders are listed of those pairs alone that can be told from the account: see `pairs.py`.
"""

TESTNET_SPEC = replace(
    SPEC,
    slug="BINANCE-TESTNET",
    name="Binance Testnet",
    description="Binance's spot test network: no real money",
    is_paper=True,
    address="https://testnet.binance.vision",
)
