"""A day of trading in steps, and everything there is to see of an exchange.

Run as a program it trades on the file named by its argument: after each step it prints what is to be seen
and waits for a line, until somebody kills it.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from nostro.domain.order import OrderType, TimeInForce
from nostro.domain.place import Replacement
from nostro.sim.exchange import Exchange
from nostro.sim.ledger import Ledger
from tests.sim.market import ACCOUNT, API_KEY, CASH, OPENED_AT, buy, oco, otoco, sell, spread

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
GTC = TimeInForce.GTC


def newest(exchange: Exchange) -> str:
    return exchange.orders(ACCOUNT, LONG_AGO)[0].brokerage_order_id


def replace_newest(exchange: Exchange) -> None:
    terms = Replacement(order_type=OrderType.LIMIT, time_in_force=GTC, limit_price=Decimal(95))
    exchange.replace(ACCOUNT, newest(exchange), terms)


STEPS: tuple[Callable[[Exchange], object], ...] = (
    lambda exchange: exchange.open_account(ACCOUNT, CASH, owner=API_KEY),
    lambda exchange: exchange.set_quote("AAPL", Decimal(99), Decimal(101)),
    lambda exchange: exchange.place(ACCOUNT, buy(limit="100", tif=GTC, client_id="first")),
    lambda exchange: exchange.fill(newest(exchange), Decimal(4)),
    replace_newest,
    lambda exchange: exchange.acknowledge_cancel(ACCOUNT, newest(exchange), 600),
    lambda exchange: exchange.place_group(
        ACCOUNT, otoco(buy(limit="101"), sell(limit="120"), sell(stop="90"))
    ),
    lambda exchange: exchange.place_group(ACCOUNT, oco(sell(limit="130"), sell(stop="80"))),
    lambda exchange: exchange.place(ACCOUNT, spread(limit="0.01")),
    lambda exchange: exchange.advance(900),
    lambda exchange: exchange.record("reply_sent", "cancel", newest(exchange), "200", {"fault": "none"}),
    lambda exchange: exchange.set_quote("AAPL", Decimal(130), None),
    lambda exchange: exchange.place(ACCOUNT, buy("1", "BTC/USD", limit="1", client_id="first")),
    lambda exchange: exchange.advance(86_400),
)


def seen(exchange: Exchange) -> str:
    """Write down all that can be seen of the exchange."""
    return msgspec.json.encode(
        {
            "now": exchange.now(),
            "accounts": exchange.accounts(API_KEY),
            "rest": [] if not exchange.accounts(API_KEY) else _of_account(exchange),
            "quotes": exchange.quotes(["AAPL", "BTC/USD", "AAPL  260320C00100000"]),
            "truth": exchange.truth(),
        }
    ).decode()


def _of_account(exchange: Exchange) -> list[object]:
    orders = exchange.orders(ACCOUNT, LONG_AGO)
    by_client_id = [
        exchange.find_client_order(ACCOUNT, order.client_order_id)
        for order in orders
        if order.client_order_id
    ]
    return [orders, by_client_id, exchange.balance(ACCOUNT), exchange.positions(ACCOUNT)]


def open_exchange(path: Path | str) -> Exchange:
    return Exchange(Ledger(path), lambda: OPENED_AT, seed=7)


if __name__ == "__main__":
    trading = open_exchange(sys.argv[1])
    for step in STEPS:
        step(trading)
        sys.stdout.write(seen(trading) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()
