"""Alpaca's JSON, and the domain's values.

Shapes: Alpaca's API reference ("Orders", "Positions", "Account"), and the models of alpaca-py, July 2026.
Numbers come as strings or as numbers; fields that are not read here may come and go.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from nostro.brokers.reply import Number, Unreadable, decimal, known_decimal, read
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument, format_occ, parse_occ
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
from nostro.domain.place import NewOrder, Replacement

STATUSES = {
    "new": OrderStatus.NEW,
    "accepted": OrderStatus.NEW,
    "accepted_for_bidding": OrderStatus.NEW,
    "calculated": OrderStatus.NEW,
    "done_for_day": OrderStatus.NEW,
    "pending_new": OrderStatus.PENDING_NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "pending_cancel": OrderStatus.PENDING_CANCEL,
    "canceled": OrderStatus.CANCELED,
    "pending_replace": OrderStatus.PENDING_REPLACE,
    "replaced": OrderStatus.REPLACED,
    "rejected": OrderStatus.REJECTED,
    "expired": OrderStatus.EXPIRED,
    "suspended": OrderStatus.SUSPENDED,
    "stopped": OrderStatus.STOPPED,
    "held": OrderStatus.HELD,
    "pending_review": OrderStatus.PENDING_REVIEW,
}
"""`calculated` and `done_for_day` end the day, not the order: good till cancelled, it works on tomorrow."""

_CLASSES = {
    "us_equity": AssetClass.STOCK,
    "us_option": AssetClass.OPTION,
    "crypto": AssetClass.CRYPTO,
}
_EFFECTS = {
    "buy_to_open": PositionEffect.OPEN,
    "sell_to_open": PositionEffect.OPEN,
    "buy_to_close": PositionEffect.CLOSE,
    "sell_to_close": PositionEffect.CLOSE,
}
_OPTION_MULTIPLIER = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the next page of a list depends on."""

    size: int
    """Rows, each with whatever hangs on it."""
    earliest: datetime | None
    """When the oldest row was submitted; None for a page without rows."""


class _OrderRow(msgspec.Struct, kw_only=True):
    id: str
    client_order_id: str | None = None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    filled_at: datetime | None = None
    expires_at: datetime | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    symbol: str | None = None
    asset_class: str | None = None
    notional: Number = None
    qty: Number = None
    filled_qty: Number = None
    filled_avg_price: Number = None
    order_class: str = ""
    type: str | None = None
    side: str | None = None
    time_in_force: str
    limit_price: Number = None
    stop_price: Number = None
    status: str
    extended_hours: bool = False
    legs: "tuple[_OrderRow, ...] | None" = None
    position_intent: str | None = None
    ratio_qty: Number = None

    def to_domain(self) -> Order:
        is_mleg = self.order_class == "mleg"
        rows = self.legs if is_mleg and self.legs else (self,)
        # Of an `mleg` order a price is negative where money comes in; the domain says that in a word.
        limit_price, average = decimal(self.limit_price), decimal(self.filled_avg_price)
        quantity, filled = decimal(self.qty), decimal(self.filled_qty) or Decimal(0)
        status = STATUSES.get(self.status, OrderStatus.UNRECOGNIZED)
        is_canceled = status is OrderStatus.CANCELED and quantity is not None
        return Order(
            brokerage_order_id=BrokerageOrderId(self.id),
            client_order_id=None if self.client_order_id is None else ClientOrderId(self.client_order_id),
            status=status,
            raw_status=self.status,
            order_type=OrderType(self.type) if self.type in list(OrderType) else None,
            time_in_force=TimeInForce(self.time_in_force)
            if self.time_in_force in list(TimeInForce)
            else None,
            legs=tuple(each.to_leg() for each in rows),
            quantity=quantity,
            notional=decimal(self.notional),
            filled_quantity=filled,
            canceled_quantity=(quantity or Decimal(0)) - filled if is_canceled else Decimal(0),
            average_price=None if average is None or not filled else abs(average),
            limit_price=None if limit_price is None else abs(limit_price),
            stop_price=decimal(self.stop_price),
            price_effect=_price_effect(limit_price) if is_mleg else None,
            extended_hours=self.extended_hours,
            placed_at=self.placed_at(),
            updated_at=self.updated_at,
            filled_at=self.filled_at,
            expires_at=self.expires_at,
            replaces=None if self.replaces is None else BrokerageOrderId(self.replaces),
            replaced_by=None if self.replaced_by is None else BrokerageOrderId(self.replaced_by),
            reject_reason="" if status is OrderStatus.REJECTED else None,
        )

    def placed_at(self) -> datetime:
        return self.submitted_at or self.created_at

    def attached(self) -> "tuple[_OrderRow, ...]":
        return () if self.order_class == "mleg" or self.legs is None else self.legs

    def to_leg(self) -> Leg:
        return Leg(
            instrument=_instrument(self.symbol or "", self.asset_class or ""),
            side=_side(self.side),
            position_effect=_EFFECTS.get(self.position_intent or ""),
            ratio=decimal(self.ratio_qty) or Decimal(1),
            average_price=decimal(self.filled_avg_price) or None,
        )


class Failure(msgspec.Struct, kw_only=True):
    """What a reply says that is not a success."""

    code: int | None = None
    message: str


class _AccountRow(msgspec.Struct, kw_only=True):
    account_number: str
    currency: str
    cash: Number
    buying_power: Number = None


class _PositionRow(msgspec.Struct, kw_only=True):
    symbol: str
    asset_class: str
    qty: Number
    side: str
    avg_entry_price: Number = None
    current_price: Number = None


def read_account(body: bytes, *, is_paper: bool) -> BrokerageAccount:
    row = read(body, _AccountRow)
    name = "Alpaca paper account" if is_paper else "Alpaca account"
    return BrokerageAccount(number=row.account_number, name=name, currency=row.currency, is_paper=is_paper)


def read_balance(body: bytes) -> Balance:
    row = read(body, _AccountRow)
    return Balance(
        currency=row.currency, cash=known_decimal(row.cash), buying_power=decimal(row.buying_power)
    )


def read_positions(body: bytes) -> list[Position]:
    return [
        Position(
            instrument=_instrument(row.symbol, row.asset_class),
            quantity=-abs(known_decimal(row.qty)) if row.side == "short" else known_decimal(row.qty),
            average_price=decimal(row.avg_entry_price),
            last_price=decimal(row.current_price),
        )
        for row in read(body, tuple[_PositionRow, ...])
    ]


def read_order(body: bytes) -> Order:
    return read(body, _OrderRow).to_domain()


def read_orders(body: bytes) -> tuple[list[Order], Page]:
    """Read a nested list: the legs of a bracket are orders of their own, those of an `mleg` order are not."""
    rows = read(body, tuple[_OrderRow, ...])
    each = [one for row in rows for one in (row, *row.attached())]
    page = Page(size=len(rows), earliest=min((row.placed_at() for row in rows), default=None))
    return [row.to_domain() for row in each], page


def write_order(order: NewOrder) -> bytes:
    """Spell a new order; its legs become an `mleg` order where there are several."""
    limit_price = order.limit_price
    document: dict[str, Any] = {
        "type": order.order_type.value,
        "time_in_force": order.time_in_force.value,
        "client_order_id": order.client_order_id,
        "qty": order.quantity,
        "notional": order.notional,
        "stop_price": order.stop_price,
        "extended_hours": order.extended_hours or None,
    }
    if len(order.legs) == 1:
        [leg] = order.legs
        document |= {"symbol": _symbol(leg.symbol), "side": leg.side.value, "limit_price": limit_price}
        document["position_intent"] = _intent(leg.side, leg.position_effect)
    else:
        is_credit = order.price_effect is PriceEffect.CREDIT and limit_price is not None
        document["order_class"] = "mleg"
        document["limit_price"] = -limit_price if is_credit and limit_price is not None else limit_price
        document["legs"] = [
            {
                "symbol": _symbol(leg.symbol),
                "side": leg.side.value,
                "ratio_qty": leg.ratio,
                "position_intent": _intent(leg.side, leg.position_effect),
            }
            for leg in order.legs
        ]
    return _encode(document)


def write_replacement(terms: Replacement) -> bytes:
    return _encode(
        {
            "qty": terms.quantity,
            "time_in_force": terms.time_in_force.value,
            "limit_price": terms.limit_price,
            "stop_price": terms.stop_price,
        }
    )


def _encode(document: dict[str, Any]) -> bytes:
    """Leave out what is not said; numbers are strings, as Alpaca's documents recommend."""
    said = {name: value for name, value in document.items() if value is not None}
    return msgspec.json.Encoder(decimal_format="string").encode(said)


def _instrument(symbol: str, asset_class: str) -> Instrument:
    kind = _CLASSES.get(asset_class)
    if kind is None:
        raise Unreadable(f"{asset_class!r} is not a known asset class")
    if kind is not AssetClass.OPTION:
        currency = symbol.partition("/")[2] or "USD"
        return Instrument(symbol=symbol, asset_class=kind, currency=currency, fractionable=True)
    contract = parse_occ(symbol)
    if contract is None:
        raise Unreadable(f"{symbol!r} is not an option symbol")
    return Instrument(
        symbol=format_occ(contract), asset_class=kind, multiplier=_OPTION_MULTIPLIER, option=contract
    )


def _symbol(symbol: str) -> str:
    """Spell a symbol as Alpaca does: of an option without spaces."""
    contract = parse_occ(symbol)
    return symbol if contract is None else format_occ(contract).replace(" ", "")


def _intent(side: Side, effect: PositionEffect | None) -> str | None:
    return None if effect is None else f"{side.value}_to_{effect.value}"


def _price_effect(limit_price: Decimal | None) -> PriceEffect | None:
    if limit_price is None:
        return None
    if limit_price == 0:
        return PriceEffect.EVEN
    return PriceEffect.DEBIT if limit_price > 0 else PriceEffect.CREDIT


def _side(text: str | None) -> Side:
    if text not in list(Side):
        raise Unreadable(f"{text!r} is no side")
    return Side(text)
