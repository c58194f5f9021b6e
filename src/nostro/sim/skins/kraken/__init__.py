"""Kraken's REST API of its spot exchange, as its documents and recorded answers show it.

    POST /0/private/AddOrder          market, limit, stop-loss, stop-loss-limit; validate; viqc
    POST /0/private/EditOrder         cancels, and enters another order of another txid
    POST /0/private/AmendOrder        new terms under the same txid
    POST /0/private/CancelOrder       a txid, a userref (every open order that has it) or a cl_ord_id
    POST /0/private/CancelOrderBatch  up to fifty of these
    POST /0/private/CancelAll
    POST /0/private/QueryOrders       up to fifty txids; userref and cl_ord_id leave out others
    POST /0/private/OpenOrders        userref, cl_ord_id, trades
    POST /0/private/ClosedOrders      the same; start, end, closetime; fifty from `ofs` on, `count` of all
    POST /0/private/Balance, BalanceEx, TradeBalance, OpenPositions, GetApiKeyInfo
    GET  /0/public/Time, SystemStatus, Assets, AssetPairs, Ticker

Every answer is HTTP 200; a refusal is a text in `error`. A private call is signed, and its nonce is above the
last one of its key. A cancel is done when its answer leaves, unless that says `pending`.

Sources, read 2026-11: docs.kraken.com `exchange/guides/rest/authentication`, `exchange/guides/general/errors`
and `amends`, `api-reference/trading` and `account-data`; the fields of a description of these pages,
api-evangelist/kraken 675d8f5 `openapi/_original/kraken-spot-rest-openapi.yml`; answers recorded by ccxt/ccxt
0621cdc and JKorf/Kraken.Net e597f1d (see `shapes.py`); measured on Kraken in 2026-09 by
dc-deal/FiniexTestingIDE 6e98a34 and 84720d4 (see `refusals.py`): what becomes of cancels of orders that are
gone, that QueryOrders takes no `cl_ord_id` instead of a txid, and that one is unique among open orders only.
From reports: a canceled order that is canceled again (ccxt/ccxt#7338), orders that a key may not see are left
out by QueryOrders (gmosx/kraken-sdk-rust#28).

What no source shows, and is chosen here: `count` beside `pending`, and that an order whose cancel was only
taken is shown as `open`; a userref, cl_ord_id or batch that meets no open order is `EOrder:Unknown order`,
CancelAll then counts 0; another customer's order is answered as one that never was; QueryOrders leaves out a
well-formed txid that is nobody's; `ofs` counts from the end that came last, and with `closetime` both, either
time is looked at; `reason` of an order that was replaced or has expired; a successor of EditOrder has the new
volume less what was filled, and keeps the cl_ord_id; ordermin and costmin; which argument a refusal of
arguments names; what is said beside a status of 500.

What differs, because the exchange differs: prices are as fine as its ticks, so that XBTUSD has two decimals;
amounts that are finer than Kraken's are not cut; a sell needs no holding, nothing is on margin, and there are
no fees; a post-only order is refused where it would trade, and its flag is forgotten once it rests; all fills
of an order are one trade; a stop is triggered by bid and ask; `start` and `end` are times, not txids; every
key may trade and read, and nobody knows when it was made. There are no take-profit, trailing and iceberg
orders, no conditional close, no relative prices, no start times of orders, and no CancelAllOrdersAfter.
"""

from nostro.sim.face import Face
from nostro.sim.skins.kraken.access import Access, issue
from nostro.sim.skins.kraken.ids import shape_id
from nostro.sim.skins.kraken.refusals import fail, refuse
from nostro.sim.skins.kraken.routes import ROUTES
from nostro.sim.skins.kraken.shapes import about_another_order, result

FACE = Face(
    slug="kraken",
    routes=ROUTES,
    customer=Access().customer,
    refuse=refuse,
    failure=fail,
    no_orders=lambda: result({"open": {}, "closed": {}, "count": 0}),
    about_another_order=about_another_order,
    shape_id=shape_id,
    issue=issue,
)
