"""TradeStation's words for the status of an order, from its document and from tradestation-api-python."""

import asyncio
from decimal import Decimal

import pytest

from nostro.domain.cancel import OrderFound
from nostro.domain.order import Order, OrderStatus
from tests.brokers.oracle import ask_oracle

from .said import ACCOUNT, REF, broker, leg, shown

MEANS = {
    "ACK": OrderStatus.NEW,
    "ASS": OrderStatus.UNRECOGNIZED,
    "BRC": OrderStatus.UNRECOGNIZED,
    "BRF": OrderStatus.UNRECOGNIZED,
    "BRO": OrderStatus.UNRECOGNIZED,
    "CAN": OrderStatus.CANCELED,
    "CHG": OrderStatus.NEW,
    "CND": OrderStatus.NEW,
    "COR": OrderStatus.UNRECOGNIZED,
    "DIS": OrderStatus.NEW,
    "DOA": OrderStatus.UNRECOGNIZED,
    "DON": OrderStatus.NEW,
    "ECN": OrderStatus.PENDING_CANCEL,
    "EXE": OrderStatus.UNRECOGNIZED,
    "EXP": OrderStatus.EXPIRED,
    "FLL": OrderStatus.FILLED,
    "FLP": OrderStatus.CANCELED,
    "FPR": OrderStatus.PARTIALLY_FILLED,
    "LAT": OrderStatus.UNRECOGNIZED,
    "OPN": OrderStatus.NEW,
    "OSO": OrderStatus.HELD,
    "OTHER": OrderStatus.UNRECOGNIZED,
    "OUT": OrderStatus.UNRECOGNIZED,
    "PLA": OrderStatus.PENDING_NEW,
    "REC": OrderStatus.PENDING_CANCEL,
    "REJ": OrderStatus.REJECTED,
    "RJC": OrderStatus.NEW,
    "RJR": OrderStatus.NEW,
    "RPD": OrderStatus.PENDING_REPLACE,
    "RSN": OrderStatus.PENDING_REPLACE,
    "SCN": OrderStatus.CANCELED,
    "STP": OrderStatus.NEW,
    "STT": OrderStatus.NEW,
    "SUS": OrderStatus.SUSPENDED,
    "TSC": OrderStatus.CANCELED,
    "UCH": OrderStatus.UNRECOGNIZED,
    "UCN": OrderStatus.PENDING_CANCEL,
}
"""TradeStation's OpenAPI document, schema `Status`: what each word proves of an order of which nothing is
filled, and whose end is not dated (see SOURCES in the adapter's `spec.py`)."""

DATED = {
    "BRC": OrderStatus.CANCELED,
    "BRO": OrderStatus.REJECTED,
    "CAN": OrderStatus.CANCELED,
    "DOA": OrderStatus.REJECTED,
    "LAT": OrderStatus.UNRECOGNIZED,
    "OUT": OrderStatus.CANCELED,
    "RJC": OrderStatus.UNRECOGNIZED,
    "RJR": OrderStatus.UNRECOGNIZED,
    "STP": OrderStatus.NEW,  # an event that Lean recorded has a time of closing, and the order worked on
    "UCH": OrderStatus.UNRECOGNIZED,
}
AT = "2026-03-02T15:00:05Z"


def seen(word: str, executed: str = "0", **changes: object) -> Order:
    said = shown(Status=word, Legs=[leg("10", executed)], **changes)
    look = asyncio.run(broker(said).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    return look.order


@pytest.mark.parametrize("word", MEANS)
def test_a_word_of_the_document_proves_no_more_than_it_says_there(word: str) -> None:
    assert (seen(word).status, seen(word).raw_status) == (MEANS[word], word)


@pytest.mark.parametrize("word", DATED)
def test_some_words_end_an_order_once_its_end_is_dated(word: str) -> None:
    assert seen(word, ClosedDateTime=AT).status is DATED[word]


@pytest.mark.parametrize(
    "word", ["ACK", "STP", "FPR", "UCN", "LAT", "RJC", "RJR", "BRF", "EXE", "ASS", "COR"]
)
def test_an_order_is_filled_when_all_of_it_was_executed(word: str) -> None:
    assert seen(word, "10").status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("ACK", OrderStatus.PARTIALLY_FILLED),
        ("RJC", OrderStatus.PARTIALLY_FILLED),
        ("UCN", OrderStatus.PENDING_CANCEL),
        ("BRF", OrderStatus.UNRECOGNIZED),
        ("LAT", OrderStatus.UNRECOGNIZED),
        ("FLP", OrderStatus.CANCELED),
    ],
)
def test_a_part_that_was_executed_ends_nothing(word: str, status: OrderStatus) -> None:
    assert (seen(word, "4").status, seen(word, "4").filled_quantity) == (status, Decimal(4))


def test_a_new_word_is_kept_and_proves_nothing() -> None:
    order = seen("HAUNTED", "10", ClosedDateTime=AT)
    assert (order.status, order.raw_status) == (OrderStatus.UNRECOGNIZED, "HAUNTED")


def test_a_client_of_others_knows_no_other_word() -> None:
    said = ask_oracle(
        "tradestation",
        "from tradestation.ts_types.order_execution import OrderStatus;"
        "print(*(each.value for each in OrderStatus))",
    )
    assert set(said.split()) == set(MEANS)
