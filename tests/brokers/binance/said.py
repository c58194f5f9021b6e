"""Orders, and what Binance says of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nostro.brokers.binance.orders import BinanceBroker
from nostro.brokers.binance.spec import SPEC
from nostro.brokers.transport import Reply
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import OrderRef, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from tests.brokers.scripted import Scripted, answer

ORDER_ID = BrokerageOrderId("12569099453")
REF = OrderRef(ORDER_ID, "BTC/USDT")
WITHOUT_ROUTE = OrderRef(ORDER_ID)
T0_MS = 1772463600000
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="BTC/USDT", side=Side.BUY),),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Decimal("0.50"),
    limit_price=Decimal(40000),
    client_order_id=ClientOrderId("5b3a4c1e-0000-4000-8000-000000000001"),
)


def row(**changes: object) -> dict[str, Any]:
    """Spell an order as a query shows it."""
    order: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "orderId": int(ORDER_ID),
        "orderListId": -1,
        "clientOrderId": "c-1",
        "price": "40000.00000000",
        "origQty": "0.50000000",
        "executedQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "NEW",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "side": "BUY",
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": T0_MS,
        "updateTime": T0_MS + 1000,
        "isWorking": True,
        "workingTime": T0_MS,
        "origQuoteOrderQty": "0.00000000",
        "selfTradePreventionMode": "NONE",
    }
    return order | changes


def changed(**changes: object) -> dict[str, Any]:
    """Spell an order as the reply to a change shows it."""
    absent = ("time", "updateTime", "isWorking", "workingTime", "stopPrice", "icebergQty")
    shown = {name: value for name, value in row(transactTime=T0_MS + 500).items() if name not in absent}
    return shown | changes


def canceled(**changes: object) -> dict[str, Any]:
    """Spell an order as the reply to its cancel shows it: the cancel has a client order id of its own."""
    return changed(status="CANCELED", origClientOrderId="c-1", clientOrderId="of-the-cancel") | changes


def refusal(code: int, message: str = "No.", status: int = 400) -> Reply:
    return answer(status, {"code": code, "msg": message})


def info(*pairs: str) -> Reply:
    symbols = [
        {"symbol": pair.replace("/", ""), "baseAsset": pair.split("/")[0], "quoteAsset": pair.split("/")[1]}
        for pair in pairs
    ]
    return answer(200, {"timezone": "UTC", "symbols": symbols})


def account(**held: str) -> Reply:
    balances = [{"asset": asset, "free": free, "locked": "0.25"} for asset, free in held.items()]
    return answer(200, {"uid": 354937868, "accountType": "SPOT", "balances": balances})


def prices(*symbols: str) -> Reply:
    return answer(200, [{"symbol": symbol, "price": "4.00000200"} for symbol in symbols])


ABSENT = refusal(-2013, "Order does not exist.")


def broker(*answers: Reply | Exception) -> BinanceBroker:
    return BinanceBroker(Scripted(*answers), SPEC)


def asked_of(transport: Scripted) -> list[tuple[str, dict[str, str]]]:
    """List the requests, each by its method and path and by what its query says."""
    found = []
    for each in transport.requests:
        split = urlsplit(each.path)
        found.append((f"{each.method} {split.path}", {k: v[0] for k, v in parse_qs(split.query).items()}))
    return found
