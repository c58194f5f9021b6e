"""Secrets at rest: sealed to their place, under a ring that only its owner reads."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nostro.ports import SystemIds
from nostro.storage.vault import Vault, VaultError, open_key_ring

IDS = SystemIds()
PLACE = "connection/1/credentials"


def ring(path: Path) -> Vault:
    return open_key_ring(path / "keys.json", IDS)


def test_a_sealed_secret_opens_again_also_after_a_restart(tmp_path: Path) -> None:
    sealed = ring(tmp_path).seal("käse", PLACE)
    assert ring(tmp_path).unseal(sealed, PLACE) == "käse"


def test_the_secret_is_not_in_the_sealed_bytes_and_no_two_are_alike(tmp_path: Path) -> None:
    vault = ring(tmp_path)
    one, two = vault.seal("secret", PLACE), vault.seal("secret", PLACE)
    assert b"secret" not in one
    assert one != two


def test_a_sealed_secret_does_not_open_in_another_place(tmp_path: Path) -> None:
    vault = ring(tmp_path)
    with pytest.raises(VaultError):
        vault.unseal(vault.seal("secret", PLACE), "connection/2/credentials")


@pytest.mark.parametrize("position", [0, 5, 15, 40, 75, 85, -1])
def test_a_changed_byte_anywhere_is_noticed(tmp_path: Path, position: int) -> None:
    vault = ring(tmp_path)
    sealed = bytearray(vault.seal("a secret of some length", PLACE))
    sealed[position] ^= 1
    with pytest.raises(VaultError):
        vault.unseal(bytes(sealed), PLACE)


def test_an_added_key_seals_new_secrets_and_the_old_one_still_opens_its_own(tmp_path: Path) -> None:
    sealed = ring(tmp_path).seal("old", PLACE)
    file = tmp_path / "keys.json"
    content = json.loads(file.read_text())
    content["keys"]["00" * 8] = "A" * 43 + "="
    content["active"] = "00" * 8
    file.write_text(json.dumps(content))
    vault = ring(tmp_path)
    assert vault.unseal(sealed, PLACE) == "old"
    assert vault.seal("new", PLACE)[1:9] == b"\0" * 8


def test_the_ring_is_made_for_its_owner_only(tmp_path: Path) -> None:
    ring(tmp_path)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_ring_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    ring(tmp_path)
    (tmp_path / "keys.json").chmod(0o644)
    with pytest.raises(VaultError, match="chmod 600"):
        ring(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"active": "00"}', '{"active": "00", "keys": {"zz": "?"}}']
)
def test_a_broken_ring_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(VaultError):
        ring(tmp_path)


def test_two_that_start_at_once_share_one_ring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: ring(tmp_path), range(8)))
    sealed = vaults[0].seal("secret", PLACE)
    assert {vault.unseal(sealed, PLACE) for vault in vaults} == {"secret"}
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]
