"""`nostro vault rotate`: all secrets under a new key, while a server runs."""

import json
import sqlite3
from pathlib import Path

from ..server.world import ACCOUNT, CLIENT_ID, ORDER, Server
from .conftest import run_nostro

SEALED = {
    "connection": "sealed_credentials",
    "partner_key": "sealed_consumer_key",
    "webhook_endpoint": "sealed_secret",
}


def key_ids(data: Path) -> set[str]:
    """List the ids of the keys that secrets are sealed under."""
    database = sqlite3.connect(data / "nostro.db")
    try:
        rows = [
            row
            for table, column in SEALED.items()
            for row in database.execute(f"SELECT {column} FROM {table}")  # noqa: S608 - names of our own
        ]
    finally:
        database.close()
    return {row[0][1:9].hex() for row in rows}


def rotate(data: Path) -> str:
    result = run_nostro("vault", "rotate", "--data", str(data))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_all_secrets_are_sealed_anew_and_a_running_server_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        told = run_nostro("webhooks", "set", CLIENT_ID, "https://example.com/hooks", "--data", str(data))
        assert told.exit_code == 0, told.stderr
        [old] = key_ids(data)
        assert "3 secrets" in rotate(data)
        [new] = key_ids(data)
        assert new != old
        ring = json.loads((data / "keys.json").read_text())
        assert (set(ring["keys"]), ring["active"]) == ({old, new}, new)
        assert (data / "keys.json").stat().st_mode & 0o077 == 0
        # The server has the credentials of no session open yet, and the key of no request.
        assert server.call("GET", f"/accounts/{ACCOUNT}/balances").status == 200
        assert server.cancel(ORDER).status == 200
    with Server(data) as server:
        assert server.call("GET", f"/accounts/{ACCOUNT}/balances").status == 200


def test_a_rotation_that_was_interrupted_is_finished_by_the_next(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data):
        pass
    [old] = key_ids(data)
    ring = json.loads((data / "keys.json").read_text())
    ring["keys"]["00" * 8] = ring["keys"][old]
    (data / "keys.json").write_text(json.dumps({**ring, "active": "00" * 8}))
    assert "2 secrets" in rotate(data)
    assert not key_ids(data) & {old, "00" * 8}


def test_a_folder_without_data_is_told_of_and_stays_empty(tmp_path: Path) -> None:
    result = run_nostro("vault", "rotate", "--data", str(tmp_path / "none"))
    assert result.exit_code == 1
    assert "holds no nostro data" in result.stderr
