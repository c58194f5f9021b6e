"""What each reply of Alpaca proves, one row of the adapter's table after the other."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.alpaca import KINDS, AlpacaBroker
from nostro.brokers.alpaca.spec import SPEC
from nostro.brokers.transport import NeverSent, NoReply, Reply, TimedOut
from nostro.domain.account import Balance
from nostro.domain.cancel import (
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    OrderAbsent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass
from nostro.domain.order import (
    OrderRef,
    OrderStatus,
    OrderType,
    PositionEffect,
    PriceEffect,
    Side,
    TimeInForce,
)
from nostro.domain.place import NewLeg, NewOrder, Placed, PlaceRejected, Replaced, Replacement
from tests.brokers.scripted import Scripted, answer

ORDER_ID = BrokerageOrderId("61e69015-8549-4bfd-b9c3-01e75843f47d")
OTHER_ID = "71e69015-8549-4bfd-b9c3-01e75843f47d"
REF = OrderRef(ORDER_ID)
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(10),
    limit_price=Decimal("100.5"),
    client_order_id=ClientOrderId("c-1"),
)
SPREAD = NewOrder(
    legs=(
        NewLeg(symbol="AAPL  260320C00100000", side=Side.BUY, position_effect=PositionEffect.OPEN),
        NewLeg(symbol="AAPL260320C00110000", side=Side.SELL, position_effect=PositionEffect.OPEN),
    ),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(2),
    limit_price=Decimal("1.25"),
    price_effect=PriceEffect.CREDIT,
    client_order_id=ClientOrderId("c-2"),
)


def row(**changes: object) -> dict[str, Any]:
    """Spell an order as Alpaca's API reference does."""
    absent = (
        "filled_at expired_at canceled_at failed_at replaced_at replaced_by replaces notional stop_price legs"
        " filled_avg_price trail_percent trail_price hwm"
    )
    order: dict[str, Any] = {
        "id": ORDER_ID,
        "client_order_id": "c-1",
        "created_at": "2026-03-02T15:00:00.942282Z",
        "updated_at": "2026-03-02T15:00:01.942282Z",
        "submitted_at": "2026-03-02T15:00:00.937734Z",
        "asset_id": "904837e3-3b76-47ec-b432-046db621571b",
        "symbol": "AAPL",
        "asset_class": "us_equity",
        "qty": "10",
        "filled_qty": "0",
        "order_class": "simple",
        "order_type": "limit",
        "type": "limit",
        "side": "buy",
        "time_in_force": "day",
        "limit_price": "100.5",
        "status": "accepted",
        "extended_hours": False,
    }
    return order | dict.fromkeys(absent.split()) | changes


def refusal(status: int, code: int, message: str) -> Reply:
    return answer(status, {"code": code, "message": message})


def broker(*answers: Reply | Exception) -> AlpacaBroker:
    return AlpacaBroker(Scripted(*answers), SPEC)


UNPROVEN = [
    (TimedOut("slow"), UnknownCause.TIMEOUT),
    (NoReply("reset"), UnknownCause.CONNECTION_LOST),
    (answer(401, {"message": "unauthorized."}), UnknownCause.AUTH_REFUSED),
    (answer(408, {}), UnknownCause.TIMEOUT),
    (answer(429, {"message": "too many requests."}), UnknownCause.RATE_LIMITED),
    (answer(500, {"code": 50010000, "message": "internal server error"}), UnknownCause.SERVER_ERROR),
    (Reply(503, b"<html>"), UnknownCause.SERVER_ERROR),
]


@pytest.mark.parametrize(("said", "cause"), UNPROVEN)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    outcomes = [
        asyncio.run(broker(said).cancel_order("", REF)),
        asyncio.run(broker(said).place_order("", NEW_ORDER)),
        asyncio.run(broker(said).replace_order("", REF, TERMS)),
    ]
    assert [(type(each), getattr(each, "cause", None)) for each in outcomes] == [(CancelUnknown, cause)] * 3


@pytest.mark.parametrize(
    "said",
    [
        Reply(200, b""),
        Reply(200, b"{}"),
        Reply(200, b"<html>"),
        Reply(207, b"[]"),
        Reply(307, b""),
        Reply(404, b"page not found"),
        Reply(422, b'{"message": "order is al'),
        Reply(422, b'{"message": "a", "message": "b"}'),
        refusal(404, 40410001, "some other thing not found"),
        refusal(418, 1, 'order is already in "filled" state'),
    ],
)
def test_what_no_document_describes_proves_nothing_of_a_cancel(said: Reply) -> None:
    outcome = asyncio.run(broker(said).cancel_order("", REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.UNREADABLE_REPLY


def test_a_204_says_that_the_request_was_taken_and_no_more() -> None:
    assert asyncio.run(broker(Reply(204, b"")).cancel_order("", REF)) == CancelPending(raw=None)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (refusal(404, 40410000, f"order not found for {ORDER_ID}"), CancelRejectReason.UNKNOWN_ORDER),
        (refusal(422, 42210000, 'order is already in "filled" state'), CancelRejectReason.TOO_LATE),
        (refusal(422, 42210000, 'order is already in "canceled" state'), CancelRejectReason.TOO_LATE),
        (refusal(422, 42210000, 'order is already in "expired" state'), CancelRejectReason.TOO_LATE),
        (
            refusal(422, 42210000, 'order is already in "pending_cancel" state'),
            CancelRejectReason.ALREADY_PENDING,
        ),
        (
            refusal(422, 42210000, 'order is already in "pending_replace" state'),
            CancelRejectReason.BROKER_OPTION,
        ),
        (refusal(422, 42210000, "order is not cancelable"), CancelRejectReason.OTHER),
        (refusal(403, 40310000, "forbidden"), CancelRejectReason.OTHER),
    ],
)
def test_a_named_refusal_keeps_its_reason_and_shows_no_order(said: Reply, reason: CancelRejectReason) -> None:
    outcome = asyncio.run(broker(said).cancel_order("", REF))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.order) == (reason, None)


def test_no_byte_left_is_not_sent() -> None:
    assert isinstance(asyncio.run(broker(NeverSent("refused")).cancel_order("", REF)), NotSent)


@pytest.mark.parametrize(
    "bad_id", ["", "-1", " ", "../../v2/positions", "%2e%2e", ORDER_ID.upper(), f"{ORDER_ID},x"]
)
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    transport = Scripted(Reply(204, b""))
    alpaca = AlpacaBroker(transport, SPEC)
    bad = OrderRef(BrokerageOrderId(bad_id))
    assert isinstance(asyncio.run(alpaca.cancel_order("", bad)), NotSent)
    assert isinstance(asyncio.run(alpaca.replace_order("", bad, TERMS)), NotSent)
    assert transport.requests == []


def test_a_cancel_is_one_request_that_names_one_order() -> None:
    transport = Scripted(Reply(204, b""))
    asyncio.run(AlpacaBroker(transport, SPEC).cancel_order("", REF))
    [sent] = transport.requests
    assert (sent.method, sent.path, sent.body) == ("DELETE", f"/v2/orders/{ORDER_ID}", b"")


TERMS = Replacement(
    order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, quantity=Decimal(5), limit_price=Decimal(2)
)


def test_a_placed_order_is_named_by_our_own_id() -> None:
    placed = asyncio.run(broker(answer(200, row())).place_order("", NEW_ORDER))
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.brokerage_order_id, order.status, order.quantity) == (
        ORDER_ID,
        OrderStatus.NEW,
        Decimal(10),
    )
    other = asyncio.run(broker(answer(200, row(client_order_id="x"))).place_order("", NEW_ORDER))
    assert isinstance(other, CancelUnknown)


def test_a_refused_order_keeps_alpacas_words() -> None:
    said = refusal(403, 40310000, "insufficient buying power")
    outcome = asyncio.run(broker(said).place_order("", NEW_ORDER))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == "insufficient buying power"


def test_a_replacement_names_both_orders() -> None:
    said = answer(200, row(id=OTHER_ID, replaces=ORDER_ID))
    replaced = asyncio.run(broker(said).replace_order("", REF, TERMS))
    assert isinstance(replaced, Replaced)
    assert (replaced.order.brokerage_order_id, replaced.replaced_id) == (OTHER_ID, ORDER_ID)
    stranger = asyncio.run(broker(answer(200, row(id=OTHER_ID))).replace_order("", REF, TERMS))
    assert isinstance(stranger, CancelUnknown)


def test_a_spread_is_one_order_with_its_net_price_as_alpaca_signs_it() -> None:
    transport = Scripted(answer(200, row()))
    asyncio.run(AlpacaBroker(transport, SPEC).place_order("", SPREAD))
    assert json.loads(transport.requests[0].body) == {
        "type": "limit",
        "time_in_force": "day",
        "client_order_id": "c-2",
        "qty": "2",
        "order_class": "mleg",
        "limit_price": "-1.25",
        "legs": [
            {
                "symbol": "AAPL260320C00100000",
                "side": "buy",
                "ratio_qty": "1",
                "position_intent": "buy_to_open",
            },
            {
                "symbol": "AAPL260320C00110000",
                "side": "sell",
                "ratio_qty": "1",
                "position_intent": "sell_to_open",
            },
        ],
    }


def test_a_new_word_and_an_order_that_nostro_could_not_place_are_shown_all_the_same() -> None:
    said = row(status="haunted", type="trailing_stop", time_in_force="opg")
    look = asyncio.run(broker(answer(200, said)).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    shown = look.order
    assert (shown.status, shown.order_type, shown.time_in_force) == (OrderStatus.UNRECOGNIZED, None, None)


def test_what_was_cancelled_is_what_was_not_filled() -> None:
    said = row(status="canceled", filled_qty="4", filled_avg_price="100.25")
    look = asyncio.run(broker(answer(200, said)).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    order = look.order
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal(4), Decimal(6))
    assert order.average_price == Decimal("100.25")


def test_only_a_named_absence_is_one() -> None:
    absent = refusal(404, 40410000, "order not found")
    assert asyncio.run(broker(absent).look_up_order("", REF)) == OrderAbsent()
    for said in (
        Reply(404, b"not here"),
        refusal(404, 1, "?"),
        answer(200, row(id=OTHER_ID)),
        NoReply("lost"),
    ):
        assert isinstance(asyncio.run(broker(said).look_up_order("", REF)), LookFailed)


def test_an_order_by_a_client_id_is_believed_if_it_has_it() -> None:
    found = asyncio.run(broker(answer(200, row())).find_client_order("", ClientOrderId("c-1")))
    assert isinstance(found, OrderFound)
    other = asyncio.run(broker(answer(200, row())).find_client_order("", ClientOrderId("c-9")))
    assert isinstance(other, LookFailed)


def test_prices_of_a_spread_are_amounts_and_the_side_of_the_money_is_a_word() -> None:
    leg = row(symbol="AAPL260320C00100000", asset_class="us_option", ratio_qty="1")
    spread = row(
        order_class="mleg", symbol="", side=None, asset_class="", legs=[leg],
        status="filled", filled_qty="2", filled_avg_price="-1.25", limit_price="-1.20",
    )  # fmt: skip
    look = asyncio.run(broker(answer(200, spread)).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    order = look.order
    assert (order.average_price, order.limit_price) == (Decimal("1.25"), Decimal("1.20"))
    assert order.price_effect is PriceEffect.CREDIT


def test_an_account_its_money_and_its_positions_are_read() -> None:
    account = {"account_number": "PA123", "currency": "USD", "cash": "-5.5", "buying_power": "10"}
    [found] = asyncio.run(broker(answer(200, account)).list_accounts())
    assert (found.number, found.is_paper) == ("PA123", False)
    [balance] = asyncio.run(broker(answer(200, account)).list_balances("PA123"))
    assert balance == Balance(currency="USD", cash=Decimal("-5.5"), buying_power=Decimal(10))
    rows = [
        {"symbol": "AAPL", "asset_class": "us_equity", "qty": "3", "side": "long", "current_price": "2"},
        {"symbol": "AAPL260320C00100000", "asset_class": "us_option", "qty": "-1", "side": "short"},
        {"symbol": "BTC/USD", "asset_class": "crypto", "qty": "0.5", "side": "long", "avg_entry_price": "7"},
    ]
    positions = asyncio.run(broker(answer(200, rows)).list_positions("PA123"))
    assert [each.quantity for each in positions] == [Decimal(3), Decimal(-1), Decimal("0.5")]
    assert [each.instrument.asset_class for each in positions] == [
        AssetClass.STOCK,
        AssetClass.OPTION,
        AssetClass.CRYPTO,
    ]


@pytest.mark.parametrize("said", [Reply(401, b"{}"), Reply(500, b""), Reply(200, b"[]"), NoReply("lost")])
def test_a_read_without_proof_failed(said: Reply | Exception) -> None:
    with pytest.raises(ReadFailed):
        asyncio.run(broker(said).list_accounts())


def test_paper_trading_is_the_same_at_another_address() -> None:
    live, paper = (kind.spec for kind in KINDS)
    assert (live.is_paper, paper.is_paper) == (False, True)
    assert live.address != paper.address
    assert live.capabilities == paper.capabilities
