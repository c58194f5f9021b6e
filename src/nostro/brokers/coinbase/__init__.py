"""Coinbase Advanced Trade."""

from collections.abc import Mapping

from nostro.brokers.coinbase.orders import CoinbaseBroker
from nostro.brokers.coinbase.signing import SignedTransport
from nostro.brokers.coinbase.spec import SPEC
from nostro.brokers.registry import BrokerKind
from nostro.brokers.transport import Transport
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]


def _connect(credentials: Mapping[str, str], wiring: Wiring) -> CoinbaseBroker:
    def sign(way: Transport) -> Transport:
        return SignedTransport(
            way, wiring, key_name=credentials["key_name"], private_key=credentials["private_key"]
        )

    return CoinbaseBroker(wiring.open({}, sign), SPEC, wiring.clock)


KINDS = (BrokerKind(spec=SPEC, connect=_connect),)
