"""The texts of one request body that the official SDKs sign, and what each of those texts says.

SnapTrade's SDKs sign the body's JSON written anew with sorted keys. They disagree about the writing, and a
signature does not say which of them made it. Every writing is therefore a `Content` here, with two functions:

    write(document, content)   the text that this SDK signs for the body
    read(document, content)    the values that this text says

`read` is what makes it safe to accept `write`. Go, Java and PHP pass numbers through a double, and PHP cannot
tell an empty object from an empty list, so under their contents two bodies can have one signature:
9007199254740992 and 9007199254740993, `{}` and `[]`. Whoever acts on `read` acts on what was signed,
whichever of the two was sent. The other contents keep every lexeme; there `read` is the body as sent. The
text `null` stands for an absent body, for `null` and for `{}`, so all three are read as None.

Sources: the SDKs of seven languages, run against a recorder (C# was only read). Where PHP begins to write an
exponent was not measured: it is read from `php_gcvt` with 17 digits (php-src, main/snprintf.c).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from json.encoder import encode_basestring, encode_basestring_ascii

from nostro.wire.strict_json import Document, Number, Tree, Value, is_integer_lexeme, to_value

MAX_NORMALIZED_CHARS = 8 * 1024
"""Larger bodies are compared as sent only: 64 KiB of numbers cost a forger nothing, but the server 0.2 s.
The largest order is below 2 KiB."""


class Content(StrEnum):
    """A way to write a body, named after who does it where only one SDK does."""

    NULL = "null"
    """No body, `null`, or `{}` (all SDKs but Go, Ruby and C#)."""
    EMPTY_OBJECT = "empty-object"
    """`{}` as Go, Ruby and C# sign it."""
    SORTED = "sorted"
    """TypeScript and C#: keys sorted at every depth, text unescaped."""
    PYTHON_ASCII = "python-ascii"
    """Python and SnapTrade's documentation: like SORTED with everything but ASCII escaped."""
    TOP_LEVEL_SORTED = "top-level-sorted"
    """Ruby: nested objects keep the order of the body."""
    GO_FLOAT64 = "go-float64"
    """Go: every number through a float64."""
    PHP = "php"
    """PHP: fractions and integers over 64 bit through a double, ASCII, nested `{}` written `[]`."""
    JAVA_DOUBLE = "java-double"
    """Java: every number through a double, nested objects in the order of the body."""
    RAW_BODY = "raw-body"
    """The body as sent, for hand-written clients."""


def contents_of(document: Document) -> tuple[Content, ...]:
    """List the contents under which this body can have been signed, the most usual first."""
    if document.tree is None:
        return (Content.NULL,)
    if document.tree == {}:
        return (Content.NULL, Content.EMPTY_OBJECT)
    return _AS_SENT if len(document.text) > MAX_NORMALIZED_CHARS else _WITH_BODY


def write(document: Document, content: Content) -> str:
    """Write the signed text of a body; `content` is one of its `contents_of`."""
    if content is Content.NULL:
        return "null"
    if content is Content.EMPTY_OBJECT:
        return "{}"
    if content is Content.RAW_BODY:
        return document.text
    return _write(document.tree, _STYLES[content], is_top=True)


def read(document: Document, content: Content) -> Value:
    """Give the values that `write(document, content)` says."""
    if content is Content.NULL:
        return None
    style = _STYLES.get(content)
    if style is None or style.number is _as_sent:
        return document.value
    return to_value(_as_signed(document.tree, style))


@dataclass(frozen=True, slots=True)
class _Style:
    string: Callable[[str], str]
    number: Callable[[str], str]
    sorts_nested: bool
    confuses_empty: bool = False
    """Writes a nested empty object as an empty list."""


def _write(tree: Tree, style: _Style, *, is_top: bool = False) -> str:
    if isinstance(tree, str):
        return style.string(tree)
    if isinstance(tree, Number):
        return style.number(tree.lexeme)
    if isinstance(tree, list):
        return "[" + ",".join([_write(item, style) for item in tree]) + "]"
    if isinstance(tree, dict):
        if not tree and style.confuses_empty:
            return "[]"
        keys = sorted(tree) if style.sorts_nested or is_top else tree
        return "{" + ",".join([f"{style.string(key)}:{_write(tree[key], style)}" for key in keys]) + "}"
    return _LITERALS[tree]


def _as_signed(tree: Tree, style: _Style) -> Tree:
    if isinstance(tree, Number):
        return Number(style.number(tree.lexeme))
    if isinstance(tree, list):
        return [_as_signed(item, style) for item in tree]
    if isinstance(tree, dict):
        if not tree and style.confuses_empty:
            return []
        return {key: _as_signed(item, style) for key, item in tree.items()}
    return tree


def _as_sent(lexeme: str) -> str:
    return lexeme


def _go_number(lexeme: str) -> str:
    """Write a number as Go's encoding/json does: with an exponent below 1e-6 and from 1e21 on."""
    sign, digits, point = _shortest_double(lexeme)
    if -6 < point <= 21:
        return sign + _fixed(digits, point)
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def _php_number(lexeme: str) -> str:
    if is_integer_lexeme(lexeme) and -(2**63) <= int(lexeme) < 2**63:
        return str(int(lexeme))
    sign, digits, point = _shortest_double(lexeme)
    if -4 < point <= 17:
        return sign + _fixed(digits, point)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}e{point - 1:+d}"


def _java_number(lexeme: str) -> str:
    """Write whole numbers as a long, others as `Double.toString` (exponents below 1e-3 and from 1e7 on)."""
    double = float(lexeme)
    if double.is_integer() and abs(double) < 2**63:
        return str(int(double))
    sign, digits, point = _shortest_double(lexeme)
    if -3 < point <= 7:
        return sign + _fixed(digits, point)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _shortest_double(lexeme: str) -> tuple[str, str, int]:
    """Give sign ("" or "-"), shortest digits, and the decimal point's position counted from their start."""
    double = float(lexeme)
    exact = Decimal(repr(double))
    sign = "-" if exact.is_signed() else ""
    if double == 0:
        return sign, "0", 1
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    return sign, digits, exact.adjusted() + 1


def _fixed(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]


def _without_line_separators(text: str) -> str:
    """Escape the two line separators, which Go's and Java's writers never leave as they are."""
    return encode_basestring(text).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


_LITERALS = {True: "true", False: "false", None: "null"}

_STYLES = {
    Content.SORTED: _Style(encode_basestring, _as_sent, sorts_nested=True),
    Content.PYTHON_ASCII: _Style(encode_basestring_ascii, _as_sent, sorts_nested=True),
    Content.TOP_LEVEL_SORTED: _Style(encode_basestring, _as_sent, sorts_nested=False),
    Content.GO_FLOAT64: _Style(_without_line_separators, _go_number, sorts_nested=True),
    Content.PHP: _Style(encode_basestring_ascii, _php_number, sorts_nested=True, confuses_empty=True),
    Content.JAVA_DOUBLE: _Style(_without_line_separators, _java_number, sorts_nested=False),
}

_WITH_BODY = (*_STYLES, Content.RAW_BODY)
_AS_SENT = (Content.SORTED, Content.PYTHON_ASCII, Content.TOP_LEVEL_SORTED, Content.RAW_BODY)
