"""What is in an answer that its shape does not have: shapes are kinds, sets of words, objects and lists."""

import re
from collections.abc import Iterator
from typing import Any


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBER, INTEGER, TEXT, FLAG, TIME = "number", "integer", "text", "flag", "time"

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\+0000|Z)")


def faults(value: Any, shape: Any, where: str = "") -> Iterator[str]:
    """Say what in `value` is not as `shape` has it, and where."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{where} is no object"
            return
        yield from (f"{where}.{name} is unknown" for name in value if name not in shape)
        for name in value.keys() & shape.keys():
            yield from faults(value[name], shape[name], f"{where}.{name}")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for index, each in enumerate(value):
            yield from faults(each, shape[0], f"{where}[{index}]")
    elif not _is(value, shape):
        yield f"{where}: {value!r} is no {shape if isinstance(shape, str) else 'word that is known'}"


def _is(value: object, kind: str | frozenset[str]) -> bool:
    if isinstance(kind, frozenset):
        return value in kind
    if kind == TIME:
        return isinstance(value, str) and _TIME.fullmatch(value) is not None
    if kind == FLAG:
        return isinstance(value, bool)
    allowed = {NUMBER: (int, float), INTEGER: (int,), TEXT: (str,)}[kind]
    return isinstance(value, allowed) and not isinstance(value, bool)
