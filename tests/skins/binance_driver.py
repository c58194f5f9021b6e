"""Drives ccxt's binance, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"call": "create_order", "args": ["BTC/USD", "limit", "buy", 1, 50000], "params": {"timeInForce": "GTC"}}

Each line is answered with one: `body` is what ccxt returned; or `error` is the name of what it raised, and
`text` what that says.
"""

import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
ccxt: Any = importlib.import_module("ccxt")


def connect(url: str, key: str, secret: str) -> Any:
    """Make a client of the spot API alone; it has no other address."""
    options = {
        "fetchMarkets": {"types": ["spot"]},
        "fetchMargins": False,
        "fetchCurrencies": False,
        "fetchOpenOrders": {"warnWithoutSymbol": False},
    }
    client = ccxt.binance({"apiKey": key, "secret": secret, "enableRateLimit": False, "options": options})
    client.urls["api"] = {"public": f"{url}/api/v3", "private": f"{url}/api/v3"}
    return client


def answer(client: Any, line: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"body": getattr(client, line["call"])(*line["args"], params=line["params"])}
    except ccxt.BaseError as error:
        return {"error": type(error).__name__, "text": str(error)}


def main(url: str, key: str, secret: str) -> None:
    client = connect(url, key, secret)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(client, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
