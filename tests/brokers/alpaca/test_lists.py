"""Which of an account's orders are listed, and how far back."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from nostro.brokers.alpaca import AlpacaBroker
from nostro.brokers.alpaca.orders import PAGE_MAX, PAGES_MAX
from nostro.brokers.alpaca.spec import SPEC
from nostro.brokers.transport import Reply
from nostro.domain.errors import ReadFailed
from tests.brokers.alpaca.test_evidence import ORDER_ID, OTHER_ID, T0, row
from tests.brokers.scripted import Scripted, answer


def page(first: int, status: str = "filled", each: timedelta = timedelta(days=1)) -> Reply:
    """Make a full page whose orders are numbered from `first`, each older than the one before."""
    rows = []
    for number in range(first, first + PAGE_MAX):
        at = (T0 - number * each).isoformat()
        rows.append(row(id=f"{number:08d}{ORDER_ID[8:]}", status=status, submitted_at=at, updated_at=at))
    return answer(200, rows)


def asked_of(transport: Scripted) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(each.path).query) for each in transport.requests]


def test_a_list_goes_back_as_far_as_an_order_that_ended_lately_can_have_begun() -> None:
    transport = Scripted(answer(200, [row()]), page(0), page(PAGE_MAX), page(2 * PAGE_MAX))
    since = T0 - timedelta(days=450)
    listed = asyncio.run(AlpacaBroker(transport, SPEC).list_orders("", since))
    queries = asked_of(transport)
    # The first page ends at 499 days, and an order made 541 days ago can have ended 450 days ago.
    assert [query["status"] for query in queries] == [["open"], ["closed"], ["closed"]]
    assert "until" not in queries[1]
    just_after = T0 - timedelta(days=499) + timedelta(microseconds=1)
    assert datetime.fromisoformat(queries[2]["until"][0]) == just_after
    assert len(listed) == 1 + 451


def test_an_order_that_rested_for_long_and_ended_lately_is_listed() -> None:
    old = row(
        status="canceled",
        submitted_at=(T0 - timedelta(days=80)).isoformat(),
        updated_at=(T0 - timedelta(minutes=1)).isoformat(),
    )
    transport = Scripted(answer(200, []), page(0, each=timedelta(minutes=1)), answer(200, [old]))
    listed = asyncio.run(AlpacaBroker(transport, SPEC).list_orders("", T0 - timedelta(hours=1)))
    assert ORDER_ID in {order.brokerage_order_id for order in listed}


def test_open_orders_are_listed_page_by_page_and_all_or_none() -> None:
    last = answer(200, [row()])
    transport = Scripted(page(0, status="new"), last, answer(200, []))
    listed = asyncio.run(AlpacaBroker(transport, SPEC).list_orders("", T0))
    assert len(listed) == PAGE_MAX + 1
    assert [query["status"] for query in asked_of(transport)] == [["open"], ["open"], ["closed"]]
    endless = Scripted(*(page(number * PAGE_MAX, status="new") for number in range(PAGES_MAX)))
    with pytest.raises(ReadFailed, match="more open orders"):
        asyncio.run(AlpacaBroker(endless, SPEC).list_orders("", T0))


def test_what_hangs_on_an_order_is_listed_as_an_order_and_the_legs_of_a_spread_are_not() -> None:
    stop = row(id=OTHER_ID, client_order_id="c-1-stop", type="stop", status="held", side="sell")
    bracket = row(order_class="bracket", legs=[stop])
    leg = row(symbol="AAPL260320C00100000", asset_class="us_option", ratio_qty="1")
    spread = row(id="8" + ORDER_ID[1:], order_class="mleg", symbol="", side=None, asset_class="", legs=[leg])
    transport = Scripted(answer(200, [bracket, spread]), answer(200, []))
    listed = asyncio.run(AlpacaBroker(transport, SPEC).list_orders("", T0))
    assert {order.brokerage_order_id for order in listed} == {ORDER_ID, OTHER_ID, "8" + ORDER_ID[1:]}
    queries = [parse_qs(urlsplit(each.path).query) for each in transport.requests]
    assert [query["nested"] for query in queries] == [["true"], ["true"]]
