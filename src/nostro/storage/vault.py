"""Secrets at rest: every secret under its own data key, every data key under a key outside the database.

Envelope, all AES-256-GCM with random 96-bit nonces: `version(1) | key id(8) | nonce(12) | wrapped data
key(48) | nonce(12) | ciphertext`. What the secret belongs to (table, row, field) is authenticated with it, so
that a sealed value moved to another row does not open.

Rotation adds a key to the ring, under which new secrets are sealed; old ones go on opening what they sealed.
A process that meets a key which it does not know reads the ring again: another one may have added it.
"""

import contextlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Ring:
    keys: Mapping[bytes, bytes]
    """256-bit keys by their 8-byte ids."""
    active: bytes
    """The key that new secrets are sealed under."""

    def __repr__(self) -> str:
        return f"Ring({len(self.keys)} keys)"


class Vault:
    def __init__(self, read_ring: Callable[[], Ring], ids: Ids) -> None:
        """Read the ring; raises VaultError, here and whenever it is read again."""
        self._read_ring = read_ring
        self._ids = ids
        self._take(read_ring())

    def _take(self, ring: Ring) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in ring.keys.items()}
        self._active = ring.active

    def is_current(self, sealed: bytes) -> bool:
        """Say whether a value is sealed under the key that new ones are."""
        return sealed[len(_VERSION) : len(_VERSION) + _KEY_ID_BYTES] == self._active

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
        if cipher is None:
            self._take(self._read_ring())
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
        key_id, key = _new_key(ids)
        draft = _write_draft(path, Ring({key_id: key}, key_id), ids)
        with contextlib.suppress(FileExistsError):  # where another process was first, its file stays
            path.hardlink_to(draft)
        draft.unlink()
    # Whoever made the ring, nothing is sealed under it before it is there to stay.
    sync_folder(path.parent)
    return Vault(lambda: _read(path), ids)


def add_key(path: Path, ids: Ids) -> None:
    """Add a key to the ring, and seal what is new under it from now on; raises VaultError.

    Two at once can lose the key of one of them, before anything was sealed under it.
    """
    ring = _read(path)
    key_id, key = _new_key(ids)
    _write_draft(path, Ring({**ring.keys, key_id: key}, key_id), ids).replace(path)
    sync_folder(path.parent)


def _read(path: Path) -> Ring:
    try:
        if path.stat().st_mode & 0o077:
            raise VaultError(f"{path} can be read by others; run: chmod 600 {path}")
        ring = json.loads(path.read_text())
        keys = {bytes.fromhex(key_id): b64decode(key) for key_id, key in ring["keys"].items()}
        active = bytes.fromhex(ring["active"])
        for key in (*keys.values(), keys[active]):
            AESGCM(key)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise VaultError(f"{path} is not a key ring") from error
    return Ring(keys, active)


def _new_key(ids: Ids) -> tuple[bytes, bytes]:
    return ids.token(_KEY_ID_BYTES), ids.token(_KEY_BYTES)


def _write_draft(path: Path, ring: Ring, ids: Ids) -> Path:
    """Write the file beside its place, synced: a torn key ring would make every secret unreadable."""
    keys = {key_id.hex(): b64encode(key).decode() for key_id, key in ring.keys.items()}
    draft = path.with_name(f"{path.name}.{ids.uuid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps({"active": ring.active.hex(), "keys": keys}, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft
