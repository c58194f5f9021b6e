"""The strict reader: what it refuses, what it reads, and that it never fails in another way."""

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nostro.domain.errors import MalformedBody
from nostro.wire.strict_json import MAX_BYTES, MAX_DEPTH, Value, read_json

REFUSED = {
    "larger than 64 KiB": b'"' + b"a" * MAX_BYTES + b'"',
    "larger than 64 KiB though only whitespace": b" " * (MAX_BYTES + 1),
    "byte order mark": b"\xef\xbb\xbf{}",
    "byte order mark alone": b"\xef\xbb\xbf",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "invalid UTF-8": b'{"a":"\xff"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "duplicate key": b'{"a":1,"a":2}',
    "duplicate key with equal values": b'{"a":1,"a":1}',
    "duplicate key after unescaping": b'{"a":1,"\\u0061":2}',
    "duplicate key in depth": b'[{"x":{"a":1,"b":2,"a":1}}]',
    "NaN": b'{"a":NaN}',
    "Infinity": b"Infinity",
    "negative Infinity": b"[-Infinity]",
    "number above a double": b"1e400",
    "negative number above a double": b"-1e309",
    "number below a double": b"1e-400",
    "integer of 41 digits": b"1" * 41,
    "negative integer of 41 digits": b"-" + b"1" * 41,
    "integer of 5000 digits": b"9" * 5000,
    "number of 65 characters": b"0." + b"1" * 63,
    "exponent of 5000 digits": b"1e" + b"0" * 5000,
    "escaped high surrogate": b'{"a":"\\ud800"}',
    "escaped low surrogate": b'{"a":"\\uDC00"}',
    "surrogates in the wrong order": b'["\\udc00\\ud800"]',
    "lone surrogate in a key": b'{"\\ud800":1}',
    "33 arrays": b"[" * 33 + b"]" * 33,
    "33 objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "33 levels of both kinds": b'[{"a":' * 16 + b"[1]" + b"}]" * 16,
    "30,000 open arrays": b"[" * 30_000,
    "30,000 open objects": b'{"":' * 15_000,
    "deep nesting after a string full of brackets": b'["]]]]]]\\"]]]]]]]",' + b"[" * 40 + b"]" * 41,
    "trailing garbage": b'{"a":1}x',
    "two values": b"{} {}",
    "trailing comma": b"[1,]",
    "single quotes": b"{'a':1}",
    "comment": b"{} // none",
    "leading zero": b"01",
    "plus sign": b"+1",
    "bare fraction": b".5",
    "hex": b"0x10",
    "control character in a string": b'"a\x01"',
    "newline in a string": b'"a\nb"',
    "unknown escape": b'"\\x41"',
    "unterminated string": b'"abc',
    "unterminated object": b'{"a":1',
    "truncated literal": b"tru",
    "form feed as whitespace": b"\x0c",
    "no-break space as whitespace": b"\xc2\xa0{}",
    "NUL": b"\x00",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_can_be_misunderstood_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedBody):
        read_json(raw)


READ: dict[str, tuple[bytes, Value]] = {
    "integer": (b"1", 1),
    "negative zero": (b"-0", 0),
    "integer of 40 digits": (b"9" * 40, int("9" * 40)),
    "negative integer of 40 digits": (b"-" + b"9" * 40, -int("9" * 40)),
    "integer beyond a double's precision": (b"9007199254740993", 9007199254740993),
    "fraction keeps its digits": (b"0.10000000000000001", Decimal("0.10000000000000001")),
    "exponent": (b"1e-7", Decimal("1E-7")),
    "zero with a huge exponent": (b"0e999", Decimal("0E999")),
    "number of 64 characters": (b"0." + b"1" * 62, Decimal("0." + "1" * 62)),
    "largest double": (b"1.7976931348623157e308", Decimal("1.7976931348623157e308")),
    "smallest double": (b"5e-324", Decimal("5e-324")),
    "literals": (b"[true, false, null]", [True, False, None]),
    "escapes": (b'"\\u0061\\n\\/\\u00e9"', "a\n/é"),
    "surrogate pair": (b'"\\ud83d\\ude00"', "😀"),
    "raw UTF-8": ('{"é☃":"😀"}'.encode(), {"é☃": "😀"}),
    "32 arrays": (b"[" * 31 + b"[]" + b"]" * 31, json.loads("[" * 32 + "]" * 32)),
    "brackets in strings do not nest": (b'["' + b"[{" * 500 + b'"]', ["[{" * 500]),
    "brackets after an escaped quote do not nest": (b'["\\"' + b"[" * 50 + b'"]', ['"' + "[" * 50]),
    "many siblings": (b"[" + b",".join([b"[]"] * 100) + b"]", [[]] * 100),
    "whitespace around": (b' \t\r\n{"a" : 1}\n', {"a": 1}),
    "empty object": (b"{}", {}),
    "equal keys in different objects": (b'[{"a":1},{"a":{"a":2}}]', [{"a": 1}, {"a": {"a": 2}}]),
    "keys that differ in case": (b'{"a":1,"A":2}', {"a": 1, "A": 2}),
    "exactly 64 KiB": (b'"' + b"a" * (MAX_BYTES - 2) + b'"', "a" * (MAX_BYTES - 2)),
}


@pytest.mark.parametrize(("raw", "value"), READ.values(), ids=READ.keys())
def test_a_proper_body_is_read_to_plain_values(raw: bytes, value: Value) -> None:
    assert read_json(raw).value == value


@pytest.mark.parametrize("raw", [b"", b" ", b"\r\n\t "])
def test_an_empty_or_blank_body_is_absent(raw: bytes) -> None:
    document = read_json(raw)
    assert (document.is_absent, document.value) == (True, None)


def test_an_explicit_null_is_not_absent() -> None:
    document = read_json(b"null")
    assert (document.is_absent, document.value) == (False, None)


@pytest.mark.parametrize(
    ("raw", "kind"), [(b"1", int), (b"1.0", Decimal), (b"1e0", Decimal), (b"1E0", Decimal)]
)
def test_a_number_is_an_int_exactly_if_it_has_neither_fraction_nor_exponent(raw: bytes, kind: type) -> None:
    assert type(read_json(raw).value) is kind


@pytest.mark.parametrize(
    "raw",
    [
        b'{"hunter2":1,"hunter2":1}',
        b'{"hunter2":NaN}',
        b'{"hunter2":hunter2}',
        b'"hunter2\xff"',
        b'"hunter2\\ud800"',
        b'"hunter2\\q"',
    ],
)
def test_a_refusal_never_repeats_the_body(raw: bytes) -> None:
    with pytest.raises(MalformedBody) as refused:
        read_json(raw)
    assert "hunter2" not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_a_refusal_is_a_sentence_that_names_the_fault() -> None:
    with pytest.raises(MalformedBody, match=r"^The request body holds an object with the same key twice\.$"):
        read_json(b'{"a":1,"a":2}')


def test_brackets_in_an_unterminated_string_do_not_nest() -> None:
    with pytest.raises(MalformedBody, match="not valid JSON at character 80"):
        read_json(b"[" + b"[]," * 26 + b' "' + b"[" * 40)


@given(st.binary(max_size=300))
@example(b'"' + b"\\" * 300)
@example(b'"\\u' * 100)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    _read_or_refuse(raw)


_JSON_LIKE = st.lists(
    st.sampled_from(
        [
            *'{}[]:,"\\ \n',
            "null",
            "true",
            "NaN",
            "-",
            "0",
            "1",
            ".",
            "e",
            "E+9",
            '"a"',
            "\\u",
            "d800",
            "é",
            "\x00",
        ]
    ),
    max_size=60,
)


@given(_JSON_LIKE)
def test_anything_that_resembles_json_is_read_or_refused(pieces: list[str]) -> None:
    _read_or_refuse("".join(pieces).encode())


def _read_or_refuse(raw: bytes) -> None:
    try:
        document = read_json(raw)
    except MalformedBody as refused:
        assert str(refused).endswith(".")
    else:
        assert document.text.encode() == raw


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**39), 10**39)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_VALUES, st.booleans())
def test_what_json_writes_is_read_back(value: Value, escaped: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=escaped).encode()).value == value


@given(st.integers(1, 3 * MAX_DEPTH))
def test_depth_is_refused_exactly_beyond_the_limit(depth: int) -> None:
    raw = b'[{"a]":' * (depth // 2) + b"[1]" * (depth % 2) + b"1" * (1 - depth % 2) + b"}]" * (depth // 2)
    if depth <= MAX_DEPTH:
        assert not read_json(raw).is_absent
    else:
        with pytest.raises(MalformedBody, match="deeper than 32"):
            read_json(raw)
