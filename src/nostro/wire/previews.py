"""What an order is expected to cost, in the three shapes that SnapTrade has for it."""

from decimal import Decimal

from msgspec import Struct

from nostro.domain.account import Account
from nostro.domain.instrument import Instrument
from nostro.domain.place import NewOrder, Preview
from nostro.wire.accounts import AccountSimple, render_simple_account
from nostro.wire.reference import Currency, render_currency, symbol_id, wire_symbol
from nostro.wire.statuses import ORDER_TYPE_V1, TIME_IN_FORCE_V1
from nostro.wire.values import decimal_number, decimal_text, optional_number


class ManualTradeSymbol(Struct, kw_only=True, frozen=True):
    universal_symbol_id: str
    currency: Currency
    local_id: str
    description: str | None
    symbol: str
    brokerage_symbol_id: str


class ManualTrade(Struct, kw_only=True, frozen=True):
    id: str
    account: str
    order_type: str
    time_in_force: str
    symbol: ManualTradeSymbol
    action: str
    units: Decimal | None
    price: Decimal | None


class ManualTradeImpact(Struct, kw_only=True, frozen=True):
    account: str
    currency: str
    """The id of the currency."""
    remaining_cash: Decimal
    estimated_commission: Decimal
    forex_fees: Decimal = Decimal("0.0")


class ManualTradeBalance(Struct, kw_only=True, frozen=True):
    account: AccountSimple
    currency: Currency
    cash: Decimal


class ManualTradeAndImpact(Struct, kw_only=True, frozen=True):
    """What `/trade/impact` answers; `trade.id` is what `/trade/{tradeId}` takes."""

    trade: ManualTrade
    trade_impacts: tuple[ManualTradeImpact, ...]
    combined_remaining_balance: ManualTradeBalance


class OptionImpact(Struct, kw_only=True, frozen=True):
    """Amounts are never negative; the direction says which way the cash goes."""

    estimated_cash_change: str
    cash_change_direction: str
    estimated_fee_total: str


class EstimatedFee(Struct, kw_only=True, frozen=True):
    currency: str
    amount: str


class CryptoOrderPreview(Struct, kw_only=True, frozen=True):
    estimated_fee: EstimatedFee


def render_impact(
    trade_id: str, account: Account, order: NewOrder, instrument: Instrument, preview: Preview
) -> ManualTradeAndImpact:
    """Render the preview of a single-leg order of `instrument`."""
    currency = render_currency(account.currency)
    trade = ManualTrade(
        id=trade_id,
        account=account.account_id,
        order_type=ORDER_TYPE_V1[order.order_type],
        time_in_force=TIME_IN_FORCE_V1[order.time_in_force],
        symbol=ManualTradeSymbol(
            universal_symbol_id=symbol_id(instrument),
            currency=render_currency(instrument.currency),
            local_id=instrument.symbol,
            description=instrument.description or None,
            symbol=wire_symbol(instrument),
            brokerage_symbol_id=symbol_id(instrument),
        ),
        action=order.legs[0].side.name,
        units=optional_number(order.quantity),
        price=optional_number(order.limit_price),
    )
    impact = ManualTradeImpact(
        account=account.account_id,
        currency=currency.id,
        remaining_cash=decimal_number(preview.remaining_cash),
        estimated_commission=decimal_number(preview.commission),
    )
    balance = ManualTradeBalance(
        account=render_simple_account(account), currency=currency, cash=decimal_number(preview.remaining_cash)
    )
    return ManualTradeAndImpact(trade=trade, trade_impacts=(impact,), combined_remaining_balance=balance)


def render_option_impact(preview: Preview) -> OptionImpact:
    return OptionImpact(
        estimated_cash_change=decimal_text(abs(preview.cash_change)),
        cash_change_direction=_direction(preview.cash_change),
        estimated_fee_total=decimal_text(preview.commission),
    )


def render_crypto_preview(preview: Preview, currency: str) -> CryptoOrderPreview:
    """Render the fee of a crypto order; `currency` is what it is charged in."""
    return CryptoOrderPreview(
        estimated_fee=EstimatedFee(currency=currency, amount=decimal_text(preview.commission))
    )


def _direction(cash_change: Decimal) -> str:
    if cash_change == 0:
        return "EVEN"
    return "CREDIT" if cash_change > 0 else "DEBIT"
