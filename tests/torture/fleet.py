"""Real servers on one database, one brokerage that outlives them all, and a partner who listens."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import string
import subprocess
import time
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg  # type: ignore[import-untyped]  # it has no annotations

from tests.server.portal import connect_paper_account
from tests.server.world import NOSTRO, Identity, Reply, Server, eventually, send
from tests.webhooks.receiver import Receiver

ORDER = {
    "action": "BUY",
    "symbol": "AAPL",
    "order_type": "Limit",
    "time_in_force": "GTC",
    "price": 1,
}
"""It rests: nobody sells so cheaply."""

CONTROL_TIMEOUT_S = 30.0
READY_WITHIN_S = 10.0

Ask = Callable[..., list[tuple[Any, ...]]]
"""Run one statement, `?` for each value, on the servers' database, past the servers; return its rows."""


class Fact(NamedTuple):
    """One line of the brokerage's own log about one order; `at` counts seconds since 1970."""

    at: float
    event: str
    operation: str
    status: str | None
    filled: Decimal
    fault: str | None


@dataclass(slots=True, kw_only=True)
class Fleet:
    brokerage: Server
    servers: list[Server]
    ask: Ask
    is_postgres: bool
    key: Identity
    user: Identity
    account: str
    receiver: Receiver
    secrets: Mapping[str, bytes]
    """What nobody may find anywhere, by what it is (see `canary.py`)."""
    begun_at: float
    """When there was none of them yet, in seconds since 1970."""
    data: Path
    """The servers' folder."""
    logs: Sequence[Path]
    """Where their standard error goes."""
    armed: Server | None = None
    """The one that dies at a point yet to be reached. Nobody asks it for anything but in a trial."""
    replies: list[str] = field(default_factory=list)
    """Everything that callers were told, but for answers that hand a secret to its owner."""
    _facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    _seq: int = 0

    def place(self, units: int) -> str:
        terms = ORDER | {"account_id": self.account, "units": units}
        reply = self.servers[0].call("POST", "/trade/place", terms, identity=self.user)
        assert reply.status == 200, reply.body
        order_id: str = reply.body["brokerage_order_id"]
        return order_id

    def cancel(self, server: Server, order_id: str, *, wait_s: int | None, timeout_s: float) -> Reply:
        headers = {} if wait_s is None else {"Prefer": f"wait={wait_s}"}
        reply = server.cancel(
            order_id, account=self.account, identity=self.user, headers=headers, timeout_s=timeout_s
        )
        self.replies.append(json.dumps(reply.body))
        return reply

    def receipt(self, server: Server, cancel_id: str) -> Any:
        receipt = server.receipt(cancel_id, identity=self.user)
        self.replies.append(json.dumps(receipt))
        return receipt

    def fault(self, operation: str, kind: str, **terms: object) -> None:
        reply = self.brokerage.control("POST", "/faults", {"operation": operation, "kind": kind, **terms})
        assert reply.status == 200, reply.body

    def faults_left(self, order_id: str, kind: str) -> int:
        """Say how often a cancel fault of this kind has still to happen to the order."""
        reply = self.brokerage.control("GET", "/faults")
        return sum(
            each["times"]
            for each in reply.body
            if (each["order_id"], each["kind"], each["operation"]) == (order_id, kind, "cancel")
        )

    def facts(self, order_id: str) -> list[Fact]:
        """Read what the brokerage wrote down about the order, oldest first."""
        target = f"/sandbox/truth?after_seq={self._seq}"
        reply = send(self.brokerage.url, "GET", target, None, {}, CONTROL_TIMEOUT_S)
        for entry in reply.body:
            self._seq = entry["seq"]
            self._facts[entry["brokerage_order_id"]].append(
                Fact(
                    datetime.fromisoformat(entry["at"]).timestamp(),
                    entry["event"],
                    entry["operation"],
                    entry["status"],
                    Decimal(str(entry["detail"].get("filled_quantity", 0))),
                    entry["detail"].get("fault"),
                )
            )
        return self._facts[order_id]

    def restart(self, dead: Sequence[Server], point: str = "") -> None:
        """Start servers again, all at once; with a `point` the first of them is to die there."""
        points = [point, *("" for _ in dead[1:])]
        with ThreadPoolExecutor(len(dead)) as pool:
            list(pool.map(lambda server, at: server.start("serve", NOSTRO_CRASH_AT=at), dead, points))
        if point:
            self.armed = dead[0]

    def calm(self) -> list[Server]:
        """List those that will not die by themselves."""
        return [server for server in self.servers if server is not self.armed]

    def until_ready(self) -> None:
        """Wait until every server wants requests."""
        for server in self.servers:
            eventually(partial(_is_ready, server), bool, READY_WITHIN_S)


def _is_ready(server: Server) -> bool:
    return send(server.url, "GET", "/readyz", None, {}, CONTROL_TIMEOUT_S).status == 200


@contextmanager
def open_fleet(
    folder: Path, size: int, *, seed: int, database_url: str = "", source: Path | None = None
) -> Iterator[Fleet]:
    """Start `size` servers in the folder; `source` is a mutant's (`mutant.py`), else they run our own."""
    data = folder / "servers"
    dice = random.Random(f"{seed} secrets")  # noqa: S311 - planted, to be searched for
    letters, begun_at = string.ascii_letters + string.digits, time.time()
    api_key, password = ("".join(dice.choices(letters, k=32)) for _ in range(2))
    environment = {"NOSTRO_WEBHOOK_ALLOW": "127.0.0.1"}
    if database_url:
        # This PostgreSQL asks for no password; the URL carries one all the same, to be searched for.
        database_url = database_url.replace("postgres@", f"postgres:{password}@")
        environment["NOSTRO_DATABASE_URL"] = database_url
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        brokerage = Server(folder / "brokerage").start("simbroker")
        stack.callback(brokerage.stop, signal.SIGKILL)
        made = json.loads(_command(data, environment, "keys", "create", "--json"))
        hook = _command(data, environment, "webhooks", "set", made["client_id"], receiver.url, "--json")
        environment["NOSTRO_PAPER_URL"] = brokerage.url
        if source is not None:
            environment["PYTHONPATH"] = str(source)
        servers = [Server(data, **environment) for _ in range(size)]
        for number, server in enumerate(servers):
            server.log = folder / f"server-{number}.log"
            stack.callback(server.stop, signal.SIGKILL)
        with ThreadPoolExecutor(size) as pool:
            list(pool.map(lambda server: server.start("serve"), servers))
        key = Identity(made["client_id"], made["consumer_key"], None, None)
        registered = servers[0].call("POST", "/snapTrade/registerUser", {"userId": "tortured"}, identity=key)
        user = Identity(key.client_id, key.consumer_key, "tortured", registered.body["userSecret"])
        webhook_secret = json.loads(hook)["secret"]
        ring = json.loads((data / "keys.json").read_text())
        secrets = {
            "the consumer key": key.consumer_key,
            "the user's secret": registered.body["userSecret"],
            "the brokerage's key": api_key,
            "the webhook's secret": webhook_secret,
            "the database's password": password,
        }
        in_bytes = {
            "the webhook's secret, decoded": b64decode(webhook_secret.removeprefix("whsec_")),
            **{f"key {name} of the ring": b64decode(text) for name, text in ring["keys"].items()},
        }
        yield Fleet(
            brokerage=brokerage,
            servers=servers,
            ask=_ask_postgres(database_url) if database_url else _ask_sqlite(data / "nostro.db"),
            is_postgres=bool(database_url),
            key=key,
            user=user,
            account=connect_paper_account(servers[0], user, api_key=f"open-{api_key}"),
            receiver=receiver,
            secrets={name: text.encode() for name, text in secrets.items()} | in_bytes,
            begun_at=begun_at,
            data=data,
            logs=[folder / f"server-{number}.log" for number in range(size)],
        )


def _command(data: Path, environment: Mapping[str, str], *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NOSTRO_")}
    done = subprocess.run(
        [*NOSTRO, *arguments, "--data", str(data)],
        env=env | dict(environment),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def _ask_sqlite(path: Path) -> Ask:
    def ask(statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(path, timeout=30)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    return ask


def _ask_postgres(url: str) -> Ask:
    async def fetch(statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    def ask(statement: str, *values: object) -> list[tuple[Any, ...]]:
        first, *rest = statement.split("?")
        numbered = first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
        return asyncio.run(fetch(numbered, *values))

    return ask
