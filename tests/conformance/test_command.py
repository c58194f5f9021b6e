"""`nostro conformance`, with the adapters that are installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from nostro.cli.main import app

ROOT = Path(__file__).parent.parent.parent


def conformance(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["conformance", *arguments])


def test_the_embedded_brokerage_ends_with_0_and_its_card() -> None:
    ended = conformance("paper")
    assert (ended.exit_code, ended.stdout.splitlines()[-1]) == (
        0,
        "nostro Paper: 70 passed, 0 failed, 0 skipped.",
    )


def test_json_is_all_that_scripts_are_given() -> None:
    document = json.loads(conformance("PAPER", "--json").stdout)
    assert (document["slug"], document["failed"], len(document["cases"])) == ("PAPER", 0, 70)


def test_an_unknown_brokerage_ends_with_2_and_what_there_is() -> None:
    ended = conformance("NOPE")
    assert ended.exit_code == 2
    assert "There is no brokerage NOPE to try. There are: " in ended.stderr
    assert "PAPER" in ended.stderr


def test_an_installed_adapter_that_lies_ends_with_1_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "liar.py").write_text(
        "from nostro.embedded import paper_over_http\n"
        "from tests.conformance.lies import LIES\n"
        "from tests.conformance.lying import lying\n"
        "lie = next(lie for lie in LIES if lie.what == 'a 500 is called a rejection')\n"
        "KINDS = (lying(paper_over_http(), lie),)\n"
    )
    installed = tmp_path / "liar-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: liar\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[nostro.brokers]\nliar = liar:KINDS\n")
    ended = subprocess.run(
        [sys.executable, "-m", "nostro", "conformance", "PAPER", "--json"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    failed = {each["number"] for each in json.loads(ended.stdout)["cases"] if each["verdict"] == "failed"}
    assert (ended.returncode, failed) == (1, {"C31", "C32", "C33"})
