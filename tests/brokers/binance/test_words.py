"""Binance's signature and its words, from its documents and from ccxt, a client that is not ours."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from nostro.brokers.binance import KINDS
from nostro.brokers.binance.sign import signature
from nostro.brokers.transport import Request
from nostro.domain.cancel import OrderFound
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import OrderStatus
from nostro.ports import SystemClock
from tests.brokers.oracle import ask_oracle
from tests.brokers.scripted import Scripted, answer
from tests.brokers.wired import wired

from .said import NEW_ORDER, ORDER_ID, REF, T0, T0_MS, account, broker, canceled, changed, info, prices, row

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
"""The keys of rest-api.md's example."""

MEANS = {
    "NEW": (OrderStatus.NEW, "open"),
    "PENDING_NEW": (OrderStatus.HELD, "PENDING_NEW"),
    "PARTIALLY_FILLED": (OrderStatus.PARTIALLY_FILLED, "open"),
    "FILLED": (OrderStatus.FILLED, "closed"),
    "CANCELED": (OrderStatus.CANCELED, "canceled"),
    "PENDING_CANCEL": (OrderStatus.PENDING_CANCEL, "canceling"),
    "REJECTED": (OrderStatus.REJECTED, "rejected"),
    "EXPIRED": (OrderStatus.EXPIRED, "expired"),
    "EXPIRED_IN_MATCH": (OrderStatus.EXPIRED, "expired"),
}
"""enums.md, "Order status", a5e0bc3; and ccxt's word, which is Binance's own where it knows none."""

ASK_CCXT = """
import json, sys, ccxt
asked = json.load(sys.stdin)
binance = ccxt.binance({"apiKey": asked["key"], "secret": asked["secret"], "options": {"recvWindow": 5000}})
binance.nonce = lambda: asked["at"]
print(json.dumps({
    "signed": [binance.sign(path, ["private"], method, query) for method, path, query in asked["requests"]],
    "words": [binance.parse_order_status(word) for word in asked["words"]],
}))
"""


class _Stopped(SystemClock):
    def now(self) -> Any:
        return T0


def sent_by_us(scripted: Scripted) -> tuple[Any, list[Mapping[str, str]]]:
    """Open a session as the server does; tell which headers go with all of its requests."""
    headers: list[Mapping[str, str]] = []
    wiring = wired(scripted, clock=_Stopped(), opened=headers.append)
    return KINDS[0].connect({"api_key": KEY, "secret_key": SECRET}, wiring), headers


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("LTCBTC", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
        (
            "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96",
            "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
        ),
    ],
)
def test_the_signature_is_that_of_the_documents(symbol: str, expected: str) -> None:
    payload = (
        f"symbol={symbol}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
        "&timestamp=1499827319559"
    )
    assert signature(SECRET, payload) == expected


def test_what_is_public_is_not_signed_and_the_secret_is_never_sent() -> None:
    scripted = Scripted(account(BTC="1"), prices("BTCUSDT"), info("BTC/USDT"))
    binance, headers = sent_by_us(scripted)
    asyncio.run(binance.list_positions(""))
    assert headers == [{"X-MBX-APIKEY": KEY}]
    signed = ["signature=" in each.path for each in scripted.requests]
    assert signed == [True, False, False]
    assert all("timestamp=" not in each.path for each in scripted.requests[1:])
    assert all(SECRET not in repr(each) for each in scripted.requests)


@pytest.mark.parametrize("word", MEANS)
def test_a_word_of_the_documents_means_what_it_says_there(word: str) -> None:
    look = asyncio.run(broker(answer(200, row(status=word))).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    assert (look.order.status, look.order.raw_status) == (MEANS[word][0], word)


def test_ccxt_signs_the_same_requests_byte_for_byte_and_reads_the_words_alike() -> None:
    scripted = Scripted(
        answer(200, canceled()),
        answer(200, row()),
        info("BTC/USDT"),
        answer(200, changed(clientOrderId=NEW_ORDER.client_order_id)),
        answer(200, []),
        account(),
        prices(),
        answer(200, []),
    )
    binance, _ = sent_by_us(scripted)
    asyncio.run(binance.cancel_order("", REF))
    asyncio.run(binance.look_up_order("", REF))
    asyncio.run(binance.place_order("", NEW_ORDER))
    asyncio.run(binance.find_client_order("", ClientOrderId("c-1")))
    ours = [each for each in scripted.requests if "signature=" in each.path]
    named = {"symbol": "BTCUSDT", "orderId": ORDER_ID}
    placed = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.5",
        "price": "40000",
        "newClientOrderId": NEW_ORDER.client_order_id,
        "newOrderRespType": "RESULT",
    }
    asked = {
        "key": KEY,
        "secret": SECRET,
        "at": T0_MS,
        "words": list(MEANS),
        "requests": [
            ("DELETE", "order", named),
            ("GET", "order", named),
            ("POST", "order", placed),
            ("GET", "openOrders", {}),
            ("GET", "account", {"omitZeroBalances": "true"}),
        ],
    }
    theirs = json.loads(ask_oracle("ccxt", ASK_CCXT, json.dumps(asked)))
    assert [as_ccxt_sends(each) for each in ours] == theirs["signed"]
    assert dict(zip(MEANS, theirs["words"], strict=True)) == {word: name for word, (_, name) in MEANS.items()}


def as_ccxt_sends(request: Request) -> dict[str, object]:
    """Put a query into the body where ccxt does: Binance takes it in either place."""
    path, _, query = request.path.partition("?")
    headers, url = {"X-MBX-APIKEY": KEY}, f"https://api.binance.com{path}"
    if request.method != "POST":
        return {"url": f"{url}?{query}", "method": request.method, "body": None, "headers": headers}
    form = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    return {"url": url, "method": "POST", "body": query, "headers": form}
