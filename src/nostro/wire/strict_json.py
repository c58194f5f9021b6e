"""The one reader of request bodies: refuses whatever two readers could understand differently.

A signed body is read once, here. The verifier writes its canonical texts from what was read, and the handlers
act on what was read, so nobody can sign one thing and have another executed. That holds only if there is
one way to read a body. Therefore duplicate keys, NaN, lone surrogates and numbers beyond a double are
refused, never repaired.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn, TypeAlias

from nostro.domain.errors import MalformedBody

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 40
MAX_NUMBER_CHARS = 64


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as its sender spelled it; `1`, `1.0` and `1e0` are three different lexemes."""

    lexeme: str


Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | Number | bool | None"
"""What the verifier reads: JSON with number lexemes instead of numbers."""

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | Decimal | bool | None"
"""What handlers read: int for an integer lexeme, Decimal for one with a fraction or an exponent."""


@dataclass(frozen=True, slots=True)
class Document:
    """One request body, read.

    `text` is the body as sent; it is empty or whitespace exactly if `is_absent`. `value` is None for an
    absent body and for an explicit `null`. Of a signed body handlers take `signature.signed_value` instead
    of `value`: the two differ where the signer's own number format lost digits.
    """

    text: str
    tree: Tree
    value: Value
    is_absent: bool


def read_json(raw: bytes) -> Document:
    """Read a request body. Raises MalformedBody, and nothing else; its sentence holds no part of the body."""
    if len(raw) > MAX_BYTES:
        raise MalformedBody(f"The request body is larger than {MAX_BYTES // 1024} KiB.")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise MalformedBody("The request body starts with a byte order mark.")
    if not raw.strip(b" \t\r\n"):
        return Document(text=raw.decode("ascii"), tree=None, value=None, is_absent=True)
    _check_depth(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The request body is not UTF-8 at byte {error.start}.") from None
    try:
        tree: Tree = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedBody(f"The request body is not valid JSON at character {error.pos}.") from None
    if b"\\u" in raw:
        _check_surrogates(tree)
    return Document(text=text, tree=tree, value=to_value(tree), is_absent=False)


def to_value(tree: Tree) -> Value:
    """Give the plain values of a tree."""
    if isinstance(tree, dict):
        return {key: to_value(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [to_value(item) for item in tree]
    if isinstance(tree, Number):
        return _number_value(tree.lexeme)
    return tree


def is_integer_lexeme(lexeme: str) -> bool:
    """Say whether a number lexeme has neither fraction nor exponent."""
    return "." not in lexeme and "e" not in lexeme and "E" not in lexeme


def _number_value(lexeme: str) -> int | Decimal:
    return int(lexeme) if is_integer_lexeme(lexeme) else Decimal(lexeme)


_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
"""Takes an unterminated string to the end of input, so that a scan is linear whatever the bytes are."""


def _check_depth(raw: bytes) -> None:
    """Refuse deep nesting before the recursive parser sees it."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(raw):
        token = match[0]
        if token in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedBody(f"The request body is nested deeper than {MAX_DEPTH} levels.")
        elif token in (b"]", b"}"):
            depth -= 1


def _check_surrogates(tree: Tree) -> None:
    try:
        json.dumps(tree, ensure_ascii=False, default=_lexeme).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedBody("The request body holds half of a surrogate pair.") from None


def _lexeme(number: Number) -> str:
    return number.lexeme


def _object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedBody("The request body holds an object with the same key twice.")
    return members


def _integer(lexeme: str) -> Number:
    if len(lexeme.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise MalformedBody(f"The request body holds an integer of more than {MAX_INTEGER_DIGITS} digits.")
    return Number(lexeme)


def _real(lexeme: str) -> Number:
    if len(lexeme) > MAX_NUMBER_CHARS:
        raise MalformedBody(f"The request body holds a number of more than {MAX_NUMBER_CHARS} characters.")
    as_double = float(lexeme)
    underflows = as_double == 0 and re.search("[1-9]", re.split("[eE]", lexeme)[0]) is not None
    if as_double in (float("inf"), float("-inf")) or underflows:
        raise MalformedBody("The request body holds a number outside the range of a double.")
    return Number(lexeme)


def _no_constant(_name: str) -> NoReturn:
    raise MalformedBody("The request body holds NaN or Infinity, which are not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_real, parse_constant=_no_constant
)
