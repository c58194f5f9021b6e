"""Charles Schwab: what it is and what it takes. Sources stand with SOURCES."""

import re
from datetime import date, timedelta

from nostro.brokers.spec import BrokerSpec, Credential, Quality, RateLimit, Source
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderType, TimeInForce

_CHECKED = date(2026, 11, 26)

SOURCES = (
    Source(
        page="Schwab's OpenAPI document of its Trader API 1.0.0, as github.com/major/schwab-go keeps it "
        "(docs/trader_api.openapi.json, b51b93a, May 2026)",
        checked=_CHECKED,
    ),
    Source(page="github.com/alexgolec/schwab-py, a55cb29, June 2025: its order builder", checked=_CHECKED),
    Source(
        page="github.com/tylerebowers/Schwabdev, a5aa524, February 2026: answers, events of a cancel, "
        "limits, Schwab's examples of orders",
        checked=_CHECKED,
    ),
    Source(
        page="github.com/QuantConnect/Lean.Brokerages.CharlesSchwab, 457fc68, December 2024: answers, and "
        "what becomes of a replacement that is refused",
        checked=_CHECKED,
    ),
    Source(
        page="github.com/hn4002/schwab-api-scripts, docs/README.md: ETFs without a symbol", checked=_CHECKED
    ),
    Source(
        page="github.com/z-Wind/schwab_api, 01c0039, March 2026: answers, of a replaced order among others",
        checked=_CHECKED,
    ),
)
"""Schwab's own pages stand behind a log-in and could not be read."""

ORDER_LIFE = timedelta(days=183)
"""An order good till canceled is kept for six months (schwab-py, `Duration.GOOD_TILL_CANCEL`)."""

LIST_SPAN = timedelta(days=365)
"""How far apart the two ends of a list may lie ("Get all orders for a specific account")."""

_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_ALL_DURATIONS = _RESTING | {TimeInForce.IOC, TimeInForce.FOK}
_LIMIT = frozenset({OrderType.LIMIT})
_OTHERS = frozenset(OrderType) - _LIMIT

SPEC = BrokerSpec(
    slug="SCHWAB",
    name="Charles Schwab",
    description="US stocks and options over the Trader API",
    site="https://www.schwab.com",
    is_paper=False,
    credentials=(
        Credential(name="app_key", label="App key", is_secret=False),
        Credential(name="app_secret", label="App secret"),
        Credential(name="refresh_token", label="Refresh token, not older than seven days"),
    ),
    order_id=re.compile(r"[1-9][0-9]{0,18}"),
    capabilities=Capabilities(
        orders=(
            OrderRow(asset_class=AssetClass.STOCK, order_types=_LIMIT, times_in_force=_ALL_DURATIONS),
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=_LIMIT,
                times_in_force=frozenset({TimeInForce.DAY}),
                extended_hours=True,
            ),
            OrderRow(asset_class=AssetClass.STOCK, order_types=_OTHERS, times_in_force=_RESTING),
            OrderRow(asset_class=AssetClass.OPTION, order_types=_LIMIT, times_in_force=_ALL_DURATIONS),
            OrderRow(asset_class=AssetClass.OPTION, order_types=_LIMIT, times_in_force=_RESTING, legs_max=4),
            OrderRow(asset_class=AssetClass.OPTION, order_types=_OTHERS, times_in_force=_RESTING),
        ),
        groups=frozenset(),
        cancel=CancelAck.ACCEPTED,
        replace=Replace.ATOMIC,
        client_order_ids=False,
    ),
    request_timeout_s=8.0,
    # No document gives a bound. This is a judgement: no gateway keeps for a minute what was given up after
    # eight seconds.
    cancel_settles_s=60.0,
    address="https://api.schwabapi.com",
    # By its users: Schwab's own number is not published. An app can be registered for fewer orders a minute.
    rate_limits=(RateLimit(requests=120, per_s=60.0),),
    history_reach=LIST_SPAN,
    # The document has a field for it, which is absent where an order and its successor were recorded.
    names_successors=False,
    quality=Quality(
        rests_on="Schwab's OpenAPI document, and answers that its users recorded",
        oracles=("schwab-py",),
    ),
    sources=SOURCES,
)
"""Which types go with which durations no document says: what its schema has one by one is claimed, and Schwab
may refuse a pair."""
