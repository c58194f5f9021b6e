"""Orders that adapters are asked to place."""

from decimal import Decimal

from nostro.domain.ids import ClientOrderId
from nostro.domain.order import OrderType, PositionEffect, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal("10.0"),
    limit_price=Decimal("100.50"),
    client_order_id=ClientOrderId("5b3a4c1e-0000-4000-8000-000000000001"),
)


def spread(bought: str, sold: str, time_in_force: TimeInForce = TimeInForce.GTC) -> NewOrder:
    """Ask for three times one of the option `bought` and two of the one `sold`, for a credit."""
    return NewOrder(
        legs=(
            NewLeg(symbol=bought, side=Side.BUY, position_effect=PositionEffect.OPEN),
            NewLeg(symbol=sold, side=Side.SELL, position_effect=PositionEffect.OPEN, ratio=Decimal(2)),
        ),
        order_type=OrderType.LIMIT,
        time_in_force=time_in_force,
        quantity=Decimal(3),
        limit_price=Decimal("1.25"),
        price_effect=PriceEffect.CREDIT,
        client_order_id=ClientOrderId("5b3a4c1e-0000-4000-8000-000000000002"),
    )
