"""Binance spot, and Binance's test network, which is the same API at another address."""

from collections.abc import Mapping

from nostro.brokers.binance.orders import BinanceBroker
from nostro.brokers.binance.sign import SignedTransport
from nostro.brokers.binance.spec import SPEC, TESTNET_SPEC
from nostro.brokers.registry import BrokerKind
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.transport import Transport
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]


def _kind(spec: BrokerSpec) -> BrokerKind:
    def connect(credentials: Mapping[str, str], wiring: Wiring) -> BinanceBroker:
        def sign(way: Transport) -> Transport:
            return SignedTransport(way, credentials["secret_key"], wiring.clock)

        return BinanceBroker(wiring.open({"X-MBX-APIKEY": credentials["api_key"]}, sign), spec)

    return BrokerKind(spec=spec, connect=connect)


KINDS = (_kind(SPEC), _kind(TESTNET_SPEC))
