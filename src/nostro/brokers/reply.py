"""The one reader of what brokerages answer, for all adapters.

Of a key that stands twice in an object one reader takes the first value and another the last. Such a reply
proves nothing, whatever it seems to say: it is as unreadable as one that is no JSON.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

Number = str | int | float | None
"""How brokerages write numbers: as text or as numbers, and as nothing or empty text where there is none."""

MAGNITUDE_MAX = 24
"""How many digits before or behind the point a number may begin: nobody trades or pays in others."""


class Unreadable(Exception):
    """A reply is not what its brokerage sends; `str()` says in which way."""


def read(body: bytes, kind: type[T]) -> T:
    """Read a reply's body as exactly this shape; raises Unreadable."""
    try:
        _WITH_EACH_KEY_ONCE.decode(body.decode("utf-8"))
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unreadable(f"the reply is unreadable: {error}") from error


def read_raw(body: bytes) -> Mapping[str, object]:
    """Read a reply's body as an object in the brokerage's own words; raises Unreadable."""
    raw: Mapping[str, object] = read(body, dict[str, Any])
    return raw


def decimal(number: Number | Decimal) -> Decimal | None:
    """Read a number exactly as it is written; raises Unreadable for what is none, or out of all bounds."""
    if number is None or number == "":
        return None
    try:
        value = Decimal(str(number))
    except ArithmeticError as error:
        raise Unreadable(f"{number!r} is not a number") from error
    if not value.is_finite():
        raise Unreadable(f"{number!r} is not a number")
    if value and abs(value.adjusted()) > MAGNITUDE_MAX:
        raise Unreadable(f"{number!r} is out of all bounds")
    return value


def known_decimal(number: Number) -> Decimal:
    """Read a number that must be there."""
    value = decimal(number)
    if value is None:
        raise Unreadable("a number is missing")
    return value


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("an object holds a key twice")


_WITH_EACH_KEY_ONCE = json.JSONDecoder(object_pairs_hook=_once, parse_int=str, parse_float=str)
"""Numbers stay text: only the keys are looked at."""
