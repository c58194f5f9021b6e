"""alpaca-py, called from a test. It shares no code with the face that it is tried against."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

KEY, SECRET = "open-oracle", "secret"


class Refusal(NamedTuple):
    status: int
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Alpaca:
    process: "subprocess.Popen[str]"

    def ask(self, call: str, *args: object, form: tuple[str, dict[str, Any]] | None = None) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"call": call, "args": args, "form": form}) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"the SDK's process ended during {call}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def call(self, call: str, *args: object, form: tuple[str, dict[str, Any]] | None = None) -> Any:
        """Return what the SDK's models made of the reply."""
        answer = self.ask(call, *args, form=form)
        assert "body" in answer, answer
        return answer["body"]

    def refused(self, call: str, *args: object, form: tuple[str, dict[str, Any]] | None = None) -> Refusal:
        """Return the error that the SDK raised."""
        return Refusal(**self.ask(call, *args, form=form)["error"])

    def place(self, form: str, **fields: Any) -> Any:
        return self.call("submit_order", form=(form, fields))


@contextlib.contextmanager
def running(folder: Path, url: str, key: str = KEY) -> Iterator[Alpaca]:
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    driver = Path(__file__).parent / "alpaca_driver.py"
    process = subprocess.Popen(
        [sys.executable, str(driver), url, key, SECRET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**env, "PYTHONPATH": str(folder)},
        text=True,
    )
    with process:
        yield Alpaca(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=10)
