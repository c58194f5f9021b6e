"""tastytrade, and its sandbox, which is the same API at another address."""

from collections.abc import Mapping

from nostro import __version__
from nostro.brokers.oauth import renewal
from nostro.brokers.registry import BrokerKind
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.tastytrade.orders import TastytradeBroker
from nostro.brokers.tastytrade.spec import SANDBOX_SPEC, SPEC
from nostro.brokers.tastytrade.tokens import ask_for_token, final_word
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]

_HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"nostro/{__version__}",  # without product and version every request is answered with 401
}


def _kind(spec: BrokerSpec) -> BrokerKind:
    def connect(_credentials: Mapping[str, str], wiring: Wiring) -> TastytradeBroker:
        transport = wiring.open(_HEADERS)
        renew = renewal(transport, spec.request_timeout_s, wiring.clock, ask_for_token, final_word)
        return TastytradeBroker(wiring.bear(transport, renew), spec, wiring.clock)

    return BrokerKind(spec=spec, connect=connect)


KINDS = (_kind(SPEC), _kind(SANDBOX_SPEC))
