"""Lists of orders: pages to the end, the newer word, and whose client order id it is."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from nostro.brokers.tastytrade.orders import ORDER_LIFE, PAGE_MAX, PAGES_MAX, TastytradeBroker
from nostro.brokers.tastytrade.spec import SPEC
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.cancel import LookFailed, OrderAbsent, OrderAmbiguous, OrderFound
from nostro.domain.errors import AccessRefused, ReadFailed
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order, OrderStatus
from tests.brokers.scripted import Scripted, answer
from tests.sim.market import ToldClock

from .said import ACCOUNT, CLIENT_ID, PATH, T0, T0_MS, asked, row

HOUR_MS = 3600 * 1000
NONE: list[dict[str, Any]] = []


def page(items: list[dict[str, Any]], pages: int | None = None) -> Reply:
    paging = {} if pages is None else {"pagination": {"total-pages": pages, "per-page": PAGE_MAX}}
    return answer(200, {"data": {"items": items}, "context": f"{PATH}/orders"} | paging)


def rows(first: int, count: int = PAGE_MAX) -> list[dict[str, Any]]:
    return [row(id=order_id) for order_id in range(first, first + count)]


def listed(*answers: Reply | Exception) -> tuple[list[Order], list[str]]:
    tasty, transport = asked(*answers)
    orders = list(asyncio.run(tasty.list_orders(ACCOUNT, T0)))
    assert {each.operation for each in transport.requests} == {"list"}
    return orders, [each.path for each in transport.requests]


def test_the_history_goes_back_further_than_asked_and_the_live_list_is_read_last() -> None:
    _, paths = listed(page(NONE), page(NONE))
    begin = (T0 - ORDER_LIFE).strftime("%Y-%m-%dT%H%%3A%M%%3A%S.000Z")
    paging = f"per-page={PAGE_MAX}&page-offset=0"
    assert paths == [
        f"{PATH}/orders?start-at={begin}&sort=Desc&{paging}",
        f"{PATH}/orders/live?{paging}",
    ]


def test_of_closed_orders_those_are_listed_that_ended_since_then_and_open_ones_all() -> None:
    old, new = T0_MS - HOUR_MS, T0_MS + HOUR_MS
    early = {"received_at": "2026-01-02T15:00:00.000+00:00"}
    history = [
        row(id=1, status="Filled", updated_at=old, **early),
        row(id=2, status="Filled", updated_at=new, **early),
        row(id=3, status="Live", updated_at=old, **early),
    ]
    orders, _ = listed(page(history), page([row(id=4, status="Contingent", updated_at=old, **early)]))
    assert {each.brokerage_order_id for each in orders} == {"2", "3", "4"}


def test_the_later_answer_is_the_newer_word() -> None:
    orders, _ = listed(page([row(id=1)]), page([row(id=1, status="Cancelled", updated_at=T0_MS + HOUR_MS)]))
    assert [each.status for each in orders] == [OrderStatus.CANCELED]


def test_the_newest_order_comes_first() -> None:
    late = "2026-09-18T19:00:00.000+00:00"
    orders, _ = listed(page([row(id=1), row(id=2, received_at=late)]), page(NONE))
    assert [each.brokerage_order_id for each in orders] == ["2", "1"]


def test_pages_are_read_to_the_end() -> None:
    full, rest = rows(1), rows(1 + PAGE_MAX, 2)
    orders, paths = listed(page(full), page(rest), page(NONE))
    assert len(orders) == PAGE_MAX + 2
    assert [path.rpartition("=")[2] for path in paths] == ["0", "1", "0"]


def test_a_list_that_says_where_it_ends_is_not_asked_for_more() -> None:
    orders, paths = listed(page(rows(1), pages=2), page(rows(1 + PAGE_MAX), pages=2), page(NONE))
    assert (len(orders), len(paths)) == (2 * PAGE_MAX, 3)


def test_a_list_that_knows_no_pages_is_not_asked_for_ever() -> None:
    everything = page(rows(1))
    orders, paths = listed(everything, everything, everything, everything)
    assert (len(orders), len(paths)) == (PAGE_MAX, 4)


def test_more_than_can_be_listed_is_a_read_that_failed() -> None:
    tasty, transport = asked(*(page(rows(1 + at * PAGE_MAX)) for at in range(PAGES_MAX + 1)))
    with pytest.raises(ReadFailed):
        asyncio.run(tasty.list_orders(ACCOUNT, T0))
    assert len(transport.requests) == PAGES_MAX


@pytest.mark.parametrize(
    "said",
    [
        NoReply("lost"),
        Reply(500, b""),
        Reply(200, b"<html>"),
        answer(200, {"data": {"items": [{"id": 1}]}}),
        answer(200, {"data": {"items": []}, "error": {"code": "no"}}),
    ],
)
def test_a_page_that_comes_to_nothing_fails_the_list(said: Reply | Exception) -> None:
    for answers in ((said,), (page(NONE), said)):
        with pytest.raises(ReadFailed):
            listed(*answers)


def test_a_list_that_is_refused_is_a_doubt_of_the_credentials() -> None:
    with pytest.raises(AccessRefused):
        listed(answer(401, {"error": {"code": "unauthorized", "message": "No."}}))


# By the customer's own id


def test_an_order_is_found_by_its_client_order_id_in_the_lists() -> None:
    transport = Scripted(page([row(id=1, external_identifier="other")]), page([row(id=2)]))
    clock = ToldClock()
    tasty = TastytradeBroker(transport, SPEC, clock)
    look = asyncio.run(tasty.find_client_order(ACCOUNT, CLIENT_ID))
    assert isinstance(look, OrderFound)
    assert (look.order.brokerage_order_id, look.order.client_order_id) == ("2", CLIENT_ID)
    begin = clock.now() - timedelta(days=2)
    assert f"start-at={begin:%Y-%m-%d}" in transport.requests[0].path


def test_a_client_order_id_of_two_orders_or_of_none_finds_nothing() -> None:
    two = asked(page([row(id=1), row(id=2)]), page(NONE))[0]
    assert asyncio.run(two.find_client_order(ACCOUNT, CLIENT_ID)) == OrderAmbiguous()
    none = asked(page([row(external_identifier=None)]), page(NONE))[0]
    assert asyncio.run(none.find_client_order(ACCOUNT, ClientOrderId("unused"))) == OrderAbsent()
    lost = asked(page(NONE), NoReply("lost"))[0]
    assert isinstance(asyncio.run(lost.find_client_order(ACCOUNT, CLIENT_ID)), LookFailed)
