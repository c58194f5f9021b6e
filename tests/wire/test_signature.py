"""Signatures of real SDKs verify, each in its own form, and handlers get what was signed."""

import hashlib
import hmac
import json
from base64 import b64encode
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.wire.canonical import Content
from nostro.wire.signature import (
    Escaping,
    Form,
    SignedPath,
    SignedRequest,
    canonical_strings,
    check_target,
    expected_string,
    sign,
    signed_value,
    verify,
)
from nostro.wire.strict_json import Value, read_json

KEY = "CONSUMER_KEY"
VECTORS = Path(__file__).parent / "data" / "signature_vectors.jsonl"
RECORDED = [json.loads(line) for line in VECTORS.read_bytes().splitlines()]
ACCOUNT = "/accounts/917c8734-8470-4a3e-a18f-57c3f2ee6631"
PYTHON_QUERY = (
    "userId=snaptrade-user-123&userSecret=adf2aa34-8219-40f7-a6b3-60156985cc61"
    "&clientId=PARTNER_CLIENT_ID&timestamp=1715123456"
)
CANCEL = b'{"brokerage_order_id":"66a033fa-da74-4fcf-b527-feefdec9257e"}'


def request_of(path: str, query: str, body: bytes) -> SignedRequest:
    raw_path, raw_query = check_target(path.encode(), query.encode())
    return SignedRequest(raw_path, raw_query, read_json(body))


def recorded_request(recorded: dict[str, Any]) -> SignedRequest:
    return request_of(recorded["path"], recorded["query"], recorded["body"].encode())


def independent_signature(text: str) -> str:
    return b64encode(hmac.new(KEY.encode(), text.encode(), hashlib.sha256).digest()).decode()


def test_there_are_57_recorded_requests_and_all_are_signed() -> None:
    assert [bool(recorded["sig"]) for recorded in RECORDED] == [True] * 57


@pytest.mark.parametrize("recorded", RECORDED)
def test_every_recorded_sdk_request_verifies(recorded: dict[str, Any]) -> None:
    assert verify(recorded_request(recorded), recorded["sig"], KEY) is not None


@pytest.mark.parametrize("recorded", RECORDED)
@pytest.mark.parametrize("key", ["CONSUMER_KEY2", "consumer_key", ""])
def test_no_recorded_sdk_request_verifies_under_another_key(recorded: dict[str, Any], key: str) -> None:
    assert verify(recorded_request(recorded), recorded["sig"], key) is None


@pytest.mark.parametrize("recorded", [recorded for recorded in RECORDED if recorded["signed"]])
def test_the_found_form_has_the_very_text_that_the_sdk_signed(recorded: dict[str, Any]) -> None:
    request = recorded_request(recorded)
    form = verify(request, recorded["sig"], KEY)
    assert form is not None
    assert canonical_strings(request)[form] == recorded["signed"]


@pytest.mark.parametrize("recorded", RECORDED)
def test_a_remembered_form_is_found_again(recorded: dict[str, Any]) -> None:
    request = recorded_request(recorded)
    form = verify(request, recorded["sig"], KEY)
    assert verify(request, recorded["sig"], KEY, first=form) == form


def test_a_remembered_form_is_preferred_to_another_with_the_same_text() -> None:
    request = request_of("/x", "", CANCEL)
    remembered = Form(SignedPath.ROOT, Content.PYTHON_ASCII)
    signature = independent_signature(f'{{"content":{CANCEL.decode()},"path":"/x","query":""}}')
    assert verify(request, signature, KEY, first=remembered) == remembered


@pytest.mark.parametrize("recorded", RECORDED)
def test_a_wrongly_remembered_form_does_no_harm(recorded: dict[str, Any]) -> None:
    wrong = Form(SignedPath.PREFIXED_DECODED, Content.PHP, Escaping.ASCII)
    assert verify(recorded_request(recorded), recorded["sig"], KEY, first=wrong) is not None


@pytest.mark.parametrize("recorded", RECORDED)
def test_every_canonical_string_is_json_of_content_path_and_query(recorded: dict[str, Any]) -> None:
    for text in canonical_strings(recorded_request(recorded)).values():
        assert list(json.loads(text)) == ["content", "path", "query"]


# Clock frozen at 1715123456, key CONSUMER_KEY: what the published Python and TypeScript SDKs put on the wire.
TYPESCRIPT_QUERY = (
    "clientId=PARTNER_CLIENT_ID&userId=snaptrade-user-123"
    "&userSecret=adf2aa34-8219-40f7-a6b3-60156985cc61&timestamp=1715123456"
)
SNOWMAN = '{"brokerage_order_id":"é☃-1"}'.encode()
PUBLISHED = {
    "python 13": (PYTHON_QUERY, CANCEL, "afyvikqc6ZuslpLL3JutBGFpiPZ6jsCC8BN0OJpp6/s="),
    "python 13, not ASCII": (PYTHON_QUERY, SNOWMAN, "w6oAML91SMpDz7zZS+QlNdmf6qrMWkUQTiWFajIQQyc="),
    "python 11.0.100": (PYTHON_QUERY, CANCEL, "2C/jthdboidIoD8JyPV7VV/ROdtmY+C/PUFAhBJXLAc="),
    "python 11.0.100, not ASCII": (PYTHON_QUERY, SNOWMAN, "IQRYkxhR/PjdhlhjUuPLQbYeo5wZSfeoe65cjJC7P+U="),
    "typescript 11.0.3": (TYPESCRIPT_QUERY, CANCEL, "RbudGNnXZt5uLQmeWYvKiZFu4SyLw+J/sy9LvhEeW8k="),
    "typescript 11.0.3, not ASCII": (
        TYPESCRIPT_QUERY,
        SNOWMAN,
        "APSCpILUj6Qii00oKjnkG8Bc2aNLWCfg5cjuydkuFNI=",
    ),
}


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize(("query", "body", "signature"), PUBLISHED.values(), ids=PUBLISHED.keys())
def test_published_sdk_signatures_verify_under_both_prefixes(
    prefix: str, query: str, body: bytes, signature: str
) -> None:
    assert verify(request_of(f"{prefix}{ACCOUNT}/trading/cancel", query, body), signature, KEY) is not None


def test_a_form_prints_as_path_and_content() -> None:
    assert str(Form(SignedPath.ROOT, Content.PYTHON_ASCII)) == "root-path/python-ascii"


def test_equal_forms_are_one_key() -> None:
    assert len({Form(SignedPath.ROOT, Content.PHP), Form(SignedPath.ROOT, Content.PHP)}) == 1


def content_under(body: bytes, content: Content) -> str | None:
    """Give the signed content of `body`; None where another content has the same text and stands for it."""
    text = canonical_strings(request_of("/x", "", body)).get(Form(SignedPath.ROOT, content))
    return None if text is None else text.removeprefix('{"content":').removesuffix(',"path":"/x","query":""}')


BODY_AND_TEXTS: dict[str, tuple[bytes, dict[Content, str]]] = {
    "keys and escapes": (
        '{"b":{"z":"é","y":1},"a":"/<"}'.encode(),
        {
            Content.SORTED: '{"a":"/<","b":{"y":1,"z":"é"}}',
            Content.PYTHON_ASCII: '{"a":"/<","b":{"y":1,"z":"\\u00e9"}}',
            Content.TOP_LEVEL_SORTED: '{"a":"/<","b":{"z":"é","y":1}}',
            Content.RAW_BODY: '{"b":{"z":"é","y":1},"a":"/<"}',
        },
    ),
    "fractions": (
        b"[1.0,31.30,1e-7,0.0001,0.00012,1e21,123456.5]",
        {
            Content.SORTED: "[1.0,31.30,1e-7,0.0001,0.00012,1e21,123456.5]",
            Content.GO_FLOAT64: "[1,31.3,1e-7,0.0001,0.00012,1e+21,123456.5]",
            Content.PHP: "[1,31.3,1.0e-7,0.0001,0.00012,1.0e+21,123456.5]",
            Content.JAVA_DOUBLE: "[1,31.3,1.0E-7,1.0E-4,1.2E-4,1.0E21,123456.5]",
        },
    ),
    "more fractions": (
        b"[12345678.5,1.5e-5,-2.50,0.0,0.000001,0.001]",
        {
            Content.GO_FLOAT64: "[12345678.5,0.000015,-2.5,0,0.000001,0.001]",
            Content.PHP: "[12345678.5,1.5e-5,-2.5,0,1.0e-6,0.001]",
            Content.JAVA_DOUBLE: "[1.23456785E7,1.5E-5,-2.5,0,1.0E-6,0.001]",
        },
    ),
    "large integers": (
        b"[9007199254740993,12345678901234567890,100000000000000000000000]",
        {
            Content.GO_FLOAT64: "[9007199254740992,12345678901234567000,1e+23]",
            Content.PHP: "[9007199254740993,1.2345678901234567e+19,1.0e+23]",
            Content.JAVA_DOUBLE: "[9007199254740992,1.2345678901234567E19,1.0E23]",
        },
    ),
    "nested empty objects": (b'{"a":{},"b":[{}]}', {Content.PHP: '{"a":[],"b":[[]]}'}),
    "line separators": (
        '{"a":"é\u2028\u2029"}'.encode(),
        {Content.GO_FLOAT64: '{"a":"é\\u2028\\u2029"}', Content.SORTED: '{"a":"é\u2028\u2029"}'},
    ),
    "absent body": (b"", {Content.NULL: "null"}),
    "explicit null": (b" null ", {Content.NULL: "null"}),
    "empty object": (b"{ }", {Content.NULL: "null", Content.EMPTY_OBJECT: "{}"}),
}


@pytest.mark.parametrize(("body", "texts"), BODY_AND_TEXTS.values(), ids=BODY_AND_TEXTS.keys())
def test_each_sdk_writes_the_body_in_its_own_way(body: bytes, texts: dict[Content, str]) -> None:
    assert {content: content_under(body, content) for content in texts} == texts


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/accounts", ["/accounts", "/api/v1/accounts"]),
        ("/api/v1/accounts", ["/accounts", "/api/v1/accounts"]),
        ("/a%2Fb%20c", ["/a%2Fb%20c", "/api/v1/a%2Fb%20c", "/a/b c", "/api/v1/a/b c"]),
        ("/api/v1/a%2Fb", ["/a%2Fb", "/api/v1/a%2Fb", "/a/b", "/api/v1/a/b"]),
        ("/api/v10/a", ["/api/v10/a", "/api/v1/api/v10/a"]),
        ("/a%252Fb", ["/a%252Fb", "/api/v1/a%252Fb"]),
        ("/api/v1/api/v1/a", []),
        ("/%C3%A9", ["/%C3%A9", "/api/v1/%C3%A9", "/é", "/é", "/api/v1/é", "/api/v1/é"]),
    ],
)
def test_a_path_is_signed_with_or_without_prefix_raw_or_decoded(path: str, texts: list[str]) -> None:
    assert [
        json.loads(text)["path"] for text in canonical_strings(request_of(path, "", b"")).values()
    ] == texts


@pytest.mark.parametrize("escapes", [True, False])
def test_a_decoded_path_may_be_signed_escaped_or_not(escapes: bool) -> None:
    path = json.dumps("/accounts/é", ensure_ascii=escapes)
    signature = independent_signature(f'{{"content":null,"path":{path},"query":""}}')
    assert verify(request_of("/accounts/%C3%A9", "", b""), signature, KEY) is not None


def test_a_large_body_verifies_as_sent() -> None:
    body = json.dumps({"b": ["x" * 50_000, 1.50], "a": 1}, separators=(",", ":")).encode()
    text = '{"content":{"a":1,"b":["' + "x" * 50_000 + '",1.5]},"path":"/x","query":""}'
    assert verify(request_of("/x", "", body), independent_signature(text), KEY) is not None


def test_a_large_body_does_not_verify_with_its_numbers_rewritten() -> None:
    body = '{"a":1.50,"b":"' + "x" * 50_000 + '"}'
    text = '{"content":' + body.replace("1.50", "1.5") + ',"path":"/x","query":""}'
    assert verify(request_of("/x", "", body.encode()), independent_signature(text), KEY) is None


def test_the_expected_string_is_the_documented_one() -> None:
    request = request_of("/api/v1/x", "a=1", '{"b":"é","a":{"d":1.0,"c":2}}'.encode())
    assert expected_string(request) == (
        '{"content":{"a":{"c":2,"d":1.0},"b":"\\u00e9"},"path":"/api/v1/x","query":"a=1"}'
    )


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
def test_the_expected_content_of_an_empty_body_is_null(body: bytes) -> None:
    assert expected_string(request_of("/x", "", body)) == '{"content":null,"path":"/x","query":""}'


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a":[1,"\xc3\xa9"]}'])
def test_the_expected_string_is_one_that_verifies(body: bytes) -> None:
    request = request_of("/api/v1/x", "a=1", body)
    assert verify(request, sign(expected_string(request), KEY), KEY) is not None


SIGNED_VALUES: dict[str, tuple[bytes, Content, Value]] = {
    "as sent": (b'{"a":0.10000000000000001}', Content.SORTED, {"a": Decimal("0.10000000000000001")}),
    "Go lost a digit": (b"[9007199254740993]", Content.GO_FLOAT64, [9007199254740992]),
    "Go rounded": (b"[0.10000000000000001]", Content.GO_FLOAT64, [Decimal("0.1")]),
    "PHP keeps 64 bits": (b"[9007199254740993,{}]", Content.PHP, [9007199254740993, []]),
    "Java wrote an exponent": (b'{"a":[{"b":1e-7}]}', Content.JAVA_DOUBLE, {"a": [{"b": Decimal("1E-7")}]}),
    "empty object signed as null": (b"{}", Content.NULL, None),
    "empty object signed as such": (b"{}", Content.EMPTY_OBJECT, {}),
    "raw body": (b'{"a": 1.50}', Content.RAW_BODY, {"a": Decimal("1.50")}),
}


@pytest.mark.parametrize(("body", "content", "value"), SIGNED_VALUES.values(), ids=SIGNED_VALUES.keys())
def test_handlers_get_what_the_signed_text_says(body: bytes, content: Content, value: Value) -> None:
    assert signed_value(read_json(body), Form(SignedPath.ROOT, content)) == value


_BODIES = st.recursive(
    st.sampled_from(["null", "true", "1", "1.0", "1e0", "-0", "0.1", "0.10000000000000001", "1e-7", "5e-324"])
    | st.sampled_from(["9007199254740993", "12345678901234567890", "12345678.5", "0.00012", "1e22"])
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.integers(-(10**38), 10**38).map(str)
    | st.text(st.characters(codec="utf-8"), max_size=4).map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]")
        | st.dictionaries(st.sampled_from(["a", "b", "é"]), inner, max_size=3).map(
            lambda members: "{" + ",".join(f"{json.dumps(k)}: {v}" for k, v in members.items()) + "}"
        )
    ),
    max_leaves=8,
)


@given(_BODIES)
def test_no_form_gives_handlers_anything_but_its_signed_text(body: str) -> None:
    request = request_of("/x", "", body.encode())
    for form, text in canonical_strings(request).items():
        signed = read_json(text.encode()).value
        assert isinstance(signed, dict)
        assert signed_value(request.document, form) == signed["content"]


GOOD = "afyvikqc6ZuslpLL3JutBGFpiPZ6jsCC8BN0OJpp6/s="


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "=",
        GOOD[:-1],
        GOOD + "=",
        " " + GOOD,
        GOOD + "\n",
        GOOD.replace("/", "_"),
        GOOD[:-2] + "t=",
        GOOD[:40],
        "é" * 44,
        "A" * 10_000,
        GOOD.swapcase(),
        GOOD + GOOD,
    ],
)
def test_anything_but_the_canonical_base64_of_the_digest_fails(signature: str) -> None:
    assert verify(request_of(ACCOUNT + "/trading/cancel", PYTHON_QUERY, CANCEL), signature, KEY) is None
