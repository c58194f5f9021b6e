"""Which orders are taken, and what they do to cash and holdings."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.domain.order import OrderType, PriceEffect, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder
from nostro.sim.exchange import Exchange
from nostro.sim.refusals import Refused, UnknownAccount
from tests.sim.market import ACCOUNT, CALL, CASH, OPENED_AT, buy, oto, sell, spread


def with_legs(*legs: NewLeg) -> NewOrder:
    return replace(spread(limit="5"), legs=legs)


BAD_ORDERS = [
    (buy(symbol="NOPE"), "Unknown symbol: NOPE"),
    (buy(symbol="AAPL  260301C00100000"), "Unknown symbol"),
    (buy(symbol="NOPE  260320C00100000"), "Unknown symbol"),
    (replace(buy(), order_type=OrderType.LIMIT), "needs a limit price"),
    (replace(buy(), order_type=OrderType.STOP), "needs a stop price"),
    (replace(buy(limit="100"), order_type=OrderType.MARKET), "has no limit price"),
    (replace(buy(stop="100"), order_type=OrderType.MARKET), "has no stop price"),
    (buy(limit="-1"), "limit price must be positive"),
    (buy(limit="NaN"), "limit price must be positive"),
    (buy(limit="sNaN"), "limit price must be positive"),
    (buy("0"), "must be positive"),
    (buy("1e30"), "below a billion"),
    (buy("0.0000000001"), "at most 9 decimals"),
    (buy(None), "either its units or its value"),
    (buy("1", notional="1"), "either its units or its value"),
    (buy("0.5", CALL), "whole units only"),
    (buy("0.5", "ESZ6"), "whole units only"),
    (buy(None, CALL, notional="100"), "cannot be traded by value"),
    (buy(None, notional="100", limit="100"), "Only market orders"),
    (buy(stop="105", tif=TimeInForce.FOK), "stop order cannot be"),
    (buy(limit="100", tif=TimeInForce.GTD), "needs the time at which it expires"),
    (buy(limit="100", tif=TimeInForce.GTD, expires_at=OPENED_AT), "is past"),
    (buy(limit="100", tif=TimeInForce.GTD, expires_at=OPENED_AT.replace(tzinfo=None)), "no offset"),
    (buy(limit="100", expires_at=OPENED_AT + timedelta(days=1)), "Only a good-till-date"),
    (replace(buy(limit="100"), price_effect=PriceEffect.DEBIT), "Only a multi-leg order"),
    (replace(spread(limit="5"), price_effect=None), "a debit, a credit or even"),
    (spread(limit="1", effect=PriceEffect.EVEN), "even order is zero"),
    (replace(spread(limit="5"), order_type=OrderType.STOP_LIMIT), "market or a limit order"),
    (with_legs(), "1 to 4 legs"),
    (with_legs(NewLeg(symbol=CALL, side=Side.BUY, ratio=Decimal("sNaN"))), "ratio of a single leg"),
    (
        with_legs(NewLeg(symbol=CALL, side=Side.BUY), NewLeg(symbol="AAPL", side=Side.SELL)),
        "Only options can be combined",
    ),
    (
        with_legs(NewLeg(symbol=CALL, side=Side.BUY), NewLeg(symbol=CALL, side=Side.SELL)),
        "a symbol of its own",
    ),
    (
        with_legs(NewLeg(symbol=CALL, side=Side.BUY), NewLeg(symbol="SPY260320C00590000", side=Side.SELL)),
        "same underlying",
    ),
    (
        with_legs(
            NewLeg(symbol=CALL, side=Side.BUY, ratio=Decimal("0.5")),
            NewLeg(symbol="AAPL260320C00120000", side=Side.SELL),
        ),
        "whole numbers from 1",
    ),
    (buy("1000"), "Insufficient buying power"),
    (buy("1000", limit="100.01"), "Insufficient buying power"),
    (spread(limit="10", quantity="101"), "Insufficient buying power"),
]


@pytest.mark.parametrize(("order", "reason"), BAD_ORDERS)
def test_a_bad_order_is_refused_with_a_reason(exchange: Exchange, order: NewOrder, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        exchange.place(ACCOUNT, order)


@pytest.mark.parametrize(("order", "reason"), BAD_ORDERS)
def test_a_refused_order_leaves_no_trace(exchange: Exchange, order: NewOrder, reason: str) -> None:
    before = exchange.truth()
    with pytest.raises(Refused, match=reason):
        exchange.place(ACCOUNT, order)
    assert exchange.truth() == before


@pytest.mark.parametrize(
    "order",
    [
        buy("0.5"),
        buy("0.5", "SPY"),
        buy("0.00000001", "BTC/USD"),
        buy("1", "ESZ6"),
        buy("1", "aapl260320c00100000"),
        buy("1", CALL),
    ],
    ids=lambda order: order.legs[0].symbol,
)
def test_every_class_can_be_bought(exchange: Exchange, order: NewOrder) -> None:
    assert exchange.place(ACCOUNT, order).filled_quantity == order.quantity


def test_an_order_of_an_unknown_account_is_refused(exchange: Exchange) -> None:
    with pytest.raises(UnknownAccount):
        exchange.place("A-9", buy())


def test_a_market_order_is_refused_when_nobody_quotes_its_side(exchange: Exchange) -> None:
    exchange.set_quote("AAPL", Decimal(99), None)
    with pytest.raises(Refused, match="Nobody quotes"):
        exchange.place(ACCOUNT, buy())


def test_a_quote_that_is_crossed_in_itself_is_refused(exchange: Exchange) -> None:
    with pytest.raises(Refused, match="bid cannot be above"):
        exchange.set_quote("AAPL", Decimal(102), Decimal(101))


def test_a_buy_is_paid_in_cash(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy())
    assert exchange.balance(ACCOUNT).cash == CASH - 1010


def test_an_option_counts_a_hundred_times(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy("2", CALL))
    assert exchange.balance(ACCOUNT).cash == CASH - 2 * 800


def test_a_spread_is_paid_at_its_net_price(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, spread(limit="5", quantity="2"))
    assert exchange.balance(ACCOUNT).cash == CASH - 2 * 500


def test_a_resting_buy_sets_money_aside(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy(limit="90"))
    assert exchange.balance(ACCOUNT).buying_power == CASH - 900


def test_a_cancel_frees_what_was_set_aside(exchange: Exchange) -> None:
    order = exchange.place(ACCOUNT, buy(limit="90"))
    exchange.request_cancel(ACCOUNT, order.brokerage_order_id)
    assert exchange.balance(ACCOUNT).buying_power == CASH


def test_a_held_order_sets_nothing_aside(exchange: Exchange) -> None:
    exchange.place_group(ACCOUNT, oto(buy(limit="90"), buy(limit="80")))
    assert exchange.balance(ACCOUNT).buying_power == CASH - 900


def test_an_activated_order_sets_money_aside(exchange: Exchange) -> None:
    trigger, _ = exchange.place_group(ACCOUNT, oto(sell(limit="120"), buy(limit="80")))
    exchange.fill(trigger.brokerage_order_id, price=Decimal(120))
    assert exchange.balance(ACCOUNT).buying_power == CASH + 1200 - 800


def test_a_bought_future_ties_up_a_tenth_of_its_value(exchange: Exchange) -> None:
    exchange.set_quote("ESZ6", Decimal(5000), Decimal(5000))
    exchange.place(ACCOUNT, buy("1", "ESZ6"))
    balance = exchange.balance(ACCOUNT)
    assert (balance.cash, balance.buying_power) == (CASH, CASH - 25_000)


def test_a_closed_future_leaves_its_gain(exchange: Exchange) -> None:
    exchange.set_quote("ESZ6", Decimal(5000), Decimal(5000))
    exchange.place(ACCOUNT, buy("1", "ESZ6"))
    exchange.set_quote("ESZ6", Decimal(5010), Decimal(5010))
    exchange.place(ACCOUNT, sell("1", "ESZ6"))
    assert exchange.balance(ACCOUNT).cash == CASH + 500


def test_a_flipped_short_future_pays_for_what_it_lost(exchange: Exchange) -> None:
    exchange.set_quote("ESZ6", Decimal(5000), Decimal(5000))
    exchange.place(ACCOUNT, sell("1", "ESZ6"))
    exchange.set_quote("ESZ6", Decimal(5010), Decimal(5010))
    exchange.place(ACCOUNT, buy("2", "ESZ6"))
    assert exchange.balance(ACCOUNT).cash == CASH - 500


def test_a_flipped_holding_begins_at_the_price_of_the_flip(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy("1"))
    exchange.place(ACCOUNT, sell("3"))
    position = exchange.positions(ACCOUNT)[0]
    assert (position.quantity, position.average_price) == (Decimal(-2), Decimal(99))


def test_a_holding_has_the_average_of_its_buys(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy("1"))
    exchange.set_quote("AAPL", Decimal(109), Decimal(111))
    exchange.place(ACCOUNT, buy("1"))
    position = exchange.positions(ACCOUNT)[0]
    assert (position.quantity, position.average_price) == (Decimal(2), Decimal(106))


def test_a_sale_keeps_the_average_of_what_is_left(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy("2"))
    exchange.place(ACCOUNT, sell("1"))
    assert exchange.positions(ACCOUNT)[0].average_price == Decimal(101)


def test_a_sold_out_holding_is_gone(exchange: Exchange) -> None:
    exchange.place(ACCOUNT, buy())
    exchange.place(ACCOUNT, sell())
    assert exchange.positions(ACCOUNT) == []


def test_a_preview_says_what_a_place_would_cost(exchange: Exchange) -> None:
    preview = exchange.preview(ACCOUNT, buy(limit="90"))
    assert (preview.cash_change, preview.remaining_cash) == (Decimal(-900), CASH - 900)


def test_a_preview_of_a_credit_spread_brings_cash(exchange: Exchange) -> None:
    preview = exchange.preview(ACCOUNT, spread(limit="3", effect=PriceEffect.CREDIT))
    assert preview.cash_change == Decimal(300)


def test_a_preview_places_nothing(exchange: Exchange) -> None:
    exchange.preview(ACCOUNT, buy(limit="90"))
    assert exchange.orders(ACCOUNT, OPENED_AT) == []


def test_an_account_number_is_opened_once(exchange: Exchange) -> None:
    with pytest.raises(Refused, match="open already"):
        exchange.open_account(ACCOUNT, CASH, owner="somebody else")


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_time_moves_forward_only(exchange: Exchange, seconds: float) -> None:
    with pytest.raises(Refused, match="forward only"):
        exchange.advance(seconds)
