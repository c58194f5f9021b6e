"""Drives lumiwealth-tradier, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"part": "orders", "call": "order", "args": {"symbol": "AAPL", ...}}

Among `args`, `legs` holds the fields of each OrderLeg. Each line is answered with one: `body` is what the
package returned, a table as a list of its rows; or `error` is what it raised.
"""

import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
base: Any = importlib.import_module("lumiwealth_tradier.base")
orders: Any = importlib.import_module("lumiwealth_tradier.orders")
tradier: Any = importlib.import_module("lumiwealth_tradier")


def answer(client: Any, line: dict[str, Any]) -> dict[str, Any]:
    args = dict(line["args"])
    if "legs" in args:
        args["legs"] = [orders.OrderLeg(**leg) for leg in args["legs"]]
    try:
        found: Any = getattr(getattr(client, line["part"]), line["call"])(**args)
    except base.TradierApiError as error:
        return {"error": str(error)}
    is_table = hasattr(found, "to_json")
    return {"body": json.loads(found.to_json(orient="records")) if is_table else found}


def main(url: str, account: str, token: str) -> None:
    base.TRADIER_SANDBOX_URL = url  # the package has no other way to be given one
    client = tradier.Tradier(account, token)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(client, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
