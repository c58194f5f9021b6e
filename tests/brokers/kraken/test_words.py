"""Kraken's words for the status of an order, and what ccxt makes of them and of our requests."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nostro.domain.cancel import OrderFound
from nostro.domain.order import Order, OrderStatus
from tests.brokers.oracle import ask_oracle

from .said import NEW_ORDER, ORDER_ID, PRIVATE_KEY, REF, Hand, connect, kraken, ok, row

MEANS = {
    "pending": OrderStatus.PENDING_NEW,  # until it enters the book
    "open": OrderStatus.NEW,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
}
"""docs.kraken.com/api-reference/account-data/query-orders-info, `status`, 2026-11-26."""

_CCXT_OPEN = {OrderStatus.PENDING_NEW, OrderStatus.NEW}
_NONCE = 1616492376594000

_ASK_CCXT = """
import json, sys
import ccxt
asked = json.load(sys.stdin)
class Fixed(ccxt.kraken):
    def incrementing_nonce(self):
        return asked["nonce"]
kraken = Fixed({"apiKey": "key", "secret": asked["secret"]})
signed = [kraken.sign(name, ["private"], "POST", form) for name, form in asked["requests"]]
said = {word: kraken.parse_order_status(word) for word in asked["words"]}
print(json.dumps({"signed": signed, "said": said}))
"""


def shown(word: str) -> Order:
    look = asyncio.run(connect(kraken(QueryOrders=ok({ORDER_ID: row(status=word)}))).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    return look.order


@pytest.mark.parametrize("word", MEANS)
def test_a_word_of_the_reference_means_what_it_says_there(word: str) -> None:
    assert (shown(word).status, shown(word).raw_status) == (MEANS[word], word)


def test_a_new_word_is_kept_and_proves_nothing() -> None:
    assert (shown("haunted").status, shown("haunted").raw_status) == (OrderStatus.UNRECOGNIZED, "haunted")


def ask_ccxt(requests: list[tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """Let ccxt sign these forms and read our words, in a process of its own: it takes long to load."""
    asked = {"nonce": _NONCE, "secret": PRIVATE_KEY, "requests": requests, "words": list(MEANS)}
    said = ask_oracle("ccxt", _ASK_CCXT, json.dumps(asked))
    answer: dict[str, Any] = json.loads(said)
    return answer


def test_ccxt_signs_the_same_requests_to_the_same_bytes_and_reads_the_same_words() -> None:
    transport = kraken(
        CancelOrder=ok({"count": 1}), AddOrder=ok({"txid": [ORDER_ID]}), QueryOrders=ok({ORDER_ID: row()})
    )
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=_NONCE)
    # Each in a session of its own, which begins with the clock's nonce.
    asyncio.run(connect(transport, Hand(at)).cancel_order("", REF))
    asyncio.run(connect(transport, Hand(at)).look_up_order("", REF))
    asyncio.run(connect(transport, Hand(at)).place_order("", NEW_ORDER))
    names = ("CancelOrder", "QueryOrders", "AddOrder")
    forms = [(name, transport.sent(name)[0]) for name in names]
    answer = ask_ccxt(forms)
    for name, theirs in zip(names, answer["signed"], strict=True):
        ours = next(each for each in transport.requests if each.path.endswith(name))
        assert theirs["url"] == f"https://api.kraken.com{ours.path}"
        assert (theirs["method"], theirs["body"]) == (ours.method, ours.body.decode())
        assert theirs["headers"] == {**transport.headers, **ours.headers}
    for word, theirs in answer["said"].items():
        assert theirs == ("open" if MEANS[word] in _CCXT_OPEN else word)
