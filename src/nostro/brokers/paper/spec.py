"""What the embedded brokerage is. Source of every fact: `nostro/sim/`."""

import re

from nostro.brokers.spec import BrokerSpec, Credential, Quality
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.instrument import AssetClass
from nostro.domain.order import GroupType, OrderType, TimeInForce

_STOPPED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD})


def _rows(asset_class: AssetClass, *, fractionable: bool = False, legs_max: int = 1) -> tuple[OrderRow, ...]:
    return (
        OrderRow(
            asset_class=asset_class,
            order_types=frozenset({OrderType.MARKET}),
            times_in_force=frozenset(TimeInForce),
            fractional=fractionable,
            notional=fractionable,
            extended_hours=True,
            legs_max=legs_max,
        ),
        OrderRow(
            asset_class=asset_class,
            order_types=frozenset({OrderType.LIMIT}),
            times_in_force=frozenset(TimeInForce),
            fractional=fractionable,
            extended_hours=True,
            legs_max=legs_max,
        ),
        OrderRow(
            asset_class=asset_class,
            order_types=_STOPPED,
            times_in_force=_RESTING,
            fractional=fractionable,
            extended_hours=True,
        ),
    )


SPEC = BrokerSpec(
    slug="PAPER",
    name="nostro Paper",
    description="An embedded brokerage with invented prices and no real money",
    site="",
    is_paper=True,
    credentials=(Credential(name="api_key", label="API key"),),
    order_id=re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    capabilities=Capabilities(
        orders=(
            *_rows(AssetClass.STOCK, fractionable=True),
            *_rows(AssetClass.ETF, fractionable=True),
            *_rows(AssetClass.CRYPTO, fractionable=True),
            *_rows(AssetClass.OPTION, legs_max=4),
            *_rows(AssetClass.FUTURE),
        ),
        groups=frozenset(GroupType),
        cancel=CancelAck.CONFIRMED,
        replace=Replace.ATOMIC,
        client_order_ids=True,
    ),
    request_timeout_s=2.0,
    cancel_settles_s=1.0,
    look_interval_s_max=1.0,
    quality=Quality(rests_on="its own exchange, `nostro/sim`, which it was written with", oracles=()),
)
