"""A Kraken that says what a test tells it to, and a session of its adapter there."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from nostro.brokers.kraken import KINDS
from nostro.brokers.port import Broker
from nostro.brokers.transport import Reply, Request
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.order import OrderRef, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from tests.brokers.wired import wired

PRIVATE_KEY = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
"""The key of the example in Kraken's guide ("Spot REST Authentication")."""

ORDER_ID = BrokerageOrderId("OQCLML-BW3P3-BUCMWZ")
OTHER_ID = BrokerageOrderId("OB5VMB-B4U2U-DK2WRW")
REF = OrderRef(ORDER_ID)
CLIENT_ID = ClientOrderId("6d1b345e-2821-40e2-ad83-4ecb18a06876")
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="BTC/USD", side=Side.BUY),),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Decimal("1.25"),
    limit_price=Decimal(30010),
    client_order_id=CLIENT_ID,
)

PAIRS = {
    "XXBTZUSD": {"altname": "XBTUSD", "wsname": "XBT/USD", "base": "XXBT", "quote": "ZUSD"},
    "XETHXXBT": {"altname": "ETHXBT", "wsname": "ETH/XBT", "base": "XETH", "quote": "XXBT"},
    "XDGEUR": {"altname": "XDGEUR", "wsname": "XDG/EUR", "base": "XXDG", "quote": "ZEUR"},
}
ASSETS = {
    "XXBT": {"aclass": "currency", "altname": "XBT", "decimals": 10},
    "XXDG": {"aclass": "currency", "altname": "XDG", "decimals": 8},
    "USDT": {"aclass": "currency", "altname": "USDT", "decimals": 8},
    "ZUSD": {"aclass": "currency", "altname": "USD", "decimals": 4},
}


def ok(result: object) -> Reply:
    return Reply(200, json.dumps({"error": [], "result": result}).encode())


def failed(*words: str) -> Reply:
    return Reply(200, json.dumps({"error": list(words)}).encode())


def row(**changes: Any) -> dict[str, Any]:
    """Make an open order as the API reference shows one; `descr` is changed key by key."""
    descr = {
        "pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "30010.0", "price2": "0",
        "leverage": "none", "order": "buy 1.25000000 XBTUSD @ limit 30010.0", "close": "",
    }  # fmt: skip
    made = {
        "refid": "None", "userref": 0, "cl_ord_id": CLIENT_ID, "status": "open", "opentm": 1688666559.8974,
        "starttm": 0, "expiretm": 0, "vol": "1.25000000", "vol_exec": "0.00000000", "cost": "0.00000",
        "fee": "0.00000", "price": "0.00000", "stopprice": "0.00000", "limitprice": "0.00000", "misc": "",
        "oflags": "fciq",
    }  # fmt: skip
    return made | changes | {"descr": descr | changes.get("descr", {})}


def listed_pairs(form: Mapping[str, str]) -> Reply:
    """List what is asked for, as AssetPairs does."""
    wanted = form["pair"].split(",")
    found = {name: pair for name, pair in PAIRS.items() if {name, pair["altname"]} & set(wanted)}
    known = {each for name, pair in found.items() for each in (name, pair["altname"])}
    return ok(found) if set(wanted) <= known else failed("EQuery:Unknown asset pair")


Says = Reply | Exception | Callable[[Mapping[str, str]], Reply]


@dataclass
class Hand:
    """A clock that a test sets."""

    at: datetime = T0
    steady_s: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.steady_s

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(0)
        self.steady_s += delay_s


@dataclass
class Kraken:
    """A transport that answers each call by its name: the last answer again and again."""

    says: dict[str, list[Says]]
    requests: list[Request] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    """What goes with every request."""

    async def send(self, request: Request, _timeout_s: float) -> Reply:
        self.requests.append(request)
        path, _, query = request.path.partition("?")
        left = self.says[path.rpartition("/")[2]]
        said = left[0] if len(left) == 1 else left.pop(0)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Reply) else said(dict(parse_qsl(query)))

    def open(self, headers: Mapping[str, str]) -> None:
        self.headers = headers

    def sent(self, name: str) -> list[dict[str, str]]:
        """List the forms that came for one call, without their nonces."""
        bodies = [each.body.decode() for each in self.requests if each.path.endswith(f"/{name}")]
        return [{key: text for key, text in parse_qsl(body) if key != "nonce"} for body in bodies]


def kraken(**says: Says | list[Says]) -> Kraken:
    lists: dict[str, list[Says]] = {"AssetPairs": [listed_pairs], "Assets": [ok(ASSETS)]}
    for name, said in says.items():
        lists[name] = said if isinstance(said, list) else [said]
    return Kraken(lists)


def connect(transport: Kraken, clock: Hand | None = None, private_key: str = PRIVATE_KEY) -> Broker:
    """Open a session, as the server does."""
    wiring = wired(transport, clock=clock or Hand(), opened=transport.open)
    return KINDS[0].connect({"api_key": "key", "private_key": private_key}, wiring)
