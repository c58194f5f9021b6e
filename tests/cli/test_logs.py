"""Every log line is one JSON object, whoever wrote it, and shows no local variables."""

import json
import subprocess
import sys

SCRIPT = """
import logging, structlog
from nostro.cli.logs import configure_logs
configure_logs()
def fail(user_secret):
    raise ValueError("no")
for log in (structlog.get_logger(), logging.getLogger("uvicorn.error")):
    log.warning("a line")
    try:
        fail("CNRY-secret")
    except ValueError:
        log.exception("it failed")
"""


def test_all_lines_are_json_without_local_variables() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["a line", "it failed"] * 2
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert "CNRY-secret" not in done.stderr
    assert "ValueError" in done.stderr
