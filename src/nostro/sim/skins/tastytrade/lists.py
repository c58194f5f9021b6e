"""tastytrade's lists: what can be asked for, and their pages.

Parameters: `openapi/_original/orders.json` in api-evangelist/tastytrade 1ebc600; the block about the page as
laustindasauce/tasty-go a3df43f recorded it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from math import ceil

from nostro.brokers.transport import Reply
from nostro.domain.instrument import AssetClass
from nostro.domain.order import Order
from nostro.sim.face import Call
from nostro.sim.skins.tastytrade.refusals import Invalid
from nostro.sim.skins.tastytrade.shapes import (
    STATUSES,
    TYPES,
    Document,
    answer,
    symbol_of,
    underlying_of,
    underlying_type_of,
    word_of,
)

PER_PAGE = 10
PER_PAGE_LIVE = 100
_PER_PAGE_MAX = 200


def select(call: Call, orders: Iterable[Order]) -> list[Order]:
    """Choose the orders that are asked for; `orders` come newest first."""
    tests = [*_times(call), *_words(call), *_instruments(call)]
    found = [order for order in orders if all(test(order) for test in tests)]
    match call.query.get("sort", "Desc"):
        case "Desc":
            return found
        case "Asc":
            return found[::-1]
    raise Invalid("sort")


Test = Callable[[Order], bool]


def _times(call: Call) -> Iterable[Test]:
    """Both ends are included; a day is one of UTC."""
    if (begin := _day(call, "start-date")) is not None:
        yield lambda order: order.placed_at.date() >= begin
    if (end := _day(call, "end-date")) is not None:
        yield lambda order: order.placed_at.date() <= end
    if (after := _moment(call, "start-at")) is not None:
        yield lambda order: order.placed_at >= after
    if (until := _moment(call, "end-at")) is not None:
        yield lambda order: order.placed_at <= until


def _words(call: Call) -> Iterable[Test]:
    words = {*call.every("status[]"), *call.every("status")}
    if not words <= STATUSES:
        raise Invalid("status")
    if words:
        yield lambda order: word_of(order) in words


def _instruments(call: Call) -> Iterable[Test]:
    kind, underlying = call.query.get("underlying-instrument-type"), call.query.get("underlying-symbol")
    future = call.query.get("futures-symbol")
    if kind is not None and kind not in TYPES.values():
        raise Invalid("underlying-instrument-type")
    if kind is not None:
        yield lambda order: underlying_type_of(order.legs[0].instrument) == kind
    if underlying is not None:
        yield lambda order: underlying_of(order.legs[0].instrument) == underlying
    if future is not None:
        yield (
            lambda order: (
                order.asset_class is AssetClass.FUTURE
                and future in (order.legs[0].instrument.symbol, symbol_of(order.legs[0].instrument))
            )
        )


def _day(call: Call, name: str) -> date | None:
    if name not in call.query:
        return None
    try:
        return date.fromisoformat(call.query[name])
    except ValueError as error:
        raise Invalid(name) from error


def _moment(call: Call, name: str) -> datetime | None:
    """Read a time; one without an offset is of UTC."""
    if name not in call.query:
        return None
    try:
        moment = datetime.fromisoformat(call.query[name])
    except ValueError as error:
        raise Invalid(name) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


# Pages


def page(call: Call, rows: Sequence[Document], context: str, usual: int) -> Reply:
    """Answer with one page of the rows; `usual` is its length where none is asked for."""
    size, index = _count(call, "per-page", usual), _count(call, "page-offset", 0)
    if not 1 <= size <= _PER_PAGE_MAX:
        raise Invalid("per-page")
    return write_page(rows, context, size, index)


def write_page(rows: Sequence[Document], context: str, size: int, index: int) -> Reply:
    items = rows[index * size : (index + 1) * size]
    pagination = {
        "per-page": size,
        "page-offset": index,
        "item-offset": index * size,
        "total-items": len(rows),
        "total-pages": ceil(len(rows) / size),
        "current-item-count": len(items),
        "previous-link": None,
        "next-link": None,
        "paging-link-template": None,
    }
    return answer(200, {"items": items}, context, pagination=pagination)


def _count(call: Call, name: str, usual: int) -> int:
    asked = call.query.get(name, str(usual))
    if not asked.isdecimal():
        raise Invalid(name)
    return int(asked)
