"""Order records of the first generation: one record per leg, all with the order's id."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order
from nostro.wire.reference import (
    CURRENCY_NAMES,
    Currency,
    OptionsSymbol,
    UniversalSymbol,
    render_currency,
    render_option,
    render_symbol,
    split_pair,
    symbol_id,
)
from nostro.wire.statuses import ORDER_TYPE_V1, TIME_IN_FORCE_V1, action_v1, status_words
from nostro.wire.values import optional_text


class AccountOrderRecord(Struct, kw_only=True, frozen=True):
    """One leg of one order.

    Quantities and prices are decimal strings; SDKs older than mid-2025 typed them as numbers.
    """

    brokerage_order_id: str
    brokerage_group_order_id: str | None
    order_role: str | UnsetType
    """Left out where the order is in no group: SDKs do not take null here."""
    status: str
    universal_symbol: UniversalSymbol | None
    option_symbol: OptionsSymbol | None
    quote_universal_symbol: UniversalSymbol | UnsetType
    """Left out where it does not apply: SDKs before 12 do not take null here."""
    quote_currency: Currency | None
    action: str
    total_quantity: str | None
    open_quantity: str | None
    canceled_quantity: str | None
    filled_quantity: str | None
    execution_price: str | None
    limit_price: str | None
    stop_price: str | None
    trailing_stop: None = None
    order_type: str | None
    time_in_force: str
    time_placed: datetime
    time_updated: datetime | None
    time_executed: datetime | None
    expiry_date: datetime | None
    symbol: str
    child_brokerage_order_ids: None = None


class RecentOrdersResponse(Struct, kw_only=True, frozen=True):
    orders: tuple[AccountOrderRecord, ...]


class OrderUpdatedResponse(Struct, kw_only=True, frozen=True):
    """What crypto orders, replaces and the cancel of early 2025 answer."""

    brokerage_order_id: str
    order: AccountOrderRecord | None


class MlegOrderResponse(Struct, kw_only=True, frozen=True):
    brokerage_order_id: str
    orders: tuple[AccountOrderRecord, ...]


class ComplexOrderResponse(Struct, kw_only=True, frozen=True):
    """What placing an OCO, OTO or OTOCO answers.

    `orders` is nostro's addition, in the order trigger first.
    """

    type: str
    brokerage_group_order_id: str | None
    orders: tuple[AccountOrderRecord, ...]


class SimpleTradeResponse(Struct, kw_only=True, frozen=True):
    """What `/trading/simple` of SDK 13 answers."""

    brokerage_order_id: str


def render_order(order: Order) -> AccountOrderRecord:
    """Render the first leg: the whole of an order that is not multi-leg."""
    return _render_leg(order, order.legs[0])


def render_legs(order: Order) -> tuple[AccountOrderRecord, ...]:
    """Render one record per leg, in the order of the legs."""
    return tuple(_render_leg(order, leg) for leg in order.legs)


def render_orders(orders: Iterable[Order]) -> tuple[AccountOrderRecord, ...]:
    """Render all legs of all orders, as `GET /accounts/{id}/orders` lists them."""
    return tuple(record for order in orders for record in render_legs(order))


def render_updated(order: Order) -> OrderUpdatedResponse:
    return OrderUpdatedResponse(brokerage_order_id=order.brokerage_order_id, order=render_order(order))


def render_mleg(order: Order) -> MlegOrderResponse:
    return MlegOrderResponse(brokerage_order_id=order.brokerage_order_id, orders=render_legs(order))


def render_group(orders: tuple[Order, ...]) -> ComplexOrderResponse:
    """Render the placed members of one group; their brokerage must have set `group_type`."""
    first = orders[0]
    if first.group_type is None:
        message = "a placed group without a group type"
        raise ValueError(message)
    return ComplexOrderResponse(
        type=first.group_type.name,
        brokerage_group_order_id=first.group_id,
        orders=render_orders(orders),
    )


def _render_leg(order: Order, leg: Leg) -> AccountOrderRecord:
    quote_symbol, quote_currency = _quote(leg.instrument)
    option = leg.instrument.option
    return AccountOrderRecord(
        brokerage_order_id=order.brokerage_order_id,
        brokerage_group_order_id=order.group_id,
        order_role=UNSET if order.group_role is None else order.group_role.name,
        status=status_words(order).v1,
        universal_symbol=render_symbol(leg.instrument) if option is None else None,
        option_symbol=None if option is None else render_option(leg.instrument, option),
        quote_universal_symbol=quote_symbol,
        quote_currency=quote_currency,
        action=action_v1(leg),
        total_quantity=leg_quantity(order.quantity, leg),
        open_quantity=leg_quantity(order.open_quantity, leg),
        canceled_quantity=leg_quantity(order.canceled_quantity, leg),
        filled_quantity=leg_quantity(order.filled_quantity, leg),
        execution_price=leg_price(order, leg),
        limit_price=optional_text(order.limit_price),
        stop_price=optional_text(order.stop_price),
        order_type=None if order.order_type is None else ORDER_TYPE_V1[order.order_type],
        time_in_force="" if order.time_in_force is None else TIME_IN_FORCE_V1[order.time_in_force],
        time_placed=order.placed_at,
        time_updated=order.updated_at,
        time_executed=order.filled_at,
        expiry_date=order.expires_at,
        symbol=symbol_id(leg.instrument),
    )


def leg_quantity(units: Decimal | None, leg: Leg) -> str | None:
    """Say how much of a leg is in `units` of its order."""
    return None if units is None else optional_text(units * leg.ratio)


def leg_price(order: Order, leg: Leg) -> str | None:
    """Say the average fill price of a leg; an order's own average is a leg's only where there is one leg."""
    if leg.average_price is None and len(order.legs) == 1:
        return optional_text(order.average_price)
    return optional_text(leg.average_price)


def _quote(instrument: Instrument) -> tuple[UniversalSymbol | UnsetType, Currency | None]:
    """Name what a crypto pair is quoted in: a cryptocurrency as a symbol, money as a currency."""
    if instrument.asset_class is not AssetClass.CRYPTO:
        return UNSET, None
    quote = split_pair(instrument)[1]
    if quote in CURRENCY_NAMES:
        return UNSET, render_currency(quote)
    coin = Instrument(symbol=quote, asset_class=AssetClass.CRYPTO, currency=quote)
    return render_symbol(coin), None
