"""tastytrade: what it is and what it takes. Sources stand with SOURCES."""

import re
from dataclasses import replace
from datetime import date, timedelta

from nostro.brokers.spec import BrokerSpec, Credential, Quality, RateLimit, Source
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, TimeInForce

_CHECKED = date(2026, 11, 26)

SOURCES = (
    Source(page="developer.tastytrade.com/order-submission, rules of types and durations", checked=_CHECKED),
    Source(
        page="developer.tastytrade.com/order-management and /order-flow, cancels, complex orders, statuses",
        checked=_CHECKED,
    ),
    Source(
        page="developer.tastytrade.com/reference/orders, 11.124.10, what an edit may change", checked=_CHECKED
    ),
    Source(
        page="developer.tastytrade.com/docs/guides/idempotency-and-retries, external-identifier",
        checked=_CHECKED,
    ),
    Source(
        page="developer.tastytrade.com/docs/get-started and /reference/errors, tokens and errors",
        checked=_CHECKED,
    ),
    Source(
        page="tastytrade's Swagger documents, as github.com/api-evangelist/tastytrade keeps them "
        "(openapi/_original, 1ebc600, August 2026)",
        checked=_CHECKED,
    ),
    Source(
        page="github.com/tastytrade/tastytrade-mcp, ff4313c: the guides as the vendor keeps them, and "
        "answers of its sandbox, June 2026",
        checked=_CHECKED,
    ),
    Source(
        page="github.com/QuantConnect/Lean.Brokerages.Tastytrade, answers of June 2025 to September 2026",
        checked=_CHECKED,
    ),
    Source(page="github.com/laustindasauce/tasty-go, a3df43f, answers of June 2023", checked=_CHECKED),
    Source(
        page="github.com/tastyware/tastytrade, 02bb764, May 2026, and its issue 281: crypto by value, "
        "orders that were replaced, a refused token",
        checked=_CHECKED,
    ),
)
"""The vendor's own pages first. Some could be read only where others keep them."""

_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_DAY = frozenset({TimeInForce.DAY})
_LIMIT = frozenset({OrderType.LIMIT})
_MARKET = frozenset({OrderType.MARKET})
_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})

SPEC = BrokerSpec(
    slug="TASTYTRADE",
    name="tastytrade",
    description="US stocks, options, futures and crypto over the Open API",
    site="https://tastytrade.com",
    is_paper=False,
    credentials=(
        Credential(name="client_secret", label="OAuth client secret"),
        Credential(name="refresh_token", label="OAuth refresh token"),
    ),
    # The longest that was seen has ten digits.
    order_id=re.compile(r"[1-9][0-9]{0,14}"),
    capabilities=Capabilities(
        orders=(
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=_LIMIT,
                times_in_force=_RESTING,
                extended_hours=True,
            ),
            OrderRow(asset_class=AssetClass.STOCK, order_types=_STOPS, times_in_force=_RESTING),
            OrderRow(asset_class=AssetClass.STOCK, order_types=_MARKET, times_in_force=_DAY, notional=True),
            OrderRow(asset_class=AssetClass.OPTION, order_types=_LIMIT, times_in_force=_RESTING, legs_max=4),
            OrderRow(asset_class=AssetClass.OPTION, order_types=_STOPS, times_in_force=_RESTING),
            OrderRow(asset_class=AssetClass.OPTION, order_types=_MARKET, times_in_force=_DAY),
            OrderRow(asset_class=AssetClass.FUTURE, order_types=_LIMIT | _STOPS, times_in_force=_RESTING),
            OrderRow(asset_class=AssetClass.FUTURE, order_types=_MARKET, times_in_force=_DAY),
            OrderRow(
                asset_class=AssetClass.CRYPTO, order_types=_LIMIT, times_in_force=_RESTING, fractional=True
            ),
            OrderRow(
                asset_class=AssetClass.CRYPTO,
                order_types=_MARKET,
                times_in_force=frozenset({TimeInForce.IOC}),
                notional=True,
            ),
        ),
        groups=frozenset(),
        cancel=CancelAck.ACCEPTED,
        replace=Replace.ATOMIC,
        client_order_ids=True,
    ),
    request_timeout_s=8.0,
    # No document gives a bound. This is a judgement: no gateway keeps for a minute what was given up after
    # eight seconds.
    cancel_settles_s=60.0,
    address="https://api.tastyworks.com",
    # tastytrade publishes no number ("Rate limits & backoff"): this one is a judgement.
    rate_limits=(RateLimit(requests=120, per_s=60.0),),
    quality=Quality(
        rests_on="tastytrade's own guides and Swagger documents, and answers that its users recorded",
        oracles=("tastyware's tastytrade",),
    ),
    sources=SOURCES,
)
"""A stop order that is good till canceled may only close (tastytrade refuses one that opens), and what is
bought or sold by value is less than a share. Orders until a date can be seen, and are not placed."""

SANDBOX_SPEC = replace(
    SPEC,
    slug="TASTYTRADE-SANDBOX",
    name="tastytrade Sandbox",
    description="tastytrade's test system: no real money, and everything is deleted each day",
    is_paper=True,
    address="https://api.cert.tastyworks.com",
    history_reach=timedelta(days=1),
)
