"""Wallets, portfolios and products in Coinbase's words.

Fields: accounts, products and fees as ccxt 4.5.90 `coinbase.py` recorded them; the breakdown of a portfolio
as coinbase/coinbase-advanced-py 54fb8ed models it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from nostro.domain.account import Balance, Position, Quote
from nostro.domain.instrument import Instrument
from nostro.domain.order import Order, Side
from nostro.sim.skins.coinbase.orders import held_by
from nostro.sim.skins.coinbase.shapes import (
    BASE_INCREMENT,
    Document,
    Holder,
    base_of,
    number,
    price_increment,
    product_id,
    time,
)

_CASH = "USD"
_LONG_AGO = "2024-01-02T15:04:05.678Z"
"""When wallets and products came to be: the exchange does not remember."""

# What is held


def write_wallets(
    holder: Holder,
    balance: Balance,
    listed: Iterable[Instrument],
    held: Iterable[Position],
    orders: Iterable[Order],
) -> list[Document]:
    """Spell the wallet of the cash and one for each listed coin; `orders` may keep some of it on hold."""
    free = balance.cash if balance.buying_power is None else balance.buying_power
    rows = [_wallet(holder, _CASH, free, balance.cash - free)]
    amounts = {position.instrument.symbol: position.quantity for position in held}
    holds: dict[str, Decimal] = {}
    for order in orders:
        leg = order.legs[0]
        if leg.side is Side.SELL:
            holds[leg.instrument.symbol] = holds.get(leg.instrument.symbol, Decimal(0)) + held_by(order)
    for instrument in listed:
        hold = holds.get(instrument.symbol, Decimal(0))
        amount = amounts.get(instrument.symbol, Decimal(0))
        rows.append(_wallet(holder, base_of(instrument), amount - hold, hold))
    return rows


def _wallet(holder: Holder, currency: str, free: Decimal, hold: Decimal) -> Document:
    is_cash = currency == _CASH
    return {
        "uuid": holder.wallet_id(currency),
        "name": "Cash (USD)" if is_cash else f"{currency} Wallet",
        "currency": currency,
        "available_balance": {"value": number(free), "currency": currency},
        "default": True,
        "active": True,
        "created_at": _LONG_AGO,
        "updated_at": _LONG_AGO,
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if is_cash else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": {"value": number(hold), "currency": currency},
        "retail_portfolio_id": holder.portfolio_id,
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def write_portfolio(holder: Holder) -> Document:
    return {"name": "Default", "uuid": holder.portfolio_id, "type": "DEFAULT", "deleted": False}


def write_breakdown(holder: Holder, balance: Balance, held: Sequence[Position]) -> Document:
    values = {
        position.instrument.symbol: position.quantity * (position.last_price or Decimal(0))
        for position in held
    }
    coins = sum(values.values(), Decimal(0))
    total = balance.cash + coins

    def row(currency: str, amount: Decimal, value: Decimal, cost: Decimal) -> Document:
        return {
            "asset": currency,
            "account_uuid": holder.wallet_id(currency),
            "total_balance_fiat": float(value),
            "total_balance_crypto": float(amount),
            "available_to_trade_fiat": float(value),
            "allocation": float(value / total) if total else 0.0,
            "cost_basis": {"value": number(cost), "currency": _CASH},
        }

    rows = [row(_CASH, balance.cash, balance.cash, Decimal(0))]
    for position in held:
        cost = position.quantity * (position.average_price or Decimal(0))
        value = values[position.instrument.symbol]
        rows.append(row(base_of(position.instrument), position.quantity, value, cost))
    sums = {
        "total_balance": total,
        "total_futures_balance": Decimal(0),
        "total_cash_equivalent_balance": balance.cash,
        "total_crypto_balance": coins,
    }
    return {
        "portfolio": write_portfolio(holder),
        "portfolio_balances": {
            name: {"value": number(value), "currency": _CASH} for name, value in sums.items()
        },
        "spot_positions": rows,
        "perp_positions": [],
        "futures_positions": [],
    }


# What can be traded


def write_product(quote: Quote) -> Document:
    instrument = quote.instrument
    base, name, step = (
        base_of(instrument),
        product_id(instrument),
        number(price_increment(instrument)),
    )
    return {
        "product_id": name,
        "price": number(quote.last),
        "price_percentage_change_24h": "0",
        "volume_24h": "0",
        "volume_percentage_change_24h": "0",
        "base_increment": number(BASE_INCREMENT),
        "quote_increment": step,
        "quote_min_size": step,
        "quote_max_size": "150000000",
        "base_min_size": number(BASE_INCREMENT),
        "base_max_size": "3400000",
        "base_name": instrument.description,
        "quote_name": "US Dollar",
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "product_type": "SPOT",
        "quote_currency_id": _CASH,
        "base_currency_id": base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": base,
        "quote_display_symbol": _CASH,
        "view_only": False,
        "price_increment": step,
        "display_name": name,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": "0",
        "new_at": _LONG_AGO,
    }


def write_book(quote: Quote) -> Document:
    """Spell the best prices; a size of one stands for any, since the exchange fills whole orders."""

    def side(price: Decimal | None) -> list[Document]:
        return [] if price is None else [{"price": number(price), "size": "1"}]

    return {
        "product_id": product_id(quote.instrument),
        "bids": side(quote.bid),
        "asks": side(quote.ask),
        "time": time(quote.at),
    }


def write_fees() -> Document:
    """Spell what trading costs here: nothing."""
    return {
        "total_volume": 0,
        "total_fees": 0,
        "fee_tier": {
            "pricing_tier": "",
            "usd_from": "0",
            "usd_to": "10000",
            "taker_fee_rate": "0",
            "maker_fee_rate": "0",
        },
        "margin_rate": None,
        "goods_and_services_tax": None,
        "advanced_trade_only_volume": 0,
        "advanced_trade_only_fees": 0,
        "coinbase_pro_volume": 0,
        "coinbase_pro_fees": 0,
    }
