"""Kraken's spot exchange."""

from collections.abc import Mapping

from nostro.brokers.kraken.orders import KrakenBroker
from nostro.brokers.kraken.signing import SigningTransport
from nostro.brokers.kraken.spec import SPEC
from nostro.brokers.registry import BrokerKind
from nostro.brokers.transport import Transport
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]


def _connect(credentials: Mapping[str, str], wiring: Wiring) -> KrakenBroker:
    def sign(way: Transport) -> Transport:
        return SigningTransport(way, credentials["private_key"], wiring.clock)

    transport = wiring.open({"API-Key": credentials["api_key"]}, sign)
    return KrakenBroker(transport, SPEC, wiring.clock)


KINDS = (BrokerKind(spec=SPEC, connect=_connect),)
