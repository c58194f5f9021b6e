"""Run with ccxt on the path: asks it for requests, and for what it makes of orders. Prints one JSON list."""

import importlib
import json
import sys
from typing import Any

ccxt = importlib.import_module("ccxt")


def _exchange(question: dict[str, Any]) -> Any:
    exchange = ccxt.coinbase({"apiKey": question["key_name"], "secret": question["private_key"]})
    exchange.seconds = lambda: question["now_s"]
    exchange.set_markets(
        [
            {
                "id": "BTC-USD",
                "symbol": "BTC/USD",
                "base": "BTC",
                "quote": "USD",
                "type": "spot",
                "spot": True,
                "precision": {"amount": 1e-8, "price": 1e-2},
                "limits": {},
            }
        ]
    )
    return exchange


def _request(exchange: Any, call: list[Any]) -> dict[str, Any]:
    """Let ccxt make a call; instead of being sent, the request is returned."""
    made: dict[str, Any] = {}

    def fetch(url: str, method: str, headers: dict[str, str], body: str | None) -> dict[str, Any]:
        made.update(url=url, method=method, token=headers["Authorization"], body=body)
        return {"success": True, "success_response": {}, "results": [{"success": True}], "order": {}}

    exchange.fetch = fetch
    name, *arguments = call
    getattr(exchange, name)(*arguments)
    return made


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    exchange = _exchange(question)
    if "call" in question:
        return _request(exchange, question["call"])
    order: dict[str, Any] = exchange.parse_order(question["order"])
    return {name: order[name] for name in question["names"]}


print(json.dumps([_answer(question) for question in json.load(sys.stdin)]))  # noqa: T201 - its answer
