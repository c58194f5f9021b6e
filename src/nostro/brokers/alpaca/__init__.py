"""Alpaca, and Alpaca's paper trading, which is the same API at another address."""

from collections.abc import Mapping

from nostro.brokers.alpaca.accounts import AlpacaAccounts
from nostro.brokers.alpaca.orders import AlpacaOrders
from nostro.brokers.alpaca.spec import PAPER_SPEC, SPEC
from nostro.brokers.registry import BrokerKind
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.wiring import Wiring

__all__ = ["KINDS"]


class AlpacaBroker(AlpacaOrders, AlpacaAccounts):
    """One key's session; a `nostro.brokers.port.Broker`."""


def _kind(spec: BrokerSpec) -> BrokerKind:
    def connect(credentials: Mapping[str, str], wiring: Wiring) -> AlpacaBroker:
        headers = {
            "APCA-API-KEY-ID": credentials["key_id"],
            "APCA-API-SECRET-KEY": credentials["secret_key"],
        }
        return AlpacaBroker(wiring.open(headers), spec)

    return BrokerKind(spec=spec, connect=connect)


KINDS = (_kind(SPEC), _kind(PAPER_SPEC))
