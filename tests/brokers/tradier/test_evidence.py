"""What each reply of Tradier proves, one row of the adapter's table after the other."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from nostro.brokers.tradier.orders import TradierBroker
from nostro.brokers.tradier.spec import SANDBOX_SPEC, SPEC
from nostro.brokers.tradier.wire import STATUSES
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
    OrderAmbiguous,
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
from nostro.domain.place import NewLeg, NewOrder, Placed, PlaceRejected
from nostro.ports import SystemClock
from tests.brokers.scripted import Scripted, answer

ACCOUNT = "VA000001"
ORDER_ID = BrokerageOrderId("38467961")
REF = OrderRef(ORDER_ID)
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MINE = answer(200, {"profile": {"account": {"account_number": ACCOUNT, "type": "margin"}, "id": "id-1"}})
OF_ANOTHER = answer(200, {"profile": {"account": [{"account_number": "VA1"}, {"account_number": "VA2"}]}})
UNAUTHORIZED = Reply(401, f"Unauthorized Account: {ACCOUNT}".encode())
DEAD_TOKEN = answer(401, {"fault": {"faultstring": "Invalid Access Token", "detail": {"errorcode": "x"}}})

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="BRK.B", side=Side.SELL, position_effect=PositionEffect.OPEN),),
    order_type=OrderType.STOP_LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Decimal("10.0"),
    limit_price=Decimal("100.50"),
    stop_price=Decimal(101),
    client_order_id=ClientOrderId("5b3a4c1e-0000-4000-8000-000000000001"),
)
SPREAD = NewOrder(
    legs=(
        NewLeg(symbol="AAPL  260320C00100000", side=Side.BUY, position_effect=PositionEffect.OPEN),
        NewLeg(
            symbol="AAPL260320C00110000",
            side=Side.SELL,
            position_effect=PositionEffect.OPEN,
            ratio=Decimal(2),
        ),
    ),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(3),
    limit_price=Decimal("1.25"),
    price_effect=PriceEffect.CREDIT,
    client_order_id=ClientOrderId("5b3a4c1e-0000-4000-8000-000000000002"),
)


def row(**changes: object) -> dict[str, Any]:
    """Spell an order as Tradier does."""
    order: dict[str, Any] = {
        "id": int(ORDER_ID),
        "type": "limit",
        "symbol": "AAPL",
        "side": "buy",
        "quantity": 10.0,
        "status": "open",
        "duration": "day",
        "price": 100.5,
        "avg_fill_price": 0.0,
        "exec_quantity": 0.0,
        "last_fill_price": 0.0,
        "last_fill_quantity": 0.0,
        "remaining_quantity": 10.0,
        "create_date": "2026-03-02T15:00:00.450Z",
        "transaction_date": "2026-03-02T15:00:05.000Z",
        "class": "equity",
        "tag": "c-1",
    }
    return order | changes


def receipt(order_id: int = int(ORDER_ID)) -> Reply:
    return answer(200, {"order": {"id": order_id, "status": "ok", "partner_id": "p-1"}})


def text(status: int, words: str) -> Reply:
    return Reply(status, words.encode(), {"content-type": "text/plain;charset=UTF-8"})


def broker(*answers: Reply | Exception) -> TradierBroker:
    return TradierBroker(Scripted(*answers), SPEC, SystemClock())


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (TimedOut("slow"), UnknownCause.TIMEOUT),
        (NoReply("reset"), UnknownCause.CONNECTION_LOST),
        (answer(408, {}), UnknownCause.TIMEOUT),
        (answer(429, {"fault": {"faultstring": "Rate limit quota violation"}}), UnknownCause.RATE_LIMITED),
        (Reply(502, b"<html>"), UnknownCause.SERVER_ERROR),
        (DEAD_TOKEN, UnknownCause.AUTH_REFUSED),
        (answer(200, {"fault": {"faultstring": "Datastore Error"}}), UnknownCause.UNREADABLE_REPLY),
        (answer(400, {"fault": {"faultstring": "?"}}), UnknownCause.UNREADABLE_REPLY),
        (answer(200, {"order": {"id": int(ORDER_ID), "status": "maybe"}}), UnknownCause.UNREADABLE_REPLY),
        (
            answer(200, {"order": {"id": int(ORDER_ID), "status": "ok"}, "errors": {"error": "no"}}),
            UnknownCause.UNREADABLE_REPLY,
        ),
        (
            answer(400, {"order": {"id": int(ORDER_ID), "status": "ok"}}),
            UnknownCause.UNREADABLE_REPLY,
        ),
        (Reply(200, b'{"order": {"id": 384'), UnknownCause.UNREADABLE_REPLY),
        (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(400, b"<html>"), UnknownCause.UNREADABLE_REPLY),
        (Reply(404, b""), UnknownCause.UNREADABLE_REPLY),
        (text(403, "forbidden"), UnknownCause.UNREADABLE_REPLY),
    ],
)
def test_what_proves_nothing_is_unknown(said: Reply | Exception, cause: UnknownCause) -> None:
    for outcome in (
        asyncio.run(broker(said).cancel_order(ACCOUNT, REF)),
        asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)),
    ):
        assert isinstance(outcome, CancelUnknown)
        assert outcome.cause is cause


def test_an_ok_says_that_the_request_was_taken_and_no_more() -> None:
    assert isinstance(asyncio.run(broker(receipt()).cancel_order(ACCOUNT, REF)), CancelPending)


def test_an_ok_for_another_order_proves_nothing() -> None:
    outcome = asyncio.run(broker(receipt(38467962)).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.OTHER_ORDER_IN_REPLY


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (
            text(400, "order already in finalized state: filled"),
            CancelRejectReason.TOO_LATE,
            "order already in finalized state: filled",
        ),
        (
            text(400, "order already in finalized state: canceled\n"),
            CancelRejectReason.TOO_LATE,
            "order already in finalized state: canceled",
        ),
        (
            text(400, "order already in finalized state: haunted"),
            CancelRejectReason.OTHER,
            "order already in finalized state: haunted",
        ),
        (answer(200, {"errors": {"error": "No."}}), CancelRejectReason.OTHER, "No."),
        (answer(400, {"errors": {"error": ["No.", "Never."]}}), CancelRejectReason.OTHER, "No.; Never."),
    ],
)
def test_a_named_refusal_keeps_its_reason_and_its_words(
    said: Reply, reason: CancelRejectReason, message: str
) -> None:
    outcome = asyncio.run(broker(said).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.message, outcome.order) == (reason, message, None)
    assert isinstance(asyncio.run(broker(said).place_order(ACCOUNT, NEW_ORDER)), PlaceRejected)


def test_a_401_is_a_wrong_id_where_the_token_is_good_and_the_account_its_own() -> None:
    transport = Scripted(UNAUTHORIZED, MINE)
    outcome = asyncio.run(TradierBroker(transport, SPEC, SystemClock()).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelRejected)
    assert outcome.reason is CancelRejectReason.UNKNOWN_ORDER
    assert [(each.method, each.path) for each in transport.requests] == [
        ("DELETE", f"/v1/accounts/{ACCOUNT}/orders/{ORDER_ID}"),
        ("GET", "/v1/user/profile"),
    ]
    assert asyncio.run(broker(UNAUTHORIZED, MINE).look_up_order(ACCOUNT, REF)) == OrderAbsent()


@pytest.mark.parametrize(
    "answers",
    [
        (UNAUTHORIZED, OF_ANOTHER),
        (UNAUTHORIZED, DEAD_TOKEN),
        (UNAUTHORIZED, NoReply("reset")),
        (UNAUTHORIZED, Reply(200, b"{}")),
        (DEAD_TOKEN, MINE),
        (Reply(401, b""), MINE),
    ],
)
def test_any_other_401_proves_nothing(answers: tuple[Reply | Exception, ...]) -> None:
    outcome = asyncio.run(broker(*answers).cancel_order(ACCOUNT, REF))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.AUTH_REFUSED
    assert isinstance(asyncio.run(broker(*answers).look_up_order(ACCOUNT, REF)), LookFailed)


def test_no_byte_left_is_not_sent() -> None:
    assert isinstance(asyncio.run(broker(NeverSent("refused")).cancel_order(ACCOUNT, REF)), NotSent)
    assert isinstance(asyncio.run(broker(NeverSent("refused")).place_order(ACCOUNT, NEW_ORDER)), NotSent)


@pytest.mark.parametrize(
    "bad_id", ["", "-1", " ", "0", "../../v2/positions", "%2e%2e", "1,2", "1 ", "٣", "9" * 20]
)
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    transport = Scripted(receipt())
    tradier = TradierBroker(transport, SPEC, SystemClock())
    bad = OrderRef(BrokerageOrderId(bad_id))
    assert isinstance(asyncio.run(tradier.cancel_order(ACCOUNT, bad)), NotSent)
    assert transport.requests == []


def test_a_stock_order_is_a_form_and_comes_back_as_it_was_asked_for() -> None:
    transport = Scripted(receipt(7))
    placed = asyncio.run(TradierBroker(transport, SPEC, SystemClock()).place_order(ACCOUNT, NEW_ORDER))
    [sent] = transport.requests
    assert sent.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qs(sent.body.decode()) == {
        "class": ["equity"],
        "symbol": ["BRK/B"],
        "side": ["sell_short"],
        "quantity": ["10"],
        "type": ["stop_limit"],
        "duration": ["gtc"],
        "price": ["100.5"],
        "stop": ["101"],
        "tag": [NEW_ORDER.client_order_id],
    }
    assert isinstance(placed, Placed)
    [order] = placed.orders
    assert (order.brokerage_order_id, order.status) == ("7", OrderStatus.PENDING_NEW)
    assert (order.client_order_id, order.quantity) == (NEW_ORDER.client_order_id, NEW_ORDER.quantity)


def test_a_spread_names_each_leg_with_its_own_quantity_and_its_net_price() -> None:
    transport = Scripted(receipt(7))
    asyncio.run(TradierBroker(transport, SPEC, SystemClock()).place_order(ACCOUNT, SPREAD))
    [sent] = transport.requests
    assert parse_qs(sent.body.decode()) == {
        "class": ["multileg"],
        "symbol": ["AAPL"],
        "type": ["credit"],
        "duration": ["day"],
        "price": ["1.25"],
        "option_symbol[0]": ["AAPL260320C00100000"],
        "side[0]": ["buy_to_open"],
        "quantity[0]": ["3"],
        "option_symbol[1]": ["AAPL260320C00110000"],
        "side[1]": ["sell_to_open"],
        "quantity[1]": ["6"],
        "tag": [SPREAD.client_order_id],
    }


@pytest.mark.parametrize("word", STATUSES)
def test_every_status_is_known(word: str) -> None:
    look = asyncio.run(broker(answer(200, {"order": row(status=word)})).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    assert (look.order.status, look.order.raw_status) == (STATUSES[word], word)


def test_a_new_word_and_an_order_that_nostro_could_not_place_are_shown_all_the_same() -> None:
    said = row(status="haunted", type="trailing", duration="pre")
    look = asyncio.run(broker(answer(200, {"order": said})).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    shown = look.order
    assert (shown.status, shown.order_type, shown.time_in_force) == (OrderStatus.UNRECOGNIZED, None, None)
    assert shown.extended_hours


def test_a_spread_is_one_order_and_a_group_is_several() -> None:
    legs = [
        row(id=1, side="buy_to_open", option_symbol="AAPL260320C00100000", quantity=3.0),
        row(id=2, side="sell_to_open", option_symbol="AAPL260320C00110000", quantity=6.0),
    ]
    spread = row(id=3, type="credit", side="buy", quantity=3.0, leg=legs, **{"class": "multileg"})
    members = [row(id=5), row(id=6, type="stop", stop_price=90.0)]
    group = row(id=4, leg=members, type=None, side=None, **{"class": "oco"})
    found = asyncio.run(broker(answer(200, {"orders": {"order": [spread, group]}})).list_orders(ACCOUNT, T0))
    orders = {order.brokerage_order_id: order for order in found}
    assert set(orders) == {"3", "4", "5", "6"}
    assert [leg.ratio for leg in orders[BrokerageOrderId("3")].legs] == [Decimal(1), Decimal(2)]
    assert orders[BrokerageOrderId("3")].price_effect is PriceEffect.CREDIT
    assert orders[BrokerageOrderId("3")].asset_class is AssetClass.OPTION
    assert orders[BrokerageOrderId("6")].stop_price == Decimal(90)


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ({"orders": "null"}, 0),
        ({"orders": None}, 0),
        ({"orders": {"order": row()}}, 1),
        ({"orders": {"order": [row(), row(id=2)]}}, 2),
    ],
)
def test_a_list_of_nothing_one_and_more_is_read(document: object, count: int) -> None:
    assert len(asyncio.run(broker(answer(200, document)).list_orders(ACCOUNT, T0))) == count


def test_a_list_leaves_out_what_was_closed_before() -> None:
    late = T0 + timedelta(seconds=6)
    document = {"orders": {"order": [row(status="filled"), row(id=2)]}}
    listed = asyncio.run(broker(answer(200, document)).list_orders(ACCOUNT, late))
    assert [order.brokerage_order_id for order in listed] == ["2"]


def test_an_order_is_found_by_its_tag_if_there_is_one_alone() -> None:
    def find(*rows: dict[str, Any]) -> object:
        said = answer(200, {"orders": {"order": list(rows)}})
        return asyncio.run(broker(said).find_client_order(ACCOUNT, ClientOrderId("c-1")))

    found = find(row(), row(id=2, tag="c-2"))
    assert isinstance(found, OrderFound)
    assert found.order.brokerage_order_id == ORDER_ID
    assert find(row(tag=None)) == OrderAbsent()
    assert find(row(), row(id=2)) == OrderAmbiguous()
    lost = asyncio.run(broker(NoReply("lost")).find_client_order(ACCOUNT, ClientOrderId("c-1")))
    assert isinstance(lost, LookFailed)


def test_what_was_cancelled_is_what_was_not_filled() -> None:
    said = row(status="canceled", exec_quantity=4.0, avg_fill_price=100.25)
    look = asyncio.run(broker(answer(200, {"order": said})).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    order = look.order
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal(4), Decimal(6))
    assert order.average_price == Decimal("100.25")


def test_accounts_their_money_and_their_positions_are_read() -> None:
    [found] = asyncio.run(broker(MINE).list_accounts())
    assert (found.number, found.name, found.is_paper) == (ACCOUNT, "Tradier margin account", False)
    assert len(asyncio.run(broker(OF_ANOTHER).list_accounts())) == 2
    money = {"balances": {"total_cash": -5.5, "margin": {"stock_buying_power": 10}, "account_type": "margin"}}
    [balance] = asyncio.run(broker(answer(200, money)).list_balances(ACCOUNT))
    assert balance == Balance(currency="USD", cash=Decimal("-5.5"), buying_power=Decimal(10))
    rows = [
        {"symbol": "BRK/B", "quantity": 3.0, "cost_basis": 30.0, "id": 1, "date_acquired": "x"},
        {"symbol": "AAPL260320C00100000", "quantity": -2.0, "cost_basis": -300.0},
    ]
    held = asyncio.run(broker(answer(200, {"positions": {"position": rows}})).list_positions(ACCOUNT))
    assert [(each.instrument.symbol, each.quantity, each.average_price) for each in held] == [
        ("BRK.B", Decimal(3), Decimal(10)),
        ("AAPL  260320C00100000", Decimal(-2), Decimal("1.5")),
    ]
    assert asyncio.run(broker(answer(200, {"positions": "null"})).list_positions(ACCOUNT)) == []


@pytest.mark.parametrize("said", [DEAD_TOKEN, Reply(500, b""), Reply(200, b"[]"), NoReply("lost")])
def test_a_read_without_proof_failed(said: Reply | Exception) -> None:
    for read in (broker(said).list_accounts(), broker(said).list_orders(ACCOUNT, T0)):
        with pytest.raises(ReadFailed):
            asyncio.run(read)


def test_the_sandbox_is_the_same_at_another_address() -> None:
    assert (SPEC.is_paper, SANDBOX_SPEC.is_paper) == (False, True)
    assert SPEC.address != SANDBOX_SPEC.address
    assert SPEC.capabilities == SANDBOX_SPEC.capabilities
