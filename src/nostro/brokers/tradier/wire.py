"""Tradier's JSON and forms, and the domain's values.

Shapes: answers that users recorded, and the models of their clients (see SOURCES in `spec.py`).
A list of nothing is the text "null" or null, a list of one is the one, and only longer ones are lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from nostro.brokers.reply import Number, Unreadable, decimal, known_decimal, read
from nostro.domain.account import Balance, BrokerageAccount, Position
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import instrument_of, parse_occ
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
from nostro.domain.place import NewLeg, NewOrder

T = TypeVar("T")

STATUSES = {
    "open": OrderStatus.NEW,
    "submitted": OrderStatus.NEW,
    "accepted_for_bidding": OrderStatus.NEW,
    "calculated": OrderStatus.NEW,
    "pending": OrderStatus.PENDING_NEW,
    "held": OrderStatus.HELD,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
    "error": OrderStatus.REJECTED,
}

_SIDES: Mapping[str, tuple[Side, PositionEffect | None]] = {
    "buy": (Side.BUY, None),
    "sell": (Side.SELL, None),
    "sell_short": (Side.SELL, PositionEffect.OPEN),
    "buy_to_cover": (Side.BUY, PositionEffect.CLOSE),
    "buy_to_open": (Side.BUY, PositionEffect.OPEN),
    "buy_to_close": (Side.BUY, PositionEffect.CLOSE),
    "sell_to_open": (Side.SELL, PositionEffect.OPEN),
    "sell_to_close": (Side.SELL, PositionEffect.CLOSE),
}
_STOCK_SIDES: Mapping[tuple[Side, PositionEffect | None], str] = {
    (Side.SELL, PositionEffect.OPEN): "sell_short",
    (Side.BUY, PositionEffect.CLOSE): "buy_to_cover",
}
"""What is said of a stock beside its plain side; the other words are options'."""

_NET_PRICES = {"debit": PriceEffect.DEBIT, "credit": PriceEffect.CREDIT, "even": PriceEffect.EVEN}
_GROUPS = ("oto", "oco", "otoco")


class _OrderRow(msgspec.Struct, kw_only=True):
    id: int
    type: str | None = None
    symbol: str | None = None
    option_symbol: str | None = None
    side: str | None = None
    quantity: Number = None
    status: str
    duration: str | None = None
    price: Number = None
    stop_price: Number = None
    avg_fill_price: Number = None
    exec_quantity: Number = None
    create_date: datetime
    transaction_date: datetime | None = None
    order_class: str = msgspec.field(default="equity", name="class")
    leg: "_OrderRow | tuple[_OrderRow, ...] | None" = None
    tag: str | None = None
    reason_description: str | None = None

    def legs(self) -> "tuple[_OrderRow, ...]":
        return _listed(self.leg)

    def attached(self) -> "tuple[_OrderRow, ...]":
        """What hangs on this order and is an order of its own."""
        return self.legs() if self.order_class in _GROUPS else ()

    def to_domain(self) -> Order:
        status = STATUSES.get(self.status, OrderStatus.UNRECOGNIZED)
        quantity, filled = decimal(self.quantity), decimal(self.exec_quantity) or Decimal(0)
        is_canceled = status is OrderStatus.CANCELED and quantity is not None
        return Order(
            brokerage_order_id=BrokerageOrderId(str(self.id)),
            client_order_id=ClientOrderId(self.tag) if self.tag else None,
            status=status,
            raw_status=self.status,
            order_type=self._order_type(),
            time_in_force=TimeInForce(self.duration) if self.duration in ("day", "gtc") else None,
            legs=tuple(each.to_leg(quantity) for each in self.legs() or (self,)),
            quantity=quantity,
            filled_quantity=filled,
            canceled_quantity=(quantity or Decimal(0)) - filled if is_canceled else Decimal(0),
            average_price=decimal(self.avg_fill_price) if filled else None,
            limit_price=decimal(self.price) or None,
            stop_price=decimal(self.stop_price) or None,
            price_effect=_NET_PRICES.get(self.type or "") if self.legs() else None,
            extended_hours=self.duration in ("pre", "post"),
            placed_at=self.create_date,
            updated_at=self.transaction_date or self.create_date,
            filled_at=self.transaction_date if status is OrderStatus.FILLED else None,
            reject_reason=(self.reason_description or "") if status is OrderStatus.REJECTED else None,
        )

    def to_leg(self, whole: Decimal | None) -> Leg:
        side, effect = _side(self.side)
        quantity = decimal(self.quantity)
        return Leg(
            instrument=instrument_of((self.option_symbol or self.symbol or "").replace("/", ".")),
            side=side,
            position_effect=effect,
            ratio=quantity / whole if quantity and whole else Decimal(1),
            average_price=decimal(self.avg_fill_price) or None,
        )

    def _order_type(self) -> OrderType | None:
        if self.type in _NET_PRICES:
            return OrderType.LIMIT
        return OrderType(self.type) if self.type in list(OrderType) else None


class _Orders(msgspec.Struct):
    order: _OrderRow | tuple[_OrderRow, ...] | None = None


class _OrdersBody(msgspec.Struct):
    orders: _Orders | str | None


class _OrderBody(msgspec.Struct):
    order: _OrderRow


class _Receipt(msgspec.Struct, kw_only=True):
    id: int
    status: str


class _Errors(msgspec.Struct):
    error: str | tuple[str, ...]


class _ReceiptBody(msgspec.Struct, kw_only=True):
    order: _Receipt | None = None
    errors: _Errors | None = None


class _AccountRow(msgspec.Struct, kw_only=True):
    account_number: str
    type: str = ""


class _Profile(msgspec.Struct):
    account: _AccountRow | tuple[_AccountRow, ...] | None = None


class _ProfileBody(msgspec.Struct):
    profile: _Profile


class _Power(msgspec.Struct):
    stock_buying_power: Number = None
    cash_available: Number = None


class _Balances(msgspec.Struct, kw_only=True):
    total_cash: Number
    margin: _Power | None = None
    cash: _Power | None = None
    pdt: _Power | None = None


class _BalancesBody(msgspec.Struct):
    balances: _Balances


class _PositionRow(msgspec.Struct, kw_only=True):
    symbol: str
    quantity: Number
    cost_basis: Number = None


class _Positions(msgspec.Struct):
    position: _PositionRow | tuple[_PositionRow, ...] | None = None


class _PositionsBody(msgspec.Struct):
    positions: _Positions | str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Tradier took a request about this order."""

    order_id: BrokerageOrderId


@dataclass(frozen=True, slots=True)
class Refused:
    """Tradier named why not."""

    message: str


def read_receipt(body: bytes) -> Taken | Refused:
    """Read the answer to a change; raises Unreadable for one that neither took nor refused it."""
    receipt = read(body, _ReceiptBody)
    if receipt.errors is not None and receipt.order is None:
        said = receipt.errors.error
        return Refused(said if isinstance(said, str) else "; ".join(said))
    if receipt.order is None or receipt.errors is not None or receipt.order.status != "ok":
        raise Unreadable("the reply neither takes the request nor refuses it")
    return Taken(BrokerageOrderId(str(receipt.order.id)))


def read_order(body: bytes) -> Order:
    return read(body, _OrderBody).order.to_domain()


def read_orders(body: bytes) -> list[Order]:
    """Read a list; the members of a group are orders of their own beside it."""
    found = read(body, _OrdersBody).orders
    rows = _listed(found.order) if isinstance(found, _Orders) else _nothing(found)
    return [one.to_domain() for row in rows for one in (row, *row.attached())]


def read_accounts(body: bytes, *, is_paper: bool) -> list[BrokerageAccount]:
    return [
        BrokerageAccount(
            number=row.account_number,
            name=f"Tradier {row.type} account".replace("  ", " "),
            is_paper=is_paper,
        )
        for row in _listed(read(body, _ProfileBody).profile.account)
    ]


def read_balance(body: bytes) -> Balance:
    row = read(body, _BalancesBody).balances
    power = row.pdt or row.margin or row.cash or _Power()
    buying_power = decimal(power.stock_buying_power)
    return Balance(
        currency="USD",
        cash=known_decimal(row.total_cash),
        buying_power=decimal(power.cash_available) if buying_power is None else buying_power,
    )


def read_positions(body: bytes) -> list[Position]:
    found = read(body, _PositionsBody).positions
    rows = _listed(found.position) if isinstance(found, _Positions) else _nothing(found)
    return [_position(row) for row in rows]


def write_order(order: NewOrder) -> bytes:
    """Spell a new order as a form; an option's underlying goes with it, a stock's class has a slash."""
    contract = parse_occ(order.legs[0].symbol)
    form: dict[str, str] = {
        "class": "multileg" if len(order.legs) > 1 else "equity" if contract is None else "option",
        "symbol": order.legs[0].symbol.replace(".", "/") if contract is None else contract.underlying,
        "duration": order.time_in_force.value,
        "tag": order.client_order_id,
    }
    if len(order.legs) == 1:
        [leg] = order.legs
        form |= {"side": _side_word(leg), "quantity": _number(order.quantity), "type": order.order_type.value}
        if contract is not None:
            form["option_symbol"] = _option_symbol(leg.symbol)
    else:
        effect = order.price_effect
        form["type"] = order.order_type.value if effect is None else effect.value
        for index, leg in enumerate(order.legs):
            quantity = (order.quantity or Decimal(0)) * leg.ratio
            form[f"option_symbol[{index}]"] = _option_symbol(leg.symbol)
            form[f"side[{index}]"] = _side_word(leg)
            form[f"quantity[{index}]"] = _number(quantity)
    if order.limit_price is not None and order.price_effect is not PriceEffect.EVEN:
        form["price"] = _number(order.limit_price)
    if order.stop_price is not None:
        form["stop"] = _number(order.stop_price)
    return urlencode(form).encode()


def _position(row: _PositionRow) -> Position:
    instrument = instrument_of(row.symbol.replace("/", "."))
    quantity, cost = known_decimal(row.quantity), decimal(row.cost_basis)
    units = quantity * instrument.multiplier
    return Position(
        instrument=instrument,
        quantity=quantity,
        average_price=None if cost is None or not units else abs(cost / units),
        last_price=None,
    )


def _listed(found: T | tuple[T, ...] | None) -> tuple[T, ...]:
    if found is None:
        return ()
    return found if isinstance(found, tuple) else (found,)


def _nothing(found: object) -> tuple[()]:
    if found not in (None, "null"):
        raise Unreadable(f"{found!r} is no list")
    return ()


def _side(word: str | None) -> tuple[Side, PositionEffect | None]:
    sides = _SIDES.get(word or "")
    if sides is None:
        raise Unreadable(f"{word!r} is no side")
    return sides


def _side_word(leg: NewLeg) -> str:
    if parse_occ(leg.symbol) is not None:
        # An option is always opened or closed; the wire forms ask for it.
        effect = leg.position_effect or PositionEffect.OPEN
        return f"{leg.side.value}_to_{effect.value}"
    return _STOCK_SIDES.get((leg.side, leg.position_effect), leg.side.value)


def _option_symbol(symbol: str) -> str:
    return symbol.replace(" ", "").upper()


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
