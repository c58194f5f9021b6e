"""What stands in a database before a cancel: one account with one open order; and who else is there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from nostro.domain.cancel import CancelIntent, CancelOutcome, CancelUnknown, Replied, UnknownCause
from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId, ClientId, UserId
from nostro.domain.instrument import AssetClass, Instrument
from nostro.domain.order import Leg, Order, OrderStatus, OrderType, Side, TimeInForce
from nostro.storage.database import Database
from nostro.storage.orders import SqlOrders
from nostro.storage.port import MemberId, Owner
from nostro.storage.tables import account, api_user, connection, partner_key

T0 = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OWNER = Owner(client_id=ClientId("P"), user_id=UserId("u"))
ACCOUNT = AccountId("a-1")
ORDER_ID = BrokerageOrderId("o-1")


def order(status: OrderStatus = OrderStatus.NEW, order_id: str = ORDER_ID) -> Order:
    return Order(
        brokerage_order_id=BrokerageOrderId(order_id),
        status=status,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        legs=(Leg(instrument=Instrument(symbol="AAPL", asset_class=AssetClass.STOCK), side=Side.BUY),),
        quantity=Decimal(10),
        placed_at=T0,
        updated_at=T0,
    )


def wish(cancel_id: str, order_id: str = ORDER_ID, later_s: int = 0) -> CancelIntent:
    return CancelIntent(
        cancel_id=CancelId(cancel_id),
        account_id=ACCOUNT,
        brokerage_order_id=BrokerageOrderId(order_id),
        requested_at=T0 + timedelta(seconds=later_s),
    )


def replied(outcome: CancelOutcome) -> Replied:
    return Replied(outcome=outcome, sent_at=T0, ended_at=T0, settles_s=None)


UNKNOWN = CancelUnknown(cause=UnknownCause.TIMEOUT, message="no reply")


class Crowd:
    """Members as a test wants them: this process, and those that are gone."""

    goes_on_s = 0.0

    def __init__(self, me: str = "here", *gone: str) -> None:
        self._me = MemberId(me)
        self.gone = set(gone)

    def me(self) -> MemberId:
        return self._me

    async def enter(self) -> None:
        pass

    async def is_gone(self, member: MemberId) -> bool:
        return member in self.gone

    async def leave(self) -> None:
        pass


async def furnish(database: Database) -> None:
    """Put one account with one open order into the database."""

    def work(sql: Connection) -> None:
        sql.execute(
            insert(partner_key),
            {"client_id": "P", "name": "", "is_personal": 0, "sealed_consumer_key": b"", "created_at": T0},
        )
        sql.execute(
            insert(api_user), {"client_id": "P", "user_id": "u", "secret_hash": b"", "created_at": T0}
        )
        row: dict[str, Any] = {
            "connection_id": "k",
            "client_id": "P",
            "user_id": "u",
            "broker_slug": "PAPER",
            "name": "",
        }
        row |= {"type": "trade", "sealed_credentials": b"", "created_at": T0, "updated_at": T0}
        sql.execute(insert(connection), row)
        each = {"account_id": ACCOUNT, "connection_id": "k", "number": "1", "name": "", "currency": "USD"}
        sql.execute(insert(account), each | {"is_paper": 1, "created_at": T0})

    await database.write(work)
    await SqlOrders(database).remember(ACCOUNT, [order()], T0)
