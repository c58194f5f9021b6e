"""What Kraken shows, as the domain's values: orders, lists of them, money, names."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nostro.brokers.kraken.orders import PAGE_MAX, PAGES_MAX
from nostro.brokers.transport import NoReply, Reply
from nostro.domain.account import Balance
from nostro.domain.cancel import OrderFound
from nostro.domain.errors import ReadFailed
from nostro.domain.instrument import AssetClass
from nostro.domain.order import Order, OrderStatus, OrderType, Side, TimeInForce

from .said import ORDER_ID, OTHER_ID, REF, T0, connect, failed, kraken, listed_pairs, ok, row

CLOSED_AT = datetime(2023, 7, 6, 18, 5, 10, 500000, tzinfo=UTC)
_CLOSED_S = 1688666710.5


def seen(**changes: Any) -> Order:
    look = asyncio.run(connect(kraken(QueryOrders=ok({ORDER_ID: row(**changes)}))).look_up_order("", REF))
    assert isinstance(look, OrderFound), look
    return look.order


def test_an_open_order_is_read_whole() -> None:
    order = seen(vol_exec="0.37500000", cost="11253.7", price="30010.0")
    assert (order.status, order.raw_status) == (OrderStatus.PARTIALLY_FILLED, "open")
    assert (order.order_type, order.time_in_force) == (OrderType.LIMIT, None)
    assert (order.quantity, order.filled_quantity) == (Decimal("1.25"), Decimal("0.375"))
    assert (order.average_price, order.limit_price, order.stop_price) == (
        Decimal(30010),
        Decimal(30010),
        None,
    )
    assert order.placed_at == order.updated_at == datetime(2023, 7, 6, 18, 2, 39, 897400, tzinfo=UTC)
    assert (order.filled_at, order.expires_at) == (None, None)
    [leg] = order.legs
    assert (leg.side, leg.instrument.symbol, leg.instrument.currency) == (Side.BUY, "BTC/USD", "USD")
    assert leg.instrument.asset_class is AssetClass.CRYPTO


def test_what_was_canceled_is_what_was_not_filled() -> None:
    order = seen(
        status="canceled", closetm=_CLOSED_S, vol_exec="0.25", price="30010.0", reason="User requested"
    )
    assert (order.filled_quantity, order.canceled_quantity) == (Decimal("0.25"), Decimal(1))
    assert order.updated_at == CLOSED_AT
    assert order.filled_at is None


def test_an_amount_is_read_to_its_last_digit_also_as_a_number() -> None:
    text = Reply(200, ok({ORDER_ID: row()}).body.replace(b'"1.25000000"', b"1.250000000000000000001"))
    look = asyncio.run(connect(kraken(QueryOrders=text)).look_up_order("", REF))
    assert isinstance(look, OrderFound)
    assert look.order.quantity == Decimal("1.250000000000000000001")


@pytest.mark.parametrize(
    ("descr", "kind", "stop", "limit"),
    [
        ({"ordertype": "market", "price": "0"}, OrderType.MARKET, None, None),
        ({"ordertype": "stop-loss", "price": "25000.0"}, OrderType.STOP, Decimal(25000), None),
        (
            {"ordertype": "stop-loss-limit", "price": "25000.0", "price2": "24900.0"},
            OrderType.STOP_LIMIT,
            Decimal(25000),
            Decimal(24900),
        ),
        ({"ordertype": "stop-loss", "price": "-5.0000%"}, OrderType.STOP, None, None),
        ({"ordertype": "trailing-stop", "price": "+50.0000%"}, None, None, None),
        ({"ordertype": "take-profit", "price": "35000.0"}, None, None, None),
        ({"ordertype": "iceberg"}, None, None, None),
        ({"ordertype": "settle-position", "price": "0"}, None, None, None),
    ],
)
def test_a_type_has_its_prices_and_one_without_a_word_is_shown_all_the_same(
    descr: dict[str, str], kind: OrderType | None, stop: Decimal | None, limit: Decimal | None
) -> None:
    order = seen(descr=descr)
    assert (order.order_type, order.stop_price, order.limit_price) == (kind, stop, limit)


def test_an_order_that_expires_is_good_till_then() -> None:
    order = seen(expiretm=1688668000)
    assert order.time_in_force is TimeInForce.GTD
    assert order.expires_at == datetime(2023, 7, 6, 18, 26, 40, tzinfo=UTC)
    assert seen(time_in_force="IOC").time_in_force is TimeInForce.IOC


def test_an_order_by_value_keeps_its_value_and_shows_what_that_bought() -> None:
    market = {"ordertype": "market", "price": "0"}
    order = seen(descr=market, oflags="fciq,viqc", vol="250.00000000")
    assert (order.notional, order.quantity, order.filled_quantity) == (Decimal(250), None, Decimal(0))
    for executed in ("250.00000000", "0.01000000"):  # counted in either asset
        order = seen(
            descr=market, oflags="fciq,viqc", vol="250.00000000", status="closed", closetm=_CLOSED_S,
            vol_exec=executed, cost="250.00000", price="25000.0",
        )  # fmt: skip
        assert (order.quantity, order.filled_quantity) == (Decimal("0.01"), Decimal("0.01"))
        assert (order.filled_at, order.average_price) == (CLOSED_AT, Decimal(25000))


@pytest.mark.parametrize(
    "broken",
    [
        {"vol": "NaN"},
        {"vol": ""},
        {"vol_exec": None},
        {"opentm": 1e30},
        {"descr": {"type": "hold"}},
        {"status": 3},
    ],
)
def test_an_order_that_is_not_of_the_documented_shape_is_not_shown(broken: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match="LookFailed"):
        seen(**broken)


@pytest.mark.parametrize("balance", ["NaN", "sNaN", "Infinity", "", "1,5", None])
def test_a_balance_that_is_no_number_is_not_shown(balance: object) -> None:
    session = connect(kraken(BalanceEx=ok({"ZUSD": {"balance": balance, "hold_trade": "0"}})))
    with pytest.raises(ReadFailed):
        asyncio.run(session.list_balances(""))


def closed_page(first: int, size: int = PAGE_MAX, each: timedelta = timedelta(minutes=1)) -> Reply:
    """Make a page of closed orders, numbered from `first`, each ended earlier than the one before."""
    rows = {}
    for number in range(first, first + size):
        ended = (T0 - number * each).timestamp()
        rows[f"O{number:05d}-BW3P3-BUCMWZ"] = row(status="canceled", opentm=ended - 60, closetm=ended)
    return ok({"closed": rows, "count": 1000})


def test_open_orders_are_listed_whole_and_closed_ones_page_by_page() -> None:
    transport = kraken(
        OpenOrders=ok({"open": {ORDER_ID: row()}}), ClosedOrders=[closed_page(0), closed_page(PAGE_MAX, 7)]
    )
    since = T0 - timedelta(minutes=52, microseconds=-1)
    listed = asyncio.run(connect(transport).list_orders("", since))
    assert len(listed) == 1 + 52
    assert [order.placed_at for order in listed] == sorted(
        (order.placed_at for order in listed), reverse=True
    )
    start = str(int(since.timestamp()) - 1)
    assert transport.sent("OpenOrders") == [{}]
    assert transport.sent("ClosedOrders") == [
        {"start": start, "closetime": "close", "ofs": "0"},
        {"start": start, "closetime": "close", "ofs": "50"},
    ]


def test_an_order_that_ends_between_the_lists_is_shown_as_ended() -> None:
    ended = ok({"closed": {ORDER_ID: row(status="canceled", closetm=_CLOSED_S)}, "count": 1})
    transport = kraken(OpenOrders=ok({"open": {ORDER_ID: row(), OTHER_ID: row()}}), ClosedOrders=ended)
    listed = asyncio.run(connect(transport).list_orders("", CLOSED_AT))
    shown = {order.brokerage_order_id: order.status for order in listed}
    assert shown == {ORDER_ID: OrderStatus.CANCELED, OTHER_ID: OrderStatus.NEW}


def test_more_than_can_be_listed_is_not_listed() -> None:
    pages = [closed_page(number * PAGE_MAX) for number in range(PAGES_MAX + 1)]
    transport = kraken(OpenOrders=ok({"open": {}}), ClosedOrders=[*pages])
    with pytest.raises(ReadFailed, match="more closed orders"):
        asyncio.run(connect(transport).list_orders("", T0 - timedelta(days=9)))
    assert len(transport.sent("ClosedOrders")) == PAGES_MAX


@pytest.mark.parametrize("said", [Reply(500, b""), failed("EAPI:Invalid key"), ok([]), NoReply("lost")])
def test_a_list_of_which_a_part_is_missing_fails(said: Reply | Exception) -> None:
    for answers in ({"OpenOrders": said}, {"OpenOrders": ok({"open": {}}), "ClosedOrders": said}):
        with pytest.raises(ReadFailed):
            asyncio.run(connect(kraken(**answers)).list_orders("", T0))


def test_a_pair_that_kraken_does_not_list_any_more_keeps_krakens_name_and_spoils_no_other() -> None:
    rows = {
        ORDER_ID: row(),
        OTHER_ID: row(descr={"pair": "GNOUSD"}),
        "OU22CG-KLAF2-FWUDD7": row(descr={"pair": "XXBTZUSD"}),
    }
    nothing = ok({"closed": {}, "count": 0})
    transport = kraken(OpenOrders=ok({"open": rows}), ClosedOrders=nothing, AssetPairs=listed_pairs)
    session = connect(transport)
    listed = asyncio.run(session.list_orders("", T0))
    symbols = {order.brokerage_order_id: order.legs[0].instrument.symbol for order in listed}
    assert symbols == {ORDER_ID: "BTC/USD", OTHER_ID: "GNOUSD", "OU22CG-KLAF2-FWUDD7": "BTC/USD"}
    assert {order.asset_class for order in listed} == {AssetClass.CRYPTO}
    asked = [each for each in transport.requests if "AssetPairs" in each.path]
    asyncio.run(session.list_orders("", T0))
    assert [each for each in transport.requests if "AssetPairs" in each.path] == asked


def test_many_pairs_are_asked_for_in_parts() -> None:
    names = [f"C{number:03d}USD" for number in range(120)]

    def list_all(form: Any) -> Reply:
        wanted = form["pair"].split(",")
        assert len(wanted) <= 50
        return ok({name: {"altname": name, "wsname": f"{name[:4]}/USD"} for name in wanted})

    rows = {f"O{number:05d}-BW3P3-BUCMWZ": row(descr={"pair": name}) for number, name in enumerate(names)}
    nothing = ok({"closed": {}, "count": 0})
    transport = kraken(OpenOrders=ok({"open": rows}), ClosedOrders=nothing, AssetPairs=list_all)
    listed = asyncio.run(connect(transport).list_orders("", T0))
    assert {order.legs[0].instrument.symbol for order in listed} == {f"{name[:4]}/USD" for name in names}


def test_an_account_is_named_by_its_international_number() -> None:
    transport = kraken(GetApiKeyInfo=ok({"apiKeyName": "k", "iban": "AA88 N84G WOAK NMOI"}))
    [account] = asyncio.run(connect(transport).list_accounts())
    assert (account.number, account.is_paper) == ("AA88N84GWOAKNMOI", False)


BALANCES = {
    "ZUSD": {"balance": 25435.21, "hold_trade": 8249.76},
    "USD.F": {"balance": "100.00", "hold_trade": "0"},
    "XXBT": {"balance": "1.2435000000", "hold_trade": "0.8423"},
    "XBT.F": {"balance": "0.0000000001", "hold_trade": "0"},
    "XXDG": {"balance": "0.00000000", "hold_trade": "0.00000000"},
    "USDT": {"balance": "5", "credit": "2", "credit_used": "1", "hold_trade": "0"},
    "DOT.S": {"balance": "7.5", "hold_trade": "0"},
    "NEWC": {"balance": "-3", "hold_trade": "0"},
}


def test_money_is_a_balance_and_coins_are_positions() -> None:
    session = connect(kraken(BalanceEx=ok(BALANCES)))
    [usd] = asyncio.run(session.list_balances(""))
    assert usd == Balance(currency="USD", cash=Decimal("25535.21"), buying_power=Decimal("17285.45"))
    positions = asyncio.run(session.list_positions(""))
    assert {each.instrument.symbol: each.quantity for each in positions} == {
        "BTC/USD": Decimal("1.2435000001"),
        "USDT/USD": Decimal(5),
        "DOT.S": Decimal("7.5"),
        "NEWC/USD": Decimal(-3),
    }
    assert {each.average_price for each in positions} == {None}


@pytest.mark.parametrize(
    "said",
    [
        Reply(401, b"{}"),
        Reply(500, b""),
        failed("EAPI:Invalid key"),
        ok([]),
        ok({"iban": " "}),
        NoReply("lost"),
    ],
)
def test_a_read_without_proof_failed(said: Reply | Exception) -> None:
    session = connect(kraken(GetApiKeyInfo=said, BalanceEx=said))
    for read in (session.list_accounts(), session.list_balances(""), session.list_positions("")):
        with pytest.raises(ReadFailed):
            asyncio.run(read)


def test_balances_whose_assets_cannot_be_named_are_not_shown() -> None:
    session = connect(kraken(BalanceEx=ok(BALANCES), Assets=NoReply("lost")))
    with pytest.raises(ReadFailed):
        asyncio.run(session.list_balances(""))
