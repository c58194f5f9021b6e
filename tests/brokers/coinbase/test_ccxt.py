"""The same requests as ccxt makes, and the same reading of orders: neither was written from the other."""

import asyncio
import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from nostro.brokers.transport import Request
from nostro.domain.cancel import OrderFound
from nostro.domain.order import OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg
from tests.brokers.oracle import ask_oracle
from tests.brokers.scripted import Scripted

from .said import (
    EC_KEY,
    ED_KEY,
    ED_TEXT,
    KEY_NAME,
    NEW_ORDER,
    ORDER_ID,
    PEM,
    REF,
    T0,
    broker,
    canceled,
    connect,
    listed,
    placed,
    row,
    shown,
)
from .test_reading import MEANS

ORDERS = "/api/v3/brokerage/orders"
SALE = replace(NEW_ORDER, legs=(NewLeg(symbol="BTC/USD", side=Side.SELL),))
MARKET = replace(SALE, order_type=OrderType.MARKET, time_in_force=TimeInForce.IOC, limit_price=None)
VALUE = replace(MARKET, legs=NEW_ORDER.legs, quantity=None, notional=Decimal(250))
STOP = replace(NEW_ORDER, order_type=OrderType.STOP_LIMIT, stop_price=Decimal("39000.5"))

PLACED = {
    "limit gtc": (NEW_ORDER, ["limit", "buy", 0.5, 40000]),
    "limit ioc": (
        replace(SALE, time_in_force=TimeInForce.IOC),
        ["limit", "sell", 0.5, 40000, {"timeInForce": "IOC"}],
    ),
    "limit fok": (
        replace(NEW_ORDER, time_in_force=TimeInForce.FOK),
        ["limit", "buy", 0.5, 40000, {"timeInForce": "FOK"}],
    ),
    "limit gtd": (
        replace(NEW_ORDER, time_in_force=TimeInForce.GTD, expires_at=T0),
        ["limit", "buy", 0.5, 40000, {"end_time": "2026-03-02T15:00:00.000Z"}],
    ),
    "market": (MARKET, ["market", "sell", 0.5]),
    "market by value": (VALUE, ["market", "buy", 0, None, {"cost": 250}]),
    "stop to buy": (STOP, ["limit", "buy", 0.5, 40000, {"stopLossPrice": 39000.5}]),
    "stop to sell": (
        replace(STOP, legs=SALE.legs),
        ["limit", "sell", 0.5, 40000, {"stopLossPrice": 39000.5}],
    ),
}
ROWS = {
    "open": row(),
    "part": row(filled_size="0.2", average_filled_price="39999.5", filled_value="7999.9"),
    "sold": row(side="SELL", status="FILLED", filled_size="0.5", average_filled_price="40000.5"),
    "stop": row(
        order_type="STOP_LIMIT",
        order_configuration={
            "stop_limit_stop_limit_gtc": {
                "base_size": "0.5",
                "limit_price": "40000.00",
                "stop_price": "39000.5",
                "stop_direction": "STOP_DIRECTION_STOP_UP",
            }
        },
    ),
}


_DRIVER = Path(__file__).with_name("ccxt_driver.py").read_text("utf-8")


def ask(*questions: dict[str, Any]) -> list[dict[str, Any]]:
    key = {"key_name": KEY_NAME, "private_key": PEM, "now_s": int(T0.timestamp())}
    said = ask_oracle("ccxt", _DRIVER, json.dumps([key | question for question in questions]))
    answers: list[dict[str, Any]] = json.loads(said)
    return answers


def token(authorization: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    header, claims, signature = (
        urlsafe_b64decode(part + "==") for part in authorization.removeprefix("Bearer ").split(".")
    )
    return json.loads(header), json.loads(claims), signature


def check(sent: Request, made: dict[str, Any]) -> None:
    """Compare method, address and query, and what both tokens say; each has a nonce of its own.

    ccxt names the issuer as Coinbase did before, and an audience and a time that Coinbase's SDK leaves out.
    """
    url = urlsplit(made["url"])
    assert (sent.method, sent.path.partition("?")[0]) == (made["method"], url.path)
    assert parse_qs(urlsplit(sent.path).query) == parse_qs(url.query)
    header, claims, _ = token(sent.headers["Authorization"])
    its_header, its_claims, _ = token(made["token"])
    assert {**header, "nonce": ""} == {**its_header, "nonce": ""}
    assert claims | {"iss": "coinbase-cloud"} == {
        name: each for name, each in its_claims.items() if name not in ("aud", "iat")
    }


def test_a_cancel_a_look_and_a_list_are_the_same_requests_with_tokens_that_say_the_same() -> None:
    waiting = ["PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"]
    batch = "v3PrivateGetBrokerageOrdersHistoricalBatch"
    cancel, look, first = ask(
        {"call": ["cancel_order", ORDER_ID]},
        {"call": ["fetch_order", ORDER_ID]},
        {"call": [batch, {"order_status": waiting, "limit": 250}]},
    )
    transport = Scripted(canceled(), shown(), listed())
    coinbase = connect(transport)
    asyncio.run(coinbase.cancel_order("", REF))
    asyncio.run(coinbase.look_up_order("", REF))
    asyncio.run(coinbase.list_orders("", T0))
    for sent, made in zip(transport.requests, (cancel, look, first), strict=False):
        check(sent, made)
    assert json.loads(transport.requests[0].body) == json.loads(cancel["body"])


def test_our_key_made_ccxts_signature() -> None:
    [made] = ask({"call": ["cancel_order", ORDER_ID]})
    said, _, _ = made["token"].removeprefix("Bearer ").rpartition(".")
    *_, signature = token(made["token"])
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    EC_KEY.public_key().verify(encode_dss_signature(r, s), said.encode(), ec.ECDSA(SHA256()))
    [made] = ask({"call": ["cancel_order", ORDER_ID], "private_key": ED_TEXT})
    said, _, _ = made["token"].removeprefix("Bearer ").rpartition(".")
    header, _, signature = token(made["token"])
    assert header["alg"] == "EdDSA"
    ED_KEY.public_key().verify(signature, said.encode())


def test_each_kind_of_order_is_spelled_as_ccxt_spells_it() -> None:
    calls = ask(*({"call": ["create_order", "BTC/USD", *arguments]} for _, arguments in PLACED.values()))
    for (order, _), made in zip(PLACED.values(), calls, strict=True):
        transport = Scripted(placed())
        asyncio.run(connect(transport).place_order("", order))
        [sent] = transport.requests
        check(sent, made)
        ours, its = json.loads(sent.body), json.loads(made["body"])
        assert _numbers(ours | {"client_order_id": ""}) == _numbers(its | {"client_order_id": ""})


def _numbers(document: Any) -> Any:
    """Compare numbers by value: ccxt rounds them to the steps of its markets."""
    if isinstance(document, dict):
        return {name: _numbers(each) for name, each in document.items()}
    try:
        return Decimal(document)
    except (ArithmeticError, TypeError, ValueError):
        return document


def test_ccxt_takes_no_order_for_closed_that_is_open_here_nor_the_other_way_round() -> None:
    words = [word for word in MEANS if word != "UNKNOWN_ORDER_STATUS"]
    answers = ask(*({"order": row(status=word), "names": ["status"]} for word in words))
    closed = {
        word for word, said in zip(words, answers, strict=True) if said["status"] in ("closed", "canceled")
    }
    assert closed == {word for word in words if MEANS[word].is_closed}


def test_ccxt_reads_the_same_out_of_an_order() -> None:
    names = [
        "id",
        "clientOrderId",
        "symbol",
        "side",
        "amount",
        "filled",
        "price",
        "triggerPrice",
        "timeInForce",
    ]
    for said, its in zip(
        ROWS.values(), ask(*({"order": each, "names": names} for each in ROWS.values())), strict=True
    ):
        look = asyncio.run(broker(shown(**said)).look_up_order("", REF))
        assert isinstance(look, OrderFound)
        order = look.order
        assert its == {
            "id": order.brokerage_order_id,
            "clientOrderId": order.client_order_id,
            "symbol": order.legs[0].instrument.symbol,
            "side": order.legs[0].side.value,
            "amount": float(order.quantity or 0),
            "filled": float(order.filled_quantity),
            "price": float(order.limit_price or 0),
            "triggerPrice": None if order.stop_price is None else float(order.stop_price),
            "timeInForce": order.time_in_force.name if order.time_in_force else None,
        }
