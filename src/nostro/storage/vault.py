"""Secrets at rest: every secret under its own data key, every data key under a key outside the database.

Envelope, all AES-256-GCM with random 96-bit nonces: `version(1) | key id(8) | nonce(12) | wrapped data
key(48) | nonce(12) | ciphertext`. What the secret belongs to (table, row, field) is authenticated with it, so
that a sealed value moved to another row does not open. Rotation adds a key to the ring; old ones go on
opening what they sealed.
"""

import contextlib
import json
import os
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nostro.ports import Ids
from nostro.storage.folder import sync_folder

_VERSION = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_WRAPPED_BYTES = 32 + 16
_KEY_BYTES = 32


class VaultError(Exception):
    """A sealed value or the key ring cannot be opened. Says which, never what was in it."""


class Vault:
    def __init__(self, keys: dict[bytes, bytes], active: bytes, ids: Ids) -> None:
        """`keys` maps 8-byte ids to 256-bit keys; new secrets are sealed under `active`."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._active = active
        self._ids = ids

    def seal(self, secret: str, belongs_to: str) -> bytes:
        data_key = self._ids.token(_KEY_BYTES)
        aad = belongs_to.encode()
        outer, inner = self._ids.token(_NONCE_BYTES), self._ids.token(_NONCE_BYTES)
        wrapped = self._ciphers[self._active].encrypt(outer, data_key, self._active + aad)
        return (
            _VERSION
            + self._active
            + outer
            + wrapped
            + inner
            + AESGCM(data_key).encrypt(inner, secret.encode(), aad)
        )

    def unseal(self, sealed: bytes, belongs_to: str) -> str:
        """Open a sealed value.

        Raises VaultError when it was changed, moved, or its key is not in the ring.
        """
        aad = belongs_to.encode()
        at = len(_VERSION)
        key_id = sealed[at : at + _KEY_ID_BYTES]
        at += _KEY_ID_BYTES
        outer = sealed[at : at + _NONCE_BYTES]
        at += _NONCE_BYTES
        wrapped = sealed[at : at + _WRAPPED_BYTES]
        at += _WRAPPED_BYTES
        inner = sealed[at : at + _NONCE_BYTES]
        cipher = self._ciphers.get(key_id)
        if sealed[:1] != _VERSION or cipher is None:
            raise VaultError(f"no key in the ring opens {belongs_to}")
        try:
            data_key = cipher.decrypt(outer, wrapped, key_id + aad)
            return AESGCM(data_key).decrypt(inner, sealed[at + _NONCE_BYTES :], aad).decode()
        except InvalidTag as error:
            raise VaultError(f"the sealed value of {belongs_to} is not what was stored there") from error


def open_key_ring(path: Path, ids: Ids) -> Vault:
    """Read the key ring file, or make one with mode 0600 on the first run.

    Raises VaultError for a bad one.
    """
    if not path.exists():
        key_id = ids.token(_KEY_ID_BYTES)
        ring = {
            "active": key_id.hex(),
            "keys": {key_id.hex(): b64encode(ids.token(_KEY_BYTES)).decode()},
        }
        _write_new(path, json.dumps(ring, indent=2) + "\n", ids)
    # Whoever made the ring, nothing is sealed under it before it is there to stay.
    sync_folder(path.parent)
    if path.stat().st_mode & 0o077:
        raise VaultError(f"{path} can be read by others; run: chmod 600 {path}")
    try:
        ring = json.loads(path.read_text())
        keys = {bytes.fromhex(key_id): b64decode(key) for key_id, key in ring["keys"].items()}
        active = bytes.fromhex(ring["active"])
        keys[active]
        return Vault(keys, active, ids)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VaultError(f"{path} is not a key ring") from error


def _write_new(path: Path, content: str, ids: Ids) -> None:
    """Create the file complete or not at all: a torn key ring would make every secret unreadable.

    Where another process was first, its file stays.
    """
    draft = path.with_name(f"{path.name}.{ids.uuid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
