"""Coinbase Advanced Trade: what it is and what it takes. Sources stand with SOURCES."""

import re
from datetime import date

from nostro.brokers.spec import BrokerSpec, Credential, Quality, RateLimit, Source
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, TimeInForce

_CHECKED = date(2026, 11, 26)

SOURCES = (
    Source(
        page="docs.cdp.coinbase.com, advanced-trade-api/rest-api: orders, accounts, data-api; July 2026",
        checked=_CHECKED,
    ),
    Source(page="docs.cdp.coinbase.com/get-started/authentication/jwt-authentication", checked=_CHECKED),
    Source(page="github.com/coinbase/coinbase-advanced-py 1.8.4, June 2026", checked=_CHECKED),
    Source(page="github.com/ccxt/ccxt 4.5, coinbase: recorded answers, errors, rate limit", checked=_CHECKED),
)

SPEC = BrokerSpec(
    slug="COINBASE",
    name="Coinbase",
    description="Crypto over the Advanced Trade API",
    site="https://www.coinbase.com",
    is_paper=False,
    credentials=(
        Credential(name="key_name", label="API key name", is_secret=False),
        Credential(name="private_key", label="Private key"),
    ),
    order_id=re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    capabilities=Capabilities(
        orders=(
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.MARKET}),
                times_in_force=frozenset({TimeInForce.IOC, TimeInForce.FOK}),
                fractional=True,
                notional=True,
            ),
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.LIMIT}),
                times_in_force=frozenset(
                    {TimeInForce.GTC, TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK}
                ),
                fractional=True,
            ),
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=frozenset({OrderType.STOP_LIMIT}),
                times_in_force=frozenset({TimeInForce.GTC, TimeInForce.GTD}),
                fractional=True,
            ),
        ),
        groups=frozenset(),
        cancel=CancelAck.ACCEPTED,
        # Coinbase edits an order in its place, under its id, and a success says that the edit was asked for.
        replace=Replace.UNSUPPORTED,
        client_order_ids=True,
    ),
    request_timeout_s=8.0,
    # Two minutes after a request's token was made Coinbase takes it no more ("JWT Authentication"). That a
    # request which was taken in time lies no longer inside is a judgement.
    cancel_settles_s=120.0,
    address="https://api.coinbase.com",
    rate_limits=(RateLimit(requests=30, per_s=1.0),),
    quality=Quality(
        rests_on="Coinbase's published documents and its own SDK, and answers that users of it recorded",
        oracles=("ccxt",),
    ),
    sources=SOURCES,
)
