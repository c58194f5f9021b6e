"""How the orders of a group hang together."""

from decimal import Decimal

import pytest

from nostro.domain.order import GroupType, OrderStatus, OrderType, TimeInForce
from nostro.domain.place import NewGroup, Replacement
from nostro.sim.exchange import Exchange
from nostro.sim.refusals import Refused
from tests.sim.market import ACCOUNT, buy, oco, oto, otoco, sell

TAKE_PROFIT = sell(limit="120")
STOP_LOSS = sell(stop="90")
ENTRY = buy(limit="100")


def place(exchange: Exchange, group: NewGroup) -> list[str]:
    return [order.brokerage_order_id for order in exchange.place_group(ACCOUNT, group)]


def status(exchange: Exchange, order_id: str) -> OrderStatus:
    return exchange.order(ACCOUNT, order_id).status


def test_both_peers_of_an_oco_work_at_once(exchange: Exchange) -> None:
    orders = exchange.place_group(ACCOUNT, oco(TAKE_PROFIT, STOP_LOSS))
    assert [order.status for order in orders] == [OrderStatus.NEW, OrderStatus.NEW]


def test_the_orders_of_a_group_share_its_id(exchange: Exchange) -> None:
    orders = exchange.place_group(ACCOUNT, otoco(ENTRY, TAKE_PROFIT, STOP_LOSS))
    assert len({(order.group_id, order.group_type) for order in orders}) == 1


def test_a_group_is_found_by_its_client_order_id(exchange: Exchange) -> None:
    orders = exchange.place_group(ACCOUNT, otoco(ENTRY, TAKE_PROFIT, STOP_LOSS))
    assert exchange.find_client_order(ACCOUNT, "c-group") == orders[0]


def test_the_fill_of_one_peer_cancels_the_other(exchange: Exchange) -> None:
    profit, loss = place(exchange, oco(TAKE_PROFIT, STOP_LOSS))
    exchange.set_quote("AAPL", Decimal(120), Decimal(121))
    assert (status(exchange, profit), status(exchange, loss)) == (OrderStatus.FILLED, OrderStatus.CANCELED)


def test_a_part_fill_of_one_peer_leaves_the_other(exchange: Exchange) -> None:
    profit, loss = place(exchange, oco(TAKE_PROFIT, STOP_LOSS))
    exchange.fill(profit, Decimal(1))
    assert status(exchange, loss) is OrderStatus.NEW


def test_the_cancel_of_one_peer_cancels_the_other(exchange: Exchange) -> None:
    profit, loss = place(exchange, oco(TAKE_PROFIT, STOP_LOSS))
    exchange.request_cancel(ACCOUNT, profit)
    assert status(exchange, loss) is OrderStatus.CANCELED


def test_the_rejection_of_one_peer_cancels_the_other(exchange: Exchange) -> None:
    profit, loss = place(exchange, oco(TAKE_PROFIT, STOP_LOSS))
    exchange.reject(profit)
    assert status(exchange, loss) is OrderStatus.CANCELED


def test_peers_expire_each_by_itself(exchange: Exchange) -> None:
    profit, loss = place(exchange, oco(TAKE_PROFIT, STOP_LOSS))
    exchange.advance(6 * 3600)
    assert (status(exchange, profit), status(exchange, loss)) == (OrderStatus.EXPIRED, OrderStatus.EXPIRED)


def test_the_successor_of_a_peer_takes_its_place(exchange: Exchange) -> None:
    profit, loss = place(exchange, oco(TAKE_PROFIT, STOP_LOSS))
    terms = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal(130))
    successor = exchange.replace(ACCOUNT, profit, terms)
    before = status(exchange, loss)
    exchange.request_cancel(ACCOUNT, successor.brokerage_order_id)
    assert (before, status(exchange, loss)) == (OrderStatus.NEW, OrderStatus.CANCELED)


def test_a_conditional_is_held(exchange: Exchange) -> None:
    _, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    assert status(exchange, conditional) is OrderStatus.HELD


def test_a_held_order_does_not_trade(exchange: Exchange) -> None:
    _, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    exchange.set_quote("AAPL", Decimal(130), Decimal(131))
    assert status(exchange, conditional) is OrderStatus.HELD


def test_a_held_order_cannot_be_told_to_fill(exchange: Exchange) -> None:
    _, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    with pytest.raises(Refused, match="waits for its trigger"):
        exchange.fill(conditional)


def test_the_fill_of_the_trigger_activates_the_conditional(exchange: Exchange) -> None:
    trigger, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    exchange.fill(trigger)
    assert status(exchange, conditional) is OrderStatus.NEW


def test_a_part_fill_of_the_trigger_activates_nothing(exchange: Exchange) -> None:
    trigger, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    exchange.fill(trigger, Decimal(9))
    assert status(exchange, conditional) is OrderStatus.HELD


def test_an_activated_market_order_fills_at_once(exchange: Exchange) -> None:
    trigger, conditional = place(exchange, oto(ENTRY, sell()))
    exchange.fill(trigger)
    assert status(exchange, conditional) is OrderStatus.FILLED


def test_the_day_of_a_conditional_begins_with_its_activation(exchange: Exchange) -> None:
    entry = buy(limit="100", tif=TimeInForce.GTC)
    trigger, conditional = place(exchange, oto(entry, TAKE_PROFIT))
    exchange.advance(2 * 86_400)
    exchange.fill(trigger)
    assert status(exchange, conditional) is OrderStatus.NEW


@pytest.mark.parametrize("end", ["cancel", "reject", "expire"])
def test_a_conditional_dies_with_a_trigger_that_did_not_fill(exchange: Exchange, end: str) -> None:
    trigger, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    getattr(exchange, end)(trigger)
    assert status(exchange, conditional) is OrderStatus.CANCELED


def test_the_cancel_of_a_conditional_leaves_its_trigger(exchange: Exchange) -> None:
    trigger, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    exchange.request_cancel(ACCOUNT, conditional)
    assert status(exchange, trigger) is OrderStatus.NEW


def test_the_successor_of_a_trigger_activates_the_conditional(exchange: Exchange) -> None:
    trigger, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    terms = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal(101))
    exchange.replace(ACCOUNT, trigger, terms)
    assert status(exchange, conditional) is OrderStatus.NEW


def test_the_successor_of_a_held_order_is_held(exchange: Exchange) -> None:
    _, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    terms = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal(130))
    assert exchange.replace(ACCOUNT, conditional, terms).status is OrderStatus.HELD


def test_a_held_order_with_a_pending_cancel_works_when_its_trigger_fills(exchange: Exchange) -> None:
    trigger, conditional = place(exchange, oto(ENTRY, TAKE_PROFIT))
    exchange.acknowledge_cancel(ACCOUNT, conditional)
    exchange.fill(trigger)
    assert exchange.fill(conditional).status is OrderStatus.FILLED


def test_an_otoco_goes_from_entry_to_exit(exchange: Exchange) -> None:
    trigger, profit, loss = place(exchange, otoco(ENTRY, TAKE_PROFIT, STOP_LOSS))
    exchange.set_quote("AAPL", Decimal(99), Decimal(100))
    exchange.set_quote("AAPL", Decimal(90), Decimal(91))
    assert [status(exchange, order_id) for order_id in (trigger, profit, loss)] == [
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.FILLED,
    ]


def test_the_cancel_of_a_held_peer_cancels_its_sibling_only(exchange: Exchange) -> None:
    trigger, profit, loss = place(exchange, otoco(ENTRY, TAKE_PROFIT, STOP_LOSS))
    exchange.request_cancel(ACCOUNT, profit)
    assert (status(exchange, loss), status(exchange, trigger)) == (OrderStatus.CANCELED, OrderStatus.NEW)


def test_a_group_with_wrong_roles_is_refused(exchange: Exchange) -> None:
    group = oco(TAKE_PROFIT, STOP_LOSS)
    wrong = NewGroup(type=GroupType.OTO, members=group.members, client_order_id=group.client_order_id)
    with pytest.raises(Refused, match="trigger, conditional"):
        exchange.place_group(ACCOUNT, wrong)


def test_a_group_with_one_bad_order_places_none(exchange: Exchange) -> None:
    with pytest.raises(Refused):
        exchange.place_group(ACCOUNT, oto(ENTRY, buy(symbol="NOPE", limit="1")))
    assert exchange.orders(ACCOUNT, exchange.now()) == []


def test_the_truth_log_names_the_group(exchange: Exchange) -> None:
    order = exchange.place_group(ACCOUNT, oco(TAKE_PROFIT, STOP_LOSS))[0]
    entries = [entry for entry in exchange.truth() if entry.brokerage_order_id == order.brokerage_order_id]
    assert [entry.detail["group_id"] for entry in entries] == [order.group_id]
