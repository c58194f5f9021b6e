"""What is asked of Coinbase, and what it answers.

Shapes: the pages "Create Order" and "Cancel Orders" of its API reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from nostro.brokers.coinbase.wire import write_time
from nostro.brokers.reply import Unreadable, read
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderType, Side, TimeInForce
from nostro.domain.place import NewOrder

_CONFIGURATIONS: Mapping[tuple[OrderType, TimeInForce], str] = {
    (OrderType.MARKET, TimeInForce.FOK): "market_market_fok",
    (OrderType.LIMIT, TimeInForce.GTC): "limit_limit_gtc",
    (OrderType.LIMIT, TimeInForce.GTD): "limit_limit_gtd",
    (OrderType.LIMIT, TimeInForce.FOK): "limit_limit_fok",
    (OrderType.LIMIT, TimeInForce.IOC): "sor_limit_ioc",
    (OrderType.STOP_LIMIT, TimeInForce.GTC): "stop_limit_stop_limit_gtc",
    (OrderType.STOP_LIMIT, TimeInForce.GTD): "stop_limit_stop_limit_gtd",
}
_RESTING = ("limit_limit_gtc", "limit_limit_gtd")


class CancelResult(msgspec.Struct, kw_only=True):
    order_id: str
    success: bool
    failure_reason: str | None = None


class _CancelBody(msgspec.Struct):
    results: tuple[CancelResult, ...]


class _PlaceSuccess(msgspec.Struct, kw_only=True):
    order_id: str
    client_order_id: str


class _PlaceError(msgspec.Struct, kw_only=True):
    error: str | None = None
    message: str | None = None
    error_details: str | None = None
    preview_failure_reason: str | None = None
    new_order_failure_reason: str | None = None


class _PlaceBody(msgspec.Struct, kw_only=True):
    success: bool
    success_response: _PlaceSuccess | None = None
    error_response: _PlaceError | None = None


class Failure(msgspec.Struct, kw_only=True):
    """What a reply says that is not a success."""

    error: str
    message: str | None = None
    error_details: str | None = None

    @property
    def words(self) -> str:
        return self.message or self.error_details or self.error


@dataclass(frozen=True, slots=True)
class Taken:
    """Coinbase made an order."""

    order_id: BrokerageOrderId
    client_order_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Coinbase named why not."""

    message: str


def read_cancel(body: bytes) -> CancelResult:
    """Read the one result of a cancel that named one order; raises Unreadable for none and for several."""
    results = read(body, _CancelBody).results
    if len(results) != 1:
        raise Unreadable(f"one order was to be canceled, and the reply tells of {len(results)}")
    return results[0]


def read_receipt(body: bytes) -> Taken | Refused:
    """Read the answer to a placement; raises Unreadable for one that neither took nor refused it."""
    said = read(body, _PlaceBody)
    made, error = said.success_response, said.error_response
    if said.success and made is not None and error is None:
        return Taken(BrokerageOrderId(made.order_id), made.client_order_id)
    if said.success or made is not None or error is None:
        raise Unreadable("the reply neither takes the order nor refuses it")
    named = (error.error, error.new_order_failure_reason, error.preview_failure_reason)
    words = [error.message, error.error_details, *(each for each in named if not _is_nothing(each))]
    message = next((each for each in words if each), "")
    if not message:
        raise Unreadable("the order is refused for no reason")
    return Refused(message)


def write_order(order: NewOrder) -> bytes | None:
    """Spell a new order; None for one of a kind that Coinbase does not have."""
    [leg] = order.legs
    # A market order is over at once, whatever time it is given.
    usual = "market_market_ioc" if order.order_type is OrderType.MARKET else None
    shape = _CONFIGURATIONS.get((order.order_type, order.time_in_force), usual)
    if shape is None:
        return None
    terms: dict[str, Any] = {
        "base_size": _number(order.quantity),
        "quote_size": _number(order.notional),
        "limit_price": _number(order.limit_price),
        "stop_price": _number(order.stop_price),
        "end_time": None if order.expires_at is None else write_time(order.expires_at),
        "post_only": False if shape in _RESTING else None,
    }
    if order.stop_price is not None:
        # A stop follows the market: to buy once it rises, to sell once it falls.
        is_buy = leg.side is Side.BUY
        terms["stop_direction"] = "STOP_DIRECTION_STOP_UP" if is_buy else "STOP_DIRECTION_STOP_DOWN"
    document = {
        "client_order_id": order.client_order_id,
        "product_id": leg.symbol.replace("/", "-"),
        "side": leg.side.value.upper(),
        "order_configuration": {shape: {name: each for name, each in terms.items() if each is not None}},
    }
    return msgspec.json.encode(document)


def _is_nothing(word: str | None) -> bool:
    """Say whether a word is the one of its list that stands for none: UNKNOWN_FAILURE_REASON."""
    return not word or word.startswith("UNKNOWN_")


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
