"""The gate before a signature: targets with two readings, repeated parameters, and the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.domain.errors import InvalidRequest, TimestampInvalid
from nostro.wire.signature import check_target, check_timestamp, parse_query

REFUSED_TARGETS = {
    "not ASCII in path": ("/é".encode(), b""),
    "not ASCII in query": (b"/", "a=é".encode()),
    "space in path": (b"/a b", b""),
    "space in query": (b"/", b"a=b c"),
    "control in query": (b"/", b"a=\x01"),
    "empty segment": (b"/accounts//orders", b""),
    "empty segment, encoded": (b"/accounts/%2Forders", b""),
    "empty segment at the start": (b"//accounts", b""),
    "semicolon in path": (b"/accounts;x=1", b""),
    "semicolon in query": (b"/", b"a=1;b=2"),
    "dot segment": (b"/a/./b", b""),
    "double dot segment": (b"/a/../b", b""),
    "double dot at the end": (b"/a/..", b""),
    "dot segment, encoded": (b"/a/%2e/b", b""),
    "double dot, half encoded": (b"/a/.%2E/b", b""),
    "double dot between encoded slashes": (b"/a%2F..%2Fb", b""),
    "encoded NUL in path": (b"/a%00", b""),
    "encoded newline in path": (b"/a%0A", b""),
    "encoded NUL in query": (b"/", b"a=%00"),
    "encoded backslash": (b"/a%5Cb", b""),
    "encoded backslash, lower case": (b"/a%5cb", b""),
    "backslash": (b"/a\\b", b""),
    "bad escape in path": (b"/a%2", b""),
    "bad escape in query": (b"/", b"a=%zz"),
    "percent at the end": (b"/a%", b""),
    "escape that is not UTF-8 in path": (b"/a%FF", b""),
    "escape that is not UTF-8 in query": (b"/", b"a=%C3%28"),
    "no leading slash": (b"accounts", b""),
    "empty path": (b"", b""),
    "absolute form": (b"http://x/accounts", b""),
    "long path": (b"/" + b"a" * 1024, b""),
    "long query": (b"/", b"a" * 4097),
    "userId twice": (b"/", b"userId=a&userId=a"),
    "userSecret twice": (b"/", b"userSecret=a&x=1&userSecret=b"),
    "clientId twice, once escaped": (b"/", b"clientId=a&client%49d=b"),
    "timestamp twice, once without a value": (b"/", b"timestamp&timestamp=1"),
}


@pytest.mark.parametrize(("path", "query"), REFUSED_TARGETS.values(), ids=REFUSED_TARGETS.keys())
def test_an_ambiguous_target_is_refused(path: bytes, query: bytes) -> None:
    with pytest.raises(InvalidRequest):
        check_target(path, query)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (b"/", b""),
        (b"/accounts/a/trading/instruments/cryptocurrencyPairs/BTC%2FUSD%20%C3%A9/quote", b""),
        (b"/accounts/a+b%2Bc/x.y..z/...", b"a=%20+%2B/&b="),
        (b"/a%252Fb", b"x=%250"),
        (b"/" + b"a" * 1023, b"a" * 4096),
        (b"/x", b"symbols=A&symbols=B"),
        (b"/x", b"&&a=1&"),
        (b"/x", b"redirect=https://x.y/?a"),
    ],
)
def test_an_unambiguous_target_passes_unchanged(path: bytes, query: bytes) -> None:
    assert check_target(path, query) == (path.decode(), query.decode())


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_target_passes_unchanged_or_is_refused(path: bytes, query: bytes) -> None:
    try:
        checked = check_target(b"/" + path, query)
    except InvalidRequest as refused:
        assert str(refused).endswith(".")
    else:
        assert checked == ("/" + path.decode(), query.decode())


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=b=c", {"a": "b=c"}),
        ("a&b=", {"a": "", "b": ""}),
        ("&&a=1&", {"a": "1"}),
        ("user%49d=u+%C3%A9%2B%26%2F", {"userId": "u é+&/"}),
        ("a=1&A=2", {"a": "1", "A": "2"}),
    ],
)
def test_a_query_is_read_as_a_form(raw: str, values: dict[str, str]) -> None:
    assert parse_query(raw) == values


@pytest.mark.parametrize("raw", ["a=1&a=1", "a&a", "a=1&b=2&%61=3", "a+b=1&a%20b=1"])
def test_a_parameter_that_stands_twice_is_refused(raw: str) -> None:
    with pytest.raises(InvalidRequest, match="twice"):
        parse_query(raw)


NOW = datetime(2024, 5, 7, 23, 10, 56, tzinfo=UTC)
SECONDS = 1715123456


@pytest.mark.parametrize("offset_s", [-300, -1, 0, 1, 60])
def test_a_timestamp_within_the_window_passes(offset_s: int) -> None:
    check_timestamp(str(SECONDS + offset_s), NOW)


@pytest.mark.parametrize("offset_s", [-301, 61, -(10**9), 10**9])
def test_a_timestamp_outside_the_window_is_refused(offset_s: int) -> None:
    with pytest.raises(TimestampInvalid):
        check_timestamp(str(SECONDS + offset_s), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1e9",
        " 1715123456",
        "1715123456 ",
        "1715123456\n",
        "+1715123456",
        "-1",
        "1715123456.0",
        "1_715_123_456",
        "0x663aa800",
        "1715123456000",
        "١٧١٥١٢٣٤٥٦",
        "9" * 5000,
    ],
)
def test_a_timestamp_that_is_not_whole_seconds_is_refused(text: str) -> None:
    with pytest.raises(TimestampInvalid):
        check_timestamp(text, NOW)


def test_the_window_can_be_narrowed() -> None:
    with pytest.raises(TimestampInvalid):
        check_timestamp(str(SECONDS - 31), NOW, past_s=30)


def test_the_window_moves_with_the_clock() -> None:
    check_timestamp(str(SECONDS), NOW + timedelta(seconds=300))
