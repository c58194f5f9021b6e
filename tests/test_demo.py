"""The demo, as `make demo` runs it, and what it says of a server that lies."""

import http.client
import http.server
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .sdk.install import install_python
from .server.world import Server

DEMO = Path(__file__).parents[1] / "examples/demo.py"
Demo = runpy.run_path(str(DEMO))["Demo"]


def test_the_demo_shows_each_verdict_and_finds_every_answer_true() -> None:
    command = [sys.executable, str(DEMO), str(install_python("13").folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    verdicts = [
        "The SDK got: status CANCELED",
        "Too late",
        "CANCEL_PENDING",
        "UNKNOWN",
        "Every answer told the truth.",
    ]
    assert (done.returncode, [verdict for verdict in verdicts if verdict not in done.stdout]) == (0, []), done


def test_the_demo_without_an_sdk_says_what_it_needs(tmp_path: Path) -> None:
    command = [sys.executable, str(DEMO), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "SDK" in done.stderr) == (1, True)


@contextmanager
def liar(url: str, true: bytes, told: bytes) -> Iterator[str]:
    """Pass everything on to `url`, but tell `told` where the server's answer to a cancel says `true`."""
    parts = urlsplit(url)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
            connection.request(self.command, self.path, body or None, dict(self.headers))
            reply = connection.getresponse()
            answer = reply.read()
            connection.close()
            if "/trading/cancel?" in self.path:
                answer = answer.replace(true, told)
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Server]:
    with Server(None) as server:
        yield server


def test_a_server_that_calls_a_pending_cancel_done_is_found_out(sandbox: Server, tmp_path: Path) -> None:
    with liar(sandbox.url, b'"CANCEL_PENDING"', b'"CANCELED"') as url:
        demo = Demo(url, tmp_path)
        demo.cancel_that_is_only_accepted()
    assert demo.differences == ["the first answer: told canceled, but true pending_cancel"]


def test_a_server_that_invents_a_fill_is_found_out(sandbox: Server, tmp_path: Path) -> None:
    with liar(sandbox.url, b'"filled_quantity":"10"', b'"filled_quantity":"9"') as url:
        demo = Demo(url, tmp_path)
        demo.cancel_too_late()
    assert demo.differences == ["the quantity filled: told 9, but true 10"]
