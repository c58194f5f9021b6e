"""What each reply of Binance proves, one row of the adapter's table after the other."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.brokers.binance.orders import BinanceBroker
from nostro.brokers.binance.spec import SPEC
from nostro.brokers.transport import NeverSent, NoReply, Reply, TimedOut
from nostro.domain.cancel import (
    Canceled,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import GroupType, OrderRef, OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewGroup, NewLeg, NewOrder, Placed, PlaceRejected, Replacement
from tests.brokers.scripted import Scripted, answer

from .said import (
    ABSENT,
    NEW_ORDER,
    ORDER_ID,
    REF,
    T0,
    WITHOUT_ROUTE,
    asked_of,
    broker,
    canceled,
    changed,
    info,
    refusal,
    row,
)

BTC = info("BTC/USDT")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (TimedOut("slow"), UnknownCause.TIMEOUT),
        (NoReply("reset"), UnknownCause.CONNECTION_LOST),
        (refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401), UnknownCause.AUTH_REFUSED),
        (refusal(-2011, "Unknown order sent.", 500), UnknownCause.SERVER_ERROR),
        (Reply(502, b"<html>"), UnknownCause.SERVER_ERROR),
        (refusal(-1003, "Too many requests queued.", 429), UnknownCause.RATE_LIMITED),
        (refusal(-1003, "Way too much request weight used; IP banned.", 418), UnknownCause.RATE_LIMITED),
        (Reply(418, b""), UnknownCause.RATE_LIMITED),
        (refusal(-1000), UnknownCause.SERVER_ERROR),
        (refusal(-1001), UnknownCause.SERVER_ERROR),
        (refusal(-1002), UnknownCause.AUTH_REFUSED),
        (refusal(-1003), UnknownCause.RATE_LIMITED),
        (refusal(-1006), UnknownCause.SERVER_ERROR),
        (refusal(-1007), UnknownCause.TIMEOUT),
        (refusal(-1008), UnknownCause.SERVER_ERROR),
        (refusal(-1016), UnknownCause.SERVER_ERROR),
        (refusal(-1022), UnknownCause.AUTH_REFUSED),
        (refusal(-2014), UnknownCause.AUTH_REFUSED),
        (refusal(-2015), UnknownCause.AUTH_REFUSED),
        (refusal(-1200), UnknownCause.UNREADABLE_REPLY),
        (refusal(-1099), UnknownCause.UNREADABLE_REPLY),
        (refusal(-2013), UnknownCause.UNREADABLE_REPLY),
        (refusal(-2011, "Unknown order sent.", 200), UnknownCause.UNREADABLE_REPLY),
        (refusal(-2011, "Unknown order sent.", 307), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b""), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b"{}"), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b"[]"), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(403, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b'{"code": -2011, "msg": "Unknown or'), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b'{"code": -2011, "code": -1007, "msg": ""}'), UnknownCause.UNREADABLE_REPLY),
    ],
)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    for outcome in (
        asyncio.run(broker(said).cancel_order("", REF)),
        asyncio.run(broker(BTC, said).place_order("", NEW_ORDER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is cause


def test_a_canceled_order_in_the_reply_is_final_and_shown_as_it_ended() -> None:
    said = canceled(executedQty="0.20000000", cummulativeQuoteQty="7990.00000000")
    outcome = asyncio.run(broker(answer(200, said)).cancel_order("", REF))
    assert isinstance(outcome, Canceled)
    assert outcome.raw == said
    order = outcome.order
    assert order is not None
    assert (order.brokerage_order_id, order.route, order.client_order_id) == (ORDER_ID, "BTC/USDT", "c-1")
    assert (order.status, order.raw_status) == (OrderStatus.CANCELED, "CANCELED")
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal("0.2"), Decimal("0.3"))
    assert order.average_price == Decimal(39950)
    assert order.updated_at == T0 + timedelta(milliseconds=500)


def test_a_cancel_of_one_order_of_a_list_shows_all_that_it_ended_and_proves_this_one() -> None:
    reports = [canceled(orderId=7, orderListId=3), canceled(orderListId=3, type="STOP_LOSS_LIMIT")]
    ended = {"orderListId": 3, "listOrderStatus": "ALL_DONE", "orders": [], "orderReports": reports}
    outcome = asyncio.run(broker(answer(200, ended)).cancel_order("", REF))
    assert isinstance(outcome, Canceled)
    assert outcome.order is not None
    assert (outcome.order.brokerage_order_id, outcome.order.group_id) == (ORDER_ID, "3")


@pytest.mark.parametrize(
    "said",
    [
        canceled(orderId=int(ORDER_ID) + 1),
        canceled(symbol="BTCUSDC"),
        {"orderListId": 3, "orderReports": [canceled(orderId=7)]},
        {"orderListId": 3, "orderReports": []},
    ],
)
def test_a_success_about_another_order_proves_nothing(said: object) -> None:
    outcome = asyncio.run(broker(answer(200, said)).cancel_order("", REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_a_success_that_shows_the_order_otherwise_than_canceled_is_none() -> None:
    pending = asyncio.run(broker(answer(200, canceled(status="PENDING_CANCEL"))).cancel_order("", REF))
    assert isinstance(pending, CancelPending)
    for word in ("NEW", "FILLED", "EXPIRED", "haunted"):
        outcome = asyncio.run(broker(answer(200, canceled(status=word))).cancel_order("", REF))
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is UnknownCause.UNREADABLE_REPLY


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (refusal(-2011, "Unknown order sent."), CancelRejectReason.UNKNOWN_ORDER),
        (refusal(-2011, "Order was not canceled due to cancel restrictions."), CancelRejectReason.OTHER),
        (refusal(-2011, "Market is closed."), CancelRejectReason.OTHER),
        (refusal(-1013, "The symbol is not trading."), CancelRejectReason.OTHER),
        (
            refusal(-1021, "Timestamp for this request is outside of the recvWindow."),
            CancelRejectReason.OTHER,
        ),
        (refusal(-1100, "Illegal characters found in a parameter."), CancelRejectReason.OTHER),
        (refusal(-1121, "Invalid symbol."), CancelRejectReason.OTHER),
        (refusal(-1199, "?"), CancelRejectReason.OTHER),
    ],
)
def test_a_named_refusal_keeps_binances_words_and_shows_no_order(
    said: Reply, reason: CancelRejectReason
) -> None:
    outcome = asyncio.run(broker(said).cancel_order("", REF))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.order) == (reason, None)
    assert outcome.raw is not None
    assert outcome.message == outcome.raw["msg"]


def test_words_without_end_are_cut() -> None:
    outcome = asyncio.run(broker(refusal(-2011, "x" * 5000)).cancel_order("", REF))
    assert isinstance(outcome, CancelRejected)
    assert len(outcome.message) == 300


def test_no_byte_left_is_not_sent() -> None:
    assert isinstance(asyncio.run(broker(NeverSent("refused")).cancel_order("", REF)), NotSent)
    assert isinstance(asyncio.run(broker(BTC, NeverSent("refused")).place_order("", NEW_ORDER)), NotSent)


@pytest.mark.parametrize(
    "bad_id",
    ["", "-1", " ", "0", "*", "1,2", "1&orderId=2", "../openOrders", "1 ", "1\n", "٣", "9" * 20, "c-1"],
)
def test_for_what_is_no_order_id_nothing_is_sent(bad_id: str) -> None:
    for route in ("", "BTC/USDT"):
        transport = Scripted(answer(200, canceled()))
        binance = BinanceBroker(transport, SPEC)
        bad = OrderRef(BrokerageOrderId(bad_id), route)
        assert isinstance(asyncio.run(binance.cancel_order("", bad)), NotSent)
        assert isinstance(asyncio.run(binance.look_up_order("", bad)), LookFailed)
        assert transport.requests == []


def test_a_cancel_names_one_order_by_its_symbol_and_its_id_and_nothing_else() -> None:
    transport = Scripted(answer(200, canceled()))
    asyncio.run(BinanceBroker(transport, SPEC).cancel_order("", REF))
    assert asked_of(transport) == [("DELETE /api/v3/order", {"symbol": "BTCUSDT", "orderId": ORDER_ID})]
    assert transport.requests[0].body == b""


def test_a_symbol_that_is_not_of_latin_letters_is_encoded() -> None:
    transport = Scripted(answer(200, canceled()))
    asyncio.run(BinanceBroker(transport, SPEC).cancel_order("", OrderRef(ORDER_ID, "币安/USDT")))
    assert transport.requests[0].path == f"/api/v3/order?symbol=%E5%B8%81%E5%AE%89USDT&orderId={ORDER_ID}"


def test_a_placed_order_is_what_the_reply_shows_if_it_is_the_one() -> None:
    mine = changed(clientOrderId=NEW_ORDER.client_order_id)
    placed = asyncio.run(broker(BTC, answer(200, mine)).place_order("", NEW_ORDER))
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.brokerage_order_id, order.route, order.status) == (ORDER_ID, "BTC/USDT", OrderStatus.NEW)
    assert (order.quantity, order.limit_price) == (Decimal("0.5"), Decimal(40000))
    assert order.placed_at == T0 + timedelta(milliseconds=500)
    for other in (mine | {"clientOrderId": "c-9"}, mine | {"symbol": "BTCUSDC"}):
        outcome = asyncio.run(broker(BTC, answer(200, other)).place_order("", NEW_ORDER))
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


def test_a_refused_order_keeps_binances_words() -> None:
    words = "Account has insufficient balance for requested action."
    outcome = asyncio.run(broker(BTC, refusal(-2010, words)).place_order("", NEW_ORDER))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == words


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (NEW_ORDER, {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.5", "price": "40000"}),
        (
            replace(NEW_ORDER, quantity=Decimal("1E-8"), limit_price=Decimal("1E+3")),
            {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.00000001", "price": "1000"},
        ),
        (
            replace(
                NEW_ORDER, order_type=OrderType.MARKET, quantity=None, notional=Decimal(250), limit_price=None
            ),
            {"type": "MARKET", "quoteOrderQty": "250"},
        ),
        (
            replace(NEW_ORDER, order_type=OrderType.STOP, limit_price=None, stop_price=Decimal("50000.10")),
            {"type": "STOP_LOSS", "quantity": "0.5", "stopPrice": "50000.1"},
        ),
        (
            replace(
                NEW_ORDER,
                order_type=OrderType.STOP_LIMIT,
                time_in_force=TimeInForce.FOK,
                stop_price=Decimal(39000),
            ),
            {
                "type": "STOP_LOSS_LIMIT",
                "timeInForce": "FOK",
                "quantity": "0.5",
                "price": "40000",
                "stopPrice": "39000",
            },
        ),
    ],
)
def test_an_order_is_sent_in_binances_words(order: NewOrder, said: dict[str, str]) -> None:
    transport = Scripted(BTC, refusal(-2010))
    asyncio.run(BinanceBroker(transport, SPEC).place_order("", order))
    asked, placed = asked_of(transport)
    assert asked == (
        "GET /api/v3/exchangeInfo",
        {"symbols": '["BTCUSDT"]', "showPermissionSets": "false"},
    )
    usual = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "newClientOrderId": NEW_ORDER.client_order_id,
        "newOrderRespType": "RESULT",
    }
    assert placed == ("POST /api/v3/order", usual | said)


def test_a_pair_is_asked_for_once_and_an_order_for_no_such_pair_is_not_sent() -> None:
    def of(symbol: str) -> NewOrder:
        return replace(NEW_ORDER, legs=(NewLeg(symbol=symbol, side=Side.SELL),))

    transport = Scripted(BTC, refusal(-2010))
    binance = BinanceBroker(transport, SPEC)
    for _ in range(2):
        asyncio.run(binance.place_order("", of("BTC/USDT")))
    assert [path for path, _ in asked_of(transport)] == [
        "GET /api/v3/exchangeInfo",
        *["POST /api/v3/order"] * 2,
    ]
    for answers, symbol in (
        ((BTC,), "BT/CUSDT"),
        ((BTC,), "BTCUSDT"),
        ((BTC,), "ETH/USDT"),
        ((refusal(-1121, "Invalid symbol."),), "NO/SUCH"),
        ((NoReply("lost"),), "BTC/USDT"),
    ):
        transport = Scripted(*answers)
        outcome = asyncio.run(BinanceBroker(transport, SPEC).place_order("", of(symbol)))
        assert isinstance(outcome, NotSent)
        assert outcome.cause is NotSentCause.REFUSED_LOCALLY
        assert len(transport.requests) == 1


def test_a_client_order_id_that_binance_does_not_take_is_neither_sent_nor_looked_for() -> None:
    for bad in ("", "a b", "x" * 37, "a&b=c", "ä"):
        transport = Scripted(BTC)
        binance = BinanceBroker(transport, SPEC)
        order = replace(NEW_ORDER, client_order_id=ClientOrderId(bad))
        assert isinstance(asyncio.run(binance.place_order("", order)), NotSent)
        assert asyncio.run(binance.find_client_order("", ClientOrderId(bad))) == OrderAbsent()
        assert transport.requests == []


def test_groups_and_replacements_are_refused_here() -> None:
    transport = Scripted(BTC)
    binance = BinanceBroker(transport, SPEC)
    terms = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC)
    group = NewGroup(type=GroupType.OCO, members=(), client_order_id=ClientOrderId("g"))
    assert isinstance(asyncio.run(binance.replace_order("", REF, terms)), NotSent)
    assert isinstance(asyncio.run(binance.place_group("", group)), NotSent)
    assert transport.requests == []


def test_a_look_with_a_route_is_one_question_and_only_a_named_absence_is_one() -> None:
    transport = Scripted(answer(200, row()))
    found = asyncio.run(BinanceBroker(transport, SPEC).look_up_order("", REF))
    assert isinstance(found, OrderFound)
    assert found.order.ref == REF
    assert asked_of(transport) == [("GET /api/v3/order", {"symbol": "BTCUSDT", "orderId": ORDER_ID})]
    assert asyncio.run(broker(ABSENT).look_up_order("", REF)) == OrderAbsent()
    for said in (
        refusal(-2013, "Order does not exist.", 429),
        refusal(-2013, "Order does not exist.", 418),
        refusal(-2013, "Order does not exist.", 500),
        refusal(-2026, "Order was canceled or expired with no executed qty over 90 days ago."),
        refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401),
        answer(200, row(orderId=7)),
        answer(200, row(symbol="BTCUSDC")),
        Reply(400, b"not here"),
        NoReply("lost"),
    ):
        assert isinstance(asyncio.run(broker(said).look_up_order("", REF)), LookFailed)


def test_an_order_that_no_read_shows_is_not_canceled() -> None:
    transport = Scripted(NoReply("lost"))
    outcome = asyncio.run(BinanceBroker(transport, SPEC).cancel_order("", WITHOUT_ROUTE))
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert [path for path, _ in asked_of(transport)] == ["GET /api/v3/openOrders"]
