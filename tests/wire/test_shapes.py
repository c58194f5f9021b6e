from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from nostro.domain.account import Account, Balance, Position, Quote
from nostro.domain.ids import AccountId, ConnectionId
from nostro.domain.instrument import AssetClass, Instrument, OptionContract, OptionRight
from nostro.domain.place import Preview
from nostro.wire.accounts import render_account, render_balance, render_connection_account
from nostro.wire.markets import render_pair_quote, render_pairs, render_quotes
from nostro.wire.positions import FutureInstrument, render_instrument, render_positions
from nostro.wire.previews import render_option_impact
from nostro.wire.reference import render_currency, render_exchange, symbol_id
from nostro.wire.values import decimal_number, decimal_text, encode, stable_id

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
BTC_USD = Instrument(symbol="BTC/USD", asset_class=AssetClass.CRYPTO)
ACCOUNT = Account(
    account_id=AccountId("917c8734-8470-4a3e-a18f-57c3f2ee6631"),
    connection_id=ConnectionId("87b24961-b51e-4db8-9226-f198f6518a89"),
    number="PA123456789",
    name="Paper",
    currency="USD",
    is_paper=True,
    created_at=NOW,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("31.3300", "31.33"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-8", "0.00000001"),
        ("-0.50", "-0.5"),
        ("0.000", "0"),
        ("-0", "0"),
        ("12345678901234567890.123456789", "12345678901234567890.123456789"),
    ],
)
def test_a_decimal_as_text(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@pytest.mark.parametrize(("value", "number"), [("5", b"5.0"), ("0.1", b"0.1"), ("1E+3", b"1000.0")])
def test_a_decimal_as_a_number_has_a_point_and_no_noise(value: str, number: bytes) -> None:
    assert encode(decimal_number(Decimal(value))) == number


def test_stable_ids_are_the_same_for_ever() -> None:
    assert stable_id("currency", "USD") == "23965010-575d-58c5-83ed-1bdd5a4aa088"


def test_stable_ids_of_different_kinds_differ() -> None:
    assert stable_id("currency", "USD") != stable_id("symbol", "USD")


def test_a_stock_keeps_its_id_when_another_brokerage_calls_it_an_etf() -> None:
    as_stock = Instrument(symbol="SPY", asset_class=AssetClass.STOCK, exchange_mic="ARCX")
    as_etf = Instrument(symbol="SPY", asset_class=AssetClass.ETF)

    assert symbol_id(as_stock) == symbol_id(as_etf)


def test_both_spellings_of_an_option_have_one_id() -> None:
    contract = OptionContract("AAPL", date(2026, 12, 18), OptionRight.PUT, Decimal("240.5"))
    padded = Instrument(symbol="AAPL  261218P00240500", asset_class=AssetClass.OPTION, option=contract)
    tight = Instrument(symbol="AAPL261218P00240500", asset_class=AssetClass.OPTION, option=contract)

    assert symbol_id(padded) == symbol_id(tight)


def test_a_currency_that_has_no_name_here_is_its_own_name() -> None:
    assert render_currency("XYZ").name == "XYZ"


def test_of_an_unknown_exchange_only_the_code_is_said() -> None:
    body = msgspec.json.decode(encode(render_exchange("XFOO")))

    assert (body["mic_code"], "timezone" in body) == ("XFOO", False)


def test_balances_are_numbers() -> None:
    balance = Balance(currency="USD", cash=Decimal("-300.71"), buying_power=None)

    body = msgspec.json.decode(encode(render_balance(balance)))

    assert (body["cash"], body["buying_power"], body["currency"]["code"]) == (-300.71, None, "USD")


def test_an_account_that_was_never_synced_says_so() -> None:
    record = render_account(ACCOUNT, institution_name="Paper", total=None, synced_at=None)

    assert record.sync_status.holdings.initial_sync_completed is False
    assert record.balance.total is None


def test_the_account_number_is_masked_where_the_published_field_is() -> None:
    record = render_connection_account(ACCOUNT, institution_id=str(UUID(int=1)), total=None, synced_at=None)

    assert (record.masked_account_number, record.number) == ("****6789", "****6789")


@pytest.mark.parametrize(
    ("symbol", "root", "code"),
    [("ESZ6", "ES", "Z6"), ("ESM26", "ES", "M26"), ("6EH27", "6E", "H27"), ("GOLD", "GOLD", "")],
)
def test_a_future_is_split_into_root_and_expiration_code(symbol: str, root: str, code: str) -> None:
    future = Instrument(symbol=symbol, asset_class=AssetClass.FUTURE, multiplier=Decimal("50.0"))

    rendered = render_instrument(future)

    assert isinstance(rendered, FutureInstrument)
    assert (rendered.root_symbol, rendered.expiration_code, rendered.multiplier) == (root, code, "50")


def test_an_option_position_carries_its_contract() -> None:
    contract = OptionContract("AAPL", date(2026, 12, 18), OptionRight.PUT, Decimal("240.50"))
    option = Instrument(
        symbol="AAPL261218P00240500",
        asset_class=AssetClass.OPTION,
        multiplier=Decimal("100.0"),
        option=contract,
    )
    position = Position(
        instrument=option, quantity=Decimal(-2), average_price=None, last_price=Decimal("1.10")
    )

    body = msgspec.json.decode(encode(render_positions([position], NOW)))

    assert body["data_freshness"] == {"as_of": "2026-11-20T15:30:00Z"}
    (result,) = body["results"]
    assert (result["units"], result["price"], result["cost_basis"]) == ("-2", "1.1", None)
    instrument = result["instrument"]
    assert {
        name: instrument[name] for name in ("kind", "symbol", "option_type", "strike_price", "multiplier")
    } == {
        "kind": "option",
        "symbol": "AAPL  261218P00240500",
        "option_type": "PUT",
        "strike_price": "240.5",
        "multiplier": "100",
    }
    assert (instrument["expiration_date"], instrument["underlying"]["symbol"]) == ("2026-12-18", "AAPL")


def test_a_price_that_nobody_quotes_is_left_out() -> None:
    quote = Quote(instrument=BTC_USD, bid=None, ask=Decimal(2), last=None, at=NOW)

    (body,) = msgspec.json.decode(encode(render_quotes([quote])))

    assert body.keys() == {"symbol", "ask_price"}


def test_a_pair_quote_has_the_middle_of_both_sides() -> None:
    quote = Quote(instrument=BTC_USD, bid=Decimal("1.1"), ask=Decimal("1.2"), last=None, at=NOW)

    rendered = render_pair_quote(quote)

    assert rendered is not None
    assert (rendered.bid, rendered.ask, rendered.mid) == ("1.1", "1.2", "1.15")


def test_a_pair_quote_with_one_side_is_none() -> None:
    quote = Quote(instrument=BTC_USD, bid=Decimal(1), ask=None, last=None, at=NOW)

    assert render_pair_quote(quote) is None


def test_a_pair_is_spelled_with_a_dash() -> None:
    (pair,) = render_pairs([BTC_USD]).items

    assert (pair.symbol, pair.base, pair.quote) == ("BTC-USD", "BTC", "USD")


@pytest.mark.parametrize(
    ("change", "amount", "direction"),
    [("-1.97", "1.97", "DEBIT"), ("1.97", "1.97", "CREDIT"), ("0", "0", "EVEN")],
)
def test_an_option_impact_says_which_way_the_cash_goes(change: str, amount: str, direction: str) -> None:
    preview = Preview(cash_change=Decimal(change), commission=Decimal("0.50"), remaining_cash=Decimal(1))

    impact = render_option_impact(preview)

    assert (impact.estimated_cash_change, impact.cash_change_direction) == (amount, direction)
    assert impact.estimated_fee_total == "0.5"
