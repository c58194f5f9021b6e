"""The embedded brokerage's JSON, and the domain's values. Strict: what is undocumented raises Unreadable."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from nostro.brokers.reply import Unreadable, read
from nostro.domain.account import Balance, BrokerageAccount, Position, Quote
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass, Instrument, parse_occ
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
from nostro.domain.place import NewGroup, NewOrder, Preview, Replacement


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not value.is_finite():
                raise ValueError(f"{name} is not a number")
            if isinstance(value, datetime) and value.tzinfo is None:
                raise ValueError(f"{name} has no offset")


class _Instrument(_Strict):
    symbol: str
    asset_class: AssetClass
    currency: str
    description: str
    exchange_mic: str
    multiplier: Decimal
    fractionable: bool

    def to_domain(self) -> Instrument:
        is_option = self.asset_class is AssetClass.OPTION
        option = parse_occ(self.symbol) if is_option else None
        if is_option and option is None:
            raise Unreadable(f"{self.symbol!r} is not an option symbol")
        return Instrument(
            symbol=self.symbol,
            asset_class=self.asset_class,
            currency=self.currency,
            description=self.description,
            exchange_mic=self.exchange_mic,
            multiplier=self.multiplier,
            fractionable=self.fractionable,
            option=option,
        )


class _Leg(_Strict):
    instrument: _Instrument
    side: Side
    position_effect: PositionEffect | None
    ratio: Decimal
    average_price: Decimal | None

    def to_domain(self) -> Leg:
        return Leg(
            instrument=self.instrument.to_domain(),
            side=self.side,
            position_effect=self.position_effect,
            ratio=self.ratio,
            average_price=self.average_price,
        )


_STATUSES = {
    "new": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "pending_cancel": OrderStatus.PENDING_CANCEL,
    "canceled": OrderStatus.CANCELED,
    "replaced": OrderStatus.REPLACED,
    "rejected": OrderStatus.REJECTED,
    "expired": OrderStatus.EXPIRED,
    "held": OrderStatus.HELD,
}


class _Order(_Strict):
    id: str
    client_order_id: str | None
    status: str
    order_type: OrderType
    time_in_force: TimeInForce
    legs: tuple[_Leg, ...]
    quantity: Decimal | None
    notional: Decimal | None
    filled_quantity: Decimal
    canceled_quantity: Decimal
    average_price: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    price_effect: PriceEffect | None
    extended_hours: bool
    placed_at: datetime
    updated_at: datetime
    filled_at: datetime | None
    expires_at: datetime | None
    group_id: str | None
    group_type: GroupType | None
    group_role: GroupRole | None
    replaces: str | None
    replaced_by: str | None
    reject_reason: str | None

    def to_domain(self) -> Order:
        if not self.legs:
            raise Unreadable(f"order {self.id} has no legs")
        return Order(
            brokerage_order_id=BrokerageOrderId(self.id),
            client_order_id=ClientOrderId(self.client_order_id) if self.client_order_id is not None else None,
            status=_STATUSES.get(self.status, OrderStatus.UNRECOGNIZED),
            raw_status=self.status,
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            legs=tuple(leg.to_domain() for leg in self.legs),
            quantity=self.quantity,
            notional=self.notional,
            filled_quantity=self.filled_quantity,
            canceled_quantity=self.canceled_quantity,
            average_price=self.average_price,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            price_effect=self.price_effect,
            extended_hours=self.extended_hours,
            placed_at=self.placed_at,
            updated_at=self.updated_at,
            filled_at=self.filled_at,
            expires_at=self.expires_at,
            group_id=self.group_id,
            group_type=self.group_type,
            group_role=self.group_role,
            replaces=BrokerageOrderId(self.replaces) if self.replaces is not None else None,
            replaced_by=BrokerageOrderId(self.replaced_by) if self.replaced_by is not None else None,
            reject_reason=self.reject_reason,
        )


class Failure(_Strict):
    """What a reply says that is not a success."""

    error: str
    """One of a closed list of words; `nostro/sim/native.py` has it."""
    message: str
    order: _Order | None = None


class CancelReply(_Strict):
    status: str
    order: _Order


class OrderReply(_Strict):
    order: _Order


class OrdersReply(_Strict):
    orders: tuple[_Order, ...]


class ReplaceReply(_Strict):
    order: _Order
    replaced_id: str


class _Account(_Strict):
    number: str
    name: str
    currency: str


class _Balance(_Strict):
    currency: str
    cash: Decimal
    buying_power: Decimal


class _Position(_Strict):
    instrument: _Instrument
    quantity: Decimal
    average_price: Decimal
    last_price: Decimal | None


class _Quote(_Strict):
    instrument: _Instrument
    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None
    at: datetime


class _AccountsReply(_Strict):
    accounts: tuple[_Account, ...]


class _BalancesReply(_Strict):
    balances: tuple[_Balance, ...]


class _PositionsReply(_Strict):
    positions: tuple[_Position, ...]


class _QuotesReply(_Strict):
    quotes: tuple[_Quote, ...]


class _InstrumentsReply(_Strict):
    instruments: tuple[_Instrument, ...]


class _PreviewReply(_Strict):
    cash_change: Decimal
    commission: Decimal
    remaining_cash: Decimal


def read_accounts(body: bytes) -> list[BrokerageAccount]:
    return [
        BrokerageAccount(number=row.number, name=row.name, currency=row.currency, is_paper=True)
        for row in read(body, _AccountsReply).accounts
    ]


def read_balances(body: bytes) -> list[Balance]:
    return [
        Balance(currency=row.currency, cash=row.cash, buying_power=row.buying_power)
        for row in read(body, _BalancesReply).balances
    ]


def read_positions(body: bytes) -> list[Position]:
    return [
        Position(
            instrument=row.instrument.to_domain(),
            quantity=row.quantity,
            average_price=row.average_price,
            last_price=row.last_price,
        )
        for row in read(body, _PositionsReply).positions
    ]


def read_quotes(body: bytes) -> list[Quote]:
    return [
        Quote(instrument=row.instrument.to_domain(), bid=row.bid, ask=row.ask, last=row.last, at=row.at)
        for row in read(body, _QuotesReply).quotes
    ]


def read_instruments(body: bytes) -> list[Instrument]:
    return [row.to_domain() for row in read(body, _InstrumentsReply).instruments]


def read_preview(body: bytes) -> Preview:
    row = read(body, _PreviewReply)
    return Preview(cash_change=row.cash_change, commission=row.commission, remaining_cash=row.remaining_cash)


def read_orders(body: bytes) -> Sequence[Order]:
    return [row.to_domain() for row in read(body, OrdersReply).orders]


def write(document: NewOrder | NewGroup | Replacement) -> bytes:
    """Write a body; the brokerage names these fields as the domain does."""
    return msgspec.json.encode(document)
