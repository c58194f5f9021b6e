"""Orders, and what Tradier says of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nostro.brokers.tradier.orders import TradierBroker
from nostro.brokers.tradier.spec import SPEC
from nostro.brokers.transport import Reply
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import (
    OrderRef,
    OrderType,
    PositionEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewLeg, NewOrder
from nostro.ports import SystemClock
from tests.brokers.orders import spread
from tests.brokers.scripted import Scripted, answer

ACCOUNT = "VA000001"
ORDER_ID = BrokerageOrderId("38467961")
REF = OrderRef(ORDER_ID)
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MINE = answer(200, {"profile": {"account": {"account_number": ACCOUNT, "type": "margin"}, "id": "id-1"}})
OF_ANOTHER = answer(200, {"profile": {"account": [{"account_number": "VA1"}, {"account_number": "VA2"}]}})
UNAUTHORIZED = Reply(401, f"Unauthorized Account: {ACCOUNT}".encode())
DEAD_TOKEN = answer(401, {"fault": {"faultstring": "Invalid Access Token", "detail": {"errorcode": "x"}}})

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="BRK.B", side=Side.SELL, position_effect=PositionEffect.OPEN),),
    order_type=OrderType.STOP_LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Decimal("10.0"),
    limit_price=Decimal("100.50"),
    stop_price=Decimal(101),
    client_order_id=ClientOrderId("5b3a4c1e-0000-4000-8000-000000000001"),
)
SPREAD = spread("AAPL  260320C00100000", "AAPL260320C00110000", TimeInForce.DAY)


def row(**changes: object) -> dict[str, Any]:
    """Spell an order as Tradier does."""
    order: dict[str, Any] = {
        "id": int(ORDER_ID),
        "type": "limit",
        "symbol": "AAPL",
        "side": "buy",
        "quantity": 10.0,
        "status": "open",
        "duration": "day",
        "price": 100.5,
        "avg_fill_price": 0.0,
        "exec_quantity": 0.0,
        "last_fill_price": 0.0,
        "last_fill_quantity": 0.0,
        "remaining_quantity": 10.0,
        "create_date": "2026-03-02T15:00:00.450Z",
        "transaction_date": "2026-03-02T15:00:05.000Z",
        "class": "equity",
        "tag": "c-1",
    }
    return order | changes


def receipt(order_id: int = int(ORDER_ID)) -> Reply:
    return answer(200, {"order": {"id": order_id, "status": "ok", "partner_id": "p-1"}})


def text(status: int, words: str) -> Reply:
    return Reply(status, words.encode(), {"content-type": "text/plain;charset=UTF-8"})


def broker(*answers: Reply | Exception) -> TradierBroker:
    return TradierBroker(Scripted(*answers), SPEC, SystemClock())
