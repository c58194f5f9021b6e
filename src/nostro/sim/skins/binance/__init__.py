"""Binance's spot REST API, as its documents describe it.

    GET    /api/v3/account              omitZeroBalances
    GET    /api/v3/order                symbol, and orderId or origClientOrderId
    GET    /api/v3/openOrders           symbol, or of all pairs
    GET    /api/v3/allOrders            symbol; orderId, startTime, endTime, limit
    POST   /api/v3/order                LIMIT, MARKET (quantity or quoteOrderQty), STOP_LOSS, STOP_LOSS_LIMIT
    POST   /api/v3/order/test           judges an order, and places nothing
    POST   /api/v3/order/cancelReplace  a cancel, then an order: one can fail without the other
    DELETE /api/v3/order                200: the order is canceled, for good
    DELETE /api/v3/openOrders           cancels every open order of a pair
    GET    /api/v3/myTrades             symbol; orderId, startTime, endTime, fromId, limit
    GET    /api/v3/exchangeInfo         symbol, symbols, showPermissionSets; needs no key, as all below
    GET    /api/v3/ticker/price         symbol, symbols
    GET    /api/v3/ticker/bookTicker    symbol, symbols
    GET    /api/v3/time
    GET    /api/v3/ping

Parameters come in the query or in a form. A request is signed (`credentials.py`); the secret of a key follows
from the key, see `FACE.issue`.

Sources, read 2026-11: `rest-api.md`, `errors.md`, `enums.md`, `filters.md` and `CHANGELOG.md` of
binance/binance-spot-api-docs at a5e0bc3 (2026-07-21): parameters, answers, codes and their sentences, the
order in which an id and a client order id are tried. What users saw, and in what status: `refusals.py` and
`forms.py` name the threads. That a cancel of all without an open order is -2011:
binance/binance-connector-python#185. That an order is still found by its client order id after its cancel,
which has one of its own: hummingbot/hummingbot, `binance_exchange.py`, which looks for it so.

What no source shows, and is chosen here: which complaint comes first (the form of the key, the time, the
signature, then everything about the order); the statuses of codes that `refusals.py` names no thread for: 401
of -2014, else 400; what a recvWindow that is too long or malformed is told (-1102); that a cancel which names
an order and a client order id that do not belong together is -2011, where the query is -2039; that startTime
and endTime of allOrders mean when an order was placed; that a client order id is taken while any pair has an
open order with it; that a parameter which another type of order has is -1106; that LIMIT_MAKER, which these
pairs do not have, is -1116; the contents of filters; an unknown path (404, -1000). Rate limits are not shown.

What differs: pairs are quoted in USD (BTCUSD), which no pair of Binance's is: USDT or USDC stands there. Ids
do not repeat, in no pair, and do not grow: from an orderId on there are all greater ones, in the sequence of
their ids, and without one the sequence is that of time. Keys are any 64 letters, digits and hyphens at most.
A bad signature is told before an unknown key. The server's time is the wall's, which requests are judged by,
also where the exchange's was moved on. What was filled of an order is one trade, with the order's id and
without a fee; a sum is rounded to eight decimals, which these ticks and steps together can exceed. Once
something happened to a stop order it is shown as working, also when that was its cancel. There is no iceberg,
trailing, pegged, SOR or list order, no self-trade prevention, no amending, no microseconds in answers, and no
STOP_LOSS_LIMIT that is IOC or FOK. A parameter that stands twice is taken once. PENDING_CANCEL, which Binance
does not use, is shown where a fault keeps a cancel from being carried out.
"""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from nostro.brokers.transport import Request
from nostro.sim.face import Face, reply
from nostro.sim.skins.binance.credentials import find_customer, issue
from nostro.sim.skins.binance.refusals import fail, refuse
from nostro.sim.skins.binance.routes import ROUTES
from nostro.sim.skins.binance.shapes import about_another_order, shape_id

_PUBLIC = [route.path for route in ROUTES if route.is_public]


def _customer(request: Request, at: datetime) -> str:
    path = urlsplit(request.path).path
    return "" if any(each.fullmatch(path) for each in _PUBLIC) else find_customer(request, at)


def _shape(made: UUID) -> str:
    return str(shape_id(made))


FACE = Face(
    slug="binance",
    routes=ROUTES,
    customer=_customer,
    refuse=refuse,
    failure=fail,
    no_orders=lambda: reply(200, []),
    about_another_order=about_another_order,
    shape_id=_shape,
    issue=issue,
)
