"""What each reply of Kraken proves, one row of the adapter's table after the other."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from nostro.brokers.transport import NeverSent, NoReply, Reply, TimedOut
from nostro.domain.cancel import (
    CancelOutcome,
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderAmbiguous,
    OrderFound,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import GroupRole, GroupType, OrderRef, OrderStatus, OrderType, TimeInForce
from nostro.domain.place import (
    NewGroup,
    NewGroupMember,
    NewOrder,
    Placed,
    PlaceOutcome,
    PlaceRejected,
    Replacement,
)

from .said import CLIENT_ID, NEW_ORDER, ORDER_ID, OTHER_ID, REF, Says, connect, failed, kraken, ok, row

UNPROVEN = [
    (TimedOut("no reply"), UnknownCause.TIMEOUT),
    (NoReply("connection lost"), UnknownCause.CONNECTION_LOST),
    (Reply(401, b"{}"), UnknownCause.AUTH_REFUSED),
    (Reply(429, b"{}"), UnknownCause.RATE_LIMITED),
    (Reply(500, b""), UnknownCause.SERVER_ERROR),
    (Reply(520, b"<html>"), UnknownCause.SERVER_ERROR),
    (Reply(307, b'{"error": [], "result": {"count": 1}}'), UnknownCause.UNREADABLE_REPLY),
    (Reply(404, b'{"error": ["EOrder:Unknown order"]}'), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b""), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b"<html>"), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b'{"result": {"count": 1}}'), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b'{"error": [], "result": {}}'), UnknownCause.UNREADABLE_REPLY),
    (Reply(200, b'{"error": [], "error": ["EOrder:Unknown order"]}'), UnknownCause.UNREADABLE_REPLY),
    (failed("EAPI:Invalid key"), UnknownCause.AUTH_REFUSED),
    (failed("EAPI:Invalid nonce"), UnknownCause.AUTH_REFUSED),
    (failed("EAPI:Invalid signature"), UnknownCause.AUTH_REFUSED),
    (failed("EAuth:Account temporary disabled"), UnknownCause.AUTH_REFUSED),
    (failed("EGeneral:Permission denied"), UnknownCause.AUTH_REFUSED),
    (failed("EGeneral:Temporary lockout"), UnknownCause.AUTH_REFUSED),
    (failed("EAPI:Rate limit exceeded"), UnknownCause.RATE_LIMITED),
    (failed("EOrder:Rate limit exceeded"), UnknownCause.RATE_LIMITED),
    (failed("EOrder:Domain rate limit exceeded"), UnknownCause.RATE_LIMITED),
    (failed("EGeneral:Too many requests"), UnknownCause.RATE_LIMITED),
    (failed("EService: Throttled: 1695828490"), UnknownCause.RATE_LIMITED),
    (failed("EService:Unavailable"), UnknownCause.SERVER_ERROR),
    (failed("EService:Busy"), UnknownCause.SERVER_ERROR),
    (failed("EService:Deadline elapsed"), UnknownCause.SERVER_ERROR),
    (failed("EGeneral:Internal error"), UnknownCause.SERVER_ERROR),
    (failed("ESomething:New"), UnknownCause.SERVER_ERROR),
    (failed("EOrder:Unknown order", "EService:Unavailable"), UnknownCause.SERVER_ERROR),
]


def canceled(said: Says) -> CancelOutcome:
    return asyncio.run(connect(kraken(CancelOrder=said)).cancel_order("", REF))


def placed(**says: Says | list[Says]) -> PlaceOutcome:
    return asyncio.run(connect(kraken(**says)).place_order("", NEW_ORDER))


def receipt(order_id: str = ORDER_ID) -> Reply:
    return ok({"descr": {"order": "buy 1.25000000 XBTUSD @ limit 30010.0"}, "txid": [order_id]})


@pytest.mark.parametrize(("said", "cause"), UNPROVEN)
def test_what_proves_nothing_is_unknown(said: Says, cause: UnknownCause) -> None:
    for outcome in (canceled(said), placed(AddOrder=said)):
        assert isinstance(outcome, CancelUnknown), outcome
        assert outcome.cause is cause


def test_a_reply_that_fails_and_answers_proves_nothing() -> None:
    said = Reply(200, b'{"error": ["EOrder:Unknown order"], "result": {"count": 1}}')
    outcome = canceled(said)
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.UNREADABLE_REPLY


def test_no_byte_left_is_not_sent() -> None:
    for outcome in (canceled(NeverSent("refused")), placed(AddOrder=NeverSent("refused"))):
        assert isinstance(outcome, NotSent)


@pytest.mark.parametrize(
    "result",
    [
        {"count": 1},
        {"count": 1, "pending": False},
        {"count": 1, "pending": True},
        {"count": 0, "pending": True},
    ],
)
def test_a_counted_cancel_was_taken_and_no_more(result: dict[str, object]) -> None:
    outcome = canceled(ok(result))
    assert isinstance(outcome, CancelPending)
    assert outcome.raw == {"error": [], "result": result}


@pytest.mark.parametrize(
    "result", [{"count": 0}, {"count": 2}, {"count": 2, "pending": True}, {"count": "1"}]
)
def test_a_count_of_none_or_of_several_proves_nothing(result: dict[str, object]) -> None:
    outcome = canceled(ok(result))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.UNREADABLE_REPLY


def test_a_warning_beside_an_answer_is_no_failure() -> None:
    said = Reply(200, b'{"error": ["WGeneral:Something"], "result": {"count": 1}}')
    assert isinstance(canceled(said), CancelPending)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["EOrder:Unknown order"], CancelRejectReason.UNKNOWN_ORDER),
        (["EOrder:Cancel pending"], CancelRejectReason.ALREADY_PENDING),
        (["EOrder:Invalid order"], CancelRejectReason.OTHER),
        (["EOrder:Unknown order", "EOrder:Cancel pending"], CancelRejectReason.OTHER),
        (["EGeneral:Invalid arguments"], CancelRejectReason.OTHER),
        (["EGeneral:Invalid arguments:txid"], CancelRejectReason.OTHER),
        (["ETrade:Invalid request"], CancelRejectReason.OTHER),
    ],
)
def test_a_named_refusal_keeps_its_reason_and_shows_no_order(
    words: list[str], reason: CancelRejectReason
) -> None:
    outcome = canceled(failed(*words))
    assert isinstance(outcome, CancelRejected)
    assert (outcome.reason, outcome.order, outcome.message) == (reason, None, "; ".join(words))


def test_words_without_end_are_cut() -> None:
    outcome = canceled(failed("EOrder:" + "x" * 5000))
    assert isinstance(outcome, CancelRejected)
    assert len(outcome.message) == 300


@pytest.mark.parametrize(
    "bad_id",
    [
        "", " ", "-1", "0", "42", "2147483647", "*", "all", ORDER_ID.lower(), f"{ORDER_ID},{OTHER_ID}",
        f"{ORDER_ID}\n", f" {ORDER_ID}", f"{ORDER_ID}&txid=42", f"{ORDER_ID}/..", f"{ORDER_ID}%00",
        "TCCCTY-WE2O6-P3NB37", "6d1b345e-2821-40e2-ad83-4ecb18a06876", ORDER_ID + ORDER_ID,
        "O\u0661CLML-BW3P3-BUCMWZ",
    ],
)  # fmt: skip
def test_what_is_no_order_id_is_never_sent(bad_id: str) -> None:
    transport = kraken()
    session, bad = connect(transport), OrderRef(BrokerageOrderId(bad_id))
    outcome = asyncio.run(session.cancel_order("", bad))
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.REFUSED_LOCALLY
    assert isinstance(asyncio.run(session.look_up_order("", bad)), LookFailed)
    assert transport.requests == []


def test_a_cancel_is_one_request_that_names_one_order() -> None:
    transport = kraken(CancelOrder=ok({"count": 1}))
    asyncio.run(connect(transport).cancel_order("", REF))
    [sent] = transport.requests
    assert (sent.method, sent.path, sent.operation) == ("POST", "/0/private/CancelOrder", "cancel")
    assert transport.sent("CancelOrder") == [{"txid": ORDER_ID}]


def test_a_placed_order_is_the_one_that_carries_our_id() -> None:
    outcome = placed(AddOrder=receipt(), QueryOrders=ok({ORDER_ID: row()}))
    assert isinstance(outcome, Placed)
    [order] = outcome.orders
    assert (order.brokerage_order_id, order.client_order_id) == (ORDER_ID, CLIENT_ID)
    assert (order.status, order.time_in_force) == (OrderStatus.NEW, TimeInForce.GTC)
    assert order.legs[0].instrument.symbol == "BTC/USD"


@pytest.mark.parametrize("look", [NoReply("lost"), Reply(500, b""), failed("EService:Unavailable")])
def test_a_receipt_is_believed_where_no_look_succeeds(look: Says) -> None:
    outcome = placed(AddOrder=receipt(), QueryOrders=look)
    assert isinstance(outcome, Placed)
    [order] = outcome.orders
    assert (order.brokerage_order_id, order.quantity) == (ORDER_ID, NEW_ORDER.quantity)
    assert (order.status, order.legs[0].instrument.symbol) == (OrderStatus.PENDING_NEW, "BTC/USD")


@pytest.mark.parametrize(
    "look", [failed("EOrder:Unknown order"), ok({OTHER_ID: row(cl_ord_id="another")}), ok({})]
)
def test_a_receipt_of_another_order_is_set_right_by_a_look_with_our_id(look: Reply) -> None:
    nothing, mine = ok({"closed": {}, "count": 0}), ok({"open": {ORDER_ID: row()}})
    outcome = placed(AddOrder=receipt(OTHER_ID), QueryOrders=look, OpenOrders=mine, ClosedOrders=nothing)
    assert isinstance(outcome, Placed)
    assert [order.brokerage_order_id for order in outcome.orders] == [ORDER_ID]
    lost = placed(
        AddOrder=receipt(OTHER_ID), QueryOrders=look, OpenOrders=ok({"open": {}}), ClosedOrders=nothing
    )
    assert isinstance(lost, CancelUnknown)
    assert lost.cause is UnknownCause.OTHER_ORDER_IN_REPLY


@pytest.mark.parametrize(
    "ids", [[], [ORDER_ID, OTHER_ID], ORDER_ID, [""], ["42"], [f"{ORDER_ID},{OTHER_ID}"]]
)
def test_a_receipt_that_does_not_name_one_order_proves_nothing(ids: object) -> None:
    outcome = placed(AddOrder=ok({"txid": ids}))
    assert isinstance(outcome, CancelUnknown)
    assert outcome.cause is UnknownCause.UNREADABLE_REPLY


@pytest.mark.parametrize(
    "word",
    [
        "EOrder:Insufficient funds",
        "EOrder:Order minimum not met",
        "EGeneral:Invalid arguments:volume",
        "EQuery:Unknown asset pair",
        "EAccount:Invalid permissions:BTC trading restricted for US:WA.",
        "EService:Market in cancel_only mode",
    ],
)
def test_a_refused_order_keeps_krakens_words(word: str) -> None:
    outcome = placed(AddOrder=failed(word))
    assert isinstance(outcome, PlaceRejected)
    assert outcome.message == word


@pytest.mark.parametrize(
    "order",
    [
        replace(NEW_ORDER, quantity=Decimal(0)),  # it would close a position
        replace(NEW_ORDER, quantity=None, notional=Decimal(100)),
        replace(NEW_ORDER, limit_price=Decimal(-5)),  # it would be an offset from the market
        replace(NEW_ORDER, client_order_id=ClientOrderId("a-text-of-nineteen.")),
        replace(NEW_ORDER, client_order_id=ClientOrderId("")),
        replace(NEW_ORDER, client_order_id=ClientOrderId("\u00e4")),
    ],
)
def test_an_order_that_kraken_would_read_otherwise_is_not_sent(order: NewOrder) -> None:
    transport = kraken()
    outcome = asyncio.run(connect(transport).place_order("", order))
    assert isinstance(outcome, NotSent)
    assert transport.requests == []


@pytest.mark.parametrize("symbol", ["BTC/XYZ", "XBTUSD", "USD/BTC", "XBT/USD"])
def test_a_pair_that_kraken_does_not_list_is_not_traded(symbol: str) -> None:
    transport = kraken()
    [leg] = NEW_ORDER.legs
    order = replace(NEW_ORDER, legs=(replace(leg, symbol=symbol),))
    outcome = asyncio.run(connect(transport).place_order("", order))
    assert isinstance(outcome, NotSent)
    assert transport.sent("AddOrder") == []


def test_an_order_whose_pair_cannot_be_read_is_not_sent() -> None:
    outcome = placed(AssetPairs=NoReply("lost"))
    assert isinstance(outcome, NotSent)


def test_nothing_is_sent_for_groups_and_replacements() -> None:
    transport = kraken()
    session = connect(transport)
    terms = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC)
    members = tuple(NewGroupMember(role=GroupRole.PEER, order=NEW_ORDER) for _ in range(2))
    group = NewGroup(type=GroupType.OCO, members=members, client_order_id=CLIENT_ID)
    assert isinstance(asyncio.run(session.replace_order("", REF, terms)), NotSent)
    assert isinstance(asyncio.run(session.place_group("", group)), NotSent)
    assert transport.requests == []


def test_only_a_named_absence_is_one() -> None:
    for said in (failed("EOrder:Unknown order"), failed("EOrder:Invalid order"), ok({})):
        assert asyncio.run(connect(kraken(QueryOrders=said)).look_up_order("", REF)) == OrderAbsent()
    for other in (
        Reply(404, b'{"error": ["EOrder:Unknown order"]}'),
        failed("EAPI:Invalid key"),
        ok({OTHER_ID: row()}),
        ok({ORDER_ID: row(), OTHER_ID: row()}),
        NoReply("lost"),
    ):
        look = asyncio.run(connect(kraken(QueryOrders=other)).look_up_order("", REF))
        assert isinstance(look, LookFailed), other


def test_a_look_without_the_names_of_pairs_fails() -> None:
    transport = kraken(QueryOrders=ok({ORDER_ID: row()}), AssetPairs=Reply(500, b""))
    assert isinstance(asyncio.run(connect(transport).look_up_order("", REF)), LookFailed)


def test_an_order_by_a_client_id_is_looked_for_among_open_and_closed_ones() -> None:
    def look(open_ones: dict[str, object], closed: dict[str, object]) -> object:
        transport = kraken(
            OpenOrders=ok({"open": open_ones}), ClosedOrders=ok({"closed": closed, "count": 1})
        )
        found = asyncio.run(connect(transport).find_client_order("", CLIENT_ID))
        for name in ("OpenOrders", "ClosedOrders"):
            assert transport.sent(name) == [{"cl_ord_id": CLIENT_ID}]
        return found

    ended = row(status="canceled", closetm=1688666600.5)
    for found in (look({ORDER_ID: row()}, {}), look({}, {ORDER_ID: ended})):
        assert isinstance(found, OrderFound)
        assert found.order.brokerage_order_id == ORDER_ID
    between = look({ORDER_ID: row()}, {ORDER_ID: ended})
    assert isinstance(between, OrderFound)
    assert between.order.status is OrderStatus.CANCELED
    assert look({}, {}) == OrderAbsent()
    assert look({ORDER_ID: row()}, {OTHER_ID: ended}) == OrderAmbiguous()
    assert isinstance(look({ORDER_ID: row(cl_ord_id="another")}, {}), LookFailed)
    assert isinstance(look({ORDER_ID: row(cl_ord_id=None)}, {}), LookFailed)


def test_a_client_id_of_which_one_list_is_silent_is_not_called_absent() -> None:
    transport = kraken(OpenOrders=ok({"open": {}}), ClosedOrders=NoReply("lost"))
    assert isinstance(asyncio.run(connect(transport).find_client_order("", CLIENT_ID)), LookFailed)
