"""A clock that is told, and short ways to say an order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nostro.domain.ids import ClientOrderId
from nostro.domain.order import (
    GroupRole,
    GroupType,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewGroup, NewGroupMember, NewLeg, NewOrder

OPENED_AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ACCOUNT = "A-1"
OTHER_ACCOUNT = "A-2"
API_KEY = "key-1"
OTHER_API_KEY = "key-2"
CASH = Decimal(100_000)
CALL = "AAPL  260320C00100000"
HIGHER_CALL = "AAPL  260320C00110000"


class ToldClock:
    """Moves only when somebody sleeps, or when told."""

    def __init__(self) -> None:
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return OPENED_AT + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, delay_s: float) -> None:
        self._elapsed_s += delay_s

    def pass_time(self, seconds: float) -> None:
        self._elapsed_s += seconds


def buy(
    quantity: str | None = "10",
    symbol: str = "AAPL",
    *,
    side: Side = Side.BUY,
    limit: str | None = None,
    stop: str | None = None,
    tif: TimeInForce = TimeInForce.DAY,
    notional: str | None = None,
    client_id: str = "c-1",
    expires_at: datetime | None = None,
) -> NewOrder:
    """Say a single-leg order; its type follows from its prices."""
    if stop is None:
        order_type = OrderType.MARKET if limit is None else OrderType.LIMIT
    else:
        order_type = OrderType.STOP if limit is None else OrderType.STOP_LIMIT
    return NewOrder(
        legs=(NewLeg(symbol=symbol, side=side),),
        order_type=order_type,
        time_in_force=tif,
        quantity=_decimal(quantity),
        notional=_decimal(notional),
        limit_price=_decimal(limit),
        stop_price=_decimal(stop),
        expires_at=expires_at,
        client_order_id=ClientOrderId(client_id),
    )


def sell(
    quantity: str = "10", symbol: str = "AAPL", *, limit: str | None = None, stop: str | None = None
) -> NewOrder:
    return buy(quantity, symbol, side=Side.SELL, limit=limit, stop=stop)


def spread(
    *, effect: PriceEffect | None = PriceEffect.DEBIT, limit: str | None = None, quantity: str = "1"
) -> NewOrder:
    """Say a vertical call spread; one for a credit sells the lower strike, every other buys it."""
    first, second = (Side.SELL, Side.BUY) if effect is PriceEffect.CREDIT else (Side.BUY, Side.SELL)
    return NewOrder(
        legs=(
            NewLeg(symbol=CALL, side=first, position_effect=PositionEffect.OPEN),
            NewLeg(symbol=HIGHER_CALL, side=second, position_effect=PositionEffect.OPEN),
        ),
        order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(quantity),
        limit_price=_decimal(limit),
        price_effect=effect,
        client_order_id=ClientOrderId("c-spread"),
    )


def oco(first: NewOrder, second: NewOrder) -> NewGroup:
    return _group(GroupType.OCO, (GroupRole.PEER, first), (GroupRole.PEER, second))


def oto(trigger: NewOrder, conditional: NewOrder) -> NewGroup:
    return _group(GroupType.OTO, (GroupRole.TRIGGER, trigger), (GroupRole.CONDITIONAL, conditional))


def otoco(trigger: NewOrder, first: NewOrder, second: NewOrder) -> NewGroup:
    members = ((GroupRole.TRIGGER, trigger), (GroupRole.PEER, first), (GroupRole.PEER, second))
    return _group(GroupType.OTOCO, *members)


def _group(group_type: GroupType, *members: tuple[GroupRole, NewOrder]) -> NewGroup:
    return NewGroup(
        type=group_type,
        members=tuple(NewGroupMember(role=role, order=order) for role, order in members),
        client_order_id=ClientOrderId("c-group"),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
