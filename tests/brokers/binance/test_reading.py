"""Orders, accounts, money and positions as Binance writes them."""

import asyncio
from decimal import Decimal

import pytest

from nostro.brokers.binance import KINDS
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.account import Balance
from nostro.domain.cancel import LookFailed, OrderFound
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import AssetClass
from nostro.domain.order import Order, OrderStatus, OrderType, Side, TimeInForce
from tests.brokers.scripted import answer

from .said import REF, T0, account, broker, info, prices, refusal, row


def shown(**said: object) -> Order:
    look = asyncio.run(broker(answer(200, row(**said))).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    return look.order


def test_an_order_is_shown_with_all_that_binance_says_of_it() -> None:
    order = shown(
        executedQty="0.50000000", cummulativeQuoteQty="19800.00000000", status="FILLED", side="SELL"
    )
    [leg] = order.legs
    assert (leg.instrument.symbol, leg.instrument.currency) == ("BTC/USDT", "USDT")
    assert (order.asset_class, leg.side, order.route) == (AssetClass.CRYPTO, Side.SELL, "BTC/USDT")
    assert (order.quantity, order.filled_quantity) == (Decimal("0.5"), Decimal("0.5"))
    assert (order.average_price, order.limit_price, order.stop_price) == (
        Decimal(39600),
        Decimal(40000),
        None,
    )
    assert (order.placed_at, order.filled_at) == (T0, order.updated_at)
    assert (order.notional, order.client_order_id, order.group_id) == (None, "c-1", None)


@pytest.mark.parametrize(
    ("word", "order_type"),
    [
        ("MARKET", OrderType.MARKET),
        ("LIMIT", OrderType.LIMIT),
        ("LIMIT_MAKER", OrderType.LIMIT),
        ("STOP_LOSS", OrderType.STOP),
        ("STOP_LOSS_LIMIT", OrderType.STOP_LIMIT),
        ("TAKE_PROFIT", None),
        ("TAKE_PROFIT_LIMIT", None),
        ("haunted", None),
    ],
)
def test_every_type_is_shown_as_what_nostro_has_a_word_for(word: str, order_type: OrderType | None) -> None:
    assert shown(type=word).order_type is order_type


def test_a_new_word_and_an_order_that_nostro_could_not_place_are_shown_all_the_same() -> None:
    order = shown(status="haunted", type="STOP_LOSS", trailingDelta=10, timeInForce="haunted", orderListId=3)
    assert (order.status, order.raw_status) == (OrderStatus.UNRECOGNIZED, "haunted")
    assert (order.order_type, order.time_in_force, order.group_id) == (None, None, "3")
    assert shown(timeInForce="IOC").time_in_force is TimeInForce.IOC
    assert shown(status="REJECTED").reject_reason == ""


def test_an_order_by_value_keeps_it_and_has_no_quantity_before_it_fills() -> None:
    order = shown(type="MARKET", price="0.00000000", origQty="0.00000000", origQuoteOrderQty="250.00000000")
    assert (order.notional, order.quantity, order.limit_price) == (Decimal(250), None, None)
    filled = shown(type="MARKET", origQty="0.00625", executedQty="0.00625", origQuoteOrderQty="250")
    assert (filled.notional, filled.quantity) == (Decimal(250), Decimal("0.00625"))


def test_of_an_old_order_the_average_is_not_known() -> None:
    assert shown(executedQty="0.5", cummulativeQuoteQty="-1.00000000").average_price is None


@pytest.mark.parametrize(
    "said",
    [
        {"side": "haunted"},
        {"origQty": "many"},
        {"origQty": "Infinity"},
        {"executedQty": None},
        {"time": 10**18},
        {"time": None, "updateTime": None},
        {"orderId": "1"},
        {"status": None},
    ],
)
def test_an_order_that_cannot_be_read_is_none(said: dict[str, object]) -> None:
    look = asyncio.run(broker(answer(200, row(**said))).look_up_order("", REF))
    assert isinstance(look, LookFailed)


def test_an_account_and_its_money_are_read() -> None:
    [found] = asyncio.run(broker(account()).list_accounts())
    assert (found.number, found.name, found.is_paper) == ("354937868", "Binance account", False)
    held = account(USDT="10.5", BTC="1", EUR="0.00000000")
    assert asyncio.run(broker(held).list_balances("")) == [
        Balance(currency="USDT", cash=Decimal("10.75"), buying_power=Decimal("10.5")),
        Balance(currency="EUR", cash=Decimal("0.25"), buying_power=Decimal(0)),
    ]


def test_of_what_an_account_has_nothing_of_nothing_is_said() -> None:
    nothing = [{"asset": asset, "free": "0.00000000", "locked": "0.00000000"} for asset in ("USDT", "BTC")]
    said = answer(200, {"uid": 1, "balances": nothing})
    assert asyncio.run(broker(said).list_balances("")) == []
    assert asyncio.run(broker(said).list_positions("")) == []


def test_what_is_no_money_is_a_position_in_its_first_pair_with_money() -> None:
    market = prices("BTCUSDT", "BTCUSDC", "ETHUSD", "ODDEUR", "USDTTRY")
    pairs = info("BTC/USDT", "ETH/USD", "OD/DEUR")
    held = account(BTC="1", ETH="2", ODD="3", LDBTC="4", USDT="5")
    positions = asyncio.run(broker(held, market, pairs).list_positions(""))
    assert [(each.instrument.symbol, each.instrument.currency, each.quantity) for each in positions[:2]] == [
        ("BTC/USDT", "USDT", Decimal("1.25")),
        ("ETH/USD", "USD", Decimal("2.25")),
    ]
    assert [each.last_price for each in positions[:2]] == [Decimal("4.000002")] * 2
    assert [each.instrument.symbol for each in positions[2:]] == ["ODD", "LDBTC"]
    assert {each.instrument.asset_class for each in positions} == {AssetClass.CRYPTO}
    assert [each.last_price for each in positions[2:]] == [None, None]


def test_an_account_of_money_has_no_positions_and_no_price_is_asked_for() -> None:
    assert asyncio.run(broker(account(USDT="1"), NoReply("lost")).list_positions("")) == []


@pytest.mark.parametrize(
    "said", [refusal(-2015, status=401), refusal(-1021), Reply(500, b""), Reply(200, b"{}"), NoReply("lost")]
)
def test_a_read_without_proof_failed(said: Reply | Exception) -> None:
    for read in (
        broker(said).list_accounts(),
        broker(said).list_balances(""),
        broker(said).list_positions(""),
        broker(account(BTC="1"), said).list_positions(""),
        broker(account(BTC="1"), prices("BTCUSDT"), said).list_positions(""),
    ):
        with pytest.raises(ReadFailed):
            asyncio.run(read)


def test_what_is_not_asked_for_here_fails_and_sends_nothing() -> None:
    for read in (broker().list_quotes([]), broker().list_instruments()):
        with pytest.raises(ReadFailed):
            asyncio.run(read)


def test_the_test_network_is_the_same_at_another_address() -> None:
    live, test = (kind.spec for kind in KINDS)
    assert (live.is_paper, test.is_paper) == (False, True)
    assert live.address != test.address
    assert live.capabilities == test.capabilities
