"""Charles Schwab. It has no paper trading."""

from collections.abc import Mapping

from nostro.brokers.oauth import renewal
from nostro.brokers.registry import BrokerKind
from nostro.brokers.schwab.orders import SchwabBroker
from nostro.brokers.schwab.spec import SPEC
from nostro.brokers.schwab.tokens import ask_for_token, final_word
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]


def _connect(_credentials: Mapping[str, str], wiring: Wiring) -> SchwabBroker:
    transport = wiring.open({"Accept": "application/json"})
    renew = renewal(transport, SPEC.request_timeout_s, wiring.clock, ask_for_token, final_word)
    return SchwabBroker(wiring.bear(transport, renew), SPEC, wiring.clock)


KINDS = (BrokerKind(spec=SPEC, connect=_connect),)
