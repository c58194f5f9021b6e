"""The one reader of what brokerages answer, for all adapters.

Of a key that stands twice in an object one reader takes the first value and another the last. Such a reply
proves nothing, whatever it seems to say: it is as unreadable as one that is no JSON.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


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


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("an object holds a key twice")


_WITH_EACH_KEY_ONCE = json.JSONDecoder(object_pairs_hook=_once, parse_int=str, parse_float=str)
"""Numbers stay text: only the keys are looked at."""
