"""Alpaca's words for the status of an order, from its reference and from its own SDK."""

import asyncio

import pytest

from nostro.domain.cancel import OrderFound
from nostro.domain.order import Order, OrderStatus
from tests.brokers.oracle import ask_oracle
from tests.brokers.scripted import answer

from .test_evidence import REF, broker, row

MEANS = {
    "accepted": OrderStatus.NEW,
    "accepted_for_bidding": OrderStatus.NEW,
    "calculated": OrderStatus.NEW,  # over for the day, as `done_for_day`
    "canceled": OrderStatus.CANCELED,
    "done_for_day": OrderStatus.NEW,  # works on tomorrow, where it is good till canceled
    "expired": OrderStatus.EXPIRED,
    "filled": OrderStatus.FILLED,
    "held": OrderStatus.HELD,
    "new": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "pending_cancel": OrderStatus.PENDING_CANCEL,
    "pending_new": OrderStatus.PENDING_NEW,
    "pending_replace": OrderStatus.PENDING_REPLACE,
    "pending_review": OrderStatus.PENDING_REVIEW,
    "rejected": OrderStatus.REJECTED,
    "replaced": OrderStatus.REPLACED,
    "stopped": OrderStatus.STOPPED,
    "suspended": OrderStatus.SUSPENDED,
}
"""docs.alpaca.markets/docs/orders-at-alpaca, "Order lifecycle", 2026-11-26."""


def shown(word: str) -> Order:
    look = asyncio.run(broker(answer(200, row(status=word))).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    return look.order


@pytest.mark.parametrize("word", MEANS)
def test_a_word_of_the_reference_means_what_it_says_there(word: str) -> None:
    assert (shown(word).status, shown(word).raw_status) == (MEANS[word], word)


def test_alpacas_own_sdk_knows_no_other_word() -> None:
    ask = "from alpaca.trading.enums import OrderStatus; print(*(each.value for each in OrderStatus))"
    said = ask_oracle("alpaca", ask)
    assert set(said.split()) == set(MEANS)
