"""A list of orders is whole, or it failed."""

import asyncio
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nostro.brokers.schwab.orders import LISTS_MAX, PAGE_MAX, SchwabBroker
from nostro.brokers.schwab.spec import LIST_SPAN, ORDER_LIFE, SPEC
from nostro.brokers.transport import Reply, Request
from nostro.domain.errors import ReadFailed
from nostro.ports import SystemClock
from tests.brokers.scripted import answer

from .said import ACCOUNT, HASHES, PATH, T0, asked, broker, row

NOW = SystemClock().now().replace(microsecond=0)


class Books:
    """Schwab with these orders, by the times of their entry; it lists the oldest first."""

    def __init__(self, *entered: datetime) -> None:
        self._entered = sorted(entered)
        self.spans: list[tuple[datetime, datetime]] = []

    async def send(self, request: Request, _timeout_s: float) -> Reply:
        split = urlsplit(request.path)
        if not split.path.endswith("/orders"):
            return HASHES
        said = {name: values[0] for name, values in parse_qs(split.query).items()}
        begin, end = (datetime.fromisoformat(said[name]) for name in ("fromEnteredTime", "toEnteredTime"))
        self.spans.append((begin, end))
        inside = ((number, at) for number, at in enumerate(self._entered, 1) if begin <= at <= end)
        page: list[Any] = [
            row(orderId=number, enteredTime=at.isoformat())
            for number, at in islice(inside, int(said["maxResults"]))
        ]
        return answer(200, page)


def listed(books: Books, since: datetime = NOW) -> set[str]:
    schwab = SchwabBroker(books, SPEC, SystemClock())
    return {str(each.brokerage_order_id) for each in asyncio.run(schwab.list_orders(ACCOUNT, since))}


def test_a_list_goes_as_far_back_as_an_order_can_live_and_no_further_than_schwab_lists() -> None:
    books = Books()
    listed(books)
    listed(books, datetime.min.replace(tzinfo=T0.tzinfo))
    (recent, end), (earliest, last) = books.spans
    assert timedelta(0) <= NOW - ORDER_LIFE - recent < timedelta(seconds=1)
    assert last - earliest == LIST_SPAN
    assert end > NOW + timedelta(hours=23)


def test_what_is_asked_for_is_spelled_as_schwab_spells_it() -> None:
    schwab, transport = asked(answer(200, []))
    asyncio.run(schwab.list_orders(ACCOUNT, NOW))
    split = urlsplit(transport.requests[0].path)
    said = parse_qs(split.query)
    assert split.path == f"{PATH}/orders"
    assert set(said) == {"fromEnteredTime", "toEnteredTime", "maxResults"}
    assert said["fromEnteredTime"][0].endswith("Z")
    assert len(said["fromEnteredTime"][0]) == len("2024-03-29T00:00:00.000Z")


def test_a_list_of_many_pages_is_whole() -> None:
    entered = [NOW - timedelta(minutes=number) for number in range(3 * PAGE_MAX)]
    books = Books(*entered)
    assert len(listed(books)) == len(entered)
    assert 3 < len(books.spans) < LISTS_MAX


def test_a_page_that_is_exactly_full_is_listed_again_in_halves() -> None:
    books = Books(*(NOW - timedelta(days=number / 10) for number in range(PAGE_MAX)))
    assert len(listed(books)) == PAGE_MAX
    assert len(books.spans) > 1


@pytest.mark.parametrize(
    "entered",
    [
        [NOW] * PAGE_MAX,
        [NOW - timedelta(seconds=17 * number) for number in range(LISTS_MAX * PAGE_MAX)],
    ],
)
def test_more_than_can_be_listed_is_said_to_be_so(entered: list[datetime]) -> None:
    with pytest.raises(ReadFailed, match="more orders than can be listed"):
        listed(Books(*entered))


def test_a_list_leaves_out_what_was_closed_before_and_shows_the_latest_first() -> None:
    rows = [
        row(orderId=1, status="FILLED", closeTime="2026-03-02T15:00:05+0000"),
        row(orderId=2),
        row(orderId=3, status="CANCELED", closeTime="2026-03-02T15:00:07+0000"),
        row(orderId=4, enteredTime="2026-03-02T15:00:01+0000"),
    ]
    since = T0 + timedelta(seconds=6)
    found = asyncio.run(broker(answer(200, rows)).list_orders(ACCOUNT, since))
    assert [each.brokerage_order_id for each in found] == ["4", "2", "3"]
    within_a_second = T0 + timedelta(seconds=5, microseconds=999_999)
    found = asyncio.run(broker(answer(200, rows)).list_orders(ACCOUNT, within_a_second))
    assert {each.brokerage_order_id for each in found} == {"1", "2", "3", "4"}
