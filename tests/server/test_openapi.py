"""The OpenAPI document: the contract's cancel in it, and a fuzzer that finds nothing it does not describe."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from .world import ACCOUNT, CONSUMER_KEY, ORDER, USER_ID, USER_SECRET, Server, send, sign

CANCEL = "/accounts/{accountId}/trading/cancel"


@pytest.fixture(scope="module")
def document(shared: Server) -> dict[str, Any]:
    found: dict[str, Any] = send(shared.url, "GET", "/openapi.json", None, {}, 30).body
    return found


def test_the_cancel_takes_the_contracts_parameters_and_body(document: dict[str, Any]) -> None:
    cancel = document["paths"][CANCEL]["post"]
    assert cancel["operationId"] == "Trading_cancelOrder"
    parameters = [(each["in"], each["name"], each["required"]) for each in cancel["parameters"]]
    assert parameters == [
        ("query", "userId", True),
        ("query", "userSecret", True),
        ("path", "accountId", True),
    ]
    types = [(each["schema"]["type"], each["schema"].get("format")) for each in cancel["parameters"]]
    assert types == [("string", None), ("string", None), ("string", "uuid")]
    assert cancel["requestBody"]["required"] is True
    schema = cancel["requestBody"]["content"]["application/json"]["schema"]
    assert (schema["type"], schema["required"]) == ("object", ["brokerage_order_id"])
    assert schema["properties"]["brokerage_order_id"]["type"] == "string"


def test_the_cancel_answers_what_the_contract_says(document: dict[str, Any]) -> None:
    answers = document["paths"][CANCEL]["post"]["responses"]
    assert set(answers) == {"200", "400", "500", "401", "402", "403", "404", "429", "503"}
    success = answers["200"]["content"]["application/json"]["schema"]
    assert (success["type"], success["required"]) == ("object", ["brokerage_order_id"])
    raw = success["properties"]["raw_response"]
    assert (raw["type"], raw["nullable"]) == ("object", True)
    error = document["components"]["schemas"]["ErrorBody"]
    assert {"default_detail", "default_code"} <= set(error["properties"])
    assert [answers[status]["description"] for status in ("200", "400", "500")] == [
        "OK",
        "Invalid request",
        "Unexpected Error",
    ]


class Signed(requests.auth.AuthBase):
    """Signs whatever the fuzzer made, so that it gets past the signature."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        parts = urlsplit(request.url or "")
        made = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
        kept = [(name, value) for name, value in made if name not in ("clientId", "timestamp")]
        added = [("clientId", "PARTNER_CLIENT_ID"), ("timestamp", str(int(time.time())))]
        query = urlencode(kept + added, errors="surrogateescape")
        try:
            content = json.loads(request.body if isinstance(request.body, str | bytes) else b"null")
        except ValueError:
            content = None
        request.headers["Signature"] = sign(content, parts.path, query, CONSUMER_KEY)
        request.url = urlunsplit(parts._replace(query=query))
        return request


def fuzz(server: Server, mode: GenerationMode, check_answer: Callable[[Case[Any], Response], None]) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json").include(path=CANCEL)
    (found,) = schema.get_all_operations()
    assert isinstance(found, Ok)
    operation = found.ok()

    @settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        case=operation.as_strategy(generation_mode=mode),
        real=st.sets(st.sampled_from(["user", "account", "order"])),
    )
    def run(case: Case[Any], real: set[str]) -> None:
        if "user" in real and isinstance(case.query, dict):
            case.query |= {"userId": USER_ID, "userSecret": USER_SECRET}
        if "account" in real and isinstance(case.path_parameters, dict):
            case.path_parameters["accountId"] = ACCOUNT
        if "order" in real and isinstance(case.body, dict):
            case.body["brokerage_order_id"] = ORDER
        check_answer(case, case.call(base_url=server.url, auth=Signed(), timeout=30))

    run()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_a_fuzzer_finds_no_5xx_and_no_undocumented_answer_on_the_cancel(
    shared: Server, mode: GenerationMode
) -> None:
    shared.control("POST", "/reset", {})
    seen: set[int] = set()

    def check_answer(case: Case[Any], response: Response) -> None:
        seen.add(response.status_code)
        assert response.status_code < 500, response.text
        if response.status_code != 405:  # the fuzzer tries other methods, which the document does not list
            case.validate_response(response, checks=[status_code_conformance, response_schema_conformance])

    fuzz(shared, mode, check_answer)
    expected = {200, 400, 401, 404} if mode is GenerationMode.POSITIVE else {400, 401}
    assert expected <= seen
