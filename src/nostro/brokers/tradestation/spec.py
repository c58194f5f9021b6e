"""TradeStation: what it is and what it takes. Sources stand with SOURCES."""

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
        page="TradeStation's OpenAPI document of its v3, as github.com/mxcoppell/tradestation-api-python "
        "keeps it (docs/tradestation-webapi-v3-openapi.json, 40370f1, August 2026)",
        checked=_CHECKED,
    ),
    Source(page="api.tradestation.com/docs/fundamentals/authentication/refresh-tokens", checked=_CHECKED),
    Source(page="api.tradestation.com/docs/fundamentals/rate-limiting", checked=_CHECKED),
    Source(page="api.tradestation.com/docs/fundamentals/sim-vs-live", checked=_CHECKED),
    Source(
        page="github.com/QuantConnect/Lean.Brokerages.TradeStation, 3a67233, July 2026: its symbols, what "
        "its cancels were answered with, and events of orders that it recorded",
        checked=_CHECKED,
    ),
    Source(
        page='support.auth0.com, "Troubleshoot Refresh Token Unknown or Invalid Before Expiry": Auth0 keeps '
        "TradeStation's sign-in (github.com/areed1192/tradestation-python-api, issue 13)",
        checked=_CHECKED,
    ),
)

HISTORY = timedelta(days=89)
"""Closed orders are shown for 90 days before the current date ("Get Historical Orders"). One less: no
document says in which zone that date is."""

_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_ALL_DURATIONS = _RESTING | {TimeInForce.IOC, TimeInForce.FOK}
_LIMIT = frozenset({OrderType.LIMIT})
_ANY = frozenset(OrderType)

SPEC = BrokerSpec(
    slug="TRADESTATION",
    name="TradeStation",
    description="US stocks, options and futures over an API",
    site="https://www.tradestation.com",
    is_paper=False,
    credentials=(
        Credential(name="client_id", label="API key", is_secret=False),
        Credential(name="client_secret", label="API secret"),
        Credential(name="refresh_token", label="Refresh token"),
    ),
    # Digits; their number is not documented, and those that are shown have seven to nine. The dashes of
    # 1-2345-6789 are for people ("Cancel Order").
    order_id=re.compile(r"[1-9][0-9]{0,18}"),
    capabilities=Capabilities(
        orders=(
            OrderRow(asset_class=AssetClass.STOCK, order_types=_LIMIT, times_in_force=_ALL_DURATIONS),
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=_LIMIT,
                times_in_force=_RESTING,
                extended_hours=True,
            ),
            OrderRow(asset_class=AssetClass.STOCK, order_types=_ANY, times_in_force=_RESTING),
            OrderRow(
                asset_class=AssetClass.OPTION,
                order_types=frozenset({OrderType.MARKET, OrderType.LIMIT}),
                times_in_force=_RESTING,
                legs_max=4,
            ),
            OrderRow(asset_class=AssetClass.OPTION, order_types=_ANY, times_in_force=_RESTING),
            OrderRow(asset_class=AssetClass.FUTURE, order_types=_ANY, times_in_force=_RESTING),
        ),
        groups=frozenset(),
        cancel=CancelAck.ACCEPTED,
        # A replaced order keeps its id ("Replace Order"): there is no successor to be named.
        replace=Replace.UNSUPPORTED,
        client_order_ids=False,
    ),
    request_timeout_s=8.0,
    # No document gives a bound. This is a judgement: no gateway keeps for a minute what was given up after
    # eight seconds.
    cancel_settles_s=60.0,
    address="https://api.tradestation.com",
    token_address="https://signin.tradestation.com",  # noqa: S106 - an address
    # Accounts, balances and positions have a quota each; of placing and canceling none is published.
    rate_limits=(
        RateLimit(requests=250, per_s=300.0, operations=frozenset({"list", "look_up"})),
        RateLimit(requests=250, per_s=300.0, operations=frozenset({"read"})),
    ),
    history_reach=HISTORY,
    quality=Quality(
        rests_on="TradeStation's OpenAPI document and pages, and answers that a client of others recorded",
        oracles=("tradestation-api-python",),
    ),
    sources=SOURCES,
)
"""Which types go with which durations no document says ("Different asset classes and routes may have
restrictions"): what its lists have one by one is claimed, and TradeStation may refuse a pair."""

SIM_SPEC = replace(
    SPEC,
    slug="TRADESTATION-SIM",
    name="TradeStation Simulator",
    description="TradeStation's paper trading: no real money, instant fills",
    is_paper=True,
    address="https://sim-api.tradestation.com",
)
