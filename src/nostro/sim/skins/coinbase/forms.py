"""What Coinbase takes: the bodies of POST, and its rules on them.

Configurations and their fields: docs.cdp.coinbase.com `create-order`; coinbase/coinbase-advanced-py
`orders.py`. All else the exchange judges by itself.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from nostro.domain.account import Quote
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import OrderType, Side
from nostro.domain.place import NewLeg, NewOrder
from nostro.sim.refusals import Malformed
from nostro.sim.skins.coinbase.orders import KINDS
from nostro.sim.skins.coinbase.refusals import NotTaken
from nostro.sim.skins.coinbase.shapes import BASE_INCREMENT, price_increment

T = TypeVar("T", bound=msgspec.Struct)

_EXACT_BELOW = Decimal(10**9)
"""The exchange takes nothing as large; what is needs no further look."""
_DIRECTIONS = {Side.BUY: "STOP_DIRECTION_STOP_UP", Side.SELL: "STOP_DIRECTION_STOP_DOWN"}


class Terms(msgspec.Struct, kw_only=True):
    base_size: Decimal | None = None
    quote_size: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_direction: str | None = None
    end_time: datetime | None = None
    post_only: bool | None = None

    def __post_init__(self) -> None:
        for name in ("base_size", "quote_size", "limit_price", "stop_price"):
            value = getattr(self, name)
            if value is not None and not value.is_finite():
                raise ValueError(f"invalid {name}")


class OrderForm(msgspec.Struct, kw_only=True):
    client_order_id: str
    product_id: str
    side: Literal["BUY", "SELL"]
    order_configuration: dict[str, Terms]
    attached_order_configuration: dict[str, Terms] | None = None


class CancelForm(msgspec.Struct, kw_only=True):
    order_ids: list[str]


def read(body: bytes, form: type[T]) -> T:
    """Read a body; raises Malformed."""
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"invalid request body: {error}") from error


def read_new(form: OrderForm, quote: Quote) -> NewOrder:
    """Say the order, on the product of which `quote` has the prices; raises Refused."""
    [name, *others] = form.order_configuration or [""]
    if name not in KINDS or others or form.attached_order_configuration:
        raise NotTaken("order configuration is not supported", reason="UNSUPPORTED_ORDER_CONFIGURATION")
    (order_type, time_in_force), terms = KINDS[name], form.order_configuration[name]
    side = Side(form.side.lower())
    _check_precision(terms, price_increment(quote.instrument))
    if order_type is OrderType.STOP_LIMIT:
        _check_stop(terms, side, quote)
    if terms.post_only:
        _check_rests(terms, side, quote)
    return NewOrder(
        legs=(NewLeg(symbol=quote.instrument.symbol, side=side),),
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=terms.base_size,
        notional=terms.quote_size,
        limit_price=terms.limit_price,
        stop_price=terms.stop_price,
        expires_at=terms.end_time,
        client_order_id=ClientOrderId(form.client_order_id),
    )


def _check_precision(terms: Terms, increment: Decimal) -> None:
    rows = (
        ("INVALID_SIZE_PRECISION", terms.base_size, BASE_INCREMENT),
        ("INVALID_PRICE_PRECISION", terms.limit_price, increment),
        ("INVALID_PRICE_PRECISION", terms.stop_price, increment),
    )
    for reason, value, step in rows:
        if value is not None and abs(value) < _EXACT_BELOW and value % step:
            raise NotTaken("too many decimals", reason=reason)


def _check_stop(terms: Terms, side: Side, quote: Quote) -> None:
    direction = terms.stop_direction or _DIRECTIONS[side]
    if direction != _DIRECTIONS[side]:
        raise NotTaken("stop direction is not supported", reason="UNSUPPORTED_ORDER_CONFIGURATION")
    if terms.stop_price is None or quote.last is None:
        return
    if side is Side.BUY and terms.stop_price <= quote.last:
        raise NotTaken("", preview="PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE")
    if side is Side.SELL and terms.stop_price >= quote.last:
        raise NotTaken("", preview="PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE")


def _check_rests(terms: Terms, side: Side, quote: Quote) -> None:
    limit, touch = terms.limit_price, quote.ask if side is Side.BUY else quote.bid
    if limit is None or touch is None:
        return
    if limit >= touch if side is Side.BUY else limit <= touch:
        raise NotTaken("", preview="PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY")
