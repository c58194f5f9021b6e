"""Orders, and what TradeStation says of them."""

from datetime import UTC, datetime
from typing import Any

from nostro.brokers.tradestation.orders import TradeStationBroker
from nostro.brokers.tradestation.spec import SPEC
from nostro.brokers.transport import Reply
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderRef
from nostro.ports import SystemClock
from tests.brokers.orders import spread
from tests.brokers.scripted import Scripted, answer

ACCOUNT = "SIM123456M"
ORDER_ID = BrokerageOrderId("286234131")
REF = OrderRef(ORDER_ID)
SEEN = OrderRef(ORDER_ID, ACCOUNT)
"""The same order, once this account has shown it."""
READ = f"/v3/brokerage/accounts/{ACCOUNT}"
CHANGE = "/v3/orderexecution/orders"
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CALL = "AAPL  260320C00240000"

TAKEN = answer(200, {"OrderID": ORDER_ID, "Message": "Cancel request sent"})
PLACED = answer(200, {"Orders": [{"OrderID": ORDER_ID, "Message": "Sent order: Buy 10 AAPL"}], "Errors": []})
NOTHING = answer(200, {"Orders": [], "Errors": []})
UNAUTHORIZED = answer(401, {"Error": "Unauthorized", "Message": "No."})

SPREAD = spread("AAPL260320C00240000", "AAPL  260320C00247500")


def leg(ordered: str = "10", executed: str = "0", **changes: Any) -> dict[str, Any]:
    return {
        "AssetType": "STOCK",
        "BuyOrSell": "Buy",
        "ExecQuantity": executed,
        "OpenOrClose": "Open",
        "QuantityOrdered": ordered,
        "QuantityRemaining": str(int(ordered) - int(executed)),
        "Symbol": "AAPL",
    } | changes


def row(**changes: Any) -> dict[str, Any]:
    """Spell an order as TradeStation does."""
    return {
        "AccountID": ACCOUNT,
        "CommissionFee": "0",
        "Currency": "USD",
        "Duration": "DAY",
        "FilledPrice": "0",
        "GoodTillDate": "2026-03-02T00:00:00Z",
        "Legs": [leg()],
        "LimitPrice": "100.5",
        "OpenedDateTime": "2026-03-02T15:00:00Z",
        "OrderID": ORDER_ID,
        "OrderType": "Limit",
        "PriceUsedForBuyingPower": "100.5",
        "Routing": "Intelligent",
        "Status": "ACK",
        "StatusDescription": "Received",
        "UnbundledRouteFee": "0",
    } | changes


def shown(**changes: Any) -> Reply:
    return answer(200, {"Orders": [row(**changes)], "Errors": []})


def failed(status: int, message: str, error: str = "BadRequest") -> Reply:
    return answer(status, {"Error": error, "Message": message})


def asked(*answers: Reply | Exception) -> tuple[TradeStationBroker, Scripted]:
    transport = Scripted(*answers)
    return TradeStationBroker(transport, SPEC, SystemClock()), transport


def broker(*answers: Reply | Exception) -> TradeStationBroker:
    return asked(*answers)[0]
