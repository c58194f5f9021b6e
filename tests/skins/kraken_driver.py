"""Drives ccxt's Kraken, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"call": "create_order", "args": ["BTC/USD", "limit", "buy", 0.1, 50000], "other": null}

A call is one of ccxt's methods, unified or implicit. Each line is answered with one: `body` is what ccxt made
of the reply, or `error` names the exception that it raised and says its words. `other` settings make another
client, which asks once; null: the usual one asks.
"""

import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
ccxt: Any = importlib.import_module("ccxt")
BaseError: type[Exception] = ccxt.BaseError


def client(url: str, settings: dict[str, Any]) -> Any:
    kraken = ccxt.kraken({"enableRateLimit": False, **settings})
    kraken.urls["api"] = {"public": url, "private": url}
    return kraken


def answer(kraken: Any, line: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"body": getattr(kraken, line["call"])(*line["args"])}
    except BaseError as error:
        return {"error": {"kind": type(error).__name__, "words": str(error)}}


def main(url: str, key: str, secret: str) -> None:
    settings = {"apiKey": key, "secret": secret}
    usual = client(url, settings)
    for text in sys.stdin:
        line = json.loads(text)
        kraken = client(url, settings | line["other"]) if line["other"] else usual
        sys.stdout.write(json.dumps(answer(kraken, line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
