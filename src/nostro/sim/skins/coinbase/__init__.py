"""Coinbase's Advanced Trade REST API, as its documents describe it, for spot.

Under /api/v3/brokerage:

    GET  /accounts                 limit, cursor; the wallets, one for each currency
    GET  /accounts/{uuid}
    GET  /orders/historical/batch  order_status, order_ids, product_ids, product_type, order_side,
                                   order_types, time_in_forces, start_date, end_date, limit, cursor
    GET  /orders/historical/{id}
    POST /orders                   200, also for an order that is not taken; one client_order_id, one order
    POST /orders/batch_cancel      200 with a result for each id; a cancel is taken, and done a little later
    GET  /products                 product_ids, product_type
    GET  /products/{id}
    GET  /best_bid_ask             product_ids
    GET  /portfolios
    GET  /portfolios/{uuid}        the breakdown: what is held, and what it cost
    GET  /key_permissions
    GET  /transaction_summary

Sources, read 2026-11. Coinbase's own: docs.cdp.coinbase.com, Advanced Trade REST API (`create-order` as of
2026-07-20, `cancel-order`, `get-order`, `edit-order`, `list-accounts`) and JWT authentication; requests and
models of coinbase/coinbase-advanced-py 54fb8ed (1.8.4). Recorded answers, in comments and tests of others:
ccxt/ccxt 4.5.90 `coinbase.py` (accounts, orders, products, an order taken and one refused, fees) and its
`static/response/coinbase.json` at 089cd5c; ccxt/ccxt#16470 (a cancel) and #20419 (not enough money);
coinbase/coinbase-advanced-py#49 (a `sor_limit_ioc`, taken and not filled); ccxt/ccxt#26300 and
hummingbot/hummingbot#7498 (401); Drakkar-Software/OctoBot-Tentacles `coinbase_exchange.py` (404 of an order);
coinbase-samples/advanced-trade-sdk-go#18 (429 is a page of HTML). That `OPEN` cannot be asked for together
with another status, and what the two dates of a list include: cbadv (Rust), after `list-orders`.

What no source shows, and is chosen here: an order that ended without being filled whole is an
UNKNOWN_CANCEL_ORDER, as other people's programs read that word, and a second cancel a
DUPLICATE_CANCEL_REQUEST; a list of OPEN orders leaves out those in CANCEL_QUEUED; a list has up to 1000
orders a page; a token that lives longer than two minutes is refused, and there is no leeway; more than 100
ids are an INVALID_ARGUMENT; the status and text for what cannot be read, and for a product or a wallet that
is not there; the words for what the exchange does not take, other than for money and stops; the body of a
500; what a cancelled order has in `cancel_message`.

What differs: a key sees one portfolio, its customer's first account; nothing is answered to nobody, so that
`/market/products` and `/time` are not there; selling what is not held is taken, and makes a balance negative;
there are no fees, and no smallest sizes; fills are shown as one; a stop is STOP_PENDING until something of it
is filled, and its direction is that of its side; `post_only` is judged at the entry, and not shown later; the
size of a limit order is in units of its base; there are no futures, no brackets, TWAPs, scaled or attached
orders, and no `/orders/edit`, which keeps an order's id where the exchange gives a new one.
"""

from nostro.sim.face import Face, reply
from nostro.sim.skins.coinbase.keys import find_customer, issue
from nostro.sim.skins.coinbase.orders import about_another_order, write_list
from nostro.sim.skins.coinbase.refusals import fail, refuse
from nostro.sim.skins.coinbase.routes import ROUTES

FACE = Face(
    slug="coinbase",
    routes=ROUTES,
    customer=find_customer,
    refuse=refuse,
    failure=fail,
    no_orders=lambda: reply(200, write_list([], "")),
    about_another_order=about_another_order,
    issue=issue,
)
