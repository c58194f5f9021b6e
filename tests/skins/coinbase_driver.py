"""Drives ccxt's coinbase, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"call": "create_order", "args": ["BTC/USD", "limit", "buy", 1, 50]}

Each line is answered with one: `body` is what ccxt made of the reply; or `error` is the class of what it
raised, and `message` its text, which holds the reply's body.
"""

import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
ccxt: Any = importlib.import_module("ccxt")


def connect(url: str, key_name: str, private_key: str) -> Any:
    client: Any = ccxt.coinbase({"apiKey": key_name, "secret": private_key, "enableRateLimit": False})
    client.urls["api"] = {"rest": url}
    client.has["fetchCurrencies"] = False  # of another API of Coinbase's
    client.options["fetchBalance"] = "v3PrivateGetBrokerageAccounts"
    client.options["usePrivate"] = True  # products with a key; without one only Coinbase answers
    sign = client.create_auth_token

    def sign_for_host(seconds: int, method: str, address: str, eddsa: bool) -> str:
        # ccxt makes the uri claim by taking `https://` away; the simulator speaks plain HTTP.
        token: str = sign(seconds, method, address.replace("http://", "https://", 1), eddsa)
        return token

    client.create_auth_token = sign_for_host
    return client


def answer(client: Any, line: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"body": getattr(client, line["call"])(*line["args"])}
    except ccxt.BaseError as error:
        return {"error": type(error).__name__, "message": str(error)}


def main(url: str, key_name: str, private_key: str) -> None:
    client = connect(url, key_name, private_key)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(client, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
