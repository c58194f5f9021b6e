"""Keys, orders, and what Coinbase says of them."""

from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nostro.brokers.coinbase import KINDS
from nostro.brokers.coinbase.orders import CoinbaseBroker
from nostro.brokers.coinbase.spec import SPEC
from nostro.brokers.transport import Reply, Transport
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import OrderRef, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from nostro.ports import SystemClock
from tests.brokers.scripted import Scripted, answer
from tests.brokers.wired import wired

KEY_NAME = "organizations/3f1c/apiKeys/9b2d"
EC_KEY = derive_private_key(0x51E7_C0DE, SECP256R1())
PEM = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
ED_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ED_TEXT = b64encode(ED_KEY.private_bytes_raw() + ED_KEY.public_key().public_bytes_raw()).decode()

ORDER_ID = BrokerageOrderId("0c5c3bd5-9f4f-4c24-8a75-54f5d9a2f0f1")
OTHER_ID = BrokerageOrderId("1c5c3bd5-9f4f-4c24-8a75-54f5d9a2f0f1")
REF = OrderRef(ORDER_ID)
CLIENT_ID = ClientOrderId("7a4c90a2-1111-4e0f-9a53-6d3f0a1b2c3d")
PORTFOLIO = "5d1b0f7e-2222-4c3d-8e9f-0a1b2c3d4e5f"
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="BTC/USD", side=Side.BUY),),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Decimal("0.50000000"),
    limit_price=Decimal("4E+4"),
    client_order_id=CLIENT_ID,
)


class FixedClock(SystemClock):
    def now(self) -> datetime:
        return T0


class FixedIds:
    def uuid(self) -> str:
        return PORTFOLIO

    def secret(self, length: int) -> str:
        return "s" * length

    def token(self, size_bytes: int) -> bytes:
        return b"\xa5" * size_bytes


def row(**changes: object) -> dict[str, Any]:
    """Spell an order as the page "Get Order" does, with the values of a limit order that rests."""
    order: dict[str, Any] = {
        "order_id": ORDER_ID,
        "product_id": "BTC-USD",
        "user_id": "u-1",
        "order_configuration": {
            "limit_limit_gtc": {"base_size": "0.5", "limit_price": "40000.00", "post_only": False}
        },
        "side": "BUY",
        "client_order_id": CLIENT_ID,
        "status": "OPEN",
        "time_in_force": "GOOD_UNTIL_CANCELLED",
        "created_time": "2026-03-02T15:00:00.423220Z",
        "completion_percentage": "0",
        "filled_size": "0",
        "average_filled_price": "0",
        "fee": "",
        "number_of_fills": "0",
        "filled_value": "0",
        "pending_cancel": False,
        "size_in_quote": False,
        "total_fees": "0",
        "trigger_status": "INVALID_ORDER_TYPE",
        "order_type": "LIMIT",
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": False,
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": "",
        "order_placement_source": "RETAIL_ADVANCED",
        "last_fill_time": None,
        "edit_history": [],
        "retail_portfolio_id": PORTFOLIO,
        "last_update_time": "2026-03-02T15:00:01Z",
    }
    return order | changes


def shown(**changes: object) -> Reply:
    return answer(200, {"order": row(**changes)})


def listed(*rows: object, cursor: str = "") -> Reply:
    """Make one page of a list; `cursor` is where the next one begins."""
    return answer(
        200, {"orders": rows, "sequence": "0", "has_next": bool(cursor), "cursor": cursor or "748478308"}
    )


def canceled(**changes: object) -> Reply:
    """Make the answer to a cancel that was submitted."""
    result = {"success": True, "failure_reason": "UNKNOWN_CANCEL_FAILURE_REASON", "order_id": ORDER_ID}
    return answer(200, {"results": [result | changes]})


def placed(**changes: object) -> Reply:
    """Make the answer to a placement that was taken."""
    success = {"order_id": ORDER_ID, "product_id": "BTC-USD", "side": "BUY", "client_order_id": CLIENT_ID}
    return answer(200, {"success": True, "success_response": success | changes, "order_configuration": {}})


def refused(**changes: object) -> Reply:
    """Make the answer to a placement that was refused, without a reason."""
    nothing = {
        "error": "UNKNOWN_FAILURE_REASON",
        "message": "",
        "error_details": "",
        "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON",
        "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
    }
    return answer(200, {"success": False, "error_response": nothing | changes})


def failure(status: int, error: str, message: str) -> Reply:
    return answer(status, {"error": error, "error_details": message, "message": message})


ABSENT = failure(404, "NOT_FOUND", "order with this orderID was not found")


def broker(*answers: Reply | Exception) -> CoinbaseBroker:
    return CoinbaseBroker(Scripted(*answers), SPEC, FixedClock())


def connect(transport: Transport, **credentials: str) -> Any:
    """Open a session as the registry does, that signs what it sends through `transport`."""
    [kind] = KINDS
    wiring = wired(transport, address=SPEC.address, clock=FixedClock(), ids=FixedIds())
    return kind.connect({"key_name": KEY_NAME, "private_key": PEM, **credentials}, wiring)
