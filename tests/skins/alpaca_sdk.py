"""alpaca-py, called from a test. It shares no code with the face that it is tried against."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from .driven import Driven, driven

KEY, SECRET = "open-oracle", "secret"


class Refusal(NamedTuple):
    status: int
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Alpaca:
    sdk: Driven

    def ask(self, call: str, *args: object, form: tuple[str, dict[str, Any]] | None = None) -> dict[str, Any]:
        return self.sdk.ask(call=call, args=args, form=form)

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
    with driven("alpaca_driver.py", folder, url, key, SECRET) as sdk:
        yield Alpaca(sdk)
