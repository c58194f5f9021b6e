"""What may change between signing and receiving: nothing that changes what is executed.

Every case signs one request and sends another with that signature. The table says whether the other is
accepted; the second test adds that an accepted one executes exactly what was signed. The method is not in the
table because no SnapTrade signature covers it: routes with two methods are the server's business.
"""

from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

import pytest

from nostro.domain.errors import InvalidRequest
from nostro.wire.canonical import Content, write
from nostro.wire.signature import (
    PREFIX,
    SignedRequest,
    canonical_text,
    check_target,
    parse_query,
    sign,
    signed_value,
    verify,
)
from nostro.wire.strict_json import Value, read_json

KEY = "CONSUMER_KEY"
ACCOUNT = "/accounts/917c8734-8470-4a3e-a18f-57c3f2ee6631"
OTHER_ACCOUNT = "/accounts/0a1b2c3d-8470-4a3e-a18f-57c3f2ee6631"
CANCEL_PATH = f"{ACCOUNT}/trading/cancel"
QUOTE_PATH = f"{ACCOUNT}/trading/instruments/cryptocurrencyPairs/BTC%2FUSD/quote"
QUERY = "userId=u%201&userSecret=s&clientId=CID&timestamp=1715123456"
CANCEL = b'{"brokerage_order_id":"66a033fa"}'
REFUSED, ACCEPTED = "refused", "accepted"

CONTENTS = {
    "python": Content.PYTHON_ASCII,
    "typescript": Content.SORTED,
    "ruby": Content.TOP_LEVEL_SORTED,
    "go": Content.GO_FLOAT64,
    "php": Content.PHP,
    "java": Content.JAVA_DOUBLE,
    "raw": Content.RAW_BODY,
    "null": Content.NULL,
    "{}": Content.EMPTY_OBJECT,
}


@dataclass(frozen=True)
class Sent:
    """What is signed, and what is then sent."""

    path: str = CANCEL_PATH
    query: str = QUERY
    body: bytes = CANCEL


@dataclass(frozen=True)
class Operation:
    """What a server executes: the route without its prefix, the parameters, and the body's values."""

    route: str
    parameters: dict[str, str]
    value: Value


def signature_of(sent: Sent, sdk: str) -> str:
    path = unquote(sent.path) if sdk == "go" else sent.path
    return sign(canonical_text(write(read_json(sent.body), CONTENTS[sdk]), path, sent.query), KEY)


def execute(sent: Sent, signature: str) -> Operation | None:
    """Do what a server does with a request; None if it refuses."""
    try:
        path, query = check_target(sent.path.encode(), sent.query.encode())
        request = SignedRequest(path, query, read_json(sent.body))
        parameters = parse_query(query)
    except InvalidRequest:
        return None
    form = verify(request, signature, KEY)
    if form is None:
        return None
    return Operation(unquote(path).removeprefix(PREFIX), parameters, signed_value(request.document, form))


Case: TypeAlias = tuple[str, str, Sent, Sent, str]
"""Name, SDK that signs, what it signs, what is sent, verdict."""


def body(name: str, sdk: str, signed: str, sent: str, verdict: str) -> Case:
    return name, sdk, Sent(body=signed.encode()), Sent(body=sent.encode()), verdict


def path(name: str, sdk: str, signed: str, sent: str, verdict: str) -> Case:
    return name, sdk, Sent(path=signed), Sent(path=sent), verdict


def query(name: str, signed: str, sent: str, verdict: str) -> Case:
    return name, "python", Sent(query=signed), Sent(query=sent), verdict


CASES = [
    body("nothing changed", "python", '{"a":1}', '{"a":1}', ACCEPTED),
    body("key order", "python", '{"a":1,"b":2}', '{"b":2,"a":1}', ACCEPTED),
    body("key order in depth", "typescript", '{"a":{"c":1,"d":2}}', '{"a":{"d":2,"c":1}}', ACCEPTED),
    body(
        "key order in depth, not sorted by its signer",
        "ruby",
        '{"a":{"d":1,"c":2}}',
        '{"a":{"c":2,"d":1}}',
        REFUSED,
    ),
    body("order of a list", "python", '{"legs":[1,2]}', '{"legs":[2,1]}', REFUSED),
    body("whitespace", "python", '{"a":1}', '{ "a" :\n 1 }\t', ACCEPTED),
    body("whitespace in a string", "python", '{"a":"1"}', '{"a":"1 "}', REFUSED),
    body("whitespace, signed raw", "raw", '{"a": 1}', '{"a":1}', REFUSED),
    body("duplicate key after", "python", '{"id":"1"}', '{"id":"1","id":"2"}', REFUSED),
    body("duplicate key before", "python", '{"id":"1"}', '{"id":"2","id":"1"}', REFUSED),
    body("duplicate key, escaped", "python", '{"id":"1"}', '{"id":"1","\\u0069d":"2"}', REFUSED),
    body("duplicate key, equal value", "python", '{"id":"1"}', '{"id":"1","id":"1"}', REFUSED),
    body("key of another case added", "python", '{"id":"1"}', '{"id":"1","ID":"2"}', REFUSED),
    body("escaped letter in a key", "python", '{"a":1}', '{"\\u0061":1}', ACCEPTED),
    body("escaped letter in a value", "python", '{"id":"a/b"}', '{"id":"\\u0061\\/b"}', ACCEPTED),
    body("escape of another letter", "python", '{"id":"a"}', '{"id":"\\u0062"}', REFUSED),
    body("escaped é", "typescript", '{"id":"é"}', '{"id":"\\u00e9"}', ACCEPTED),
    body("é in two code points", "typescript", '{"id":"é"}', '{"id":"e\u0301"}', REFUSED),
    body("backslash-u as text", "python", '{"id":"é"}', '{"id":"\\\\u00e9"}', REFUSED),
    body("look-alike letter", "python", '{"id":"A"}', '{"id":"\u0410"}', REFUSED),
    body("case of a value", "python", '{"id":"ab"}', '{"id":"aB"}', REFUSED),
    body("lone surrogate added", "python", '{"id":"a"}', '{"id":"a\\ud800"}', REFUSED),
    body("NUL added", "python", '{"id":"a"}', '{"id":"a\\u0000"}', REFUSED),
    body("other id", "python", CANCEL.decode(), '{"brokerage_order_id":"66a033fb"}', REFUSED),
    body("key added", "python", '{"id":"1"}', '{"id":"1","x":null}', REFUSED),
    body("key removed", "python", '{"id":"1","x":null}', '{"id":"1"}', REFUSED),
    body("key renamed", "python", '{"id":"1"}', '{"Id":"1"}', REFUSED),
    body("number as a string", "python", '{"units":1}', '{"units":"1"}', REFUSED),
    body("string as a number", "python", '{"units":"1"}', '{"units":1}', REFUSED),
    body("true as a string", "python", '{"x":true}', '{"x":"true"}', REFUSED),
    body("true as 1", "python", '{"x":true}', '{"x":1}', REFUSED),
    body("1 to 1.0", "python", '{"units":1}', '{"units":1.0}', ACCEPTED),
    body("1 to 1e0", "python", '{"units":1}', '{"units":1e0}', ACCEPTED),
    body("1 to 10e-1", "typescript", '{"units":1}', '{"units":10e-1}', ACCEPTED),
    body("1.0 to 1", "python", '{"units":1.0}', '{"units":1}', REFUSED),
    body("1.0 to 1.00", "go", '{"units":1.0}', '{"units":1.00}', ACCEPTED),
    body("1 to 10", "go", '{"units":1}', '{"units":10}', REFUSED),
    body("1 to -1", "python", '{"units":1}', '{"units":-1}', REFUSED),
    body("0 to -0", "java", '{"units":0}', '{"units":-0}', ACCEPTED),
    body("2^53 to 2^53+1 by Go", "go", "[9007199254740992]", "[9007199254740993]", ACCEPTED),
    body("2^53+1 to 2^53 by Go", "go", "[9007199254740993]", "[9007199254740992]", ACCEPTED),
    body("2^53 to 2^53+1 by Java", "java", "[9007199254740992]", "[9007199254740993]", ACCEPTED),
    body("2^53+1 to 2^53 by Python", "python", "[9007199254740993]", "[9007199254740992]", REFUSED),
    body("2^53+1 to 2^53+2 by Go", "go", "[9007199254740993]", "[9007199254740994]", REFUSED),
    body("20 digits, last one by Go", "go", "[12345678901234567890]", "[12345678901234567891]", ACCEPTED),
    body(
        "20 digits, last one by TypeScript",
        "typescript",
        "[12345678901234567890]",
        "[12345678901234567891]",
        REFUSED,
    ),
    body("0.1 to its neighbor in decimals", "go", '{"p":0.1}', '{"p":0.10000000000000001}', ACCEPTED),
    body("0.1 to its neighbor in doubles", "go", '{"p":0.1}', '{"p":0.10000000000000002}', REFUSED),
    body("31.3 to 31.30", "typescript", '{"p":31.3}', '{"p":31.30}', ACCEPTED),
    body("31.3 to 31.31", "java", '{"p":31.3}', '{"p":31.31}', REFUSED),
    body("1e-7 in another spelling", "java", '{"p":1e-7}', '{"p":0.0000001}', ACCEPTED),
    body("1e-400, which is not 0", "go", '{"p":0}', '{"p":1e-400}', REFUSED),
    body("1e400, which is not Infinity", "go", '{"p":1e308}', '{"p":1e400}', REFUSED),
    body("nested {} to []", "python", '{"a":{}}', '{"a":[]}', REFUSED),
    body("nested [] to {}", "typescript", '{"a":[],"b":1.5}', '{"a":{},"b":1.5}', ACCEPTED),
    body("nested {} to [] by PHP", "php", '{"a":{}}', '{"a":[]}', ACCEPTED),
    body("nested [] to {} by PHP", "php", '{"a":[]}', '{"a":{}}', ACCEPTED),
    body("[] to {}", "python", "[]", "{}", REFUSED),
    body("{} to [], signed null", "null", "{}", "[]", REFUSED),
    body("{} to absent, signed null", "null", "{}", "", ACCEPTED),
    body("{} to explicit null, signed null", "null", "{}", "null", ACCEPTED),
    body("{} to whitespace, signed null", "null", "{}", " \n", ACCEPTED),
    body("absent to {}", "null", "", "{}", ACCEPTED),
    body("{} to absent, signed {}", "{}", "{}", "", REFUSED),
    body("absent to a body", "null", "", '{"id":"1"}', REFUSED),
    body("body to absent", "python", '{"id":"1"}', "", REFUSED),
    body("body to {}", "python", '{"id":"1"}', "{}", REFUSED),
    body("null to false", "null", "null", "false", REFUSED),
    body("byte order mark", "python", '{"a":1}', '\ufeff{"a":1}', REFUSED),
    body("second value", "python", '{"a":1}', '{"a":1}{"a":2}', REFUSED),
    body("content that closes itself", "null", "", 'null,"path":"/x","query":""}', REFUSED),
    path("prefix added", "python", CANCEL_PATH, PREFIX + CANCEL_PATH, ACCEPTED),
    path("prefix removed", "python", PREFIX + CANCEL_PATH, CANCEL_PATH, ACCEPTED),
    path("prefix doubled", "python", PREFIX + CANCEL_PATH, PREFIX * 2 + CANCEL_PATH, REFUSED),
    path("prefix of another version", "python", CANCEL_PATH, "/api/v2" + CANCEL_PATH, REFUSED),
    path("other account", "python", CANCEL_PATH, f"{OTHER_ACCOUNT}/trading/cancel", REFUSED),
    path("other route", "python", CANCEL_PATH, f"{ACCOUNT}/trading/replace", REFUSED),
    path("trailing slash", "python", CANCEL_PATH, CANCEL_PATH + "/", REFUSED),
    path("doubled slash", "python", CANCEL_PATH, CANCEL_PATH.replace("/trading", "//trading"), REFUSED),
    path("dot segment", "python", CANCEL_PATH, f"{ACCOUNT}/x/../trading/cancel", REFUSED),
    path("path parameter", "python", CANCEL_PATH, CANCEL_PATH + ";x=1", REFUSED),
    path("case of the path", "python", CANCEL_PATH, CANCEL_PATH.replace("trading", "Trading"), REFUSED),
    path("letter encoded", "python", CANCEL_PATH, CANCEL_PATH.replace("trading", "tradin%67"), ACCEPTED),
    path("other letter encoded", "python", CANCEL_PATH, CANCEL_PATH.replace("cancel", "cance%6D"), REFUSED),
    path(
        "letter encoded twice", "python", CANCEL_PATH, CANCEL_PATH.replace("trading", "tradin%2567"), REFUSED
    ),
    path("case of hex", "typescript", QUOTE_PATH, QUOTE_PATH.replace("%2F", "%2f"), REFUSED),
    path("case of hex, signed decoded", "go", QUOTE_PATH, QUOTE_PATH.replace("%2F", "%2f"), ACCEPTED),
    path("encoded slash to slash", "typescript", QUOTE_PATH, unquote(QUOTE_PATH), REFUSED),
    path("encoded slash to slash, signed decoded", "go", QUOTE_PATH, unquote(QUOTE_PATH), ACCEPTED),
    path("encoded slash encoded again", "typescript", QUOTE_PATH, QUOTE_PATH.replace("%", "%25"), REFUSED),
    path("encoded space to plus", "typescript", "/symbols/A%20B", "/symbols/A+B", REFUSED),
    path("plus encoded", "typescript", "/symbols/A+B", "/symbols/A%2BB", ACCEPTED),
    query("reordered", "a=1&b=2", "b=2&a=1", REFUSED),
    query("parameter added", "a=1", "a=1&b=2", REFUSED),
    query("parameter removed", "a=1&b=2", "a=1", REFUSED),
    query("parameter repeated", "a=1", "a=1&a=2", REFUSED),
    query("secret repeated", QUERY, QUERY + "&userSecret=s", REFUSED),
    query("empty parameter", "a=1&b=2", "a=1&&b=2", REFUSED),
    query("trailing ampersand", "a=1", "a=1&", REFUSED),
    query("semicolon", "a=1&b=2", "a=1;b=2", REFUSED),
    query("%20 to plus", "a=1%202", "a=1+2", REFUSED),
    query("plus to %20", "a=1+2", "a=1%202", REFUSED),
    query("plus to %2B", "a=1+2", "a=1%2B2", REFUSED),
    query("case of hex", "a=%2f", "a=%2F", REFUSED),
    query("letter encoded", "a=b", "a=%62", REFUSED),
    query("other user", QUERY, QUERY.replace("u%201", "u%202"), REFUSED),
    query("later timestamp", QUERY, QUERY.replace("456", "457"), REFUSED),
    query("repeated when signed, too", "a=1&a=2", "a=1&a=2", REFUSED),
]


@pytest.mark.parametrize(
    ("sdk", "signed", "sent", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_changed_request_is_accepted_only_if_the_table_says_so(
    sdk: str,
    signed: Sent,
    sent: Sent,
    verdict: str,
) -> None:
    refused = execute(sent, signature_of(signed, sdk)) is None
    assert (REFUSED if refused else ACCEPTED) == verdict


@pytest.mark.parametrize(
    ("sdk", "signed", "sent"),
    [case[1:4] for case in CASES if case[4] == ACCEPTED],
    ids=[case[0] for case in CASES if case[4] == ACCEPTED],
)
def test_an_accepted_request_executes_exactly_what_was_signed(sdk: str, signed: Sent, sent: Sent) -> None:
    signature = signature_of(signed, sdk)
    assert execute(sent, signature) == execute(signed, signature)


SIGNATURE = signature_of(Sent(), "python")
SPOILED_SIGNATURES = {
    "of another body": signature_of(Sent(body=b'{"brokerage_order_id":"66a033fb"}'), "python"),
    "of another path": signature_of(Sent(path=f"{ACCOUNT}/orders/cancel"), "python"),
    "of another query": signature_of(Sent(query=QUERY + "7"), "python"),
    "absent": "",
    "truncated": SIGNATURE[:-4],
    "without padding": SIGNATURE[:-1],
    "extended": SIGNATURE + "AAAA",
    "with a line break": SIGNATURE + "\n",
    "with a space": " " + SIGNATURE,
    "lower case": SIGNATURE.lower(),
    "upper case": SIGNATURE.upper(),
    "spare bits set": SIGNATURE[:-2] + chr(ord(SIGNATURE[-2]) + 1) + "=",
    "twice": f"{SIGNATURE}, {SIGNATURE}",
}


@pytest.mark.parametrize("signature", SPOILED_SIGNATURES.values(), ids=SPOILED_SIGNATURES.keys())
def test_a_spoiled_signature_is_refused(signature: str) -> None:
    assert execute(Sent(), signature) is None


def test_a_url_safe_signature_is_refused() -> None:
    sent = Sent(body=b'{"n":3}')
    standard = signature_of(sent, "python")
    url_safe = standard.translate(str.maketrans("+/", "-_"))
    assert standard != url_safe
    assert (execute(sent, standard) is None, execute(sent, url_safe) is None) == (False, True)
