"""The snippets of SnapTrade's "Cancel order" page, with the server's address added, cancel a real order."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sdk.harness import Installed
from tests.sdk.which import OLDEST, but, only

from .world import ORDER, Server

SNIPPETS = Path(__file__).parent / "snippets"


def run_snippet(installed: Installed, url: str, tmp_path: Path) -> str:
    suffix = ".py" if installed.language == "python" else ".mjs"
    name = ("cancel_with_auth" if installed.has_auth_modes else "cancel") + suffix
    script = tmp_path / name
    script.write_text((SNIPPETS / name).read_text().replace("@URL@", url))
    env = dict(os.environ)
    if installed.language == "python":
        env["PYTHONPATH"] = str(installed.folder)
        command = [sys.executable, str(script)]
    else:
        (tmp_path / "node_modules").symlink_to(installed.folder / "node_modules")
        command = [shutil.which("node") or "node", str(script)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@only(*but(OLDEST))  # which is older than the page; test_sdks.py runs its own generation of cancel
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_the_snippet_cancels_the_order(
    sandbox: Server, any_sdk: Installed, prefix: str, tmp_path: Path
) -> None:
    printed = run_snippet(any_sdk, sandbox.url + prefix, tmp_path)
    assert ORDER in printed
    assert "CANCELED" in printed
    assert sandbox.true_status(ORDER) == "canceled"
    assert sandbox.cancels_received(ORDER) == 1
