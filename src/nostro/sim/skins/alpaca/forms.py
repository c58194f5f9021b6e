"""What Alpaca takes: bodies of POST and PATCH, and its rules on them, in its own words where they are known.

The rules: docs.alpaca.markets, options, and alpacahq/alpaca-docs `content/trading/orders.md`; times
in force of each class: alpacahq/alpaca-py `TimeInForce`, and of options the changelog of 2026-08-28.
All else the exchange judges by itself.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec

from nostro.domain.ids import ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Order,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewGroup, NewGroupMember, NewLeg, NewOrder, Replacement
from nostro.sim.refusals import Malformed, Refused

Intent = Literal["buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"]
Find = Callable[[str], Instrument]
"""Finds what a symbol names; raises UnknownSymbol."""

T = TypeVar("T", bound="_Form")

_CLIENT_ID_LENGTH_MAX = 128
_SIMPLE = (None, "", "simple")


class _Form(msgspec.Struct, kw_only=True):
    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not value.is_finite():
                raise ValueError(f"invalid {name}")


class TakeProfit(_Form, kw_only=True):
    limit_price: Decimal | None = None


class StopLoss(_Form, kw_only=True):
    stop_price: Decimal | None = None
    limit_price: Decimal | None = None


class LegForm(_Form, kw_only=True):
    symbol: str
    ratio_qty: Decimal
    side: Side | None = None
    position_intent: Intent | None = None


class OrderForm(_Form, kw_only=True):
    symbol: str | None = None
    qty: Decimal | None = None
    notional: Decimal | None = None
    side: Side | None = None
    type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool | None = None
    client_order_id: str | None = None
    order_class: Literal["", "simple", "bracket", "oco", "oto", "mleg"] | None = None
    take_profit: TakeProfit | None = None
    stop_loss: StopLoss | None = None
    legs: list[LegForm] | None = None
    position_intent: Intent | None = None


class PatchForm(_Form, kw_only=True):
    qty: Decimal | None = None
    time_in_force: TimeInForce | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    client_order_id: str | None = None


def read(body: bytes, form: type[T]) -> T:
    """Read a body; raises Malformed for what is no JSON, and Refused for what does not fit."""
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        raise Refused(f"invalid request: {error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("request body format is invalid") from error


# New orders

_OPTION_TIMES = (TimeInForce.DAY, TimeInForce.GTC)


def read_new(body: bytes, find: Find, name: Callable[[int], str]) -> NewOrder | NewGroup:
    """Read an order, or a group of them; `name` gives client order ids where there are none.

    Raises Refused.
    """
    form = read(body, OrderForm)
    if form.time_in_force is TimeInForce.GTD:
        raise Refused("invalid time_in_force")
    if len(form.client_order_id or "") > _CLIENT_ID_LENGTH_MAX:
        raise Refused(f"client_order_id must be no more than {_CLIENT_ID_LENGTH_MAX} characters")
    client_order_id = ClientOrderId(form.client_order_id or name(0))
    if form.order_class == "mleg":
        return _multi_leg(form, find, client_order_id)
    instrument = find(form.symbol or "")
    if instrument.asset_class is AssetClass.OPTION:
        _check_option(form)
    elif instrument.asset_class is AssetClass.CRYPTO:
        _check_crypto(form)
    entry = _single(form, instrument, client_order_id)
    if form.order_class in _SIMPLE:
        return entry
    return _group(form, entry, name)


def _single(form: OrderForm, instrument: Instrument, client_order_id: ClientOrderId) -> NewOrder:
    side, effect = _way(form.side, form.position_intent)
    return NewOrder(
        legs=(NewLeg(symbol=instrument.symbol, side=side, position_effect=effect),),
        order_type=form.type,
        time_in_force=form.time_in_force,
        quantity=form.qty,
        notional=form.notional,
        limit_price=form.limit_price,
        stop_price=form.stop_price,
        extended_hours=bool(form.extended_hours),
        client_order_id=client_order_id,
    )


def _check_option(form: OrderForm) -> None:
    if form.order_class not in _SIMPLE:
        raise Refused("complex orders not supported for options trading")
    if form.time_in_force not in _OPTION_TIMES:
        raise Refused("order_time_in_force provided not supported for options trading")
    if form.extended_hours:
        raise Refused("extended hours is not supported for options trading")
    if form.notional is not None:
        raise Refused("notional orders are not supported for options trading")
    if form.qty is not None and form.qty != form.qty.to_integral_value():
        raise Refused("qty must be integer for options trading")


def _check_crypto(form: OrderForm) -> None:
    if form.order_class not in _SIMPLE:
        raise Refused("crypto orders must be simple orders")
    if form.time_in_force not in (TimeInForce.GTC, TimeInForce.IOC):
        raise Refused("invalid crypto time_in_force")
    if form.type is OrderType.STOP:
        raise Refused("invalid order type for crypto order")


def _multi_leg(form: OrderForm, find: Find, client_order_id: ClientOrderId) -> NewOrder:
    legs = []
    for asked in form.legs or []:
        side, effect = _way(asked.side, asked.position_intent)
        symbol = find(asked.symbol).symbol
        legs.append(NewLeg(symbol=symbol, side=side, position_effect=effect, ratio=asked.ratio_qty))
    if len(legs) < 2:
        raise Refused("mleg orders must have at least 2 legs")
    if form.time_in_force not in _OPTION_TIMES:
        raise Refused("invalid time in force")
    if form.type is OrderType.LIMIT and form.limit_price is None:
        raise Refused("limit price is required for limit orders")
    price = form.limit_price
    return NewOrder(
        legs=tuple(legs),
        order_type=form.type,
        time_in_force=form.time_in_force,
        quantity=form.qty,
        limit_price=None if price is None else abs(price),
        price_effect=None if price is None else _effect(price),
        client_order_id=client_order_id,
    )


def _effect(price: Decimal) -> PriceEffect:
    if not price:
        return PriceEffect.EVEN
    return PriceEffect.DEBIT if price > 0 else PriceEffect.CREDIT


def _way(side: Side | None, intent: Intent | None) -> tuple[Side, PositionEffect | None]:
    if intent is None:
        if side is None:
            raise Refused("side is required")
        return side, None
    meant, _, effect = intent.partition("_to_")
    if side not in (None, Side(meant)):
        raise Refused(f"position intent mismatch, inferred: {side}, specified: {intent}")
    return Side(meant), PositionEffect(effect)


def _group(form: OrderForm, entry: NewOrder, name: Callable[[int], str]) -> NewGroup:
    """Make a bracket, an OCO or an OTO; their second halves close what the entry opens."""
    if form.extended_hours:
        raise Refused("extended hours orders must be simple orders")
    if form.time_in_force not in (TimeInForce.DAY, TimeInForce.GTC):
        raise Refused("invalid time_in_force for an advanced order")
    is_oco = form.order_class == "oco"
    if is_oco and form.type is not OrderType.LIMIT:
        raise Refused("oco orders must be limit orders")
    side = entry.legs[0].side
    if not is_oco:
        side = Side.SELL if side is Side.BUY else Side.BUY
    exits = _exits(form, entry, side, name)
    if form.order_class == "oto":
        if len(exits) != 1:
            raise Refused("oto orders must have either take_profit or stop_loss")
        return _grouped(GroupType.OTO, (GroupRole.TRIGGER, entry), (GroupRole.CONDITIONAL, exits[0]))
    if len(exits) != 2:
        raise Refused(f"{form.order_class} orders require both take_profit and stop_loss")
    peers = [(GroupRole.PEER, leg) for leg in exits]
    if is_oco:
        return _grouped(GroupType.OCO, *peers)
    return _grouped(GroupType.OTOCO, (GroupRole.TRIGGER, entry), *peers)


def _exits(form: OrderForm, entry: NewOrder, side: Side, name: Callable[[int], str]) -> list[NewOrder]:
    """Make what takes the profit, then what stops the loss, as far as the form has them."""

    def leg(index: int, kind: OrderType, limit: Decimal | None, stop: Decimal | None) -> NewOrder:
        is_first = form.order_class == "oco" and index == 1
        return NewOrder(
            legs=(NewLeg(symbol=entry.legs[0].symbol, side=side),),
            order_type=kind,
            time_in_force=form.time_in_force,
            quantity=form.qty,
            limit_price=limit,
            stop_price=stop,
            client_order_id=entry.client_order_id if is_first else ClientOrderId(name(index)),
        )

    profit = form.take_profit.limit_price if form.take_profit else None
    stop = form.stop_loss.stop_price if form.stop_loss else None
    if profit is not None and stop is not None and (profit > stop) is not (side is Side.SELL):
        word = ">" if side is Side.SELL else "<"
        raise Refused(f"take_profit.limit_price must be {word} stop_loss.stop_price")
    exits = []
    if profit is not None:
        exits.append(leg(1, OrderType.LIMIT, profit, None))
    if form.stop_loss is not None and stop is not None:
        kind = OrderType.STOP if form.stop_loss.limit_price is None else OrderType.STOP_LIMIT
        exits.append(leg(2, kind, form.stop_loss.limit_price, stop))
    return exits


def _grouped(group_type: GroupType, *members: tuple[GroupRole, NewOrder]) -> NewGroup:
    return NewGroup(
        type=group_type,
        members=tuple(NewGroupMember(role=role, order=order) for role, order in members),
        client_order_id=members[0][1].client_order_id,
    )


# New terms


def read_terms(form: PatchForm, old: Order) -> Replacement:
    """Say the terms of the successor; raises Refused. `form.qty` counts what is filled, too."""
    limit = form.limit_price
    if limit is not None and old.price_effect is not None:
        if limit and _effect(limit) is not old.price_effect:
            raise Refused("invalid limit price")
        limit = abs(limit)
    if form.qty is not None and form.qty <= old.filled_quantity:
        raise Refused("qty must be > filled_qty")
    changes: list[tuple[Any, Any]] = [
        (form.qty, old.quantity),
        (form.time_in_force, old.time_in_force),
        (limit, old.limit_price),
        (form.stop_price, old.stop_price),
    ]
    if all(new in (None, before) for new, before in changes) and form.client_order_id is None:
        raise Refused("order parameters are not changed")
    time_in_force = form.time_in_force or old.time_in_force
    if old.order_type is None or time_in_force is None:  # none that this exchange took
        raise Refused("order is not replaceable")
    return Replacement(
        order_type=old.order_type,
        time_in_force=time_in_force,
        quantity=None if form.qty is None else form.qty - old.filled_quantity,
        limit_price=limit,
        stop_price=form.stop_price,
    )
