"""Drives the tastytrade package, in a process of its own with its folder on PYTHONPATH, from JSON lines.

    {"call": "get_order", "args": [7]}

names a method of the package's `Account`. An argument that is an object with `class` names one of the
package's classes of orders, or a word of one, and its fields. Each line is answered with one: `read` is what
the package made of the answer, `raw` and `status` what came, or `error` what the package raised.

The package knows only the hosts of tastytrade, as constants of its `session` module; they are set here to the
one that is meant.
"""

import asyncio
import importlib
import json
import sys
from typing import Any

# By name, because type checkers and editors of this project have no such package.
package_session: Any = importlib.import_module("tastytrade.session")
package_account: Any = importlib.import_module("tastytrade.account")
package_order: Any = importlib.import_module("tastytrade.order")
package_utils: Any = importlib.import_module("tastytrade.utils")


def value_of(argument: Any) -> Any:
    if isinstance(argument, list):
        return [value_of(each) for each in argument]
    if not isinstance(argument, dict):
        return argument
    fields = {name: value_of(each) for name, each in argument.items() if name != "class"}
    return getattr(package_order, argument["class"])(**fields)


def shown(found: Any) -> Any:
    if isinstance(found, list):
        return [shown(each) for each in found]
    return None if found is None else found.model_dump(mode="python")


async def answer(session: Any, line: dict[str, Any]) -> dict[str, Any]:
    came: list[Any] = []

    async def keep(response: Any) -> None:
        await response.aread()
        came.append(response)

    session._client.event_hooks = {"response": [keep]}
    args = [value_of(argument) for argument in line["args"]]
    more = {name: value_of(each) for name, each in line["more"].items()}
    try:
        if line["call"] == "accounts":
            found = await package_account.Account.get(session, *args)
        else:
            [account] = await package_account.Account.get(session)
            found = await getattr(account, line["call"])(session, *args, **more)
    except package_utils.TastytradeError as error:
        return {"error": str(error), "status": came[-1].status_code, "raw": came[-1].json()}
    return {"read": shown(found), "status": came[-1].status_code, "raw": came[-1].json()}


async def serve(url: str, secret: str, refresh_token: str) -> None:
    package_session.API_URL = url
    async with package_session.Session(secret, refresh_token) as session:
        for line in sys.stdin:
            said = await answer(session, json.loads(line))
            sys.stdout.write(json.dumps(said, default=str) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
