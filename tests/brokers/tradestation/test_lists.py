"""A list of orders is whole, or it failed."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nostro.brokers.tradestation.orders import PAGE_MAX, PAGES_MAX, TradeStationBroker
from nostro.brokers.tradestation.spec import SPEC
from nostro.brokers.transport import NoReply, Reply, Request
from nostro.domain.errors import ReadFailed
from nostro.ports import SystemClock
from tests.brokers.scripted import answer

from .said import ACCOUNT, READ, UNAUTHORIZED, asked, broker, row

NOW = SystemClock().now().replace(microsecond=0)
PROBLEM = {"AccountID": ACCOUNT, "Error": "Forbidden", "Message": "Request not supported for account type."}


class Books:
    """TradeStation with these orders of today, and with older ones that were closed at these times."""

    def __init__(self, today: list[Any] | None = None, *closed: datetime) -> None:
        self._today = today or []
        self._past = [
            row(OrderID=str(1000 + number), Status="OUT", OpenedDateTime=_time(at), ClosedDateTime=_time(at))
            for number, at in enumerate(sorted(closed, reverse=True))
        ]
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def send(self, request: Request, _timeout_s: float) -> Reply:
        split = urlsplit(request.path)
        said = {name: values[0] for name, values in parse_qs(split.query).items()}
        self.asked.append((split.path, said))
        rows = self._past if split.path.endswith("/historicalorders") else self._today
        begin = int(said.get("nextToken", "t=0").removeprefix("t="))
        end = begin + int(said["pageSize"])
        token = {"NextToken": f"t={end}"} if end < len(rows) else {}
        return answer(200, {"Orders": rows[begin:end], "Errors": []} | token)

    def pages(self, name: str) -> int:
        return sum(path == f"{READ}/{name}" for path, _ in self.asked)


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def listed(books: Books, since: datetime) -> list[str]:
    tradestation = TradeStationBroker(books, SPEC, SystemClock())
    return [str(each.brokerage_order_id) for each in asyncio.run(tradestation.list_orders(ACCOUNT, since))]


def test_open_orders_are_listed_however_old_and_closed_ones_from_the_time_that_is_told() -> None:
    old, new = _time(NOW - timedelta(days=80)), _time(NOW)
    today = [
        row(OrderID="1", OpenedDateTime=old),
        row(OrderID="2", OpenedDateTime=new),
        row(OrderID="3", Status="FLL", OpenedDateTime=old, ClosedDateTime=_time(NOW - timedelta(hours=2))),
    ]
    books = Books(today, NOW - timedelta(minutes=5), NOW - timedelta(days=3))
    assert listed(books, NOW - timedelta(hours=1)) == ["2", "1000", "1"]
    assert set(listed(books, NOW - timedelta(days=9))) == {"1", "2", "3", "1000", "1001"}


def test_the_history_is_asked_for_as_far_back_as_it_goes() -> None:
    books = Books()
    listed(books, NOW)
    (path, said), _ = books.asked
    assert (path, said["pageSize"]) == (f"{READ}/historicalorders", str(PAGE_MAX))
    day = datetime.strptime(said["since"], "%Y-%m-%d").replace(tzinfo=NOW.tzinfo)
    assert timedelta(days=89) <= SystemClock().now() - day < timedelta(days=90)


def test_an_order_in_both_lists_is_one_and_as_today_shows_it() -> None:
    books = Books([row(OrderID="1000", OpenedDateTime=_time(NOW))], NOW)
    assert listed(books, NOW) == ["1000"]
    tradestation = TradeStationBroker(books, SPEC, SystemClock())
    [order] = asyncio.run(tradestation.list_orders(ACCOUNT, NOW))
    assert order.raw_status == "ACK"


def test_a_list_of_many_pages_is_whole() -> None:
    today = [row(OrderID=str(number)) for number in range(1, 2 * PAGE_MAX + 2)]
    closed = [NOW - timedelta(minutes=number) for number in range(2 * PAGE_MAX)]
    books = Books(today, *closed)
    assert len(listed(books, NOW - timedelta(days=9))) == 4 * PAGE_MAX + 1
    assert (books.pages("orders"), books.pages("historicalorders")) == (3, 2)


def test_pages_that_are_older_than_what_is_wanted_are_not_asked_for() -> None:
    closed = [NOW - timedelta(minutes=number) for number in range(5 * PAGE_MAX)]
    books = Books([], *closed)
    assert len(listed(books, NOW - timedelta(minutes=10))) == 11
    assert books.pages("historicalorders") == 1


def test_an_end_that_is_not_dated_is_not_taken_for_an_old_one() -> None:
    rows = [row(OrderID=str(number), Status="CAN") for number in range(1, PAGE_MAX + 2)]
    undated = answer(200, {"Orders": rows[:PAGE_MAX], "Errors": [], "NextToken": "t"})
    rest = answer(200, {"Orders": rows[PAGE_MAX:], "Errors": []})
    tradestation, transport = asked(undated, rest, answer(200, {"Orders": []}))
    asyncio.run(tradestation.list_orders(ACCOUNT, NOW))
    assert [urlsplit(each.path).path for each in transport.requests] == [
        f"{READ}/historicalorders",
        f"{READ}/historicalorders",
        f"{READ}/orders",
    ]


def test_more_than_can_be_listed_is_not_listed() -> None:
    class Endless(Books):
        async def send(self, request: Request, _timeout_s: float) -> Reply:
            self.asked.append((urlsplit(request.path).path, {}))
            return answer(200, {"Orders": [], "Errors": [], "NextToken": "t=0"})

    books = Endless()
    with pytest.raises(ReadFailed):
        listed(books, NOW)
    assert len(books.asked) == PAGES_MAX


@pytest.mark.parametrize(
    "said",
    [
        answer(200, {"Orders": [row()], "Errors": [PROBLEM]}),
        answer(200, {"Orders": [row(AccountID="SIM999999M")], "Errors": []}),
        answer(200, {"Errors": []}),
        answer(404, {"Error": "NotFound", "Message": ""}),
        Reply(200, b"<html>"),
        UNAUTHORIZED,
        NoReply("lost"),
    ],
)
def test_a_list_that_is_not_whole_or_of_another_account_fails(said: Reply | Exception) -> None:
    with pytest.raises(ReadFailed):
        asyncio.run(broker(said).list_orders(ACCOUNT, NOW))
