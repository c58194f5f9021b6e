"""Orders, accounts, money and positions as Tradier writes them."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.tradier.spec import SANDBOX_SPEC, SPEC
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.account import Balance
from nostro.domain.cancel import (
    LookFailed,
    OrderAbsent,
    OrderAmbiguous,
    OrderFound,
)
from nostro.domain.errors import ReadFailed
from nostro.domain.ids import BrokerageOrderId, ClientOrderId
from nostro.domain.instrument import AssetClass
from nostro.domain.order import (
    OrderStatus,
    PriceEffect,
)
from tests.brokers.scripted import answer

from .said import (
    ACCOUNT,
    DEAD_TOKEN,
    MINE,
    OF_ANOTHER,
    ORDER_ID,
    REF,
    T0,
    broker,
    row,
)

MEANS = {
    "open": OrderStatus.NEW,
    "submitted": OrderStatus.NEW,
    "accepted_for_bidding": OrderStatus.NEW,
    "calculated": OrderStatus.NEW,
    "pending": OrderStatus.PENDING_NEW,
    "held": OrderStatus.HELD,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
    "error": OrderStatus.REJECTED,
}
"""Words that were seen, or that a client of Tradier's knows (see SOURCES in the adapter's `spec.py`)."""


@pytest.mark.parametrize("word", MEANS)
def test_every_status_is_known(word: str) -> None:
    look = asyncio.run(broker(answer(200, {"order": row(status=word)})).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    assert (look.order.status, look.order.raw_status) == (MEANS[word], word)


def test_a_new_word_and_an_order_that_nostro_could_not_place_are_shown_all_the_same() -> None:
    said = row(status="haunted", type="trailing", duration="pre")
    look = asyncio.run(broker(answer(200, {"order": said})).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    shown = look.order
    assert (shown.status, shown.order_type, shown.time_in_force) == (OrderStatus.UNRECOGNIZED, None, None)
    assert shown.extended_hours


def test_a_spread_is_one_order_and_a_group_is_several() -> None:
    legs = [
        row(id=1, side="buy_to_open", option_symbol="AAPL260320C00100000", quantity=3.0),
        row(id=2, side="sell_to_open", option_symbol="AAPL260320C00110000", quantity=6.0),
    ]
    spread = row(id=3, type="credit", side="buy", quantity=3.0, leg=legs, **{"class": "multileg"})
    members = [row(id=5), row(id=6, type="stop", stop_price=90.0)]
    group = row(id=4, leg=members, type=None, side=None, **{"class": "oco"})
    found = asyncio.run(broker(answer(200, {"orders": {"order": [spread, group]}})).list_orders(ACCOUNT, T0))
    orders = {order.brokerage_order_id: order for order in found}
    assert set(orders) == {"3", "4", "5", "6"}
    assert [leg.ratio for leg in orders[BrokerageOrderId("3")].legs] == [Decimal(1), Decimal(2)]
    assert orders[BrokerageOrderId("3")].price_effect is PriceEffect.CREDIT
    assert orders[BrokerageOrderId("3")].asset_class is AssetClass.OPTION
    assert orders[BrokerageOrderId("6")].stop_price == Decimal(90)


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ({"orders": "null"}, 0),
        ({"orders": None}, 0),
        ({"orders": {"order": row()}}, 1),
        ({"orders": {"order": [row(), row(id=2)]}}, 2),
    ],
)
def test_a_list_of_nothing_one_and_more_is_read(document: object, count: int) -> None:
    assert len(asyncio.run(broker(answer(200, document)).list_orders(ACCOUNT, T0))) == count


def test_a_list_leaves_out_what_was_closed_before() -> None:
    late = T0 + timedelta(seconds=6)
    document = {"orders": {"order": [row(status="filled"), row(id=2)]}}
    listed = asyncio.run(broker(answer(200, document)).list_orders(ACCOUNT, late))
    assert [order.brokerage_order_id for order in listed] == ["2"]


def test_an_order_is_found_by_its_tag_if_there_is_one_alone() -> None:
    def find(*rows: dict[str, Any]) -> object:
        said = answer(200, {"orders": {"order": list(rows)}})
        return asyncio.run(broker(said).find_client_order(ACCOUNT, ClientOrderId("c-1")))

    found = find(row(), row(id=2, tag="c-2"))
    assert isinstance(found, OrderFound)
    assert found.order.brokerage_order_id == ORDER_ID
    assert find(row(tag=None)) == OrderAbsent()
    assert find(row(), row(id=2)) == OrderAmbiguous()
    lost = asyncio.run(broker(NoReply("lost")).find_client_order(ACCOUNT, ClientOrderId("c-1")))
    assert isinstance(lost, LookFailed)


def test_what_was_cancelled_is_what_was_not_filled() -> None:
    said = row(status="canceled", exec_quantity=4.0, avg_fill_price=100.25)
    look = asyncio.run(broker(answer(200, {"order": said})).look_up_order(ACCOUNT, REF))
    assert isinstance(look, OrderFound)
    order = look.order
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal(4), Decimal(6))
    assert order.average_price == Decimal("100.25")


def test_accounts_their_money_and_their_positions_are_read() -> None:
    [found] = asyncio.run(broker(MINE).list_accounts())
    assert (found.number, found.name, found.is_paper) == (ACCOUNT, "Tradier margin account", False)
    assert len(asyncio.run(broker(OF_ANOTHER).list_accounts())) == 2
    money = {"balances": {"total_cash": -5.5, "margin": {"stock_buying_power": 10}, "account_type": "margin"}}
    [balance] = asyncio.run(broker(answer(200, money)).list_balances(ACCOUNT))
    assert balance == Balance(currency="USD", cash=Decimal("-5.5"), buying_power=Decimal(10))
    rows = [
        {"symbol": "BRK/B", "quantity": 3.0, "cost_basis": 30.0, "id": 1, "date_acquired": "x"},
        {"symbol": "AAPL260320C00100000", "quantity": -2.0, "cost_basis": -300.0},
    ]
    held = asyncio.run(broker(answer(200, {"positions": {"position": rows}})).list_positions(ACCOUNT))
    assert [(each.instrument.symbol, each.quantity, each.average_price) for each in held] == [
        ("BRK.B", Decimal(3), Decimal(10)),
        ("AAPL  260320C00100000", Decimal(-2), Decimal("1.5")),
    ]
    assert asyncio.run(broker(answer(200, {"positions": "null"})).list_positions(ACCOUNT)) == []


@pytest.mark.parametrize("said", [DEAD_TOKEN, Reply(500, b""), Reply(200, b"[]"), NoReply("lost")])
def test_a_read_without_proof_failed(said: Reply | Exception) -> None:
    for read in (broker(said).list_accounts(), broker(said).list_orders(ACCOUNT, T0)):
        with pytest.raises(ReadFailed):
            asyncio.run(read)


def test_the_sandbox_is_the_same_at_another_address() -> None:
    assert (SPEC.is_paper, SANDBOX_SPEC.is_paper) == (False, True)
    assert SPEC.address != SANDBOX_SPEC.address
    assert SPEC.capabilities == SANDBOX_SPEC.capabilities
