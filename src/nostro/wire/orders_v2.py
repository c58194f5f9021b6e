"""Order records of the second generation: one record per order, with its legs."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from nostro.domain.instrument import AssetClass
from nostro.domain.order import Leg, Order, Side
from nostro.wire.orders_v1 import leg_price, leg_quantity
from nostro.wire.reference import wire_symbol
from nostro.wire.statuses import action_v2, status_words
from nostro.wire.values import optional_text

_ASSET_TYPES = {
    AssetClass.STOCK: "EQUITY",
    AssetClass.ETF: "EQUITY",
    AssetClass.OPTION: "OPTION",
    AssetClass.CRYPTO: "CRYPTO",
    AssetClass.FUTURE: "FUTURE",
}
"""SnapTrade documents EQUITY, OPTION and CRYPTO; the field is an open string."""


class LegInstrument(Struct, kw_only=True, frozen=True):
    symbol: str
    description: str
    asset_type: str
    exchange_mic_code: str | UnsetType
    figi_code: str | None = None


class AccountOrderRecordLeg(Struct, kw_only=True, frozen=True):
    leg_id: str | None = None
    instrument: LegInstrument
    action: str
    execution_price: str | None
    total_quantity: str | None
    canceled_quantity: str | None
    filled_quantity: str | None
    status: str | None


class AccountOrderRecordV2(Struct, kw_only=True, frozen=True):
    """One order. `price_currency` was called `quote_currency` before SDK 12: both are written."""

    brokerage_order_id: str
    brokerage_group_order_id: str | None
    order_role: str | UnsetType
    """Left out where the order is in no group: SDKs before 12 do not take null here."""
    status: str
    order_type: str | None
    time_in_force: str
    time_placed: datetime
    time_executed: datetime | None
    price_currency: str
    quote_currency: str
    price_effect: str
    execution_price: str | None
    limit_price: str | None
    stop_price: str | None
    trailing_stop: None = None
    legs: tuple[AccountOrderRecordLeg, ...]


class AccountOrdersV2Response(Struct, kw_only=True, frozen=True):
    orders: tuple[AccountOrderRecordV2, ...]


def render_order_v2(order: Order) -> AccountOrderRecordV2:
    currency = order.legs[0].instrument.currency
    return AccountOrderRecordV2(
        brokerage_order_id=order.brokerage_order_id,
        brokerage_group_order_id=order.group_id,
        order_role=UNSET if order.group_role is None else order.group_role.name,
        status=status_words(order).v2,
        order_type=order.order_type and order.order_type.name,
        time_in_force="" if order.time_in_force is None else order.time_in_force.name,
        time_placed=order.placed_at,
        time_executed=order.filled_at,
        price_currency=currency,
        quote_currency=currency,
        price_effect=_price_effect(order),
        execution_price=optional_text(order.average_price),
        limit_price=optional_text(order.limit_price),
        stop_price=optional_text(order.stop_price),
        legs=tuple(_render_leg(order, leg) for leg in order.legs),
    )


def render_orders_v2(orders: Iterable[Order]) -> AccountOrdersV2Response:
    return AccountOrdersV2Response(orders=tuple(render_order_v2(order) for order in orders))


def _price_effect(order: Order) -> str:
    """Name the direction of the net price.

    A single leg's follows from its side, a multi-leg order's must be known.
    """
    if order.price_effect is not None:
        return order.price_effect.name
    if len(order.legs) > 1:
        return "UNKNOWN"
    return "DEBIT" if order.legs[0].side is Side.BUY else "CREDIT"


def _render_leg(order: Order, leg: Leg) -> AccountOrderRecordLeg:
    instrument = leg.instrument
    return AccountOrderRecordLeg(
        instrument=LegInstrument(
            symbol=wire_symbol(instrument),
            description=instrument.description,
            asset_type=_ASSET_TYPES[instrument.asset_class],
            exchange_mic_code=instrument.exchange_mic or UNSET,
        ),
        action=action_v2(leg),
        execution_price=leg_price(order, leg),
        total_quantity=leg_quantity(order.quantity, leg),
        canceled_quantity=leg_quantity(order.canceled_quantity, leg),
        filled_quantity=leg_quantity(order.filled_quantity, leg),
        status=status_words(order).v2_leg,
    )
