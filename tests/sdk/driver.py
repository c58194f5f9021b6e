"""Drives one installed SnapTrade Python SDK, of any generation, from JSON lines.

Runs alone, with the SDK's folder on PYTHONPATH. One line in:

    {"id": 1, "call": "trading.cancel_order", "kwargs": {...}}

one line out, for answers and API exceptions alike:

    {"id": 1, "status": 200, "body": ..., "headers": {...}, "model_error": null}

`model_error` says why the SDK's own response model does not accept the body; null where it does, or where the
SDK has no model for that status. The call `model` only checks `kwargs.body` against the SDK's model named
`kwargs.name` (a module of `snaptrade_client.model`); the call `has` says in `body` whether there is an API
method `kwargs.name`. Their status is null.
"""

import argparse
import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
snaptrade_client: Any = importlib.import_module("snaptrade_client")
ApiException: type[Exception] = importlib.import_module("snaptrade_client.exceptions").ApiException


def connect(args: argparse.Namespace) -> Any:
    if not hasattr(snaptrade_client, "SnapTradeAuth"):
        return snaptrade_client.SnapTrade(
            client_id=args.client_id, consumer_key=args.consumer_key, host=args.base_url
        )
    modes = snaptrade_client.SnapTradeAuth
    mode = modes.personal_api_key if args.auth == "personal" else modes.commercial_api_key
    auth = mode(client_id=args.client_id, consumer_key=args.consumer_key)
    return snaptrade_client.SnapTrade(auth=auth, host=args.base_url)


def plain(body: Any) -> Any:
    """Take an empty body, which the SDK gives as a marker of its own, for None."""
    return body if isinstance(body, dict | list | str | int | float | bool | None) else None


def call(client: Any, name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    group, method_name = name.split(".")
    api = getattr(client, group)
    answer: Any
    try:
        answer = getattr(api, method_name)(**kwargs)
    except ApiException as error:
        answer = error
    body = plain(answer.body)
    headers = {key.lower(): value for key, value in (answer.headers or {}).items()}
    model_error = response_error(api, method_name, answer.status, body)
    return {"status": answer.status, "body": body, "headers": headers, "model_error": model_error}


def response_error(group: Any, method_name: str, status: int, body: Any) -> str | None:
    # The public method of a deprecated operation is wrapped and hides its module; the one behind it does not.
    module = getattr(group, f"_{method_name}_oapg").__func__.__module__
    response = sys.modules[module]._status_code_to_response.get(str(status))
    if response is None or not response.content:
        return None
    return schema_error(response.content["application/json"].schema, body)


def schema_error(schema: Any, body: Any) -> str | None:
    try:
        schema.from_openapi_data_oapg(body)
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is the finding
        return f"{type(error).__name__}: {error}"
    return None


def check_model(name: str, body: Any) -> dict[str, Any]:
    module = importlib.import_module(f"snaptrade_client.model.{name}")
    class_name = name.replace("_", "").lower()
    schema = next(value for key, value in vars(module).items() if key.lower() == class_name)
    return {"status": None, "body": None, "headers": {}, "model_error": schema_error(schema, body)}


def answer_line(client: Any, line: str) -> dict[str, Any]:
    request = json.loads(line)
    kwargs = request["kwargs"]
    reply: dict[str, Any]
    try:
        if request["call"] == "has":
            group, method_name = kwargs["name"].split(".")
            known = hasattr(getattr(client, group, None), method_name)
            reply = {"status": None, "body": known, "headers": {}, "model_error": None}
        elif request["call"] == "model":
            reply = check_model(kwargs["name"], kwargs["body"])
        else:
            reply = call(client, request["call"], kwargs)
    except Exception as error:  # noqa: BLE001 - a line in is a line out
        reply = {
            "status": None,
            "body": None,
            "headers": {},
            "driver_error": f"{type(error).__name__}: {error}",
        }
    return {"id": request["id"], **reply}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--consumer-key", required=True)
    parser.add_argument("--auth", choices=("commercial", "personal"), default="commercial")
    client = connect(parser.parse_args())
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer_line(client, line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
