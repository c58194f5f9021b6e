"""tastytrade's words for the status of an order, from its page and from a client of others."""

import asyncio

import pytest

from nostro.domain.cancel import OrderFound
from nostro.domain.order import Order, OrderStatus
from tests.brokers.oracle import ask_oracle

from .said import ACCOUNT, NEW_ID, REF, broker, shown

MEANS = {
    "Received": OrderStatus.PENDING_NEW,
    "Routed": OrderStatus.PENDING_NEW,
    "In Flight": OrderStatus.PENDING_NEW,
    "Live": OrderStatus.NEW,
    "Cancel Requested": OrderStatus.PENDING_CANCEL,
    "Replace Requested": OrderStatus.PENDING_REPLACE,
    "Contingent": OrderStatus.HELD,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELED,
    "Expired": OrderStatus.EXPIRED,
    "Rejected": OrderStatus.REJECTED,
    "Removed": OrderStatus.CANCELED,
    "Partially Removed": OrderStatus.CANCELED,
}
"""developer.tastytrade.com/order-flow, "Order Status Definitions"; the last six are terminal there."""


def seen(word: str, **changes: object) -> Order:
    look = asyncio.run(broker(shown(status=word, **changes)).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    return look.order


@pytest.mark.parametrize("word", MEANS)
def test_a_word_of_the_page_means_what_it_says_there(word: str) -> None:
    assert (seen(word).status, seen(word).raw_status) == (MEANS[word], word)


def test_a_new_word_is_kept_and_proves_nothing() -> None:
    assert (seen("Haunted").status, seen("Haunted").raw_status) == (OrderStatus.UNRECOGNIZED, "Haunted")


def test_an_order_that_was_replaced_is_not_taken_for_a_cancelled_one() -> None:
    replaced = seen("Cancelled", edited=True, replacing_order_id=int(NEW_ID))
    assert (replaced.status, replaced.replaced_by) == (OrderStatus.REPLACED, NEW_ID)
    assert replaced.canceled_quantity == 0
    alone = seen("Cancelled", edited=True)
    assert (alone.status, alone.replaced_by) == (OrderStatus.REPLACED, None)


@pytest.mark.parametrize("word", ["Live", "Replace Requested", "Filled"])
def test_a_successor_that_waits_still_replaces_nothing(word: str) -> None:
    order = seen(word, replacing_order_id=int(NEW_ID))
    assert (order.status, order.replaced_by) == (MEANS[word], None)


def test_the_client_of_others_knows_no_other_word() -> None:
    ask = "from tastytrade.order import OrderStatus; print(*(each.value for each in OrderStatus), sep='|')"
    said = ask_oracle("tastytrade", ask)
    assert set(said.split("|")) == set(MEANS)
