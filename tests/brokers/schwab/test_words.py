"""Schwab's words for the status of an order, from its document and from schwab-py."""

import asyncio

import pytest

from nostro.domain.cancel import OrderFound
from nostro.domain.order import Order, OrderStatus
from tests.brokers.oracle import ask_oracle

from .said import ACCOUNT, REF, broker, shown

MEANS = {
    "ACCEPTED": OrderStatus.NEW,
    "AWAITING_CONDITION": OrderStatus.HELD,
    "AWAITING_MANUAL_REVIEW": OrderStatus.PENDING_REVIEW,
    "AWAITING_PARENT_ORDER": OrderStatus.HELD,
    "AWAITING_RELEASE_TIME": OrderStatus.NEW,
    "AWAITING_STOP_CONDITION": OrderStatus.NEW,  # a stop order that rests
    "AWAITING_UR_OUT": OrderStatus.PENDING_CANCEL,  # "you are out" is what ends a cancel
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "FILLED": OrderStatus.FILLED,
    "NEW": OrderStatus.PENDING_NEW,
    "PENDING_ACKNOWLEDGEMENT": OrderStatus.PENDING_NEW,
    "PENDING_ACTIVATION": OrderStatus.NEW,  # until the market opens
    "PENDING_CANCEL": OrderStatus.PENDING_CANCEL,
    "PENDING_RECALL": OrderStatus.PENDING_CANCEL,
    "PENDING_REPLACE": OrderStatus.PENDING_REPLACE,
    "QUEUED": OrderStatus.NEW,
    "REJECTED": OrderStatus.REJECTED,
    "REPLACED": OrderStatus.REPLACED,
    "UNKNOWN": OrderStatus.UNRECOGNIZED,
    "WORKING": OrderStatus.NEW,
}
"""Schwab's OpenAPI document, schema `status` (see SOURCES in the adapter's `spec.py`)."""


def seen(word: str) -> Order:
    look = asyncio.run(broker(shown(status=word)).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    return look.order


@pytest.mark.parametrize("word", MEANS)
def test_a_word_of_the_document_means_what_it_says_there(word: str) -> None:
    assert (seen(word).status, seen(word).raw_status) == (MEANS[word], word)


def test_a_new_word_is_kept_and_proves_nothing() -> None:
    assert (seen("HAUNTED").status, seen("HAUNTED").raw_status) == (OrderStatus.UNRECOGNIZED, "HAUNTED")


def test_schwab_py_knows_no_other_word() -> None:
    ask = "from schwab.client import Client; print(*(each.value for each in Client.Order.Status))"
    said = ask_oracle("schwab", ask)
    assert set(said.split()) == set(MEANS)
