"""Which of a portfolio's orders are listed, how far back, and how one is found by its client order id."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from nostro.brokers.coinbase.accounts import PAGES_MAX
from nostro.brokers.coinbase.orders import LOOK_BACK, OPEN_MAX, CoinbaseBroker
from nostro.brokers.coinbase.spec import SPEC
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.cancel import LookFailed, OrderAbsent, OrderFound
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order, OrderStatus
from tests.brokers.scripted import Scripted, answer

from .said import CLIENT_ID, ORDER_ID, OTHER_ID, T0, FixedClock, broker, listed, row

NONE = listed()


def asked_of(transport: Scripted) -> list[dict[str, list[str]]]:
    assert {urlsplit(each.path).path for each in transport.requests} == {
        "/api/v3/brokerage/orders/historical/batch"
    }
    return [parse_qs(urlsplit(each.path).query) for each in transport.requests]


def list_through(transport: Scripted, since_s: float = 0) -> list[Order]:
    coinbase = CoinbaseBroker(transport, SPEC, FixedClock())
    return list(asyncio.run(coinbase.list_orders("", T0 + timedelta(seconds=since_s))))


def test_what_waits_what_is_open_and_what_was_made_lately_is_listed_wherever_it_was_placed() -> None:
    transport = Scripted(NONE)
    assert list_through(transport) == []
    waiting = {"order_status": ["PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"]}
    recent = {"start_date": [(T0 - LOOK_BACK).isoformat(timespec="milliseconds").replace("+00:00", "Z")]}
    usual = [each | {"limit": ["250"]} for each in (waiting, {"order_status": ["OPEN"]}, recent)]
    simple = [each | {"order_placement_source": ["RETAIL_SIMPLE"]} for each in usual]
    assert asked_of(transport) == usual + simple


def test_a_list_is_read_to_its_end_and_an_order_stands_in_it_once_as_it_was_seen_last() -> None:
    first, second = row(), row(order_id=OTHER_ID, created_time="2026-03-02T15:00:02Z")
    transport = Scripted(
        NONE,
        listed(first, cursor="a/b"),
        listed(second),
        listed(row(status="FILLED", filled_size="0.5"), second),
        NONE,
    )
    orders = list_through(transport)
    assert [each.brokerage_order_id for each in orders] == [OTHER_ID, ORDER_ID]
    assert [each.status for each in orders] == [OrderStatus.NEW, OrderStatus.FILLED]
    assert [query.get("cursor") for query in asked_of(transport)[:4]] == [None, None, ["a/b"], None]


def test_a_list_leaves_out_what_ended_before() -> None:
    ended = row(status="CANCELLED", last_update_time="2026-03-02T15:00:05Z")
    resting = row(order_id=OTHER_ID, created_time="2025-01-01T00:00:00Z", last_update_time=None)
    for since_s, wanted in ((5, {ORDER_ID, OTHER_ID}), (6, {OTHER_ID})):
        orders = list_through(Scripted(NONE, listed(resting), listed(ended), NONE), since_s)
        assert {each.brokerage_order_id for each in orders} == wanted


def test_as_many_open_orders_as_coinbase_lists_at_most_may_not_be_all() -> None:
    rows = [row(order_id=f"{number:08x}{ORDER_ID[8:]}") for number in range(OPEN_MAX)]
    assert len(list_through(Scripted(NONE, listed(*rows[1:]), NONE))) == OPEN_MAX - 1
    with pytest.raises(ReadFailed, match="more open orders"):
        list_through(Scripted(NONE, listed(*rows), NONE))


def test_pages_that_do_not_end_are_no_list() -> None:
    transport = Scripted(listed(row(), cursor="again"))
    with pytest.raises(ReadFailed, match="can be listed"):
        list_through(transport)
    assert len(transport.requests) == PAGES_MAX
    lost = answer(200, {"orders": [row()], "has_next": True, "cursor": ""})
    with pytest.raises(ReadFailed, match="nothing says where"):
        list_through(Scripted(lost))


@pytest.mark.parametrize(
    "said",
    [
        Reply(401, b"Unauthorized"),
        Reply(500, b""),
        Reply(200, b"[]"),
        listed(row(side="?")),
        listed(row(created_time="")),
        listed(row(filled_size="NaN")),
        listed(row(created_time="2026-03-02T15:00:00")),
        listed(row(last_update_time="yesterday")),
        NoReply("lost"),
    ],
)
def test_a_list_without_proof_failed(said: Reply | Exception) -> None:
    with pytest.raises(ReadFailed):
        list_through(Scripted(said))


def test_an_order_is_looked_for_by_its_client_order_id_in_each_list_until_it_is_there() -> None:
    transport = Scripted(NONE, listed(row(client_order_id="c-9"), cursor="2"), listed(row()))
    coinbase = CoinbaseBroker(transport, SPEC, FixedClock())
    look = asyncio.run(coinbase.find_client_order("", CLIENT_ID))
    assert isinstance(look, OrderFound)
    assert look.order.brokerage_order_id == ORDER_ID
    assert [query.get("order_status") for query in asked_of(transport)] == [
        ["PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"],
        ["OPEN"],
        ["OPEN"],
    ]
    closed = asyncio.run(broker(NONE, NONE, listed(row(status="FILLED"))).find_client_order("", CLIENT_ID))
    assert isinstance(closed, OrderFound)


def test_an_order_is_absent_only_if_every_list_was_read() -> None:
    wanted = ClientOrderId("nobody's")
    assert asyncio.run(broker(listed(row())).find_client_order("", wanted)) == OrderAbsent()
    for answers in ((NONE, NoReply("lost")), (NONE, NONE, Reply(500, b"")), (listed(row(), cursor="again"),)):
        assert isinstance(asyncio.run(broker(*answers).find_client_order("", wanted)), LookFailed)
