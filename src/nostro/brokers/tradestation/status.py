"""What TradeStation's words for the state of an order prove.

The words and their meanings are those of its OpenAPI document (schema `Status`). How that groups them is no
proof of an end: it files a rejected change under "Canceled", and what is broken, dead or canceled with its
bracket under "Open". So does Lean's brokerage read them, by what it saw: an order is OUT before the end is
dated when it is only being changed, and BRO is an order that was refused.
"""

from nostro.domain.order import OrderStatus

_STATUSES = {
    "PLA": OrderStatus.PENDING_NEW,
    "ACK": OrderStatus.NEW,
    "CHG": OrderStatus.NEW,
    "CND": OrderStatus.NEW,
    "DIS": OrderStatus.NEW,
    "DON": OrderStatus.NEW,
    "OPN": OrderStatus.NEW,
    "STP": OrderStatus.NEW,
    "STT": OrderStatus.NEW,
    "FPR": OrderStatus.PARTIALLY_FILLED,
    "OSO": OrderStatus.HELD,
    "SUS": OrderStatus.SUSPENDED,
    "CSN": OrderStatus.PENDING_CANCEL,
    "ECN": OrderStatus.PENDING_CANCEL,
    "REC": OrderStatus.PENDING_CANCEL,
    "UCN": OrderStatus.PENDING_CANCEL,
    "RPD": OrderStatus.PENDING_REPLACE,
    "RSN": OrderStatus.PENDING_REPLACE,
    "FLL": OrderStatus.FILLED,
    "CAN": OrderStatus.CANCELED,
    "FLP": OrderStatus.CANCELED,
    "SCN": OrderStatus.CANCELED,
    "TSC": OrderStatus.CANCELED,
    "EXP": OrderStatus.EXPIRED,
    "REJ": OrderStatus.REJECTED,
}

_ENDED_ONCE_DATED = {
    "OUT": OrderStatus.CANCELED,
    "BRC": OrderStatus.CANCELED,
    "BRO": OrderStatus.REJECTED,
    "DOA": OrderStatus.REJECTED,
}

_REFUSED_REQUESTS = ("RJC", "RJR")
"""A cancel or a change was refused; the order works on, unless its end is dated: then nobody says which."""

_FILLED_IF_WHOLE = ("ASS", "BRF", "COR", "EXE", "LAT")
"""Words about a fill, or about a cancel that came too late for one: they end an order that is filled."""

_WORKING = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING_CANCEL)
"""All of such an order can be filled before its word says so (a record of Lean's: ACK, and nothing left)."""

# "UCH", replaced: an order that is changed keeps its id. "OTHER" has no meaning by TradeStation's own word.


def tell_status(word: str, *, is_begun: bool, is_filled: bool, is_dated: bool) -> OrderStatus:
    """Tell the status of an order of which something (`is_begun`) or all is filled.

    `is_dated`: it has a time at which it was closed. An order that works has one at times, too.
    """
    status = _STATUSES.get(word, OrderStatus.UNRECOGNIZED)
    if is_dated:
        status = _ENDED_ONCE_DATED.get(word, status)
    elif word in _REFUSED_REQUESTS:
        status = OrderStatus.NEW
    if is_filled and (word in (*_FILLED_IF_WHOLE, *_REFUSED_REQUESTS) or status in _WORKING):
        return OrderStatus.FILLED
    return OrderStatus.PARTIALLY_FILLED if is_begun and status is OrderStatus.NEW else status
