"""One official SDK in a process of its own, and how to call it from a test."""

import json
import os
import selectors
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

_HERE = Path(__file__).parent
_REPLY_TIMEOUT_S = 60.0
"""The TypeScript SDK alone sleeps up to 15 s between the tries it makes after a 429."""

Auth = Literal["commercial", "personal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One SDK on disk."""

    language: Literal["python", "typescript"]
    version: str
    folder: Path
    """Python: goes on PYTHONPATH. TypeScript: holds `node_modules`."""

    @property
    def has_auth_modes(self) -> bool:
        """True where personal keys exist: since 12 in Python, 10 in TypeScript."""
        return int(self.version.split(".")[0]) >= (12 if self.language == "python" else 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkReply:
    status: int | None
    """None for what asks no server: `has` and `check_model`."""
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""
    model_error: str | None = None
    """Why the SDK's own model refuses the body; None where it takes it or has none."""


class DriverFailed(Exception):
    """The SDK raised something that is not an API error, such as a missing argument, or no connection."""


class Sdk:
    """A running SDK. Calls go one at a time; use it as a context manager."""

    def __init__(
        self,
        installed: Installed,
        base_url: str,
        client_id: str,
        consumer_key: str,
        *,
        auth: Auth = "commercial",
    ) -> None:
        if auth == "personal" and not installed.has_auth_modes:
            message = "this SDK is older than personal keys"
            raise ValueError(message)
        self.installed = installed
        self._calls = 0
        command, env = _command(installed, base_url, client_id, consumer_key, auth)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True, bufsize=1
        )

    def call(self, name: str, **kwargs: object) -> SdkReply:
        """Call `api_group.method` with Python's argument names, whichever language runs behind.

        Raises DriverFailed where the SDK did not get an HTTP answer.
        """
        return self._ask(name, kwargs)

    def has(self, name: str) -> bool:
        """Say whether this SDK has the method `api_group.method`."""
        return self._ask("has", {"name": name}).body is True

    def check_model(self, name: str, body: object) -> str | None:
        """Say why the model `name` (Python only, e.g. `account_order_record`) refuses `body`; None if not."""
        return self._ask("model", {"name": name, "body": body}).model_error

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, name: str, kwargs: dict[str, object]) -> SdkReply:
        self._calls += 1
        request = {"id": self._calls, "call": name, "kwargs": kwargs}
        if self._process.stdin is None or self._process.stdout is None:
            message = "the driver has no pipes"
            raise DriverFailed(message)
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(_REPLY_TIMEOUT_S):
                message = f"no reply to {name} within {_REPLY_TIMEOUT_S} s"
                raise DriverFailed(message)
        line = self._process.stdout.readline()
        if not line:
            message = f"the driver ended during {name} with code {self._process.poll()}"
            raise DriverFailed(message)
        reply = json.loads(line)
        if reply.pop("id") != self._calls:
            message = "the driver answered another call"
            raise DriverFailed(message)
        if "driver_error" in reply:
            raise DriverFailed(reply["driver_error"])
        return SdkReply(**reply)


def _command(
    installed: Installed, base_url: str, client_id: str, consumer_key: str, auth: Auth
) -> tuple[list[str], dict[str, str]]:
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    if installed.language == "typescript":
        script = [str(_HERE / "driver.mjs"), str(installed.folder), base_url, client_id, consumer_key, auth]
        return ["node", *script], env
    script = [str(_HERE / "driver.py"), "--base-url", base_url, "--client-id", client_id]
    script += ["--consumer-key", consumer_key, "--auth", auth]
    return [sys.executable, *script], {**env, "PYTHONPATH": str(installed.folder)}
