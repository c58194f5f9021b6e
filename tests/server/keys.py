"""Partner keys, made by the command that operators use."""

import json
import os
import subprocess
from pathlib import Path

from .world import NOSTRO, Identity


def _run(data: Path, *arguments: str) -> str:
    env = os.environ | {"NOSTRO_DATA": str(data)}
    done = subprocess.run(
        [*NOSTRO, *arguments], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def create_key(data: Path, *options: str) -> Identity:
    """Make a key in the data folder of a server that may be running."""
    made = json.loads(_run(data, "keys", "create", "--json", *options))
    return Identity(
        client_id=made["client_id"], consumer_key=made["consumer_key"], user_id=None, user_secret=None
    )


def revoke_key(data: Path, client_id: str) -> None:
    _run(data, "keys", "revoke", client_id)
