"""`nostro signature check`: say why a signed request does not verify."""

import binascii
import itertools
import json
import re
import sys
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, quote, quote_plus

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from nostro.domain.errors import InvalidRequest
from nostro.wire.canonical import contents_of, write
from nostro.wire.signature import (
    PREFIX,
    SignedRequest,
    canonical_text,
    check_target,
    expected_string,
    parse_query,
    sign,
    verify,
)
from nostro.wire.strict_json import read_json

app = typer.Typer(help="Explain signatures of requests.", no_args_is_help=True)

MAX_PERMUTED_PARAMETERS = 5

_STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one line.

    `form` stands exactly if `ok`, `reason` if not; the expectations only where a well-formed request failed.
    """

    line: int
    request: str
    """Method and path; the query is left out because it holds the user's secret."""
    ok: bool
    form: str | None = None
    reason: str | None = None
    expected_string: str | None = None
    expected_signature: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One line of a file, as it stands there; an absent body is "", an absent or empty signature is None."""

    method: str
    path: str
    query: str
    body: str
    signature: str | None


class BrokenLineError(Exception):
    """A line that does not hold a recorded request; `str()` says why."""


@app.callback()
def _group() -> None:
    """Keep `check` a subcommand while it is the only one."""


@app.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE.jsonl", help="Recorded requests, one a line; - reads stdin."),
    ],
    consumer_key: Annotated[
        str, typer.Option(envvar="NOSTRO_CONSUMER_KEY", help="The key the requests were signed with.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Verify recorded requests and explain every signature that fails.

    A line holds the method, the path, the query without its question mark, the body (it may be left out) and
    the Signature header, all exactly as sent. Timestamps are not compared with the clock.

    For example, if requests.jsonl holds

    {"m": "GET", "path": "/accounts", "query": "clientId=C&timestamp=1715123456", "sig": "c2ln..."}

    then look at: nostro signature check requests.jsonl --consumer-key CONSUMER_KEY

    Exits with 1 if any line fails. What is printed holds the secrets that the requests held.
    """
    lines = enumerate(_read(file).splitlines(), start=1)
    verdicts = [judge(number, line, consumer_key) for number, line in lines if line.strip()]
    if as_json:
        for verdict in verdicts:
            typer.echo(json.dumps(asdict(verdict)))
    else:
        _print(verdicts)
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    if file == _STDIN:
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.") from error


def judge(number: int, line: bytes, consumer_key: str) -> Verdict:
    """Judge one line of a file; never raises for what stands in it."""
    try:
        recorded = _recorded_in(line)
    except BrokenLineError as error:
        return Verdict(number, "", ok=False, reason=str(error))
    # Escaped, for a line may hold what a terminal obeys or cannot show.
    name = f"{recorded.method} {recorded.path}".encode("unicode_escape").decode()
    try:
        path, query = check_target(_bytes(recorded.path), _bytes(recorded.query))
        parameters = parse_query(query)
        request = SignedRequest(path, query, read_json(_bytes(recorded.body)))
    except InvalidRequest as error:
        return Verdict(number, name, ok=False, reason=f"not a valid request: {error}")
    in_milliseconds = (
        "The timestamp has milliseconds: servers want whole seconds."
        if re.fullmatch("[0-9]{13}", parameters.get("timestamp", "")) is not None
        else None
    )
    signature = recorded.signature
    form = verify(request, signature, consumer_key) if signature else None
    if form is not None:
        return Verdict(number, name, ok=True, form=str(form), hint=in_milliseconds)
    expected = expected_string(request)
    return Verdict(
        number,
        name,
        ok=False,
        reason="the signature does not match" if signature else "no signature",
        expected_string=expected,
        expected_signature=sign(expected, consumer_key),
        hint=(find_mistake(request, signature, consumer_key) if signature else None) or in_milliseconds,
    )


def find_mistake(request: SignedRequest, signature: str, consumer_key: str) -> str | None:
    """Name the usual mistake that explains a failed signature; None if it is none of them."""
    spelling, canonical = _respelled(signature)
    if spelling is not None and verify(request, canonical, consumer_key) is not None:
        return spelling
    for mistake, text in _mistaken_texts(request):
        if sign(text, consumer_key) == canonical:
            return mistake
    return None


def _recorded_in(line: bytes) -> RecordedRequest:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenLineError("the line is not JSON") from None
    if not isinstance(fields, dict):
        raise BrokenLineError("the line is not a JSON object")
    for key in ("path", "query"):
        if key not in fields:
            raise BrokenLineError(f"the line has no {key!r}")
    for key in ("m", "path", "query", "body", "sig"):
        if not isinstance(fields.get(key) or "", str):
            raise BrokenLineError(f"{key!r} is not a string")
    return RecordedRequest(
        method=fields.get("m") or "?",
        path=fields["path"] or "",
        query=fields["query"] or "",
        body=fields.get("body") or "",
        signature=fields.get("sig") or None,
    )


def _bytes(text: str) -> bytes:
    """Encode even lone surrogates, so that the strict readers get to refuse them."""
    return text.encode("utf-8", "surrogatepass")


def _respelled(signature: str) -> tuple[str | None, str]:
    """Guess another spelling of 32 bytes: what it is, or None, and the signature in standard base64."""
    if re.fullmatch("[0-9A-Fa-f]{64}", signature) is not None:
        return "The signature is hex: send standard base64.", b64encode(bytes.fromhex(signature)).decode()
    if re.fullmatch("[A-Za-z0-9_+/-]{43}=?", signature.strip()) is not None:
        try:
            digest = urlsafe_b64decode(signature.strip().rstrip("=").translate(_TO_URL_SAFE) + "=")
        except binascii.Error:
            return None, signature
        canonical = b64encode(digest).decode()
        if canonical != signature:
            return "The signature is not standard base64: no - and _, keep the final =.", canonical
    return None, signature


_TO_URL_SAFE = str.maketrans("+/", "-_")


def _mistaken_texts(request: SignedRequest) -> Iterator[tuple[str, str]]:
    bare = request.raw_path.removeprefix(PREFIX)
    paths = (bare, PREFIX + bare)
    contents = list(
        dict.fromkeys(write(request.document, content) for content in contents_of(request.document))
    )
    query = request.raw_query
    for mistake, wrong_content in _wrong_contents(request):
        for path in paths:
            yield mistake, canonical_text(wrong_content, path, query)
    for mistake, wrong_path in _wrong_paths(bare, query):
        for content in contents:
            yield mistake, canonical_text(content, wrong_path, query)
    for path, content in itertools.product(paths, contents):
        spaced = f'{{"content": {content}, "path": {json.dumps(path)}, "query": {json.dumps(query)}}}'
        yield "The signed string has spaces after its colons and commas: write it without.", spaced
        for mistake, wrong_query in _wrong_queries(query):
            yield mistake, canonical_text(content, path, wrong_query)


def _wrong_contents(request: SignedRequest) -> Iterator[tuple[str, str]]:
    if request.document.is_absent:
        yield "{} was signed for an absent body: sign null.", "{}"
        yield "An empty string was signed for an absent body: sign null.", '""'
        return
    yield "null was signed although there is a body: sign the body.", "null"
    # Python's numbers will do: what follows are the mistakes of hand-written clients.
    value = json.loads(request.document.text)
    for escapes in (True, False):
        compact = json.dumps(value, ensure_ascii=escapes, separators=(",", ":"))
        yield "The keys of the body were signed unsorted: sort them at every depth.", compact
        for sorts in (True, False):
            spaced = json.dumps(value, ensure_ascii=escapes, sort_keys=sorts)
            order = "" if sorts else " and unsorted keys"
            yield f"The body was signed with spaces{order}: sort the keys, write no spaces.", spaced
    yield "The body was signed as a string: sign it as JSON.", json.dumps(request.document.text)


def _wrong_paths(bare: str, query: str) -> Iterator[tuple[str, str]]:
    yield f"The signed path has {PREFIX} twice.", PREFIX * 2 + bare
    for path in (bare, PREFIX + bare):
        yield "The signed path lacks its leading slash.", path.removeprefix("/")
        yield "The signed path includes the query.", f"{path}?{query}"
        if path.endswith("/"):
            yield "The signed path lacks its trailing slash.", path.removesuffix("/")
        else:
            yield "The signed path has a trailing slash that the request lacks.", path + "/"


def _wrong_queries(query: str) -> Iterator[tuple[str, str]]:
    yield "The query was left out of the signature.", ""
    yield "The signed query starts with a question mark.", "?" + query
    yield "The signed query was percent-encoded twice.", quote(query, safe="=&+")
    to_seconds = re.sub(r"(?<=timestamp=)([0-9]{10})[0-9]{3}(?![0-9])", r"\1", query)
    yield "The timestamp was signed in seconds but sent in milliseconds.", to_seconds
    parameters = parse_qsl(query, keep_blank_values=True)
    orders = (
        itertools.permutations(parameters)
        if len(parameters) <= MAX_PERMUTED_PARAMETERS
        else iter([tuple(parameters), tuple(sorted(parameters))])
    )
    for order in orders:
        for encode in (quote, quote_plus, _quote_all, str):
            text = "&".join(f"{encode(key)}={encode(value)}" for key, value in order)
            yield "Another order or encoding of the query was signed: sign it byte by byte as sent.", text


def _quote_all(text: str) -> str:
    return quote(text, safe="")


def _print(verdicts: list[Verdict]) -> None:
    console = Console()
    table = Table("line", Column("request", overflow="fold"), "verdict", "form or reason")
    for verdict in verdicts:
        mark = "[green]ok[/]" if verdict.ok else "[red]failed[/]"
        table.add_row(str(verdict.line), escape(verdict.request), mark, verdict.form or verdict.reason)
    console.print(table)
    for verdict in verdicts:
        if verdict.hint is not None:
            _say(console, f"line {verdict.line}: {verdict.hint}")
        if verdict.expected_string is not None:
            _say(console, f"line {verdict.line} expected to be signed: {verdict.expected_string}")
            _say(console, f"line {verdict.line} expected signature: {verdict.expected_signature}")
    passed = sum(verdict.ok for verdict in verdicts)
    _say(console, f"{passed} of {len(verdicts)} verified")


def _say(console: Console, text: str) -> None:
    """Print without markup and line breaks, so that what is shown can be copied."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
