"""Tradier, and Tradier's sandbox, which is the same API at another address."""

from collections.abc import Mapping

from nostro.brokers.registry import BrokerKind
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tradier.orders import TradierBroker
from nostro.brokers.tradier.spec import SANDBOX_SPEC, SPEC
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]


def _kind(spec: BrokerSpec) -> BrokerKind:
    def connect(credentials: Mapping[str, str], wiring: Wiring) -> TradierBroker:
        headers = {
            "Authorization": f"Bearer {credentials['access_token']}",
            "Accept": "application/json",  # without it Tradier answers in XML
        }
        return TradierBroker(wiring.open(headers), spec, wiring.clock)

    return BrokerKind(spec=spec, connect=connect)


KINDS = (_kind(SPEC), _kind(SANDBOX_SPEC))
