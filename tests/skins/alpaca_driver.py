"""Drives alpaca-py, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"call": "submit_order", "args": [], "form": ["LimitOrderRequest", {...}]}

`args` go first, then a request object made of `form`, or none. Each line is answered with one: `body` is what
the SDK's models made of the reply, spelled as JSON; or `error` holds `status`, `code` and `message`; or
`unreadable` says why a model takes no such request or reply.
"""

import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
client_module: Any = importlib.import_module("alpaca.trading.client")
requests: Any = importlib.import_module("alpaca.trading.requests")
APIError: type[Exception] = importlib.import_module("alpaca.common.exceptions").APIError


def build(value: Any) -> Any:
    """Make request objects of all pairs of a name and fields, however deep they stand."""
    match value:
        case [str(name), dict(fields)]:
            return getattr(requests, name)(**{field: build(inner) for field, inner in fields.items()})
        case list():
            return [build(inner) for inner in value]
    return value


def answer(client: Any, line: dict[str, Any]) -> dict[str, Any]:
    args = list(line["args"])
    try:
        if line["form"] is not None:
            args.append(build(line["form"]))
        found: Any = getattr(client, line["call"])(*args)
    except ValueError as error:
        return {"unreadable": str(error)}
    except APIError as raised:
        refusal: Any = raised
        return {"error": {"status": refusal.status_code, "code": refusal.code, "message": refusal.message}}
    rows = found if isinstance(found, list) else [found]
    spelled = [None if row is None else row.model_dump(mode="json") for row in rows]
    return {"body": spelled if isinstance(found, list) else spelled[0]}


def main(url: str, key: str, secret: str) -> None:
    client = client_module.TradingClient(key, secret, url_override=url)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(client, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
