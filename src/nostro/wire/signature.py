"""Signed requests: what may be signed, and whether a signature matches one of the texts it can stand for.

A client signs `{"content":C,"path":P,"query":Q}` with HMAC-SHA256 under its consumer key. Every SDK
generation builds C and P in its own way (`canonical.py` for C; P with or without `/api/v1`, percent-decoded
or not), so a signature is compared with a closed list of texts. Q is always the query as received.

An accepted signature executes what was signed, because

- a body has one reading (`strict_json.py`), and handlers get `signed_value`: what the *signed text* says,
  also where a client's number format lost digits between the body and that text (`canonical.py`);
- sorting keys, escaping characters and adding whitespace do not change that reading;
- both prefixes of a path lead to one handler. A path is compared percent-decoded (Go signs that) only if
  nothing in it stays encoded, and `check_target` refuses dot segments, `//` and controls in either spelling;
- the query is compared byte by byte, and no key counts twice (`parse_query`).

In a decoded path `%2F` and `/` are one thing: a router must not give the two spellings two meanings.
**Not signed** are the method, all other headers, and the host. A route with two methods is its server's to
defend.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json.encoder import encode_basestring, encode_basestring_ascii
from urllib.parse import unquote, unquote_plus

from nostro.domain.errors import InvalidRequest, TimestampInvalid
from nostro.wire.canonical import Content, contents_of, read, write
from nostro.wire.strict_json import Document, Value

MAX_PATH_BYTES = 1024
MAX_QUERY_BYTES = 4096
PREFIX = "/api/v1"
RESERVED_KEYS = frozenset({"userId", "userSecret", "clientId", "timestamp"})


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as far as a signature covers it.

    `raw_path` and `raw_query` are as received and have passed `check_target`; the path is without its query,
    the query without its question mark ("" when there is none).
    """

    raw_path: str
    raw_query: str
    document: Document


class SignedPath(StrEnum):
    """How the signed path follows from the received one, which may have the prefix `/api/v1` or not."""

    ROOT = "root-path"
    PREFIXED = "prefixed-path"
    ROOT_DECODED = "decoded-root-path"
    PREFIXED_DECODED = "decoded-prefixed-path"


class Escaping(StrEnum):
    """How path and query stand in the text; they differ only where a decoded path is not ASCII."""

    UTF8 = "utf8"
    ASCII = "ascii"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to sign a request. A client keeps to its form, so a server can remember it and try it first."""

    path: SignedPath
    content: Content
    escaping: Escaping = Escaping.UTF8

    def __str__(self) -> str:
        suffix = "" if self.escaping is Escaping.UTF8 else f"/{self.escaping}"
        return f"{self.path}/{self.content}{suffix}"


def verify(
    request: SignedRequest, signature: str, consumer_key: str, first: Form | None = None
) -> Form | None:
    """Find the form of `request` that `signature` signs; None if there is none.

    `signature` is the header's value and must be canonical base64 of 32 bytes. `first` is tried before the
    others. Handlers must then act on `signed_value` of the form that was found.
    """
    digest = _digest_in(signature)
    if digest is None:
        return None
    key = consumer_key.encode()
    remembered = None if first is None else _canonical_string(request, first)
    if remembered is not None and _signs(digest, key, remembered):
        return first
    for form, text in _candidates(request):
        if _signs(digest, key, text):
            return form
    return None


def signed_value(document: Document, form: Form) -> Value:
    """Give what the signature covers: the one body that handlers may act on after `verify` found `form`."""
    return read(document, form.content)


def canonical_text(content: str, path: str, query: str, escaping: Escaping = Escaping.UTF8) -> str:
    """Write the text that is signed; `content` is JSON already, `path` and `query` are not."""
    quote = encode_basestring if escaping is Escaping.UTF8 else encode_basestring_ascii
    return f'{{"content":{content},"path":{quote(path)},"query":{quote(query)}}}'


def sign(text: str, consumer_key: str) -> str:
    """Sign a canonical string: the value of the `Signature` header."""
    return base64.b64encode(hmac.digest(consumer_key.encode(), text.encode(), "sha256")).decode()


def canonical_strings(request: SignedRequest) -> Mapping[Form, str]:
    """Map every form to its text, in the order they are tried; a text that two forms share stands once."""
    return dict(_candidates(request))


def expected_string(request: SignedRequest) -> str:
    """Give the text to show a person whose signature failed: SnapTrade's documented one, path as received."""
    content = Content.PYTHON_ASCII if Content.PYTHON_ASCII in contents_of(request.document) else Content.NULL
    return canonical_text(write(request.document, content), request.raw_path, request.raw_query)


def _candidates(request: SignedRequest) -> Iterator[tuple[Form, str]]:
    seen: set[str] = set()
    written: dict[Content, str] = {}
    for signed_path in SignedPath:
        path = _path(request.raw_path, signed_path)
        if path is None:
            continue
        for content in contents_of(request.document):
            if content not in written:
                written[content] = write(request.document, content)
            for escaping in Escaping:
                text = canonical_text(written[content], path, request.raw_query, escaping)
                if text not in seen:
                    seen.add(text)
                    yield Form(signed_path, content, escaping), text


def _canonical_string(request: SignedRequest, form: Form) -> str | None:
    path = _path(request.raw_path, form.path)
    if path is None or form.content not in contents_of(request.document):
        return None
    return canonical_text(write(request.document, form.content), path, request.raw_query, form.escaping)


def _path(raw_path: str, signed_path: SignedPath) -> str | None:
    """Give the signed path, or None where this request has no such path."""
    path = raw_path
    if signed_path in (SignedPath.ROOT_DECODED, SignedPath.PREFIXED_DECODED):
        if "%" not in raw_path:
            return None
        path = unquote(raw_path, errors="strict")
        if "%" in path:
            # `%252F` must not pass for the `%2F` that another request was signed with.
            return None
    bare = path.removeprefix(PREFIX) if path.startswith(PREFIX + "/") else path
    if bare.startswith(PREFIX + "/"):
        # A doubled prefix is no second name of the route with one.
        return None
    return bare if signed_path in (SignedPath.ROOT, SignedPath.ROOT_DECODED) else PREFIX + bare


_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=")


def _digest_in(signature: str) -> bytes | None:
    if _SIGNATURE.fullmatch(signature) is None:
        return None
    digest = binascii.a2b_base64(signature)
    # The last character carries two spare bits: four spellings of one digest, of which one is canonical.
    return digest if base64.b64encode(digest).decode() == signature else None


def _signs(digest: bytes, key: bytes, text: str) -> bool:
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256"), digest)


_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NOT_PRINTABLE = re.compile(rb"[^\x21-\x7e]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def check_target(raw_path: bytes, raw_query: bytes) -> tuple[str, str]:
    """Refuse a path or query that two readers could understand differently; give both as text otherwise.

    `%2F`, spaces, `+` and escaped UTF-8 may stand in a path. Raises InvalidRequest.
    """
    if len(raw_path) > MAX_PATH_BYTES:
        raise InvalidRequest(f"The path is longer than {MAX_PATH_BYTES} bytes.")
    if len(raw_query) > MAX_QUERY_BYTES:
        raise InvalidRequest(f"The query is longer than {MAX_QUERY_BYTES} bytes.")
    for name, raw in (("path", raw_path), ("query", raw_query)):
        if _NOT_PRINTABLE.search(raw) is not None:
            raise InvalidRequest(f"The {name} holds a character that must be percent-encoded.")
        if b";" in raw:
            raise InvalidRequest(f"The {name} holds a semicolon.")
    path, query = raw_path.decode("ascii"), raw_query.decode("ascii")
    _check_path(path)
    _check_query(query)
    return path, query


def _check_path(path: str) -> None:
    if not path.startswith("/"):
        raise InvalidRequest("The path does not start with a slash.")
    decoded = _decoded(path, "path") if "%" in path else path
    if "//" in decoded:
        raise InvalidRequest("The path holds an empty segment.")
    if "\\" in decoded or _CONTROL.search(decoded) is not None:
        raise InvalidRequest("The path holds a backslash or a control character.")
    if "/." in decoded and not {".", ".."}.isdisjoint(decoded.split("/")):
        raise InvalidRequest("The path holds a dot segment.")


def _check_query(query: str) -> None:
    if "%" in query and "\x00" in _decoded(query, "query"):
        raise InvalidRequest("The query holds a NUL character.")
    seen: set[str] = set()
    for part in query.split("&"):
        key = unquote_plus(part.partition("=")[0])
        if key in RESERVED_KEYS and key in seen:
            raise InvalidRequest(f"The query holds {key} twice.")
        seen.add(key)


def _decoded(text: str, name: str) -> str:
    if _BAD_ESCAPE.search(text) is not None:
        raise InvalidRequest(f"The {name} holds a broken percent escape.")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidRequest(f"The {name} holds percent escapes that are not UTF-8.") from None


def parse_query(raw_query: str) -> dict[str, str]:
    """Read a query that `check_target` has passed, as a form (`+` is a space).

    A key without `=` has the value "". Raises InvalidRequest for any repeated key.
    """
    values: dict[str, str] = {}
    for part in raw_query.split("&"):
        if not part:
            continue
        key, _, value = part.partition("=")
        name = unquote_plus(key)
        if name in values:
            raise InvalidRequest("The query holds a parameter twice.")
        values[name] = unquote_plus(value)
    return values


_INTEGER = re.compile(r"[0-9]{1,12}")


def check_timestamp(text: str, now: datetime, past_s: int = 300, future_s: int = 60) -> None:
    """Refuse a `timestamp` (whole Unix seconds) older than `past_s` or further ahead than `future_s`.

    SnapTrade publishes no window; the defaults are nostro's. Raises TimestampInvalid, also for milliseconds.
    """
    if _INTEGER.fullmatch(text) is None or not -future_s <= now.timestamp() - int(text) <= past_s:
        raise TimestampInvalid
