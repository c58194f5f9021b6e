"""Orders, and what Schwab says of them."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from nostro.brokers.schwab.orders import SchwabBroker
from nostro.brokers.schwab.spec import SPEC
from nostro.brokers.transport import Reply
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import (
    OrderRef,
)
from nostro.ports import SystemClock
from tests.brokers.orders import spread
from tests.brokers.scripted import Scripted, answer

ACCOUNT = "12345678"
HASH = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"
PATH = f"/trader/v1/accounts/{HASH}"
ORDER_ID = BrokerageOrderId("1002260663765")
NEW_ID = BrokerageOrderId("1002260663801")
REF = OrderRef(ORDER_ID)
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

HASHES = answer(200, [{"accountNumber": ACCOUNT, "hashValue": HASH}])
TAKEN = Reply(200, b"")
UNKNOWN = answer(404, {"message": "Order not found", "errors": []})
REFUSED = answer(400, {"message": "A validation error occurred.", "errors": ["No.", "Never."]})

SPREAD = spread("AAPL260320C00100000", "AAPL  260320C00110000")


def leg(instruction: str = "BUY", symbol: str = "AAPL", quantity: float | None = 10.0, **changes: Any) -> Any:
    kind = "OPTION" if len(symbol) == 21 else "EQUITY"
    instrument = {"assetType": kind, "cusip": "037833100", "symbol": symbol, "instrumentId": 1}
    return {
        "orderLegType": kind,
        "legId": 1,
        "instrument": instrument,
        "instruction": instruction,
        "positionEffect": "OPENING",
        "quantity": quantity,
    } | changes


def row(**changes: Any) -> dict[str, Any]:
    """Spell an order as Schwab does."""
    order: dict[str, Any] = {
        "session": "NORMAL",
        "duration": "DAY",
        "orderType": "LIMIT",
        "complexOrderStrategyType": "NONE",
        "quantity": 10.0,
        "filledQuantity": 0.0,
        "remainingQuantity": 10.0,
        "requestedDestination": "AUTO",
        "destinationLinkName": "AutoRoute",
        "price": 100.5,
        "orderLegCollection": [leg()],
        "orderStrategyType": "SINGLE",
        "orderId": int(ORDER_ID),
        "cancelable": True,
        "editable": True,
        "status": "WORKING",
        "enteredTime": "2026-03-02T15:00:00+0000",
        "tag": "API_TOS:APP",
        "accountNumber": int(ACCOUNT),
    }
    return order | changes


def fill(quantity: float, price: float, *, leg_id: int = 1, at: str = "2026-03-02T15:00:05+0000") -> Any:
    execution = {"legId": leg_id, "price": price, "quantity": quantity, "mismarkedQuantity": 0.0, "time": at}
    return {
        "activityType": "EXECUTION",
        "executionType": "FILL",
        "quantity": quantity,
        "orderRemainingQuantity": 0.0,
        "executionLegs": [execution],
    }


def shown(**changes: Any) -> Reply:
    return answer(200, row(**changes))


def created(order_id: str = NEW_ID, account_hash: str = HASH) -> Reply:
    location = f"https://api.schwabapi.com/trader/v1/accounts/{account_hash}/orders/{order_id}"
    return Reply(201, b"", {"location": location})


def asked(*answers: Reply | Exception) -> tuple[SchwabBroker, Scripted]:
    """Open a session that has asked for the accounts already; what it sends from then on is kept."""
    transport = Scripted(HASHES, *answers)
    schwab = SchwabBroker(transport, SPEC, SystemClock())
    asyncio.run(schwab.list_accounts())
    transport.requests.clear()
    return schwab, transport


def broker(*answers: Reply | Exception) -> SchwabBroker:
    return asked(*answers)[0]
