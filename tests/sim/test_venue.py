"""The native face, asked through the adapter and with bare requests."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from nostro.brokers.paper import PaperBroker
from nostro.brokers.port import Broker
from nostro.brokers.transport import Request
from nostro.domain.cancel import (
    Canceled,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    OrderAbsent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass
from nostro.domain.order import OrderRef, OrderStatus, OrderType, TimeInForce
from nostro.domain.place import NewOrder, Placed, PlaceRejected, Replaced, Replacement
from nostro.sim.exchange import Exchange
from nostro.sim.venue import EmbeddedVenue
from tests.sim.market import (
    ACCOUNT,
    API_KEY,
    CALL,
    CASH,
    OPENED_AT,
    OTHER_ACCOUNT,
    OTHER_API_KEY,
    ToldClock,
    buy,
    otoco,
    sell,
    spread,
)

LOWER = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal(95))


def ask(
    venue: EmbeddedVenue, method: str, path: str, body: bytes = b"", key: str = API_KEY
) -> tuple[int, Any]:
    reply = asyncio.run(venue.transport(key).send(Request(method, path, body), 1.0))
    return reply.status, json.loads(reply.body)


def test_the_adapter_is_a_broker(broker: PaperBroker) -> None:
    as_broker: Broker = broker
    assert as_broker.spec.slug == "PAPER"


@pytest.mark.parametrize(
    "new",
    [
        buy("2", limit="100"),
        buy("0.5", stop="105", limit="106", tif=TimeInForce.GTC),
        buy(None, notional="250"),
        buy("1", CALL, limit="2", tif=TimeInForce.GTD, expires_at=OPENED_AT + timedelta(days=2)),
        buy("0.25", "BTC/USD", limit="1"),
        buy("1", "ESZ6", limit="100"),
        spread(limit="4"),
    ],
    ids=lambda new: f"{new.legs[0].symbol}-{new.order_type}",
)
def test_a_placed_order_comes_back_as_the_exchange_has_it(
    broker: PaperBroker, exchange: Exchange, new: NewOrder
) -> None:
    placed = asyncio.run(broker.place_order(ACCOUNT, new))
    assert isinstance(placed, Placed)
    order = placed.orders[0]
    truth = exchange.order(ACCOUNT, order.brokerage_order_id)
    assert (truth.legs, truth.quantity, truth.notional, truth.limit_price, truth.expires_at) == (
        order.legs,
        order.quantity,
        order.notional,
        order.limit_price,
        order.expires_at,
    )


def test_a_look_up_shows_what_the_place_showed(broker: PaperBroker) -> None:
    async def place_and_look() -> tuple[object, object]:
        placed = await broker.place_order(ACCOUNT, buy(limit="100"))
        assert isinstance(placed, Placed)
        look = await broker.look_up_order(ACCOUNT, OrderRef(placed.orders[0].brokerage_order_id))
        assert isinstance(look, OrderFound)
        return placed.orders[0], look.order

    placed, looked = asyncio.run(place_and_look())
    assert placed == looked


def test_a_group_comes_back_trigger_first(broker: PaperBroker) -> None:
    group = otoco(buy(limit="100"), sell(limit="120"), sell(stop="90"))
    placed = asyncio.run(broker.place_group(ACCOUNT, group))
    assert isinstance(placed, Placed)
    assert [order.status for order in placed.orders] == [
        OrderStatus.NEW,
        OrderStatus.HELD,
        OrderStatus.HELD,
    ]


def test_a_refused_order_comes_back_with_the_reason(broker: PaperBroker) -> None:
    refused = asyncio.run(broker.place_order(ACCOUNT, buy(symbol="NOPE")))
    assert isinstance(refused, PlaceRejected)
    assert refused.message == "Unknown symbol: NOPE."


def test_a_replace_comes_back_with_the_successor(broker: PaperBroker, exchange: Exchange) -> None:
    old_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    replaced = asyncio.run(broker.replace_order(ACCOUNT, OrderRef(old_id), LOWER))
    assert isinstance(replaced, Replaced)
    assert exchange.order(ACCOUNT, old_id).replaced_by == replaced.order.brokerage_order_id


def test_a_replace_of_a_closed_order_is_refused(broker: PaperBroker, exchange: Exchange) -> None:
    old_id = exchange.place(ACCOUNT, buy()).brokerage_order_id
    assert isinstance(asyncio.run(broker.replace_order(ACCOUNT, OrderRef(old_id), LOWER)), PlaceRejected)


def test_a_cancel_shows_the_canceled_order(broker: PaperBroker, exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    outcome = asyncio.run(broker.cancel_order(ACCOUNT, OrderRef(order_id)))
    assert isinstance(outcome, Canceled)
    assert outcome.raw is not None
    assert outcome.raw["status"] == "canceled"


def test_a_cancel_too_late_shows_the_fill(broker: PaperBroker, exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy()).brokerage_order_id
    outcome = asyncio.run(broker.cancel_order(ACCOUNT, OrderRef(order_id)))
    assert isinstance(outcome, CancelRejected)
    assert outcome.order is not None
    assert (outcome.reason, outcome.order.filled_quantity) == (CancelRejectReason.TOO_LATE, Decimal(10))


def test_a_foreign_order_is_unknown(broker: PaperBroker, exchange: Exchange) -> None:
    order_id = exchange.place(OTHER_ACCOUNT, buy(limit="100")).brokerage_order_id
    outcome = asyncio.run(broker.cancel_order(ACCOUNT, OrderRef(order_id)))
    assert isinstance(outcome, CancelRejected)
    assert outcome.reason is CancelRejectReason.UNKNOWN_ORDER


def test_a_foreign_account_is_unknown_and_its_order_lives(broker: PaperBroker, exchange: Exchange) -> None:
    order_id = exchange.place(OTHER_ACCOUNT, buy(limit="100")).brokerage_order_id
    outcome = asyncio.run(broker.cancel_order(OTHER_ACCOUNT, OrderRef(order_id)))
    assert isinstance(outcome, CancelRejected)
    assert exchange.order(OTHER_ACCOUNT, order_id).status is OrderStatus.NEW


def test_a_wrong_key_is_refused(venue: EmbeddedVenue, clock: ToldClock, exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    outcome = asyncio.run(PaperBroker(venue.transport("wrong")).cancel_order(ACCOUNT, OrderRef(order_id)))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.AUTH_REFUSED


def test_a_wrong_key_lists_nothing(venue: EmbeddedVenue, clock: ToldClock) -> None:
    with pytest.raises(ReadFailed, match="does not accept these credentials"):
        asyncio.run(PaperBroker(venue.transport("wrong")).list_accounts())


def test_each_customer_sees_the_own_accounts(venue: EmbeddedVenue, clock: ToldClock) -> None:
    accounts = asyncio.run(PaperBroker(venue.transport(OTHER_API_KEY)).list_accounts())
    assert [account.number for account in accounts] == [OTHER_ACCOUNT]


def test_balances_and_positions_are_the_exchanges(broker: PaperBroker, exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy())

    async def read() -> tuple[object, object]:
        return await broker.list_balances(ACCOUNT), await broker.list_positions(ACCOUNT)

    assert asyncio.run(read()) == ([exchange.balance(ACCOUNT)], exchange.positions(ACCOUNT))


def test_quotes_leave_out_what_is_unknown(broker: PaperBroker) -> None:
    quotes = asyncio.run(broker.list_quotes(["AAPL", "NOPE", "BTC/USD", CALL]))
    assert [quote.instrument.symbol for quote in quotes] == ["AAPL", "BTC/USD", CALL]


def test_instruments_are_of_every_class_but_options(broker: PaperBroker) -> None:
    instruments = asyncio.run(broker.list_instruments())
    assert {row.asset_class for row in instruments} == set(AssetClass) - {AssetClass.OPTION}


def test_a_preview_says_the_cost_or_the_reason(broker: PaperBroker) -> None:
    async def preview() -> tuple[object, object]:
        good = await broker.preview_order(ACCOUNT, buy(limit="90"))
        return getattr(good, "remaining_cash", None), await broker.preview_order(ACCOUNT, buy(symbol="NOPE"))

    assert asyncio.run(preview()) == (CASH - 900, "Unknown symbol: NOPE.")


def test_the_order_list_begins_where_it_is_told(broker: PaperBroker, exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy())
    exchange.advance(60)
    listed = asyncio.run(broker.list_orders(ACCOUNT, exchange.now()))
    assert listed == []


def test_an_unknown_client_order_id_is_absent(broker: PaperBroker) -> None:
    look = asyncio.run(broker.find_client_order(ACCOUNT, ClientOrderId("no/such id?")))
    assert look == OrderAbsent()


def test_an_unknown_order_is_absent(broker: PaperBroker) -> None:
    unknown = BrokerageOrderId("00000000-0000-4000-8000-000000000000")
    assert asyncio.run(broker.look_up_order(ACCOUNT, OrderRef(unknown))) == OrderAbsent()


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/nowhere", 404, "unknown_route"),
        ("PUT", f"/accounts/{ACCOUNT}/orders", 404, "unknown_route"),
        ("DELETE", f"/accounts/{ACCOUNT}/orders", 404, "unknown_route"),
        ("DELETE", f"/accounts/{ACCOUNT}/orders/{quote('a/b', safe='')}", 404, "unknown_order"),
        ("GET", "/accounts/A-9/balances", 404, "unknown_account"),
        ("POST", f"/accounts/{ACCOUNT}/orders", 400, "malformed"),
        ("GET", f"/accounts/{ACCOUNT}/orders?since=yesterday", 400, "malformed"),
        ("GET", f"/accounts/{ACCOUNT}/orders?since=2026-03-02T15:00:00", 400, "malformed"),
    ],
)
def test_a_bad_request_is_named(
    venue: EmbeddedVenue, method: str, path: str, status: int, error: str
) -> None:
    answered, document = ask(venue, method, path)
    assert (answered, document["error"]) == (status, error)


def test_decimals_are_spelled_without_exponent(venue: EmbeddedVenue) -> None:
    body = {
        "legs": [{"symbol": "DOGE/USD", "side": "buy"}],
        "order_type": "limit",
        "time_in_force": "gtc",
        "quantity": "1E+2",
        "limit_price": "1E-4",
        "client_order_id": "c",
    }
    _, document = ask(venue, "POST", f"/accounts/{ACCOUNT}/orders", json.dumps(body).encode())
    assert (document["order"]["quantity"], document["order"]["limit_price"]) == ("100", "0.0001")


def test_every_request_is_logged_before_its_reply(venue: EmbeddedVenue, exchange: Exchange) -> None:
    before = len(exchange.truth())
    ask(venue, "GET", "/instruments")
    log = [(entry.event, entry.operation, entry.status) for entry in exchange.truth(before)]
    assert log == [("request_received", "read", None), ("reply_sent", "read", "200")]
