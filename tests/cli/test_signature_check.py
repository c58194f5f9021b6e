"""`nostro signature check`: verdicts, exit codes, and the hint for each usual mistake."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from typer.testing import CliRunner, Result

from nostro.cli.signature import app
from nostro.wire.signature import sign

KEY = "CONSUMER_KEY"
PATH = "/accounts/917c8734/trading/cancel"
QUERY = "clientId=C&userId=u+1&userSecret=s%2F1&timestamp=1715123456"
BODY = '{"b":{"d":1.5,"c":"é"},"a":2}'
CONTENT = '{"a":2,"b":{"c":"\\u00e9","d":1.5}}'
VECTORS = Path(__file__).parent.parent / "wire/data/signature_vectors.jsonl"


def signed(content: str = CONTENT, path: str = PATH, query: str = QUERY) -> str:
    return sign(f'{{"content":{content},"path":"{path}","query":"{query}"}}', KEY)


def line_of(sig: str | None, body: str | None = BODY, path: str = PATH, query: str = QUERY) -> dict[str, Any]:
    return {"m": "POST", "path": path, "query": query, "body": body, "sig": sig}


def check(*lines: dict[str, Any] | str, options: tuple[str, ...] = ("--consumer-key", KEY)) -> Result:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    return CliRunner().invoke(app, ["check", "-", *options], input=text)


def verdicts_on(*lines: dict[str, Any] | str) -> list[dict[str, Any]]:
    result = check(*lines, options=("--consumer-key", KEY, "--json"))
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_all_recorded_sdk_requests_verify() -> None:
    result = CliRunner().invoke(app, ["check", str(VECTORS), "--consumer-key", KEY])
    assert (result.exit_code, "57 of 57 verified" in result.stdout) == (0, True)


def test_the_key_may_come_from_the_environment() -> None:
    result = CliRunner(env={"NOSTRO_CONSUMER_KEY": KEY}).invoke(app, ["check", str(VECTORS)])
    assert result.exit_code == 0


def test_another_key_fails_every_line_and_exits_with_1() -> None:
    result = CliRunner().invoke(app, ["check", str(VECTORS), "--consumer-key", "other"])
    assert (result.exit_code, "0 of 57 verified" in result.stdout) == (1, True)


def test_a_missing_file_exits_with_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(tmp_path / "none.jsonl"), "--consumer-key", KEY])
    assert result.exit_code == 2


def test_a_missing_key_exits_with_2() -> None:
    result = CliRunner(env={"NOSTRO_CONSUMER_KEY": None}).invoke(app, ["check", str(VECTORS)])
    assert result.exit_code == 2


def test_the_help_shows_an_example() -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", "--help"])
    assert "nostro signature check requests.jsonl --consumer-key CONSUMER_KEY" in result.stdout


def test_a_verified_line_names_its_form() -> None:
    assert verdicts_on(line_of(signed())) == [
        {
            "line": 1,
            "request": f"POST {PATH}",
            "ok": True,
            "form": "root-path/python-ascii",
            "reason": None,
            "expected_string": None,
            "expected_signature": None,
            "hint": None,
        }
    ]


def test_a_failed_line_shows_the_string_and_the_signature_that_were_expected() -> None:
    expected = f'{{"content":{CONTENT},"path":"{PATH}","query":"{QUERY}"}}'
    assert verdicts_on(line_of(signed(content='"nonsense"'))) == [
        {
            "line": 1,
            "request": f"POST {PATH}",
            "ok": False,
            "form": None,
            "reason": "the signature does not match",
            "expected_string": expected,
            "expected_signature": sign(expected, KEY),
            "hint": None,
        }
    ]


def test_the_table_shows_the_expected_string_in_one_piece() -> None:
    expected = f'{{"content":{CONTENT},"path":"{PATH}","query":"{QUERY}"}}'
    assert expected in check(line_of(signed(content='"nonsense"'))).stdout


def test_one_failed_line_among_good_ones_exits_with_1() -> None:
    assert check(line_of(signed()), line_of(signed(path="/x")), line_of(signed())).exit_code == 1


@pytest.mark.parametrize("absent", [None, ""])
def test_a_request_without_a_signature_fails(absent: str | None) -> None:
    (verdict,) = verdicts_on(line_of(absent))
    assert (verdict["ok"], verdict["reason"]) == (False, "no signature")


def test_a_line_without_a_body_is_a_request_without_one() -> None:
    line = line_of(signed(content="null"))
    del line["body"]
    assert verdicts_on(line)[0]["ok"] is True


def test_other_keys_of_a_line_are_ignored() -> None:
    assert verdicts_on(line_of(signed()) | {"ua": 7})[0]["ok"] is True


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "the line is not JSON"),
        ("[" * 100_000, "the line is not JSON"),
        ("[]", "the line is not a JSON object"),
        ('{"query":""}', "the line has no 'path'"),
        ('{"path":"/"}', "the line has no 'query'"),
        ('{"path":1,"query":""}', "'path' is not a string"),
        ('{"path":"/","query":"","body":{"a":1}}', "'body' is not a string"),
        ('{"path":"/a//b","query":""}', "not a valid request: The path holds an empty segment."),
        ('{"path":"/\\ud800","query":""}', "not a valid request: The path holds a character that must be"),
        ('{"path":"/","query":"a=1&a=2"}', "not a valid request: The query holds a parameter twice."),
        ('{"path":"/","query":"","body":"{"}', "not a valid request: The request body is not valid JSON at"),
        ('{"path":"/","query":"","body":"\\ud800"}', "not a valid request: The request body is not UTF-8"),
    ],
)
def test_a_broken_line_fails_with_its_number_and_the_others_are_still_judged(line: str, reason: str) -> None:
    first, broken, last = verdicts_on(line_of(signed()), line, line_of(signed()))
    assert (first["ok"], broken["ok"], broken["line"], last["ok"]) == (True, False, 2, True)
    assert broken["reason"].startswith(reason)


def test_a_line_that_is_not_utf_8_fails(tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_bytes(b'{"path":"/\xff"}\n')
    result = CliRunner().invoke(app, ["check", str(file), "--consumer-key", KEY, "--json"])
    assert json.loads(result.stdout)["reason"] == "the line is not JSON"


def test_blank_lines_are_skipped_but_counted() -> None:
    assert [verdict["line"] for verdict in verdicts_on("", line_of(signed()), "  ")] == [2]


def test_what_a_terminal_obeys_or_cannot_show_is_escaped() -> None:
    result = check('{"m":"\\u001b[2J\\ud800","path":"/","query":""}')
    assert (result.exit_code, r"\x1b[2J\ud800" in result.stdout) == (1, True)


MARKUP_PATH = "/a[red]b[/red]"


def test_what_stands_in_a_line_is_not_taken_for_markup() -> None:
    result = check(line_of(signed(path=MARKUP_PATH), path=MARKUP_PATH))
    assert (result.exit_code, MARKUP_PATH in result.stdout) == (0, True)


STANDARD = signed()
TIMESTAMP_MS = QUERY + "000"
PERMUTED = "&".join(reversed(QUERY.split("&")))
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "url-safe base64": (
        line_of(signed(query="n=2").translate(str.maketrans("+/", "-_")), query="n=2"),
        "not standard base64",
    ),
    "no padding": (line_of(STANDARD.rstrip("=")), "not standard base64"),
    "hex": (line_of(base64.b64decode(STANDARD).hex()), "is hex"),
    "query in another order": (line_of(signed(query=PERMUTED)), "order or encoding"),
    "query encoded with %20": (line_of(signed(query=QUERY.replace("+", "%20"))), "order or encoding"),
    "query decoded": (
        line_of(signed(query=QUERY.replace("+", " ").replace("%2F", "/"))),
        "order or encoding",
    ),
    "query encoded twice": (line_of(signed(query=quote(QUERY, safe="=&+"))), "encoded twice"),
    "query left out": (line_of(signed(query="")), "left out"),
    "question mark": (line_of(signed(query="?" + QUERY)), "question mark"),
    "{} for no body": (line_of(signed(content="{}"), body=None), "sign null"),
    "empty string for no body": (line_of(signed(content='""'), body=None), "sign null"),
    "null for a body": (line_of(signed(content="null")), "sign the body"),
    "prefix twice": (line_of(signed(path="/api/v1/api/v1" + PATH)), "/api/v1 twice"),
    "no leading slash": (line_of(signed(path=PATH[1:])), "leading slash"),
    "trailing slash": (line_of(signed(path=PATH + "/")), "trailing slash that the request lacks"),
    "trailing slash lost": (line_of(STANDARD, path=PATH + "/"), "lacks its trailing slash"),
    "query in the path": (line_of(signed(path=f"{PATH}?{QUERY}")), "includes the query"),
    "milliseconds sent": (line_of(STANDARD, query=TIMESTAMP_MS), "but sent in milliseconds"),
    "unsorted body": (
        line_of(signed(content='{"b":{"d":1.5,"c":"é"},"a":2}'.replace("é", "\\u00e9"))),
        "unsorted",
    ),
    "spaces in the body": (
        line_of(signed(content='{"a": 2, "b": {"c": "\\u00e9", "d": 1.5}}')),
        "with spaces",
    ),
    "body as a string": (line_of(signed(content=json.dumps(BODY))), "as a string"),
    "spaces around": (
        line_of(sign(f'{{"content": {CONTENT}, "path": "{PATH}", "query": "{QUERY}"}}', KEY)),
        "spaces after its colons",
    ),
}


@pytest.mark.parametrize(("line", "hint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_usual_mistake_fails_with_its_hint(line: dict[str, Any], hint: str) -> None:
    (verdict,) = verdicts_on(line)
    assert verdict["ok"] is False
    assert hint in verdict["hint"]


def test_a_hint_stands_in_the_table_too() -> None:
    assert (
        "line 1: The signed path has /api/v1 twice."
        in check(line_of(signed(path="/api/v1/api/v1" + PATH))).stdout
    )


def test_a_signed_timestamp_in_milliseconds_verifies_with_a_hint() -> None:
    (verdict,) = verdicts_on(line_of(signed(query=TIMESTAMP_MS), query=TIMESTAMP_MS))
    assert (verdict["ok"], "milliseconds" in verdict["hint"]) == (True, True)


def test_many_parameters_do_not_make_the_search_long() -> None:
    query = "&".join(f"p{number}={number}" for number in range(200))
    by_name = "&".join(f"{name}={name[1:]}" for name in sorted(f"p{number}" for number in range(200)))
    (verdict,) = verdicts_on(line_of(signed(query=by_name), query=query))
    assert "order or encoding" in verdict["hint"]
