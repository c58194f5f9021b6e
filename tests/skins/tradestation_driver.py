"""Drives tradestation-api-python, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"part": "brokerage", "call": "get_orders", "args": ["SIM1234567M"], "more": {}}

`part` is one of the package's services, or `http`, its client below them, which sends what the services have
no form for. An argument that is an object becomes the package's model that `model` names. Each line is
answered with one: `read` is what the package read, as its model has it, or `error` what it raised, in its
`words`, with `status` and `said`, the brokerage's.
"""

import asyncio
import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
package: Any = importlib.import_module("tradestation")
models: Any = importlib.import_module("tradestation.ts_types.order_execution")
problems: Any = importlib.import_module("tradestation.utils.exceptions")


def connect(url: str, client_id: str, client_secret: str, refresh_token: str) -> Any:
    """Make the package's client, led to `url` where it has fixed addresses."""
    client = package.TradeStationClient(
        {"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token},
        environment="Simulation",
    )
    client.http_client.base_url = url
    client.http_client.token_manager._TOKEN_URL = f"{url}/oauth/token"
    return client


def value_of(argument: Any) -> Any:
    if isinstance(argument, dict) and "model" in argument:
        return getattr(models, argument["model"])(**argument["fields"])
    return argument


def plain(read: Any) -> Any:
    if isinstance(read, list):
        return [plain(each) for each in read]
    return read if isinstance(read, dict) else read.model_dump(mode="json", exclude_none=True)


async def answer(client: Any, line: dict[str, Any]) -> dict[str, Any]:
    part = client.http_client if line["part"] == "http" else getattr(client, line["part"])
    try:
        read = await getattr(part, line["call"])(*map(value_of, line["args"]), **line["more"])
    except problems.TradeStationAPIError as error:
        shown = {"status": error.status_code, "said": error.response, "words": str(error)}
        return {"error": type(error).__name__, **shown}
    return {"read": plain(read)}


async def main(*credentials: str) -> None:
    client = connect(*credentials)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(await answer(client, json.loads(line))) + "\n")
        sys.stdout.flush()
    await client.http_client.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
