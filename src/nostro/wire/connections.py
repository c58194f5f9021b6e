"""Brokerages, and connections to them (SnapTrade's "brokerage authorizations")."""

from datetime import datetime

from msgspec import Struct

from nostro.brokers.spec import BrokerSpec
from nostro.domain.connection import Connection
from nostro.domain.instrument import AssetClass
from nostro.wire.values import stable_id


class BrokerageType(Struct, kw_only=True, frozen=True):
    id: str
    name: str


class Brokerage(Struct, kw_only=True, frozen=True):
    id: str
    slug: str
    name: str
    display_name: str
    description: str
    aws_s3_logo_url: str
    aws_s3_square_logo_url: str | None
    url: str | None
    enabled: bool = True
    maintenance_mode: bool = False
    is_degraded: bool = False
    allows_trading: bool
    allows_fractional_units: bool
    has_reporting: bool = False
    is_real_time_connection: bool = True
    brokerage_type: BrokerageType
    exchanges: tuple[str, ...] = ()
    open_url: str | None = None


class BrokerageAuthorization(Struct, kw_only=True, frozen=True):
    """Without `data_freshness_mode`, which is optional: text in older SDKs, an object in newer ones."""

    id: str
    created_date: datetime
    brokerage: Brokerage
    name: str
    type: str
    disabled: bool
    disabled_date: datetime | None
    meta: dict[str, object] = {}
    updated_date: datetime
    is_eligible_for_payout: bool = False


class Confirmation(Struct, kw_only=True, frozen=True):
    """What refresh, transactions sync and disable answer."""

    detail: str


class DeleteConnectionConfirmation(Struct, kw_only=True, frozen=True):
    detail: str
    connection_id: str


def brokerage_id(slug: str) -> str:
    return stable_id("brokerage", slug)


def render_brokerage(spec: BrokerSpec, logo_url: str) -> Brokerage:
    """Render a brokerage; `logo_url` is absolute, as old SDKs fetch it as it stands."""
    rows = spec.capabilities.orders
    is_crypto_only = bool(rows) and all(row.asset_class is AssetClass.CRYPTO for row in rows)
    kind = "Cryptocurrency Exchange" if is_crypto_only else "Traditional Brokerage"
    return Brokerage(
        id=brokerage_id(spec.slug),
        slug=spec.slug,
        name=spec.name,
        display_name=spec.name,
        description=spec.description,
        aws_s3_logo_url=logo_url,
        aws_s3_square_logo_url=logo_url,
        url=spec.site or None,
        allows_trading=bool(rows),
        allows_fractional_units=any(row.fractional for row in rows),
        brokerage_type=BrokerageType(id=stable_id("brokerage_type", kind), name=kind),
    )


def render_connection(connection: Connection, brokerage: Brokerage) -> BrokerageAuthorization:
    return BrokerageAuthorization(
        id=connection.connection_id,
        created_date=connection.created_at,
        brokerage=brokerage,
        name=connection.name,
        type=connection.type.value,
        disabled=connection.disabled_at is not None,
        disabled_date=connection.disabled_at,
        updated_date=connection.updated_at,
    )


def render_refreshed(connection_id: str) -> Confirmation:
    return Confirmation(detail=f"Connection {connection_id} scheduled for refresh")


def render_disabled(connection_id: str) -> Confirmation:
    return Confirmation(detail=f"Connection {connection_id} has been disabled")


def render_deleted(connection_id: str) -> DeleteConnectionConfirmation:
    return DeleteConnectionConfirmation(
        detail="Connection and its credentials were deleted.", connection_id=connection_id
    )
