"""Domain values of every kind, to be rendered and shown to the SDKs' own models."""

from datetime import UTC, date, datetime
from decimal import Decimal

from nostro.domain.account import Account, Balance, Position, Quote
from nostro.domain.connection import Connection, ConnectionType
from nostro.domain.ids import AccountId, BrokerageOrderId, ClientId, ConnectionId, UserId
from nostro.domain.instrument import AssetClass, Instrument, OptionContract, OptionRight
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

NOW = datetime(2026, 11, 20, 15, 30, 0, 123456, tzinfo=UTC)


def _option(right: OptionRight, strike: str) -> Instrument:
    contract = OptionContract("AAPL", date(2026, 12, 18), right, Decimal(strike))
    return Instrument(
        symbol=f"AAPL261218{right.name[0]}",
        asset_class=AssetClass.OPTION,
        multiplier=Decimal(100),
        option=contract,
    )


INSTRUMENTS = {
    "stock": Instrument(
        symbol="AAPL", asset_class=AssetClass.STOCK, description="Apple Inc.", exchange_mic="XNAS"
    ),
    "etf": Instrument(symbol="VAB.TO", asset_class=AssetClass.ETF, currency="CAD", exchange_mic="XTSE"),
    "option": _option(OptionRight.CALL, "240"),
    "crypto": Instrument(symbol="BTC/USD", asset_class=AssetClass.CRYPTO, fractionable=True),
    "coin pair": Instrument(symbol="ETH/BTC", asset_class=AssetClass.CRYPTO, currency="BTC"),
    "future": Instrument(
        symbol="ESZ6", asset_class=AssetClass.FUTURE, multiplier=Decimal(50), exchange_mic="XCME"
    ),
}


def an_order(
    kind: str = "stock",
    status: OrderStatus = OrderStatus.NEW,
    *,
    filled: str = "0",
    role: GroupRole | None = None,
) -> Order:
    """One single-leg order of `kind`, a stop-limit for 10 good till date, so that every field has a value."""
    effect = PositionEffect.OPEN if kind == "option" else None
    return Order(
        brokerage_order_id=BrokerageOrderId("66a033fa-da74-4fcf-b527-feefdec9257e"),
        status=status,
        order_type=OrderType.STOP_LIMIT,
        time_in_force=TimeInForce.GTD,
        legs=(Leg(instrument=INSTRUMENTS[kind], side=Side.BUY, position_effect=effect),),
        quantity=Decimal(10),
        filled_quantity=Decimal(filled),
        average_price=Decimal("31.30") if Decimal(filled) else None,
        limit_price=Decimal("31.33"),
        stop_price=Decimal("31.00"),
        placed_at=NOW,
        updated_at=NOW,
        filled_at=NOW if Decimal(filled) else None,
        expires_at=NOW,
        group_id="G1" if role else None,
        group_type=GroupType.OTOCO if role else None,
        group_role=role,
    )


def a_spread() -> Order:
    """A vertical spread: one order, two option legs."""
    return Order(
        brokerage_order_id=BrokerageOrderId("S-1"),
        status=OrderStatus.PARTIALLY_FILLED,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        legs=(
            Leg(
                instrument=_option(OptionRight.CALL, "240"),
                side=Side.BUY,
                position_effect=PositionEffect.OPEN,
                average_price=Decimal("2.50"),
            ),
            Leg(
                instrument=_option(OptionRight.CALL, "250"),
                side=Side.SELL,
                position_effect=PositionEffect.OPEN,
                ratio=Decimal(2),
            ),
        ),
        quantity=Decimal(5),
        filled_quantity=Decimal(2),
        average_price=Decimal("1.25"),
        limit_price=Decimal("1.50"),
        price_effect=PriceEffect.DEBIT,
        placed_at=NOW,
        updated_at=NOW,
    )


ACCOUNT = Account(
    account_id=AccountId("917c8734-8470-4a3e-a18f-57c3f2ee6631"),
    connection_id=ConnectionId("87b24961-b51e-4db8-9226-f198f6518a89"),
    number="PA123456789",
    name="Paper",
    currency="USD",
    is_paper=True,
    created_at=NOW,
)
CONNECTION = Connection(
    connection_id=ConnectionId("87b24961-b51e-4db8-9226-f198f6518a89"),
    client_id=ClientId("PARTNER_CLIENT_ID"),
    user_id=UserId("snaptrade-user-123"),
    broker_slug="PAPER",
    name="Connection-1",
    type=ConnectionType.TRADE,
    created_at=NOW,
    updated_at=NOW,
)
BALANCES = (
    Balance(currency="USD", cash=Decimal("-300.71"), buying_power=Decimal("410.71")),
    Balance(currency="BTC", cash=Decimal("0.00000001"), buying_power=None),
)
POSITIONS = tuple(
    Position(instrument=instrument, quantity=Decimal("-1.5"), average_price=None, last_price=Decimal("10.10"))
    for instrument in INSTRUMENTS.values()
)
QUOTE = Quote(
    instrument=INSTRUMENTS["stock"], bid=Decimal("8.43"), ask=Decimal("8.44"), last=Decimal("8.74"), at=NOW
)
ONE_SIDED_QUOTE = Quote(instrument=INSTRUMENTS["crypto"], bid=None, ask=None, last=Decimal(1), at=NOW)
