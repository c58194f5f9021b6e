"""How orders rest, fill, end and are replaced."""

from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.domain.order import OrderStatus, OrderType, PriceEffect, TimeInForce
from nostro.domain.place import Replacement
from nostro.sim.exchange import Exchange
from nostro.sim.refusals import CancelAlreadyPending, OrderClosed, Refused, UnknownOrder
from tests.sim.market import ACCOUNT, OPENED_AT, OTHER_ACCOUNT, ToldClock, buy, sell, spread

LIMIT = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY)


def test_a_limit_below_the_ask_rests(exchange: Exchange) -> None:
    assert exchange.place(ACCOUNT, buy(limit="100")).status is OrderStatus.NEW


def test_a_limit_at_the_ask_fills_at_the_ask(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, buy(limit="105"))
    assert (order.status, order.average_price) == (OrderStatus.FILLED, Decimal(101))


def test_a_market_sell_fills_at_the_bid(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, sell())
    assert (order.status, order.average_price) == (OrderStatus.FILLED, Decimal(99))


def test_a_resting_buy_fills_when_the_ask_comes_down_to_it(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.set_quote("AAPL", Decimal(98), Decimal(100))
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.FILLED


def test_a_resting_buy_stays_while_the_ask_is_above_it(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.set_quote("AAPL", Decimal(98), Decimal("100.01"))
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.NEW


def test_resting_orders_of_two_accounts_do_not_trade_with_each_other(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy(limit="100"))
    resting = exchange.place(OTHER_ACCOUNT, sell(limit="100"))
    assert resting.status is OrderStatus.NEW


def test_a_buy_stop_waits_below_its_price(exchange: Exchange) -> None:
    assert exchange.place(ACCOUNT, buy(stop="105")).status is OrderStatus.NEW


def test_a_buy_stop_fills_when_the_ask_reaches_it(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(stop="105")).brokerage_order_id
    exchange.set_quote("AAPL", Decimal(104), Decimal(105))
    assert exchange.order(ACCOUNT, order_id).average_price == Decimal(105)


def test_a_sell_stop_fills_when_the_bid_comes_down_to_it(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, sell(stop="95")).brokerage_order_id
    exchange.set_quote("AAPL", Decimal(95), Decimal(97))
    assert exchange.order(ACCOUNT, order_id).average_price == Decimal(95)


def test_a_stop_limit_beyond_its_limit_rests_after_its_trigger(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(stop="105", limit="106")).brokerage_order_id
    exchange.set_quote("AAPL", Decimal(107), Decimal(108))
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.NEW


def test_a_triggered_stop_limit_fills_below_its_stop(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(stop="105", limit="106")).brokerage_order_id
    exchange.set_quote("AAPL", Decimal(107), Decimal(108))
    exchange.set_quote("AAPL", Decimal(99), Decimal(101))
    assert exchange.order(ACCOUNT, order_id).average_price == Decimal(101)


@pytest.mark.parametrize("tif", [TimeInForce.FOK, TimeInForce.IOC])
def test_an_order_for_at_once_is_canceled_when_it_cannot_fill(exchange: Exchange, tif: TimeInForce) -> None:
    order = exchange.place(ACCOUNT, buy(limit="100", tif=tif))
    assert (order.status, order.canceled_quantity) == (OrderStatus.CANCELED, Decimal(10))


@pytest.mark.parametrize("tif", [TimeInForce.FOK, TimeInForce.IOC])
def test_an_order_for_at_once_fills_when_the_quote_allows_it(exchange: Exchange, tif: TimeInForce) -> None:
    assert exchange.place(ACCOUNT, buy(limit="101", tif=tif)).status is OrderStatus.FILLED


def test_an_order_by_value_buys_units_rounded_down(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, buy(None, notional="100"))
    assert (order.quantity, order.notional) == (Decimal("0.990099009"), Decimal(100))


def test_an_order_by_value_buys_coins_to_their_eighth_decimal(exchange: Exchange) -> None:
    exchange.set_quote("BTC/USD", Decimal(95_000), Decimal(95_001))
    order = exchange.place(ACCOUNT, buy(None, "BTC/USD", notional="250"))
    assert (order.quantity, order.filled_quantity) == (Decimal("0.00263155"), Decimal("0.00263155"))


def test_a_debit_spread_fills_at_its_net_price(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, spread(limit="5"))
    prices = [leg.average_price for leg in order.legs]
    assert (order.average_price, prices) == (Decimal(5), [Decimal(8), Decimal(3)])


def test_a_debit_spread_rests_below_its_net_price(exchange: Exchange) -> None:
    assert exchange.place(ACCOUNT, spread(limit="4.99")).status is OrderStatus.NEW


def test_a_credit_spread_fills_for_at_least_its_credit(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, spread(limit="3", effect=PriceEffect.CREDIT))
    assert (order.status, order.average_price) == (OrderStatus.FILLED, Decimal(3))


def test_a_credit_spread_rests_above_what_the_market_pays(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, spread(limit="3.01", effect=PriceEffect.CREDIT))
    assert order.status is OrderStatus.NEW


def test_an_even_spread_waits_for_a_net_price_of_zero(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, spread(limit="0", effect=PriceEffect.EVEN))
    assert order.status is OrderStatus.NEW


def test_a_spread_fills_when_one_of_its_legs_moves_enough(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, spread(limit="4")).brokerage_order_id
    exchange.set_quote("AAPL260320C00110000", Decimal(4), Decimal(5))
    assert exchange.order(ACCOUNT, order_id).average_price == Decimal(4)


def test_a_told_net_price_is_spread_over_the_legs(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, spread(limit="3", effect=PriceEffect.DEBIT))
    filled = exchange.fill(order.brokerage_order_id)
    assert [leg.average_price for leg in filled.legs] == [Decimal(6), Decimal(3)]


def test_a_told_part_fill_leaves_the_rest_open(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    order = exchange.fill(order_id, Decimal(4))
    assert (order.status, order.open_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal(6))


def test_the_average_price_weighs_fills_by_their_units(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.fill(order_id, Decimal(4), Decimal(100))
    assert exchange.fill(order_id, Decimal(6), Decimal(90)).average_price == Decimal(94)


def test_a_fill_of_more_than_is_open_is_refused(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    with pytest.raises(Refused, match="only 10 units open"):
        exchange.fill(order_id, Decimal(11))


def test_a_canceled_part_fill_keeps_its_fill(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.fill(order_id, Decimal(4))
    order = exchange.request_cancel(ACCOUNT, order_id)
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal(4), Decimal(6))


def test_a_closed_order_cannot_be_canceled(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy()).brokerage_order_id
    with pytest.raises(OrderClosed) as refused:
        exchange.request_cancel(ACCOUNT, order_id)
    assert refused.value.order.status is OrderStatus.FILLED


def test_another_accounts_order_cannot_be_canceled(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    with pytest.raises(UnknownOrder):
        exchange.request_cancel(OTHER_ACCOUNT, order_id)


def test_an_acknowledged_cancel_leaves_the_order_pending(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    assert exchange.acknowledge_cancel(ACCOUNT, order_id).status is OrderStatus.PENDING_CANCEL


def test_an_order_with_a_pending_cancel_still_fills(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    exchange.set_quote("AAPL", Decimal(98), Decimal(100))
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.FILLED


def test_a_part_fill_does_not_end_a_pending_cancel(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    assert exchange.fill(order_id, Decimal(1)).status is OrderStatus.PENDING_CANCEL


def test_a_second_cancel_is_refused_while_one_is_pending(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    with pytest.raises(CancelAlreadyPending):
        exchange.request_cancel(ACCOUNT, order_id)


def test_a_pending_cancel_is_carried_out_when_its_delay_is_over(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id, 30)
    exchange.advance(30)
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.CANCELED


def test_a_pending_cancel_waits_for_its_delay(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id, 30)
    exchange.advance(29)
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.PENDING_CANCEL


def test_the_roll_carries_out_pending_cancels_before_it_expires_orders(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    exchange.advance(6 * 3600)
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.CANCELED


def test_the_roll_carries_out_a_cancel_that_would_take_longer(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100", tif=TimeInForce.GTC)).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id, 7 * 86_400)
    exchange.advance(6 * 3600)
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.CANCELED


def test_a_cancel_acknowledged_at_a_roll_waits_for_the_next(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100", tif=TimeInForce.GTC)).brokerage_order_id
    exchange.advance(6 * 3600)
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    before = exchange.order(ACCOUNT, order_id).status
    exchange.advance(24 * 3600)
    after = exchange.order(ACCOUNT, order_id).status
    assert (before, after) == (OrderStatus.PENDING_CANCEL, OrderStatus.CANCELED)


def test_all_pending_cancels_can_be_carried_out_at_once(exchange: Exchange) -> None:
    ids = [exchange.place(ACCOUNT, buy(limit=limit)).brokerage_order_id for limit in ("100", "99")]
    for order_id in ids:
        exchange.acknowledge_cancel(ACCOUNT, order_id, 60)
    exchange.carry_out_pending_cancels()
    assert {exchange.order(ACCOUNT, order_id).status for order_id in ids} == {OrderStatus.CANCELED}


def test_a_told_cancel_carries_out_a_pending_one(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    assert exchange.cancel(order_id).status is OrderStatus.CANCELED


def test_a_told_rejection_says_why(exchange: Exchange) -> None:
    order = exchange.reject(exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id)
    assert (order.status, order.reject_reason) == (OrderStatus.REJECTED, "told")


def test_a_told_expiry_ends_the_order(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    assert exchange.expire(order_id).status is OrderStatus.EXPIRED


@pytest.mark.parametrize(
    ("entered_after_h", "open_after_h", "expired_after_h"),
    [(0, 5.99, 6), (4.99, 5.99, 6), (5, 29.99, 30), (6, 29.99, 30)],
)
def test_a_day_order_expires_at_the_roll_of_its_day(
    exchange: Exchange, entered_after_h: float, open_after_h: float, expired_after_h: float
) -> None:
    exchange.advance(entered_after_h * 3600)
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.advance((open_after_h - entered_after_h) * 3600)
    before = exchange.order(ACCOUNT, order_id).status
    exchange.advance((expired_after_h - open_after_h) * 3600)
    after = exchange.order(ACCOUNT, order_id).status
    assert (before, after) == (OrderStatus.NEW, OrderStatus.EXPIRED)


def test_an_expiry_found_late_happened_at_its_own_time(exchange: Exchange, clock: ToldClock) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    clock.pass_time(72 * 3600)
    assert exchange.order(ACCOUNT, order_id).updated_at == OPENED_AT.replace(hour=21)


def test_a_gtc_order_outlives_the_day(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100", tif=TimeInForce.GTC)).brokerage_order_id
    exchange.advance(90 * 86_400)
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.NEW


def test_a_gtd_order_expires_at_its_time(exchange: Exchange) -> None:
    expires_at = OPENED_AT + timedelta(days=3)
    order = exchange.place(ACCOUNT, buy(limit="100", tif=TimeInForce.GTD, expires_at=expires_at))
    exchange.advance(3 * 86_400)
    expired = exchange.order(ACCOUNT, order.brokerage_order_id)
    assert (expired.status, expired.updated_at) == (OrderStatus.EXPIRED, expires_at)


def test_a_replace_links_both_orders(exchange: Exchange) -> None:
    old_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    new = exchange.replace(ACCOUNT, old_id, LIMIT)
    old = exchange.order(ACCOUNT, old_id)
    assert (old.status, old.replaced_by, new.replaces) == (
        OrderStatus.REPLACED,
        new.brokerage_order_id,
        old_id,
    )


def test_a_replace_keeps_what_it_does_not_name(exchange: Exchange) -> None:
    old = exchange.place(ACCOUNT, buy(limit="100"))
    new = exchange.replace(ACCOUNT, old.brokerage_order_id, LIMIT)
    assert (new.limit_price, new.quantity, new.legs) == (old.limit_price, old.quantity, old.legs)


def test_a_replace_of_a_part_filled_order_takes_over_what_is_open(exchange: Exchange) -> None:
    old_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.fill(old_id, Decimal(4))
    assert exchange.replace(ACCOUNT, old_id, LIMIT).quantity == Decimal(6)


def test_a_replace_can_fill_at_once(exchange: Exchange) -> None:
    old_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    terms = Replacement(order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, limit_price=Decimal(101))
    assert exchange.replace(ACCOUNT, old_id, terms).status is OrderStatus.FILLED


def test_a_replaced_order_cannot_be_canceled(exchange: Exchange) -> None:
    old_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    successor = exchange.replace(ACCOUNT, old_id, LIMIT)
    with pytest.raises(OrderClosed) as refused:
        exchange.request_cancel(ACCOUNT, old_id)
    assert refused.value.order.replaced_by == successor.brokerage_order_id


def test_a_replace_is_refused_while_a_cancel_is_pending(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    exchange.acknowledge_cancel(ACCOUNT, order_id)
    with pytest.raises(CancelAlreadyPending):
        exchange.replace(ACCOUNT, order_id, LIMIT)


def test_a_replace_may_spend_what_the_old_order_set_aside(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy("900", limit="100")).brokerage_order_id
    assert exchange.replace(ACCOUNT, order_id, LIMIT).status is OrderStatus.NEW


def test_a_refused_replace_leaves_the_order_open(exchange: Exchange) -> None:
    order_id = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    terms = Replacement(
        order_type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, quantity=Decimal(1_000_000)
    )
    with pytest.raises(Refused):
        exchange.replace(ACCOUNT, order_id, terms)
    assert exchange.order(ACCOUNT, order_id).status is OrderStatus.NEW


def test_a_client_order_id_finds_the_newest_of_its_orders(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy(limit="100", client_id="twice"))
    newest = exchange.place(ACCOUNT, buy(limit="99", client_id="twice"))
    assert exchange.find_client_order(ACCOUNT, "twice") == newest


def test_a_client_order_id_is_not_found_from_another_account(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy(limit="100", client_id="mine"))
    with pytest.raises(UnknownOrder):
        exchange.find_client_order(OTHER_ACCOUNT, "mine")


def test_the_list_has_open_orders_and_lately_closed_ones_newest_first(exchange: Exchange) -> None:
    old_open = exchange.place(ACCOUNT, buy(limit="90", tif=TimeInForce.GTC))
    exchange.place(ACCOUNT, buy())
    exchange.advance(60)
    lately_closed = exchange.place(ACCOUNT, sell())
    assert exchange.orders(ACCOUNT, exchange.now()) == [lately_closed, old_open]


def test_an_order_can_be_placed_under_a_chosen_id(exchange: Exchange) -> None:
    chosen = "66a033fa-da74-4fcf-b527-feefdec9257e"
    assert exchange.place_with_id(ACCOUNT, buy(limit="100"), chosen).brokerage_order_id == chosen


def test_a_chosen_id_cannot_be_taken_twice(exchange: Exchange) -> None:
    chosen = exchange.place(ACCOUNT, buy(limit="100")).brokerage_order_id
    with pytest.raises(Refused, match="already"):
        exchange.place_with_id(ACCOUNT, buy(limit="100"), chosen)
