"""TradeStation, and its simulator, which is the same API at another address."""

from collections.abc import Mapping

from nostro.brokers.oauth import renewal
from nostro.brokers.registry import BrokerKind
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tradestation.orders import TradeStationBroker
from nostro.brokers.tradestation.spec import SIM_SPEC, SPEC
from nostro.brokers.tradestation.tokens import ask_for_token, final_word
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]

_HEADERS = {"Accept": "application/json"}


def _kind(spec: BrokerSpec) -> BrokerKind:
    def connect(_credentials: Mapping[str, str], wiring: Wiring) -> TradeStationBroker:
        tokens = wiring.open(_HEADERS, for_tokens=True)
        renew = renewal(tokens, spec.request_timeout_s, wiring.clock, ask_for_token, final_word)
        return TradeStationBroker(wiring.bear(wiring.open(_HEADERS), renew), spec, wiring.clock)

    return BrokerKind(spec=spec, connect=connect)


KINDS = (_kind(SPEC), _kind(SIM_SPEC))
