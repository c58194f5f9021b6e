"""Schwab's orders: which fields there are, and what stands in them.

Numbers are JSON numbers, times have seconds and `+0000`, what is absent is left out. As z-Wind/schwab_api
01c0039 recorded (`tests/model/Trader/Orders_real.json`): the end of an order is an activity of its own,
CANCELED at the price 0.0, for a successor too, and what remains of it is then nothing. Of an order that was
replaced and its successor neither names the other, though the portal's file has a field for it.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from nostro.brokers.transport import Reply
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import (
    Leg,
    Order,
    OrderStatus,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewLeg
from nostro.sim.face import reply

Document = dict[str, Any]
"""A JSON object."""

TRADED = (AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION)
HOST = "https://api.schwabapi.com"

_NAMES = UUID("d4a7b6c2-54a1-4d5e-a9ce-7f4ad0c8e6f1")
_TAG = "TA_simbroker"
"""Of all orders: Schwab puts the app's name here, and takes none from the customer."""

_WORDS = {
    OrderStatus.PENDING_CANCEL: "PENDING_CANCEL",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.REPLACED: "REPLACED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.REJECTED: "REJECTED",
    OrderStatus.HELD: "AWAITING_PARENT_ORDER",
}
STATUSES = frozenset(
    {
        *_WORDS.values(),
        "ACCEPTED",
        "AWAITING_CONDITION",
        "AWAITING_MANUAL_REVIEW",
        "AWAITING_RELEASE_TIME",
        "AWAITING_STOP_CONDITION",
        "AWAITING_UR_OUT",
        "NEW",
        "PENDING_ACKNOWLEDGEMENT",
        "PENDING_ACTIVATION",
        "PENDING_RECALL",
        "PENDING_REPLACE",
        "QUEUED",
        "UNKNOWN",
        "WORKING",
    }
)
"""All words that a list can be asked for."""
_ORDER_TYPES = {
    None: "UNKNOWN",
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP",
    OrderType.STOP_LIMIT: "STOP_LIMIT",
}
_NET_TYPES = {
    PriceEffect.DEBIT: "NET_DEBIT",
    PriceEffect.CREDIT: "NET_CREDIT",
    PriceEffect.EVEN: "NET_ZERO",
}
_DURATIONS = {
    None: "UNKNOWN",
    TimeInForce.DAY: "DAY",
    TimeInForce.GTC: "GOOD_TILL_CANCEL",
    TimeInForce.GTD: "GOOD_TILL_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
}
_STOCK_INSTRUCTIONS = {
    (Side.SELL, PositionEffect.OPEN): "SELL_SHORT",
    (Side.BUY, PositionEffect.CLOSE): "BUY_TO_COVER",
}


def created(account: str, order: Order) -> Reply:
    """Say where a new order is, which is all that Schwab says; of one that filled at once it is not said."""
    if order.status is OrderStatus.FILLED:
        return Reply(201, b"")
    path = f"/trader/v1/accounts/{hash_of(account)}/orders/{order.brokerage_order_id}"
    return Reply(201, b"", {"location": HOST + path})


def make_id(*parts: object) -> UUID:
    """Give the same id for the same parts, always."""
    return uuid5(_NAMES, ":".join(map(str, parts)))


def integer(made: UUID, digits: int) -> int:
    """Make a number of so many digits."""
    least = 10 ** (digits - 1)
    return int(least + made.int % (9 * least))


def hash_of(account: str) -> str:
    """Name an account as paths do: by 64 digits, in capitals."""
    return sha256(f"schwab:{account}".encode()).hexdigest().upper()


def number_of(account: str) -> str:
    """Give an account's number the form it has here: eight digits."""
    is_number = len(account) == 8 and account.isdecimal()
    return account if is_number else str(integer(make_id("account", account), digits=8))


def number(value: Decimal | None) -> float:
    return float(value or 0)


def time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


# Orders


def word_of(order: Order) -> str:
    is_waiting = order.status is OrderStatus.NEW and order.order_type is OrderType.STOP
    return "AWAITING_STOP_CONDITION" if is_waiting else _WORDS.get(order.status, "WORKING")


def write_order(order: Order, account: str) -> Document:
    is_open = not order.status.is_closed and order.status is not OrderStatus.PENDING_CANCEL
    order_id = order.brokerage_order_id
    document = {
        **write_terms(order),
        "complexOrderStrategyType": strategy_of(order),
        "requestedDestination": "AUTO",
        "destinationLinkName": "AutoRoute",
        "orderLegCollection": [_write_leg(order, leg, index) for index, leg in enumerate(order.legs, 1)],
        "orderStrategyType": "SINGLE",
        "orderId": int(order_id) if order_id.isdecimal() else order_id,
        "cancelable": is_open,
        "editable": is_open,
        "status": word_of(order),
        "enteredTime": time(order.placed_at),
        "tag": _TAG,
        "accountNumber": int(number_of(account)),
    }
    if order.status.is_closed:
        document["closeTime"] = time(order.updated_at)
    if order.status is OrderStatus.REJECTED:
        document["statusDescription"] = order.reject_reason or "Rejected"
    if activities := list(_activities(order)):
        document["orderActivityCollection"] = activities
    return document


def write_terms(order: Order) -> Document:
    """Spell what an order and the preview of one have in common."""
    terms: Document = {
        "session": "SEAMLESS" if order.extended_hours else "NORMAL",
        "duration": _DURATIONS[order.time_in_force],
        "orderType": _ORDER_TYPES[order.order_type],
        "quantity": number(order.quantity),
        "filledQuantity": number(order.filled_quantity),
        "remainingQuantity": number(order.open_quantity),
    }
    if order.price_effect is not None and order.order_type is OrderType.LIMIT:
        terms["orderType"] = _NET_TYPES[order.price_effect]
    if order.limit_price is not None:
        terms["price"] = number(order.limit_price)
    if order.stop_price is not None:
        terms |= {"stopPrice": number(order.stop_price), "stopType": "STANDARD"}
    if order.expires_at is not None:
        terms["cancelTime"] = time(order.expires_at)
    return terms


def strategy_of(order: Order) -> str:
    """Name what several legs are together, as far as they show it."""
    if len(order.legs) == 1:
        return "NONE"
    contracts = [leg.instrument.option for leg in order.legs]
    kinds = {(each.expires_on, each.right) for each in contracts if each is not None}
    are_equal = all(leg.ratio == 1 for leg in order.legs)
    sides = {leg.side for leg in order.legs}
    is_vertical = len(order.legs) == len(sides) == 2 and len(kinds) == 1 and are_equal
    return "VERTICAL" if is_vertical else "CUSTOM"


def _write_leg(order: Order, leg: Leg, leg_id: int) -> Document:
    return {
        "orderLegType": "EQUITY" if leg.instrument.option is None else "OPTION",
        "legId": leg_id,
        "instrument": write_instrument(leg.instrument),
        **write_way(leg),
        "quantity": number((order.quantity or Decimal(0)) * leg.ratio),
    }


def effect_of(leg: Leg | NewLeg) -> PositionEffect:
    """Say what a leg does to a position; where it is not said, a buy opens and a sell closes one."""
    return leg.position_effect or (PositionEffect.OPEN if leg.side is Side.BUY else PositionEffect.CLOSE)


def write_way(leg: Leg) -> Document:
    effect = effect_of(leg)
    if leg.instrument.option is None:
        instruction = _STOCK_INSTRUCTIONS.get((leg.side, effect), leg.side.upper())
    else:
        instruction = f"{leg.side}_to_{effect}".upper()
    word = "OPENING" if effect is PositionEffect.OPEN else "CLOSING"
    return {"instruction": instruction, "positionEffect": word}


def _activities(order: Order) -> Iterator[Document]:
    filled = order.filled_quantity
    left = (order.quantity or filled) - filled
    if order.filled_at is not None:
        yield _activity(order, "FILL", filled, left, order.filled_at)
    if order.status is OrderStatus.CANCELED:
        yield _activity(order, "CANCELED", left, Decimal(0), order.updated_at)
    elif order.status is OrderStatus.REPLACED:
        yield _activity(order, "CANCELED", left, left, order.updated_at)


def _activity(order: Order, kind: str, quantity: Decimal, left: Decimal, at: datetime) -> Document:
    return {
        "activityType": "EXECUTION",
        "activityId": integer(make_id("activity", kind, order.brokerage_order_id), digits=12),
        "executionType": kind,
        "quantity": number(quantity),
        "orderRemainingQuantity": number(left),
        "executionLegs": [
            {
                "legId": leg_id,
                "quantity": number(quantity * leg.ratio),
                "mismarkedQuantity": 0.0,
                "price": number(leg.average_price) if kind == "FILL" else 0.0,
                "time": time(at),
                "instrumentId": instrument_id(leg.instrument),
            }
            for leg_id, leg in enumerate(order.legs, 1)
        ],
    }


def about_another_order(true: Reply) -> Reply:
    """Name, in place of each order, one that differs in the last digit of its id."""
    if "location" in true.headers:
        url = true.headers["location"]
        return replace(true, headers={**true.headers, "location": url[:-1] + _other(url[-1])})
    document = json.loads(true.body or "null")
    for order in document if isinstance(document, list) else [document or {}]:
        if "orderId" in order:
            text = str(order["orderId"])
            order["orderId"] = int(text[:-1] + _other(text[-1]))
    return reply(true.status, document) if true.body else true


def _other(digit: str) -> str:
    return "1" if digit == "0" else "0"


# What is traded


def instrument_id(instrument: Instrument) -> int:
    return integer(make_id("instrument", instrument.symbol), digits=8)


def write_instrument(instrument: Instrument) -> Document:
    document = {
        "assetType": "EQUITY",
        "symbol": instrument.symbol,
        "description": instrument.description,
        "instrumentId": instrument_id(instrument),
    }
    option = instrument.option
    if instrument.asset_class is AssetClass.ETF:
        return document | {"assetType": "COLLECTIVE_INVESTMENT", "type": "EXCHANGE_TRADED_FUND"}
    if option is None:
        return document
    return document | {
        "assetType": "OPTION",
        "type": "VANILLA",
        "putCall": option.right.upper(),
        "underlyingSymbol": option.underlying,
        "optionDeliverables": [
            {"symbol": option.underlying, "deliverableUnits": number(instrument.multiplier)}
        ],
    }
