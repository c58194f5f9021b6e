"""Settings: read from the environment once, at the start; everything else is passed on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Replay(StrEnum):
    """What a second, byte-identical signed request that would place an order does."""

    ALLOW = "allow"
    """It places a second order, as with SnapTrade."""
    REFUSE = "refuse"


class SettingsInvalid(Exception):
    """A variable has a value that cannot be used; `str()` names it and says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data: Path
    """Folder of the database, the key ring and the embedded brokerage's own store (NOSTRO_DATA)."""
    database_url: str = field(repr=False)
    """PostgreSQL database, `postgresql://user:password@host/name`; empty: SQLite (NOSTRO_DATABASE_URL)."""
    host: str
    """Address to listen on (NOSTRO_HOST)."""
    port: int
    """Port to listen on; 0 takes a free one (NOSTRO_PORT)."""
    public_url: str
    """Where clients reach this server; empty: as their own Host header says (NOSTRO_PUBLIC_URL)."""
    replay: Replay
    """What a second, byte-identical signed request that would place an order does (NOSTRO_REPLAY)."""
    timestamp_past_s: int
    """How old a request's timestamp may be (NOSTRO_TIMESTAMP_PAST_S)."""
    timestamp_future_s: int
    """How far ahead a request's timestamp may be (NOSTRO_TIMESTAMP_FUTURE_S)."""
    rate_limit_per_minute: int
    """Requests a key may make of one server process in any minute, and cancels as many again; 0: no limit
    (NOSTRO_RATE_LIMIT)."""
    paper_url: str
    """Where a `nostro simbroker` listens; empty: the brokerage is in this process (NOSTRO_PAPER_URL)."""
    broker_urls: Mapping[str, str]
    """Where to reach brokerages instead of at their own address, a comma list of `SLUG=URL`
    (NOSTRO_BROKER_URLS)."""
    webhook_allow: str
    """Hosts that webhooks may reach though they are not public or use plain http: a comma list of `host` or
    `host:port` (NOSTRO_WEBHOOK_ALLOW)."""
    crash_at: str
    """For tests: the point of the cancel path where the process kills itself, `point` or, at its n-th visit,
    `point:n` (NOSTRO_CRASH_AT)."""


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Say where data goes when nobody says: the user's own data folder."""
    home = Path(environment.get("HOME", "~")).expanduser()
    return Path(environment.get("XDG_DATA_HOME") or home / ".local/share") / "nostro"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read all settings; raises SettingsInvalid."""
    return Settings(
        data=Path(environment.get("NOSTRO_DATA") or default_data_dir(environment)),
        database_url=_database_url(environment),
        host=environment.get("NOSTRO_HOST") or "127.0.0.1",
        port=_number(environment, "NOSTRO_PORT", 8787, 65535),
        public_url=environment.get("NOSTRO_PUBLIC_URL", "").rstrip("/"),
        replay=_replay(environment),
        timestamp_past_s=_number(environment, "NOSTRO_TIMESTAMP_PAST_S", 300, 86_400),
        timestamp_future_s=_number(environment, "NOSTRO_TIMESTAMP_FUTURE_S", 60, 86_400),
        rate_limit_per_minute=_number(environment, "NOSTRO_RATE_LIMIT", 0, 1_000_000),
        paper_url=environment.get("NOSTRO_PAPER_URL", "").rstrip("/"),
        broker_urls=_urls(environment, "NOSTRO_BROKER_URLS"),
        webhook_allow=_hosts(environment, "NOSTRO_WEBHOOK_ALLOW"),
        crash_at=_crash_at(environment),
    )


def _database_url(environment: Mapping[str, str]) -> str:
    url = environment.get("NOSTRO_DATABASE_URL", "")
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise SettingsInvalid("NOSTRO_DATABASE_URL must begin with postgresql://, or be empty for SQLite.")
    return url


def _hosts(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "")
    host = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    if text and re.fullmatch(rf"{host}(?: *, *{host})*", text) is None:
        raise SettingsInvalid(f"{name} must be a comma list of host or host:port.")
    return text


def _crash_at(environment: Mapping[str, str]) -> str:
    text = environment.get("NOSTRO_CRASH_AT", "")
    if re.fullmatch(r"(?:[a-z_]+(?::[1-9][0-9]{0,8})?)?", text) is None:
        raise SettingsInvalid("NOSTRO_CRASH_AT must be a point, or point:n for its n-th visit, n from 1.")
    return text


def _urls(environment: Mapping[str, str], name: str) -> Mapping[str, str]:
    pairs = [each.strip().partition("=") for each in environment.get(name, "").split(",") if each.strip()]
    if any(re.fullmatch(r"[A-Z0-9-]+", slug) is None for slug, _, _ in pairs) or any(
        re.fullmatch(r"https?://[!-~]+", url) is None for _, _, url in pairs
    ):
        raise SettingsInvalid(f"{name} must be a comma list of SLUG=URL, as in ALPACA=https://host.")
    return {slug: url for slug, _, url in pairs}


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise SettingsInvalid(f"{name} must be a whole number from 0 to {most}.")
    return int(text)


def _replay(environment: Mapping[str, str]) -> Replay:
    text = environment.get("NOSTRO_REPLAY") or Replay.ALLOW.value
    try:
        return Replay(text)
    except ValueError:
        raise SettingsInvalid("NOSTRO_REPLAY must be allow or refuse.") from None
