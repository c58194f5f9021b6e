"""How an open order takes new terms and keeps its id."""

from decimal import Decimal

import pytest

from nostro.domain.order import OrderStatus, OrderType, TimeInForce
from nostro.domain.place import Replacement
from nostro.sim.exchange import Exchange
from nostro.sim.refusals import CancelAlreadyPending, InsufficientFunds, OrderClosed
from tests.sim.market import ACCOUNT, CASH, buy


def terms(quantity: str | None = None, limit: str | None = None) -> Replacement:
    return Replacement(
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        quantity=None if quantity is None else Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
    )


def rest(exchange: Exchange) -> str:
    """Place an order for ten that rests."""
    return exchange.place(ACCOUNT, buy(limit="90")).brokerage_order_id


def test_an_amended_order_keeps_its_id_and_what_is_not_named(exchange: Exchange) -> None:
    order_id = rest(exchange)
    order = exchange.amend(ACCOUNT, order_id, terms(limit="91"))
    assert (order.brokerage_order_id, order.limit_price, order.quantity) == (
        order_id,
        Decimal(91),
        Decimal(10),
    )
    assert exchange.orders(ACCOUNT, order.placed_at) == [order]


def test_an_amended_quantity_counts_what_is_filled(exchange: Exchange) -> None:
    order_id = rest(exchange)
    exchange.fill(order_id, Decimal(4))
    order = exchange.amend(ACCOUNT, order_id, terms(quantity="6"))
    assert (order.filled_quantity, order.open_quantity) == (Decimal(4), Decimal(2))
    assert order.status is OrderStatus.PARTIALLY_FILLED


def test_an_amended_order_can_fill_at_once(exchange: Exchange) -> None:
    order = exchange.amend(ACCOUNT, rest(exchange), terms(limit="101"))
    assert (order.status, order.average_price) == (OrderStatus.FILLED, Decimal(101))


def test_money_is_set_aside_for_the_new_terms_alone(exchange: Exchange) -> None:
    exchange.amend(ACCOUNT, rest(exchange), terms(quantity="100", limit="50"))
    assert exchange.balance(ACCOUNT).buying_power == CASH - 5000


def test_terms_that_cannot_be_paid_leave_the_order_as_it_was(exchange: Exchange) -> None:
    order_id = rest(exchange)
    with pytest.raises(InsufficientFunds):
        exchange.amend(ACCOUNT, order_id, terms(quantity="2000"))
    assert exchange.order(ACCOUNT, order_id).quantity == 10


def test_an_order_that_ended_or_is_about_to_is_not_amended(exchange: Exchange) -> None:
    order_id = rest(exchange)
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    with pytest.raises(CancelAlreadyPending):
        exchange.amend(ACCOUNT, order_id, terms(limit="91"))
    exchange.cancel(order_id)
    with pytest.raises(OrderClosed):
        exchange.amend(ACCOUNT, order_id, terms(limit="91"))


def test_the_truth_log_tells_of_an_amended_order(exchange: Exchange) -> None:
    order = exchange.amend(ACCOUNT, rest(exchange), terms(quantity="3"))
    [entry] = [entry for entry in exchange.truth() if entry.detail.get("why") == "amended"]
    assert (entry.operation, entry.brokerage_order_id) == ("replace", order.brokerage_order_id)
