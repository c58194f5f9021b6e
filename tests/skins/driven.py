"""A vendor's own client, in a process and an environment of its own, that answers a question a line."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENDS_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Driven:
    process: "subprocess.Popen[str]"

    def ask(self, **question: object) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"the client's process ended during {question}"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def driven(driver: str, folder: Path, *arguments: str) -> Iterator[Driven]:
    """Run the program `driver` of this folder, with what is installed in `folder`."""
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name(driver)), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**env, "PYTHONPATH": str(folder)},
        text=True,
    )
    with process:
        yield Driven(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=ENDS_WITHIN_S)
