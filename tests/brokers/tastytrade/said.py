"""Orders, and what tastytrade says of them."""

from datetime import UTC, datetime
from typing import Any

from nostro.brokers.tastytrade.orders import TastytradeBroker
from nostro.brokers.tastytrade.spec import SPEC
from nostro.brokers.transport import Reply
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderRef
from tests.brokers.orders import NEW_ORDER, spread
from tests.brokers.scripted import Scripted, answer
from tests.sim.market import ToldClock

ACCOUNT = "5WX01234"
PATH = f"/accounts/{ACCOUNT}"
ORDER_ID = BrokerageOrderId("507663517")
NEW_ID = BrokerageOrderId("507663525")
COMPLEX_ID = BrokerageOrderId("2000010530")
REF = OrderRef(ORDER_ID, "orders")
BARE = OrderRef(ORDER_ID)
WHOLE = OrderRef(COMPLEX_ID, "complex-orders")
T0 = datetime(2026, 9, 18, 17, 25, 36, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)
CLIENT_ID = NEW_ORDER.client_order_id

SPREAD = spread("AAPL260320C00100000", "AAPL  260320C00110000")


def dashed(changes: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in changes.items()}


def leg(
    action: str = "Buy to Open", symbol: str = "AAPL", quantity: float | str | None = 10, **changes: Any
) -> Any:
    said: dict[str, Any] = {
        "action": action,
        "instrument-type": "Equity Option" if len(symbol) == 21 else "Equity",
        "symbol": symbol,
        "fills": [],
    }
    if quantity is not None:
        said |= {"quantity": quantity, "remaining-quantity": quantity}
    return said | dashed(changes)


def fill(quantity: float | str, price: str, at: str = "2026-09-18T17:25:40.000+00:00") -> Any:
    return {"fill-id": "2", "quantity": quantity, "fill-price": price, "filled-at": at}


def row(**changes: Any) -> dict[str, Any]:
    """Spell an order as tastytrade does; what is None is left out."""
    order: dict[str, Any] = {
        "id": int(ORDER_ID),
        "account-number": ACCOUNT,
        "cancellable": True,
        "editable": True,
        "edited": False,
        "external-identifier": CLIENT_ID,
        "leg-count": 1,
        "order-type": "Limit",
        "price": "100.5",
        "price-effect": "Debit",
        "received-at": "2026-09-18T17:25:36.000+00:00",
        "size": 10,
        "status": "Live",
        "time-in-force": "Day",
        "underlying-instrument-type": "Equity",
        "underlying-symbol": "AAPL",
        "updated-at": T0_MS,
        "legs": [leg()],
    }
    return {name: value for name, value in (order | dashed(changes)).items() if value is not None}


def shown(**changes: Any) -> Reply:
    return answer(200, {"data": row(**changes), "context": f"{PATH}/orders/{ORDER_ID}"})


def taken(**changes: Any) -> Reply:
    data = {"order": row(**{"status": "Routed"} | changes), "warnings": [], "buying-power-effect": {}}
    return answer(201, {"data": data, "context": f"{PATH}/orders"})


def whole(trigger: str | None, *others: str, **changes: Any) -> Reply:
    """Spell a complex order whose orders have these statuses."""
    tagged = [
        row(id=2002750871 + at, status=status, complex_order_id=int(COMPLEX_ID), **changes)
        for at, status in enumerate(others)
    ]
    data: dict[str, Any] = {"id": int(COMPLEX_ID), "type": "OTOCO" if trigger else "OCO", "orders": tagged}
    if trigger is not None:
        data["trigger-order"] = row(id=2002750870, status=trigger, complex_order_id=int(COMPLEX_ID))
    return answer(200, {"data": data, "context": f"{PATH}/complex-orders/{COMPLEX_ID}"})


def refused(status: int, code: str, message: str, *errors: dict[str, str]) -> Reply:
    said: dict[str, Any] = {"code": code, "message": message}
    return answer(status, {"error": said | ({"errors": list(errors)} if errors else {})})


UNKNOWN = refused(404, "not_found", "Couldn't find the order")
ENDED = refused(422, "cannot_update_order", "the order could not be cancelled")


def asked(*answers: Reply | Exception) -> tuple[TastytradeBroker, Scripted]:
    transport = Scripted(*answers)
    return TastytradeBroker(transport, SPEC, ToldClock()), transport


def broker(*answers: Reply | Exception) -> TastytradeBroker:
    return asked(*answers)[0]
