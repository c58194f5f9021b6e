"""What is sent: the form, its nonce and its signature; and one request after the other."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from nostro.brokers.kraken.signing import SigningTransport
from nostro.brokers.transport import NeverSent, NoReply, Reply, Request
from nostro.domain.cancel import NotSent
from nostro.domain.errors import ReadFailed
from nostro.domain.order import OrderType, Side, TimeInForce
from nostro.domain.place import NewOrder

from .said import CLIENT_ID, NEW_ORDER, ORDER_ID, PRIVATE_KEY, REF, T0, Hand, Kraken, connect, kraken, ok, row

_SIGNATURE = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
"""The guide's ("Spot REST Authentication")."""

_AT = datetime(2021, 3, 23, 9, 39, 36, 594000, tzinfo=UTC)


def nonces(transport: Kraken) -> list[int]:
    return [int(dict(parse_qsl(each.body.decode()))["nonce"]) for each in transport.requests]


def test_a_signature_is_that_of_the_guides_example() -> None:
    """The example's nonce is in milliseconds: a clock at its thousandth gives the same number."""
    early = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1616492376594)
    transport = kraken(AddOrder=ok({}))
    form = "ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    signing = SigningTransport(transport, PRIVATE_KEY, Hand(early))
    asyncio.run(signing.send(Request("POST", f"/0/private/AddOrder?{form}"), 1.0))
    [sent] = transport.requests
    assert sent.body == f"nonce=1616492376594&{form}".encode()
    assert sent.headers == {"API-Sign": _SIGNATURE, "Content-Type": "application/x-www-form-urlencoded"}


def test_a_read_is_a_signed_post_and_a_public_one_goes_as_it_is() -> None:
    transport = kraken(QueryOrders=ok({ORDER_ID: row()}))
    asyncio.run(connect(transport, Hand(_AT)).look_up_order("", REF))
    private, public = transport.requests
    assert (private.method, private.path) == ("POST", "/0/private/QueryOrders")
    assert private.body == f"nonce=1616492376594000&txid={ORDER_ID}".encode()
    assert (public.method, public.path, public.body) == ("GET", "/0/public/AssetPairs?pair=XBTUSD", b"")
    assert public.headers == {}


def test_a_nonce_always_grows_whatever_the_clock_does() -> None:
    clock = Hand(_AT)
    transport = kraken(GetApiKeyInfo=ok({"iban": "AA88"}))
    session = connect(transport, clock)
    for at in (_AT, _AT, _AT - timedelta(days=1), _AT + timedelta(seconds=1)):
        clock.at = at
        asyncio.run(session.list_accounts())
    first = 1616492376594000
    assert nonces(transport) == [first, first + 1, first + 2, first + 1_000_000]


def test_a_private_key_that_is_none_sends_nothing() -> None:
    transport = kraken()
    session = connect(transport, private_key="not base64!")
    assert isinstance(asyncio.run(session.cancel_order("", REF)), NotSent)
    with pytest.raises(ReadFailed, match="not base64"):
        asyncio.run(session.list_accounts())
    assert transport.requests == []


@dataclass
class Slow:
    """Takes a second of its clock's time for each request, and tells how many were under way at once."""

    clock: Hand
    lasts_s: float = 1.0
    under_way: int = 0
    most: int = 0
    sent: int = 0

    async def send(self, _request: Request, timeout_s: float) -> Reply:
        self.under_way += 1
        self.sent += 1
        self.most = max(self.most, self.under_way)
        await self.clock.sleep(min(self.lasts_s, timeout_s))
        self.under_way -= 1
        if self.lasts_s > timeout_s:
            raise NoReply("lost")
        return ok({})


def test_private_calls_of_a_session_go_one_after_the_other() -> None:
    clock = Hand()
    slow = Slow(clock)
    signing = SigningTransport(slow, PRIVATE_KEY, clock)

    async def run() -> list[Reply | BaseException]:
        asked = [signing.send(Request("POST", "/0/private/Balance"), 3.0) for _ in range(5)]
        return await asyncio.gather(*asked, return_exceptions=True)

    came = asyncio.run(run())
    assert slow.most == 1
    # Three have their turn in three seconds; of the others no byte left.
    assert [type(each) for each in came] == [Reply, Reply, Reply, NeverSent, NeverSent]
    assert slow.sent == 3


def test_a_call_that_failed_gives_its_turn_to_the_next() -> None:
    transport = kraken(CancelOrder=[NoReply("lost"), NeverSent("refused"), ok({"count": 1})])
    session = connect(transport)
    for _ in range(3):
        asyncio.run(session.cancel_order("", REF))
    assert nonces(transport) == sorted(set(nonces(transport)))
    assert len(transport.requests) == 3


_PLAIN = {
    "ordertype": "limit",
    "type": "buy",
    "volume": "1.25",
    "pair": "XBTUSD",
    "cl_ord_id": CLIENT_ID,
    "timeinforce": "GTC",
    "price": "30010",
}
_STOP = replace(NEW_ORDER, limit_price=None, stop_price=Decimal("25000.10"), order_type=OrderType.STOP)
_PLAIN_STOP = _PLAIN | {"ordertype": "stop-loss", "price": "25000.1"}


@pytest.mark.parametrize(
    ("order", "form"),
    [
        (NEW_ORDER, _PLAIN),
        (replace(NEW_ORDER, quantity=Decimal("1E-8")), _PLAIN | {"volume": "0.00000001"}),
        (
            replace(NEW_ORDER, quantity=Decimal("123456789012345678901234.12345678900")),
            _PLAIN | {"volume": "123456789012345678901234.123456789"},
        ),
        (replace(NEW_ORDER, limit_price=Decimal("3E+4")), _PLAIN | {"price": "30000"}),
        (replace(NEW_ORDER, time_in_force=TimeInForce.IOC), _PLAIN | {"timeinforce": "IOC"}),
        (
            replace(NEW_ORDER, time_in_force=TimeInForce.GTD, expires_at=T0),
            _PLAIN | {"timeinforce": "GTD", "expiretm": "1772463600"},
        ),
        (
            replace(NEW_ORDER, limit_price=None, order_type=OrderType.MARKET),
            {name: text for name, text in _PLAIN.items() if name != "price"} | {"ordertype": "market"},
        ),
        (_STOP, _PLAIN_STOP),
        (
            replace(_STOP, limit_price=Decimal(24900), order_type=OrderType.STOP_LIMIT),
            _PLAIN_STOP | {"ordertype": "stop-loss-limit", "price2": "24900"},
        ),
    ],
)
def test_an_order_is_spelled_as_a_form(order: NewOrder, form: dict[str, str]) -> None:
    transport = kraken(AddOrder=ok({"txid": [ORDER_ID]}), QueryOrders=ok({ORDER_ID: row()}))
    asyncio.run(connect(transport).place_order("", order))
    assert transport.sent("AddOrder") == [form]


def test_coins_that_kraken_calls_otherwise_are_ordered_by_its_names() -> None:
    transport = kraken(AddOrder=ok({"txid": [ORDER_ID]}), QueryOrders=ok({ORDER_ID: row()}))
    session = connect(transport)
    for symbol in ("DOGE/EUR", "ETH/BTC", "DOGE/EUR"):
        leg = replace(NEW_ORDER.legs[0], symbol=symbol, side=Side.SELL)
        asyncio.run(session.place_order("", replace(NEW_ORDER, legs=(leg,))))
    assert [form["pair"] for form in transport.sent("AddOrder")] == ["XDGEUR", "ETHXBT", "XDGEUR"]
    assert {form["type"] for form in transport.sent("AddOrder")} == {"sell"}
    asked = [each.path for each in transport.requests if "AssetPairs" in each.path]
    assert len(asked) == len(set(asked)) == 3  # each name once: two pairs, and that of the order shown
