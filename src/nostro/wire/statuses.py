"""SnapTrade's words for domain values, and the domain values for the words that callers send.

Source of the outgoing words: the published OpenAPI file (AccountOrderRecordStatus,
AccountOrderRecordStatusV2, Action, ActionStrictV2). Incoming words are read with case and underscores
ignored, because the generations of SnapTrade's forms spell the same word as `StopLimit`, `STOP_LOSS_LIMIT`
and `stop_limit`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from nostro.domain.instrument import AssetClass
from nostro.domain.order import (
    GroupRole,
    GroupType,
    Leg,
    Order,
    OrderStatus,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)


class StatusWords(NamedTuple):
    """One status in SnapTrade's three places."""

    v1: str
    """`AccountOrderRecord.status`."""
    v2: str
    """`AccountOrderRecordV2.status`: v2's words, but `PARTIAL`, as its published enum is v1's."""
    v2_leg: str
    """`AccountOrderRecordLeg.status`."""


def _same(word: str) -> StatusWords:
    return StatusWords(word, word, word)


STATUS_WORDS: Mapping[OrderStatus, StatusWords] = MappingProxyType(
    {
        OrderStatus.PENDING_NEW: _same("PENDING"),
        OrderStatus.NEW: StatusWords("ACCEPTED", "PENDING", "PENDING"),
        OrderStatus.PARTIALLY_FILLED: StatusWords("PARTIAL", "PARTIAL", "PARTIALLY_EXECUTED"),
        OrderStatus.FILLED: _same("EXECUTED"),
        OrderStatus.PENDING_CANCEL: _same("CANCEL_PENDING"),
        OrderStatus.CANCELED: _same("CANCELED"),
        OrderStatus.PENDING_REPLACE: _same("REPLACE_PENDING"),
        OrderStatus.REPLACED: _same("REPLACED"),
        OrderStatus.REJECTED: _same("REJECTED"),
        OrderStatus.EXPIRED: _same("EXPIRED"),
        OrderStatus.SUSPENDED: StatusWords("SUSPENDED", "PENDING", "PENDING"),
        OrderStatus.STOPPED: StatusWords("STOPPED", "PENDING", "PENDING"),
        OrderStatus.HELD: StatusWords("CONTINGENT_ORDER", "PENDING", "PENDING"),
        OrderStatus.PENDING_REVIEW: StatusWords("PENDING_RISK_REVIEW", "PENDING", "PENDING"),
        # Neither enum has a word for "not known". PENDING keeps a caller watching; NONE reads as "no order".
        OrderStatus.UNRECOGNIZED: _same("PENDING"),
    }
)
PARTIAL_CANCELED = _same("PARTIAL_CANCELED")


def status_words(order: Order) -> StatusWords:
    """Say the order's status in SnapTrade's words; a cancelled order with fills is PARTIAL_CANCELED."""
    if order.status is OrderStatus.CANCELED and order.filled_quantity > 0:
        return PARTIAL_CANCELED
    return STATUS_WORDS[order.status]


ORDER_TYPE_V1: Mapping[OrderType, str] = MappingProxyType(
    {
        OrderType.MARKET: "Market",
        OrderType.LIMIT: "Limit",
        OrderType.STOP: "Stop",
        OrderType.STOP_LIMIT: "StopLimit",
    }
)
TIME_IN_FORCE_V1: Mapping[TimeInForce, str] = MappingProxyType(
    {
        TimeInForce.DAY: "Day",
        TimeInForce.GTC: "GTC",
        TimeInForce.FOK: "FOK",
        TimeInForce.IOC: "IOC",
        TimeInForce.GTD: "GTD",
    }
)


def action_v1(leg: Leg) -> str:
    """Say what a leg does as v1 records do.

    That is `BUY_OPEN` for options, `SELL_SHORT` or `BUY_COVER` for known shorts.
    """
    side = leg.side.name
    if leg.position_effect is None:
        return side
    if leg.instrument.asset_class is AssetClass.OPTION:
        return f"{side}_{leg.position_effect.name}"
    return _short_aware(leg.side, leg.position_effect)


def action_v2(leg: Leg) -> str:
    """Say what a leg does as v2 records do: like v1, but `BUY_TO_OPEN` for options."""
    if leg.instrument.asset_class is AssetClass.OPTION and leg.position_effect is not None:
        return f"{leg.side.name}_TO_{leg.position_effect.name}"
    return action_v1(leg)


def _short_aware(side: Side, effect: PositionEffect) -> str:
    match side, effect:
        case Side.SELL, PositionEffect.OPEN:
            return "SELL_SHORT"
        case Side.BUY, PositionEffect.CLOSE:
            return "BUY_COVER"
        case _:
            return side.name


ORDER_TYPES: Mapping[str, OrderType] = MappingProxyType(
    {
        "Market": OrderType.MARKET,
        "Limit": OrderType.LIMIT,
        "Stop": OrderType.STOP,
        "StopLimit": OrderType.STOP_LIMIT,
        "STOP_LOSS_MARKET": OrderType.STOP,
        "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
    }
)
TIMES_IN_FORCE: Mapping[str, TimeInForce] = MappingProxyType(
    {text: time_in_force for time_in_force, text in TIME_IN_FORCE_V1.items()}
)
ACTIONS: Mapping[str, tuple[Side, PositionEffect | None]] = MappingProxyType(
    {
        "BUY": (Side.BUY, None),
        "SELL": (Side.SELL, None),
        "BUY_TO_OPEN": (Side.BUY, PositionEffect.OPEN),
        "BUY_TO_CLOSE": (Side.BUY, PositionEffect.CLOSE),
        "SELL_TO_OPEN": (Side.SELL, PositionEffect.OPEN),
        "SELL_TO_CLOSE": (Side.SELL, PositionEffect.CLOSE),
    }
)
PRICE_EFFECTS: Mapping[str, PriceEffect] = MappingProxyType({effect.name: effect for effect in PriceEffect})
SESSIONS: Mapping[str, bool] = MappingProxyType({"REGULAR": False, "EXTENDED": True})
"""Trading session to "extended hours too"."""
GROUP_TYPES: Mapping[str, GroupType] = MappingProxyType({group.name: group for group in GroupType})
GROUP_ROLES: Mapping[str, GroupRole] = MappingProxyType({role.name: role for role in GroupRole})
