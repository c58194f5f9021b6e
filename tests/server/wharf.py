"""A brokerage's adapter in a package of its own, as pip would have installed it."""

from pathlib import Path

_ADAPTER = '''\
"""Wharf trades over Alpaca's API."""

from collections.abc import Mapping
from dataclasses import replace

from nostro.brokers.alpaca import AlpacaBroker
from nostro.brokers.alpaca.spec import SPEC as ALPACA
from nostro.brokers.registry import BrokerKind
from nostro.brokers.spec import Credential
from nostro.brokers.wiring import Wiring

SPEC = replace(
    ALPACA, slug="WHARF", name="Wharf", address="", credentials=(Credential(name="token", label="Token"),)
)


def connect(credentials: Mapping[str, str], wiring: Wiring) -> AlpacaBroker:
    headers = {"APCA-API-KEY-ID": credentials["token"], "APCA-API-SECRET-KEY": "none"}
    return AlpacaBroker(wiring.open(headers), SPEC)


KINDS = (BrokerKind(spec=SPEC, connect=connect),)
'''

_ENTRY_POINTS = """\
[nostro.brokers]
wharf = wharf:KINDS
broken = wharf.that_is_not_there:KINDS
"""


def install_wharf(folder: Path) -> Path:
    """Put the package there, with one entry point that leads nowhere; return what PYTHONPATH needs."""
    (folder / "wharf").mkdir()
    (folder / "wharf" / "__init__.py").write_text(_ADAPTER)
    (folder / "wharf-1.0.dist-info").mkdir()
    (folder / "wharf-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: wharf\nVersion: 1.0\n"
    )
    (folder / "wharf-1.0.dist-info" / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder
