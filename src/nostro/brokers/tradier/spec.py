"""Tradier: what it is and what it takes. Sources stand with SOURCES."""

import re
from dataclasses import replace
from datetime import date, timedelta

from nostro.brokers.spec import BrokerSpec, Credential, Quality, RateLimit, Source
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, TimeInForce

_CHECKED = date(2026, 11, 26)

SOURCES = (
    Source(
        page="github.com/Networkgems/TradingAI-, docs/tra4484-tradier-sandbox-semantics.md", checked=_CHECKED
    ),
    Source(page="github.com/calvn/go-tradier, its recorded answers", checked=_CHECKED),
    Source(page="github.com/QuantConnect/Lean.Brokerages.Tradier, its words and faults", checked=_CHECKED),
    Source(page="lumiwealth-tradier 0.1.18, its forms", checked=_CHECKED),
)
"""Tradier's own pages could not be read when this was written; these are by its users."""

_DURATIONS = frozenset({TimeInForce.DAY, TimeInForce.GTC})

SPEC = BrokerSpec(
    slug="TRADIER",
    name="Tradier",
    description="US stocks and options over an API",
    site="https://tradier.com",
    is_paper=False,
    credentials=(Credential(name="access_token", label="API access token"),),
    order_id=re.compile(r"[1-9][0-9]{0,18}"),
    capabilities=Capabilities(
        orders=(
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=frozenset(OrderType),
                times_in_force=_DURATIONS,
            ),
            OrderRow(
                asset_class=AssetClass.OPTION,
                order_types=frozenset({OrderType.MARKET, OrderType.LIMIT}),
                times_in_force=_DURATIONS,
                legs_max=4,
            ),
            OrderRow(
                asset_class=AssetClass.OPTION,
                order_types=frozenset({OrderType.STOP, OrderType.STOP_LIMIT}),
                times_in_force=_DURATIONS,
            ),
        ),
        groups=frozenset(),
        cancel=CancelAck.ACCEPTED,
        replace=Replace.UNSUPPORTED,
        client_order_ids=True,
    ),
    request_timeout_s=8.0,
    # No document gives a bound. This is a judgement: no gateway keeps for a minute what was given up after
    # eight seconds.
    cancel_settles_s=60.0,
    address="https://api.tradier.com",
    rate_limits=(
        RateLimit(requests=60, per_s=60.0, operations=frozenset({"place", "cancel"})),
        RateLimit(requests=120, per_s=60.0, operations=frozenset({"list", "look_up", "read"})),
    ),
    history_reach=timedelta(days=1),
    quality=Quality(
        rests_on="answers that users of Tradier recorded and measured, and clients of others",
        oracles=("lumiwealth-tradier",),
    ),
    sources=SOURCES,
)
"""Closed orders are shown until the end of the trading day alone."""

SANDBOX_SPEC = replace(
    SPEC,
    slug="TRADIER-SANDBOX",
    name="Tradier Sandbox",
    description="Tradier's paper trading: no real money, delayed prices",
    is_paper=True,
    address="https://sandbox.tradier.com",
    rate_limits=(
        RateLimit(requests=60, per_s=60.0, operations=frozenset({"place", "cancel"})),
        RateLimit(requests=60, per_s=60.0, operations=frozenset({"list", "look_up", "read"})),
    ),
)
