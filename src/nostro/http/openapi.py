"""The OpenAPI document, made from the table of operations and the structs that decode and encode them.

OpenAPI 3.0, as SnapTrade's own file, so that tools made for the one read the other.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from nostro import __version__
from nostro.http.call import Answer, Call
from nostro.http.operation import Operation, Who
from nostro.wire.cancel import CancelOrderResponse
from nostro.wire.errors import ErrorBody

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_ANSWERS_FOR_ALL = {
    "400": "Invalid request",
    "401": "Signature, timestamp, client, user or secret is wrong",
    "402": "The connection is disabled; nothing was sent",
    "403": "The connection may not trade; nothing was sent",
    "404": "No such thing for this caller",
    "429": "Too many requests; nothing was done",
    "500": "Unexpected Error",
    "503": "Not possible now; nothing was sent",
}
_SECURITY: Json = {
    "PartnerClientId": {"type": "apiKey", "in": "query", "name": "clientId"},
    "PartnerTimestamp": {"type": "apiKey", "in": "query", "name": "timestamp"},
    "PartnerSignature": {"type": "apiKey", "in": "header", "name": "Signature"},
}
_USER_PARAMETERS = (
    ("userId", "The user, as the partner named it when it was registered.", "snaptrade-user-123"),
    ("userSecret", "The user's secret, from its registration.", "adf2aa34-8219-40f7-a6b3-60156985cc61"),
)
_REQUIRED_BY_CONTRACT = {CancelOrderResponse.__name__: ["brokerage_order_id"]}
"""Where the published contract requires less than nostro always sends."""

_FIELDS: dict[str, Json] = {
    "accountId": {
        "description": "The connected account, by the id that nostro lists it under.",
        "example": "917c8734-8470-4a3e-a18f-57c3f2ee6631",
    },
    "brokerage_order_id": {
        "description": "The order, by the id that its brokerage gave it.",
        "example": "66a033fa-da74-4fcf-b527-feefdec9257e",
    },
    "raw_response": {
        "description": "The brokerage's own reply, secrets hidden; null where there was none.",
        "example": {"order_id": "1234567890", "status": "CANCELLED"},
    },
    "default_detail": {"example": "Unable to verify data sent"},
    "default_code": {"example": 1076},
}
"""What is said of a field wherever it stands; the examples are the published contract's."""

_UUIDS = frozenset({"accountId", "authorizationId", "connectionId", "tradeId", "cancelId"})


def operation_for(operations: tuple[Operation, ...]) -> Operation:
    """Make the operation that serves the document of `operations`."""
    encoded = msgspec.json.encode(document(operations))

    async def get_document(_call: Call) -> Answer:
        return Answer(body=encoded)

    return Operation(
        method="GET",
        path="/openapi.json",
        id="Reference_getOpenApi",
        summary="This API as an OpenAPI document",
        handler=get_document,
        who=Who.ANYONE,
        is_hidden=True,
    )


def document(operations: Iterable[Operation]) -> Json:
    """Describe all operations that are not hidden."""
    shown = [each for each in operations if not each.is_hidden]
    forms = _schemas([each.form for each in shown if each.form is not None], decimal=_DECIMAL_IN)
    answers = _schemas(
        [*(each.answer for each in shown if each.answer is not None), ErrorBody], decimal=_DECIMAL_OUT
    )
    paths: Json = {}
    for operation in shown:
        path = re.sub(r"\+}", "}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, forms, answers)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "nostro",
            "version": __version__,
            "description": "A self-hosted brokerage gateway that speaks SnapTrade's API.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": "/"}, {"url": "/api/v1"}],
        "paths": paths,
        "components": {"schemas": {**forms.named, **answers.named}, "securitySchemes": _SECURITY},
    }


class _Schemas(msgspec.Struct):
    by_type: dict[str, Json]
    named: dict[str, Json]

    def of(self, type_: Any) -> Json:
        """Give the schema of a body, written out at its top level."""
        schema = self.by_type[repr(type_)]
        if "$ref" in schema:
            return self.named[schema["$ref"].rsplit("/", 1)[1]]
        return schema


_DECIMAL_IN: Json = {"oneOf": [{"type": "number"}, {"type": "string"}]}
_DECIMAL_OUT: Json = {"type": "number"}


def _schemas(types: list[Any], *, decimal: Json) -> _Schemas:
    schemas, named = msgspec.json.schema_components(types, schema_hook=_any_value, ref_template=_REF)
    plain = {name: _to_openapi(schema, decimal) for name, schema in named.items()}
    for name, required in _REQUIRED_BY_CONTRACT.items():
        if name in plain:
            plain[name]["required"] = required
    by_type = {
        repr(type_): _to_openapi(schema, decimal) for type_, schema in zip(types, schemas, strict=True)
    }
    return _Schemas(by_type, plain)


def _any_value(type_: type) -> Json:
    """Describe what a brokerage's own words may be: anything."""
    if type_ is not object:
        raise TypeError(f"no schema is known for {type_}")
    return {"description": "Any JSON value."}


def _to_openapi(schema: Any, decimal: Json) -> Any:
    """Turn JSON Schema 2020 into OpenAPI 3.0: `nullable` for a `null` type, a one-valued enum for `const`."""
    if isinstance(schema, list):
        return [_to_openapi(each, decimal) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return dict(decimal)
    if schema == {"type": "null"}:
        return {"type": "object", "nullable": True}
    options = schema.get("anyOf")
    if options is not None and {"type": "null"} in options:
        return _nullable([each for each in options if each != {"type": "null"}], schema, decimal)
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    plain = {
        key: {name: _to_openapi(each, decimal) | _FIELDS.get(name, {}) for name, each in value.items()}
        if key == "properties"
        else _to_openapi(value, decimal)
        for key, value in schema.items()
        if key not in ("title", "const", "default")
    }
    if "const" in schema:
        plain["enum"] = [schema["const"]]
    return plain


def _nullable(options: list[Json], schema: Json, decimal: Json) -> Json:
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    if len(options) == 1:
        inner = _to_openapi({**options[0], **rest}, decimal)
        if "$ref" in inner:
            return {"allOf": [inner], "nullable": True}
        return {**inner, "nullable": True}
    return {"oneOf": [_to_openapi(each, decimal) for each in options], **rest, "nullable": True}


def _operation(operation: Operation, forms: _Schemas, answers: _Schemas) -> Json:
    described: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation, answers),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.who in (Who.USER, Who.PARTNER):
        described["security"] = [{name: [] for name in _SECURITY}]
    if operation.form is not None:
        schema = forms.of(operation.form)
        described["requestBody"] = {
            "required": not operation.is_form_optional,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _parameters(operation: Operation) -> list[Json]:
    parameters: list[Json] = []
    if operation.who is Who.USER:
        for name, description, example in _USER_PARAMETERS:
            parameters.append(_parameter("query", name, description, {"type": "string", "example": example}))
    for name in re.findall(r"{(\w+)\+?}", operation.path):
        schema: Json = {"type": "string"}
        if name in _UUIDS:
            schema["format"] = "uuid"
        about = _FIELDS.get(name, {})
        schema |= {key: value for key, value in about.items() if key == "example"}
        parameters.append(_parameter("path", name, about.get("description", ""), schema))
    parameters.extend(
        _parameter("query", each.name, each.description, dict(each.schema), is_required=each.is_required)
        for each in operation.query
    )
    return parameters


def _parameter(where: str, name: str, description: str, schema: Json, *, is_required: bool = True) -> Json:
    parameter: Json = {"in": where, "name": name, "required": is_required, "schema": schema}
    if description:
        schema["description"] = description
    return parameter


def _responses(operation: Operation, answers: _Schemas) -> Json:
    success: Json = {"description": "OK"}
    if operation.answer is not None:
        schema = answers.of(operation.answer)
        success["content"] = {"application/json": {"schema": schema}}
    error = {"application/json": {"schema": {"$ref": _REF.format(name=ErrorBody.__name__)}}}
    return {str(operation.success_status): success} | {
        status: {"description": description, "content": error}
        for status, description in _ANSWERS_FOR_ALL.items()
    }
