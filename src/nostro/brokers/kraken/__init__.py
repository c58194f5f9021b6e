"""Kraken's spot exchange."""

from collections.abc import Mapping

from nostro.brokers.kraken.orders import KrakenBroker
from nostro.brokers.kraken.signing import SigningTransport
from nostro.brokers.kraken.spec import SPEC
from nostro.brokers.registry import BrokerKind
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]


def _connect(credentials: Mapping[str, str], wiring: Wiring) -> KrakenBroker:
    transport = wiring.open({"API-Key": credentials["api_key"]})
    signing = SigningTransport(transport, credentials["private_key"], wiring.clock)
    return KrakenBroker(signing, SPEC, wiring.clock)


KINDS = (BrokerKind(spec=SPEC, connect=_connect),)
