"""Drives schwab-py, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"call": "get_order", "args": [7, "hash"], "more": {"fields": "positions"}}

An argument that is an object names one of the package's order templates and its arguments, as in
`{"template": "equity_buy_limit", "args": ["AAPL", 1, "50"], "more": {"duration": "GOOD_TILL_CANCEL"}}`, where
`more` replaces what it says. Each line is answered with one: `status` and `body` are the brokerage's, and
`order_id` what the package reads in the answer to a new order; or `error` is what the package raised.
"""

import importlib
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

# By name, because type checkers and editors of this project have no such package.
auth: Any = importlib.import_module("schwab.auth")
oauth: Any = importlib.import_module("authlib.integrations.base_client.errors")
equities: Any = importlib.import_module("schwab.orders.equities")
options: Any = importlib.import_module("schwab.orders.options")
package_utils: Any = importlib.import_module("schwab.utils")


def connect(url: str, key: str, secret: str, refresh_token: str) -> Any:
    """Make the package's client; whom it thinks it speaks to stays its own matter."""
    token = {"access_token": "none", "refresh_token": refresh_token, "expires_at": 1, "token_type": "Bearer"}
    client = auth.client_from_access_functions(
        key,
        secret,
        lambda: {"creation_timestamp": int(time.time()), "token": token},
        lambda *_token, **_more: None,
        enforce_enums=False,
    )
    address = urlsplit(url)

    def lead(request: Any) -> None:
        request.url = request.url.copy_with(scheme="http", host=address.hostname, port=address.port)

    client.session.event_hooks = {"request": [lead]}
    return client


def value_of(argument: Any) -> Any:
    if not isinstance(argument, dict):
        return argument
    module = equities if argument["template"].startswith("equity") else options
    order = getattr(module, argument["template"])(*argument["args"]).build()
    return order | argument.get("more", {})


def answer(client: Any, line: dict[str, Any]) -> dict[str, Any]:
    args = [value_of(argument) for argument in line["args"]]
    try:
        response = getattr(client, line["call"])(*args, **line["more"])
    except (oauth.OAuthError, ValueError) as error:
        return {"error": str(error)}
    is_json = bool(response.content)
    found = {"status": response.status_code, "body": response.json() if is_json else ""}
    if line["call"] in ("place_order", "replace_order") and not response.is_error:
        found["order_id"] = package_utils.Utils(client, args[0]).extract_order_id(response)
    return found


def main(*credentials: str) -> None:
    client = connect(*credentials)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(client, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
